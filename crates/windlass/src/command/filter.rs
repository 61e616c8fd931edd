//! `windlass filter`: every change shows what would be in and out.

mod preview;

use std::collections::BTreeSet;
use std::io;

use store::{Connection, ConnectionKind, FilterMode, FilterRule, FilterSubject};

use crate::cli::{
    FilterCommand, FilterHow, FilterLinesArguments, FilterSetArguments, Global, NamedArguments,
};
use crate::failure::{Exit, Failure};
use crate::nearest::nearest;
use crate::output::{json, say};
use crate::session::Session;
use crate::stored;
pub(super) use preview::{Preview, Repository, is_written};

pub(super) async fn run(global: &Global, command: &FilterCommand) -> anyhow::Result<()> {
    match command {
        FilterCommand::Show(arguments) => show(global, arguments).await,
        FilterCommand::Set(arguments) => set(global, arguments).await,
        FilterCommand::Add(arguments) => lines(global, arguments, true).await,
        FilterCommand::Remove(arguments) => lines(global, arguments, false).await,
    }
}

async fn open(global: &Global, name: &str) -> anyhow::Result<(Session, Connection)> {
    let session = Session::open(global).await?;
    let connection = session.connection(name).await?;
    stored::require_kind(&connection, ConnectionKind::BitbucketCloud)?;
    Ok((session, connection))
}

async fn show(global: &Global, arguments: &NamedArguments) -> anyhow::Result<()> {
    let (session, connection) = open(global, &arguments.connection).await?;
    let rules = session.db.filter_rules(connection.id).await?;
    let preview = Preview::of(&session, &connection, connection.filter_mode, rules).await?;
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&preview, out);
    }
    Ok(preview.write_text(out)?)
}

async fn set(global: &Global, arguments: &FilterSetArguments) -> anyhow::Result<()> {
    let (session, connection) = open(global, &arguments.connection).await?;
    let mode = FilterMode::from(arguments.mode);
    // What a list meant the other way round would be surprising: it begins anew.
    let rules = if mode == connection.filter_mode {
        session.db.filter_rules(connection.id).await?
    } else {
        Vec::new()
    };
    let detail = format!(
        "{} in place of {}",
        mode.as_str(),
        connection.filter_mode.as_str()
    );
    change(
        &session,
        &connection,
        mode,
        rules,
        ("filter.set", detail),
        arguments.how,
    )
    .await
}

async fn lines(
    global: &Global,
    arguments: &FilterLinesArguments,
    adds: bool,
) -> anyhow::Result<()> {
    let (session, connection) = open(global, &arguments.connection).await?;
    if connection.filter_mode == FilterMode::AllowAll {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "the filter of `{0}` takes all in, and a list means nothing to it: begin with `windlass filter set {0} allowlist` or `denylist`",
                connection.name
            ),
        )
        .into());
    }
    let named = named(arguments)?;
    let known = session.db.filter_rules(connection.id).await?;
    let mut rules: BTreeSet<FilterRule> = known.iter().cloned().collect();
    for rule in &named {
        if adds {
            rules.insert(rule.clone());
        } else if !rules.remove(rule) {
            return Err(not_listed(rule, &known).into());
        }
    }
    let words: Vec<String> = named
        .iter()
        .map(|rule| format!("{} {}", rule.subject.as_str(), rule.pattern))
        .collect();
    let action = if adds { "filter.add" } else { "filter.remove" };
    let (mode, how) = (connection.filter_mode, arguments.how);
    let rules = rules.into_iter().collect();
    change(
        &session,
        &connection,
        mode,
        rules,
        (action, words.join(", ")),
        how,
    )
    .await
}

fn named(arguments: &FilterLinesArguments) -> Result<Vec<FilterRule>, Failure> {
    let of = |subject, patterns: &[String]| {
        patterns
            .iter()
            .map(|pattern| FilterRule {
                subject,
                pattern: pattern.trim().to_owned(),
            })
            .collect::<Vec<_>>()
    };
    let mut rules = of(FilterSubject::Repository, &arguments.repositories);
    rules.extend(of(FilterSubject::Project, &arguments.projects));
    if rules.iter().any(|rule| rule.pattern.is_empty()) {
        return Err(Failure::new(
            Exit::Usage,
            "an empty pattern fits nothing: name a repository or a project",
        ));
    }
    Ok(rules)
}

fn not_listed(rule: &FilterRule, known: &[FilterRule]) -> Failure {
    let same = known.iter().filter(|other| other.subject == rule.subject);
    let advice = match nearest(&rule.pattern, same.map(|other| other.pattern.as_str())) {
        Some(nearest) => format!(": did you mean {nearest}?"),
        None => String::new(),
    };
    Failure::new(
        Exit::Usage,
        format!(
            "the {} `{}` is not on the list{advice}",
            rule.subject.as_str(),
            rule.pattern
        ),
    )
}

async fn change(
    session: &Session,
    connection: &Connection,
    mode: FilterMode,
    rules: Vec<FilterRule>,
    (action, detail): (&str, String),
    how: FilterHow,
) -> anyhow::Result<()> {
    let preview = Preview::of(session, connection, mode, rules.clone()).await?;
    if !how.dry_run {
        let subject = format!("connection {}", connection.name);
        let entry = session.entry(action, subject, Some(detail));
        let mut tx = session.db.write().await?;
        tx.set_filter(connection.id, mode, &rules, session.now())
            .await?;
        tx.audit(&entry).await?;
        tx.commit().await?;
    }
    let out = &mut io::stdout().lock();
    if how.json {
        return json::write(&preview, out);
    }
    preview.write_text(out)?;
    if how.dry_run {
        say("Nothing was changed: this is what would come of it");
    } else if preview.keeps_excluded_data() {
        say(&format!(
            "What was imported of the repositories that are out stays, and is not read any more; `windlass data delete {} --excluded` takes it away",
            connection.name
        ));
    }
    Ok(())
}
