//! `windlass people link`, `unlink`, `merge` and `mark`.

use std::io;

use model::rows::UserType;
use serde::Serialize;
use store::{Evidence, IdentitySource, WriteTx};
use sync::people::{BotNames, Decider, Settled, Subject};

use super::chosen::{self, Chosen, usage};
use crate::cli::{Global, LinkArguments, MarkArguments, MergeArguments, UnlinkArguments};
use crate::output::{json, say};
use crate::session::Session;

/// What became of it, for programs.
#[derive(Serialize)]
struct Changed {
    /// The person (`users.id`) whom it was about; none for an account that is a program's.
    person: Option<i64>,
    /// What follows from it.
    people: Settled,
}

/// A change under way: what is known, and who says something.
pub(crate) struct Change {
    pub(crate) session: Session,
    pub(crate) tx: WriteTx,
    pub(crate) evidence: Evidence,
    bots: BotNames,
    actor: String,
}

impl Change {
    /// Opens the database, and keeps others from changing people meanwhile.
    pub(crate) async fn begin(global: &Global) -> anyhow::Result<Self> {
        Self::over(Session::open(global).await?).await
    }

    /// The same on a database that is open, for whoever the session acts for.
    pub(crate) async fn over(session: Session) -> anyhow::Result<Self> {
        let mut tx = session.db.write().await?;
        tx.lock_people().await?;
        let evidence = tx.evidence().await?;
        Ok(Self {
            bots: session.config.settings.people.bot_names(),
            actor: session.actor.clone(),
            session,
            tx,
            evidence,
        })
    }

    pub(crate) fn parts(&mut self) -> (&mut WriteTx, Decider<'_>) {
        let decider = Decider {
            name: &self.actor,
            clock: &*self.session.clock,
            bots: &self.bots,
        };
        (&mut self.tx, decider)
    }

    /// Writes it with its entry in the log of changes, and measures what changed.
    pub(crate) async fn commit(
        self,
        action: &str,
        subject: String,
        detail: Option<String>,
    ) -> anyhow::Result<Session> {
        let session = self.write(action, subject, detail).await?;
        sync::measure_due(&session.db, &*session.clock, |_| {}).await?;
        Ok(session)
    }

    /// Writes it with its entry in the log of changes, and leaves what changed marked. The log never
    /// names anybody: a person is a number there.
    pub(crate) async fn write(
        mut self,
        action: &str,
        subject: String,
        detail: Option<String>,
    ) -> anyhow::Result<Session> {
        let entry = self.session.entry(action, subject, detail);
        self.tx.audit(&entry).await?;
        self.tx.commit().await?;
        Ok(self.session)
    }

    /// Says that an account is a person's.
    pub(crate) async fn link(&mut self, person: i64, account: &Chosen) -> anyhow::Result<Settled> {
        chosen::refuse_nobodys(&self.evidence, account)?;
        let (tx, decider) = self.parts();
        Ok(decider.link(tx, person, subject(account)).await?)
    }

    /// Says that an account never is a person's.
    pub(crate) async fn unlink(
        &mut self,
        person: i64,
        account: &Chosen,
    ) -> anyhow::Result<Settled> {
        let (tx, decider) = self.parts();
        Ok(decider.unlink(tx, person, subject(account)).await?)
    }

    /// Says what an account of Bitbucket is; with its UUID.
    pub(crate) async fn mark(
        &mut self,
        account: &str,
        kind: UserType,
    ) -> anyhow::Result<(String, Settled)> {
        let account = chosen::account_of_bitbucket(&self.evidence, account)?;
        let account = account.source_id.clone();
        let (tx, decider) = self.parts();
        let settled = decider.mark(tx, &account, kind).await?;
        Ok((account, settled))
    }
}

fn subject(chosen: &Chosen) -> Subject<'_> {
    Subject {
        source: chosen.source,
        account: &chosen.account,
    }
}

/// What the log says of an account: an address is nobody's business there.
pub(crate) fn logged(chosen: &Chosen) -> String {
    match chosen.source {
        IdentitySource::Email => "an address".to_owned(),
        source => format!("{} account {}", source.as_str(), chosen.account),
    }
}

fn tell(changed: &Changed, text: &str, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        return json::write(changed, &mut io::stdout().lock());
    }
    say(text);
    Ok(())
}

pub(super) async fn link(global: &Global, arguments: &LinkArguments) -> anyhow::Result<()> {
    let mut change = Change::begin(global).await?;
    let person = chosen::person(&change.evidence, &arguments.person)?;
    let (id, name) = (person.id, shown(person.id, person.name.as_deref()));
    let account = chosen::account(&change.evidence, &arguments.account)?;
    let people = change.link(id, &account).await?;
    let log = logged(&account);
    change
        .commit("people.link", format!("person {id}"), Some(log))
        .await?;
    let changed = Changed {
        person: Some(id),
        people,
    };
    let text = format!(
        "{} is {name}'s, whatever an import finds",
        arguments.account
    );
    tell(&changed, &text, arguments.json)
}

pub(super) async fn unlink(global: &Global, arguments: &UnlinkArguments) -> anyhow::Result<()> {
    let mut change = Change::begin(global).await?;
    let account = chosen::account(&change.evidence, &arguments.account)?;
    let id = match &arguments.person {
        Some(written) => chosen::person(&change.evidence, written)?.id,
        None => {
            let mut identities = change.evidence.identities.iter();
            let held = identities
                .find(|one| (one.source, &one.account) == (account.source, &account.account));
            held.ok_or_else(|| {
                usage(format!(
                    "`{}` is nobody's now: name the person whose it never is",
                    arguments.account
                ))
            })?
            .user
        }
    };
    let people = change.unlink(id, &account).await?;
    let log = logged(&account);
    change
        .commit("people.unlink", format!("person {id}"), Some(log))
        .await?;
    let changed = Changed {
        person: Some(id),
        people,
    };
    let text = format!(
        "{} is not person {id}'s, whatever an import finds",
        arguments.account
    );
    tell(&changed, &text, arguments.json)
}

pub(super) async fn merge(global: &Global, arguments: &MergeArguments) -> anyhow::Result<()> {
    let mut change = Change::begin(global).await?;
    let from = chosen::person(&change.evidence, &arguments.from)?.id;
    let into = chosen::person(&change.evidence, &arguments.into)?;
    let (into, name) = (into.id, shown(into.id, into.name.as_deref()));
    if from == into {
        return Err(usage("these are the same person already".to_owned()).into());
    }
    let (tx, decider) = change.parts();
    let people = decider.merge(tx, from, into).await?;
    let log = format!("person {from}");
    change
        .commit("people.merge", format!("person {into}"), Some(log))
        .await?;
    let changed = Changed {
        person: Some(into),
        people,
    };
    let text = format!("Person {from} is {name}: accounts, addresses and teams went over");
    tell(&changed, &text, arguments.json)
}

pub(super) async fn mark(global: &Global, arguments: &MarkArguments) -> anyhow::Result<()> {
    let mut change = Change::begin(global).await?;
    let kind = UserType::from(arguments.kind);
    let (account, people) = change.mark(&arguments.account, kind).await?;
    let log = format!("bitbucket account {account}");
    let session = change
        .commit("people.mark", log, Some(kind.as_str().to_owned()))
        .await?;
    let identities = session.db.evidence().await?.identities;
    let held = identities
        .into_iter()
        .find(|one| one.source == IdentitySource::Bitbucket && one.account == account);
    let changed = Changed {
        person: held.map(|one| one.user),
        people,
    };
    let text = format!(
        "{} counts as `{}` from now on",
        arguments.account,
        kind.as_str()
    );
    tell(&changed, &text, arguments.json)
}

/// A person for people: the name, or the number.
pub(super) fn shown(id: i64, name: Option<&str>) -> String {
    name.map_or_else(|| format!("person {id}"), str::to_owned)
}
