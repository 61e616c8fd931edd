//! People and teams, for the pages.

use std::collections::BTreeSet;
use std::sync::Arc;

use analysis::Work;
use model::rows::UserType;
use store::{Evidence, IdentitySource};
use sync::people::{address, import_teams};
use web::{
    Counted, Coverage, Doing, Everybody, Missing, NewMember, PeopleActions, PersonLine,
    ProgramNames, Share, Subject, Suggested, TeamList, UnmatchedAccount, UnmatchedAddress,
};

use super::super::tally::Tally;
use super::{PageActions, doing};
use crate::command::people::{self, Change, Chosen, Records, Unmatched, suggested, work_of_people};
use crate::command::teams;
use crate::failure::{Exit, Failure};
use crate::moment;

/// What is known of everybody, with the addresses of commits as they were counted.
fn with_commits(evidence: Evidence, tally: &Tally) -> Evidence {
    Evidence {
        commits: tally.commits.clone(),
        ..evidence
    }
}

fn share(share: &people::Share) -> Share {
    Share {
        with_person: share.with_person,
        all: share.all,
    }
}

fn coverage(unmatched: &Unmatched) -> Coverage {
    let found = &unmatched.coverage;
    Coverage {
        pull_requests: share(&found.pull_requests),
        reviews: share(&found.reviews),
        commits: share(&found.commits),
    }
}

/// What somebody means by the account that a form names: one of a list is named exactly.
fn chosen(evidence: &Evidence, subject: Subject) -> anyhow::Result<Chosen> {
    Ok(match subject.source {
        IdentitySource::Email => people::account(evidence, &subject.account)?,
        source => Chosen {
            source,
            account: subject.account,
        },
    })
}

fn everybody(evidence: &Evidence, tally: Option<&Tally>) -> Vec<PersonLine> {
    let work = tally.map(|tally| work_of_people(evidence, &tally.work));
    let mut all: Vec<PersonLine> = evidence
        .people
        .iter()
        .map(|person| PersonLine {
            id: person.id,
            name: person.name.clone(),
            email: person.email.clone(),
            active: person.active,
            provisional: person.provisional,
            forgotten: person.forgotten_at.is_some(),
            work: work
                .as_ref()
                .map(|work| work.get(&person.id).copied().unwrap_or_default()),
        })
        .collect();
    all.sort_by_cached_key(|person| {
        let name = person.name.as_deref().map(str::to_lowercase);
        (name.is_none(), name, person.id)
    });
    all
}

/// Where a page says who is in a team.
const SEE: &str = "the list says from when to when";

/// A day that a form names.
fn day(written: Option<String>) -> Result<Option<String>, Failure> {
    let day = written.map(|written| moment::day(&written)).transpose();
    day.map_err(|flaw| Failure::new(Exit::Usage, flaw))
}

/// The name of a team that people come into and leave.
async fn name_of(change: &mut Change, team: i64) -> anyhow::Result<String> {
    let (teams, _) = change.tx.teams().await?;
    let found = teams.into_iter().find(|one| one.id == team);
    match found.filter(|team| team.archived_at.is_none()) {
        Some(team) => Ok(team.name),
        None => Err(Failure::new(Exit::Usage, "this team was given up").into()),
    }
}

impl PageActions {
    /// What is known, with what was counted if that is there.
    async fn known(&self) -> anyhow::Result<(Evidence, Option<Arc<Tally>>)> {
        let tally = self.tallies.recent().await;
        let evidence = self.session.db.known_people().await?;
        Ok(match tally {
            Some(tally) => (with_commits(evidence, &tally), Some(tally)),
            None => (evidence, None),
        })
    }
}

impl PeopleActions for PageActions {
    fn everybody(&self) -> Doing<'_, Everybody> {
        doing(async move {
            let (evidence, tally) = self.known().await?;
            let tally = tally.as_deref();
            Ok(Everybody {
                coverage: Counted {
                    value: tally.map(|tally| coverage(&Unmatched::of(&evidence, &tally.work))),
                    counted_at: tally.map(|tally| tally.counted_at),
                },
                people: everybody(&evidence, tally),
            })
        })
    }

    fn missing(&self) -> Doing<'_, Counted<Missing>> {
        doing(async move {
            let (evidence, Some(tally)) = self.known().await? else {
                return Ok(Counted {
                    value: None,
                    counted_at: None,
                });
            };
            let unmatched = Unmatched::of(&evidence, &tally.work);
            let teams: BTreeSet<&str> = (evidence.accounts.iter())
                .filter(|account| people::is_of_a_team(account))
                .map(|account| account.source_id.as_str())
                .collect();
            let bots = self.session.config.settings.people.bot_names();
            let suggestions = suggested(&evidence, &bots).into_iter();
            let suggestions = suggestions.filter_map(|one| {
                let because = one.because();
                Some(Suggested {
                    subject: Subject {
                        source: IdentitySource::parse(one.source)?,
                        account: one.account,
                    },
                    name: one.name,
                    person: one.person,
                    person_name: one.person_name,
                    because,
                })
            });
            let missing = Missing {
                coverage: coverage(&unmatched),
                suggestions: suggestions.collect(),
                accounts: unmatched
                    .accounts
                    .into_iter()
                    .map(|one| UnmatchedAccount {
                        is_of_a_team: teams.contains(one.account.as_str()),
                        account: one.account,
                        name: one.name,
                        person: one.person,
                        work: Work {
                            pull_requests: one.pull_requests,
                            reviews: one.reviews,
                            commits: one.commits,
                        },
                    })
                    .collect(),
                addresses: unmatched
                    .addresses
                    .into_iter()
                    .map(|one| UnmatchedAddress {
                        address: one.address,
                        name: one.name,
                        commits: one.commits,
                    })
                    .collect(),
            };
            Ok(Counted {
                value: Some(missing),
                counted_at: Some(tally.counted_at),
            })
        })
    }

    fn link(&self, subject: Subject, person: String, actor: String) -> Doing<'_, ()> {
        let session = self.acting_as(actor);
        doing(async move {
            let mut change = Change::over(session).await?;
            let account = chosen(&change.evidence, subject)?;
            let owner = change
                .evidence
                .identities
                .iter()
                .find(|one| (one.source, &one.account) == (account.source, &account.account))
                .map(|one| one.user);
            let (user, account) = match people::person(&change.evidence, &person) {
                Ok(person) => (person.id, account),
                // An address that is nobody's yet is that of whoever has the account.
                Err(unknown) => match (address::normal(&person), owner) {
                    (Some(address), Some(owner)) => (
                        owner,
                        Chosen {
                            source: IdentitySource::Email,
                            account: address,
                        },
                    ),
                    _ => return Err(unknown.into()),
                },
            };
            change.link(user, &account).await?;
            let log = people::logged(&account);
            change
                .write("people.link", format!("person {user}"), Some(log))
                .await?;
            self.measure().await
        })
    }

    fn unlink(&self, subject: Subject, person: i64, actor: String) -> Doing<'_, ()> {
        let session = self.acting_as(actor);
        doing(async move {
            let mut change = Change::over(session).await?;
            let account = chosen(&change.evidence, subject)?;
            people::person(&change.evidence, &person.to_string())?;
            change.unlink(person, &account).await?;
            let log = people::logged(&account);
            change
                .write("people.unlink", format!("person {person}"), Some(log))
                .await?;
            self.measure().await
        })
    }

    fn mark(&self, account: String, kind: UserType, actor: String) -> Doing<'_, ()> {
        let session = self.acting_as(actor);
        doing(async move {
            let mut change = Change::over(session).await?;
            let (account, _) = change.mark(&account, kind).await?;
            let log = format!("bitbucket account {account}");
            change
                .write("people.mark", log, Some(kind.as_str().to_owned()))
                .await?;
            self.measure().await
        })
    }

    fn program_names(&self) -> ProgramNames {
        let people = &self.session.config.settings.people;
        ProgramNames {
            bots: people.bots.clone(),
            ai_bots: people.ai_bots.clone(),
            ai_apps: people.ai_apps.clone(),
        }
    }

    fn import_teams(&self, list: String, apply: bool, actor: String) -> Doing<'_, TeamList> {
        let session = self.acting_as(actor);
        doing(async move {
            let records = Records::parse(&list, None, &teams::COLUMNS, Some("members"))?;
            let entries = records.map(teams::entry)?;
            let mut change = Change::over(session).await?;
            let today = change.session.today().await?.to_string();
            let (tx, decider) = change.parts();
            let found = import_teams(tx, &entries, &decider, &today).await?;
            if apply {
                let detail = Some(teams::noted(&found));
                change
                    .write("teams.import", "teams".to_owned(), detail)
                    .await?;
                self.measure().await?;
            }
            Ok(TeamList {
                made: found.made,
                moved: found.moved,
                members: found.members,
                unchanged: found.unchanged,
                unknown: found.unknown,
            })
        })
    }

    fn add_member(&self, team: i64, member: NewMember, actor: String) -> Doing<'_, ()> {
        let session = self.acting_as(actor);
        doing(async move {
            let days = (day(member.from)?, day(member.to)?);
            let days = (days.0.as_deref(), days.1.as_deref());
            let mut change = Change::over(session).await?;
            let name = name_of(&mut change, team).await?;
            let person = &member.person;
            let user = teams::join(&mut change, (team, &name), person, days, SEE).await?;
            let detail = Some(format!("person {user}"));
            change
                .write("teams.add", format!("team {name}"), detail)
                .await?;
            self.measure().await
        })
    }

    fn remove_member(
        &self,
        team: i64,
        person: i64,
        last: Option<String>,
        actor: String,
    ) -> Doing<'_, ()> {
        let session = self.acting_as(actor);
        doing(async move {
            let last = match day(last)? {
                Some(day) => day,
                None => teams::yesterday(&session).await?,
            };
            let mut change = Change::over(session).await?;
            let name = name_of(&mut change, team).await?;
            let person = person.to_string();
            let user = teams::leave(&mut change, (team, &name), &person, &last, SEE).await?;
            let detail = Some(format!("person {user}"));
            change
                .write("teams.remove", format!("team {name}"), detail)
                .await?;
            self.measure().await
        })
    }
}
