//! The streams of one repository.

mod activity;
mod comments;
mod commits;
mod deployments;
mod per_row;
mod pipelines;
mod pulls;

use bitbucket::{ClientError, RepositoryRef};
use model::{Instant, Uuid};
use store::{KnownRepository, StoreError, Stream, StreamKey, StreamState};

use crate::StreamName;
use crate::deploying;
use crate::measuring;
use crate::proof::{Evidence, SAME_ACT_SECONDS};
use crate::run::{Run, Stop};

/// How far back of a watermark a walk goes once more: Bitbucket may show a row a moment late, and
/// entries of one moment in any order.
const OVERLAP_SECONDS: i64 = 120;

/// Every gate opens once a day.
const DAY_SECONDS: i64 = 24 * 3600;

/// A repository whose streams are being read.
pub(crate) struct Repository {
    pub(crate) reference: RepositoryRef,
    pub(crate) created_at: Option<Instant>,
    pub(crate) updated_at: Option<Instant>,
    pub(crate) default_branch: Option<String>,
}

impl Repository {
    /// What is needed of a stored repository.
    ///
    /// # Errors
    /// A UUID that is none: the database was changed by somebody else.
    pub(crate) fn of(known: KnownRepository, workspace: model::Id) -> Result<Self, StoreError> {
        let uuid = Uuid::parse(&known.source_id).ok_or(StoreError::Inconsistent {
            table: "bitbucket_repositories",
            column: "source_id",
            id: known.id.0,
        })?;
        Ok(Self {
            reference: RepositoryRef {
                uuid,
                full_name: known.full_name,
                workspace_id: workspace,
            },
            created_at: known.created_at,
            updated_at: known.updated_at,
            default_branch: known.default_branch,
        })
    }

    fn name(&self) -> &str {
        &self.reference.full_name
    }

    pub(crate) fn id(&self) -> model::Id {
        self.reference.id()
    }
}

/// Whether the repository itself is there, in sight, and called as it was: asked when something of
/// it answers 404. Where it is not, everything below its address does, and that says nothing about
/// what lies there.
async fn is_there(run: &Run, repository: &Repository) -> Result<bool, Stop> {
    match run.client.repository(&repository.reference.uuid).await {
        Ok(page) => Ok(page.batch.repositories.iter().any(|row| {
            row.full_name
                .as_value()
                .is_none_or(|name| name == repository.name())
        })),
        Err(ClientError::NotFound { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Reads the streams of a repository that are due and that no other run holds, save those that cost
/// a request per row.
pub(crate) async fn visit(run: &Run, repository: &Repository) -> Result<(), Stop> {
    let names = StreamName::ALL
        .into_iter()
        .filter(|name| name.is_of_repositories() && !name.is_per_row());
    let mut due = run.due(names.clone(), Some(repository.id()), None);
    if due.is_empty() {
        return Ok(());
    }
    // Gates open when another stream has moved, so that these are looked at together.
    for (mover, moved) in [
        (StreamName::PullRequests, StreamName::Activity),
        (StreamName::PullRequests, StreamName::Comments),
        (StreamName::Activity, StreamName::Comments),
        (StreamName::Pipelines, StreamName::Environments),
        (StreamName::Pipelines, StreamName::Deployments),
    ] {
        if due.contains(&mover) && run.wants(moved) && !due.contains(&moved) {
            due.push(moved);
        }
    }
    in_turn(run, repository, &due, import(run, repository, &due)).await?;
    Ok(deploying::settle_repository(&run.db, run.clock.as_ref(), repository.id()).await?)
}

/// Reads the streams of a repository that cost a request per row, where they are due.
pub(crate) async fn visit_rows(run: &Run, repository: &Repository) -> Result<(), Stop> {
    let due = run.due(StreamName::PER_ROW, Some(repository.id()), None);
    if due.is_empty() {
        return Ok(());
    }
    in_turn(
        run,
        repository,
        &due,
        per_row::import(run, repository, &due),
    )
    .await?;
    Ok(deploying::settle_repository(&run.db, run.clock.as_ref(), repository.id()).await?)
}

/// Claims streams, reads them and gives them back; does nothing where another run is at work.
async fn in_turn(
    run: &Run,
    repository: &Repository,
    due: &[StreamName],
    reading: impl Future<Output = Result<(), Stop>>,
) -> Result<(), Stop> {
    let keys: Vec<StreamKey<'_>> = due
        .iter()
        .map(|name| StreamKey::new(name.as_str(), Some(repository.id())))
        .collect();
    if run.takes(&keys).await? {
        reading.await?;
        run.leaves(&keys).await?;
    }
    Ok(())
}

/// Reads these streams of a repository: what is always worth a look at once, the feed where
/// something moved, and then the proof.
async fn import(run: &Run, repository: &Repository, due: &[StreamName]) -> Result<(), Stop> {
    let walked = walk(run, repository, due).await;
    // Also when something stopped: what was read is to be seen.
    let measured = measuring::marked(run, repository.id()).await;
    let feed = walked?;
    measured?;
    if due.contains(&StreamName::Comments) {
        match feed {
            Feed::Read(evidence) => comments::prove(run, repository, evidence).await?,
            Feed::Unread => comments::prove(run, repository, nothing_walked()).await?,
            // Every pull request would disagree, and cost requests that the feed saves: they wait
            // for it.
            Feed::Failed => run.tracker.end(StreamName::Comments, repository.name()),
        }
    }
    Ok(())
}

/// Walks through everything that is read page by page; the result is what became of the feed.
async fn walk(run: &Run, repository: &Repository, due: &[StreamName]) -> Result<Feed, Stop> {
    let reads = |name: StreamName| due.contains(&name);
    let early = reads(StreamName::Activity) && activity_is_due(run, repository).await?;
    let (pulls, pipelines, commits, walked) = tokio::join!(
        async {
            if reads(StreamName::PullRequests) {
                pulls::walk(run, repository).await?;
            }
            Ok::<_, Stop>(())
        },
        async {
            if reads(StreamName::Pipelines) {
                pipelines::walk(run, repository).await?;
            }
            deployments::walk(run, repository, due).await
        },
        async {
            if reads(StreamName::Commits) {
                commits::walk(run, repository).await?;
            }
            Ok::<_, Stop>(())
        },
        async {
            match early {
                true => activity::walk(run, repository).await.map(Feed::of),
                false => Ok(Feed::Unread),
            }
        },
    );
    pulls?;
    pipelines?;
    commits?;
    let mut feed = walked?;
    if reads(StreamName::Activity) && matches!(feed, Feed::Unread) {
        if feed_may_tell_more(run, repository).await? {
            feed = Feed::of(activity::walk(run, repository).await?);
        } else {
            run.tracker.end(StreamName::Activity, repository.name());
        }
    }
    Ok(feed)
}

/// Reads a stream of a repository with `body`, unless a killed run has read it, and settles how it
/// ended.
async fn read_stream(
    run: &Run,
    name: StreamName,
    repository: &Repository,
    body: impl AsyncFnOnce(&mut Stream) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut stream = run.claim(name, Some(repository.id())).await?;
    if !run.has_read(name, &stream) {
        let outcome = body(&mut stream).await;
        let scope = repository.id();
        run.settle(name, Some(repository.name()), scope, &mut stream, outcome)
            .await?;
    }
    run.tracker.end(name, repository.name());
    Ok(())
}

/// What became of the feed in this run.
enum Feed {
    /// It was not read, since nothing moved or nobody asked for it.
    Unread,
    /// It was read, and this follows.
    Read(Evidence),
    /// It could not be read.
    Failed,
}

impl Feed {
    fn of(evidence: Option<Evidence>) -> Self {
        evidence.map_or(Self::Failed, Self::Read)
    }
}

/// The feed was not asked for: it is taken to be there, and to have shown nothing.
fn nothing_walked() -> Evidence {
    Evidence {
        feed: true,
        seen_since: None,
    }
}

/// Whether the feed is to be read whatever the pull requests say: it never was, a walk is
/// unfinished, a day has passed, or everything was asked for.
async fn activity_is_due(run: &Run, repository: &Repository) -> Result<bool, Stop> {
    let stream = run
        .claim(StreamName::Activity, Some(repository.id()))
        .await?;
    Ok(run.options.full
        || stream.watermark.is_none() && stream.state != StreamState::Complete
        || stream.cursor.is_some()
        || is_old(run, &stream))
}

/// Whether a pull request moved since the feed was read. Asked of the database rather than of this
/// run, so that a run which was killed between the two leaves the next one the same answer.
async fn feed_may_tell_more(run: &Run, repository: &Repository) -> Result<bool, Stop> {
    let stream = run
        .claim(StreamName::Activity, Some(repository.id()))
        .await?;
    let told = stream
        .watermark
        .unwrap_or(Instant::EARLIEST)
        .plus_seconds(SAME_ACT_SECONDS);
    let opened = stream.opened_at.unwrap_or(Instant::EARLIEST);
    Ok(run
        .db
        .has_untold_changes(repository.id(), told, opened)
        .await?)
}

/// Whether a stream's gate was last open a day ago or more.
fn is_old(run: &Run, stream: &Stream) -> bool {
    let now = run.clock.now();
    stream
        .opened_at
        .is_none_or(|opened| now.seconds_since(opened) >= DAY_SECONDS)
}
