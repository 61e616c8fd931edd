//! The credentials of a connection.

use crate::program::{API_TOKEN, EMAIL, Program, TOKEN, emulator};

const NAME: &str = "acme-rockets";

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_added_renamed_replaced_and_removed() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    let labels = async || -> Vec<String> {
        let list = program
            .run(&["credential", "list", NAME, "--json"])
            .await
            .json();
        let all = list.as_array().unwrap();
        all.iter()
            .map(|one| one["label"].as_str().unwrap().to_owned())
            .collect()
    };
    let add = ["credential", "add", NAME, "--token-stdin"];
    program
        .with_input(&add, "wrong")
        .await
        .refused(4, "invalid_credentials: ");
    assert_eq!(labels().await, ["credential 1"]);
    // The access token of a workspace under an e-mail address, as if it were an API token.
    let mistaken = program
        .with_input(&[&add[..], &["--email", EMAIL]].concat(), TOKEN)
        .await;
    mistaken.refused(4, "invalid_credentials: ");
    let added = program
        .with_input(
            &[&add[..], &["--email", EMAIL, "--json"]].concat(),
            API_TOKEN,
        )
        .await;
    added.succeeded();
    assert_eq!(added.json()["credential"]["method"], "basic_auth");
    assert_eq!(labels().await, ["credential 1", "credential 2"]);
    let taken = [&add[..], &["--label", "credential 2"]].concat();
    program
        .with_input(&taken, TOKEN)
        .await
        .refused(3, "has a credential `credential 2` already");

    let rename = ["credential", "rename", NAME, "credential 2"];
    program
        .run(&[&rename[..], &["ann"]].concat())
        .await
        .succeeded();
    program
        .run(&["credential", "rename", NAME, "ann", "credential 1"])
        .await
        .refused(3, "already");
    assert_eq!(labels().await, ["credential 1", "ann"]);

    let replace = ["credential", "replace", NAME, "ann", "--token-stdin"];
    program
        .with_input(&replace, "wrong")
        .await
        .refused(4, "Nothing was saved");
    let list = program
        .run(&["credential", "list", NAME, "--json"])
        .await
        .json();
    assert_eq!(list[1]["method"], "basic_auth", "it stays as it was");
    program.with_input(&replace, TOKEN).await.succeeded();
    let list = program
        .run(&["credential", "list", NAME, "--json"])
        .await
        .json();
    assert_eq!(list[1]["method"], "api_token");

    program
        .run(&["credential", "remove", NAME, "ann"])
        .await
        .refused(2, "add --yes");
    program
        .run(&["credential", "remove", NAME, "ann", "--yes"])
        .await
        .succeeded();
    assert_eq!(labels().await, ["credential 1"]);
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
            "credential.remove",
            "credential.replace",
            "credential.rename",
            "credential.add",
            "connection.add"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_speaks_the_words_of_atlassian_and_warns_of_an_end() {
    let (program, emulator) = (Program::new(), emulator().await);
    let soon = "2026-01-01";
    program
        .add(&emulator, &["--expires", soon])
        .await
        .refused(4, "invalid_credentials: ");
    program
        .add(&emulator, &["--expires", "2999-01-01"])
        .await
        .succeeded();
    let add = [
        "credential",
        "add",
        NAME,
        "--token-stdin",
        "--email",
        EMAIL,
        "--label",
        "ann",
    ];
    program.with_input(&add, API_TOKEN).await.succeeded();
    let list = program.run(&["credential", "list", NAME]).await;
    for part in [
        "API token",
        "Basic auth",
        "read:workspace:bitbucket",
        "/workspaces/{workspace}/members",
    ] {
        assert!(list.stdout.contains(part), "{part}: {list:?}");
    }
    // Refused in the meantime: the next verification finds out, and the other one still works.
    emulator.revoke(API_TOKEN);
    let verified = program.run(&["connection", "verify", NAME]).await;
    verified.refused(4, "(the credential `ann`)");
    let list = program
        .run(&["credential", "list", NAME, "--json"])
        .await
        .json();
    assert_eq!(
        (&list[0]["state"], &list[1]["state"]),
        (&"ok".into(), &"refused".into())
    );
    let connection = program
        .run(&["connection", "show", NAME, "--json"])
        .await
        .json();
    assert_eq!(connection["state"], "verified");
    emulator.revoke(TOKEN);
    program
        .run(&["connection", "verify", NAME, "--json"])
        .await
        .refused(4, "invalid_credentials");
    let connection = program
        .run(&["connection", "show", NAME, "--json"])
        .await
        .json();
    assert_eq!(connection["state"], "failing");
    assert!(
        connection["problem"]
            .as_str()
            .unwrap()
            .starts_with("invalid_credentials")
    );
}
