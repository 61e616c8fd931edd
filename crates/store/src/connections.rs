//! Connections: which workspace, and where its API is.

use model::Instant;

use crate::engine::{Db, on_pool, on_tx};
use crate::statements::*;
use crate::{At, StoreError};

/// A connection.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Connection {
    /// Its number.
    pub id: i64,
    /// `bitbucket_cloud`.
    pub kind: String,
    /// Its name: the workspace, unless another was given.
    pub name: String,
    /// The workspace's slug.
    pub workspace: String,
    /// The address of the API.
    pub base_url: String,
}

impl Db {
    /// The Bitbucket connection of this name, made if it is not there.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn ensure_connection(
        &self,
        name: &str,
        workspace: &str,
        base_url: &str,
        now: Instant,
    ) -> Result<Connection, StoreError> {
        let mut tx = self.write().await?;
        let connection: Connection = on_tx!(&mut tx, |connection| {
            sqlx::query(INSERT_CONNECTION)
                .bind("bitbucket_cloud")
                .bind(name)
                .bind(workspace)
                .bind(base_url)
                .bind(At(now))
                .execute(&mut *connection)
                .await?;
            let found: Connection = sqlx::query_as(CONNECTION_BY_NAME)
                .bind(name)
                .fetch_one(&mut *connection)
                .await?;
            // A connection of another workspace is the caller's to refuse, and keeps its address.
            sqlx::query(MOVE_CONNECTION)
                .bind(found.id)
                .bind(base_url)
                .bind(workspace)
                .execute(&mut *connection)
                .await?;
            found
        });
        tx.commit().await?;
        Ok(connection)
    }

    /// All connections, by name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn connections(&self) -> Result<Vec<Connection>, StoreError> {
        Ok(on_pool!(self, |pool| sqlx::query_as(CONNECTIONS)
            .fetch_all(pool)
            .await?))
    }
}
