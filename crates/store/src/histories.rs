//! Reading what is known of pull requests, and writing what was made of it.

mod records;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use model::history::{Person, PullHistory};
use model::rows::{PullRow, ReviewRow};
use model::{Id, Instant};
use serde_json::json;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;
use crate::{At, StoreError, Upserted};
use records::{Lists, accounts, assemble};

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
