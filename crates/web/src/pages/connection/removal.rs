//! Taking a connection away.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use store::Connection;

use super::{address_of, find};
use crate::access::Administrator;
use crate::layout::{Frame, Section, form_status, page};
use crate::pages::go_to;
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

#[derive(Template)]
#[template(path = "connection_remove.html")]
struct RemovePage {
    frame: Frame,
    connection: Connection,
    address: String,
    problem: Option<&'static str>,
}

fn ask(
    administrator: &Administrator,
    connection: Connection,
    problem: Option<&'static str>,
) -> Result<Response, Problem> {
    let html = page(&RemovePage {
        frame: Frame::new(
            &administrator.reader,
            Some(Section::Connections),
            "Remove a connection",
        ),
        address: address_of(&connection),
        connection,
        problem,
    })?;
    let status = form_status(problem.is_some());
    Ok((status, html).into_response())
}

pub(in crate::pages) async fn confirm_removal(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    ask(&administrator, find(&app, &name).await?, None)
}

#[derive(Deserialize)]
pub(in crate::pages) struct RemovalForm {
    name: String,
}

pub(in crate::pages) async fn remove(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
    Form(form): Form<RemovalForm>,
) -> Result<Response, Problem> {
    let connection = find(&app, &name).await?;
    if form.name.trim() != connection.name {
        let problem = "The name is another one. Nothing was removed.";
        return ask(&administrator, connection, Some(problem));
    }
    let now = app.now();
    let subject = format!("connection {}", connection.name);
    let entry = administrator
        .visitor
        .entry(now, "connection.remove", subject, None);
    let mut tx = app.db.write().await?;
    tx.remove_connection(connection.id).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    Ok(go_to("/connections?done=removed"))
}
