//! `windlass people suggest`.

use std::io::{self, Write};

use serde::Serialize;
use store::{Evidence, PersonRef};
use sync::people::{BotNames, Suggestion, plan};

use crate::cli::{Global, PeopleJsonArguments};
use crate::output::table::{Align, plain};
use crate::output::{json, say};
use crate::session::Session;

/// A suggestion, for programs.
#[derive(Serialize)]
pub(crate) struct Suggested {
    pub(crate) source: &'static str,
    pub(crate) account: String,
    /// What the account is called.
    pub(crate) name: Option<String>,
    /// The person that it may belong to.
    pub(crate) person: i64,
    pub(crate) person_name: Option<String>,
    /// `name` or `shared_address`.
    reason: &'static str,
    /// The name or the address.
    on: String,
    /// What accepts it.
    command: String,
}

/// What may belong together.
pub(crate) fn suggested(evidence: &Evidence, bots: &BotNames) -> Vec<Suggested> {
    plan(evidence, bots)
        .suggestions
        .iter()
        .filter_map(|suggestion| Suggested::of(evidence, suggestion))
        .collect()
}

impl Suggested {
    /// Why it is suggested, in words.
    pub(crate) fn because(&self) -> String {
        match self.reason {
            "name" => "the same name".to_owned(),
            _ => format!("both carry {}", self.on),
        }
    }

    fn of(evidence: &Evidence, suggestion: &Suggestion) -> Option<Self> {
        // Whoever is not there yet comes with the next import.
        let PersonRef::Known(person) = suggestion.person else {
            return None;
        };
        let account = &suggestion.account;
        let of_bitbucket = evidence.accounts.iter();
        let of_bitbucket = of_bitbucket.map(|one| (&one.source_id, &one.name));
        let of_jira = evidence.jira.iter().map(|one| (&one.source_id, &one.name));
        let name = of_bitbucket
            .chain(of_jira)
            .find(|(id, _)| *id == account)
            .and_then(|(_, name)| name.clone());
        let mut people = evidence.people.iter();
        Some(Self {
            source: suggestion.source.as_str(),
            account: account.clone(),
            name,
            person,
            person_name: people.find(|one| one.id == person)?.name.clone(),
            reason: suggestion.by.as_str(),
            on: suggestion.on.clone(),
            command: format!("windlass people link '{account}' {person}"),
        })
    }
}

pub(super) async fn run(global: &Global, arguments: &PeopleJsonArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let evidence = session.db.evidence().await?;
    let bots = session.config.settings.people.bot_names();
    let shown = suggested(&evidence, &bots);
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&shown, out);
    }
    if shown.is_empty() {
        say("Nothing is suggested");
        return Ok(());
    }
    let rows = shown.into_iter().map(|one| {
        let because = one.because();
        vec![
            one.name.unwrap_or(one.account),
            one.person_name.map_or_else(
                || one.person.to_string(),
                |name| format!("{name} ({})", one.person),
            ),
            because,
            one.command,
        ]
    });
    let header = ["account", "may be", "because of", "to accept"];
    writeln!(out, "{}", plain(&header, &[Align::Left], rows))?;
    say(
        "\nNobody is put together by a name or by an address that several carry. `windlass people unlink` says no for good",
    );
    Ok(())
}
