//! Commits, steps, environments and deployments. People and repositories are invented; the shapes
//! are Bitbucket's.

use bitbucket::{ClientError, Cursor, Listing, Page};
use model::rows::{CommitRow, DeploymentRow, EnvironmentRow, PipelineStepRow, PullCommitRow};
use model::{Field, Id, Instant};
use serde_json::{Value, json};

use crate::server::*;

const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

fn at(text: &str) -> Field<Instant> {
    Field::Value(text.parse().unwrap())
}

fn text(words: &str) -> Field<String> {
    Field::Value(words.to_owned())
}

fn whole(page: Page) -> Page {
    assert_eq!(page.batch.rejects, []);
    page
}

async fn commit(members: Value) -> CommitRow {
    let mut value = json!({ "hash": SHA });
    for (name, told) in members.as_object().unwrap() {
        value[name] = told.clone();
    }
    let page = whole(read(&commits(), &[value]).await);
    page.batch.commits.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_commit_in_full() {
    let value = json!({
        "type": "commit", "hash": SHA, "date": "2026-03-01T10:00:00+02:00",
        "author": { "type": "author", "raw": "Ada B. <ada@example.org>",
            "user": { "uuid": "{CC-1}", "type": "user", "display_name": "Ada" } },
        "committer": {}, "message": "Start faster\n\nBecause of people.\n",
        "summary": { "raw": "Start faster" },
        "parents": [{ "hash": "aa", "type": "commit" }, { "hash": "bb" }],
        "links": { "html": { "href": "https://bitbucket.org/acme/website/commits/0123" },
            "patch": { "href": "https://api.bitbucket.org/2.0/repositories/acme/website/patch/01" } },
    });
    let page = whole(read(&commits(), std::slice::from_ref(&value)).await);
    let mut expected = CommitRow::new(Id::commit(&website().uuid, SHA), start());
    expected.repository_id = Field::Value(website().id());
    expected.sha = text(SHA);
    expected.sha12 = text("0123456789ab");
    expected.user_id = Field::Value(Id::user(&uuid("{cc-1}")));
    expected.author_name = text("Ada B.");
    expected.author_email = text("ada@example.org");
    expected.committed_at = at("2026-03-01T08:00:00Z");
    expected.message = text("Start faster");
    expected.parent_count = Field::Value(2);
    expected.default_branch = Field::Value(true);
    expected.source_url = text("https://bitbucket.org/acme/website/commits/0123");
    assert_eq!(page.batch.commits, [expected.clone()]);
    assert_eq!(page.batch.users.len(), 1);
    assert!(page.batch.pull_commits.is_empty());

    // The same in a pull request.
    let page = whole(read(&pull_commits(), std::slice::from_ref(&value)).await);
    expected.default_branch = Field::Absent;
    assert_eq!(page.batch.commits, [expected]);
    let pull_id = Id::pull(&website().uuid, 7);
    let commit_id = Id::commit(&website().uuid, SHA);
    let mut place = PullCommitRow::new(Id::pull_commit(pull_id, commit_id), start());
    place.pull_id = Field::Value(pull_id);
    place.commit_id = Field::Value(commit_id);
    place.sha = text(SHA);
    place.source_updated_at = at("2026-03-01T11:00:00Z");
    assert_eq!(page.batch.pull_commits, [place]);

    // The whole message only where texts are stored.
    let page = whole(read_with(&commits(), &[value], true).await);
    assert_eq!(
        page.batch.commits[0].message,
        text("Start faster\n\nBecause of people.\n")
    );
}

#[tokio::test]
async fn who_made_a_commit_may_be_nobody_that_bitbucket_knows() {
    for (author, name, email) in [
        (
            json!({ "raw": "Ada <ada@example.org>" }),
            text("Ada"),
            text("ada@example.org"),
        ),
        (
            json!({ "raw": "Ada <ada@example.org>", "user": null }),
            text("Ada"),
            text("ada@example.org"),
        ),
        (
            json!({ "raw": "Ada", "user": { "account_id": "557058:x" } }),
            text("Ada"),
            Field::Null,
        ),
        (json!({ "raw": "" }), Field::Null, Field::Null),
        (json!({ "raw": null }), Field::Null, Field::Null),
        (json!({}), Field::Absent, Field::Absent),
        (json!(null), Field::Null, Field::Null),
    ] {
        let row = commit(json!({ "author": author })).await;
        assert_eq!(
            (row.author_name, row.author_email),
            (name, email),
            "{author}"
        );
        assert_eq!(row.user_id, Field::Null, "{author}");
    }
    let bare = commit(json!({})).await;
    assert_eq!(
        (bare.user_id, bare.author_name),
        (Field::Absent, Field::Absent)
    );
    assert_eq!(
        (bare.message, bare.parent_count),
        (Field::Absent, Field::Absent)
    );
    let first = commit(json!({ "parents": [], "message": "", "date": null })).await;
    assert_eq!(
        (first.message, first.parent_count),
        (Field::Null, Field::Value(0))
    );
    assert_eq!(first.committed_at, Field::Null);
}

#[tokio::test]
async fn commits_are_asked_for_by_branch_and_followed_by_token() {
    let server = Server::answering(|number, asked| {
        let host = asked.headers["host"].to_str().unwrap();
        let next = |path: &str| {
            let next = format!("http://{host}/2.0/repositories/acme/website/{path}");
            Answer::json(&json!({ "pagelen": 100, "values": [{ "hash": SHA }], "next": next }))
        };
        match number {
            0 => next("commits/feature/a%20b?ctx=79edd3&page=2"),
            1 => next("commits?ctx=79edd3&page=3"),
            _ => Answer::json(&json!({ "pagelen": 100, "values": [] })),
        }
    })
    .await;
    let client = server.client();
    let listing = Listing::Commits {
        repository: website(),
        revision: "feature/a b".to_owned(),
        exclude: None,
    };
    let first = client.page(&listing, None).await.unwrap();
    assert_eq!(first.size, None);
    let second = client.page(&listing, first.next.as_ref()).await.unwrap();
    let third = client.page(&listing, second.next.as_ref()).await.unwrap();
    assert_eq!(third.next, None);
    let asked = server.asked();
    assert!(
        asked[0].target.starts_with(
            "/2.0/repositories/acme/website/commits/feature/a%20b?pagelen=100&fields="
        )
    );
    // Neither order nor filter: both are ignored.
    assert!(asked[0].parameters("sort").is_empty() && asked[0].parameters("q").is_empty());
    assert_eq!(
        asked[2].target,
        "/2.0/repositories/acme/website/commits?ctx=79edd3&page=3"
    );
    let listing_of_the_new = Listing::Commits {
        repository: website(),
        revision: "feature/a b".to_owned(),
        exclude: Some(SHA.to_owned()),
    };
    client.page(&listing_of_the_new, None).await.unwrap();
    let asked = server.asked();
    assert!(asked[0].parameters("exclude").is_empty());
    assert_eq!(asked[3].parameters("exclude"), [SHA]);
    for (cursor, revision) in [
        (
            "/repositories/acme/website/commits/main?ctx=1",
            "feature/a b",
        ),
        (
            "/repositories/acme/website/commit/0123456789ab",
            "feature/a b",
        ),
    ] {
        let listing = Listing::Commits {
            repository: website(),
            revision: revision.to_owned(),
            exclude: None,
        };
        let cursor = Cursor::from(cursor.to_owned());
        let error = client.page(&listing, Some(&cursor)).await.unwrap_err();
        assert!(matches!(error, ClientError::ForeignNext { .. }), "{error}");
    }
    for revision in ["", "..", "a/../../src/x", "a//b"] {
        let listing = Listing::Commits {
            repository: website(),
            revision: revision.to_owned(),
            exclude: None,
        };
        let error = client.page(&listing, None).await.unwrap_err();
        assert!(matches!(error, ClientError::NotAllowed { .. }), "{error}");
    }
    assert_eq!(server.asked().len(), 4);
}

#[tokio::test]
async fn commits_of_a_pull_request_page_by_token_without_a_size() {
    let server = Server::answering(|number, asked| {
        let host = asked.headers["host"].to_str().unwrap();
        let path = "/2.0/repositories/acme/website/pullrequests/7/commits";
        match number {
            0 => Answer::json(&json!({ "pagelen": 100, "values": [{ "hash": SHA }],
                "next": format!("http://{host}{path}?page=8xhd") })),
            _ => Answer::json(&json!({ "pagelen": 100, "values": [] })),
        }
    })
    .await;
    let client = server.client();
    let first = client.page(&pull_commits(), None).await.unwrap();
    let next = first.next.unwrap();
    assert!(next.as_str().ends_with("commits?page=8xhd"), "{next}");
    let last = client.page(&pull_commits(), Some(&next)).await.unwrap();
    assert_eq!((last.next, last.size), (None, None));
    assert_eq!(server.asked()[0].parameters("pagelen"), ["100"]);
}

#[tokio::test]
async fn steps_of_every_kind() {
    let values = [
        json!({ "type": "pipeline_step", "uuid": "{FF-1}", "name": "Test", "run_number": 2,
            "pipeline": { "type": "pipeline", "uuid": "{DD-1}" }, "maxTime": 120,
            "image": { "name": "gcc" }, "started_on": "2026-03-01T10:00:00.12345Z",
            "completed_on": "2026-03-01T10:00:14.123456789Z", "duration_in_seconds": 14.0,
            "build_seconds_used": 15, "trigger": { "type": "pipeline_step_trigger_automatic" },
            "state": { "name": "COMPLETED", "result": { "name": "FAILED" } } }),
        json!({ "uuid": "{ff-2}", "state": { "name": "PENDING" }, "maxTime": null }),
        json!({ "uuid": "{ff-3}", "name": null, "state": null, "pipeline": {}, "trigger": null }),
    ];
    let page = whole(read(&steps(), &values).await);
    let [done, waiting, bare] = &page.batch.steps[..] else {
        panic!("{page:?}");
    };
    let mut expected = PipelineStepRow::new(Id::pipeline_step(&uuid("{ff-1}")), start());
    expected.source_id = text("{ff-1}");
    expected.pipeline_id = Field::Value(Id::pipeline(&uuid("{dd-1}")));
    expected.name = text("Test");
    expected.run_number = Field::Value(2);
    expected.state = text("COMPLETED");
    expected.result = text("FAILED");
    expected.started_at = at("2026-03-01T10:00:00.12345Z");
    expected.completed_at = at("2026-03-01T10:00:14.123456Z");
    expected.duration = Field::Value(14);
    expected.build_seconds_used = Field::Value(15);
    expected.max_time = Field::Value(120);
    expected.trigger_type = text("pipeline_step_trigger_automatic");
    assert_eq!(*done, expected);
    // A step that runs again has neither result nor dates.
    assert_eq!(
        (&waiting.state, &waiting.result),
        (&text("PENDING"), &Field::Null)
    );
    assert_eq!(
        (waiting.started_at, waiting.completed_at),
        (Field::Null, Field::Null)
    );
    assert_eq!(
        (waiting.duration, waiting.max_time),
        (Field::Null, Field::Null)
    );
    // It belongs to the run that was asked for.
    assert_eq!(
        bare.pipeline_id,
        Field::Value(Id::pipeline(&uuid("{dd-1}")))
    );
    assert_eq!((&bare.state, &bare.name), (&Field::Absent, &Field::Null));
}

#[tokio::test]
async fn nothing_of_a_command_reaches_a_row_or_an_error() {
    const COMMAND: &str = "deploy --password hunter2";
    let commands = json!([{ "commandType": "user", "command": COMMAND, "name": COMMAND }]);
    let step = |members: Value| {
        let mut step = json!({ "uuid": "{ff-1}", "image": { "name": COMMAND, "password": COMMAND },
            "setup_commands": commands, "script_commands": commands, "teardown_commands": commands });
        for (name, told) in members.as_object().unwrap() {
            step[name] = told.clone();
        }
        step
    };
    let values = [
        step(json!({ "name": "Test" })),
        // Even where it stands in the place of something else.
        step(json!({ "name": { "command": COMMAND } })),
        step(json!({ "uuid": null })),
        step(json!({ "started_on": COMMAND })),
        step(json!({ "maxTime": COMMAND })),
        step(json!({ "state": COMMAND })),
        json!([COMMAND]),
        json!(COMMAND),
    ];
    for store_text in [false, true] {
        let page = read_with(&steps(), &values, store_text).await;
        assert_eq!(page.values, values.len());
        assert!(!page.batch.rejects.is_empty());
        let shown = format!("{page:?}").to_lowercase();
        for word in ["hunter2", "password", "deploy --"] {
            assert!(!shown.contains(word), "{word}: {shown}");
        }
    }
    let server = Server::saying(vec![Answer::page(&values)]).await;
    server.client().page(&steps(), None).await.unwrap();
    let asked = &server.asked()[0];
    assert!(
        asked
            .target
            .starts_with("/2.0/repositories/acme/website/pipelines/%7Bdd-1%7D/steps/?pagelen=100&")
    );
    let fields = asked.parameters("fields").concat();
    assert!(
        !fields.contains("command") && !fields.contains('*'),
        "{fields}"
    );
    assert!(fields.contains("values.maxTime"), "{fields}");

    // Nor where it is no page at all.
    let server = Server::saying(vec![Answer::json(
        &json!({ "values": COMMAND, "script_commands": commands }),
    )])
    .await;
    let error = server.client().page(&steps(), None).await.unwrap_err();
    assert!(!error.to_string().contains("hunter2"), "{error}");
}

#[tokio::test]
async fn short_listings_cost_one_request() {
    for (listing, path) in [
        (steps(), "pipelines/%7Bdd-1%7D/steps/"),
        (environments(), "environments/"),
        (deployments(), "deployments/"),
    ] {
        let one = json!({ "uuid": "{ff-1}" });
        for page in [
            json!({ "page": 1, "pagelen": 100, "size": 1, "values": [one] }),
            json!({ "page": 1, "pagelen": 100, "values": [one] }),
            json!({ "page": 1, "pagelen": 100, "next": "", "values": [one] }),
            json!({ "pagelen": 100, "values": [] }),
            json!({}),
        ] {
            let server = Server::saying(vec![Answer::json(&page)]).await;
            let read = server.client().page(&listing, None).await.unwrap();
            assert_eq!(read.next, None, "{page}");
            let target = server.asked()[0].target.clone();
            assert!(
                target.starts_with(&format!("/2.0/repositories/acme/website/{path}?")),
                "{target}"
            );
            assert!(server.asked()[0].parameters("sort").is_empty());
            assert!(server.asked()[0].parameters("q").is_empty());
        }
        for page in [
            json!({ "page": 1, "pagelen": 1, "size": 2, "values": [one] }),
            json!({ "page": 1, "pagelen": 1, "values": [one] }),
            json!({ "pagelen": 100, "values": [one], "next": "https://elsewhere.example/?page=2" }),
            json!({ "values": [one] }),
        ] {
            let server = Server::saying(vec![Answer::json(&page), Answer::json(&json!({}))]).await;
            let client = server.client();
            let read = client.page(&listing, None).await.unwrap();
            let next = read.next.unwrap();
            assert_eq!(next.as_str(), "2", "{page}");
            let last = client.page(&listing, Some(&next)).await.unwrap();
            assert_eq!(last.next, None);
            // The fields are asked for again: Bitbucket's own `next` would have lost them.
            let fields = |n: usize| server.asked()[n].parameters("fields");
            assert_eq!(fields(0), fields(1));
            assert_eq!(server.asked()[1].parameters("page"), ["2"]);
        }
    }
}

#[tokio::test]
async fn environments_of_every_kind() {
    let values = [
        json!({ "type": "deployment_environment", "uuid": "{AB-1}", "name": "Live", "slug": "live",
            "rank": 0, "hidden": false, "environment_type": { "name": "Production", "rank": 2 },
            "lock": { "name": "OPEN" }, "restrictions": { "admin_only": false }, "category": {} }),
        json!({ "uuid": "{ab-2}", "name": "Try", "environment_type": null, "rank": 3 }),
        json!({ "uuid": "{ab-3}" }),
    ];
    let page = whole(read(&environments(), &values).await);
    let mut expected = EnvironmentRow::new(Id::environment(&uuid("{ab-1}")), start());
    expected.source_id = text("{ab-1}");
    expected.repository_id = Field::Value(website().id());
    expected.name = text("Live");
    expected.slug = text("live");
    expected.environment_type = text("Production");
    expected.rank = Field::Value(2);
    expected.hidden = Field::Value(false);
    let rows = &page.batch.environments;
    assert_eq!(rows[0], expected);
    assert_eq!(
        (&rows[1].environment_type, rows[1].rank),
        (&Field::Absent, Field::Value(3))
    );
    assert_eq!(
        (&rows[2].name, rows[2].hidden),
        (&Field::Absent, Field::Absent)
    );
}

#[tokio::test]
async fn deployments_in_both_spellings() {
    let recorded = json!({ "type": "deployment", "uuid": "{DE-1}", "step": { "uuid": "{ff-1}" },
        "environment": { "uuid": "{ab-1}", "name": "Live" },
        "release": { "pipeline": { "uuid": "{dd-1}", "type": "pipeline" }, "name": "#186",
            "url": "https://bitbucket.org/acme/website/addon/pipelines/home#!/results/186",
            "commit": { "hash": SHA }, "created_on": "2026-03-01T09:00:00.522007Z" },
        "state": { "name": "COMPLETED", "url": "https://bitbucket.org/acme/website/x",
            "started_on": "2026-03-01T10:00:00.20339Z", "completed_on": "2026-03-01T10:00:05Z",
            "status": { "name": "SUCCESSFUL" } },
        "last_update_time": "2026-03-01T10:00:06.1Z" });
    let documented = json!({ "uuid": "{de-2}", "environment": { "uuid": "{ab-1}" },
        "state": { "name": "COMPLETED", "start_date": "2026-03-01T10:00:00Z",
            "completion_date": "2026-03-01T10:00:05Z", "deployer": { "uuid": "{cc-1}", "type": "user" },
            "status": { "name": "FAILED" } },
        "release": { "url": "https://bitbucket.org/acme/website/r" } });
    let waiting = json!({ "uuid": "{de-3}", "environment": { "name": "Live" }, "step": null,
        "deployer": { "uuid": "{cc-2}" }, "release": { "pipeline": null, "commit": null, "url": "ftp://x" },
        "state": { "name": "UNDEPLOYED", "url": "javascript:x", "trigger_url": "https://x" } });
    let bare = json!({ "uuid": "{de-4}", "environment": null, "release": null, "state": null });
    let page = whole(read(&deployments(), &[recorded, documented, waiting, bare]).await);
    let [recorded, documented, waiting, bare] = &page.batch.deployments[..] else {
        panic!("{page:?}");
    };
    let mut expected = DeploymentRow::new(Id::deployment(&uuid("{de-1}")), start());
    expected.source_id = text("{de-1}");
    expected.repository_id = Field::Value(website().id());
    expected.environment_id = Field::Value(Id::environment(&uuid("{ab-1}")));
    expected.environment_name = text("Live");
    expected.pipeline_id = Field::Value(Id::pipeline(&uuid("{dd-1}")));
    expected.step_id = Field::Value(Id::pipeline_step(&uuid("{ff-1}")));
    expected.user_id = Field::Null;
    expected.state = text("COMPLETED");
    expected.result = text("SUCCESSFUL");
    expected.release_name = text("#186");
    expected.commit_sha = text(SHA);
    expected.created_at = at("2026-03-01T09:00:00.522007Z");
    expected.started_at = at("2026-03-01T10:00:00.20339Z");
    expected.completed_at = at("2026-03-01T10:00:05Z");
    expected.updated_at = at("2026-03-01T10:00:06.1Z");
    expected.source_updated_at = expected.updated_at;
    expected.source_url = text("https://bitbucket.org/acme/website/x");
    assert_eq!(*recorded, expected);

    assert_eq!(documented.started_at, at("2026-03-01T10:00:00Z"));
    assert_eq!(documented.completed_at, at("2026-03-01T10:00:05Z"));
    assert_eq!(documented.source_updated_at, at("2026-03-01T10:00:05Z"));
    assert_eq!(documented.user_id, Field::Value(Id::user(&uuid("{cc-1}"))));
    assert_eq!(documented.environment_name, Field::Absent);
    assert_eq!(
        documented.source_url,
        text("https://bitbucket.org/acme/website/r")
    );
    assert_eq!(documented.result, text("FAILED"));

    assert_eq!(waiting.user_id, Field::Value(Id::user(&uuid("{cc-2}"))));
    assert_eq!(
        (waiting.environment_id, &waiting.environment_name),
        (Field::Absent, &text("Live"))
    );
    assert_eq!(
        (waiting.started_at, waiting.completed_at),
        (Field::Null, Field::Null)
    );
    assert_eq!(
        (waiting.pipeline_id, waiting.step_id),
        (Field::Null, Field::Null)
    );
    assert_eq!(
        (&waiting.result, &waiting.commit_sha),
        (&Field::Null, &Field::Null)
    );
    assert_eq!(waiting.source_url, Field::Absent);
    assert_eq!(bare.state, Field::Absent);
    assert_eq!(bare.source_updated_at, Field::Value(start()));
    assert_eq!(page.batch.users.len(), 2);
}
