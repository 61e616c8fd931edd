//! Pull requests and who takes part in them.

use std::collections::BTreeSet;

use model::rows::{Participants, PullRow, PullState, ReviewerRow};
use model::{Field, Id, Instant};

use super::Rows;
use super::account::{user, user_id};
use crate::RepositoryRef;
use crate::wire::account::Account;
use crate::wire::pull_request::{Participant, PullRequest};
use crate::wire::{Links, within};

/// Takes in a pull request. It belongs to the repository that was asked, which is its destination
/// even where Bitbucket leaves that out.
pub(crate) fn pull_request(pull: PullRequest, repository: &RepositoryRef, rows: &mut Rows) {
    let id = Id::pull(&repository.uuid, pull.id);
    let mut row = PullRow::new(id, rows.observed_at);
    row.repository_id = Field::Value(repository.id());
    row.number = Field::Value(pull.id);
    row.user_id = user_id(pull.author, rows);
    row.closed_by_user_id = user_id(pull.closed_by, rows);
    row.merged_by_user_id = match &pull.state {
        Field::Value(state) if state == PullState::Merged.as_str() => row.closed_by_user_id,
        Field::Value(_) => Field::Null,
        Field::Absent | Field::Null => Field::Absent,
    };
    row.title = pull.title;
    if rows.store_text {
        row.description = pull.description;
    }
    row.state = pull.state;
    row.draft = pull.draft;
    if let Field::Value(source) = pull.source {
        row.source_branch = within(source.branch, |branch| branch.name);
        row.source_commit_sha = within(source.commit, |commit| commit.hash);
        row.source_repository_id = source
            .repository
            .and_then(|fork| fork.uuid.map(|uuid| Id::repository(&uuid)));
    }
    if let Field::Value(destination) = pull.destination {
        row.target_branch = within(destination.branch, |branch| branch.name);
        row.target_commit_sha = within(destination.commit, |commit| commit.hash);
    }
    match pull.merge_commit {
        Field::Value(commit) => {
            row.merge_commit_sha = commit.hash;
            row.merge_commit_at = commit.date;
        }
        Field::Null => {
            row.merge_commit_sha = Field::Null;
            row.merge_commit_at = Field::Null;
        }
        Field::Absent => {}
    }
    row.comment_count = pull.comment_count;
    row.task_count = pull.task_count;
    row.close_source_branch = pull.close_source_branch;
    row.source_url = Field::Value(match Links::page(pull.links) {
        Field::Value(page) => page,
        _ => page_of(repository, pull.id),
    });
    row.created_at = Field::Value(pull.created_on);
    row.updated_at = Field::Value(pull.updated_on);
    row.source_updated_at = Field::Value(pull.updated_on);
    rows.batch.pulls.push(row);
    people(id, pull.updated_on, pull.participants, pull.reviewers, rows);
}

/// The page of a pull request.
pub(super) fn page_of(repository: &RepositoryRef, number: i64) -> String {
    format!(
        "https://bitbucket.org/{}/pull-requests/{number}",
        repository.full_name
    )
}

/// Participants, and reviewers who have not done anything yet: Bitbucket lists these as reviewers
/// only. The list is complete only where participants were told at all.
fn people(
    pull_id: Id,
    updated_at: Instant,
    participants: Field<Vec<Option<Participant>>>,
    reviewers: Field<Vec<Option<Account>>>,
    rows: &mut Rows,
) {
    let told = !participants.is_absent();
    let mut listed = BTreeSet::new();
    for participant in participants.value().into_iter().flatten().flatten() {
        let Some(user_id) = participant.user.value().and_then(|who| user(who, rows)) else {
            continue;
        };
        listed.insert(user_id);
        let mut row = reviewer(pull_id, user_id, updated_at, rows);
        row.role = participant.role;
        row.approved = participant.approved;
        row.state = participant.state;
        row.participated_at = participant.participated_on;
        rows.batch.reviewers.push(row);
    }
    for account in reviewers.value().into_iter().flatten().flatten() {
        let Some(user_id) = user(account, rows) else {
            continue;
        };
        if !listed.insert(user_id) {
            continue;
        }
        let mut row = reviewer(pull_id, user_id, updated_at, rows);
        row.role = Field::Value("REVIEWER".to_owned());
        if told {
            row.approved = Field::Value(false);
            row.state = Field::Null;
            row.participated_at = Field::Null;
        }
        rows.batch.reviewers.push(row);
    }
    if told {
        rows.batch.participants.push(Participants {
            pull_id,
            source_updated_at: updated_at,
        });
    }
}

fn reviewer(pull_id: Id, user_id: Id, updated_at: Instant, rows: &Rows) -> ReviewerRow {
    let mut row = ReviewerRow::new(Id::reviewer(pull_id, user_id), rows.observed_at);
    row.pull_id = Field::Value(pull_id);
    row.user_id = Field::Value(user_id);
    row.source_updated_at = Field::Value(updated_at);
    row
}
