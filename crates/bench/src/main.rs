//! How fast and how large a first import is: beside the floor, a bare fetch of the same addresses,
//! and beside dlt. One run, one table. And how fast deliveries of webhooks are taken in.

mod child;
mod contender;
mod http;
mod pages;
mod plan;
mod postgres;
mod queries;
mod report;
mod reports;
mod stages;
mod tape;
mod webhooks;
mod world;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::{Args, Parser, Subcommand};

use crate::contender::{Contender, Course};
use crate::report::Lane;
use crate::tape::Tape;

/// Measures a first import.
#[derive(Debug, Parser)]
#[command(name = "bench", version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    measurement: Measurement,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a program and write what it used to a file
    #[command(hide = true)]
    Measure {
        file: PathBuf,
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        program: Vec<OsString>,
    },
}

#[derive(Debug, Args)]
struct Measurement {
    /// How often each contender runs at each latency
    #[arg(long, default_value_t = 7)]
    runs: usize,
    /// How long each answer is held back, in milliseconds; may be given several times
    #[arg(long = "latency", value_name = "MS", default_values_t = [0, 50])]
    latencies: Vec<u64>,
    /// How many repositories
    #[arg(long, default_value_t = 4)]
    repositories: usize,
    /// How many pull requests each of them has
    #[arg(long, default_value_t = 250)]
    pulls_each: usize,
    /// How many requests may be under way at once
    #[arg(long, default_value_t = 8)]
    concurrency: usize,
    /// Import 100,000 pull requests instead, once, for its peak memory
    #[arg(long)]
    large: bool,
    /// Measure deliveries of webhooks instead: so many with several clients at once
    #[arg(long, value_name = "DELIVERIES", num_args = 0..=1, default_missing_value = "10000")]
    webhooks: Option<usize>,
    /// Measure an import and so many deliveries instead, with and without fifty queries at once
    #[arg(long, value_name = "DELIVERIES", num_args = 0..=1, default_missing_value = "10000")]
    queries: Option<usize>,
    /// Measure reports instead: over so many pull requests, six times as many reviews and as many
    /// runs of pipelines
    #[arg(long, value_name = "PULL_REQUESTS", num_args = 0..=1, default_missing_value = "1000000")]
    reports: Option<u64>,
    /// Measure pages instead: over so many pull requests, and over the demo's workspace
    #[arg(long, value_name = "PULL_REQUESTS", num_args = 0..=1, default_missing_value = "1000000")]
    pages: Option<u64>,
    /// Measure --reports and --pages on this engine alone
    #[arg(long, value_enum)]
    only: Option<reports::Only>,
    /// A Python that has DuckDB, which then answers the same questions
    #[arg(long, value_name = "PYTHON")]
    duckdb: Option<PathBuf>,
    /// Where the large databases of --reports and --pages are kept while it runs
    #[arg(long, value_name = "FOLDER", default_value = "target")]
    scratch: PathBuf,
    /// A Python that has dlt, which then runs too
    #[arg(long, value_name = "PYTHON")]
    dlt: Option<PathBuf>,
    /// The program that is measured [default: windlass beside this one]
    #[arg(long, value_name = "FILE")]
    windlass: Option<PathBuf>,
    /// Serve the prepared answers, say where, and measure nothing
    #[arg(long)]
    serve: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if let Some(Command::Measure { file, program }) = arguments.command {
        return child::measure(&file, &program);
    }
    let runtime = tokio::runtime::Runtime::new()?;
    let measurement = arguments.measurement;
    runtime.block_on(async {
        if let Some(pulls) = measurement.reports {
            let here = std::env::current_exe()?;
            let beside = here.with_file_name("windlass");
            let order = reports::Order {
                windlass: measurement.windlass.unwrap_or(beside),
                duckdb: measurement.duckdb,
                scratch: measurement.scratch,
                only: measurement.only,
                pulls,
                runs: measurement.runs,
            };
            reports::measure(&order).await
        } else if let Some(pulls) = measurement.pages {
            let here = std::env::current_exe()?;
            let beside = here.with_file_name("windlass");
            let order = pages::Order {
                windlass: measurement.windlass.unwrap_or(beside),
                scratch: measurement.scratch,
                only: measurement.only,
                pulls,
                runs: measurement.runs,
            };
            pages::measure(&order).await
        } else if let Some(deliveries) = measurement.queries {
            let here = std::env::current_exe()?;
            let beside = here.with_file_name("windlass");
            queries::measure(&measurement.windlass.unwrap_or(beside), deliveries).await
        } else if let Some(deliveries) = measurement.webhooks {
            let here = std::env::current_exe()?;
            let beside = here.with_file_name("windlass");
            webhooks::measure(&measurement.windlass.unwrap_or(beside), deliveries).await
        } else if measurement.large {
            large(measurement).await
        } else {
            compare(measurement).await
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

fn course(measurement: &Measurement, origin: &str) -> anyhow::Result<Course> {
    let here = std::env::current_exe()?;
    let beside = |name: &str| here.with_file_name(name);
    Ok(Course {
        windlass: measurement
            .windlass
            .clone()
            .unwrap_or_else(|| beside("windlass")),
        floor: beside("floor"),
        dlt_script: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/peers/with_dlt.py")),
        origin: origin.to_owned(),
        workspace: world::workspace()?,
        concurrency: measurement.concurrency,
        stages: Vec::new(),
    })
}

/// Everybody against everybody, on prepared answers.
async fn compare(measurement: Measurement) -> anyhow::Result<()> {
    let emulator = world::start(measurement.repositories, measurement.pulls_each).await?;
    let origin = emulator.base_url();
    let tape = Tape::start(origin.trim_end_matches("/2.0"))?;
    let mut course = course(&measurement, tape.origin())?;

    let mut contenders = vec![Contender::Floor, Contender::Sqlite];
    let server = std::env::var("WINDLASS_TEST_POSTGRES").ok();
    contenders.extend(server.map(Contender::Postgres));
    contenders.extend(measurement.dlt.clone().map(Contender::Dlt));

    // The first import says what is asked for; everybody's first run prepares its answers.
    Contender::Sqlite.run(&course).await?;
    course.stages = stages::stages(&tape.take_asked());
    for contender in &contenders {
        contender.run(&course).await?;
    }
    tape.record(false);
    emulator.shutdown().await;
    if measurement.serve {
        println!("{}/2.0", tape.origin());
        return Ok(tokio::signal::ctrl_c().await?);
    }

    let mut lanes: Vec<Lane> = Vec::new();
    for latency in &measurement.latencies {
        tape.set_latency(*latency);
        let first = lanes.len();
        lanes.extend(contenders.iter().map(|contender| Lane {
            contender: contender.clone(),
            latency_millis: *latency,
            finishes: Vec::new(),
            served: tape::Served::default(),
        }));
        // In turn, so that whatever else the machine does meets all of them.
        for run in 0..measurement.runs {
            for lane in lanes.iter_mut().skip(first) {
                tape.take_served();
                lane.finishes.push(lane.contender.run(&course).await?);
                lane.served = tape.take_served();
                ensure!(
                    lane.served.missed == 0,
                    "{} asked for {} addresses that it had not asked for at first",
                    lane.contender.name(),
                    lane.served.missed
                );
            }
            eprintln!(
                "latency {latency} ms: run {} of {}",
                run + 1,
                measurement.runs
            );
        }
    }
    let pulls = measurement.repositories * measurement.pulls_each;
    println!("{}", report::table(&lanes, pulls));
    println!();
    for line in report::targets(&lanes) {
        println!("{line}");
    }
    Ok(())
}

/// How many repositories, and pull requests in each, the large import has.
const LARGE: (usize, usize) = (20, 5_000);

/// One large import. Its answers come from the emulator itself: to keep them all would take more
/// memory than the machine may have, and only the importer's own memory is asked for.
async fn large(measurement: Measurement) -> anyhow::Result<()> {
    let (repositories, pulls_each) = LARGE;
    let emulator = world::start(repositories, pulls_each).await?;
    let base_url = emulator.base_url();
    let course = course(&measurement, base_url.trim_end_matches("/2.0"))?;
    let folder = tempfile::tempdir()?;
    let database = format!("sqlite://{}", folder.path().join("windlass.db").display());
    let finish = course.windlass(folder.path(), &database)?;
    let requests = emulator.requests().len();
    emulator.shutdown().await;
    let peak = report::megabytes(finish.used.peak_bytes);
    println!(
        "{} pull requests in {repositories} repositories: {requests} requests, {} rows, {:.1} s of processors, peak {peak:.1} MB",
        repositories * pulls_each,
        finish.rows.context("the import says no rows")?,
        finish.used.processor,
    );
    println!("{}", report::verdict("peak MB", peak, 150.0));
    Ok(())
}
