//! `windlass people show`.

use std::io::{self, Write};

use analysis::work_of_accounts;
use model::Instant;
use serde::Serialize;
use store::{Evidence, Identity, IdentitySource};

use super::chosen;
use super::list::work_of_people;
use crate::cli::{Global, PersonArguments};
use crate::failure::one_line;
use crate::moment;
use crate::output::json;
use crate::output::table::{Align, plain};
use crate::session::Session;

/// A person with all that is theirs, for programs.
#[derive(Serialize)]
struct Shown {
    id: i64,
    name: Option<String>,
    email: Option<String>,
    timezone: Option<String>,
    started_on: Option<String>,
    developer: bool,
    provisional: bool,
    active: bool,
    set_by_hand: Vec<String>,
    forgotten_at: Option<Instant>,
    pull_requests: i64,
    reviews: i64,
    commits: i64,
    identities: Vec<ShownIdentity>,
    teams: Vec<ShownTeam>,
    decisions: Vec<ShownDecision>,
}

#[derive(Serialize)]
struct ShownIdentity {
    source: &'static str,
    account: String,
    name: Option<String>,
    matched_by: &'static str,
    confidence: &'static str,
    matched_at: Instant,
}

#[derive(Serialize)]
struct ShownTeam {
    team: String,
    from_on: Option<String>,
    to_on: Option<String>,
}

#[derive(Serialize)]
struct ShownDecision {
    source: &'static str,
    account: String,
    decision: &'static str,
    decided_by: String,
    decided_at: Instant,
}

pub(super) async fn run(global: &Global, arguments: &PersonArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let evidence = session.db.evidence().await?;
    let person = chosen::person(&evidence, &arguments.person)?;
    let work = work_of_people(
        &evidence,
        &work_of_accounts(&session.db, session.now()).await?,
    );
    let work = work.get(&person.id).copied().unwrap_or_default();
    let (teams, members) = session.db.teams().await?;
    let name_of = |id: i64| teams.iter().find(|team| team.id == id);
    let shown = Shown {
        id: person.id,
        name: person.name.clone(),
        email: person.email.clone(),
        timezone: person.timezone.clone(),
        started_on: person.started_on.clone(),
        developer: person.developer,
        provisional: person.provisional,
        active: person.active,
        set_by_hand: person.set_by_hand.iter().cloned().collect(),
        forgotten_at: person.forgotten_at,
        pull_requests: work.pull_requests,
        reviews: work.reviews,
        commits: work.commits,
        identities: evidence
            .identities
            .iter()
            .filter(|one| one.user == person.id)
            .map(|one| ShownIdentity {
                source: one.source.as_str(),
                account: one.account.clone(),
                name: name(&evidence, one),
                matched_by: one.matched_by.as_str(),
                confidence: one.matched_by.confidence(),
                matched_at: one.matched_at,
            })
            .collect(),
        teams: members
            .iter()
            .filter(|one| one.user_id == person.id)
            .map(|one| ShownTeam {
                team: name_of(one.team_id).map_or_else(String::new, |team| team.name.clone()),
                from_on: one.from_on.clone(),
                to_on: one.to_on.clone(),
            })
            .collect(),
        decisions: evidence
            .decisions
            .iter()
            .filter(|one| one.user == person.id)
            .map(|one| ShownDecision {
                source: one.source.as_str(),
                account: one.account.clone(),
                decision: if one.link { "link" } else { "unlink" },
                decided_by: one.decided_by.clone(),
                decided_at: one.decided_at,
            })
            .collect(),
    };
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&shown, out);
    }
    shown.write_text(out)?;
    Ok(())
}

/// The name that the source gives an account.
fn name(evidence: &Evidence, identity: &Identity) -> Option<String> {
    let account = identity.account.as_str();
    match identity.source {
        IdentitySource::Bitbucket => {
            let mut accounts = evidence.accounts.iter();
            accounts.find(|one| one.source_id == account)?.name.clone()
        }
        IdentitySource::Jira => {
            let mut accounts = evidence.jira.iter();
            accounts.find(|one| one.source_id == account)?.name.clone()
        }
        IdentitySource::Email => None,
    }
}

impl Shown {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
        let lines = [
            ("person", Some(self.id.to_string())),
            ("name", self.name.clone()),
            (
                "address",
                self.email.clone().or(Some("(not known)".to_owned())),
            ),
            ("time zone", self.timezone.clone()),
            ("first day", self.started_on.clone()),
            ("developer", Some(yes(self.developer))),
            ("active", Some(yes(self.active))),
            (
                "set by hand",
                (!self.set_by_hand.is_empty()).then(|| self.set_by_hand.join(", ")),
            ),
            ("forgotten", self.forgotten_at.map(moment::shown)),
            ("pull requests", Some(self.pull_requests.to_string())),
            ("reviews", Some(self.reviews.to_string())),
            ("commits", Some(self.commits.to_string())),
        ];
        for (name, value) in lines {
            if let Some(value) = value {
                writeln!(out, "{name:<14} {}", one_line(&value))?;
            }
        }
        let left = [Align::Left];
        if !self.identities.is_empty() {
            let rows = self.identities.iter().map(|one| {
                vec![
                    one.source.to_owned(),
                    one.account.clone(),
                    one.name.clone().unwrap_or_default(),
                    one.matched_by.to_owned(),
                    one.confidence.to_owned(),
                    moment::shown(one.matched_at),
                ]
            });
            let header = ["source", "account", "name", "by", "confidence", "since"];
            writeln!(out, "\n{}", plain(&header, &left, rows))?;
        }
        if !self.teams.is_empty() {
            let rows = self.teams.iter().map(|one| {
                vec![
                    one.team.clone(),
                    one.from_on.clone().unwrap_or_default(),
                    one.to_on.clone().unwrap_or_default(),
                ]
            });
            writeln!(out, "\n{}", plain(&["team", "from", "to"], &left, rows))?;
        }
        if !self.decisions.is_empty() {
            let rows = self.decisions.iter().map(|one| {
                vec![
                    one.decision.to_owned(),
                    one.source.to_owned(),
                    one.account.clone(),
                    one.decided_by.clone(),
                    moment::shown(one.decided_at),
                ]
            });
            let header = ["decision", "source", "account", "by", "when"];
            writeln!(out, "\n{}", plain(&header, &left, rows))?;
        }
        Ok(())
    }
}
