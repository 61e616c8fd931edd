//! The proof of each pull request that moved, and the repair of those that disagree.

use bitbucket::{ClientError, Listing};
use model::Id;
use model::history::PullHistory;
use model::rows::Batch;
use store::{Proof, Stream, StreamState};

use super::{Repository, is_there};
use crate::StreamName;
use crate::commit::{Commit, completed, under_way};
use crate::proof::{CommentsSince, Doubt, Evidence, difference, doubt};
use crate::run::{Run, Stop};
use crate::walk::fraction;

/// How many pull requests are judged at a time.
const CHUNK: usize = 200;

const NAME: StreamName = StreamName::Comments;

pub(super) async fn prove(
    run: &Run,
    repository: &Repository,
    evidence: Evidence,
) -> Result<(), Stop> {
    let unproven = run.db.unproven(repository.id()).await?;
    let mut stream = run.claim(NAME, Some(repository.id())).await?;
    if !unproven.is_empty() || stream.state != StreamState::Complete {
        let outcome = judge_all(run, repository, evidence, &unproven, &mut stream).await;
        run.settle(
            NAME,
            Some(repository.name()),
            repository.id(),
            &mut stream,
            outcome,
        )
        .await?;
    }
    run.tracker.end(NAME, repository.name());
    Ok(())
}

async fn judge_all(
    run: &Run,
    repository: &Repository,
    evidence: Evidence,
    unproven: &[Id],
    stream: &mut Stream,
) -> Result<(), Stop> {
    let all = u64::try_from(unproven.len()).unwrap_or(0);
    let mut judged = 0;
    for chunk in unproven.chunks(CHUNK) {
        let histories = histories(run, chunk).await?;
        let (proven, doubtful): (Vec<_>, Vec<_>) = histories
            .into_iter()
            .map(|history| (doubt(&history, evidence), history))
            .partition(|(doubt, _)| doubt.none());
        let proofs: Vec<Proof> = proven
            .iter()
            .map(|(_, history)| proof(history, None))
            .collect();
        let mut commit_proofs = Commit::of(repository.id(), &EMPTY);
        commit_proofs.proofs = &proofs;
        let update = under_way(stream, None, None);
        run.commit(stream, update, commit_proofs).await?;
        judged += u64::try_from(proofs.len()).unwrap_or(0);
        for (doubt, history) in doubtful {
            judged += 1;
            repair(
                run,
                repository,
                evidence,
                &doubt,
                &history,
                stream,
                fraction(judged, all),
            )
            .await?;
        }
    }
    let update = completed(stream, None, run.clock.now());
    run.commit(stream, update, Commit::of(repository.id(), &EMPTY))
        .await?;
    Ok(())
}

static EMPTY: std::sync::LazyLock<Batch> = std::sync::LazyLock::new(Batch::default);

async fn histories(run: &Run, pulls: &[Id]) -> Result<Vec<PullHistory>, Stop> {
    Ok(run.db.histories(pulls).await?)
}

fn proof(history: &PullHistory, difference: Option<String>) -> Proof {
    Proof {
        pull_id: history.pull_id,
        proven_to: history.updated_at,
        difference,
    }
}

/// Reads a pull request's own comments and activity as far as they are in doubt, and settles its
/// proof: what still differs then is Bitbucket's own, and not read again for this version.
async fn repair(
    run: &Run,
    repository: &Repository,
    evidence: Evidence,
    doubt: &Doubt,
    history: &PullHistory,
    stream: &mut Stream,
    fraction: f64,
) -> Result<(), Stop> {
    let mut listings = Vec::new();
    if let Some(since) = doubt.comments {
        listings.push(Listing::PullComments {
            repository: repository.reference.clone(),
            number: history.number,
            since: match since {
                CommentsSince::Ever => None,
                CommentsSince::Instant(instant) => Some(instant),
            },
        });
    }
    if doubt.activity {
        listings.push(Listing::PullActivity {
            repository: repository.reference.clone(),
            number: history.number,
        });
    }
    for listing in &listings {
        read(run, repository, listing, stream, fraction).await?;
    }
    let proofs: Vec<Proof> = histories(run, &[history.pull_id])
        .await?
        .iter()
        // A version that came meanwhile is not the one that was judged.
        .map(|now| Proof {
            proven_to: history.updated_at,
            ..proof(now, difference(now, evidence))
        })
        .collect();
    let mut commit = Commit::of(repository.id(), &EMPTY);
    commit.proofs = &proofs;
    let update = under_way(stream, None, None);
    run.commit(stream, update, commit).await?;
    Ok(())
}

async fn read(
    run: &Run,
    repository: &Repository,
    listing: &Listing,
    stream: &mut Stream,
    fraction: f64,
) -> Result<(), Stop> {
    let mut cursor: Option<String> = None;
    loop {
        let (page, _under_way) = match run.page(listing, cursor.as_deref()).await {
            Ok(page) => page,
            // What is not there cannot be read; the difference stays and is written down.
            Err(ClientError::NotFound { .. }) if is_there(run, repository).await? => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        run.tracker
            .page(NAME, repository.name(), page.values, fraction);
        let update = under_way(stream, None, None);
        run.commit(stream, update, Commit::of(repository.id(), &page.batch))
            .await?;
        match page.next {
            Some(next) => cursor = Some(next.to_string()),
            None => return Ok(()),
        }
    }
}
