//! What a command that changes something works with.

use std::sync::Arc;

use analysis::Today;
use chrono::NaiveDate;
use model::{Clock, Instant};
use store::{AuditEntry, Connection, Db, StoredCredential};

use crate::actor;
use crate::cli::Global;
use crate::clock::SystemClock;
use crate::command::require_file;
use crate::config::Config;
use crate::nearest::no_such;

/// Configuration, database and time.
pub(crate) struct Session {
    pub(crate) config: Config,
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    /// Who changes something, for the log of changes.
    pub(crate) actor: String,
}

impl Session {
    /// Opens a database that is there.
    pub(crate) async fn open(global: &Global) -> anyhow::Result<Self> {
        Self::open_configured(Config::load(global, None)?).await
    }

    /// Opens the database of a configuration, which must be there.
    pub(crate) async fn open_configured(config: Config) -> anyhow::Result<Self> {
        let address = config.database("windlass.db")?;
        require_file(&address)?;
        Self::at(config, &address).await
    }

    /// Opens the database, made if it is not there.
    pub(crate) async fn open_or_make(global: &Global) -> anyhow::Result<Self> {
        let config = Config::load(global, None)?;
        config.make_data_dir()?;
        let address = config.database("windlass.db")?;
        Self::at(config, &address).await
    }

    async fn at(config: Config, address: &str) -> anyhow::Result<Self> {
        Ok(Self {
            db: Db::open(address).await?,
            config,
            clock: Arc::new(SystemClock),
            actor: actor::of_command_line(),
        })
    }

    /// The same on behalf of somebody else.
    pub(crate) fn acting_as(&self, actor: String) -> Self {
        Self {
            config: self.config.clone(),
            db: self.db.clone(),
            clock: Arc::clone(&self.clock),
            actor,
        }
    }

    /// Now.
    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }

    /// What day it is for the account.
    pub(crate) async fn today(&self) -> anyhow::Result<NaiveDate> {
        Ok(Today::load(&self.db, self.now()).await?.date())
    }

    /// The entry of the log for a change that is made now.
    pub(crate) fn entry(
        &self,
        action: &str,
        subject: String,
        detail: Option<String>,
    ) -> AuditEntry {
        AuditEntry {
            occurred_at: self.now(),
            actor: self.actor.clone(),
            action: action.to_owned(),
            subject,
            detail,
        }
    }

    /// The connection of this name, or the failure that names the nearest.
    pub(crate) async fn connection(&self, name: &str) -> anyhow::Result<Connection> {
        if let Some(connection) = self.db.connection(name).await? {
            return Ok(connection);
        }
        let known = self.db.connections().await?;
        let names = known.iter().map(|connection| connection.name.as_str());
        let empty = "there is none yet. `windlass connection add` makes one";
        Err(no_such("connection", name, names, "windlass connection list", empty).into())
    }

    /// The credential of this label, or the failure that names the nearest.
    pub(crate) async fn credential(
        &self,
        connection: &Connection,
        label: &str,
    ) -> anyhow::Result<StoredCredential> {
        let credentials = self.db.credentials(connection.id).await?;
        if let Some(found) = credentials.iter().find(|one| one.label == label) {
            return Ok(found.clone());
        }
        let labels = credentials.iter().map(|one| one.label.as_str());
        let all = format!("windlass credential list {}", connection.name);
        let empty = "there is none yet. `windlass credential add` makes one";
        Err(no_such("credential", label, labels, &all, empty).into())
    }
}
