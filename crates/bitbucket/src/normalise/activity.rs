//! Activity entries.

use model::rows::{EventKind, EventRow};
use model::{Field, Id};
use serde_json::Value;

use super::account::user_id;
use super::comment::{Teller, comment};
use super::{Rows, missing_is_none};
use crate::RepositoryRef;
use crate::wire::account::Account;
use crate::wire::activity::{Entry, Update, Vote};
use crate::wire::comment::Numbered;
use crate::wire::within;

/// Takes in an entry; one that holds nothing but its pull request says nothing. `number` is the
/// pull request that was asked for, if it was one.
///
/// # Errors
/// The path of the member that would have said which pull request the entry is about.
pub(crate) fn entry(
    entry: Entry,
    repository: &RepositoryRef,
    number: Option<i64>,
    rows: &mut Rows,
) -> Result<(), &'static str> {
    let votes = [
        (EventKind::Approval, entry.approval),
        (EventKind::ChangesRequested, entry.changes_requested),
        (EventKind::ChangesRequested, entry.changes_request),
    ];
    let within_entry = votes
        .iter()
        .find_map(|(_, vote)| vote.as_value().and_then(|vote| id_of(&vote.pullrequest)))
        .or_else(|| {
            let comment = entry.comment.as_value()?;
            id_of(&comment.pullrequest)
        });
    let number = number.or(id_of(&entry.pull_request)).or(within_entry);
    let says_nothing = entry.update.as_value().is_none()
        && entry.comment.as_value().is_none()
        && votes.iter().all(|(_, vote)| vote.as_value().is_none());
    if says_nothing {
        return Ok(());
    }
    let number = number.ok_or("pull_request.id")?;
    let pull_id = Id::pull(&repository.uuid, number);
    if let Field::Value(told) = entry.update {
        rows.mark(number, pull_id, told.date);
        update(told, pull_id, rows);
    }
    for (kind, told) in votes {
        if let Field::Value(told) = told {
            rows.mark(number, pull_id, told.date);
            vote(kind, told, pull_id, rows);
        }
    }
    if let Field::Value(told) = entry.comment {
        comment(told, repository, number, Teller::Activity, rows);
    }
    Ok(())
}

fn id_of(numbered: &Field<Numbered>) -> Option<i64> {
    numbered.as_value().and_then(|numbered| numbered.id)
}

/// An entry is told once and whole: what it leaves out is not there. So its row says every column,
/// and a page's rows are written by one statement.
fn whole(row: EventRow) -> EventRow {
    EventRow {
        state: missing_is_none(row.state),
        status_changed_to: missing_is_none(row.status_changed_to),
        draft: missing_is_none(row.draft),
        draft_changed_to: missing_is_none(row.draft_changed_to),
        source_commit_sha: missing_is_none(row.source_commit_sha),
        target_branch: missing_is_none(row.target_branch),
        reviewers_added: missing_is_none(row.reviewers_added),
        reviewers_removed: missing_is_none(row.reviewers_removed),
        ..row
    }
}

/// Takes in a vote, or that one was taken back.
pub(crate) fn vote(kind: EventKind, vote: Vote, pull_id: Id, rows: &mut Rows) {
    let user = user_id(vote.user, rows).value();
    let row = EventRow::of(pull_id, kind, user, vote.date, rows.observed_at);
    rows.batch.events.push(whole(row));
}

fn update(update: Update, pull_id: Id, rows: &mut Rows) {
    let user = user_id(update.author, rows).value();
    let mut row = EventRow::of(
        pull_id,
        EventKind::Update,
        user,
        update.date,
        rows.observed_at,
    );
    row.state = update.state;
    row.draft = update.draft;
    if let Field::Value(source) = update.source {
        row.source_commit_sha = within(source.commit, |commit| commit.hash);
    }
    if let Field::Value(destination) = update.destination {
        row.target_branch = within(destination.branch, |branch| branch.name);
    }
    if let Field::Value(changes) = &update.changes {
        let changed_to = |what: &str| changes.get(what).and_then(|change| change.get("new"));
        if let Some(status) = changed_to("status").and_then(Value::as_str) {
            row.status_changed_to = Field::Value(status.to_owned());
        }
        if let Some(draft) = changed_to("draft").and_then(Value::as_bool) {
            row.draft_changed_to = Field::Value(draft);
        }
        let mut moved = |which: &str| match changes.get("reviewers").and_then(|r| r.get(which)) {
            Some(Value::Array(accounts)) => Field::Value(ids_of(accounts, rows)),
            _ => Field::Absent,
        };
        row.reviewers_added = moved("added");
        row.reviewers_removed = moved("removed");
    }
    rows.batch.events.push(whole(row));
}

/// The ids of accounts as a JSON array of text.
fn ids_of(accounts: &[Value], rows: &mut Rows) -> String {
    let ids: Vec<Value> = accounts
        .iter()
        .filter_map(|account| serde_json::from_value::<Account>(account.clone()).ok())
        .filter_map(|account| super::account::user(account, rows))
        .map(|id| Value::String(id.to_string()))
        .collect();
    Value::Array(ids).to_string()
}
