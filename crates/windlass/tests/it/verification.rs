//! Each code of a verification from its real cause, and the commands that it prints.

use emulator::{Credential, Emulator, Options, RateLimit, World, WorldSpec};
use model::ManualClock;
use serde_json::Value;
use std::sync::Arc;
use tokio::process::Command;

use crate::program::{API_TOKEN, EMAIL, Program, Ran, TOKEN, emulator};

/// Tries to add a connection, and returns what it printed for programs.
async fn tried(program: &Program, emulator: &Emulator, token: &str, more: &[&str]) -> (Ran, Value) {
    let ran = program
        .add_with(emulator, token, &[more, &["--json"]].concat())
        .await;
    let json = ran.json();
    (ran, json["verification"].clone())
}

fn checks(verification: &Value) -> &[Value] {
    verification["checks"].as_array().unwrap()
}

/// Nothing was saved, and the code is this.
#[track_caller]
fn refused(ran: &Ran, verification: &Value, code: &str) {
    ran.refused(4, &format!("{code}: "));
    assert_eq!(verification["code"], code);
    let failed = checks(verification)
        .iter()
        .find(|check| check["outcome"] == "failed");
    let failed = failed.unwrap();
    assert_eq!(failed["code"], code);
    for field in ["what", "mend", "curl", "endpoint", "path"] {
        assert!(
            !failed[field].as_str().unwrap().is_empty(),
            "{field} of {failed}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_and_a_user_name_are_invalid_credentials() {
    let (program, emulator) = (Program::new(), emulator().await);
    let (ran, verification) = tried(&program, &emulator, "wrong", &[]).await;
    refused(&ran, &verification, "invalid_credentials");
    let user_name = ["--email", "importer"];
    let ran = program.add_with(&emulator, API_TOKEN, &user_name).await;
    ran.refused(3, "e-mail address");
    let other = ["--email", "somebody.else@example.com"];
    let (ran, verification) = tried(&program, &emulator, API_TOKEN, &other).await;
    refused(&ran, &verification, "invalid_credentials");
    // Each kind under the other's method.
    let (ran, verification) = tried(&program, &emulator, API_TOKEN, &[]).await;
    refused(&ran, &verification, "invalid_credentials");
    let (ran, verification) = tried(&program, &emulator, TOKEN, &["--email", EMAIL]).await;
    refused(&ran, &verification, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_scope_that_is_missing_is_named_in_the_words_of_its_kind() {
    let (program, emulator) = (Program::new(), emulator().await);
    let classic = Credential::workspace_access_token(TOKEN);
    for scope in ["account", "pullrequest", "pipeline", "repository"] {
        emulator.set_credentials(vec![classic.clone().without_scope(scope)]);
        let (ran, verification) = tried(&program, &emulator, TOKEN, &[]).await;
        lacks(&ran, &verification, scope);
        program
            .run(&["connection", "remove", "acme-rockets", "--yes"])
            .await;
    }
    let granular = Credential::api_token(EMAIL, API_TOKEN);
    for scope in [
        "read:workspace:bitbucket",
        "read:repository:bitbucket",
        "read:pullrequest:bitbucket",
        "read:pipeline:bitbucket",
    ] {
        emulator.set_credentials(vec![granular.clone().without_scope(scope)]);
        let (ran, verification) = tried(&program, &emulator, API_TOKEN, &["--email", EMAIL]).await;
        lacks(&ran, &verification, scope);
        program
            .run(&["connection", "remove", "acme-rockets", "--yes"])
            .await;
    }
}

/// Something needs the scope and says so. What an import can go without is a warning.
#[track_caller]
fn lacks(ran: &Ran, verification: &Value, scope: &str) {
    let naming: Vec<&Value> = checks(verification)
        .iter()
        .filter(|check| {
            check["missing_scopes"]
                .as_array()
                .unwrap()
                .contains(&scope.into())
        })
        .collect();
    // A scope of pull requests brings that of repositories with it.
    let implied = scope == "repository" && ran.code == Some(0);
    assert!(!naming.is_empty() || implied, "{scope}: {verification:#}");
    for check in &naming {
        assert_eq!(check["code"], "invalid_permissions", "{check}");
        assert!(check["mend"].as_str().unwrap().contains(scope), "{check}");
    }
    if naming.iter().any(|check| check["outcome"] == "failed") {
        ran.refused(4, "invalid_permissions: ");
    } else {
        ran.succeeded();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_scopes_pass() {
    let (program, emulator) = (Program::new(), emulator().await);
    for (credential, token, more) in [
        (
            Credential::workspace_access_token(TOKEN).with_scopes(&[
                "account",
                "pipeline",
                "pullrequest",
                "repository",
            ]),
            TOKEN,
            &[][..],
        ),
        (
            Credential::api_token(EMAIL, API_TOKEN).with_scopes(&[
                "read:repository:bitbucket",
                "read:pullrequest:bitbucket",
                "read:pipeline:bitbucket",
                "read:workspace:bitbucket",
            ]),
            API_TOKEN,
            &["--email", EMAIL][..],
        ),
    ] {
        emulator.set_credentials(vec![credential]);
        let (ran, verification) = tried(&program, &emulator, token, more).await;
        ran.succeeded();
        assert_eq!(verification["code"], Value::Null);
        for check in checks(&verification) {
            let about_hooks = check["endpoint"].as_str().unwrap().ends_with("/hooks");
            assert!(check["outcome"] == "ok" || about_hooks, "{check}");
        }
        program
            .run(&["connection", "remove", "acme-rockets", "--yes"])
            .await
            .succeeded();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_is_missing_or_empty_is_no_resources() {
    let (program, emulator) = (Program::new(), emulator().await);
    let base_url = emulator.base_url();
    let missing = [
        "connection",
        "add",
        "bitbucket_cloud",
        "--workspace",
        "nobody",
        "--base-url",
        &base_url,
        "--token-stdin",
        "--json",
    ];
    let ran = program.with_input(&missing, TOKEN).await;
    refused(&ran, &ran.json()["verification"], "no_resources");

    emulator.set_credentials(vec![Credential::workspace_access_token(TOKEN).seeing(&[])]);
    let (ran, verification) = tried(&program, &emulator, TOKEN, &[]).await;
    refused(&ran, &verification, "no_resources");
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelines_that_are_switched_off_are_a_warning() {
    let (program, emulator) = (Program::new(), emulator().await);
    let slugs: Vec<String> = {
        let world = emulator.world();
        world
            .repositories()
            .iter()
            .map(|one| one.slug.clone())
            .collect()
    };
    for slug in &slugs {
        emulator.world().switch_off_pipelines(slug).unwrap();
    }
    let (ran, verification) = tried(&program, &emulator, TOKEN, &[]).await;
    ran.succeeded();
    let pipelines = checks(&verification)
        .iter()
        .find(|check| check["endpoint"].as_str().unwrap().ends_with("/pipelines/"))
        .unwrap();
    assert_eq!(pipelines["outcome"], "warning");
    assert_eq!(pipelines["status"], 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bitbucket_that_does_not_answer_is_not_the_tokens_fault() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    let base_url = emulator.base_url();
    emulator.shutdown().await;
    let other = [
        "connection",
        "add",
        "bitbucket_cloud",
        "--workspace",
        "other",
        "--base-url",
        &base_url,
        "--token-stdin",
        "--json",
    ];
    let ran = program.with_input(&other, TOKEN).await;
    refused(&ran, &ran.json()["verification"], "unreachable");
    // A connection that is there stays as it was.
    program
        .run(&["connection", "verify", "acme-rockets"])
        .await
        .refused(4, "unreachable: ");
    let shown = program
        .run(&["connection", "show", "acme-rockets", "--json"])
        .await
        .json();
    assert_eq!(shown["state"], "verified");
    assert_eq!(shown["credentials"][0]["state"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_reached_is_rate_limited() {
    let end = "2026-03-04T10:00:00Z".parse().unwrap();
    let world = World::generate(
        &WorldSpec::small(end),
        Arc::new(ManualClock::starting_at(end)),
    );
    let options = Options {
        rate_limit: RateLimit {
            limit: 3,
            ..RateLimit::default()
        },
        ..Options::with_credentials([Credential::workspace_access_token(TOKEN)])
    };
    let emulator = Emulator::start(world, options).await.unwrap();
    let program = Program::new();
    let (ran, verification) = tried(&program, &emulator, TOKEN, &[]).await;
    refused(&ran, &verification, "rate_limited");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_printed_commands_run_as_they_are_once_the_placeholder_is_filled_in() {
    let (program, emulator) = (Program::new(), emulator().await);
    for (token, more, placeholder, secret) in [
        (TOKEN, &[][..], "YOUR_WORKSPACE_TOKEN", TOKEN.to_owned()),
        (
            API_TOKEN,
            &["--email", EMAIL][..],
            "ATLASSIAN_ACCOUNT_EMAIL:API_TOKEN",
            format!("{EMAIL}:{API_TOKEN}"),
        ),
    ] {
        let (ran, verification) = tried(&program, &emulator, token, more).await;
        ran.succeeded();
        for check in checks(&verification) {
            let printed = check["curl"].as_str().unwrap();
            assert!(
                printed.contains(placeholder) && !printed.contains(token),
                "{printed}"
            );
            let filled = printed.replace(placeholder, &secret);
            let script = format!(
                "{filled} --silent --show-error --output answer --write-out '%{{http_code}}'"
            );
            let output = Command::new("sh")
                .args(["-c", &script])
                .current_dir(program.folder.path())
                .output()
                .await
                .unwrap();
            let output = Ran::of(output);
            assert_eq!(output.code, Some(0), "is curl installed? {output:?}");
            assert_eq!(output.stdout, check["status"].to_string(), "{printed}");
        }
        program
            .run(&["connection", "remove", "acme-rockets", "--yes"])
            .await
            .succeeded();
    }
}
