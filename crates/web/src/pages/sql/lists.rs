//! Queries that are there already, and those that somebody has run.

use askama::Template;
use axum::extract::{Path, Query, State};
use model::Instant;
use serde::Deserialize;
use store::QueryRun;

use super::fields::Pairs;
use super::{Shown, login_of, sql_page};
use crate::access::{Reader, Viewer};
use crate::layout::{Frame, Page, Section, page};
use crate::problem::Problem;
use crate::queries::READY;
use crate::site::App;

/// How many runs a page has.
const LINES: i64 = 50;

/// `GET /sql/ready/{slug}`.
pub(in crate::pages) async fn ready(
    State(app): State<App>,
    viewer: Viewer,
    Path(slug): Path<String>,
) -> Page {
    let ready = READY.iter().find(|ready| ready.slug == slug);
    let ready = ready.ok_or_else(|| Problem::no_such("There is no such query.", "/sql", "SQL"))?;
    let given = ready.variables.iter();
    let shown = Shown {
        sql: ready.sql.to_owned(),
        given: Pairs(
            given
                .map(|(name, value)| (format!("v_{name}"), (*value).to_owned()))
                .collect(),
        ),
        ..Shown::default()
    };
    sql_page(&app, &viewer, shown).await
}

#[derive(Template)]
#[template(path = "sql_history.html")]
struct HistoryPage {
    frame: Frame,
    runs: Vec<QueryRun>,
    next: Option<Instant>,
    is_later: bool,
}

impl HistoryPage {
    fn reader(&self) -> &Reader {
        &self.frame.reader
    }
}

#[derive(Deserialize)]
pub(in crate::pages) struct HistoryQuery {
    before: Option<String>,
}

/// `GET /sql/history`: what somebody has run, the latest first.
pub(in crate::pages) async fn history(
    State(app): State<App>,
    viewer: Viewer,
    Query(query): Query<HistoryQuery>,
) -> Page {
    let before: Option<Instant> = query.before.and_then(|text| text.parse().ok());
    let runs = app.db.query_runs(login_of(&viewer), before, LINES).await?;
    let is_full = i64::try_from(runs.len()).unwrap_or(0) == LINES;
    page(&HistoryPage {
        frame: Frame::new(&viewer.reader, Some(Section::Sql), "History"),
        next: runs.last().map(|run| run.submitted_at).filter(|_| is_full),
        runs,
        is_later: before.is_some(),
    })
}
