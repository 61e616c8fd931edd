//! Reading what is known of pull requests, and writing what was made of it.

use std::collections::HashMap;

use model::history::{Actor, Comment, Dismissal, Event, Participant, PullHistory};
use model::rows::{EventKind, PullRow, PullState, ReviewRow, UserType};
use model::{Id, Instant};
use serde_json::json;
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

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

#[derive(FromRow)]
struct PullRecord {
    id: i64,
    number: i64,
    user_id: Option<i64>,
    state: Option<String>,
    draft: Option<bool>,
    source_commit_sha: Option<String>,
    created_at: At,
    updated_at: At,
    merge_commit_at: Option<At>,
    first_commit_at: Option<At>,
    comment_count: Option<i64>,
    proven_to: Option<At>,
}

#[derive(FromRow)]
struct EventRecord {
    pull_id: i64,
    kind: String,
    user_id: Option<i64>,
    r#type: Option<String>,
    occurred_at: At,
    state: Option<String>,
    status_changed_to: Option<String>,
    draft: Option<bool>,
    draft_changed_to: Option<bool>,
    source_commit_sha: Option<String>,
    reviewers_added: Option<String>,
}

#[derive(FromRow)]
struct CommentRecord {
    pull_id: i64,
    user_id: Option<i64>,
    r#type: Option<String>,
    created_at: At,
    updated_at: Option<At>,
    deleted: Option<bool>,
    resolved_at: Option<At>,
}

#[derive(FromRow)]
struct ParticipantRecord {
    pull_id: i64,
    user_id: i64,
    role: Option<String>,
    approved: Option<bool>,
    state: Option<String>,
    participated_at: Option<At>,
    removed_at: Option<At>,
}

#[derive(FromRow)]
struct DismissalRecord {
    pull_id: i64,
    source_id: String,
    user_id: Option<i64>,
    dismissed_at: At,
}

fn actor(user: Option<i64>, user_type: Option<&str>) -> Actor {
    let bot = user_type.is_some_and(|word| word != UserType::Human.as_str());
    Actor {
        user: user.map(Id),
        user_type: if bot { UserType::Bot } else { UserType::Human },
    }
}

impl From<PullRecord> for PullHistory {
    fn from(pull: PullRecord) -> Self {
        Self {
            pull_id: Id(pull.id),
            number: pull.number,
            author: pull.user_id.map(Id),
            state: pull.state.as_deref().and_then(PullState::parse),
            draft: pull.draft.unwrap_or(false),
            source_commit_sha: pull.source_commit_sha,
            created_at: pull.created_at.0,
            updated_at: pull.updated_at.0,
            merge_commit_at: pull.merge_commit_at.map(Instant::from),
            first_commit_at: pull.first_commit_at.map(Instant::from),
            comment_count: pull.comment_count,
            proven_to: pull.proven_to.map(Instant::from),
            events: Vec::new(),
            comments: Vec::new(),
            participants: None,
            dismissals: Vec::new(),
        }
    }
}

impl From<EventRecord> for Event {
    fn from(event: EventRecord) -> Self {
        Self {
            // Only these kinds are ever written; an unknown one is treated as the least telling.
            kind: EventKind::parse(&event.kind).unwrap_or(EventKind::Update),
            actor: actor(event.user_id, event.r#type.as_deref()),
            at: event.occurred_at.0,
            state: event.state.as_deref().and_then(PullState::parse),
            status_changed_to: event.status_changed_to,
            draft: event.draft,
            draft_changed_to: event.draft_changed_to,
            source_commit_sha: event.source_commit_sha,
            reviewers_added: event
                .reviewers_added
                .as_deref()
                .map(account_ids)
                .unwrap_or_default(),
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

impl WriteTx {
    /// Everything held about these pull requests; those whose own row is not there yet are left
    /// out.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn histories(&mut self, pulls: &[Id]) -> Result<Vec<PullHistory>, StoreError> {
        let ids = serde_json::to_string(pulls)?;
        let records: Vec<PullRecord> = self.of_pulls(HISTORY_PULLS, &ids).await?;
        let events: Vec<EventRecord> = self.of_pulls(HISTORY_EVENTS, &ids).await?;
        let comments: Vec<CommentRecord> = self.of_pulls(HISTORY_COMMENTS, &ids).await?;
        let participants: Vec<ParticipantRecord> =
            self.of_pulls(HISTORY_PARTICIPANTS, &ids).await?;
        let dismissals: Vec<DismissalRecord> = self.of_pulls(HISTORY_DISMISSALS, &ids).await?;
        let mut histories: HashMap<i64, PullHistory> = records
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
                history.comments.push(Comment {
                    actor: actor(record.user_id, record.r#type.as_deref()),
                    created_at: record.created_at.0,
                    updated_at: record.updated_at.map_or(record.created_at.0, Instant::from),
                    deleted: record.deleted.unwrap_or(false),
                    resolved_at: record.resolved_at.map(Instant::from),
                });
            }
        }
        for record in participants {
            if let Some(history) = histories.get_mut(&record.pull_id) {
                // Even when all of them have left, the list was told.
                let participants = history.participants.get_or_insert_default();
                if record.removed_at.is_some() {
                    continue;
                }
                participants.push(Participant {
                    user: Id(record.user_id),
                    reviewer: record.role.as_deref() == Some("REVIEWER"),
                    approved: record.approved.unwrap_or(false),
                    changes_requested: record.state.as_deref() == Some("changes_requested"),
                    participated_at: record.participated_at.map(Instant::from),
                });
            }
        }
        for record in dismissals {
            if let Some(history) = histories.get_mut(&record.pull_id) {
                history.dismissals.push(Dismissal {
                    source_id: record.source_id,
                    user: record.user_id.map(Id),
                    dismissed_at: record.dismissed_at.0,
                });
            }
        }
        let mut histories: Vec<PullHistory> = histories.into_values().collect();
        histories.sort_by_key(|history| history.pull_id);
        Ok(histories)
    }

    /// The rows that a statement has for these pull requests.
    async fn of_pulls<R>(&mut self, statement: &str, ids: &str) -> Result<Vec<R>, StoreError>
    where
        R: Send + Unpin + for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow>,
    {
        let sql = self.engine().sql(statement);
        Ok(on_tx!(self, |db| sqlx::query_as(sql)
            .bind(ids)
            .fetch_all(db)
            .await?))
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
