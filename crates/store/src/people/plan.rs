//! Writing who is who.

use std::collections::BTreeSet;

use model::rows::{UserRow, UserType};
use model::{Id, Instant};
use serde_json::json;

use super::{IdentitySource, MatchedBy};
use crate::engine::{WriteTx, on_tx};
use crate::statements::people::*;
use crate::{At, StoreError};

/// A person who is there, or one that is to be made: by its place among those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PersonRef {
    /// `users.id`.
    Known(i64),
    /// The place among the new ones.
    New(usize),
}

/// What a match says of a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonValues {
    /// The name.
    pub name: Option<String>,
    /// The address, in lower case.
    pub email: Option<String>,
    /// The time zone.
    pub timezone: Option<String>,
    /// Whether no address is known.
    pub provisional: bool,
    /// Whether an account of theirs is in use.
    pub active: bool,
}

/// What a match says of an account or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityPlan {
    /// What kind of thing.
    pub source: IdentitySource,
    /// The account's row in its own table.
    pub row: Option<Id>,
    /// What the source calls it.
    pub account: String,
    /// The person.
    pub person: PersonRef,
    /// How that is known.
    pub matched_by: MatchedBy,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlanWritten {
    /// The numbers of the new people, by their places.
    pub made: Vec<i64>,
}

impl PlanWritten {
    /// The number of a person.
    pub fn number(&self, person: PersonRef) -> Option<i64> {
        match person {
            PersonRef::Known(id) => Some(id),
            PersonRef::New(place) => self.made.get(place).copied(),
        }
    }
}

impl WriteTx {
    /// Makes people; the result are their numbers, in the same order.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn make_people(
        &mut self,
        people: &[PersonValues],
        now: Instant,
    ) -> Result<PlanWritten, StoreError> {
        let mut made = Vec::with_capacity(people.len());
        for person in people {
            let (id,): (i64,) = on_tx!(self, |db| sqlx::query_as(INSERT_PERSON)
                .bind(&person.name)
                .bind(&person.email)
                .bind(&person.timezone)
                .bind(person.provisional)
                .bind(person.active)
                .bind(At(now))
                .fetch_one(db)
                .await?);
            made.push(id);
        }
        Ok(PlanWritten { made })
    }

    /// Writes what a match says of a person.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_person(&mut self, id: i64, values: &PersonValues) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SET_PERSON)
                .bind(id)
                .bind(&values.name)
                .bind(&values.email)
                .bind(&values.timezone)
                .bind(values.provisional)
                .bind(values.active)
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Makes one of two people: accounts, teams and decisions of `from` become those of `into`, and
    /// `from` is gone.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn merge_people(&mut self, from: i64, into: i64) -> Result<(), StoreError> {
        for statement in [
            MOVE_IDENTITIES,
            MOVE_MEMBERSHIPS,
            DROP_DOUBLE_DECISIONS,
            MOVE_DECISIONS,
        ] {
            on_tx!(self, |db| {
                sqlx::query(statement)
                    .bind(from)
                    .bind(into)
                    .execute(db)
                    .await?;
            });
        }
        on_tx!(self, |db| {
            sqlx::query(REMOVE_PERSON).bind(from).execute(db).await?;
        });
        Ok(())
    }

    /// Takes somebody away of whom nothing is known, unless a team knows them.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn remove_nobody(&mut self, id: i64) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(REMOVE_NOBODY).bind(id).execute(db).await?;
        });
        Ok(())
    }

    /// Takes identities away: the accounts and addresses by source and name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn remove_identities(
        &mut self,
        identities: &BTreeSet<(IdentitySource, String)>,
    ) -> Result<(), StoreError> {
        for (source, account) in identities {
            on_tx!(self, |db| {
                sqlx::query(REMOVE_IDENTITY)
                    .bind(source.as_str())
                    .bind(account)
                    .execute(db)
                    .await?;
            });
        }
        Ok(())
    }

    /// Writes whose an account or an address is.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_identity(
        &mut self,
        identity: &IdentityPlan,
        user: i64,
        now: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SET_IDENTITY)
                .bind(identity.source.as_str())
                .bind(identity.row.map(|row| row.0))
                .bind(&identity.account)
                .bind(user)
                .bind(identity.matched_by.as_str())
                .bind(identity.matched_by.confidence())
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Writes what accounts are.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_account_types(&mut self, types: &[(Id, UserType)]) -> Result<(), StoreError> {
        let rows: Vec<_> = types
            .iter()
            .map(|(id, user_type)| {
                json!({
                    "id": id,
                    "type": user_type.as_str(),
                    "bot": *user_type != UserType::Human,
                })
            })
            .collect();
        self.set_derived(&UserRow::TABLE, &["type", "bot"], &rows)
            .await?;
        Ok(())
    }

    /// Writes the addresses that accounts are known by.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_account_emails(
        &mut self,
        emails: &[(Id, Option<String>)],
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = emails
            .iter()
            .map(|(id, email)| json!({ "id": id, "email": email }))
            .collect();
        self.set_derived(&UserRow::TABLE, &["email"], &rows).await?;
        Ok(())
    }

    /// Keeps what Bitbucket said when it was asked whose some addresses are.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn save_lookups(
        &mut self,
        workspace: Id,
        answers: &[(String, Option<Id>)],
        now: Instant,
    ) -> Result<(), StoreError> {
        for (address, account) in answers {
            on_tx!(self, |db| {
                sqlx::query(SAVE_LOOKUP)
                    .bind(workspace.0)
                    .bind(address)
                    .bind(account.map(|account| account.0))
                    .bind(At(now))
                    .execute(db)
                    .await?;
            });
        }
        Ok(())
    }
}
