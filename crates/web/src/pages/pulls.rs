//! The list of pull requests.

use std::collections::HashMap;

use analysis::{
    DayKind, PullList, PullState, PullsAsked, PullsQuery, Today, list_pulls, waiting_for,
};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use model::{Id, Instant};
use store::{AskedReviewer, PullLine, Standing};

use super::segment;
use crate::access::Viewer;
use crate::address::Asking;
use crate::layout::{Frame, Section, form_status, page};
use crate::problem::Problem;
use crate::show::{self, Exact, Name};
use crate::site::App;

/// How many reviewers a line names.
const NAMED: usize = 4;

/// A line of the list.
pub(super) struct Line {
    pub(super) address: String,
    pub(super) title: Name,
    pub(super) place: String,
    pub(super) state: (&'static str, &'static str),
    pub(super) author: Name,
    pub(super) is_bot: bool,
    pub(super) opened: Instant,
    pub(super) closed: Option<Instant>,
    /// How long it was open, or is.
    pub(super) age: String,
    pub(super) size: Option<String>,
    pub(super) cycle_time: Option<String>,
    pub(super) reviewers: Vec<(Name, &'static str)>,
    pub(super) more_reviewers: usize,
    pub(super) waiting_for: Option<&'static str>,
}

/// The address of a pull request that people can read.
pub(super) fn address_of(repository: Option<&str>, number: i64, id: Id) -> String {
    match repository.and_then(|name| name.split_once('/')) {
        Some((workspace, repository)) => format!(
            "/pull-requests/{}/{}/{number}",
            segment(workspace),
            segment(repository)
        ),
        None => format!("/pull-requests/{}", id.0),
    }
}

/// A state in a word, and its colour.
pub(super) fn state_of(
    state: Option<&str>,
    draft: bool,
    deleted: bool,
) -> (&'static str, &'static str) {
    match state {
        _ if deleted => ("gone", "quiet"),
        Some("OPEN") if draft => ("draft", "quiet"),
        Some("OPEN") => ("open", "busy"),
        Some("MERGED") => ("merged", "good"),
        Some("DECLINED") => ("declined", "bad"),
        Some("SUPERSEDED") => ("superseded", "quiet"),
        _ => ("unknown", "quiet"),
    }
}

/// Lines for the eye: with reviewers and whose turn it is.
pub(super) async fn lines(
    app: &App,
    found: &PullList,
    pulls: &[PullLine],
    now: Instant,
) -> Result<Vec<Line>, Problem> {
    let ids: Vec<Id> = pulls.iter().map(|pull| pull.id).collect();
    let is_open = |pull: &&PullLine| pull.state.as_deref() == Some("OPEN");
    let open: Vec<Id> = pulls.iter().filter(is_open).map(|pull| pull.id).collect();
    let reviewers = app.db.reviewers_of(&ids).await?;
    let standings: HashMap<i64, Standing> = if open.is_empty() {
        HashMap::new()
    } else {
        app.db.standings_of(&open).await?
    };
    let (nobody, unknown) = (Vec::new(), Standing::default());
    Ok(pulls
        .iter()
        .map(|pull| {
            let asked = reviewers.get(&pull.id.0).unwrap_or(&nobody);
            let standing = standings.get(&pull.id.0).unwrap_or(&unknown);
            line(found, pull, asked, standing, now)
        })
        .collect())
}

fn line(
    found: &PullList,
    pull: &PullLine,
    asked: &[AskedReviewer],
    standing: &Standing,
    now: Instant,
) -> Line {
    let repository = pull.repository.as_deref();
    // Whoever only took part is no reviewer, unless they voted.
    let mut others: Vec<&AskedReviewer> = asked
        .iter()
        .filter(|one| one.asked || one.state.is_some())
        .filter(|one| Some(one.user_id) != pull.user_id)
        .collect();
    let more = others.len().saturating_sub(NAMED);
    others.truncate(NAMED);
    Line {
        address: address_of(repository, pull.number, pull.id),
        title: Name::of(pull.title.as_deref().unwrap_or("(no title)")),
        place: format!("{} #{}", repository.unwrap_or("(unknown)"), pull.number),
        state: state_of(pull.state.as_deref(), pull.draft, pull.deleted),
        author: Name::of(&found.names.name(pull.user_id)),
        is_bot: found.names.is_bot(pull.user_id),
        opened: pull.created_at,
        closed: pull.closed_at,
        age: show::span(pull.closed_at.unwrap_or(now).seconds_since(pull.created_at)),
        size: pull.size.map(show::grouped),
        cycle_time: pull
            .cycle_time
            .map(|time| analysis::whole_number(time, analysis::Unit::Seconds)),
        reviewers: others
            .into_iter()
            .map(|one| {
                let sign = match one.state.as_deref() {
                    Some("approved") => "approved",
                    Some("changes_requested") => "asked for changes",
                    _ => "",
                };
                (Name::of(&found.names.name(Some(one.user_id))), sign)
            })
            .collect(),
        more_reviewers: more,
        waiting_for: waiting_for(pull, asked, standing).map(|turn| turn.words()),
    }
}

/// Something that the list is narrowed down by, and the list without it.
struct Narrowed {
    text: Name,
    without: String,
}

#[derive(Template)]
#[template(path = "pull_requests.html")]
struct PullsPage {
    frame: Frame,
    asking: Asking,
    states: Vec<(&'static str, String, bool)>,
    orders: Vec<(&'static str, &'static str, bool)>,
    narrowed: Vec<Narrowed>,
    /// What the form does not show, and keeps.
    kept: Vec<(String, String)>,
    refused: Option<String>,
    lines: Vec<Line>,
    count: Option<String>,
    gave_up: bool,
    first: Option<String>,
    next: Option<String>,
    searched: bool,
}

impl PullsPage {
    /// Whether any of them has a cycle time: those that are open have none.
    fn has_times(&self) -> bool {
        self.lines.iter().any(|line| line.cycle_time.is_some())
    }

    /// Whether the size of any of them is known.
    fn has_sizes(&self) -> bool {
        self.lines.iter().any(|line| line.size.is_some())
    }

    fn asked(&self, name: &str) -> &str {
        self.asking.get(name).unwrap_or_default()
    }
}

const PATH: &str = "/pull-requests";

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let asking = Asking::read(query.as_deref());
    let asked = PullsAsked::read(asking.pairs());
    let today = Today::load(&app.db, app.now()).await?;
    let parsed = PullsQuery::parse(&asked);
    let (state, order) = match &parsed {
        Ok(query) => (query.state(), query.order()),
        Err(_) => (None, "updated"),
    };
    let found = match parsed {
        Ok(query) => list_pulls(&app.db, &query, &today).await,
        Err(error) => Err(error),
    };
    let (found, refused) = match found.map_err(Problem::from) {
        Ok(found) => (Some(found), None),
        Err(Problem::Refused(why)) => (None, Some(why)),
        Err(problem) => return Err(problem),
    };
    let lines = match &found {
        Some(found) => lines(&app, found, &found.lines, app.now()).await?,
        None => Vec::new(),
    };
    let status = form_status(refused.is_some());
    let found = found.as_ref();
    let html = page(&PullsPage {
        frame: Frame::new(&viewer.reader, Some(Section::PullRequests), "Pull requests"),
        states: PullState::ALL
            .into_iter()
            .map(|one| {
                (
                    one.as_str(),
                    one.as_str().replace('-', " "),
                    Some(one) == state,
                )
            })
            .collect(),
        orders: PullsQuery::orders()
            .map(|one| (one, order_name(one), one == order))
            .collect(),
        narrowed: narrowed(&asking),
        kept: asking
            .pairs()
            .filter(|(name, value)| !SHOWN.contains(name) && !value.is_empty())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        refused,
        lines,
        count: found.and_then(|found| {
            let text = show::grouped(found.count?);
            Some(if found.more_than_counted {
                format!("more than {text}")
            } else {
                text
            })
        }),
        gave_up: found.is_some_and(|found| found.gave_up),
        first: asking
            .get("after")
            .map(|_| asking.without("after").address(PATH)),
        next: found
            .and_then(|found| found.next.as_deref())
            .map(|next| asking.with("after", next).address(PATH)),
        searched: asking.get("q").is_some(),
        asking,
    })?;
    Ok((status, html).into_response())
}

/// What the form shows by itself, and what no other page of the list is asked with.
const SHOWN: [&str; 4] = ["q", "state", "sort", "after"];

fn order_name(order: &str) -> &'static str {
    match order {
        "updated" => "changed last",
        "opened" => "opened last",
        "oldest" => "oldest first",
        "closed" => "closed last",
        "cycle-time" => "longest cycle time",
        "size" => "largest",
        _ => "",
    }
}

/// What the list is narrowed down by and the form does not show, in words.
fn narrowed(asking: &Asking) -> Vec<Narrowed> {
    let mut narrowed = Vec::new();
    for kind in DayKind::ALL {
        let (from, to) = (asking.get(kind.from_name()), asking.get(kind.to_name()));
        let what = match kind {
            DayKind::FirstReview => "first reviewed",
            other => other.as_str(),
        };
        let text = match (from, to) {
            (None, None) => continue,
            (Some(from), Some(to)) => format!("{what} {from} to {to}"),
            (Some(from), None) => format!("{what} from {from} on"),
            (None, Some(to)) => format!("{what} up to {to}"),
        };
        narrowed.push(Narrowed {
            text: Name::of(&text),
            without: asking
                .without(kind.from_name())
                .without(kind.to_name())
                .without("after")
                .address(PATH),
        });
    }
    for (name, what) in [
        ("older-than", "days open, at least:"),
        ("project", "project:"),
        ("repository", "repository:"),
        ("team", "team:"),
        ("team-itself", "team itself:"),
        ("author", "author:"),
        ("reviewer", "reviewer:"),
        ("target-branch", "target:"),
        ("branch", "target:"),
        ("environment", "environment:"),
        ("service", "service:"),
        ("with", "known:"),
    ] {
        let values: Vec<&str> = asking
            .pairs()
            .filter(|(one, value)| *one == name && !value.is_empty())
            .map(|(_, value)| value)
            .collect();
        if !values.is_empty() {
            narrowed.push(Narrowed {
                text: Name::of(&format!("{what} {}", values.join(" or "))),
                without: asking.without(name).without("after").address(PATH),
            });
        }
    }
    let bots = match asking.get("bots") {
        Some("exclude") => Some("without bots"),
        Some("only") => Some("bots only"),
        _ => None,
    };
    narrowed.extend(bots.map(|text| Narrowed {
        text: Name::of(text),
        without: asking.without("bots").without("after").address(PATH),
    }));
    narrowed
}
