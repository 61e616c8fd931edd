//! People: who they are, and which accounts and addresses are theirs.

use model::Id;

use crate::StoreError;
use crate::engine::{WriteTx, on_tx};
use crate::statements::people::*;

impl WriteTx {
    /// Says of accounts that were just written what they are, as far as Bitbucket tells it: the match
    /// at the end of an import knows more.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn classify_new_accounts(&mut self, accounts: &[Id]) -> Result<(), StoreError> {
        self.of_accounts(CLASSIFY_NEW_ACCOUNTS, accounts).await
    }

    /// Notes that every pull request which some accounts opened or had a part in has to be measured:
    /// what the accounts are, or whose, has changed.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn mark_unmeasured_of_accounts(&mut self, accounts: &[Id]) -> Result<(), StoreError> {
        self.of_accounts(MARK_UNMEASURED_OF_ACCOUNTS, accounts)
            .await
    }

    async fn of_accounts(
        &mut self,
        statement: &'static str,
        accounts: &[Id],
    ) -> Result<(), StoreError> {
        if accounts.is_empty() {
            return Ok(());
        }
        let ids = serde_json::to_string(accounts)?;
        let sql = self.engine().sql(statement);
        on_tx!(self, |db| {
            sqlx::query(sql).bind(ids).execute(db).await?;
        });
        Ok(())
    }
}
