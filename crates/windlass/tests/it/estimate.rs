//! What a first import would cost, said before it is begun.

use crate::program::{Program, TOKEN, emulator, with_pulls};

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_costs_two_requests_a_repository_and_is_near_the_truth() {
    let (program, emulator) = (Program::new(), with_pulls(400).await);
    program.add(&emulator, &[]).await.succeeded();
    emulator.reset_requests();
    let ran = program
        .run(&["import", "acme-rockets", "--estimate", "--json"])
        .await;
    ran.succeeded();
    let json = ran.json();
    let estimate = &json[0];
    let spent = emulator.requests().len();
    assert_eq!(estimate["spent"], spent);
    // Beside the list of repositories and the size of that of members.
    assert!(spent <= 2 + 2 * 4, "{spent}");
    assert_eq!(estimate["repositories"], 4);
    let stream = |name: &str| {
        let streams = estimate["streams"].as_array().unwrap();
        streams
            .iter()
            .find(|one| one["stream"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(stream("pull_requests")["records"], 400);
    assert_eq!(stream("pull_requests")["counted"], true);
    assert_eq!(stream("activity")["counted"], false);

    emulator.reset_requests();
    program.run(&["import", "acme-rockets"]).await.succeeded();
    let really = emulator.requests().len() as u64;
    let estimated = estimate["requests"].as_u64().unwrap();
    assert!(
        (really / 2..=really * 2).contains(&estimated),
        "{estimated} estimated, {really} sent"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_needs_no_connection() {
    let (program, emulator) = (Program::new(), emulator().await);
    let ran = program
        .import(&emulator, &["--estimate"])
        .output()
        .await
        .unwrap();
    let ran = crate::program::Ran::of(ran);
    ran.succeeded();
    assert!(
        ran.stdout.contains("requests for 4 repositories"),
        "{ran:?}"
    );
    assert!(!program.folder.path().join("data/windlass.db").exists());
    assert!(!ran.stdout.contains(TOKEN));
}
