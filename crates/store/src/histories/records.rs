//! What the tables hold of pull requests, as JSON texts, put together.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::history::{Actor, Comment, Dismissal, Event, Participant, PullHistory};
use model::rows::{EventKind, PullState, UserType};
use model::{Id, Instant};
use serde::Deserialize;

use crate::StoreError;
use crate::flag::Flag;

/// Each table's rows as one JSON text: handing over a text costs as much as handing over a row.
pub(super) type Lists = (String, String, String, String, String);

fn is_set(flag: Option<Flag>) -> bool {
    flag.is_some_and(|flag| flag.0)
}

// A record is an array in JSON: the order of the members is that of the columns in `HISTORIES`.

#[derive(Deserialize)]
struct PullRecord<'a> {
    id: i64,
    number: i64,
    user_id: Option<i64>,
    #[serde(borrow)]
    state: Option<Cow<'a, str>>,
    draft: Option<Flag>,
    #[serde(borrow)]
    source_commit_sha: Option<Cow<'a, str>>,
    created_at: Instant,
    updated_at: Instant,
    merge_commit_at: Option<Instant>,
    comment_count: Option<i64>,
    proven_to: Option<Instant>,
    repository_id: Option<i64>,
    first_commit_at: Option<Instant>,
}

#[derive(Deserialize)]
struct EventRecord<'a> {
    pull_id: i64,
    id: i64,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    user_id: Option<i64>,
    #[serde(borrow)]
    r#type: Option<Cow<'a, str>>,
    occurred_at: Instant,
    #[serde(borrow)]
    state: Option<Cow<'a, str>>,
    status_changed_to: Option<String>,
    draft: Option<Flag>,
    draft_changed_to: Option<Flag>,
    source_commit_sha: Option<String>,
    #[serde(borrow)]
    reviewers_added: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct CommentRecord<'a> {
    pull_id: i64,
    id: i64,
    user_id: Option<i64>,
    #[serde(borrow)]
    r#type: Option<Cow<'a, str>>,
    created_at: Instant,
    updated_at: Option<Instant>,
    deleted: Option<Flag>,
    resolved_at: Option<Instant>,
}

#[derive(Deserialize)]
struct ParticipantRecord<'a> {
    pull_id: i64,
    user_id: i64,
    #[serde(borrow)]
    role: Option<Cow<'a, str>>,
    approved: Option<Flag>,
    #[serde(borrow)]
    state: Option<Cow<'a, str>>,
    participated_at: Option<Instant>,
    removed_at: Option<Instant>,
}

#[derive(Deserialize)]
struct DismissalRecord {
    pull_id: i64,
    source_id: String,
    user_id: Option<i64>,
    dismissed_at: Instant,
}

fn actor(user: Option<i64>, user_type: Option<&str>) -> Actor {
    let bot = user_type.is_some_and(|word| word != UserType::Human.as_str());
    Actor {
        user: user.map(Id),
        user_type: if bot { UserType::Bot } else { UserType::Human },
    }
}

impl From<PullRecord<'_>> for PullHistory {
    fn from(pull: PullRecord<'_>) -> Self {
        Self {
            pull_id: Id(pull.id),
            repository: pull.repository_id.map(Id),
            number: pull.number,
            author: pull.user_id.map(Id),
            state: pull.state.as_deref().and_then(PullState::parse),
            draft: is_set(pull.draft),
            source_commit_sha: pull.source_commit_sha.map(Cow::into_owned),
            created_at: pull.created_at,
            updated_at: pull.updated_at,
            merge_commit_at: pull.merge_commit_at,
            first_commit_at: pull.first_commit_at,
            comment_count: pull.comment_count,
            proven_to: pull.proven_to,
            events: Vec::new(),
            comments: Vec::new(),
            participants: None,
            dismissals: Vec::new(),
            people: BTreeMap::new(),
        }
    }
}

impl From<EventRecord<'_>> for Event {
    fn from(event: EventRecord<'_>) -> Self {
        Self {
            // Only these kinds are ever written; an unknown one is treated as the least telling.
            kind: EventKind::parse(&event.kind).unwrap_or(EventKind::Update),
            actor: actor(event.user_id, event.r#type.as_deref()),
            at: event.occurred_at,
            state: event.state.as_deref().and_then(PullState::parse),
            status_changed_to: event.status_changed_to,
            draft: event.draft.map(|flag| flag.0),
            draft_changed_to: event.draft_changed_to.map(|flag| flag.0),
            source_commit_sha: event.source_commit_sha,
            reviewers_added: event
                .reviewers_added
                .as_deref()
                .map(account_ids)
                .unwrap_or_default(),
        }
    }
}

impl From<CommentRecord<'_>> for Comment {
    fn from(comment: CommentRecord<'_>) -> Self {
        Self {
            actor: actor(comment.user_id, comment.r#type.as_deref()),
            created_at: comment.created_at,
            updated_at: comment.updated_at.unwrap_or(comment.created_at),
            deleted: is_set(comment.deleted),
            resolved_at: comment.resolved_at,
        }
    }
}

impl From<&ParticipantRecord<'_>> for Participant {
    fn from(participant: &ParticipantRecord<'_>) -> Self {
        Self {
            user: Id(participant.user_id),
            reviewer: participant.role.as_deref() == Some("REVIEWER"),
            approved: is_set(participant.approved),
            changes_requested: participant.state.as_deref() == Some("changes_requested"),
            participated_at: participant.participated_at,
        }
    }
}

/// The ids in a JSON array of texts, as `reviewers_added` holds them.
fn account_ids(json: &str) -> Vec<Id> {
    let texts: Vec<String> = serde_json::from_str(json).unwrap_or_default();
    texts
        .iter()
        .filter_map(|text| text.parse().ok())
        .map(Id)
        .collect()
}

/// The accounts that a pull request names as its author's or as somebody's who did something.
pub(super) fn accounts(history: &PullHistory) -> impl Iterator<Item = Id> + '_ {
    let voters = history.events.iter().filter_map(|event| event.actor.user);
    let commenters = history.comments.iter();
    let commenters = commenters.filter_map(|comment| comment.actor.user);
    history.author.into_iter().chain(voters).chain(commenters)
}

/// Puts together what the tables hold, by pull request.
pub(super) fn assemble(lists: &Lists) -> Result<Vec<PullHistory>, StoreError> {
    let (pulls, events, comments, participants, dismissals) = lists;
    let pulls: Vec<PullRecord<'_>> = serde_json::from_str(pulls)?;
    let mut events: Vec<EventRecord<'_>> = serde_json::from_str(events)?;
    let mut comments: Vec<CommentRecord<'_>> = serde_json::from_str(comments)?;
    let mut participants: Vec<ParticipantRecord<'_>> = serde_json::from_str(participants)?;
    let dismissals: Vec<DismissalRecord> = serde_json::from_str(dismissals)?;
    events.sort_unstable_by_key(|event| (event.occurred_at, event.id));
    comments.sort_unstable_by_key(|comment| (comment.created_at, comment.id));
    participants.sort_unstable_by_key(|participant| participant.user_id);
    let mut histories: BTreeMap<i64, PullHistory> = pulls
        .into_iter()
        .map(|record| (record.id, record.into()))
        .collect();
    for record in events {
        if let Some(history) = histories.get_mut(&record.pull_id) {
            history.events.push(record.into());
        }
    }
    for record in comments {
        if let Some(history) = histories.get_mut(&record.pull_id) {
            history.comments.push(record.into());
        }
    }
    for record in participants {
        if let Some(history) = histories.get_mut(&record.pull_id) {
            // Even when all of them have left, the list was told.
            let participants = history.participants.get_or_insert_default();
            if record.removed_at.is_none() {
                participants.push((&record).into());
            }
        }
    }
    for record in dismissals {
        if let Some(history) = histories.get_mut(&record.pull_id) {
            history.dismissals.push(Dismissal {
                source_id: record.source_id,
                user: record.user_id.map(Id),
                dismissed_at: record.dismissed_at,
            });
        }
    }
    Ok(histories.into_values().collect())
}
