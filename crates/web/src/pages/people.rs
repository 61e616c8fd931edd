//! People: who they are, and how much of the work has somebody who is known.

mod person;
mod unmatched;

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use model::Instant;

pub(super) use person::show as show_one;
pub(super) use unmatched::{accept, reject, show as unmatched};

use super::selection::{AccountDays, Selection};
use crate::access::{Reader, Viewer};
use crate::actions::{Counted, Coverage, PersonLine, Share};
use crate::filters::{Field, FilterForm};
use crate::layout::{Frame, Page, Section, page};
use crate::show::{Name, grouped};
use crate::site::App;

/// How many people a page has.
const SIZE: usize = 100;

/// A share for the eye.
pub(crate) struct ShownShare {
    pub(crate) what: &'static str,
    pub(crate) percent: Option<i64>,
    pub(crate) words: String,
}

/// The shares of a coverage.
pub(super) fn shares(coverage: &Coverage) -> [ShownShare; 3] {
    [
        ("Pull requests", coverage.pull_requests),
        ("Reviews", coverage.reviews),
        ("Commits", coverage.commits),
    ]
    .map(|(what, share)| shown(what, share))
}

fn shown(what: &'static str, share: Share) -> ShownShare {
    ShownShare {
        what,
        // Rounded down: all is said only where it is all.
        percent: share.with_person.saturating_mul(100).checked_div(share.all),
        words: format!("{} of {}", grouped(share.with_person), grouped(share.all)),
    }
}

/// When something was counted, where that is long enough ago to say so.
fn not_just_now(counted_at: Option<Instant>, now: Instant) -> Option<Instant> {
    counted_at.filter(|at| now.seconds_since(*at) >= 60)
}

struct Line {
    person: PersonLine,
    teams: Vec<String>,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    frame: Frame,
    form: FilterForm,
    coverage: Counted<Coverage>,
    lines: Vec<Line>,
    total: i64,
    start: usize,
    first: String,
    next: Option<String>,
    is_narrowed: bool,
}

impl PeoplePage {
    fn reader(&self) -> &Reader {
        &self.frame.reader
    }
}

pub(super) async fn show(State(app): State<App>, viewer: Viewer, selection: Selection) -> Page {
    let everybody = app.actions.everybody().await?;
    let (teams, members) = app.db.teams().await?;
    let today = AccountDays::load(&app).await?.today().to_string();
    let names: HashMap<i64, &str> = teams
        .iter()
        .map(|team| (team.id, team.name.as_str()))
        .collect();
    let mut teams_of: HashMap<i64, Vec<String>> = HashMap::new();
    for member in members.iter().filter(|member| member.is_in(&today)) {
        if let Some(name) = names.get(&member.team_id) {
            let all = teams_of.entry(member.user_id).or_default();
            all.push((*name).to_owned());
        }
    }
    let wanted = selection.value("name").to_lowercase();
    let team = selection.value("team");
    let which = selection.value("show");
    let fits = |person: &PersonLine| {
        let has = |text: &Option<String>| {
            text.as_ref()
                .is_some_and(|text| text.to_lowercase().contains(&wanted))
        };
        let is_named = wanted.is_empty() || has(&person.name) || has(&person.email);
        let is_in = team.is_empty()
            || teams_of
                .get(&person.id)
                .is_some_and(|teams| teams.iter().any(|name| name == team));
        let is_shown = match which {
            "provisional" => person.provisional,
            "left" => !person.active,
            _ => true,
        };
        is_named && is_in && is_shown
    };
    let all: Vec<PersonLine> = everybody.people.into_iter().filter(fits).collect();
    let total = all.len();
    let start = selection.number("start").unwrap_or(0).min(total);
    let lines: Vec<Line> = all
        .into_iter()
        .skip(start)
        .take(SIZE)
        .map(|person| Line {
            teams: teams_of.remove(&person.id).unwrap_or_default(),
            person,
        })
        .collect();
    let end = start + lines.len();
    let path = "/people";
    let team_names = teams.iter().filter(|team| team.archived_at.is_none());
    let team_names = team_names.map(|team| (team.name.clone(), Name::of(&team.name).plain()));
    let kinds = [
        ("provisional", "without an address"),
        ("left", "whose accounts are closed"),
    ];
    let kinds = kinds.map(|(word, name)| (word.to_owned(), name.to_owned()));
    page(&PeoplePage {
        frame: Frame::new(&viewer.reader, Some(Section::People), "People"),
        form: FilterForm {
            action: path.to_owned(),
            fields: vec![
                Field::text(
                    "name",
                    "Name or address has",
                    selection.value("name"),
                    Vec::new(),
                ),
                Field::choice("team", "Team", team, team_names.collect()),
                Field::choice("show", "Only those", which, kinds.into()),
            ],
        },
        coverage: Counted {
            counted_at: not_just_now(everybody.coverage.counted_at, app.now()),
            ..everybody.coverage
        },
        next: (end < total).then(|| selection.address(path, "start", Some(&end.to_string()))),
        first: selection.address(path, "start", None),
        is_narrowed: !(wanted.is_empty() && team.is_empty() && which.is_empty()),
        lines,
        total: i64::try_from(total).unwrap_or(i64::MAX),
        start,
    })
}
