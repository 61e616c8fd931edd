//! What deliveries lack is asked for: the streams that have it are to be read at once.

use std::collections::BTreeSet;

use bitbucket::webhook::{Due, Told};
use model::{Id, Instant, Uuid};
use store::{StoreError, WriteTx};

use super::homes::Homes;
use crate::StreamName;

/// Requests the streams that have what a delivery lacks; false where it lacks nothing.
pub(super) async fn request(
    tx: &mut WriteTx,
    connection: i64,
    told: &Told,
    homes: &Homes,
    now: Instant,
) -> Result<bool, StoreError> {
    let mut wanted = BTreeSet::new();
    for due in &told.due {
        for stream in streams(due, connection, homes) {
            let repository = stream
                .is_of_repositories()
                .then(|| Id::repository(repository(due)));
            wanted.insert((repository, stream.as_str()));
        }
    }
    // A repository that nobody has listed yet has no streams: the listing finds it.
    if let Some(mark) = &told.repository
        && !told.batch.repositories.is_empty()
        && !homes.knows(connection, Id::repository(&mark.uuid))
    {
        wanted.insert((None, StreamName::Repositories.as_str()));
    }
    for (repository, stream) in &wanted {
        tx.request_streams(connection, *repository, &[*stream], now)
            .await?;
    }
    Ok(!wanted.is_empty())
}

/// The streams that have what is due.
fn streams(due: &Due, connection: i64, homes: &Homes) -> Vec<StreamName> {
    match due {
        Due::Repository { .. } => vec![StreamName::Repositories],
        Due::RepositoryFeed { .. } => vec![StreamName::Activity, StreamName::Comments],
        Due::PullSize { .. } => vec![StreamName::PullSizes],
        Due::PullCommits { .. } => vec![StreamName::PullCommits],
        Due::PullComments { .. } => vec![StreamName::Comments],
        Due::Commits { repository, branch } => {
            let repository = Id::repository(repository);
            match homes.may_be_default(connection, repository, branch) {
                true => vec![StreamName::Commits],
                false => Vec::new(),
            }
        }
        Due::Pipeline { .. } => vec![StreamName::Pipelines, StreamName::PipelineSteps],
    }
}

fn repository(due: &Due) -> &Uuid {
    match due {
        Due::Repository { uuid } => uuid,
        Due::RepositoryFeed { repository }
        | Due::PullSize { repository, .. }
        | Due::PullCommits { repository, .. }
        | Due::PullComments { repository, .. }
        | Due::Commits { repository, .. }
        | Due::Pipeline { repository, .. } => repository,
    }
}
