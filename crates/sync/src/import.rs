//! One import, from beginning to end.

use std::collections::BTreeMap;
use std::sync::Arc;

use bitbucket::{Client, MinuteCount};
use futures_util::StreamExt;
use model::{Clock, Id};
use store::{ConnectionState, Db, RunTotals, StoreError, StreamKey, StreamState};

use crate::progress::Tracker;
use crate::repository::Repository;
use crate::run::{Run, Stop, Task};
use crate::schedule::Agenda;
use crate::{
    Explained, ImportError, ImportOptions, Pace, Progress, StreamName, Summary, deploying,
    heartbeat, measuring, people, repository, workspace,
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
    learn_usage(db, &client, options.window_seconds, started).await?;
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
            options.reason,
            named_streams(&options).as_deref(),
            started,
            started.plus_seconds(-RESUME_SECONDS),
        )
        .await?;
    let agenda = match &options.pace {
        Pace::Now => None,
        Pace::Due(intervals) => Some(Agenda::load(db, connection.id, intervals, started).await?),
    };
    let hook = db.webhook_hook(connection.id).await?;
    let tracker = Tracker::new(progress);
    let run = Run::new(
        db.clone(),
        client,
        clock,
        options,
        tracker,
        Task {
            connection: connection.id,
            resumes_from: begun.resumes_from,
            agenda,
            hooked_since: hook.map(|hook| hook.registered_at),
        },
    );
    let outcome = tokio::select! {
        outcome = everything(&run) => outcome,
        () = heartbeat::beat(&run, begun.id) => Ok(0),
    };
    // Claims are given back whatever happened; a database that cannot do so lets them run out.
    let looked_at = outcome.is_ok().then(|| run.clock.now());
    heartbeat::note_credentials(&run).await;
    let released = run.db.release_leases(&run.lease, looked_at).await;
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

/// Learns what everybody has spent of the rolling window.
pub(crate) async fn learn_usage(
    db: &Db,
    client: &Client,
    window_seconds: i64,
    now: model::Instant,
) -> Result<(), StoreError> {
    let spent = db.usage_since(now.plus_seconds(-window_seconds)).await?;
    client.restore_usage(spent.into_iter().map(|row| MinuteCount {
        allowance: row.allowance,
        group: row.endpoint_group,
        endpoint: row.endpoint,
        minute: row.minute,
        requests: row.requests,
    }));
    Ok(())
}

/// The streams of an order that names some, for the record.
fn named_streams(options: &ImportOptions) -> Option<String> {
    let names: Vec<&str> = options.streams.iter().map(|name| name.as_str()).collect();
    (options.streams != StreamName::usual()).then(|| names.join(","))
}

/// Every stream that was asked for, and who is who in the end; the result is how many repositories
/// there are.
async fn everything(run: &Run) -> Result<u64, Stop> {
    let repositories = streams(run).await?;
    people::at_the_end_of(run).await?;
    Ok(repositories)
}

/// Every stream that was asked for; the result is how many repositories there are.
async fn streams(run: &Run) -> Result<u64, Stop> {
    // Whoever reads the workspace's record has only begun. What lists tell of the workspace is less,
    // and were it written first with a later date, the record would be taken for an older one.
    let record = StreamName::Workspace;
    if run.wants(record) && run.is_held(record) {
        return Ok(0);
    }
    if !run.due([record], None, None).is_empty() {
        if !takes_its_turn(run, record).await? {
            return Ok(0);
        }
        workspace::record(run).await?;
        leaves(run, record).await?;
    }
    workspace::repositories(run).await?;
    let Some(workspace) = run.db.workspace(&run.options.workspace).await? else {
        run.tracker.note(
            "no_resources: no repository is visible to this credential. Give it access to repositories, or check the workspace's name",
        );
        return Ok(0);
    };
    let (members, repositories) = tokio::join!(
        async {
            if takes_its_turn(run, StreamName::Members).await? {
                workspace::members(run, workspace).await?;
                leaves(run, StreamName::Members).await?;
            }
            Ok::<_, Stop>(())
        },
        all_repositories(run, workspace)
    );
    members?;
    repositories
}

/// Whether a stream of the workspace is to be read by this run, now.
async fn takes_its_turn(run: &Run, name: StreamName) -> Result<bool, Stop> {
    Ok(!run.due([name], None, None).is_empty()
        && run.takes(&[StreamKey::new(name.as_str(), None)]).await?)
}

async fn leaves(run: &Run, name: StreamName) -> Result<(), Stop> {
    run.leaves(&[StreamKey::new(name.as_str(), None)]).await
}

/// The repositories, side by side.
async fn all_repositories(run: &Run, workspace: Id) -> Result<u64, Stop> {
    measuring::left_over(run).await?;
    deploying::settle(&run.db, run.clock.as_ref()).await?;
    let excluded = run
        .options
        .filter
        .excluded(&run.db, &run.options.workspace)
        .await?;
    let repositories = run
        .db
        .repositories(workspace)
        .await?
        .into_iter()
        .filter(|known| !excluded.contains(&known.id))
        .map(|known| Repository::of(known, workspace))
        .collect::<Result<Vec<_>, StoreError>>()?;
    show_who_sees(run, &repositories).await?;
    let count = u64::try_from(repositories.len()).unwrap_or(0);
    for stream in StreamName::ALL {
        if stream.is_of_repositories() && run.wants(stream) {
            run.tracker.plan(stream, count);
        }
    }
    let mut under_way = futures_util::stream::iter(&repositories)
        .map(|repository| repository::visit(run, repository))
        .buffer_unordered(run.options.concurrency.max(1));
    while let Some(outcome) = under_way.next().await {
        outcome?;
    }
    // What costs a request per row comes last, with what is left of the hour.
    let mut under_way = futures_util::stream::iter(&repositories)
        .map(|repository| repository::visit_rows(run, repository))
        .buffer_unordered(run.options.concurrency.max(1));
    while let Some(outcome) = under_way.next().await {
        outcome?;
    }
    deploying::settle(&run.db, run.clock.as_ref()).await?;
    Ok(count)
}

/// Tells the client which credential sees which repository, where they see different ones.
async fn show_who_sees(run: &Run, repositories: &[Repository]) -> Result<(), Stop> {
    if run.client.holders().len() < 2 {
        return Ok(());
    }
    let mut seen: BTreeMap<Id, Vec<i64>> = BTreeMap::new();
    for (credential, repository) in run.db.sightings_of_credentials(run.connection).await? {
        seen.entry(repository).or_default().push(credential);
    }
    for repository in repositories {
        if let Some(credentials) = seen.get(&repository.id()) {
            run.client
                .set_visible(&repository.reference.uuid, credentials);
        }
    }
    Ok(())
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
        people: run.settled(),
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
    let now = run.clock.now();
    let mut tx = run.db.write().await?;
    // What was spent since the last page.
    tx.add_usage(&run.usage()).await?;
    match outcome {
        Ok(_) => {
            tx.set_last_synced(run.connection, now).await?;
            tx.set_connection_state(run.connection, ConnectionState::Verified, None, now)
                .await?;
        }
        Err(
            error @ (ImportError::InvalidCredentials(_)
            | ImportError::InvalidPermissions(_)
            | ImportError::NoWorkspace(_)),
        ) => {
            let problem = error.to_string();
            let state = ConnectionState::Failing;
            tx.set_connection_state(run.connection, state, Some(&problem), now)
                .await?;
        }
        // What is no refusal says nothing of the connection.
        Err(_) => {}
    }
    tx.commit().await?;
    run.db.finish_run(number, word, &totals, now).await
}
