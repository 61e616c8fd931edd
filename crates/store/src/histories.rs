//! Reading what is known of pull requests, and writing what was made of it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::Arc;

use model::history::{Actor, Comment, Dismissal, Event, Participant, Person, PullHistory};
use model::rows::{EventKind, PullRow, PullState, ReviewRow, UserType};
use model::{Id, Instant};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;
use crate::{At, StoreError, Upserted};

/// What holding a pull request against Bitbucket's own counts came to.
#[derive(Clone, Debug)]
pub struct Proof {
    /// The pull request.
    pub pull_id: Id,
    /// The version that was proven.
    pub proven_to: Instant,
    /// The difference that remained after everything was read again.
    pub difference: Option<String>,
}

/// Each table's rows as one JSON text: handing over a text costs as much as handing over a row.
type Lists = (String, String, String, String, String);

/// A truth, which SQLite writes as a number.
#[derive(Clone, Copy)]
pub(crate) struct Flag(pub(crate) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Flag;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a truth")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Flag, E> {
                Ok(Flag(value))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Flag, E> {
                Ok(Flag(value != 0))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

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
fn accounts(history: &PullHistory) -> impl Iterator<Item = Id> + '_ {
    let voters = history.events.iter().filter_map(|event| event.actor.user);
    let commenters = history.comments.iter();
    let commenters = commenters.filter_map(|comment| comment.actor.user);
    history.author.into_iter().chain(voters).chain(commenters)
}

/// Puts together what the tables hold, by pull request.
fn assemble(lists: &Lists) -> Result<Vec<PullHistory>, StoreError> {
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

impl WriteTx {
    /// Everything held about these pull requests, as this transaction sees it, and whose the
    /// accounts are that they name; those whose own row is not there yet are left out.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn histories(&mut self, pulls: &[Id]) -> Result<Vec<PullHistory>, StoreError> {
        let ids = serde_json::to_string(pulls)?;
        let sql = self.engine().sql(HISTORIES);
        let lists: Lists = on_tx!(self, |db| sqlx::query_as(sql)
            .bind(ids)
            .fetch_one(db)
            .await?);
        let mut histories = assemble(&lists)?;
        self.add_people(&mut histories).await?;
        Ok(histories)
    }

    async fn add_people(&mut self, histories: &mut [PullHistory]) -> Result<(), StoreError> {
        let named: BTreeSet<Id> = histories.iter().flat_map(accounts).collect();
        let ids = serde_json::to_string(&named)?;
        let sql = self.engine().sql(PEOPLE_OF_ACCOUNTS);
        let records: Vec<(i64, i64, Option<String>)> = on_tx!(self, |db| sqlx::query_as(sql)
            .bind(ids)
            .fetch_all(db)
            .await?);
        let known: HashMap<Id, Person> = records
            .into_iter()
            .map(|(account, user, timezone)| {
                let timezone = timezone.map(Arc::from);
                (Id(account), Person { user, timezone })
            })
            .collect();
        for history in histories {
            let people = accounts(history)
                .filter_map(|account| Some((account, known.get(&account)?.clone())))
                .collect();
            history.people = people;
        }
        Ok(())
    }

    /// The participants of a pull request are these and no others, as of `version`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn keep_participants(
        &mut self,
        pull: Id,
        rows: &[Id],
        version: Instant,
    ) -> Result<u64, StoreError> {
        let ids = serde_json::to_string(rows)?;
        let engine = self.engine();
        Ok(on_tx!(self, |db| {
            let removed = sqlx::query(engine.sql(REMOVE_PARTICIPANTS))
                .bind(pull.0)
                .bind(&ids)
                .bind(At(version))
                .execute(&mut *db)
                .await?
                .rows_affected();
            let restored = sqlx::query(engine.sql(RESTORE_PARTICIPANTS))
                .bind(pull.0)
                .bind(&ids)
                .bind(At(version))
                .execute(&mut *db)
                .await?
                .rows_affected();
            removed + restored
        }))
    }

    /// The reviews of these pull requests are these and no others: they are made from activity and
    /// comments, so one that these no longer bear out goes.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn replace_reviews(
        &mut self,
        pulls: &[Id],
        rows: &[ReviewRow],
    ) -> Result<Upserted, StoreError> {
        let upserted = self.upsert(rows).await?;
        let sql = self.engine().sql(DELETE_REVIEWS);
        let pulls = serde_json::to_string(pulls)?;
        let kept = serde_json::to_string(&rows.iter().map(|row| row.id).collect::<Vec<_>>())?;
        on_tx!(self, |db| {
            sqlx::query(sql).bind(pulls).bind(kept).execute(db).await?;
        });
        Ok(upserted)
    }

    /// Writes down that pull requests were proven.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_proofs(&mut self, proofs: &[Proof]) -> Result<(), StoreError> {
        let rows: Vec<serde_json::Value> = proofs
            .iter()
            .map(|proof| {
                json!({
                    "id": proof.pull_id,
                    "proven_to": proof.proven_to,
                    "proof": if proof.difference.is_some() { "explained" } else { "agrees" },
                    "proof_note": proof.difference,
                })
            })
            .collect();
        self.set_derived(
            &PullRow::TABLE,
            &["proven_to", "proof", "proof_note"],
            &rows,
        )
        .await?;
        Ok(())
    }

    /// Marks a pull request as gone from Bitbucket.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn mark_pull_deleted(&mut self, pull: Id, now: Instant) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(DELETE_PULL)
                .bind(pull.0)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }
}

impl Db {
    /// Everything held about these pull requests; those whose own row is not there yet are left
    /// out.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn histories(&self, pulls: &[Id]) -> Result<Vec<PullHistory>, StoreError> {
        let ids = serde_json::to_string(pulls)?;
        let sql = self.engine().sql(HISTORIES);
        let lists: Lists = on_pool!(self, |pool| sqlx::query_as(sql)
            .bind(ids)
            .fetch_one(pool)
            .await?);
        assemble(&lists)
    }

    /// The pull requests of a repository whose newest version is not proven, by number.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn unproven(&self, repository: Id) -> Result<Vec<Id>, StoreError> {
        let found: Vec<(i64,)> = on_pool!(self, |pool| sqlx::query_as(UNPROVEN)
            .bind(repository.0)
            .fetch_all(pool)
            .await?);
        Ok(found.into_iter().map(|(id,)| Id(id)).collect())
    }

    /// Whether a pull request of the repository changed in a way that its feed may tell of and was
    /// not asked for yet: after everything that the feed was seen to tell (`told`), and seen after
    /// the feed was last opened.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn has_untold_changes(
        &self,
        repository: Id,
        told: Instant,
        opened: Instant,
    ) -> Result<bool, StoreError> {
        let (count,): (i64,) = on_pool!(self, |pool| sqlx::query_as(UNTOLD)
            .bind(repository.0)
            .bind(At(told))
            .bind(At(opened))
            .fetch_one(pool)
            .await?);
        Ok(count > 0)
    }

    /// Pull requests of a workspace where a difference remained: repository, number, and what.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn explained(&self, workspace: Id) -> Result<Vec<(String, i64, String)>, StoreError> {
        let found: Vec<(Option<String>, i64, Option<String>)> = on_pool!(self, |pool| {
            sqlx::query_as(EXPLAINED)
                .bind(workspace.0)
                .fetch_all(pool)
                .await?
        });
        Ok(found
            .into_iter()
            .map(|(name, number, note)| {
                (name.unwrap_or_default(), number, note.unwrap_or_default())
            })
            .collect())
    }

    /// How many runs of a repository's pipeline have not ended, and when the oldest began.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn unfinished_pipelines(
        &self,
        repository: Id,
    ) -> Result<(u64, Option<Instant>), StoreError> {
        let (count, oldest): (i64, Option<At>) = on_pool!(self, |pool| {
            sqlx::query_as(UNFINISHED_PIPELINES)
                .bind(repository.0)
                .fetch_one(pool)
                .await?
        });
        Ok((u64::try_from(count).unwrap_or(0), oldest.map(Instant::from)))
    }
}
