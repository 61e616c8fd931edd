//! How many deliveries a second are taken in for good, how long Bitbucket waits for its answer,
//! and how soon a query sees what was told. Beside it: how often this disk can be told to keep
//! something.

mod disk;
mod report;
mod sender;
mod serving;
mod stock;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::postgres::Scratch;
use report::{Figures, Lane};
pub(crate) use sender::{Sent, send};
pub(crate) use serving::Serving;
pub(crate) use stock::{Stock, workspace};

/// How many connections send at once.
const CLIENTS: [usize; 3] = [1, 16, 64];

/// How many changes are sent one by one, to see how soon each is seen.
const SIGHTS: usize = 20;

/// Longer than it may take until a change is seen.
const SIGHT: Duration = Duration::from_secs(30);

/// Longer than it may take until everything is applied.
const PATIENCE: Duration = Duration::from_secs(600);

/// Which engine keeps them.
#[derive(Clone, Debug)]
pub(crate) enum Engine {
    Sqlite,
    Postgres(String),
}

impl Engine {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

/// Measures on both engines. With several clients `deliveries` are sent each time; with one,
/// which waits for the disk each time, a fifth of that.
pub(crate) async fn measure(windlass: &Path, deliveries: usize) -> anyhow::Result<()> {
    let server = std::env::var("WINDLASS_TEST_POSTGRES").ok();
    let mut engines = vec![Engine::Sqlite];
    engines.extend(server.map(Engine::Postgres));
    let mut figures = Figures::default();
    for engine in engines {
        let folder = tempfile::tempdir()?;
        let folder = folder.path();
        figures.syncs.push(disk::syncs_a_second(folder)?);
        match &engine {
            Engine::Sqlite => {
                let address = format!("sqlite://{}", folder.join("windlass.db").display());
                run(
                    &engine,
                    windlass,
                    &address,
                    folder,
                    deliveries,
                    &mut figures,
                )
                .await?;
            }
            Engine::Postgres(server) => {
                let scratch = Scratch::create(server).await?;
                scratch.require_fsync().await?;
                let address = scratch.address();
                run(&engine, windlass, address, folder, deliveries, &mut figures).await?;
                scratch.drop().await?;
            }
        }
    }
    println!("{figures}");
    Ok(())
}

async fn run(
    engine: &Engine,
    windlass: &Path,
    database: &str,
    folder: &Path,
    deliveries: usize,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let counts = CLIENTS.map(|clients| match clients {
        1 => (1, deliveries / 5),
        several => (several, deliveries),
    });
    let needed: usize = counts.iter().map(|(_, count)| count).sum();
    let emulator = stock::workspace().await?;
    let serving = Serving::start(windlass, database, folder, &emulator.base_url()).await?;
    // Only now, so that the import has not brought what the deliveries are to bring.
    let stock = Stock::make(&emulator, needed + SIGHTS)?;
    eprintln!(
        "{}: {} deliveries of {} bytes on average",
        engine.name(),
        stock.len(),
        stock.mean_bytes()
    );
    let mut from = 0;
    for (clients, count) in counts {
        let part = stock.part(from, count)?;
        from += count;
        let sent = sender::send(serving.address(), part, clients).await?;
        let began = Instant::now();
        serving.until_applied(PATIENCE).await?;
        eprintln!(
            "{}, {clients} clients: {:.0} a second, applied {:.1} s after",
            engine.name(),
            sent.rate(),
            began.elapsed().as_secs_f64()
        );
        figures.lanes.push(Lane {
            engine: engine.name(),
            clients,
            sent,
            applied_after: began.elapsed(),
        });
    }
    let mut sights = Vec::new();
    for delivery in stock.part(from, SIGHTS)? {
        let before = serving.comments_seen()?;
        let began = Instant::now();
        sender::send(serving.address(), std::slice::from_ref(delivery), 1).await?;
        while serving.comments_seen()? == before {
            if began.elapsed() > SIGHT {
                bail!("{}: a change was never seen", engine.name());
            }
        }
        sights.push(began.elapsed());
    }
    sights.sort();
    figures.sights.push((engine.name(), sights));
    let stopped = serving.stop().await;
    emulator.shutdown().await;
    stopped.context("stopping the program that serves")
}
