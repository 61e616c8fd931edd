//! How fresh and how complete everything is.

use serde_json::Value;

use crate::program::{Program, emulator};

const NAME: &str = "acme-rockets";

fn warns(status: &Value, part: &str) -> bool {
    let warnings = status["warnings"].as_array().unwrap();
    warnings
        .iter()
        .any(|warning| warning.as_str().unwrap().contains(part))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_what_is_stored_beside_what_there_is() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    let before = program.run(&["status", "--json"]).await.json();
    assert_eq!(before["connections"][0]["last_synced_at"], Value::Null);
    program.run(&["import", NAME]).await.succeeded();

    let status = program.run(&["status", "--json"]).await.json();
    let connection = &status["connections"][0];
    assert_eq!(connection["state"], "verified");
    assert_eq!(connection["running"], Value::Null);
    let streams = connection["streams"].as_array().unwrap();
    let pulls: Vec<&Value> = streams
        .iter()
        .filter(|one| one["stream"] == "pull_requests")
        .collect();
    assert_eq!(pulls.len(), 4);
    let sum = |field: &str| {
        pulls
            .iter()
            .map(|one| one[field].as_i64().unwrap())
            .sum::<i64>()
    };
    assert_eq!((sum("stored_rows"), sum("upstream_rows")), (60, 60));
    assert!(
        pulls
            .iter()
            .all(|one| one["age_seconds"].as_i64().unwrap() < 600)
    );
    assert!(
        warns(&status, "there is no connection to Jira"),
        "{status:#}"
    );
    assert!(!warns(&status, "are stored"), "{status:#}");

    // Something is lost: the status tells.
    let slug = emulator.world().repositories()[0].slug.clone();
    let db = program.db().await;
    let store::Db::Sqlite { write, .. } = &db else {
        unreachable!()
    };
    sqlx::query("DELETE FROM bitbucket_pulls WHERE id = (SELECT MAX(p.id) FROM bitbucket_pulls p)")
        .execute(write)
        .await
        .unwrap();
    db.close().await;
    let status = program.run(&["status", "--json"]).await.json();
    assert!(
        warns(&status, "that Bitbucket counts are stored"),
        "{status:#}"
    );

    for arguments in [&["status"][..], &["status", NAME]] {
        let shown = program.run(arguments).await;
        shown.succeeded();
        assert!(shown.stdout.contains("pull_requests") && shown.stdout.contains("warning: "));
    }
    let in_full = program.run(&["status", NAME]).await;
    assert!(
        in_full.stdout.contains(&format!("acme-rockets/{slug}")),
        "{in_full:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_deserves_a_look_is_said() {
    let (program, emulator) = (Program::new(), emulator().await);
    // Imported with a token that is given each time: nobody can import it without.
    let imported = program.import(&emulator, &[]).output().await.unwrap();
    crate::program::Ran::of(imported).succeeded();
    let status = program.run(&["status", "--json"]).await.json();
    assert!(warns(&status, "it has no credential"), "{status:#}");
    // The same connection gets a credential.
    program.add(&emulator, &[]).await.succeeded();
    program
        .run(&["connection", "pause", NAME])
        .await
        .succeeded();
    emulator.set_credentials(vec![]);
    program
        .run(&["connection", "verify", NAME])
        .await
        .refused(4, "invalid_credentials");
    let status = program.run(&["status", "--json"]).await.json();
    for part in ["paused since", "invalid_credentials: "] {
        assert!(warns(&status, part), "{part}: {status:#}");
    }
    assert_eq!(status["connections"][0]["state"], "failing");
    let doctor = program.run(&["doctor"]).await;
    doctor.refused(1, "problem");
    assert!(doctor.stdout.contains("invalid_credentials"), "{doctor:?}");
    let runs = program.run(&["runs", NAME, "--json"]).await.json();
    assert_eq!(runs[0]["outcome"], "complete");
    assert_eq!(runs[0]["connection"], NAME);
    program.run(&["runs", "--limit", "1"]).await.succeeded();
}
