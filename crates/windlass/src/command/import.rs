//! `windlass import`.

mod estimate;
mod stored;

pub(super) use stored::estimated;

use std::io;
use std::sync::Arc;

use model::Clock;
use store::Db;

use crate::cli::{Global, ImportArguments};
use crate::clock::SystemClock;
use crate::command::require_file;
use crate::config::Config;
use crate::progress::Watcher;
use crate::run_import::{Order, run_import};
use crate::{credential, report, secret_key};

pub(super) async fn run(global: &Global, arguments: &ImportArguments) -> anyhow::Result<()> {
    let config = Config::load(global, Some(&arguments.connection))?;
    if let Some(chosen) = stored::chosen(&config, arguments).await? {
        return stored::run(global, arguments, config, chosen).await;
    }
    // What is missing or wrong is said before the database is touched.
    let workspace = credential::workspace(&config.settings)?;
    let token = credential::token(&config.settings, &arguments.connection)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let watcher = Watcher::new(Arc::clone(&clock), global.verbose > 0);
    let observer = Arc::clone(&watcher);
    let client = credential::client(&config.settings, token, Arc::clone(&clock), observer)?;
    if arguments.estimate {
        let streams = crate::stored::usual_streams(&config.settings);
        let estimate = estimate::make(&client, &workspace, &streams, &config.settings).await?;
        return estimate::write(&[estimate], arguments.json);
    }
    config.make_data_dir()?;
    let db = Db::open(&config.database("windlass.db")?).await?;
    let order = Order {
        name: arguments.name.clone(),
        streams: arguments.streams.clone(),
        full: arguments.full,
        vault: secret_key::for_import(&config, &db).await?,
    };
    let outcome = run_import(&db, &config.settings, client, clock, watcher, order).await;
    db.close().await;
    let summary = outcome?;
    let out = &mut io::stdout().lock();
    if arguments.json {
        report::write_json(&summary, out)?;
    } else {
        report::write_text(&summary, out)?;
    }
    match report::shortfall(&summary, &arguments.streams) {
        Some(failure) => Err(failure.into()),
        None => Ok(()),
    }
}

/// Whether the database is there already.
fn is_there(config: &Config) -> anyhow::Result<bool> {
    Ok(require_file(&config.database("windlass.db")?).is_ok())
}
