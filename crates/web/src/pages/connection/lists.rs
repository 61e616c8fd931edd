//! The long lists of a connection: a stream's repositories, rejects, deliveries.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use model::{Id, Instant};
use serde::Deserialize;
use store::{Connection, DeliveryFilter, DeliveryOutcome, Reject, StoredDelivery};

use super::{address_of, find};
use crate::access::{Administrator, Reader, Viewer};
use crate::layout::{Frame, Page, Section, page};
use crate::pages::go_to;
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

/// How many lines a page has.
const LINES: i64 = 100;

/// Which part of a list is shown.
#[derive(Deserialize)]
pub(in crate::pages) struct PartQuery {
    #[serde(default)]
    from: i64,
    #[serde(default)]
    outcome: String,
    before: Option<i64>,
    done: Option<String>,
}

/// A stream of one repository.
struct RepositoryLine {
    repository: Option<String>,
    state: &'static str,
    as_of: Option<Instant>,
    problem: Option<String>,
    upstream: Option<i64>,
}

#[derive(Template)]
#[template(path = "connection_stream.html")]
struct StreamPage {
    frame: Frame,
    connection: Connection,
    address: String,
    stream: String,
    lines: Vec<RepositoryLine>,
    total: i64,
    from: usize,
    next: Option<usize>,
}

impl StreamPage {
    fn is_later(&self) -> bool {
        self.from > 0
    }

    fn reader(&self) -> &Reader {
        &self.frame.reader
    }
}

pub(in crate::pages) async fn stream(
    State(app): State<App>,
    viewer: Viewer,
    Path((name, stream)): Path<(String, String)>,
    Query(query): Query<PartQuery>,
) -> Page {
    let connection = find(&app, &name).await?;
    let mut names: HashMap<Id, String> = HashMap::new();
    if let Some(workspace) = app.db.workspace(&connection.workspace).await? {
        for repository in app.db.repositories(workspace).await? {
            names.insert(repository.id, repository.full_name);
        }
    }
    let streams = app.db.streams(connection.id).await?;
    let mut lines: Vec<RepositoryLine> = streams
        .into_iter()
        .filter(|one| one.stream == stream)
        .filter(|one| one.repository_id.is_none_or(|id| names.contains_key(&id)))
        .map(|one| RepositoryLine {
            repository: one.repository_id.and_then(|id| names.get(&id).cloned()),
            state: one.state.as_str(),
            as_of: one.known_as_of(),
            upstream: one.upstream.map(|(rows, _)| rows),
            problem: one.problem,
        })
        .collect();
    if lines.is_empty() {
        return Err(Problem::no_such(
            "This connection has no such stream, or nothing of it was read yet.",
            "/connections",
            "Connections",
        ));
    }
    // What needs a look comes first.
    lines.sort_by(|one, other| {
        (one.problem.is_none(), &one.repository).cmp(&(other.problem.is_none(), &other.repository))
    });
    let total = lines.len();
    let from = usize::try_from(query.from).unwrap_or(0).min(total);
    let size = usize::try_from(LINES).unwrap_or(100);
    let shown: Vec<RepositoryLine> = lines.into_iter().skip(from).take(size).collect();
    let next = Some(from + shown.len()).filter(|next| *next < total);
    page(&StreamPage {
        frame: Frame::new(&viewer.reader, Some(Section::Connections), "Stream"),
        address: address_of(&connection),
        connection,
        stream,
        lines: shown,
        total: i64::try_from(total).unwrap_or(i64::MAX),
        from,
        next,
    })
}

#[derive(Template)]
#[template(path = "connection_rejects.html")]
struct RejectsPage {
    frame: Frame,
    connection: Connection,
    address: String,
    rejects: Vec<Reject>,
    total: i64,
    from: i64,
    next: Option<i64>,
}

impl RejectsPage {
    fn is_later(&self) -> bool {
        self.from > 0
    }

    fn reader(&self) -> &Reader {
        &self.frame.reader
    }
}

pub(in crate::pages) async fn rejects(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
    Query(query): Query<PartQuery>,
) -> Page {
    let connection = find(&app, &name).await?;
    let from = query.from.max(0);
    let rejects = app.db.rejects(&connection.workspace, LINES, from).await?;
    let total = app.db.count_rejects_of(&connection.workspace).await?;
    let shown = i64::try_from(rejects.len()).unwrap_or(0);
    page(&RejectsPage {
        frame: Frame::new(
            &viewer.reader,
            Some(Section::Connections),
            "Rejected records",
        ),
        address: address_of(&connection),
        connection,
        next: Some(from + shown).filter(|next| *next < total),
        rejects,
        total,
        from,
    })
}

#[derive(Template)]
#[template(path = "connection_deliveries.html")]
struct DeliveriesPage {
    frame: Frame,
    connection: Connection,
    address: String,
    deliveries: Vec<StoredDelivery>,
    outcome: Option<DeliveryOutcome>,
    next: Option<i64>,
    may_change: bool,
    done: bool,
}

impl DeliveriesPage {
    fn reader(&self) -> &Reader {
        &self.frame.reader
    }

    fn outcomes(&self) -> Vec<(&'static str, bool)> {
        DeliveryOutcome::ALL
            .into_iter()
            .map(|outcome| (outcome.as_str(), Some(outcome) == self.outcome))
            .collect()
    }
}

pub(in crate::pages) async fn deliveries(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
    Query(query): Query<PartQuery>,
) -> Page {
    let connection = find(&app, &name).await?;
    let outcome = DeliveryOutcome::parse(&query.outcome);
    let filter = DeliveryFilter {
        connection: Some(connection.id),
        outcome,
        limit: LINES,
        before_id: query.before,
        ..DeliveryFilter::default()
    };
    let deliveries = app.db.deliveries(&filter).await?;
    let is_full = i64::try_from(deliveries.len()).unwrap_or(0) == LINES;
    page(&DeliveriesPage {
        frame: Frame::new(&viewer.reader, Some(Section::Connections), "Deliveries"),
        address: address_of(&connection),
        connection,
        next: deliveries.last().map(|last| last.id).filter(|_| is_full),
        deliveries,
        outcome,
        may_change: viewer.visitor.is_administrator(),
        done: query.done.is_some(),
    })
}

pub(in crate::pages) async fn replay(
    State(app): State<App>,
    administrator: Administrator,
    Path((name, id)): Path<(String, i64)>,
) -> Result<Response, Problem> {
    let connection = find(&app, &name).await?;
    let delivery = app.db.delivery(id).await?;
    let delivery = delivery.filter(|delivery| delivery.connection_id == connection.id);
    let delivery = delivery.ok_or_else(|| {
        Problem::no_such(
            "There is no such delivery. They are kept for a while only.",
            "/connections",
            "Connections",
        )
    })?;
    let subject = format!("delivery {}", delivery.id);
    let entry = administrator
        .visitor
        .entry(app.now(), "webhook.replay", subject, None);
    let mut tx = app.db.write().await?;
    tx.replay_deliveries(&[delivery.id]).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    Ok(go_to(&format!(
        "{}/deliveries?done=replay",
        address_of(&connection)
    )))
}
