//! Streams that cost a request per row: sizes and commits of pull requests, steps of pipeline runs.
//!
//! They are read after everything else of every repository, the latest first. What is due is told
//! by the rows themselves, so that a walk that is stopped goes on with what is left.

use bitbucket::{ClientError, Listing, Page};
use model::rows::{Batch, CommitList, PullSizeRow};
use model::{Id, Uuid};
use store::{DuePull, Stream};

use super::{Repository, is_there};
use crate::StreamName;
use crate::commit::{Commit, ReadMark, completed, under_way};
use crate::run::{Run, Stop};
use crate::walk::fraction;

/// Reads these streams of a repository, one after the other.
pub(super) async fn import(
    run: &Run,
    repository: &Repository,
    due: &[StreamName],
) -> Result<(), Stop> {
    for name in due.iter().copied() {
        let mut stream = run.claim(name, Some(repository.id())).await?;
        let outcome = match name {
            StreamName::PullSizes => sizes(run, repository, &mut stream).await,
            StreamName::PullCommits => commits(run, repository, &mut stream).await,
            _ => steps(run, repository, &mut stream).await,
        };
        let outcome = match outcome {
            Ok(()) => {
                let update = completed(&stream, None, run.clock.now());
                let nothing = Batch::default();
                run.commit(&mut stream, update, Commit::of(repository.id(), &nothing))
                    .await?;
                Ok(())
            }
            Err(stop) => Err(stop),
        };
        run.settle(
            name,
            Some(repository.name()),
            repository.id(),
            &mut stream,
            outcome,
        )
        .await?;
        run.tracker.end(name, repository.name());
    }
    Ok(())
}

async fn sizes(run: &Run, repository: &Repository, stream: &mut Stream) -> Result<(), Stop> {
    let due = run.db.due_sizes(repository.id()).await?;
    let mut walk = Walk::of(run, repository, StreamName::PullSizes, due.len());
    for pull in &due {
        let sha = pull.source_commit_sha.as_deref();
        let page = run
            .pull_size(&repository.reference, pull.number, sha)
            .await?;
        walk.report(&page);
        let gone = page.batch.pull_sizes.iter().any(is_of_nothing);
        walk.keep(stream, page.batch, None, gone).await?;
    }
    walk.end(stream).await
}

/// Whether the change was not there to be measured.
fn is_of_nothing(size: &PullSizeRow) -> bool {
    size.problem
        .as_value()
        .is_some_and(|problem| problem == "not found")
}

async fn commits(run: &Run, repository: &Repository, stream: &mut Stream) -> Result<(), Stop> {
    let due = run.db.due_pull_commits(repository.id()).await?;
    let mut walk = Walk::of(run, repository, StreamName::PullCommits, due.len());
    for pull in &due {
        let listing = Listing::PullCommits {
            repository: repository.reference.clone(),
            number: pull.number,
            pull_updated_at: pull.updated_at,
        };
        let found = whole(run, &listing).await?;
        // Bitbucket forgets the commits of a branch that was deleted; what is stored stays.
        let gone = found.is_none();
        let page = found.unwrap_or_else(|| Page::empty(run.clock.now()));
        walk.report(&page);
        let mut batch = page.batch;
        if !gone {
            batch.pull_commit_lists.push(list_of(pull));
        }
        // A change whose source is gone has no newest commit, and will not get another.
        let version = pull
            .source_commit_sha
            .clone()
            .unwrap_or_else(|| "gone".to_owned());
        let pull = pull.id;
        let read = ReadMark::PullCommits { pull, version };
        walk.keep(stream, batch, Some(read), gone).await?;
    }
    walk.end(stream).await
}

fn list_of(pull: &DuePull) -> CommitList {
    CommitList {
        pull_id: pull.id,
        source_updated_at: pull.updated_at,
    }
}

async fn steps(run: &Run, repository: &Repository, stream: &mut Stream) -> Result<(), Stop> {
    let due = run.db.due_steps(repository.id()).await?;
    let mut walk = Walk::of(run, repository, StreamName::PipelineSteps, due.len());
    for pipeline in &due {
        let Some(uuid) = Uuid::parse(&pipeline.source_id) else {
            continue;
        };
        let listing = Listing::PipelineSteps {
            repository: repository.reference.clone(),
            pipeline: uuid,
        };
        let found = whole(run, &listing).await?;
        let gone = found.is_none();
        let page = found.unwrap_or_else(|| Page::empty(run.clock.now()));
        walk.report(&page);
        let (pipeline, version): (Id, _) = (pipeline.id, pipeline.version);
        let read = ReadMark::Steps { pipeline, version };
        walk.keep(stream, page.batch, Some(read), gone).await?;
    }
    walk.end(stream).await
}

/// A walk over the rows that are due.
struct Walk<'r> {
    run: &'r Run,
    repository: &'r Repository,
    name: StreamName,
    done: u64,
    due: u64,
    /// What answered 404, not written yet.
    gone: Vec<(Batch, Option<ReadMark>)>,
}

/// How many rows may answer 404 before it is asked whether the repository does so as well.
const GONE_AT_ONCE: usize = 20;

impl<'r> Walk<'r> {
    fn of(run: &'r Run, repository: &'r Repository, name: StreamName, due: usize) -> Self {
        Self {
            run,
            repository,
            name,
            done: 0,
            due: u64::try_from(due).unwrap_or(0),
            gone: Vec::new(),
        }
    }

    fn report(&mut self, page: &Page) {
        self.done += 1;
        let part = fraction(self.done, self.due.max(self.done));
        let tracker = &self.run.tracker;
        tracker.page(self.name, self.repository.name(), page.values, part);
    }

    /// Writes what was read of one row, and that it was read. That it is gone waits for its proof.
    async fn keep(
        &mut self,
        stream: &mut Stream,
        batch: Batch,
        read: Option<ReadMark>,
        gone: bool,
    ) -> Result<(), Stop> {
        if !gone {
            return self.write(stream, &batch, read).await;
        }
        self.gone.push((batch, read));
        if self.gone.len() >= GONE_AT_ONCE {
            self.end(stream).await?;
        }
        Ok(())
    }

    /// Writes what is gone, as long as that over it is there: a repository that is out of sight for
    /// a while, or whose pipelines are switched off, must not pass for one that has none of it.
    async fn end(&mut self, stream: &mut Stream) -> Result<(), Stop> {
        if self.gone.is_empty() {
            return Ok(());
        }
        if self.name == StreamName::PipelineSteps {
            let repository = self.repository.reference.clone();
            let listing = Listing::Pipelines { repository };
            self.run.page_of_row(&listing, None).await?;
        } else if !is_there(self.run, self.repository).await? {
            let endpoint = "/repositories/{workspace}/{repo}";
            return Err(ClientError::NotFound { endpoint }.into());
        }
        for (batch, read) in std::mem::take(&mut self.gone) {
            self.write(stream, &batch, read).await?;
        }
        Ok(())
    }

    async fn write(
        &self,
        stream: &mut Stream,
        batch: &Batch,
        read: Option<ReadMark>,
    ) -> Result<(), Stop> {
        let mut commit = Commit::of(self.repository.id(), batch);
        commit.read = read;
        let update = under_way(stream, None, None);
        self.run.commit(stream, update, commit).await?;
        Ok(())
    }
}

/// Every page of a listing, as one; nothing when it is not there (any more).
async fn whole(run: &Run, listing: &Listing) -> Result<Option<Page>, Stop> {
    let mut whole: Option<Page> = None;
    let mut cursor: Option<String> = None;
    loop {
        let (page, _) = match run.page_of_row(listing, cursor.as_deref()).await {
            Ok(page) => page,
            Err(ClientError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        cursor = page.next.as_ref().map(ToString::to_string);
        match &mut whole {
            None => whole = Some(page),
            Some(before) => {
                before.values += page.values;
                before.batch.append(page.batch);
            }
        }
        if cursor.is_none() {
            return Ok(whole);
        }
    }
}
