//! One person: accounts, teams, and what they did.

use analysis::{Asked, Report, ReportName};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use store::{Decision, Evidence, Identity, IdentitySource, ListedPull, Person};

use crate::access::{Reader, Viewer};
use crate::actions::PersonLine;
use crate::address::address;
use crate::figures::FigureList;
use crate::filters::FilterForm;
use crate::layout::{Frame, Section, form_status, page};
use crate::pages::pull_state::PullState;
use crate::pages::selection::{AccountDays, Selection};
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

/// How many pull requests are listed.
const RECENT: i64 = 10;

/// What is shown of the pull requests that they opened, and of their reviews.
const AS_AUTHOR: [&str; 6] = [
    "opened",
    "merged",
    "cycle_time",
    "pickup_time",
    "size",
    "open_now",
];
const AS_REVIEWER: [&str; 3] = ["reviews", "review_comments", "review_turnaround"];

struct AccountLine {
    source: &'static str,
    account: String,
    name: Option<String>,
    /// How it is known, in words.
    known: &'static str,
    confidence: &'static str,
    since: model::Instant,
    /// The word for the source in a form.
    word: &'static str,
}

struct TeamLine {
    id: i64,
    name: String,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    frame: Frame,
    person: Person,
    accounts: Vec<AccountLine>,
    teams: Vec<TeamLine>,
    decisions: Vec<Decision>,
    /// Everything that they ever did, once it is counted.
    work: Option<analysis::Work>,
    form: FilterForm,
    problem: Option<String>,
    figures: Option<FigureList>,
    pulls: Vec<ListedPull>,
    all_pulls: String,
    may_change: bool,
    done: Option<&'static str>,
}

impl PersonPage {
    fn reader(&self) -> &Reader {
        &self.frame.reader
    }

    fn name(&self) -> String {
        match &self.person.name {
            Some(name) => Name::of(name).plain(),
            None if self.person.forgotten_at.is_some() => "(forgotten)".to_owned(),
            None => "(no name)".to_owned(),
        }
    }

    fn set_by_hand(&self) -> String {
        let columns: Vec<&str> = self.person.set_by_hand.iter().map(String::as_str).collect();
        columns.join(", ")
    }

    fn decision(&self, one: &Decision) -> &'static str {
        if one.link {
            "is theirs"
        } else {
            "never is theirs"
        }
    }
}

fn line(evidence: &Evidence, identity: &Identity) -> AccountLine {
    let account = identity.account.as_str();
    let bitbucket = evidence.accounts.iter();
    let bitbucket = bitbucket.map(|one| (IdentitySource::Bitbucket, &one.source_id, &one.name));
    let jira = evidence.jira.iter();
    let jira = jira.map(|one| (IdentitySource::Jira, &one.source_id, &one.name));
    let name = bitbucket
        .chain(jira)
        .find(|(source, id, _)| *source == identity.source && id.as_str() == account)
        .and_then(|(_, _, name)| name.clone());
    AccountLine {
        source: match identity.source {
            IdentitySource::Bitbucket => "Bitbucket",
            IdentitySource::Jira => "Jira",
            IdentitySource::Email => "Address",
        },
        account: account.to_owned(),
        name,
        known: match identity.matched_by.as_str() {
            "decision" => "somebody said so",
            "jira" => "the same Atlassian account",
            "commit" => "it stands on their commits",
            "members" => "Bitbucket says so",
            "address" => "the same address",
            _ => "nothing else is known",
        },
        confidence: identity.matched_by.confidence(),
        since: identity.matched_at,
        word: identity.source.as_str(),
    }
}

/// What somebody did on some days: the figures of the report about people, of one of them alone,
/// since asking for everybody takes longer.
async fn did(
    app: &App,
    days: &AccountDays,
    selection: &Selection,
    id: &str,
) -> Result<Result<Report, String>, Problem> {
    let asked = |measures: &[&str]| Asked {
        from: selection.asked().from,
        to: selection.asked().to,
        group_by: Some("none".to_owned()),
        measures: measures.iter().map(|name| (*name).to_owned()).collect(),
        ..Asked::default()
    };
    let as_author = Asked {
        authors: vec![id.to_owned()],
        ..asked(&AS_AUTHOR)
    };
    let as_reviewer = Asked {
        reviewers: vec![id.to_owned()],
        ..asked(&AS_REVIEWER)
    };
    let opened = days.report(app, ReportName::People, &as_author).await?;
    let reviewed = days.report(app, ReportName::Reviews, &as_reviewer).await?;
    Ok(match (opened, reviewed) {
        (Ok(mut report), Ok(reviewed)) => {
            report.total.extend(reviewed.total);
            Ok(report)
        }
        (Err(flaw), _) | (_, Err(flaw)) => Err(flaw),
    })
}

pub(in crate::pages) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
    selection: Selection,
) -> Result<Response, Problem> {
    let evidence = app.db.known_people().await?;
    let found = evidence
        .people
        .iter()
        .find(|person| person.id.to_string() == id);
    let person = found.cloned().ok_or_else(|| {
        Problem::no_such(
            "There is no such person. Two people who were one have one number now.",
            "/people",
            "People",
        )
    })?;
    let own = || {
        let all = evidence.identities.iter();
        all.filter(|one| one.user == person.id)
    };
    let days = AccountDays::load(&app).await?;
    let rows: Vec<i64> = own()
        .filter(|one| one.source == IdentitySource::Bitbucket)
        .filter_map(|one| one.row.map(|row| row.0))
        .collect();
    // Whoever has no account did nothing that a report could count.
    let made = match rows.is_empty() {
        true => None,
        false => Some(did(&app, &days, &selection, &id).await?),
    };
    let (report, problem) = match made {
        Some(Ok(report)) => (Some(report), None),
        Some(Err(flaw)) => (None, Some(flaw)),
        None => (None, None),
    };
    let period = report.as_ref().map(|report| report.period);
    let pulls = match period {
        Some(period) => {
            let (from, to) = (period.from.to_string(), period.to.to_string());
            app.db
                .recent_pulls_of_accounts(&rows, &from, &to, RECENT)
                .await?
        }
        None => Vec::new(),
    };
    let everybody = app.actions.everybody().await?;
    let known: Option<&PersonLine> = everybody.people.iter().find(|one| one.id == person.id);
    let (teams, members) = app.db.teams().await?;
    let teams = members
        .into_iter()
        .filter(|member| member.user_id == person.id)
        .filter_map(|member| {
            let team = teams.iter().find(|team| team.id == member.team_id)?;
            Some(TeamLine {
                id: team.id,
                name: team.name.clone(),
                from: member.from_on,
                to: member.to_on,
            })
        });
    let status = form_status(problem.is_some());
    let html = page(&PersonPage {
        frame: Frame::new(
            &viewer.reader,
            Some(Section::People),
            Name::of(person.name.as_deref().unwrap_or("Person")).plain(),
        ),
        accounts: own().map(|one| line(&evidence, one)).collect(),
        teams: teams.collect(),
        decisions: evidence
            .decisions
            .iter()
            .filter(|one| one.user == person.id)
            .cloned()
            .collect(),
        work: known.and_then(|known| known.work),
        form: FilterForm {
            action: format!("/people/{}", person.id),
            fields: selection.day_fields(period),
        },
        problem,
        figures: report.map(|report| {
            let shown = [&AS_AUTHOR[..], &AS_REVIEWER].concat();
            FigureList::of(&report, &shown)
        }),
        pulls,
        all_pulls: address("/pull-requests", [("author", id.as_str())]),
        may_change: viewer.visitor.is_administrator(),
        done: match selection.value("done") {
            "rejected" => Some("It never is theirs, whatever an import finds."),
            "accepted" => Some("It is theirs from now on, whatever an import finds."),
            _ => None,
        },
        person,
    })?;
    Ok((status, html).into_response())
}
