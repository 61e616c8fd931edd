//! Connections: added when they work, and not before; listed, changed and taken away.

use crate::program::{API_TOKEN, EMAIL, Program, TOKEN, emulator};

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_works_is_saved_and_shown() {
    let (program, emulator) = (Program::new(), emulator().await);
    let added = program
        .add(
            &emulator,
            &[
                "--label",
                "ci",
                "--expires",
                "2999-01-31",
                "--hourly-limit",
                "2000",
            ],
        )
        .await;
    added.succeeded();
    assert!(added.stdout.contains("ok       200"), "{added:?}");
    assert!(
        added.stderr.contains("secret.key"),
        "it says where the key is: {added:?}"
    );

    let list = program.run(&["connection", "list", "--json"]).await.json();
    let connection = &list[0];
    for (field, value) in [
        ("kind", "bitbucket_cloud"),
        ("name", "acme-rockets"),
        ("workspace", "acme-rockets"),
        ("state", "verified"),
    ] {
        assert_eq!(connection[field], value, "{field}");
    }
    let credential = &connection["credentials"][0];
    assert_eq!(credential["label"], "ci");
    assert_eq!(credential["method"], "api_token");
    assert_eq!(credential["state"], "ok");
    assert_eq!(credential["hourly_limit"], 2_000);
    assert_eq!(credential["expires_at"], "2999-01-31T00:00:00.000000Z");
    assert_eq!(
        credential["scopes"],
        serde_json::json!(["account", "pipeline", "pullrequest", "repository"])
    );
    // What trying it out has cost is counted.
    assert_eq!(credential["used_in_all"], emulator.requests().len());
    for arguments in [
        &["connection", "list"][..],
        &["connection", "show", "acme-rockets"],
        &["credential", "list", "acme-rockets"],
    ] {
        let shown = program.run(arguments).await;
        shown.succeeded();
        assert!(shown.stdout.contains("acme-rockets") || shown.stdout.contains("API token"));
    }
    let second = program.add(&emulator, &["--name", "other"]).await;
    second.refused(
        3,
        "the workspace `acme-rockets` is connected already, as `acme-rockets`",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_work_is_not_saved() {
    let (program, emulator) = (Program::new(), emulator().await);
    let refused = program.add_with(&emulator, "wrong", &[]).await;
    refused.refused(4, "invalid_credentials: ");
    assert!(refused.stderr.contains("Nothing was saved"), "{refused:?}");
    assert!(
        refused.stdout.contains("curl -H 'Authorization: Bearer"),
        "{refused:?}"
    );
    assert!(!program.folder.path().join("data/secret.key").exists());

    let as_json = program.add_with(&emulator, "wrong", &["--json"]).await;
    as_json.refused(4, "invalid_credentials: ");
    let json = as_json.json();
    assert_eq!(json["verification"]["code"], "invalid_credentials");
    assert_eq!(json["connection"], serde_json::Value::Null);

    let list = program.run(&["connection", "list", "--json"]).await;
    assert_eq!(list.json(), serde_json::json!([]));
    let db = program.db().await;
    assert!(db.audit_log(10).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_with_what_would() {
    let (program, emulator) = (Program::new(), emulator().await);
    program
        .run(&["connection", "list"])
        .await
        .refused(5, "begin with `windlass connection add`");
    program
        .run(&["connection", "add", "bitbucket_cloud", "--workspace", "x"])
        .await
        .refused(3, "no token: give it with --token-stdin");
    program
        .add_with(&emulator, "", &[])
        .await
        .refused(3, "there is no token in standard input");
    program.add(&emulator, &[]).await.succeeded();

    for (arguments, code, part) in [
        (
            &["connection", "show", "acme-rocket"][..],
            2,
            "did you mean acme-rockets?",
        ),
        (
            &["connection", "pause", "nobody"],
            2,
            "there is no connection `nobody`",
        ),
        (&["filter", "show", "acme"], 2, "did you mean acme-rockets?"),
        (&["import", "acme-rocket"], 2, "did you mean acme-rockets?"),
        (&["status", "acme-rocket"], 2, "did you mean acme-rockets?"),
        (&["runs", "acme-rocket"], 2, "did you mean acme-rockets?"),
        (
            &[
                "credential",
                "remove",
                "acme-rockets",
                "credential",
                "--yes",
            ],
            2,
            "did you mean credential 1?",
        ),
        (&["connection", "remove", "acme-rockets"], 2, "add --yes"),
        (
            &["connection", "set", "acme-rockets", "--stream", "commits"],
            2,
            "say what to set",
        ),
        (
            &[
                "connection",
                "set",
                "acme-rockets",
                "--stream",
                "repositories",
                "--disable",
            ],
            2,
            "cannot be switched off",
        ),
        (
            &["filter", "add", "acme-rockets", "--repository", "x"],
            2,
            "begin with `windlass filter set acme-rockets allowlist`",
        ),
        (
            &["data", "delete", "acme-rockets", "--excluded"],
            2,
            "leaves no repository out",
        ),
    ] {
        program.run(arguments).await.refused(code, part);
    }
    for (arguments, part) in [
        (
            &["connection", "add", "gitlab"][..],
            "unrecognized subcommand",
        ),
        (
            &["connection", "set", "a", "--stream", "commit", "--disable"],
            "did you mean commits?",
        ),
        (
            &[
                "connection",
                "set",
                "a",
                "--stream",
                "commits",
                "--every",
                "soon",
            ],
            "90s, 15m, 2h or 1d",
        ),
        (
            &[
                "connection",
                "set",
                "a",
                "--stream",
                "commits",
                "--not-before",
                "x",
            ],
            "2027-01-31",
        ),
        (
            &["filter", "set", "a", "whitelist"],
            "allow_all, allowlist, denylist",
        ),
        (&["data", "delete", "a"], "--excluded"),
    ] {
        let ran = program.run(arguments).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(part), "{ran:?}");
    }
    // A secret has no argument.
    let ran = program
        .run(&[
            "connection",
            "add",
            "bitbucket_cloud",
            "--workspace",
            "x",
            "--token",
            "s3cret",
        ])
        .await;
    assert_eq!(ran.code, Some(2), "{ran:?}");

    // The name of a connection to something else.
    let api_token = program
        .with_input(
            &[
                "connection",
                "add",
                "jira_cloud",
                "--site",
                &emulator.jira_base_url(),
                "--name",
                "acme-rockets",
                "--email",
                EMAIL,
                "--token-stdin",
            ],
            API_TOKEN,
        )
        .await;
    api_token.refused(3, "there is a connection `acme-rockets` already");
    let without_email = program
        .with_input(
            &[
                "connection",
                "add",
                "jira_cloud",
                "--site",
                &emulator.jira_base_url(),
                "--token-stdin",
            ],
            API_TOKEN,
        )
        .await;
    without_email.refused(3, "name it with --email");
    let no_site = program
        .with_input(
            &[
                "connection",
                "add",
                "jira_cloud",
                "--site",
                "https://example.com",
                "--email",
                EMAIL,
                "--token-stdin",
            ],
            API_TOKEN,
        )
        .await;
    no_site.refused(3, "atlassian.net");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_to_jira_is_added_likewise_and_is_no_workspace() {
    use emulator::Credential;
    let (program, emulator) = (Program::new(), emulator().await);
    emulator.set_credentials(vec![
        Credential::workspace_access_token(TOKEN),
        Credential::jira_token(EMAIL, API_TOKEN),
    ]);
    let site = emulator.jira_base_url();
    let add = async |token: &str| {
        let arguments = [
            "connection",
            "add",
            "jira_cloud",
            "--site",
            &site,
            "--name",
            "jira",
            "--email",
            EMAIL,
            "--token-stdin",
        ];
        program.with_input(&arguments, token).await
    };
    add("wrong").await.refused(4, "invalid_credentials: ");
    add(API_TOKEN).await.succeeded();
    program
        .run(&["connection", "verify", "jira"])
        .await
        .succeeded();
    for arguments in [
        &["filter", "show", "jira"][..],
        &["import", "jira", "--estimate"],
        &["import", "jira", "--stream", "commits"],
        &["data", "delete", "jira", "--excluded"],
        &[
            "connection",
            "set",
            "jira",
            "--stream",
            "commits",
            "--disable",
        ],
    ] {
        program.run(arguments).await.refused(
            2,
            "is of the kind jira_cloud, and this works with bitbucket_cloud alone",
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_made_and_told_in_the_log_of_changes() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    let name = "acme-rockets";
    let state = async || {
        let shown = program.run(&["connection", "show", name, "--json"]).await;
        shown.json()["state"].as_str().unwrap().to_owned()
    };
    program
        .run(&["connection", "pause", name])
        .await
        .succeeded();
    assert_eq!(state().await, "paused");
    // What is so already is no change.
    program
        .run(&["connection", "pause", name])
        .await
        .succeeded();
    program.run(&["import", name]).await.refused(3, "is paused");
    program
        .run(&["connection", "resume", name])
        .await
        .succeeded();
    assert_eq!(state().await, "verified");
    program.run(&["connection", "sync", name]).await.succeeded();
    program
        .run(&["connection", "verify", name])
        .await
        .succeeded();
    let set = program
        .run(&[
            "connection",
            "set",
            name,
            "--stream",
            "commits",
            "--every",
            "90m",
            "--not-before",
            "2026-02-01",
            "--json",
        ])
        .await;
    let stream = &set.json()["streams"][0];
    assert_eq!(stream["interval_seconds"], 5_400);
    assert_eq!(stream["not_before"], "2026-02-01T00:00:00.000000Z");
    // What is not said stays.
    program
        .run(&[
            "connection",
            "set",
            name,
            "--stream",
            "commits",
            "--disable",
        ])
        .await
        .succeeded();
    let shown = program.run(&["connection", "show", name]).await;
    assert!(
        shown
            .stdout
            .contains("commits: not read, every 90m, nothing before 2026-02-01"),
        "{shown:?}"
    );
    program
        .run(&[
            "connection",
            "set",
            name,
            "--stream",
            "commits",
            "--as-usual",
        ])
        .await
        .succeeded();
    program
        .run(&["connection", "remove", name, "--yes"])
        .await
        .succeeded();
    let list = program.run(&["connection", "list", "--json"]).await;
    assert_eq!(list.json(), serde_json::json!([]));

    let log = program.run(&["audit", "--json"]).await.json();
    let actions: Vec<&str> = log
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        [
            "connection.add",
            "connection.pause",
            "connection.resume",
            "connection.sync",
            "connection.verify",
            "connection.set",
            "connection.set",
            "connection.set",
            "connection.remove",
        ]
    );
    for entry in log.as_array().unwrap() {
        let actor = entry["actor"].as_str().unwrap();
        assert!(
            actor.starts_with("command line (") && actor.len() > 15,
            "{actor}"
        );
        assert_eq!(entry["subject"], "connection acme-rockets");
    }
    program.run(&["audit", "--limit", "1"]).await.succeeded();
}
