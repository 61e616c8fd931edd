//! What somebody said of accounts, addresses and people.

use std::collections::BTreeSet;

use model::Instant;
use model::rows::UserType;

use super::{IdentitySource, Person};
use crate::engine::{WriteTx, on_tx};
use crate::statements::people::*;
use crate::{At, StoreError};

/// What somebody says of an account or an address.
#[derive(Clone, Copy, Debug)]
pub struct NewDecision<'a> {
    /// The person (`users.id`).
    pub user: i64,
    /// What kind of thing.
    pub source: IdentitySource,
    /// Which: a UUID in braces, an Atlassian account id, an address in lower case.
    pub account: &'a str,
    /// Whether it is theirs; otherwise it never is.
    pub link: bool,
    /// Who says so.
    pub decided_by: &'a str,
    /// When.
    pub decided_at: Instant,
}

/// What somebody sets of a person; what is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonEdit {
    /// The name.
    pub name: Option<String>,
    /// The address, in lower case.
    pub email: Option<String>,
    /// The time zone, such as `Europe/Lisbon`.
    pub timezone: Option<String>,
    /// The first day, as YYYY-MM-DD.
    pub started_on: Option<String>,
    /// Whether they count as a developer.
    pub developer: Option<bool>,
}

impl PersonEdit {
    /// What differs from what is known of a person, or was not set by anybody so far.
    pub fn news_for(&self, person: &Person) -> Self {
        let text = |column: &str, new: &Option<String>, held: &Option<String>| {
            new.clone()
                .filter(|_| new != held || !person.is_set_by_hand(column))
        };
        Self {
            name: text("name", &self.name, &person.name),
            email: text("email", &self.email, &person.email),
            timezone: text("timezone", &self.timezone, &person.timezone),
            started_on: text("started_on", &self.started_on, &person.started_on),
            developer: (self.developer)
                .filter(|new| *new != person.developer || !person.is_set_by_hand("developer")),
        }
    }

    /// The columns that are set.
    pub fn columns(&self) -> BTreeSet<&'static str> {
        [
            ("name", self.name.is_some()),
            ("email", self.email.is_some()),
            ("timezone", self.timezone.is_some()),
            ("started_on", self.started_on.is_some()),
            ("developer", self.developer.is_some()),
        ]
        .into_iter()
        .filter_map(|(column, is_set)| is_set.then_some(column))
        .collect()
    }
}

impl WriteTx {
    /// Sets what somebody says of a person: no import changes it from then on.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn edit_person(
        &mut self,
        person: &Person,
        edit: &PersonEdit,
    ) -> Result<(), StoreError> {
        let columns = edit.columns();
        let set: BTreeSet<&str> = (person.set_by_hand.iter().map(String::as_str))
            .chain(columns.iter().copied())
            .collect();
        let set = set.into_iter().collect::<Vec<_>>().join(",");
        on_tx!(self, |db| {
            sqlx::query(EDIT_PERSON)
                .bind(person.id)
                .bind(&edit.name)
                .bind(&edit.email)
                .bind(&edit.timezone)
                .bind(&edit.started_on)
                .bind(edit.developer)
                .bind(set)
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Keeps what somebody said. Of one account or address one person can be said to have it: a new
    /// link takes the place of one to somebody else.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn decide_link(&mut self, decision: NewDecision<'_>) -> Result<(), StoreError> {
        let word = if decision.link { "link" } else { "unlink" };
        on_tx!(self, |db| {
            if decision.link {
                sqlx::query(REMOVE_OTHER_LINKS)
                    .bind(decision.user)
                    .bind(decision.source.as_str())
                    .bind(decision.account)
                    .execute(&mut *db)
                    .await?;
            }
            sqlx::query(DECIDE_LINK)
                .bind(decision.user)
                .bind(decision.source.as_str())
                .bind(decision.account)
                .bind(word)
                .bind(decision.decided_by)
                .bind(At(decision.decided_at))
                .execute(&mut *db)
                .await?;
        });
        Ok(())
    }

    /// Keeps what somebody said an account is.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn decide_type(
        &mut self,
        account: &str,
        user_type: UserType,
        decided_by: &str,
        now: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(DECIDE_TYPE)
                .bind(account)
                .bind(user_type.as_str())
                .bind(decided_by)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }
}
