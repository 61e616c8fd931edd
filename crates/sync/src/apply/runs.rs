//! Measuring runs: those that a batch brought, in the same transaction.

use measure::pipeline::{RunOutcome, SeriesRun, queue_time, times_to_green};
use model::rows::PipelineRow;
use model::{Id, Instant};
use serde_json::{Value, json};
use store::{MeasuredRun, StoreError, WriteTx};

use super::days::Days;
use super::rules;

/// Measures these runs and what else they change: later runs of the same commits, and failures that
/// wait for them. Then holds them against the rules.
pub(crate) async fn measure(tx: &mut WriteTx, runs: &[Id], now: Instant) -> Result<(), StoreError> {
    if runs.is_empty() {
        return Ok(());
    }
    let records = tx.runs_to_measure(runs).await?;
    let days = Days::load(tx).await?;
    let measured: Vec<Value> = records.iter().map(|run| measures_of(run, &days)).collect();
    let columns = ["created_on", "completed_on", "queue_time", "rerun"];
    tx.set_derived(&PipelineRow::TABLE, &columns, &measured)
        .await?;
    let times = times(tx, runs).await?;
    tx.set_derived(&PipelineRow::TABLE, &["time_to_green"], &times)
        .await?;
    rules::apply(tx, runs, now).await
}

fn measures_of(run: &MeasuredRun, days: &Days) -> Value {
    json!({
        "id": run.id,
        "created_on": days.day_of(run.created_at),
        "completed_on": run.completed_at.map(|at| days.day_of(at)),
        "queue_time": queue_time(run.created_at, run.first_step_at),
        "rerun": run.rerun,
    })
}

/// The time to green of these runs, and of those around them.
async fn times(tx: &mut WriteTx, runs: &[Id]) -> Result<Vec<Value>, StoreError> {
    let mut times: std::collections::BTreeMap<Id, Option<i64>> =
        runs.iter().map(|run| (*run, None)).collect();
    for series in tx.series_of_runs(runs).await? {
        let records = tx.series_runs(&series).await?;
        let runs: Vec<SeriesRun> = records
            .into_iter()
            .map(|run| SeriesRun {
                id: run.id,
                created_at: run.created_at,
                completed_at: run.completed_at,
                outcome: RunOutcome::of(run.state.as_deref(), run.result.as_deref()),
            })
            .collect();
        times.extend(times_to_green(&runs));
    }
    Ok(times
        .into_iter()
        .map(|(id, seconds)| json!({ "id": id, "time_to_green": seconds }))
        .collect())
}
