//! The overview: what is connected, how fresh it is, how much there is.

use askama::Template;
use axum::extract::State;
use store::StoredCounts;

use super::connections::ConnectionLine;
use crate::access::Viewer;
use crate::layout::{Frame, Page, Section, page};
use crate::show::Name;
use crate::site::App;

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    connections: Vec<ConnectionLine>,
    counts: StoredCounts,
    may_change: bool,
}

impl OverviewPage {
    /// What deserves a look, with where to look.
    fn problems(&self) -> Vec<(&ConnectionLine, &str)> {
        self.connections
            .iter()
            .filter_map(|line| line.problem.as_deref().map(|problem| (line, problem)))
            .collect()
    }
}

pub(super) async fn show(State(app): State<App>, viewer: Viewer) -> Page {
    page(&OverviewPage {
        frame: Frame::new(&viewer.reader, Some(Section::Overview), "Overview"),
        connections: ConnectionLine::all(&app, &viewer.reader).await?,
        counts: app.db.stored_counts().await?,
        may_change: viewer.visitor.is_administrator(),
    })
}
