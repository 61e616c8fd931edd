//! Streams that cost a request per row: sizes and commits of pull requests, steps of pipeline runs.
//!
//! They are read after everything else of every repository, the latest first. What is due is told
//! by the rows themselves, so that a walk that is stopped goes on with what is left.

use bitbucket::{ClientError, Listing, Page};
use model::rows::{Batch, CommitList};
use model::{Id, Uuid};
use store::{DuePull, Stream};

use super::Repository;
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
    for (done, pull) in (1..).zip(&due) {
        let sha = pull.source_commit_sha.as_deref();
        let page = run
            .pull_size(&repository.reference, pull.number, sha)
            .await?;
        report(
            run,
            StreamName::PullSizes,
            repository,
            &page,
            done,
            due.len(),
        );
        let update = under_way(stream, None, None);
        run.commit(stream, update, Commit::of(repository.id(), &page.batch))
            .await?;
    }
    Ok(())
}

async fn commits(run: &Run, repository: &Repository, stream: &mut Stream) -> Result<(), Stop> {
    let due = run.db.due_pull_commits(repository.id()).await?;
    for (done, pull) in (1..).zip(&due) {
        let listing = Listing::PullCommits {
            repository: repository.reference.clone(),
            number: pull.number,
            pull_updated_at: pull.updated_at,
        };
        let found = whole(run, &listing).await?;
        // Bitbucket forgets the commits of a branch that was deleted; what is stored stays.
        let lists = found.is_some();
        let page = found.unwrap_or_else(|| Page::empty(run.clock.now()));
        report(
            run,
            StreamName::PullCommits,
            repository,
            &page,
            done,
            due.len(),
        );
        let mut batch = page.batch;
        if lists {
            batch.pull_commit_lists.push(list_of(pull));
        }
        let mut commit = Commit::of(repository.id(), &batch);
        // A change whose source is gone has no newest commit, and will not get another.
        let version = pull
            .source_commit_sha
            .clone()
            .unwrap_or_else(|| "gone".to_owned());
        commit.read = Some(ReadMark::PullCommits {
            pull: pull.id,
            version,
        });
        let update = under_way(stream, None, None);
        run.commit(stream, update, commit).await?;
    }
    Ok(())
}

fn list_of(pull: &DuePull) -> CommitList {
    CommitList {
        pull_id: pull.id,
        source_updated_at: pull.updated_at,
    }
}

async fn steps(run: &Run, repository: &Repository, stream: &mut Stream) -> Result<(), Stop> {
    let due = run.db.due_steps(repository.id()).await?;
    for (done, pipeline) in (1..).zip(&due) {
        let Some(uuid) = Uuid::parse(&pipeline.source_id) else {
            continue;
        };
        let listing = Listing::PipelineSteps {
            repository: repository.reference.clone(),
            pipeline: uuid,
        };
        let page = whole(run, &listing)
            .await?
            .unwrap_or_else(|| Page::empty(run.clock.now()));
        report(
            run,
            StreamName::PipelineSteps,
            repository,
            &page,
            done,
            due.len(),
        );
        let mut commit = Commit::of(repository.id(), &page.batch);
        let (pipeline, version): (Id, _) = (pipeline.id, pipeline.version);
        commit.read = Some(ReadMark::Steps { pipeline, version });
        let update = under_way(stream, None, None);
        run.commit(stream, update, commit).await?;
    }
    Ok(())
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

fn report(
    run: &Run,
    name: StreamName,
    repository: &Repository,
    page: &Page,
    done: u64,
    due: usize,
) {
    let all = u64::try_from(due).unwrap_or(done);
    run.tracker
        .page(name, repository.name(), page.values, fraction(done, all));
}
