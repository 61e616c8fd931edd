//! People: who they are, and which accounts and addresses are theirs.

mod decisions;
mod evidence;
mod forgotten;
mod plan;
mod teams;

pub use decisions::{NewDecision, PersonEdit};
pub use evidence::{
    Account, AddressLookup, CommitAddress, Decision, Evidence, Identity, JiraAccount, Person,
};
pub use forgotten::{ForgetKey, Forgettable};
pub use plan::{IdentityPlan, PersonRef, PersonValues, PlanWritten};
pub use teams::{Team, TeamMember};

use model::Id;

use crate::StoreError;
use crate::engine::{WriteTx, on_tx};
use crate::statements::people::*;

/// Where an account or an address is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentitySource {
    /// An account of Bitbucket, by its UUID.
    Bitbucket,
    /// An Atlassian account that Jira lists, by its account id.
    Jira,
    /// An address.
    Email,
}

impl IdentitySource {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bitbucket, Self::Jira, Self::Email];

    /// The word in `identities.source`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bitbucket => "bitbucket",
            Self::Jira => "jira",
            Self::Email => "email",
        }
    }

    /// The source that a word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// How an account or an address found its person, the strongest reason first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchedBy {
    /// Somebody said so.
    Decision,
    /// Bitbucket and Jira have the same Atlassian account id.
    Jira,
    /// The account stands beside the address on commits.
    Commit,
    /// Bitbucket's filter of members names the account for the address.
    Members,
    /// The same verified address in two sources.
    Address,
    /// Nothing is known but the account.
    Account,
}

impl MatchedBy {
    /// All of them, the strongest first.
    pub const ALL: [Self; 6] = [
        Self::Decision,
        Self::Jira,
        Self::Commit,
        Self::Members,
        Self::Address,
        Self::Account,
    ];

    /// The word in `identities.matched_by`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Jira => "jira",
            Self::Commit => "commit",
            Self::Members => "members",
            Self::Address => "address",
            Self::Account => "account",
        }
    }

    /// The reason that a word stands for.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    /// The word in `identities.confidence`.
    pub fn confidence(self) -> &'static str {
        match self {
            Self::Decision | Self::Jira | Self::Members | Self::Address => "certain",
            Self::Commit => "likely",
            Self::Account => "none",
        }
    }
}

/// Whoever matches people keeps others from doing so meanwhile.
const SCOPE: &str = "people";

impl WriteTx {
    /// Keeps everybody else from matching people, and from deciding about them, until the end of the
    /// transaction.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn lock_people(&mut self) -> Result<(), StoreError> {
        self.lock(Id::of(SCOPE, &[])).await
    }

    /// Says of accounts that were just written what they are, as far as Bitbucket tells it: the match
    /// at the end of an import knows more. What those did who turn out to be programs is marked to be
    /// measured again.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn classify_new_accounts(&mut self, accounts: &[Id]) -> Result<(), StoreError> {
        if accounts.is_empty() {
            return Ok(());
        }
        let ids = serde_json::to_string(accounts)?;
        let engine = self.engine();
        let programs: Vec<(i64,)> = on_tx!(self, |db| {
            sqlx::query(engine.sql(CLASSIFY_NEW_ACCOUNTS))
                .bind(&ids)
                .execute(&mut *db)
                .await?;
            sqlx::query_as(engine.sql(CLASSIFY_PROGRAMS))
                .bind(&ids)
                .fetch_all(db)
                .await?
        });
        let programs: Vec<Id> = programs.into_iter().map(|(id,)| Id(id)).collect();
        self.mark_unmeasured_of_accounts(&programs).await?;
        Ok(())
    }
}
