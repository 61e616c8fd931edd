//! Webhooks: made and mended in Bitbucket, tried, and what they delivered.

use std::time::Duration;

use emulator::{Credential, Emulator};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::program::{API_TOKEN, EMAIL, Program, Ran, TOKEN, emulator};
use crate::serve::Serving;

const NAME: &str = "acme-rockets";
const URL: &str = "https://windlass.example.com/webhooks/bitbucket";

/// A connection whose credential may manage webhooks, to a Bitbucket whose deliveries go nowhere.
async fn connected() -> (Program, Emulator) {
    let (program, emulator) = (Program::new(), emulator().await);
    emulator.set_credentials(vec![able()]);
    program.add(&emulator, &[]).await.succeeded();
    (program, emulator)
}

fn able() -> Credential {
    Credential::workspace_access_token(TOKEN)
        .with_scope("webhook")
        .with_scope("project")
}

async fn webhook(program: &Program, arguments: &[&str]) -> Ran {
    program.run(&[&["webhook"], arguments].concat()).await
}

async fn register(program: &Program, url: &str) -> Value {
    let ran = webhook(program, &["register", "--url", url, "--json"]).await;
    ran.succeeded();
    ran.json()
}

/// What the emulator has of its only webhook.
fn held(emulator: &Emulator) -> emulator::Hook {
    let world = emulator.world();
    assert_eq!(world.hooks().len(), 1);
    world.hooks()[0].clone()
}

async fn secret(program: &Program) -> String {
    let printed = webhook(program, &["secret"]).await;
    printed.succeeded();
    printed.stdout.trim_end().to_owned()
}

/// Waits until something is so, for at most half a minute.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let mut interval = tokio::time::interval(Duration::from_millis(100));
    for _ in 0..300 {
        interval.tick().await;
        if let Some(found) = look().await {
            return found;
        }
    }
    panic!("not within half a minute: {what}")
}

/// The first delivery with this event and outcome.
async fn delivered(program: &Program, event: &str, outcome: &str) -> Value {
    until(event, async || {
        let arguments = [
            "deliveries",
            "--event",
            event,
            "--outcome",
            outcome,
            "--json",
        ];
        let listed = webhook(program, &arguments).await;
        listed.succeeded();
        listed.json().get(0).cloned()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_made_mended_and_removed() {
    let (program, emulator) = connected().await;
    emulator
        .world()
        .subscribe("https://others.example/", None, &["repo:push"]);
    let made = register(&program, "https://windlass.example.com").await;
    assert_eq!((&made["made"], &made["url"]), (&json!(true), &json!(URL)));
    let hook = emulator.world().hooks()[1].clone();
    assert!(hook.active && hook.events.len() == 24);
    assert_eq!(hook.secret, Some(secret(&program).await));

    // As it was: nothing is made twice.
    let again = register(&program, URL).await;
    assert_eq!(
        (&again["made"], &again["repaired"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(emulator.world().hooks().len(), 2);

    // Somebody switches it off and takes events away: by hand, as Bitbucket's pages allow.
    let uuid = made["uuid"].as_str().unwrap();
    let address = format!(
        "{}/workspaces/{NAME}/hooks/{}",
        emulator.base_url(),
        uuid.trim_matches(['{', '}'])
    );
    let body = r#"{"active": false, "events": ["repo:push"], "url": "https://elsewhere.example/"}"#;
    let changed = Command::new("curl")
        .args([
            "-sf",
            "-X",
            "PUT",
            "-H",
            &format!("Authorization: Bearer {TOKEN}"),
            "-d",
            body,
            &address,
        ])
        .output()
        .await
        .unwrap();
    assert!(changed.status.success(), "{changed:?}");
    let listed = webhook(&program, &["list", "--json"]).await.json();
    let ours: Vec<&Value> = listed["hooks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|hook| hook["ours"] == true)
        .collect();
    assert_eq!(ours.len(), 1, "{listed:#}");
    assert_eq!(ours[0]["active"], false);
    assert_eq!(ours[0]["missing_events"].as_array().unwrap().len(), 23);
    let shown = webhook(&program, &["list"]).await;
    assert!(
        shown.stdout.contains("switched off") && shown.stdout.contains("others'"),
        "{shown:?}"
    );
    let doctor = program.run(&["doctor"]).await;
    assert!(doctor.stdout.contains("it was switched off"), "{doctor:?}");
    let mended = register(&program, URL).await;
    assert_eq!(
        mended["repaired"].as_array().unwrap().len(),
        3,
        "{mended:#}"
    );
    assert!(emulator.world().hooks()[1].active);

    webhook(&program, &["remove"]).await.refused(2, "add --yes");
    webhook(&program, &["remove", "--yes"]).await.succeeded();
    assert_eq!(held(&emulator).url, "https://others.example/");
    let log = program.run(&["audit", "--json"]).await.json();
    let actions: Vec<&str> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        [
            "webhook.remove",
            "webhook.register",
            "connection.verify",
            "webhook.register",
            "webhook.register",
            "webhook.secret",
            "connection.add"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_scope_is_named_and_what_makes_no_sense_refused() {
    let (program, emulator) = (Program::new(), emulator().await);
    webhook(&program, &["list"])
        .await
        .refused(5, "begin with `windlass connection add`");
    program.add(&emulator, &[]).await.succeeded();
    let register = ["register", "--url", "https://windlass.example.com"];
    webhook(&program, &register)
        .await
        .refused(4, "Add the scope webhook to the token");
    let doctor = program.run(&["doctor"]).await;
    assert!(
        doctor
            .stdout
            .contains("the webhooks cannot be listed: invalid_permissions"),
        "{doctor:?}"
    );
    emulator.set_credentials(vec![
        Credential::workspace_access_token(TOKEN).with_scope("webhook"),
    ]);
    webhook(&program, &register)
        .await
        .refused(4, "Add the scope project to the token");
    assert!(emulator.world().hooks().is_empty());
    emulator.set_credentials(vec![
        Credential::api_token(EMAIL, API_TOKEN)
            .with_scopes(&["read:webhook:bitbucket"])
            .of_administrator(),
    ]);
    let arguments = [
        "credential",
        "replace",
        NAME,
        "credential 1",
        "--email",
        EMAIL,
        "--token-stdin",
    ];
    let _ = program.with_input(&arguments, API_TOKEN).await;

    for (arguments, code, part) in [
        (&["register"][..], 3, "no address: say with --url"),
        (
            &["register", "--url", "windlass.example.com"],
            2,
            "is no address for deliveries",
        ),
        (
            &["list", "--connection", "acme-rocket"],
            2,
            "did you mean acme-rockets?",
        ),
        (&["verify"], 3, "no address"),
        (
            &["rotate-secret"],
            2,
            "has no webhook that was registered from here",
        ),
        (&["show", "7"], 2, "there is no delivery 7"),
        (&["replay", "7"], 2, "there is no delivery 7"),
    ] {
        webhook(&program, arguments).await.refused(code, part);
    }
    program
        .with_input(&["webhook", "secret", "--set"], &"x".repeat(129))
        .await
        .refused(2, "at most 128 characters");
    let status = program.run(&["status", "--json"]).await.json();
    let warnings = status["warnings"].to_string();
    assert!(warnings.contains("there is no webhook"), "{warnings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trial_tells_who_answers() {
    let (program, emulator) = connected().await;
    let serving = Serving::start(&program, &[]).await;
    let url = format!("http://{}", serving.address);
    register(&program, &url).await;
    let verified = webhook(&program, &["verify", "--json"]).await;
    verified.succeeded();
    let id = verified.json()["delivery_id"].as_str().unwrap().to_owned();
    let shown = webhook(&program, &["show", &id, "--json"]).await.json();
    assert_eq!(shown["event"], "windlass:trial");
    assert!(
        shown["headers"].get("x-hub-signature").is_none(),
        "{shown:#}"
    );
    let listed = webhook(&program, &["list", "--json"]).await.json();
    assert_ne!(listed["secrets"][0]["seen_at"], Value::Null);

    // A secret that the door does not know, since it is another database's.
    let other = Program::new();
    other.add(&emulator, &[]).await.succeeded();
    webhook(&other, &["secret"]).await.succeeded();
    let refused = webhook(&other, &["verify", "--url", &url]).await;
    refused.refused(
        1,
        "answers with status 401: whoever answers does not know the secret",
    );
    let nothing_there = format!("http://{}/elsewhere/webhooks/bitbucket", serving.address);
    webhook(&program, &["verify", "--url", &nothing_there])
        .await
        .refused(1, "status 404");
    let address = serving.address.clone();
    serving.stop().await;
    webhook(&program, &["verify", "--url", &format!("http://{address}")])
        .await
        .refused(1, "nothing was delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_secrets_are_valid_until_the_new_one_was_seen() {
    let (program, emulator) = connected().await;
    register(&program, URL).await;
    let old = secret(&program).await;
    let rotated = webhook(&program, &["rotate-secret"]).await;
    rotated.succeeded();
    let new = secret(&program).await;
    assert!(!rotated.stderr.contains(&new) && old != new);
    assert_eq!(held(&emulator).secret, Some(new));
    let valid = async || {
        let listed = webhook(&program, &["list", "--json"]).await.json();
        let secrets = listed["secrets"].as_array().unwrap().clone();
        secrets
            .iter()
            .map(|secret| secret["valid"] == true)
            .collect::<Vec<bool>>()
    };
    assert_eq!(valid().await, [true, true]);
    let db = program.db().await;
    assert_eq!(db.all_webhook_secrets().await.unwrap().len(), 2);

    let serving = Serving::start(&program, &[]).await;
    let url = format!("http://{}", serving.address);
    webhook(&program, &["verify", "--url", &url])
        .await
        .succeeded();
    assert_eq!(valid().await, [false, true]);
    assert_eq!(db.all_webhook_secrets().await.unwrap().len(), 1);

    // One that Bitbucket refuses never becomes valid.
    emulator.set_credentials(vec![Credential::workspace_access_token(TOKEN)]);
    webhook(&program, &["rotate-secret"])
        .await
        .refused(4, "invalid_permissions");
    assert_eq!(db.all_webhook_secrets().await.unwrap().len(), 1);
    program
        .with_input(&["webhook", "secret", "--set"], "by hand")
        .await
        .succeeded();
    assert_eq!(secret(&program).await, "by hand");
    assert_eq!(db.all_webhook_secrets().await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_command_registers() {
    let (program, emulator) = connected().await;
    let blank = webhook(&program, &["curl"]).await;
    blank.succeeded();
    for part in [
        "<URL>",
        "<SECRET>",
        "<AUTHORIZATION>",
        "pullrequest:changes_request_created",
        &emulator.base_url(),
    ] {
        assert!(blank.stdout.contains(part), "{part}: {blank:?}");
    }
    assert!(!blank.stdout.contains(TOKEN));
    let full = webhook(&program, &["curl", "--url", URL, "--with-secret"]).await;
    let ran = Command::new("sh")
        .args(["-c", &full.stdout])
        .output()
        .await
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let hook = held(&emulator);
    assert_eq!((hook.url.as_str(), hook.events.len()), (URL, 24));
    assert_eq!(hook.secret, Some(secret(&program).await));
    // It is taken for ours from then on.
    assert_eq!(register(&program, URL).await["made"], false);
}

/// The command as the documentation of a product that people know has it, for an address, a secret
/// and an authorization.
const BY_HAND: &str = r#"curl --location '<API>/workspaces/acme-rockets/hooks' \
--header 'Authorization: <AUTHORIZATION>' \
--header 'Accept: application/json' \
--header 'Content-Type: application/json' \
--data-raw '{
"description": "",
"url": "<URL>",
"active": true,
"secret": "<SECRET>",
"events": [
"pullrequest:created",
"pullrequest:fulfilled",
"pullrequest:rejected",
"pullrequest:unapproved",
"pullrequest:updated"
]
}'"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_made_by_hand_delivers_from_end_to_end() {
    let (program, emulator) = connected().await;
    program.run(&["import", NAME]).await.succeeded();
    let count = async || {
        let sql = "SELECT COUNT(*) AS n FROM bitbucket_pulls WHERE state = 'OPEN'";
        let counted = program.run(&["query", sql, "--format", "json"]).await;
        counted.json()[0]["n"].as_i64().unwrap()
    };
    let before = count().await;
    let serving = Serving::start(&program, &[]).await;
    let command = BY_HAND
        .replace("<API>", &emulator.base_url())
        .replace("<AUTHORIZATION>", &format!("Bearer {TOKEN}"))
        .replace(
            "<URL>",
            &format!("http://{}/webhooks/bitbucket", serving.address),
        )
        .replace("<SECRET>", &secret(&program).await);
    let ran = Command::new("sh")
        .args(["-c", &command])
        .output()
        .await
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    assert_eq!(held(&emulator).events.len(), 5);

    let (slug, author) = {
        let world = emulator.world();
        (world.repositories()[0].slug.clone(), "marta")
    };
    emulator.world().open_pull_request(&slug, author).unwrap();
    let delivery = delivered(&program, "pullrequest:created", "applied").await;
    assert_eq!(delivery["repository"], format!("{NAME}/{slug}"));
    assert_eq!(delivery["connection"], NAME);
    assert_eq!(count().await, before + 1);

    // What is shown has no texts, and can be applied again.
    let id = delivery["id"].as_str().unwrap();
    let shown = webhook(&program, &["show", id]).await;
    shown.succeeded();
    assert!(
        shown.stdout.contains("x-event-key: pullrequest:created"),
        "{shown:?}"
    );
    let shown = webhook(&program, &["show", id, "--json"]).await.json();
    assert_eq!(
        shown["body"]["repository"]["full_name"],
        format!("{NAME}/{slug}")
    );
    let replayed = webhook(&program, &["replay", id, "--json"]).await.json();
    assert_eq!(replayed, json!({ "replayed": 1 }));
    until("it is applied again", async || {
        let again = webhook(&program, &["show", id, "--json"]).await.json();
        (again["outcome"] != "waiting").then_some(())
    })
    .await;
    assert_eq!(count().await, before + 1);
    let none = webhook(&program, &["replay", "--failed", "--json"])
        .await
        .json();
    assert_eq!(none, json!({ "replayed": 0 }));
    let (code, said) = serving.stop().await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_told_where_changes_were_found() {
    let (program, emulator) = connected().await;
    program.run(&["import", NAME]).await.succeeded();
    register(&program, URL).await;
    let db = program.db().await;
    let connection = db.connection(NAME).await.unwrap().unwrap();
    let mut hook = db.webhook_hook(connection.id).await.unwrap().unwrap();
    let now = hook.registered_at;
    hook.registered_at = now.plus_seconds(-2 * 3_600 - 60);
    let workspace = db.workspace(NAME).await.unwrap().unwrap();
    let repository = db.repositories(workspace).await.unwrap()[0].clone();
    let mut tx = db.write().await.unwrap();
    tx.set_webhook_hook(&hook).await.unwrap();
    tx.add_misses(repository.id, 14, now).await.unwrap();
    tx.commit().await.unwrap();
    let part = "no delivery for 2 hours though 14 changes were found";
    let status = program.run(&["status", "--json"]).await.json();
    assert!(status["warnings"].to_string().contains(part), "{status:#}");
    assert_eq!(status["connections"][0]["webhook"]["unannounced"], 14);
    let doctor = program.run(&["doctor"]).await;
    assert!(doctor.stdout.contains(part), "{doctor:?}");
    drop(emulator);
}
