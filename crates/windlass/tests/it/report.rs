use crate::program::{Program, Ran, emulator};

/// A program with a database that holds an imported workspace.
async fn imported() -> Program {
    let (program, emulator) = (Program::new(), emulator().await);
    let ran = program.import(&emulator, &[]).output().await.unwrap();
    Ran::of(ran).succeeded();
    program
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_written_in_three_formats() {
    let program = imported().await;
    let json = program
        .run(&[
            "report",
            "pull-requests",
            "--all-time",
            "--bots",
            "include",
            "--format",
            "json",
        ])
        .await
        .json();
    let merged = json["total"]
        .as_array()
        .unwrap()
        .iter()
        .find(|figure| figure["measure"] == "merged")
        .unwrap();
    let sql = "SELECT COUNT(*) AS n FROM pull_requests WHERE merged IS NOT NULL";
    let stored = program
        .run(&["query", sql, "--format", "json"])
        .await
        .json();
    assert_eq!(merged["rows"], stored[0]["n"], "{json}");
    assert!(merged["rows"].as_i64().unwrap() > 0);
    assert!(json["freshness"]["complete_to"].is_string(), "{json}");

    let csv = program
        .run(&["report", "reviews", "--all-time", "--format", "csv"])
        .await;
    csv.succeeded();
    let mut lines = csv.stdout.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("report,from,to,group_id,group,measure,unit,rows,value,median,")
    );
    assert!(
        lines.any(|line| line.contains(",review_turnaround,s,")),
        "{csv:?}"
    );

    let table = program
        .run(&["report", "people", "--all-time", "--granularity", "month"])
        .await;
    table.succeeded();
    for part in ["value or median", "Everything up to", "no ranking"] {
        assert!(table.stdout.contains(part), "{part}: {}", table.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_explains_every_measure_and_needs_no_database() {
    let program = Program::new();
    let list = program.run(&["report", "--list"]).await;
    list.succeeded();
    for measure in analysis::measures() {
        assert!(list.stdout.contains(measure.name), "{}", measure.name);
    }
    let one = program
        .run(&["report", "dora", "--list", "--format", "json"])
        .await
        .json();
    assert_eq!(one.as_array().unwrap().len(), 1);
    assert_eq!(one[0]["measures"][0]["name"], "deployment_frequency");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_meant_is_said_in_one_line() {
    let program = imported().await;
    for (arguments, part) in [
        (&["report"][..], "required"),
        (&["report", "pull-request"], "did you mean pull-requests?"),
        (
            &["report", "reviews", "--from", "1.2.2027"],
            "write it as 2027-01-31",
        ),
        (
            &[
                "report",
                "reviews",
                "--from",
                "2027-02-01",
                "--to",
                "2027-01-01",
            ],
            "swap them",
        ),
        (
            &["report", "reviews", "--all-time", "--from", "2027-02-01"],
            "cannot be used with",
        ),
        (
            &["report", "dora", "--group-by", "reviewer"],
            "it can be by repository",
        ),
        (
            &["report", "reviews", "--repository", "nowhere-at-all"],
            "there is no repository",
        ),
        (
            &["report", "pipelines", "--measure", "cycle_time"],
            "There are runs, success_rate",
        ),
    ] {
        let ran = program.run(arguments).await;
        assert_eq!(ran.code, Some(2), "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(part), "{arguments:?}: {ran:?}");
    }
}
