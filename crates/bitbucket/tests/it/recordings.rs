//! Answers that Bitbucket really gave, where a copy of them lies beside the checkout or where
//! `WINDLASS_RECORDINGS` says. They are not part of the project.

use std::fs;
use std::path::PathBuf;

use bitbucket::{Client, ClientError, Listing, Page, RepositoryRef};
use model::rows::Batch;
use model::{Field, Id};
use serde_json::Value;

use crate::server::*;

/// The directory of the recordings. Without it a test is left out, loudly, and never where changes
/// are judged.
pub(crate) fn recordings() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let directory = std::env::var_os("WINDLASS_RECORDINGS").map_or(beside, PathBuf::from);
    if directory.is_dir() {
        return Some(directory);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "WINDLASS_RECORDINGS must name the directory of the recordings"
    );
    eprintln!(
        "LEFT OUT: there are no recordings at {}",
        directory.display()
    );
    None
}

/// The recorded values of a file: a page's, a list's, one per line, or one.
fn values(name: &str) -> Option<Vec<Value>> {
    let text = fs::read_to_string(recordings()?.join(name)).unwrap();
    if name.ends_with(".jsonl") {
        let line = |line: &str| serde_json::from_str::<Value>(line).unwrap()["data"].clone();
        return Some(text.lines().map(line).collect());
    }
    Some(match serde_json::from_str(&text).unwrap() {
        Value::Array(values) => values,
        Value::Object(page) if page.contains_key("values") => {
            page["values"].as_array().unwrap().clone()
        }
        Value::Object(shell) if shell.contains_key("data") => vec![shell["data"].clone()],
        Value::Object(shell) if shell.contains_key("body") => vec![shell["body"].clone()],
        one => vec![one],
    })
}

/// Reads a file's values as a page of `listing`; none may be rejected.
async fn batch(listing: &Listing, name: &str) -> Option<(Vec<Value>, Page)> {
    let values = values(name)?;
    let page = read_with(listing, &values, true).await;
    assert_eq!(page.values, values.len(), "{name}");
    let rejects: Vec<_> = page
        .batch
        .rejects
        .iter()
        .map(|row| (&row.natural_key, &row.json_path, &row.reason))
        .collect();
    assert!(rejects.is_empty(), "{name}: {rejects:?}");
    Some((values, page))
}

fn states(batch: &Batch, state: &str) -> usize {
    let is = |told: &Field<String>| told.as_value().is_some_and(|told| told == state);
    batch.pulls.iter().filter(|row| is(&row.state)).count()
}

#[tokio::test]
async fn every_recorded_pull_request_is_read() {
    let Some((values, page)) = batch(&pulls(), "devlake/pull_requests.jsonl").await else {
        return;
    };
    let batch = &page.batch;
    assert_eq!(batch.pulls.len(), 57);
    assert_eq!((states(batch, "OPEN"), states(batch, "MERGED")), (30, 27));
    for (value, row) in values.iter().zip(&batch.pulls) {
        assert_eq!(row.number.value(), value["id"].as_i64());
        assert_eq!(
            row.title.as_value().map(String::as_str),
            value["title"].as_str()
        );
        assert!(row.user_id.value().is_some());
        let merged = value["state"] == "MERGED";
        assert_eq!(row.merged_by_user_id.value().is_some(), merged);
        assert_eq!(row.merge_commit_sha.as_value().is_some(), merged);
        let created = value["created_on"].as_str().unwrap();
        assert_eq!(row.created_at, Field::Value(created.parse().unwrap()));
    }
    for name in [
        "faros/pull_requests.json",
        "gildas/pullrequest.json",
        "gildas/pullrequest-no-dest-repo.json",
        "gildas/pullrequests.json",
        "go-scm/pr.json",
        "go-scm/prs.json",
        "curated/derived_synthetic/pr_author_null.json",
        "curated/derived_synthetic/pr_destination_commit_null.json",
        "curated/derived_synthetic/pr_merged_without_merge_commit_and_closed_by.json",
        "curated/derived_synthetic/pr_source_repository_and_commit_null.json",
        "curated/derived_synthetic/pr_superseded.json",
    ] {
        let (values, page) = super::recordings::batch(&pulls(), name).await.unwrap();
        assert_eq!(page.batch.pulls.len(), values.len(), "{name}");
    }
}

#[tokio::test]
async fn every_recorded_comment_is_read() {
    let Some((_, page)) = batch(&comments(), "devlake/pullrequest_comments.jsonl").await else {
        return;
    };
    assert_eq!(page.batch.comments.len(), 18);
    for name in ["go-scm/prcomment.json", "go-scm/prcomments.json"] {
        let (values, page) = batch(&comments(), name).await.unwrap();
        assert_eq!(page.batch.comments.len(), values.len(), "{name}");
    }
}

#[tokio::test]
async fn every_recorded_pipeline_is_read() {
    let Some((values, page)) = batch(&pipelines(), "devlake/pipelines.jsonl").await else {
        return;
    };
    assert_eq!(page.batch.pipelines.len(), 22);
    for (value, row) in values.iter().zip(&page.batch.pipelines) {
        let sha = &value["target"]["commit"]["hash"];
        assert_eq!(row.commit_sha.as_value().map(String::as_str), sha.as_str());
    }
    for name in [
        "devlake/pipelines_full_2023-01.jsonl",
        "gildas/pipeline.json",
        "gildas/pipeline-pullrequest.json",
    ] {
        let (values, page) = batch(&pipelines(), name).await.unwrap();
        assert_eq!(page.batch.pipelines.len(), values.len(), "{name}");
        let mut rows = page.batch.pipelines.iter();
        assert!(
            rows.all(|row| row.source_url.as_value().is_some()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn every_recorded_step_is_read_without_its_commands() {
    let Some((values, page)) = batch(&steps(), "devlake/pipeline_steps.jsonl").await else {
        return;
    };
    assert_eq!(page.batch.steps.len(), 35);
    for (value, row) in values.iter().zip(&page.batch.steps) {
        let run = value["pipeline"]["uuid"].as_str().unwrap();
        assert_eq!(row.pipeline_id, Field::Value(Id::pipeline(&uuid(run))));
        assert_eq!(row.max_time.value(), value["maxTime"].as_i64());
        let state = value["state"]["name"].as_str();
        assert_eq!(row.state.as_value().map(String::as_str), state);
        let result = value["state"]["result"]["name"].as_str();
        assert_eq!(row.result.as_value().map(String::as_str), result);
        let begun = value["started_on"].as_str().map(|at| at.parse().unwrap());
        assert_eq!(row.started_at.value(), begun);
    }
    let (_, page) = batch(&steps(), "gildas/pipeline-step.json").await.unwrap();
    assert_eq!(page.batch.steps[0].duration, Field::Value(19));
    let shown = format!("{page:?}");
    for word in ["umask", "git ", "go test", "golang"] {
        assert!(!shown.contains(word), "{word}");
    }
}

#[tokio::test]
async fn every_recorded_deployment_is_read() {
    let Some((values, page)) = batch(&deployments(), "devlake/deployments.jsonl").await else {
        return;
    };
    assert_eq!(page.batch.deployments.len(), 27);
    for (value, row) in values.iter().zip(&page.batch.deployments) {
        let words = |field: &Field<String>| field.as_value().cloned();
        let told = |pointer: &str| value.pointer(pointer)?.as_str().map(str::to_owned);
        assert_eq!(words(&row.environment_name), told("/environment/name"));
        assert_eq!(words(&row.commit_sha), told("/release/commit/hash"));
        assert_eq!(words(&row.state), told("/state/name"));
        let run = Id::pipeline(&uuid(&told("/release/pipeline/uuid").unwrap()));
        assert_eq!(row.pipeline_id, Field::Value(run));
        let date = |pointer| told(pointer).map(|at| at.parse().unwrap());
        assert_eq!(row.started_at.value(), date("/state/started_on"));
        assert_eq!(row.completed_at.value(), date("/state/completed_on"));
        // What was never deployed has no date but that of its release.
        let newest = date("/last_update_time").or_else(|| date("/release/created_on"));
        assert_eq!(row.source_updated_at.value(), newest);
        assert!(row.source_url.as_value().is_some());
    }
}

#[tokio::test]
async fn every_recorded_commit_is_read() {
    let name = "devlake/pull_request_commits.jsonl";
    let Some((values, page)) = batch(&pull_commits(), name).await else {
        return;
    };
    assert_eq!(
        (page.batch.commits.len(), page.batch.pull_commits.len()),
        (8, 8)
    );
    for (value, row) in values.iter().zip(&page.batch.commits) {
        assert_eq!(row.sha.as_value().unwrap(), value["hash"].as_str().unwrap());
        let (name, email) = (&row.author_name, &row.author_email);
        let raw = format!(
            "{} <{}>",
            name.as_value().unwrap(),
            email.as_value().unwrap()
        );
        assert_eq!(raw, value["author"]["raw"].as_str().unwrap());
        assert!(row.committed_at.value().is_some());
    }
    for name in [
        "go-scm/commits.json",
        "go-scm/commit.json",
        "gildas/commit.json",
    ] {
        let (values, page) = batch(&commits(), name).await.unwrap();
        assert_eq!(page.batch.commits.len(), values.len(), "{name}");
        assert_eq!(page.batch.users.len(), 1, "{name}");
    }
}

#[tokio::test]
async fn every_recorded_diffstat_is_summed() {
    for (name, files, additions, deletions) in [
        ("go-scm/pr_diffstat.json", 1, 15, 15),
        ("go-scm/diffstat.json", 3, 15, 30),
        ("faros/diff_stat.json", 1, 2, 0),
    ] {
        let Some(values) = values(name) else { return };
        let server = Server::saying(vec![Answer::page(&values)]).await;
        let page = server
            .client()
            .pull_size(&website(), 7, None)
            .await
            .unwrap();
        assert_eq!(page.batch.rejects, [], "{name}");
        let row = &page.batch.pull_sizes[0];
        let told = (row.files, row.additions, row.deletions);
        let expected = (files, additions, deletions);
        let expected = (
            Field::Value(expected.0),
            Field::Value(expected.1),
            Field::Value(expected.2),
        );
        assert_eq!(told, expected, "{name}");
    }
}

#[tokio::test]
async fn every_recorded_activity_entry_is_read() {
    for (name, events, comments) in [
        ("faros/activities.json", 1, 0),
        ("gildas/activity-approval.json", 1, 0),
        ("gildas/activity-update.json", 1, 0),
        ("gildas/activity-comment.json", 0, 1),
        ("gildas/activity-missing.json", 0, 0),
    ] {
        let Some((_, page)) = batch(&activity(), name).await else {
            return;
        };
        assert_eq!(page.batch.events.len(), events, "{name}");
        assert_eq!(page.batch.comments.len(), comments, "{name}");
        assert_eq!(page.entries.len(), events + comments, "{name}");
    }
}

#[tokio::test]
async fn every_recorded_repository_and_member_is_read() {
    for name in [
        "devlake/repositories.jsonl",
        "gildas/repository.json",
        "go-scm/repo.json",
        "go-scm/repos.json",
        "go-scm/repos-2.json",
        "go-scm/repos_filter.json",
        "go-scm/repos_empty.json",
        "curated/http/repository_empty_mainbranch_null_2017.json",
    ] {
        let Some((values, page)) = batch(&Listing::Repositories, name).await else {
            return;
        };
        assert_eq!(page.batch.repositories.len(), values.len(), "{name}");
    }
    let members = "faros/workspace_users/workspace_users.json";
    let (values, page) = batch(&Listing::Members, members).await.unwrap();
    assert_eq!(page.batch.members.len(), values.len());
}

/// Serves recorded requests and answers of 2020 as they were.
#[tokio::test]
async fn a_recorded_workspace_is_walked() {
    let Some(directory) = recordings() else {
        return;
    };
    let text = fs::read_to_string(directory.join("atlassian-python-api/responses.jsonl")).unwrap();
    let exchanges: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let server = Server::answering(move |_, asked| {
        let path = asked
            .target
            .split('?')
            .next()
            .unwrap()
            .trim_end_matches('/');
        let page = asked.parameters("page").pop().unwrap_or_default();
        let found = exchanges.iter().find(|exchange| {
            let asked_for = exchange["request_body"].as_str().unwrap_or("");
            // UUIDs are asked for in lower case.
            let path = path.replace("%7B", "{").replace("%7D", "}");
            exchange["method"] == "GET"
                && exchange["path"]
                    .as_str()
                    .is_some_and(|recorded| recorded.eq_ignore_ascii_case(&path))
                && (page.is_empty()
                    || page == "1" && asked_for.is_empty()
                    || asked_for.ends_with(&format!("page={page}")))
        });
        match found {
            Some(exchange) => Answer::json(&exchange["response"]),
            None => Answer::text(404, "Not Found"),
        }
    })
    .await;
    let mut config = server.config();
    config.workspace = "TestWorkspace1".to_owned();
    let client = server.client_with(config);
    let workspace = client.workspace().await.unwrap().batch.workspaces;
    let listed = client.page(&Listing::Repositories, None).await.unwrap();
    assert_eq!((listed.batch.repositories.len(), listed.size), (2, Some(2)));
    let row = &listed.batch.repositories[0];
    let repository = RepositoryRef {
        uuid: uuid(row.source_id.as_value().unwrap()),
        full_name: row.full_name.clone().value().unwrap(),
        workspace_id: workspace[0].id,
    };
    assert_eq!(row.id, Id::repository(&repository.uuid));
    let whole = |listing| whole(&client, listing);
    let pulls = whole(Listing::PullRequests {
        repository: repository.clone(),
        since: None,
        order: bitbucket::PullOrder::Unsorted,
    })
    .await;
    assert_eq!(pulls.len(), 1);
    assert_eq!(pulls[0].pulls.len(), 2);
    let comments = whole(Listing::PullComments {
        repository: repository.clone(),
        number: 1,
        since: None,
    })
    .await;
    assert_eq!(comments[0].comments.len(), 2);
    // One run of one; its page says so, and the empty object after it is never asked for.
    let runs = whole(Listing::Pipelines {
        repository: repository.clone(),
    })
    .await;
    assert_eq!((runs.len(), runs[0].pipelines.len()), (1, 1));
    let run = uuid(runs[0].pipelines[0].source_id.as_value().unwrap());
    let steps = Listing::PipelineSteps {
        repository: repository.clone(),
        pipeline: run.clone(),
    };
    let page = client.page(&steps, None).await.unwrap();
    assert_eq!((page.batch.steps.len(), page.batch.rejects.len()), (2, 0));
    let one = client.pipeline(&repository, &run).await.unwrap();
    assert_eq!(one.batch.pipelines[0].id, runs[0].pipelines[0].id);
    let one = client.pull_request(&repository, 1).await.unwrap();
    assert_eq!(one.batch.pulls.len(), 1);
}

async fn whole(client: &Client, listing: Listing) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut cursor = None;
    loop {
        let page = client.page(&listing, cursor.as_ref()).await.unwrap();
        assert_eq!(page.batch.rejects, [], "{listing:?}");
        batches.push(page.batch);
        cursor = match page.next {
            Some(next) => Some(next),
            None => return batches,
        };
    }
}

#[tokio::test]
async fn every_recorded_error_is_recognised() {
    let Some(directory) = recordings() else {
        return;
    };
    for file in fs::read_dir(directory.join("curated/errors")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let recorded: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let status = u16::try_from(recorded["status"].as_u64().unwrap()).unwrap();
        let body = match &recorded["body"] {
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        let mut answer = Answer::text(status, &body);
        for header in [
            "X-RateLimit-Limit",
            "X-RateLimit-Remaining",
            "X-RateLimit-Reset",
        ] {
            let value = recorded["headers"][header.to_lowercase()].as_str();
            answer = match value {
                Some(value) => answer.with(header, value),
                None => answer,
            };
        }
        let server = Server::saying(vec![answer, Answer::page(&[])]).await;
        let outcome = server.client().page(&pulls(), None).await;
        let recognised = match (&outcome, status) {
            (Ok(_), 429) => true,
            (Err(error), 400) => matches!(error, ClientError::BadRequest { .. }),
            (Err(error), 401) => matches!(error, ClientError::Unauthorized { .. }),
            (Err(ClientError::Forbidden { required, .. }), 403) => !required.is_empty(),
            (Err(error), 404) => matches!(error, ClientError::NotFound { .. }),
            (Err(error), 410) => matches!(error, ClientError::Gone { .. }),
            _ => false,
        };
        assert!(recognised, "{name}: {outcome:?}");
        if name == "429_with_ratelimit_headers_2026" {
            assert_eq!(server.asked()[1].at.seconds_since(start()), 745);
        }
    }
}
