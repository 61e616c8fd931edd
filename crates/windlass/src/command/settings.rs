//! `windlass settings`: what holds for the whole account.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde_json::Value;
use sync::{SETTINGS, Setting};

use crate::cli::{
    Global, SettingsCommand, SettingsSetArguments, SettingsShowArguments, SettingsUnsetArguments,
};
use crate::failure::{Exit, Failure};
use crate::interrupt::interrupted;
use crate::nearest::nearest;
use crate::output::table::{Align, plain};
use crate::output::{json, say};
use crate::progress::count;
use crate::session::Session;

const MEASURING: &str = "{bar:16} {percent:>3} % {elapsed:>5}, {eta:>4} left  {msg}";

pub(super) async fn run(global: &Global, command: &SettingsCommand) -> anyhow::Result<()> {
    match command {
        SettingsCommand::Show(arguments) => show(global, arguments).await,
        SettingsCommand::Set(arguments) => set(global, arguments).await,
        SettingsCommand::Unset(arguments) => unset(global, arguments).await,
    }
}

/// A setting, for programs.
#[derive(Serialize)]
struct Shown {
    name: &'static str,
    value: Value,
    usual: Value,
    meaning: &'static str,
    example: &'static str,
}

/// What came of a change, for programs.
#[derive(Serialize)]
struct Changed {
    name: &'static str,
    value: Value,
    changed: bool,
    /// Pull requests.
    measured: u64,
}

async fn show(global: &Global, arguments: &SettingsShowArguments) -> anyhow::Result<()> {
    let only = arguments.name.as_deref().map(named).transpose()?;
    let session = Session::open(global).await?;
    let mut stored = session.db.settings().await?;
    let shown: Vec<Shown> = SETTINGS
        .iter()
        .filter(|setting| only.is_none_or(|only| only.name == setting.name))
        .map(|setting| Shown {
            name: setting.name,
            value: stored
                .remove(setting.name)
                .unwrap_or_else(|| setting.usual()),
            usual: setting.usual(),
            meaning: setting.meaning,
            example: setting.example,
        })
        .collect();
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&shown, out);
    }
    let rows = shown.into_iter().map(|one| {
        let usual = if one.value == one.usual { "yes" } else { "no" };
        vec![
            one.name.to_owned(),
            words(&one.value),
            usual.to_owned(),
            one.meaning.to_owned(),
        ]
    });
    let header = ["setting", "value", "usual", "meaning"];
    writeln!(out, "{}", plain(&header, &[Align::Left], rows))?;
    Ok(())
}

async fn set(global: &Global, arguments: &SettingsSetArguments) -> anyhow::Result<()> {
    let setting = named(&arguments.name)?;
    let written = if arguments.values == ["-"] {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        text.lines().map(str::to_owned).collect()
    } else {
        arguments.values.clone()
    };
    let value = parsed(setting, &written)?;
    let session = Session::open_or_make(global).await?;
    change(&session, setting, Some(value), arguments.json).await
}

async fn unset(global: &Global, arguments: &SettingsUnsetArguments) -> anyhow::Result<()> {
    let setting = named(&arguments.name)?;
    let session = Session::open(global).await?;
    change(&session, setting, None, arguments.json).await
}

/// Sets a setting, or makes it as usual again, with its entry in the log. What goes by it is left
/// marked.
pub(super) async fn decide(
    session: &Session,
    setting: &'static Setting,
    value: Option<&Value>,
) -> anyhow::Result<bool> {
    let (action, detail) = match value {
        Some(value) => ("settings.set", words(value)),
        None => ("settings.unset", words(&setting.usual())),
    };
    let entry = session.entry(action, format!("setting {}", setting.name), Some(detail));
    let (db, now) = (&session.db, session.now());
    Ok(sync::change_setting(db, setting, value, &entry, now).await?)
}

async fn change(
    session: &Session,
    setting: &'static Setting,
    value: Option<Value>,
    as_json: bool,
) -> anyhow::Result<()> {
    let changed = decide(session, setting, value.as_ref()).await?;
    // Also what another command may have left behind when it was stopped.
    let measured = measure(session).await?;
    let changed = Changed {
        name: setting.name,
        value: value.unwrap_or_else(|| setting.usual()),
        changed,
        measured,
    };
    if as_json {
        return json::write(&changed, &mut io::stdout().lock());
    }
    let what = if changed.changed {
        "is now"
    } else {
        "was already"
    };
    say(&format!(
        "`{}` {what} {}; {} measured again",
        changed.name,
        words(&changed.value),
        count(measured, "pull request")
    ));
    Ok(())
}

/// The value that somebody has written.
pub(super) fn parsed(setting: &Setting, written: &[String]) -> Result<Value, Failure> {
    setting.parse(written).map_err(|problem| {
        let name = setting.name;
        Failure::new(Exit::Usage, format!("`{name}` was not set: {problem}"))
    })
}

/// Measures what is marked. Whoever stops it leaves the rest to the next import.
async fn measure(session: &Session) -> anyhow::Result<u64> {
    let all = session.db.count_unmeasured().await?;
    // Nothing is drawn where standard error is no terminal.
    let bar = ProgressBar::new(all);
    bar.set_style(ProgressStyle::with_template(MEASURING)?);
    bar.set_message("pull requests are measured again");
    let mut measured = 0;
    let told = |pulls| {
        measured += pulls;
        bar.inc(pulls);
    };
    let outcome = tokio::select! {
        outcome = sync::measure_due(&session.db, session.clock.as_ref(), told) => Ok(outcome),
        stopped = interrupted() => Err(stopped),
    };
    bar.finish_and_clear();
    match outcome {
        Ok(outcome) => outcome?,
        Err(stopped) => {
            say("The setting is made; what is not measured yet the next import measures");
            return Err(stopped.into());
        }
    }
    Ok(measured)
}

pub(super) fn named(name: &str) -> Result<&'static Setting, Failure> {
    sync::setting(name).ok_or_else(|| {
        let names: BTreeMap<&str, ()> = SETTINGS.iter().map(|one| (one.name, ())).collect();
        let advice = match nearest(name, names.keys().copied()) {
            Some(nearest) => format!("did you mean {nearest}? "),
            None => String::new(),
        };
        let all: Vec<&str> = names.into_keys().collect();
        Failure::new(
            Exit::Usage,
            format!(
                "there is no setting `{name}`: {advice}There are {}",
                all.join(", ")
            ),
        )
    })
}

/// A value as a person would write it.
pub(super) fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) if parts.is_empty() => "none".to_owned(),
        Value::Array(parts) => parts.iter().map(words).collect::<Vec<_>>().join(", "),
        Value::Object(members) if members.is_empty() => "none".to_owned(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| format!("{key} {}", words(value)).trim().to_owned())
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}
