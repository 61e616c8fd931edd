//! DuckDB, run by a Python.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use serde_json::json;

use super::{Checked, QUESTIONS, REPORTS, Seconds, Stock, median};
use crate::child;

/// What the script says of a question.
#[derive(Deserialize)]
struct Answer {
    report: String,
    question: String,
    seconds: Vec<f64>,
    figures: BTreeMap<String, String>,
}

/// Has it load the rows of an SQLite file, and answer.
pub(super) fn measure(
    python: &Path,
    file: &Path,
    folder: &Path,
    stock: &Stock,
    runs: usize,
    seconds: &mut Seconds,
) -> anyhow::Result<Checked> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/with_duckdb.py");
    let (from, to) = stock.ninety_days();
    let order = json!({
        "sqlite": file,
        "folder": folder,
        "from": from,
        "to": to,
        "runs": runs,
    });
    let order_file = folder.join("order.json");
    std::fs::write(&order_file, serde_json::to_vec(&order)?)?;
    let arguments: [OsString; 2] = [script.into(), order_file.into()];
    let (_, said) = child::run(folder, python, &arguments, &[])?;
    let mut checked = Checked::new();
    for line in said.lines() {
        let mut answer: Answer = serde_json::from_str(line).context("an answer of DuckDB")?;
        let report = REPORTS.iter().find(|name| **name == answer.report);
        let question = QUESTIONS.iter().find(|(name, _)| *name == answer.question);
        let (report, (question, _)) = report.zip(question).context("an unknown question")?;
        let median = median(&mut answer.seconds);
        eprintln!("DuckDB: {report}, {question}: {median:.3} s");
        seconds.insert(("DuckDB".to_owned(), report, question), median);
        for (name, found) in answer.figures {
            checked.insert(format!("{report}, {question}, {name}"), found);
        }
    }
    Ok(checked)
}
