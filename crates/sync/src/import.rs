//! One import, from beginning to end.

use std::sync::Arc;

use bitbucket::{Client, MinuteCount};
use futures_util::StreamExt;
use model::{Clock, Id};
use store::{Db, RunTotals, StoreError, StreamState};

use crate::progress::Tracker;
use crate::repository::Repository;
use crate::run::{Run, Stop};
use crate::{
    Explained, ImportError, ImportOptions, Progress, StreamName, Summary, heartbeat, repository,
    workspace,
};

/// How old the work of a killed run may be for the next one to go on with it: what was read to its
/// end within it is not read again.
const RESUME_SECONDS: i64 = 3_600;

/// Draws a workspace into the database: everything that was asked for and is not there yet.
///
/// A run that was killed goes on where it was; nothing that is finished is fetched again. What
/// stops one stream leaves the others alone and is in the summary.
///
/// # Errors
/// What stops the import as a whole: see [`ImportError`].
pub async fn import(
    db: &Db,
    client: Client,
    clock: Arc<dyn Clock>,
    progress: Arc<dyn Progress>,
    options: ImportOptions,
) -> Result<Summary, ImportError> {
    db.require_writable().await?;
    let started = clock.now();
    let spent = db
        .usage_since(started.plus_seconds(-options.window_seconds))
        .await?;
    client.restore_usage(spent.into_iter().map(|row| MinuteCount {
        allowance: row.allowance,
        group: row.endpoint_group,
        endpoint: String::new(),
        minute: row.minute,
        requests: row.requests,
    }));
    let connection = db
        .ensure_connection(
            &options.name,
            &options.workspace,
            &options.base_url,
            started,
        )
        .await?;
    if connection.workspace != options.workspace {
        let (name, workspace) = (connection.name, connection.workspace);
        return Err(ImportError::NameTaken { name, workspace });
    }
    let begun = db
        .begin_run(
            connection.id,
            started,
            started.plus_seconds(-RESUME_SECONDS),
        )
        .await?;
    let tracker = Tracker::new(progress);
    let run = Run::new(
        db.clone(),
        client,
        clock,
        options,
        connection.id,
        tracker,
        begun.resumes_from,
    );
    let outcome = tokio::select! {
        outcome = streams(&run) => outcome,
        () = heartbeat::beat(&run) => Ok(0),
    };
    // Claims are given back whatever happened; a database that cannot do so lets them run out.
    let released = run.db.release_leases(&run.lease).await;
    let outcome = match outcome {
        Ok(repositories) => summary(&run, repositories, started)
            .await
            .map_err(ImportError::from),
        Err(Stop::Import(error)) => Err(error),
        Err(Stop::Stream(error)) => Err(ImportError::Client(error)),
    };
    let noted = note_end(&run, begun.id, &outcome).await;
    let summary = outcome?;
    released?;
    noted?;
    Ok(summary)
}

/// Every stream that was asked for; the result is how many repositories there are.
async fn streams(run: &Run) -> Result<u64, Stop> {
    if run.wants(StreamName::Workspace) {
        workspace::record(run).await?;
    }
    if run.wants(StreamName::Repositories) {
        workspace::repositories(run).await?;
    }
    let Some(workspace) = run.db.workspace(&run.options.workspace).await? else {
        run.tracker.note(
            "no_resources: no repository is visible to this credential. Give it access to repositories, or check the workspace's name",
        );
        return Ok(0);
    };
    let (members, repositories) = tokio::join!(
        async {
            if run.wants(StreamName::Members) {
                workspace::members(run, workspace).await?;
            }
            Ok::<_, Stop>(())
        },
        all_repositories(run, workspace)
    );
    members?;
    repositories
}

/// The repositories, side by side.
async fn all_repositories(run: &Run, workspace: Id) -> Result<u64, Stop> {
    let repositories = run
        .db
        .repositories(workspace)
        .await?
        .into_iter()
        .map(|known| Repository::of(known, workspace))
        .collect::<Result<Vec<_>, StoreError>>()?;
    let count = u64::try_from(repositories.len()).unwrap_or(0);
    for stream in StreamName::ALL {
        if stream.is_of_repositories() && run.wants(stream) {
            run.tracker.plan(stream, count);
        }
    }
    let mut under_way = futures_util::stream::iter(&repositories)
        .map(|repository| repository::import(run, repository))
        .buffer_unordered(run.options.concurrency.max(1));
    while let Some(outcome) = under_way.next().await {
        outcome?;
    }
    // What costs a request per row comes last, with what is left of the hour.
    let mut under_way = futures_util::stream::iter(&repositories)
        .map(|repository| repository::import_rows(run, repository))
        .buffer_unordered(run.options.concurrency.max(1));
    while let Some(outcome) = under_way.next().await {
        outcome?;
    }
    Ok(count)
}

async fn summary(
    run: &Run,
    repositories: u64,
    started: model::Instant,
) -> Result<Summary, StoreError> {
    let (applied, problems) = run.results();
    let requests_by_endpoint = run.client.requests_by_endpoint();
    let explained = match run.db.workspace(&run.options.workspace).await? {
        Some(workspace) => run.db.explained(workspace).await?,
        None => Vec::new(),
    };
    let (warnings, problems): (Vec<_>, Vec<_>) = problems
        .into_iter()
        .partition(|(state, _)| *state == StreamState::Unavailable);
    #[expect(clippy::cast_precision_loss, reason = "a duration for the eye")]
    let seconds = run.clock.now().millis_since(started) as f64 / 1000.0;
    Ok(Summary {
        workspace: run.options.workspace.clone(),
        complete: problems.is_empty(),
        repositories,
        requests: requests_by_endpoint.values().sum(),
        requests_by_endpoint,
        rows: applied
            .rows
            .iter()
            .map(|(table, counts)| ((*table).to_owned(), *counts))
            .collect(),
        rejects: applied.rejects,
        problems: problems.into_iter().map(|(_, problem)| problem).collect(),
        warnings: warnings.into_iter().map(|(_, problem)| problem).collect(),
        explained: explained
            .into_iter()
            .map(|(repository, number, difference)| Explained {
                repository,
                number,
                difference,
            })
            .collect(),
        seconds,
    })
}

async fn note_end(
    run: &Run,
    number: i64,
    outcome: &Result<Summary, ImportError>,
) -> Result<(), StoreError> {
    let (word, totals) = match outcome {
        Ok(summary) => (
            if summary.complete {
                "complete"
            } else {
                "incomplete"
            },
            RunTotals {
                requests: summary.requests,
                rows: summary.all_rows(),
                rejects: summary.rejects,
                problem: summary
                    .problems
                    .first()
                    .map(|problem| problem.problem.clone()),
            },
        ),
        Err(error) => {
            let requests = run.client.requests_by_endpoint().values().sum();
            (
                "failed",
                RunTotals {
                    requests,
                    problem: Some(error.to_string()),
                    ..RunTotals::default()
                },
            )
        }
    };
    run.db
        .finish_run(number, word, &totals, run.clock.now())
        .await
}
