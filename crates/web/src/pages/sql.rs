//! The SQL page: a query, what it is asked with, and what it gave.

mod chart;
mod fields;
mod keep;
mod lists;
mod result;
mod runs;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use model::catalogue::tables;
use serde_json::{Map, Value, json};
use store::console::{Dialect, Variables};
use store::{QueryRun, SavedQuery};

use fields::{Field, Pairs};
pub(super) use keep::{remove, saved};
pub(super) use lists::{history, ready};
pub(super) use result::Cell;
pub(super) use runs::{cancel, csv, result_part, run_page};

use super::{go_to, segment};
use crate::access::{Reader, Viewer};
use crate::assets;
use crate::layout::{Frame, Page, Section, page};
use crate::problem::Problem;
use crate::queries::{QueryRefusal, READY, ReadyQuery};
use crate::show::Name;
use crate::site::App;
use runs::RunPart;

/// How many saved queries and runs the page itself lists.
const LISTED: i64 = 200;
const LATEST: i64 = 8;

/// A query in a line of a list.
fn one_line(sql: &str) -> Name {
    let words: Vec<&str> = sql.split_whitespace().collect();
    Name::of(&words.join(" "))
}

/// The number of whoever asks; 0 where nobody signs in.
fn login_of(viewer: &Viewer) -> i64 {
    viewer.visitor.login.unwrap_or(0)
}

#[derive(Template)]
#[template(path = "sql.html")]
struct SqlPage {
    frame: Frame,
    /// Whether queries are answered.
    is_on: bool,
    may_set_up: bool,
    is_postgres: bool,
    sql: String,
    fields: Vec<Field>,
    problem: Option<String>,
    done: Option<&'static str>,
    saved: Option<SavedQuery>,
    may_change: bool,
    name: String,
    run: Option<RunPart>,
    limits: String,
    kept: Vec<SavedQuery>,
    latest: Vec<QueryRun>,
    script: &'static str,
    editor: &'static str,
}

impl SqlPage {
    fn reader(&self) -> &Reader {
        &self.frame.reader
    }

    fn ready(&self) -> &'static [ReadyQuery] {
        &READY
    }

    fn dialect(&self) -> &'static str {
        if self.is_postgres {
            "postgres"
        } else {
            "sqlite"
        }
    }

    /// The address at which others find the same query with the same values.
    fn shared(&self) -> String {
        let values = self
            .fields
            .iter()
            .map(|field| format!("&v_{}={}", segment(&field.name), segment(&field.value)));
        format!(
            "/sql?sql={}{}",
            segment(&self.sql),
            values.collect::<String>()
        )
    }
}

/// What a page is made with.
#[derive(Default)]
struct Shown {
    sql: String,
    /// What is in the fields already.
    given: Pairs,
    problem: Option<String>,
    done: Option<&'static str>,
    saved: Option<SavedQuery>,
    name: String,
    run: Option<RunPart>,
}

async fn sql_page(app: &App, viewer: &Viewer, shown: Shown) -> Page {
    let queries = &app.queries;
    let wanted = match shown.sql.trim() {
        "" => Vec::new(),
        // What is wrong with it is said when it is run.
        sql => queries.wanted(sql).unwrap_or_default(),
    };
    let login = login_of(viewer);
    let is_administrator = viewer.visitor.is_administrator();
    let may_change = shown
        .saved
        .as_ref()
        .is_some_and(|saved| saved.login == login || is_administrator);
    let title = match &shown.saved {
        Some(saved) => Name::of(&saved.name).plain(),
        None => "SQL".to_owned(),
    };
    let settings = queries.settings();
    let limits = format!(
        "A query may take {} s and gives at most {} rows or {} MiB. You may have {} under way, and {} run at once.",
        settings.limits.deadline.as_secs(),
        crate::show::count(settings.limits.max_rows as u64),
        settings.limits.max_bytes / (1024 * 1024),
        settings.at_once_each,
        settings.at_once,
    );
    page(&SqlPage {
        frame: Frame::new(&viewer.reader, Some(Section::Sql), title),
        is_on: queries.is_on(),
        may_set_up: is_administrator,
        is_postgres: queries.dialect() == Dialect::Postgres,
        fields: Field::all(&wanted, &shown.given),
        sql: shown.sql,
        problem: shown.problem,
        done: shown.done,
        name: match &shown.saved {
            Some(saved) if shown.name.is_empty() => saved.name.clone(),
            _ => shown.name,
        },
        saved: shown.saved,
        may_change,
        run: shown.run,
        limits,
        kept: app.db.saved_queries(LISTED).await?,
        latest: app.db.query_runs(login, None, LATEST).await?,
        script: assets::address("sql.js"),
        editor: assets::address("sql-editor.min.js"),
    })
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let pairs = Pairs(pairs);
    let shown = Shown {
        sql: pairs.get("sql").unwrap_or_default().to_owned(),
        done: match pairs.get("done") {
            Some("removed") => Some("The saved query is removed."),
            _ => None,
        },
        given: pairs,
        ..Shown::default()
    };
    sql_page(&app, &viewer, shown).await
}

/// `POST /sql`: runs what is in the form, or keeps it.
pub(super) async fn run(
    State(app): State<App>,
    viewer: Viewer,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let given = Pairs(pairs);
    // Browsers send the ends of lines as two characters.
    let sql = given.get("sql").unwrap_or_default().replace("\r\n", "\n");
    let variables = match read(&app, &sql, &given) {
        Ok(variables) => variables,
        Err(problem) => return wrong(&app, &viewer, given, problem).await,
    };
    if given
        .get("then")
        .is_some_and(|then| then.starts_with("save"))
    {
        return match keep::keep(&app, &viewer, &given, &sql, &variables).await? {
            Ok(id) => Ok(go_to(&format!("/sql/saved/{id}?done=saved"))),
            Err(problem) => wrong(&app, &viewer, given, problem).await,
        };
    }
    let id = app.new_secret()?;
    let begun = app
        .queries
        .submit(id.clone(), login_of(&viewer), &sql, variables);
    match begun.await {
        Ok(()) => Ok(go_to(&format!("/sql/runs/{id}"))),
        Err(QueryRefusal::Store(error)) => Err(error.into()),
        Err(refusal) => wrong(&app, &viewer, given, refusal.to_string()).await,
    }
}

/// The values of a query's variables; a sentence where something is missing.
fn read(app: &App, sql: &str, given: &Pairs) -> Result<Variables, String> {
    if sql.trim().is_empty() {
        return Err("There is no query: write one, or take one of those below.".to_owned());
    }
    let wanted = app.queries.wanted(sql).map_err(|error| error.to_string())?;
    let (variables, missing) = fields::values(&wanted, given);
    if missing.is_empty() {
        return Ok(variables);
    }
    let missing: Vec<String> = missing.iter().map(|name| format!("${name}")).collect();
    Err(format!(
        "Say what {} is to be: there is a field below the query.",
        missing.join(" and ")
    ))
}

/// The form again, with what is wrong.
async fn wrong(
    app: &App,
    viewer: &Viewer,
    given: Pairs,
    problem: String,
) -> Result<Response, Problem> {
    let saved = match given.get("saved").and_then(|id| id.parse().ok()) {
        Some(id) => app.db.saved_query(id).await?,
        None => None,
    };
    let shown = Shown {
        sql: given.get("sql").unwrap_or_default().to_owned(),
        name: given.get("name").unwrap_or_default().to_owned(),
        problem: Some(problem),
        saved,
        given,
        ..Shown::default()
    };
    let html = sql_page(app, viewer, shown).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, html).into_response())
}

/// `GET /sql/completions`: tables and columns, for the editor.
pub(super) async fn completions(_: Viewer) -> Response {
    let all: Map<String, Value> = tables()
        .iter()
        .map(|table| {
            let columns: Map<String, Value> = table
                .columns
                .iter()
                .map(|one| (one.name.to_owned(), json!([one.kind.name(), one.meaning])))
                .collect();
            let told = json!({"meaning": table.meaning.trim(), "columns": columns});
            (table.name.to_owned(), told)
        })
        .collect();
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, Value::Object(all).to_string()).into_response()
}
