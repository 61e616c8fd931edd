//! How long reports over a large workspace take, on both engines, beside DuckDB, which answers the
//! same questions over the same rows.

mod duckdb;
mod stock;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::child;
use crate::postgres::Scratch;
pub(crate) use stock::Stock;

/// One engine alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Only {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgresql,
}

/// What is to be measured.
pub(crate) struct Order {
    /// The only engine; both without it.
    pub(crate) only: Option<Only>,
    /// The program.
    pub(crate) windlass: PathBuf,
    /// A Python that has DuckDB.
    pub(crate) duckdb: Option<PathBuf>,
    /// Where large files may be.
    pub(crate) scratch: PathBuf,
    /// How many pull requests.
    pub(crate) pulls: u64,
    /// How often each report is made.
    pub(crate) runs: usize,
}

/// The reports.
const REPORTS: [&str; 7] = [
    "pull-requests",
    "reviews",
    "pipelines",
    "deployments",
    "dora",
    "repositories",
    "people",
];

/// The days that each is made for, and in which groups.
const QUESTIONS: [(&str, &[&str]); 3] = [
    ("90 days", &["--group-by", "none"]),
    ("all time", &["--all-time", "--group-by", "none"]),
    (
        "all time by repository",
        &["--all-time", "--group-by", "repository"],
    ),
];

/// The most seconds that each may take.
const AIMS: [f64; 3] = [0.2, 2.0, 2.0];

/// Median seconds by contender, report and question.
type Seconds = BTreeMap<(String, &'static str, &'static str), f64>;

/// Measures everything and prints tables.
pub(crate) async fn measure(order: &Order) -> anyhow::Result<()> {
    let stock = Stock::new(order.pulls)?;
    let mut seconds = Seconds::new();
    let mut costs = Vec::new();
    let in_sqlite = match order.only {
        Some(Only::Postgresql) => None,
        _ => Some(measure_sqlite(order, &stock, &mut seconds, &mut costs).await?),
    };
    if order.only != Some(Only::Sqlite)
        && let Ok(server) = std::env::var("WINDLASS_TEST_POSTGRES")
    {
        let small = tempfile::tempdir()?;
        let scratch = Scratch::create(&server).await?;
        prepare(&order.windlass, scratch.address(), small.path())?;
        costs.push(("PostgreSQL", stock.fill_postgres(scratch.address()).await?));
        let address = scratch.address();
        pack(&order.windlass, address, small.path())?;
        let found = run(
            order,
            "PostgreSQL",
            address,
            small.path(),
            &stock,
            &mut seconds,
        )?;
        if let Some(in_sqlite) = &in_sqlite {
            compare(in_sqlite, &found, "PostgreSQL")?;
        }
        scratch.drop().await?;
    }
    print(&seconds, &costs);
    Ok(())
}

async fn measure_sqlite(
    order: &Order,
    stock: &Stock,
    seconds: &mut Seconds,
    costs: &mut Vec<(&'static str, stock::Costs)>,
) -> anyhow::Result<Checked> {
    let folder = tempfile::Builder::new()
        .prefix("bench-reports.")
        .tempdir_in(&order.scratch)?;
    let folder = std::path::absolute(folder.path()).map(|path| (folder, path))?;

    let file = folder.1.join("windlass.db");
    std::fs::File::create(&file)?;
    let address = format!("sqlite://{}", file.display());
    prepare(&order.windlass, &address, &folder.1)?;
    costs.push(("SQLite", stock.fill_sqlite(&file).await?));
    pack(&order.windlass, &address, &folder.1)?;
    let in_sqlite = run(order, "SQLite", &address, &folder.1, stock, seconds)?;
    if let Some(python) = &order.duckdb {
        let said = duckdb::measure(python, &file, &folder.1, stock, order.runs, seconds)?;
        compare(&in_sqlite, &said, "DuckDB")?;
    }
    Ok(in_sqlite)
}

/// Brings the schema up to date.
pub(crate) fn prepare(windlass: &Path, address: &str, folder: &Path) -> anyhow::Result<()> {
    let arguments = ["report", "dora", "--database", address].map(OsString::from);
    child::run(folder, windlass, &arguments, &[]).map(|_| ())
}

/// Packs the months, as an import does at its end.
pub(crate) fn pack(windlass: &Path, address: &str, folder: &Path) -> anyhow::Result<()> {
    let arguments = ["database", "pack", "--database", address].map(OsString::from);
    let (used, _) = child::run(folder, windlass, &arguments, &[])?;
    eprintln!("months packed: {:.1} s", used.wall);
    Ok(())
}

/// Figures that every engine must find alike.
type Checked = BTreeMap<String, String>;

fn run(
    order: &Order,
    engine: &str,
    address: &str,
    folder: &Path,
    stock: &Stock,
    seconds: &mut Seconds,
) -> anyhow::Result<Checked> {
    let mut checked = Checked::new();
    for report in REPORTS {
        for (question, asked) in QUESTIONS {
            let mut arguments: Vec<OsString> =
                ["report", report, "--format", "json", "--database", address]
                    .map(OsString::from)
                    .to_vec();
            arguments.extend(asked.iter().map(OsString::from));
            if question == "90 days" {
                let (from, to) = stock.ninety_days();
                arguments.extend(["--from", from, "--to", to].map(OsString::from));
            }
            let mut times = Vec::new();
            // The first one is to warm up.
            for turn in 0..=order.runs {
                let (used, said) = child::run(folder, &order.windlass, &arguments, &[])?;
                if turn > 0 {
                    times.push(used.wall);
                    continue;
                }
                let made: Value = serde_json::from_str(&said).context("a report")?;
                check(&made, report, question, &mut checked);
            }
            let median = median(&mut times);
            eprintln!("{engine}: {report}, {question}: {median:.3} s");
            seconds.insert((engine.to_owned(), report, question), median);
        }
    }
    Ok(checked)
}

/// Keeps what can be compared of a report: each count and each median.
fn check(made: &Value, report: &str, question: &str, checked: &mut Checked) {
    let figures = made.get("total").and_then(Value::as_array);
    for figure in figures.into_iter().flatten() {
        let Some(name) = figure.get("measure").and_then(Value::as_str) else {
            continue;
        };
        let shown = match figure.get("median").and_then(Value::as_i64) {
            Some(median) => format!("{median}"),
            None => match figure.get("value").and_then(Value::as_f64) {
                Some(value) => format!("{value:.4}"),
                None => continue,
            },
        };
        checked.insert(format!("{report}, {question}, {name}"), shown);
    }
}

/// Fails where two found something else. What one did not look for is not compared.
fn compare(one: &Checked, other: &Checked, name: &str) -> anyhow::Result<()> {
    let mut compared = 0;
    for (figure, found) in other {
        if let Some(expected) = one.get(figure) {
            ensure!(
                expected == found,
                "{figure}: SQLite says {expected}, {name} says {found}"
            );
            compared += 1;
        }
    }
    eprintln!("{name} and SQLite agree on {compared} figures");
    ensure!(compared > 20, "{name} was hardly compared");
    Ok(())
}

pub(crate) fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn print(seconds: &Seconds, costs: &[(&str, stock::Costs)]) {
    let of = |contender: &str, report, question| {
        seconds
            .get(&(contender.to_owned(), report, question))
            .copied()
    };
    println!("| report | question | SQLite s | PostgreSQL s | DuckDB s | aim |");
    println!("|---|---|---|---|---|---|");
    for report in REPORTS {
        for ((question, _), aim) in QUESTIONS.into_iter().zip(AIMS) {
            let duckdb = of("DuckDB", report, question);
            let allowed = match duckdb {
                Some(duckdb) if question != "90 days" => aim.max(2.0 * duckdb),
                _ => aim,
            };
            let shown =
                |time: Option<f64>| time.map_or("-".to_owned(), |time| format!("{time:.3}"));
            let ours = ["SQLite", "PostgreSQL"].map(|engine| of(engine, report, question));
            let met = ours.iter().flatten().all(|time| *time <= allowed);
            println!(
                "| {report} | {question} | {} | {} | {} | {allowed:.1}: {} |",
                shown(ours[0]),
                shown(ours[1]),
                shown(duckdb),
                if met { "met" } else { "missed" }
            );
        }
    }
    println!();
    println!("| engine | rows s | indexes for reports s | their size MB | all MB |");
    println!("|---|---|---|---|---|");
    for (engine, cost) in costs {
        println!(
            "| {engine} | {:.0} | {:.0} | {} | {} |",
            cost.rows_seconds,
            cost.index_seconds,
            cost.index_bytes / 1_000_000,
            cost.all_bytes / 1_000_000
        );
    }
}
