//! Names for whoever shows rows by themselves.

use store::Db;

use super::{People, Places, Who};
use crate::AnalysisError;

/// The names of everybody and everything, as reports show them.
#[derive(Debug)]
pub struct Directory {
    pub(crate) people: People,
    pub(crate) places: Places,
}

impl Directory {
    /// Reads the names.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn load(db: &Db) -> Result<Self, AnalysisError> {
        let (people, places) =
            futures_util::future::try_join(People::load(db), Places::load(db)).await?;
        Ok(Self { people, places })
    }

    /// Whoever has this account.
    pub fn who(&self, account: Option<i64>) -> Who {
        self.people.who(account)
    }

    /// The name of whoever has this account.
    pub fn name(&self, account: Option<i64>) -> String {
        self.people.name(self.people.who(account))
    }

    /// Whether this account is a program's.
    pub fn is_bot(&self, account: Option<i64>) -> bool {
        self.people.is_bot(account)
    }

    /// All names of repositories, in order.
    pub fn repositories(&self) -> Vec<String> {
        self.places.all_repositories()
    }

    /// All names of projects, in order.
    pub fn projects(&self) -> Vec<String> {
        self.places.all_projects()
    }

    /// All names of teams, in order.
    pub fn teams(&self) -> Vec<String> {
        self.people.all_teams()
    }
}
