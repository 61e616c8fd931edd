//! Which repositories are imported.

use serde_json::Value;

use crate::program::{Program, emulator};

const NAME: &str = "acme-rockets";

fn names(preview: &Value, side: &str) -> Vec<String> {
    preview[side]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["repository"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_shows_what_it_does_before_and_after_it_does_it() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    let empty = program.run(&["filter", "set", NAME, "denylist"]).await;
    empty.succeeded();
    assert!(
        empty.stdout.contains("No repository is known yet"),
        "{empty:?}"
    );
    program
        .run(&["filter", "set", NAME, "allow_all"])
        .await
        .succeeded();
    program.run(&["import", NAME]).await.succeeded();

    let all = names(
        &program
            .run(&["filter", "show", NAME, "--json"])
            .await
            .json(),
        "included",
    );
    assert_eq!(all.len(), 4);
    let slug = all[0].split('/').next_back().unwrap();
    let uuid = emulator.world().repository(slug).unwrap().uuid.clone();

    let dry = program
        .run(&["filter", "set", NAME, "allowlist", "--dry-run", "--json"])
        .await;
    assert_eq!(names(&dry.json(), "excluded"), all);
    let shown = program
        .run(&["filter", "show", NAME, "--json"])
        .await
        .json();
    assert_eq!(shown["mode"], "allow_all", "nothing was changed");

    program
        .run(&["filter", "set", NAME, "denylist"])
        .await
        .succeeded();
    for pattern in [
        slug,
        &all[0],
        &uuid,
        &format!("{}*", &slug[..slug.len() - 1]),
    ] {
        let added = program
            .run(&["filter", "add", NAME, "--repository", pattern, "--json"])
            .await;
        added.succeeded();
        assert_eq!(
            names(&added.json(), "excluded"),
            [all[0].clone()],
            "{pattern}"
        );
        program
            .run(&["filter", "remove", NAME, "--repository", pattern])
            .await
            .succeeded();
    }
    let misspelt = program
        .run(&[
            "filter",
            "add",
            NAME,
            "--repository",
            "nothing-of-the-kind",
            "--project",
            "*",
        ])
        .await;
    misspelt.succeeded();
    assert!(
        misspelt
            .stdout
            .contains("repository nothing-of-the-kind  (fits nothing"),
        "{misspelt:?}"
    );
    assert!(
        !misspelt.stdout.contains("project *  (fits nothing"),
        "{misspelt:?}"
    );
    program
        .run(&[
            "filter",
            "remove",
            NAME,
            "--repository",
            "nothing-of-a-kind",
        ])
        .await
        .refused(2, "did you mean nothing-of-the-kind?");
    let log = program.run(&["audit", "--json"]).await.json();
    assert_eq!(log[0]["action"], "filter.add");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_out_costs_no_request() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    let slug = emulator.world().repositories()[0].slug.clone();
    program
        .run(&["filter", "set", NAME, "allowlist"])
        .await
        .succeeded();
    program
        .run(&["filter", "add", NAME, "--repository", &slug])
        .await
        .succeeded();
    emulator.reset_requests();
    program.run(&["import", NAME]).await.succeeded();
    let below: Vec<String> = emulator
        .requests()
        .iter()
        .filter_map(|request| {
            let path = request.path.split("/repositories/acme-rockets/").nth(1)?;
            path.split(['/', '?']).next().map(str::to_owned)
        })
        .filter(|repository| !repository.is_empty())
        .collect();
    assert!(!below.is_empty());
    assert!(
        below.iter().all(|repository| *repository == slug),
        "{below:?}"
    );
}
