//! Imported data that is to go.

use crate::program::{Program, emulator};

const NAME: &str = "acme-rockets";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_imported_of_a_repository_can_be_deleted_and_comes_back_only_when_it_is_taken_in()
{
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    program.run(&["import", NAME]).await.succeeded();
    let pulls = async || {
        let sql = "SELECT COUNT(*) AS n FROM pull_requests";
        let answer = program
            .run(&["query", sql, "--format", "json"])
            .await
            .json();
        answer[0]["n"].as_i64().unwrap()
    };
    assert_eq!(pulls().await, 60);
    let slug = emulator.world().repositories()[0].slug.clone();
    let of_slug = ["data", "delete", NAME, "--repository", &slug];

    let dry = program
        .run(&[&of_slug[..], &["--dry-run", "--json"]].concat())
        .await
        .json();
    assert_eq!(dry["deleted"], false);
    let rows = dry["rows"]["bitbucket_pulls"].as_i64().unwrap();
    assert!(rows > 0);
    program.run(&of_slug).await.refused(2, "add --yes");
    assert_eq!(pulls().await, 60);
    program
        .run(&[
            "data",
            "delete",
            NAME,
            "--repository",
            "no-such-thing",
            "--yes",
        ])
        .await
        .refused(
            2,
            "there is no repository `no-such-thing`: did you mean acme-rockets/",
        );

    let deleted = program
        .run(&[&of_slug[..], &["--yes", "--json"]].concat())
        .await
        .json();
    assert_eq!(deleted["rows"], dry["rows"]);
    assert_eq!(pulls().await, 60 - rows);
    let packed = program.run(&["database", "pack"]).await;
    packed.succeeded();
    assert!(packed.stderr.contains("Nothing changed"), "{packed:?}");
    let again = program.run(&[&of_slug[..], &["--yes"]].concat()).await;
    again.succeeded();
    assert!(
        again.stdout.contains("Nothing of them is stored"),
        "{again:?}"
    );
    // Nothing was left behind that belongs to nothing any more.
    let sql = "SELECT COUNT(*) AS n FROM bitbucket_pull_events e
               LEFT JOIN bitbucket_pulls p ON p.id = e.pull_id WHERE p.id IS NULL";
    let orphans = program
        .run(&["query", sql, "--format", "json"])
        .await
        .json();
    assert_eq!(orphans[0]["n"], 0);

    // Left out, it stays away; taken in again, it comes back as it was.
    program
        .run(&["filter", "set", NAME, "denylist"])
        .await
        .succeeded();
    program
        .run(&["filter", "add", NAME, "--repository", &slug])
        .await
        .succeeded();
    program.run(&["import", NAME]).await.succeeded();
    assert_eq!(pulls().await, 60 - rows);
    program
        .run(&["filter", "set", NAME, "allow_all"])
        .await
        .succeeded();
    program.run(&["import", NAME]).await.succeeded();
    assert_eq!(pulls().await, 60);

    program
        .run(&["filter", "set", NAME, "allowlist"])
        .await
        .succeeded();
    let excluded = program
        .run(&["data", "delete", NAME, "--excluded", "--yes"])
        .await;
    excluded.succeeded();
    assert_eq!(pulls().await, 0);
    let log = program
        .run(&["audit", "--json", "--limit", "1"])
        .await
        .json();
    assert_eq!(log[0]["action"], "data.delete");
}
