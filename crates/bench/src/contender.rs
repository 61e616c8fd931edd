//! Who is measured.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::child::{self, Used};
use crate::plan::Plan;
use crate::postgres::Scratch;
use crate::world::{REQUESTS_AN_HOUR, TOKEN};

/// A program that does the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Contender {
    /// A bare fetch of the same addresses.
    Floor,
    /// `windlass import` into a new SQLite file.
    Sqlite,
    /// `windlass import` into a new database of a PostgreSQL server.
    Postgres(String),
    /// dlt, run by this Python, into a new SQLite file.
    Dlt(PathBuf),
}

/// Where the programs are, and what they are told.
pub(crate) struct Course {
    /// The program that is measured.
    pub(crate) windlass: PathBuf,
    /// The bare fetch.
    pub(crate) floor: PathBuf,
    /// The script that has dlt do the work.
    pub(crate) dlt_script: PathBuf,
    /// What every address begins with, without `/2.0`.
    pub(crate) origin: String,
    /// The workspace.
    pub(crate) workspace: String,
    /// How many requests may be under way at once.
    pub(crate) concurrency: usize,
    /// The addresses of the import, once they are known.
    pub(crate) stages: Vec<Vec<Vec<String>>>,
}

/// One run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Finish {
    /// What it used.
    pub(crate) used: Used,
    /// The rows that it wrote, if it writes any.
    pub(crate) rows: Option<u64>,
}

impl Contender {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Sqlite => "windlass, SQLite",
            Self::Postgres(_) => "windlass, PostgreSQL",
            Self::Dlt(_) => "dlt, SQLite",
        }
    }

    /// Does the work once, from nothing.
    pub(crate) async fn run(&self, course: &Course) -> anyhow::Result<Finish> {
        let folder = tempfile::tempdir()?;
        let folder = folder.path();
        match self {
            Self::Floor => course.floor(folder),
            Self::Sqlite => {
                let address = format!("sqlite://{}", folder.join("windlass.db").display());
                course.windlass(folder, &address)
            }
            Self::Postgres(server) => {
                let scratch = Scratch::create(server).await?;
                let finish = course.windlass(folder, scratch.address());
                scratch.drop().await?;
                finish
            }
            Self::Dlt(python) => course.dlt(folder, python),
        }
    }
}

impl Course {
    fn floor(&self, folder: &Path) -> anyhow::Result<Finish> {
        let plan = Plan {
            base: self.origin.clone(),
            token: TOKEN.to_owned(),
            concurrency: self.concurrency,
            stages: self.stages.clone(),
        };
        let file = folder.join("plan.json");
        std::fs::write(&file, serde_json::to_vec(&plan)?)?;
        let (used, _) = child::run(folder, &self.floor, &[file.into()], &[])?;
        Ok(Finish { used, rows: None })
    }

    pub(crate) fn windlass(&self, folder: &Path, database: &str) -> anyhow::Result<Finish> {
        let base_url = format!("{}/2.0", self.origin);
        let arguments: Vec<OsString> = [
            "import",
            "--json",
            "--workspace",
            &self.workspace,
            "--base-url",
            &base_url,
            "--database",
            database,
        ]
        .map(OsString::from)
        .to_vec();
        let concurrency = self.concurrency.to_string();
        let limit = REQUESTS_AN_HOUR.to_string();
        let variables = [
            ("WINDLASS_BITBUCKET_TOKEN", TOKEN),
            ("WINDLASS_BITBUCKET__HOURLY_LIMIT", &limit),
            ("WINDLASS_IMPORT__CONCURRENCY", &concurrency),
        ];
        let (used, said) = child::run(folder, &self.windlass, &arguments, &variables)?;
        let summary: Value = serde_json::from_str(&said).context("the summary of the import")?;
        ensure!(
            summary.get("complete").and_then(Value::as_bool) == Some(true),
            "the import is not complete: {said}"
        );
        let added = |counts: &Value| counts.get("added").and_then(Value::as_u64);
        let rows = summary
            .get("rows")
            .and_then(Value::as_object)
            .map(|tables| tables.values().filter_map(added).sum());
        Ok(Finish { used, rows })
    }

    /// dlt is told where each listing begins, with the projection that Windlass asks for, and goes
    /// on by itself.
    fn dlt(&self, folder: &Path, python: &Path) -> anyhow::Result<Finish> {
        let beginnings: Vec<String> = self
            .stages
            .iter()
            .flatten()
            .filter_map(|chain| chain.first())
            .map(|address| format!("{}{address}", self.origin))
            .collect();
        let order = json!({
            "token": TOKEN,
            "workspace": self.workspace,
            "beginnings": beginnings,
            "concurrency": self.concurrency,
        });
        let file = folder.join("order.json");
        std::fs::write(&file, serde_json::to_vec(&order)?)?;
        let home = folder.display().to_string();
        let arguments = [self.dlt_script.clone().into(), file.into()];
        // Nothing is to leave this machine, and nothing of an earlier run is to be found.
        let variables = [
            ("HOME", home.as_str()),
            ("DLT_DATA_DIR", home.as_str()),
            ("RUNTIME__DLTHUB_TELEMETRY", "false"),
        ];
        let (used, said) = child::run(folder, python, &arguments, &variables)?;
        let rows = said.lines().last().and_then(|line| line.parse().ok());
        Ok(Finish { used, rows })
    }
}
