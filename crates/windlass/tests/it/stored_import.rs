//! Imports with the credentials that are stored.

use emulator::Credential;

use crate::program::{API_TOKEN, EMAIL, Program, Ran, TOKEN, emulator};

const NAME: &str = "acme-rockets";

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_imported_by_its_name_or_with_all_others() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    let named = program.run(&["import", NAME, "--json"]).await;
    named.succeeded();
    assert_eq!(named.json()["rows"]["bitbucket_pulls"]["added"], 60);
    let packed = program.run(&["database", "pack"]).await;
    packed.succeeded();
    assert!(packed.stderr.contains("Nothing changed"), "{packed:?}");
    for arguments in [
        &["import", "--name", NAME, "--json"][..],
        &["import", "--workspace", NAME, "--json"],
    ] {
        let again = program.run(arguments).await;
        again.succeeded();
        assert_eq!(again.json()["complete"], true, "{again:?}");
    }
    let all = program.run(&["import", "--json"]).await;
    all.succeeded();
    assert_eq!(all.json().as_array().unwrap().len(), 1);
    let runs = program.run(&["runs", "--json"]).await.json();
    assert_eq!(runs.as_array().unwrap().len(), 4);
    // A token that is given beats what is stored.
    let with_token = program
        .import(&emulator, &["--json"])
        .output()
        .await
        .unwrap();
    Ran::of(with_token).succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_of_a_connection_hold_for_its_import() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    for stream in ["pipelines", "deployments", "environments"] {
        program
            .run(&["connection", "set", NAME, "--stream", stream, "--disable"])
            .await
            .succeeded();
    }
    program
        .run(&[
            "connection",
            "set",
            NAME,
            "--stream",
            "pull_sizes",
            "--enable",
        ])
        .await
        .succeeded();
    let ran = program.run(&["import", NAME, "--json"]).await;
    ran.succeeded();
    let rows = &ran.json()["rows"];
    assert!(rows["bitbucket_pipelines"].is_null(), "{rows}");
    assert!(
        rows["bitbucket_pull_sizes"]["added"].as_u64() > Some(0),
        "{rows}"
    );
    let asked = emulator.requests_by_endpoint();
    let of_pipelines: u64 = asked
        .iter()
        .filter(|(endpoint, _)| endpoint.contains("pipelines"))
        .map(|(_, requests)| requests)
        .sum();
    assert!(of_pipelines <= 1, "but for the first trial: {asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_dies_leaves_the_work_to_the_others() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    let add = ["credential", "add", NAME, "--token-stdin", "--email", EMAIL];
    program.with_input(&add, API_TOKEN).await.succeeded();
    emulator.revoke(TOKEN);
    let ran = program.run(&["import", NAME, "--json"]).await;
    ran.succeeded();
    assert_eq!(ran.json()["complete"], true);
    let list = program
        .run(&["credential", "list", NAME, "--json"])
        .await
        .json();
    assert_eq!(
        (&list[0]["state"], &list[1]["state"]),
        (&"refused".into(), &"ok".into())
    );
    let status = program.run(&["status"]).await;
    assert!(status.stdout.contains("`credential 1`: "), "{status:?}");

    emulator.set_credentials(vec![Credential::workspace_access_token("another")]);
    program
        .run(&["import", NAME])
        .await
        .refused(4, "invalid_credentials");
}
