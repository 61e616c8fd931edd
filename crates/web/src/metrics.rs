//! Metrics in Prometheus's text format.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::Clock;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use store::Db;

use crate::gauges;

/// Names with values, as Prometheus has them.
pub(crate) type Labels = Vec<(&'static str, String)>;

/// What this process has done since it began. What the database says is read when somebody asks.
#[derive(Debug, Default)]
pub struct Metrics {
    requests: Family<Labels, Counter>,
    rows: Family<Labels, Counter>,
    rejects: Family<Labels, Counter>,
    runs: Family<Labels, Counter>,
    deliveries: Family<Labels, Counter>,
    refusals: Family<Labels, Counter>,
    applied: Family<Labels, Counter>,
    answers: AnswerTimes,
}

/// How long deliveries waited for their answer.
#[derive(Clone, Debug)]
struct AnswerTimes(Histogram);

impl Default for AnswerTimes {
    fn default() -> Self {
        // From half a millisecond to Bitbucket's ten seconds.
        Self(Histogram::new([
            0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ]))
    }
}

impl Metrics {
    /// Requests were sent to an endpoint (an address with names left out).
    pub fn add_requests(&self, connection: &str, endpoint: &str, requests: u64) {
        let labels = vec![
            ("connection", connection.to_owned()),
            ("endpoint", endpoint.to_owned()),
        ];
        self.requests.get_or_create(&labels).inc_by(requests);
    }

    /// Rows of a table were written: `added` ones or `changed` ones.
    pub fn add_rows(&self, connection: &str, table: &str, change: &str, rows: u64) {
        let labels = vec![
            ("connection", connection.to_owned()),
            ("table", table.to_owned()),
            ("change", change.to_owned()),
        ];
        self.rows.get_or_create(&labels).inc_by(rows);
    }

    /// Records could not be read.
    pub fn add_rejects(&self, connection: &str, records: u64) {
        let labels = vec![("connection", connection.to_owned())];
        self.rejects.get_or_create(&labels).inc_by(records);
    }

    /// A run has ended: `complete`, `incomplete`, `failed` or `stopped`.
    pub fn add_run(&self, connection: &str, outcome: &str) {
        let labels = vec![
            ("connection", connection.to_owned()),
            ("outcome", outcome.to_owned()),
        ];
        self.runs.get_or_create(&labels).inc();
    }

    /// A delivery was answered with 200: `accepted`, or a `double` of one that was.
    pub(crate) fn add_delivery(&self, connection: &str, event: &str, outcome: &str) {
        let labels = vec![
            ("connection", connection.to_owned()),
            ("event", event.to_owned()),
            ("outcome", outcome.to_owned()),
        ];
        self.deliveries.get_or_create(&labels).inc();
    }

    /// A delivery was refused. Who sent it is not known.
    pub(crate) fn add_refusal(&self, reason: &str) {
        let labels = vec![("reason", reason.to_owned())];
        self.refusals.get_or_create(&labels).inc();
    }

    /// A delivery was answered after so many seconds.
    pub(crate) fn add_answer_seconds(&self, seconds: f64) {
        self.answers.0.observe(seconds);
    }

    /// Deliveries of the inbox were dealt with: `applied`, `ignored`, `filtered`, `stale` or
    /// `failed`.
    pub fn add_applied(&self, outcome: &str, deliveries: u64) {
        let labels = vec![("outcome", outcome.to_owned())];
        self.applied.get_or_create(&labels).inc_by(deliveries);
    }

    fn register(&self, registry: &mut Registry) {
        for (name, help, family) in [
            (
                "requests",
                "Requests sent to Bitbucket by this process",
                &self.requests,
            ),
            ("rows", "Rows written by this process", &self.rows),
            (
                "rejects",
                "Records that this process could not read",
                &self.rejects,
            ),
            (
                "runs",
                "Runs of the import that ended in this process",
                &self.runs,
            ),
            (
                "deliveries",
                "Deliveries that this process has stored",
                &self.deliveries,
            ),
            (
                "deliveries_refused",
                "Deliveries that this process has refused",
                &self.refusals,
            ),
            (
                "deliveries_applied",
                "Deliveries that this process has dealt with",
                &self.applied,
            ),
        ] {
            registry.register(name, help, family.clone());
        }
        registry.register(
            "delivery_answer_seconds",
            "How long deliveries waited for their answer",
            self.answers.0.clone(),
        );
    }
}

/// How many requests a credential has that says nothing of its own.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How many in a window.
    pub requests: i64,
    /// The length of the window in seconds.
    pub window_seconds: i64,
}

/// Where the metrics come from.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) limit: Limit,
}

/// `GET /metrics`.
pub(crate) async fn tell(State(source): State<Source>) -> Response {
    let mut registry = Registry::with_prefix("windlass");
    source.metrics.register(&mut registry);
    if let Err(error) = gauges::register(&source, &mut registry).await {
        tracing::warn!(%error, "the metrics could not be read from the database");
        return unavailable();
    }
    let mut text = String::new();
    if encode(&mut text, &registry).is_err() {
        return unavailable();
    }
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

fn unavailable() -> Response {
    let text = "the metrics cannot be read; the log says more\n";
    (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
}
