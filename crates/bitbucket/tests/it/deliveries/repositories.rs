//! Deliveries about repositories: pushes, builds, and what befalls them.

use bitbucket::webhook::{self, Due, EventKey, RefChange, RefKind, Renamed};
use model::{Field, Id};
use serde_json::{Value, json};

use super::{
    EARLIER, SHA, ada, arrived, at, bob, counts, delivery, read, uuid, website, who, with,
};

fn commit(sha: &str) -> Value {
    json!({
        "type": "commit", "hash": sha, "date": "2024-05-06T11:00:00+02:00",
        "message": "Start faster\n\nBecause.", "parents": [{"hash": EARLIER}],
        "author": {"raw": "Bob <bob@example.org>", "user": bob()}, "committer": {},
    })
}

fn reference(kind: &str, name: &str, sha: &str) -> Value {
    json!({"type": kind, "name": name, "target": commit(sha)})
}

#[test]
fn a_push_tells_commits_and_what_became_of_branches_and_tags() {
    let body = with(json!({"push": {"changes": [
        {
            "old": reference("branch", "main", EARLIER), "new": reference("branch", "main", SHA),
            "forced": true, "truncated": true, "commits": [commit(SHA), commit(EARLIER)],
        },
        {"old": null, "new": reference("branch", "made", EARLIER), "commits": []},
        {"old": reference("branch", "gone", SHA), "new": null, "closed": true},
        {"old": null, "new": reference("annotated_tag", "v1", SHA)},
    ]}}));
    let told = read(EventKey::Push, &body);
    let change = |kind, name: &str, old: Option<&str>, new: Option<&str>, odd| RefChange {
        kind,
        name: name.to_owned(),
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
        forced: odd,
        truncated: odd,
    };
    assert_eq!(
        told.pushes,
        [
            change(RefKind::Branch, "main", Some(EARLIER), Some(SHA), true),
            change(RefKind::Branch, "made", None, Some(EARLIER), false),
            change(RefKind::Branch, "gone", Some(SHA), None, false),
            change(RefKind::Tag, "v1", None, Some(SHA), false),
        ]
    );
    let commits = |branch: &str| Due::Commits {
        repository: website(),
        branch: branch.to_owned(),
    };
    assert_eq!(told.due, [commits("made"), commits("main")]);
    let shas: Vec<_> = told.batch.commits.iter().map(|row| row.id).collect();
    let id = |sha| Id::commit(&website(), sha);
    assert_eq!(shas, [id(SHA), id(EARLIER), id(EARLIER)]);
    let row = &told.batch.commits[0];
    assert_eq!(row.user_id, Field::Value(who("{cc-2}")));
    assert_eq!(row.author_email, Field::Value("bob@example.org".to_owned()));
    assert_eq!(row.message, Field::Value("Start faster".to_owned()));
    assert_eq!(row.committed_at, Field::Value(at("09:00:00")));
    assert_eq!(row.parent_count, Field::Value(1));
    // Whether a branch is the default one is not told.
    assert!(row.default_branch.is_absent());
}

#[test]
fn a_part_of_a_push_that_cannot_be_read_is_set_aside() {
    let mut odd = commit(SHA);
    odd["date"] = json!("SECRET");
    let body = with(json!({"push": {"changes": [
        {"old": null, "new": null},
        "SECRET",
        {"old": null, "new": reference("branch", "short", "0123456789ab")},
        {"old": null, "new": reference("branch", "main", SHA), "commits": [odd, commit("SECRET")]},
    ]}}));
    let delivery = delivery(EventKey::Push, &body);
    let told = webhook::read(&delivery, arrived(), false).unwrap();
    let rejects: Vec<_> = told
        .batch
        .rejects
        .iter()
        .map(|row| {
            let text = |field: &Field<String>| field.as_value().unwrap().clone();
            assert_eq!(text(&row.stream), "webhooks");
            assert_eq!(row.repository_id, Field::Value(Id::repository(&website())));
            (
                text(&row.natural_key),
                text(&row.json_path),
                text(&row.reason),
            )
        })
        .collect();
    let expected = [
        ("repo:push change 1", "push.changes[0].new", "it is missing"),
        (
            "repo:push change 2",
            "push.changes[1]",
            "expected an object, found a text",
        ),
        (
            "repo:push change 3",
            "push.changes[2].new.target.hash",
            "expected a hash of 40 characters",
        ),
        (
            &format!("repo:push commit {SHA}"),
            "push.changes[3].commits[0].date",
            "expected a date such as 2024-05-06T07:08:09.123456+00:00",
        ),
        (
            "repo:push commit",
            "push.changes[3].commits[1].hash",
            "expected a hash of 40 characters",
        ),
    ]
    .map(|(key, path, reason)| (key.to_owned(), path.to_owned(), reason.to_owned()));
    assert_eq!(rejects, expected);
    assert_eq!(told.pushes.len(), 1);
}

#[test]
fn a_build_of_a_pipeline_leads_to_its_run_and_another_to_nothing() {
    let status = |url: Value| {
        with(json!({"commit_status": {"type": "build", "state": "INPROGRESS", "url": url}}))
    };
    for event in [EventKey::CommitStatusCreated, EventKey::CommitStatusUpdated] {
        let run = json!("https://bitbucket.org/acme/website/pipelines/results/17");
        let told = read(event.clone(), &status(run));
        assert_eq!(
            told.due,
            [Due::Pipeline {
                repository: website(),
                build_number: 17
            }]
        );
        assert_eq!(counts(&told.batch), [0; 5]);
        for url in [json!("https://ci.example.org/job/17"), Value::Null] {
            assert_eq!(read(event.clone(), &status(url)).due, []);
        }
    }
}

#[test]
fn a_repository_that_changed_is_asked_about() {
    for event in [
        EventKey::RepositoryCreated,
        EventKey::RepositoryImported,
        EventKey::RepositoryUpdated,
        EventKey::RepositoryTransferred,
        EventKey::RepositoryDeleted,
    ] {
        let told = read(event.clone(), &with(json!({})));
        assert_eq!(told.due, [Due::Repository { uuid: website() }]);
        // What is gone is not seen.
        let rows = usize::from(event != EventKey::RepositoryDeleted);
        assert_eq!(told.batch.repositories.len(), rows);
        assert_eq!(told.repository.unwrap().full_name, "acme/website");
        assert_eq!(told.renamed, None);
    }
}

#[test]
fn a_renamed_repository_has_its_new_name() {
    let names = json!({"old": "acme/website", "new": "acme/pages"});
    let body =
        with(json!({"changes": {"full_name": names, "name": {"old": "Website", "new": "Pages"}}}));
    let told = read(EventKey::RepositoryUpdated, &body);
    let row = &told.batch.repositories[0];
    assert_eq!(row.id, Id::repository(&website()));
    assert_eq!(row.full_name, Field::Value("acme/pages".to_owned()));
    assert_eq!(row.slug, Field::Value("pages".to_owned()));
    let renamed = Renamed {
        old: Some("acme/website".to_owned()),
        new: "acme/pages".to_owned(),
    };
    assert_eq!(told.renamed, Some(renamed));
    assert_eq!(told.repository.unwrap().full_name, "acme/pages");
    for odd in [
        json!("Pages"),
        json!([]),
        json!({"full_name": {"new": 7}}),
        json!({"full_name": {"new": "pages"}}),
    ] {
        let told = read(EventKey::RepositoryUpdated, &with(json!({"changes": odd})));
        assert_eq!((told.renamed, told.due.len()), (None, 1));
    }
}

#[test]
fn a_fork_is_asked_about_where_it_is_in_the_same_workspace() {
    let fork = |name: &str| with(json!({"fork": {"uuid": "{aa-2}", "full_name": name}}));
    let told = read(EventKey::RepositoryForked, &fork("acme/copy"));
    assert_eq!(
        told.due,
        [Due::Repository {
            uuid: uuid("{aa-2}")
        }]
    );
    assert_eq!(
        read(EventKey::RepositoryForked, &fork("ada/website")).due,
        []
    );
    assert_eq!(read(EventKey::RepositoryForked, &with(json!({}))).due, []);
}

#[test]
fn a_project_is_read() {
    let workspace = json!({"uuid": "{ee-1}", "slug": "acme"});
    let body = json!({"actor": ada(), "project": {"uuid": "{bb-1}", "key": "WEB", "name": "Pages", "workspace": workspace}});
    let told = read(EventKey::ProjectUpdated, &body);
    let row = &told.batch.projects[0];
    assert_eq!(row.id, Id::project(&uuid("{bb-1}")));
    assert_eq!(row.name, Field::Value("Pages".to_owned()));
    assert_eq!(
        row.workspace_id,
        Field::Value(Id::workspace(&uuid("{ee-1}")))
    );
    assert_eq!(told.workspace.unwrap().slug, "acme");
    assert_eq!(told.repository, None);
    // Without a workspace it leaves the stored one alone.
    let told = read(
        EventKey::ProjectUpdated,
        &json!({"project": {"uuid": "{bb-1}"}}),
    );
    assert!(told.batch.projects[0].workspace_id.is_absent());
}
