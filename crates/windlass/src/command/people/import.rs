//! `windlass people import`.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use store::PersonEdit;
use sync::people::{
    PeopleImported, PersonEntry, address, forgotten_addresses, import_people, is_timezone,
};

use super::change::Change;
use super::chosen::usage;
use super::file::Records;
use crate::cli::{Global, RosterArguments};
use crate::moment;
use crate::output::{json, say};
use crate::progress::{count, grouped};
use crate::secret_key;

/// The columns of a list of people.
const COLUMNS: [&str; 5] = ["email", "name", "timezone", "start_date", "developer"];

/// What came of a list, for programs.
#[derive(Serialize)]
struct Imported {
    #[serde(flatten)]
    people: PeopleImported,
    /// Whether it was written.
    applied: bool,
}

fn entry(record: &BTreeMap<String, String>) -> Result<PersonEntry, String> {
    let text = |name: &str| record.get(name).cloned();
    let email = text("email").ok_or("the address is missing: the column `email`")?;
    let email = address::normal(&email).ok_or("the value of `email` is no address")?;
    let timezone = text("timezone");
    if timezone.as_deref().is_some_and(|zone| !is_timezone(zone)) {
        return Err("the time zone is not known: write it as Europe/Lisbon".to_owned());
    }
    let started_on = text("start_date")
        .map(|day| moment::day(&day))
        .transpose()?;
    let developer = match text("developer").map(|word| word.to_lowercase()).as_deref() {
        None => None,
        Some("true" | "yes" | "1") => Some(true),
        Some("false" | "no" | "0") => Some(false),
        Some(_) => return Err("`developer` is neither yes nor no".to_owned()),
    };
    Ok(PersonEntry {
        email,
        edit: PersonEdit {
            name: text("name"),
            email: None,
            timezone,
            started_on,
            developer,
        },
    })
}

pub(super) async fn run(global: &Global, arguments: &RosterArguments) -> anyhow::Result<()> {
    let entries = Records::read(&arguments.file, &COLUMNS, None)?.map(entry)?;
    let mut change = Change::begin(global).await?;
    let vault = secret_key::for_import(&change.session.config, &change.session.db).await?;
    let addresses = entries.iter().map(|entry| entry.email.as_str());
    let forgotten = forgotten_addresses(&mut change.tx, vault.as_deref(), addresses).await?;
    if !forgotten.is_empty() {
        return Err(usage(format!(
            "{} of the list are addresses of people who were forgotten: take them out",
            forgotten.len()
        ))
        .into());
    }
    let (tx, decider) = change.parts();
    let people = import_people(tx, &entries, &decider).await?;
    if arguments.apply {
        let detail = format!("{} new, {} changed", people.made, people.changed);
        change
            .commit("people.import", "people".to_owned(), Some(detail))
            .await?;
    }
    let imported = Imported {
        people,
        applied: arguments.apply,
    };
    if arguments.json {
        return json::write(&imported, &mut io::stdout().lock());
    }
    say(&format!(
        "{}: {} new, {} changed, {} as known",
        count(people.made + people.changed + people.unchanged, "line"),
        grouped(people.made),
        grouped(people.changed),
        grouped(people.unchanged),
    ));
    if !arguments.apply {
        say("Nothing was written: add --apply");
    }
    Ok(())
}
