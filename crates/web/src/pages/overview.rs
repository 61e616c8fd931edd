//! The overview: how work flows, what is stuck, how fresh it all is.

mod figures;

use analysis::{PullsAsked, PullsQuery, Today, list_pulls};
use askama::Template;
use axum::extract::State;
use model::Instant;
use store::StoredCounts;

use super::connections::ConnectionLine;
use super::pulls::{Line, lines};
use crate::access::Viewer;
use crate::layout::{Frame, Page, Section, page};
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;
use figures::{Card, Figures};

/// How many pull requests each list of what is stuck has.
const STUCK: usize = 5;

/// Pull requests that do not get on.
struct Stuck {
    title: &'static str,
    address: &'static str,
    count: String,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    frame: Frame,
    connections: Vec<ConnectionLine>,
    counts: StoredCounts,
    may_change: bool,
    cards: Vec<Card>,
    period: String,
    complete_to: Option<Instant>,
    stuck: Vec<Stuck>,
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
    let counts = app.db.stored_counts().await?;
    let today = Today::load(&app.db, app.now()).await?;
    let (figures, stuck) = if counts.pull_requests > 0 {
        let figures = Figures::load(&app, &today).await?;
        (figures, stuck(&app, &today).await?)
    } else {
        (Figures::default(), Vec::new())
    };
    page(&OverviewPage {
        frame: Frame::new(&viewer.reader, Some(Section::Overview), "Overview"),
        connections: ConnectionLine::all(&app, &viewer.reader).await?,
        counts,
        may_change: viewer.visitor.is_administrator(),
        cards: figures.cards,
        period: figures.period,
        complete_to: figures.complete_to,
        stuck,
    })
}

/// What nobody has reviewed and what is open, those first that have been so for longest.
async fn stuck(app: &App, today: &Today) -> Result<Vec<Stuck>, Problem> {
    let mut stuck = Vec::new();
    for (title, address, question) in [
        (
            "Waiting for a first review for more than two days",
            "/pull-requests?state=waiting-for-review&older-than=2&bots=exclude",
            [
                ("state", "waiting-for-review"),
                ("older-than", "2"),
                ("bots", "exclude"),
            ],
        ),
        (
            "Open for more than two weeks",
            "/pull-requests?state=open&older-than=14&bots=exclude",
            [("state", "open"), ("older-than", "14"), ("bots", "exclude")],
        ),
    ] {
        let query = PullsQuery::parse(&PullsAsked::read(question))?;
        let found = list_pulls(&app.db, &query, today).await?;
        let few = found
            .lines
            .get(..found.lines.len().min(STUCK))
            .unwrap_or_default();
        stuck.push(Stuck {
            title,
            address,
            count: crate::show::grouped(found.count.unwrap_or_default()),
            lines: lines(app, &found, few, today.now).await?,
        });
    }
    Ok(stuck)
}
