//! Queries that somebody keeps under a name.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use store::console::Variables;
use store::{NewSavedQuery, SavedQuery};

use super::fields::Pairs;
use super::{Shown, go_to, login_of, sql_page};
use crate::access::Viewer;
use crate::layout::Page;
use crate::problem::Problem;
use crate::site::App;

/// The longest name.
const LONGEST: usize = 100;

async fn find(app: &App, id: i64) -> Result<SavedQuery, Problem> {
    let saved = app.db.saved_query(id).await?;
    saved.ok_or_else(|| {
        Problem::no_such(
            "There is no such saved query. Somebody may have removed it.",
            "/sql",
            "SQL",
        )
    })
}

fn may_change(viewer: &Viewer, saved: &SavedQuery) -> bool {
    saved.login == login_of(viewer) || viewer.visitor.is_administrator()
}

/// Keeps what is in the form; the result is its number, or what is wrong.
pub(super) async fn keep(
    app: &App,
    viewer: &Viewer,
    given: &Pairs,
    sql: &str,
    variables: &Variables,
) -> Result<Result<i64, String>, Problem> {
    let name = given.get("name").unwrap_or_default().trim();
    if name.is_empty() || name.chars().count() > LONGEST {
        return Ok(Err(format!(
            "Give the query a name of at most {LONGEST} characters to save it."
        )));
    }
    let now = app.now();
    // Under its own name it is changed, under another one it becomes another query.
    if let Some(saved) = app.db.saved_query_named(name).await? {
        if !may_change(viewer, &saved) {
            return Ok(Err(format!(
                "Somebody else has saved a query as {name}: choose another name."
            )));
        }
        let is_open = given.get("saved") == Some(saved.id.to_string().as_str());
        if !is_open {
            return Ok(Err(format!(
                "You have saved a query as {name} already: open that to change it, or choose another name."
            )));
        }
        let mut tx = app.db.write().await?;
        tx.update_saved_query(saved.id, sql, variables, now).await?;
        tx.commit().await?;
        return Ok(Ok(saved.id));
    }
    let new = NewSavedQuery {
        name,
        sql,
        variables,
        login: login_of(viewer),
    };
    let mut tx = app.db.write().await?;
    let id = tx.insert_saved_query(&new, now).await?;
    tx.commit().await?;
    Ok(id.ok_or_else(|| format!("There is a query saved as {name} by now: choose another name.")))
}

/// `GET /sql/saved/{id}`: the query, with other values where the address says so.
pub(in crate::pages) async fn saved(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<i64>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Page {
    let saved = find(&app, id).await?;
    let mut given = Pairs(pairs);
    let done = match given.get("done") {
        Some("saved") => Some("The query is saved. Whoever may sign in finds it at this address."),
        _ => None,
    };
    // What the address says comes first.
    given.0.extend(Pairs::of(&saved.variables).0);
    let shown = Shown {
        sql: saved.sql.clone(),
        given,
        done,
        saved: Some(saved),
        ..Shown::default()
    };
    sql_page(&app, &viewer, shown).await
}

/// `POST /sql/saved/{id}/remove`.
pub(in crate::pages) async fn remove(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<i64>,
) -> Result<Response, Problem> {
    let saved = find(&app, id).await?;
    if !may_change(&viewer, &saved) {
        return Err(Problem::Refused(
            "Somebody else has saved this query: they or an administrator can remove it."
                .to_owned(),
        ));
    }
    let mut tx = app.db.write().await?;
    tx.remove_saved_query(id).await?;
    tx.commit().await?;
    Ok(go_to("/sql?done=removed"))
}
