//! A run of a query: how it stands, what it gave, and its end.

use std::time::Duration;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use store::{QueryRun, QueryState};

use super::chart::Chart;
use super::fields::Pairs;
use super::result::{Cell, rows};
use super::{Shown, go_to, login_of, sql_page};
use crate::access::{Reader, Viewer};
use crate::layout::Page;
use crate::problem::Problem;
use crate::queries;
use crate::site::App;

/// How long a page waits for a run, so that a quick one is shown at once.
const PATIENCE: Duration = Duration::from_millis(800);

/// How long the script waits for it, each time that it asks.
const LONGER: Duration = Duration::from_secs(5);

/// What is shown of a run.
#[derive(Template)]
#[template(path = "sql_result.html")]
pub(super) struct RunPart {
    run: QueryRun,
    reader: Reader,
    csrf: String,
    may_cancel: bool,
    columns: Vec<String>,
    rows: Vec<Vec<Cell>>,
    chart: Option<Chart>,
    /// Whether what it gave is kept no longer.
    expired: bool,
}

impl HtmlSafe for RunPart {}

impl RunPart {
    async fn load(app: &App, viewer: &Viewer, run: QueryRun) -> Result<Self, Problem> {
        let result = match run.state {
            QueryState::Succeeded => app.queries.result(&run.id).await?,
            _ => None,
        };
        let may_cancel = run.login == login_of(viewer) || viewer.visitor.is_administrator();
        Ok(Self {
            may_cancel,
            expired: run.state == QueryState::Succeeded && result.is_none(),
            chart: result.as_ref().and_then(Chart::of),
            rows: result.as_ref().map(rows).unwrap_or_default(),
            columns: result.map(|result| result.columns).unwrap_or_default(),
            reader: viewer.reader.at(app.now()),
            csrf: viewer.visitor.csrf.clone(),
            run,
        })
    }

    fn is_over(&self) -> bool {
        self.run.state.is_over()
    }

    fn is_queued(&self) -> bool {
        self.run.state == QueryState::Queued
    }

    fn is_cancelled(&self) -> bool {
        self.run.state == QueryState::Cancelled
    }

    fn count(&self) -> i64 {
        self.run.rows.unwrap_or(0)
    }

    fn left_out(&self) -> i64 {
        self.count() - i64::try_from(self.rows.len()).unwrap_or(0)
    }

    /// How long it took.
    fn took(&self) -> String {
        let (Some(began), Some(ended)) = (self.run.started_at, self.run.finished_at) else {
            return String::new();
        };
        let millis = (ended.micros() - began.micros()).max(0) / 1_000;
        if millis < 1_000 {
            format!(" in {millis} ms")
        } else {
            format!(" in {}.{} s", millis / 1_000, millis % 1_000 / 100)
        }
    }
}

async fn find(app: &App, id: &str) -> Result<QueryRun, Problem> {
    let run = app.queries.run(id).await?;
    run.ok_or_else(|| {
        Problem::no_such(
            "There is no such run. They are remembered for a month.",
            "/sql",
            "SQL",
        )
    })
}

/// `GET /sql/runs/{id}`.
pub(in crate::pages) async fn run_page(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Page {
    app.queries.wait(&id, PATIENCE).await;
    let run = find(&app, &id).await?;
    let shown = Shown {
        sql: run.sql.clone(),
        given: Pairs::of(&run.variables),
        run: Some(RunPart::load(&app, &viewer, run).await?),
        ..Shown::default()
    };
    sql_page(&app, &viewer, shown).await
}

/// `GET /sql/runs/{id}/result`: the part of the page that is about the run, once it is over or after
/// a while.
pub(in crate::pages) async fn result_part(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let mut stopping = app.stopping.clone();
    tokio::select! {
        () = app.queries.wait(&id, LONGER) => {}
        _ = stopping.wait_for(|stop| *stop) => {}
    }
    let run = find(&app, &id).await?;
    let part = RunPart::load(&app, &viewer, run).await?;
    Ok(Html(part.render()?))
}

/// `GET /sql/runs/{id}/csv`.
pub(in crate::pages) async fn csv(
    State(app): State<App>,
    _viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    find(&app, &id).await?;
    let result = app.queries.result(&id).await?;
    let result = result.ok_or_else(|| {
        Problem::no_such(
            "The result of this run is kept no longer, or there is none. Run the query again.",
            "/sql",
            "SQL",
        )
    })?;
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8"),
        ),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_static("attachment; filename=\"windlass.csv\""),
        ),
    ];
    Ok((headers, queries::csv(&result)).into_response())
}

/// `POST /sql/runs/{id}/cancel`.
pub(in crate::pages) async fn cancel(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let run = find(&app, &id).await?;
    if run.login != login_of(&viewer) && !viewer.visitor.is_administrator() {
        return Err(Problem::Refused(
            "Somebody else runs this query: they or an administrator can cancel it.".to_owned(),
        ));
    }
    app.queries.cancel(&id).await?;
    Ok(go_to(&format!("/sql/runs/{id}")))
}
