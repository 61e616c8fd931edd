//! Rules, deployments that are told, and incidents, from the command line.

use serde_json::Value;

use crate::program::{Program, emulator};

const NAME: &str = "acme-rockets";

async fn imported() -> Program {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    program.run(&["import", NAME]).await.succeeded();
    program
}

async fn count(program: &Program, sql: &str) -> i64 {
    let rows = program
        .run(&["query", sql, "--format", "json"])
        .await
        .json();
    rows[0]["n"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_shows_what_it_fits_before_it_is_kept_and_makes_just_that() {
    let program = imported().await;
    let runs = "SELECT COUNT(*) AS n FROM pipeline_runs WHERE head_branch = 'main' AND finished_at IS NOT NULL";
    let runs = count(&program, runs).await;
    assert!(runs > 0);
    let rule = [
        "--branch",
        "^main$",
        "--environment",
        "live",
        "--service",
        "everything",
    ];
    let ruled = "SELECT COUNT(*) AS n FROM deployments WHERE source = 'rule' AND service = 'everything' AND production";

    let tried = program
        .run(&[&["rules", "test", "--json"], &rule[..]].concat())
        .await
        .json();
    assert_eq!(tried["fits"], runs);
    assert_eq!(tried["targets"][0]["environment_type"], "Production");
    assert_eq!(tried["samples"].as_array().unwrap().len(), 10);
    assert_eq!(count(&program, ruled).await, 0, "nothing is kept");
    assert_eq!(
        program.run(&["rules", "list", "--json"]).await.json(),
        Value::Array(Vec::new())
    );
    let shown = program.run(&[&["rules", "test"], &rule[..]].concat()).await;
    shown.succeeded();
    assert!(shown.stdout.contains("live of everything"), "{shown:?}");

    program
        .run(&[&["rules", "add", "all"], &rule[..]].concat())
        .await
        .succeeded();
    assert_eq!(count(&program, ruled).await, runs);
    let listed = program.run(&["rules", "list"]).await;
    assert!(listed.stdout.contains("branch ^main$"), "{listed:?}");
    program
        .run(&[&["rules", "add", "all"], &rule[..]].concat())
        .await
        .refused(2, "there is a rule `all` already");

    program
        .run(&["rules", "remove", "al"])
        .await
        .refused(2, "did you mean all?");
    program.run(&["rules", "remove", "all"]).await.succeeded();
    assert_eq!(count(&program, ruled).await, 0);
    let log = program.run(&["audit", "--json"]).await.json();
    assert_eq!(log[0]["action"], "rules.remove");
    assert_eq!(log[1]["action"], "rules.add");
    assert_eq!(log[1]["subject"], "rule all");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pattern_that_is_wrong_or_fits_nothing_says_so() {
    let program = imported().await;
    program
        .run(&["rules", "test", "--pipeline", "deploy("])
        .await
        .refused(
            2,
            "the pattern for the pipeline is no regular expression: unclosed group, at character 7",
        );
    program
        .run(&["rules", "add", "none", "--service", "shop"])
        .await
        .refused(2, "a rule without a pattern would fit every run");
    let idle = program
        .run(&[
            "rules",
            "test",
            "--branch",
            "^main$",
            "--pipeline",
            "^nothing like this$",
        ])
        .await;
    idle.succeeded();
    assert!(
        idle.stderr
            .contains("the pattern of --pipeline fits nothing that is stored"),
        "{idle:?}"
    );
    assert!(!idle.stderr.contains("--branch"), "{idle:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn deployments_and_incidents_are_told_and_told_again() {
    let program = imported().await;
    let names = program
        .run(&[
            "query",
            "SELECT name FROM repos ORDER BY name",
            "--format",
            "json",
        ])
        .await
        .json();
    let repository = names[0]["name"].as_str().unwrap();
    let record = |more: &[&str]| {
        let mut words = vec!["deployment", "record", "--service", "checkout", "--json"];
        words.extend([
            "--reference",
            "build-1",
            "--deployed-at",
            "2024-06-01T10:00:00Z",
        ]);
        words.extend(more);
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    for (more, success) in [
        (vec!["--failed"], false),
        (vec!["--repository", repository], true),
    ] {
        let words = record(&more);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let told = program.run(&words).await.json();
        assert_eq!(told["success"], success);
        assert_eq!(told["environment_type"], "Production");
    }
    let listed = program
        .run(&["deployment", "list", "--service", "checkout", "--json"])
        .await
        .json();
    assert_eq!(
        listed.as_array().unwrap().len(),
        1,
        "told again, it is changed"
    );
    assert_eq!(listed[0]["repository"], repository);
    assert_eq!(listed[0]["success"], true);
    let id = listed[0]["id"].as_str().unwrap();

    program
        .run(&[
            "deployment",
            "record",
            "--service",
            "checkout",
            "--repository",
            "acme-rockets/nothing",
        ])
        .await
        .refused(
            2,
            "no repository `acme-rockets/nothing` is imported: did you mean",
        );
    let ran = program
        .run(&[
            "deployment",
            "record",
            "--service",
            "checkout",
            "--repository",
            repository,
            "--commit",
            "xyz",
        ])
        .await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("7 to 40 characters"), "{ran:?}");

    let opened = program
        .run(&[
            "incident",
            "open",
            "--deployment",
            id,
            "--reference",
            "INC-1",
            "--opened-at",
            "2024-06-01T11:00:00Z",
            "--json",
        ])
        .await
        .json();
    assert_eq!(opened["service"], "checkout");
    assert_eq!(opened["deployment_id"], id);
    assert_eq!(opened["time_to_restore"], Value::Null);
    program
        .run(&[
            "incident",
            "open",
            "--service",
            "checkout",
            "--reference",
            "INC-1",
        ])
        .await
        .refused(2, "there is an incident `INC-1` already");
    program
        .run(&["incident", "close", "INC-2"])
        .await
        .refused(2, "did you mean INC-1?");
    program
        .run(&["incident", "close", "INC-1", "--closed-at", "2024-06-01"])
        .await
        .refused(2, "cannot be over before");
    let closed = program
        .run(&[
            "incident",
            "close",
            "INC-1",
            "--closed-at",
            "2024-06-01T11:30:00Z",
            "--json",
        ])
        .await
        .json();
    assert_eq!(closed["time_to_restore"], 1_800);
    let listed = program
        .run(&["deployment", "list", "--service", "checkout", "--json"])
        .await
        .json();
    assert_eq!(listed[0]["failed"], true);
    assert_eq!(listed[0]["time_to_restore"], 1_800);
    for command in [
        vec!["deployment", "list", "--service", "checkout"],
        vec!["incident", "list"],
    ] {
        let shown = program.run(&command).await;
        shown.succeeded();
        assert!(shown.stdout.contains("checkout"), "{shown:?}");
    }
    let log = program.run(&["audit", "--json"]).await.json();
    let actions: Vec<&str> = log
        .as_array()
        .unwrap()
        .iter()
        .take(4)
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        [
            "incident.close",
            "incident.open",
            "deployment.record",
            "deployment.record"
        ]
    );
}
