//! One team: what it did, who was in it, and a form for who comes and who goes.

use std::collections::HashMap;

use analysis::{Asked, ReportName};
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use store::{Evidence, Person, Team};

use super::size;
use crate::access::{Administrator, Reader, Viewer};
use crate::actions::{ActionError, NewMember};
use crate::address::address;
use crate::figures::FigureList;
use crate::filters::FilterForm;
use crate::layout::{Frame, Section, form_status, page};
use crate::pages::go_to;
use crate::pages::selection::{AccountDays, Selection, sentence};
use crate::problem::Problem;
use crate::show::{Name, clean, counted};
use crate::site::App;

/// How many people the form suggests.
const SUGGESTED: usize = 500;

const FIGURES: [&str; 8] = [
    "opened",
    "merged",
    "merged_per_developer",
    "cycle_time",
    "pickup_time",
    "reviews",
    "review_turnaround",
    "open_now",
];

struct MemberLine {
    id: i64,
    name: Option<String>,
    email: Option<String>,
    from: Option<String>,
    to: Option<String>,
    is_in: bool,
    /// Whether there is something to end.
    goes_on: bool,
}

impl MemberLine {
    fn who(&self) -> String {
        match &self.name {
            Some(name) => Name::of(name).plain(),
            None => format!("person {}", self.id),
        }
    }
}

#[derive(Template)]
#[template(path = "team.html")]
struct TeamPage {
    frame: Frame,
    team: Team,
    parent: Option<Team>,
    parts: Vec<Team>,
    members: Vec<MemberLine>,
    form: FilterForm,
    problem: Option<String>,
    figures: Option<FigureList>,
    all_pulls: String,
    may_change: bool,
    /// What was written, where it was refused.
    written: MemberForm,
    refused: Option<String>,
    suggested: Vec<String>,
    done: Option<&'static str>,
}

impl TeamPage {
    fn now(&self) -> String {
        let now = self.members.iter().filter(|member| member.is_in);
        counted(size(now.count()), "person")
    }
}

/// Addresses, and the names of those who have none.
fn suggested(evidence: &Evidence) -> Vec<String> {
    let people = evidence.people.iter().filter(|person| person.active);
    let called = people.filter_map(|person| person.email.as_ref().or(person.name.as_ref()));
    // What cannot be seen cannot be chosen.
    let visible = called.filter(|called| clean(called) == **called);
    visible.take(SUGGESTED).cloned().collect()
}

/// The team's page, with what was written into its form and why that was refused.
async fn answer(
    app: &App,
    reader: &Reader,
    id: &str,
    selection: &Selection,
    refused: Option<(MemberForm, String)>,
) -> Result<Response, Problem> {
    let (teams, members) = app.db.teams().await?;
    let team = teams.iter().find(|team| team.id.to_string() == id);
    let team = team
        .cloned()
        .ok_or_else(|| Problem::no_such("There is no such team.", "/teams", "Teams"))?;
    let days = AccountDays::load(app).await?;
    let today = days.today().to_string();
    let asked = Asked {
        from: selection.asked().from,
        to: selection.asked().to,
        teams: vec![team.name.clone()],
        group_by: Some("none".to_owned()),
        ..Asked::default()
    };
    let made = days.report(app, ReportName::People, &asked).await?;
    let report = made.as_ref().ok();
    let evidence = app.db.known_people().await?;
    let people: HashMap<i64, &Person> = evidence.people.iter().map(|one| (one.id, one)).collect();
    let mut lines: Vec<MemberLine> = members
        .into_iter()
        .filter(|member| member.team_id == team.id)
        .map(|member| {
            let person = people.get(&member.user_id);
            MemberLine {
                id: member.user_id,
                name: person.and_then(|person| person.name.clone()),
                email: person.and_then(|person| person.email.clone()),
                is_in: member.is_in(&today),
                goes_on: member.to_on.as_ref().is_none_or(|to| *to >= today),
                from: member.from_on,
                to: member.to_on,
            }
        })
        .collect();
    lines.sort_by(|one, other| {
        (!one.is_in, &one.name, one.id).cmp(&(!other.is_in, &other.name, other.id))
    });
    let period = report.map(|report| report.period);
    let parent = team.parent;
    let status = form_status(refused.is_some() || made.is_err());
    let (written, refused) = refused.unzip();
    let may_change = reader.is_administrator() && team.archived_at.is_none();
    let html = page(&TeamPage {
        frame: Frame::new(reader, Some(Section::Teams), Name::of(&team.name).plain()),
        parent: teams.iter().find(|one| Some(one.id) == parent).cloned(),
        parts: teams
            .iter()
            .filter(|one| one.parent == Some(team.id) && one.archived_at.is_none())
            .cloned()
            .collect(),
        members: lines,
        form: FilterForm {
            action: format!("/teams/{}", team.id),
            fields: selection.day_fields(period),
        },
        problem: made.as_ref().err().cloned(),
        figures: report.map(|report| FigureList::of(report, &FIGURES)),
        all_pulls: address("/pull-requests", [("team", team.name.as_str())]),
        may_change,
        written: written.unwrap_or_default(),
        refused,
        suggested: match may_change {
            true => suggested(&evidence),
            false => Vec::new(),
        },
        done: match selection.value("done") {
            "added" => Some("They are added."),
            "removed" => Some("They are removed."),
            _ => None,
        },
        team,
    })?;
    Ok((status, html).into_response())
}

pub(in crate::pages) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
    selection: Selection,
) -> Result<Response, Problem> {
    answer(&app, &viewer.reader, &id, &selection, None).await
}

/// Who comes, or until when somebody stays.
#[derive(Default, Deserialize)]
pub(in crate::pages) struct MemberForm {
    #[serde(default)]
    person: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// What was written into a field, if anything was.
fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// What there is to say of a change: the page again, with `done`, or with why it was refused.
async fn settle(
    app: &App,
    administrator: &Administrator,
    id: i64,
    form: MemberForm,
    outcome: Result<&str, ActionError>,
) -> Result<Response, Problem> {
    match outcome {
        Ok(done) => Ok(go_to(&format!("/teams/{id}?done={done}"))),
        Err(ActionError::Refused(problem)) => {
            let (id, selection) = (id.to_string(), Selection::default());
            let refused = Some((form, clean(&sentence(&problem))));
            answer(app, &administrator.reader, &id, &selection, refused).await
        }
        Err(failed) => Err(failed.into()),
    }
}

pub(in crate::pages) async fn add_member(
    State(app): State<App>,
    administrator: Administrator,
    Path(id): Path<i64>,
    Form(form): Form<MemberForm>,
) -> Result<Response, Problem> {
    let outcome = match filled(&form.person) {
        Some(person) => {
            let member = NewMember {
                person,
                from: filled(&form.from),
                to: filled(&form.to),
            };
            let actor = administrator.visitor.actor();
            app.actions.add_member(id, member, actor).await
        }
        None => Err(ActionError::Refused(
            "Say who it is: an address, a name or a number.".to_owned(),
        )),
    };
    let outcome = outcome.map(|()| "added");
    settle(&app, &administrator, id, form, outcome).await
}

pub(in crate::pages) async fn remove_member(
    State(app): State<App>,
    administrator: Administrator,
    Path((id, person)): Path<(i64, i64)>,
    Form(form): Form<MemberForm>,
) -> Result<Response, Problem> {
    let actor = administrator.visitor.actor();
    let last = filled(&form.to);
    let removed = app.actions.remove_member(id, person, last, actor).await;
    let outcome = removed.map(|()| "removed");
    settle(&app, &administrator, id, MemberForm::default(), outcome).await
}
