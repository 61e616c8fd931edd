//! What holds for the whole account.

use serde_json::json;

use crate::program::{Program, emulator};

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_is_made_before_or_after_an_import_and_its_measures_follow() {
    let (program, emulator) = (Program::new(), emulator().await);
    let set = program
        .run(&["settings", "set", "timezone", "pacific/auckland"])
        .await;
    set.succeeded();
    assert!(
        set.stderr
            .contains("`timezone` is now Pacific/Auckland; 0 pull requests measured again"),
        "{set:?}"
    );
    let imported = program.import(&emulator, &[]).output().await.unwrap();
    assert!(imported.status.success());
    let sql = "SELECT timezone, COUNT(*) AS pulls FROM bitbucket_pulls GROUP BY 1";
    let counted = program
        .run(&["query", sql, "--format", "json"])
        .await
        .json();
    assert_eq!(counted[0]["timezone"], "Pacific/Auckland");
    let pulls = counted[0]["pulls"].clone();

    let holidays = "2026-12-25 Christmas Day\n\n2026-12-26\n";
    let read = program
        .with_input(&["settings", "set", "holidays", "-", "--json"], holidays)
        .await;
    read.succeeded();
    assert_eq!(
        read.json(),
        json!({
            "name": "holidays",
            "value": {"2026-12-25": "Christmas Day", "2026-12-26": ""},
            "changed": true,
            "measured": pulls,
        })
    );
    let again = program
        .with_input(&["settings", "set", "holidays", "-", "--json"], holidays)
        .await;
    assert_eq!(again.json()["changed"], false);
    assert_eq!(again.json()["measured"], 0);

    let shown = program.run(&["settings", "show"]).await;
    shown.succeeded();
    let words: Vec<&str> = shown.stdout.split_whitespace().collect();
    let words = words.join(" ");
    for part in [
        "timezone Pacific/Auckland no",
        "2026-12-25 Christmas Day, 2026-12-26",
        "working_hours 08:00-18:00 yes",
        "mon, tue, wed, thu, fri",
    ] {
        assert!(words.contains(part), "{part}: {}", shown.stdout);
    }
    let one = program
        .run(&["settings", "show", "working_hours", "--json"])
        .await
        .json();
    assert_eq!(one.as_array().unwrap().len(), 1);
    assert_eq!(one[0]["value"], one[0]["usual"]);

    program
        .run(&["settings", "unset", "timezone"])
        .await
        .succeeded();
    let counted = program
        .run(&["query", sql, "--format", "json"])
        .await
        .json();
    assert_eq!(counted[0]["timezone"], "UTC");
    assert_eq!(counted[0]["pulls"], pulls);

    let audit = program.run(&["audit", "--json"]).await.json();
    let made: Vec<_> = audit
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["action"].as_str().unwrap(),
                entry["detail"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        made,
        [
            ("settings.unset", "UTC"),
            ("settings.set", "2026-12-25 Christmas Day, 2026-12-26"),
            ("settings.set", "Pacific/Auckland"),
        ]
    );
}

#[tokio::test]
async fn a_setting_that_nobody_can_mean_is_refused_and_changes_nothing() {
    let program = Program::new();
    program
        .run(&["settings", "show"])
        .await
        .refused(5, "windlass.db");
    for (arguments, part) in [
        (&["set", "time-zone", "UTC"][..], "did you mean timezone?"),
        (&["set", "timezone", "Berlin"][..], "Europe/Berlin"),
        (&["set", "working_days", "monday"][..], "mon-fri"),
        (
            &["set", "working_hours", "18:00-08:00"][..],
            "before it ends",
        ),
        (
            &["set", "holidays", "25.12.2026"][..],
            "2026-12-25 Christmas Day",
        ),
        (&["unset", "weekend"][..], "There are holidays, timezone"),
    ] {
        let words: Vec<&str> = ["settings"].iter().chain(arguments).copied().collect();
        program.run(&words).await.refused(2, part);
    }
    program
        .run(&["settings", "set", "working_days", "sun-thu"])
        .await
        .succeeded();
    let shown = program.run(&["settings", "show", "--json"]).await.json();
    let usual = |name: &str| {
        let found = shown
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == name);
        found.unwrap()["value"] == found.unwrap()["usual"]
    };
    assert!(usual("timezone") && usual("working_hours") && usual("holidays"));
    assert!(!usual("working_days"));
}
