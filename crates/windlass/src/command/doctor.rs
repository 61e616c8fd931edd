//! `windlass doctor`: what stands in the way of an import or a query, and how to mend it.

mod connection;
mod database;
mod finding;
mod setup;
mod stored;

use std::sync::Arc;

use model::Clock;

use crate::cli::{DoctorArguments, Global};
use crate::clock::SystemClock;
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::progress::count;
use finding::Findings;

pub(super) async fn run(global: &Global, arguments: &DoctorArguments) -> anyhow::Result<()> {
    let config = Config::load(global, Some(&arguments.connection))?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut findings = Findings::default();
    setup::check(&config, &mut findings)?;
    let db = database::check(&config, &mut findings).await?;
    let mut has_stored = false;
    if let Some(db) = &db {
        has_stored = stored::check(&config, db, &clock, &mut findings).await?;
    }
    if !has_stored
        || arguments.connection.asks_for_a_trial()
        || config.settings.bitbucket.workspace.is_some()
    {
        connection::check(&config, arguments, db.as_ref(), clock, &mut findings).await?;
    }
    if let Some(db) = db {
        db.close().await;
    }
    match findings.problems() {
        0 => Ok(()),
        several => Err(Failure::new(
            Exit::Failed,
            format!("{}, see above", count(several, "problem")),
        )
        .into()),
    }
}
