//! The world as a document that people can check.

use std::fmt::Write;

use chrono_tz::Tz;
use model::Instant;

use super::{Figure, PullRequest, Review, WorkedExample};

const OPENING: &str = "# A worked example

A small world of invented pull requests, chosen so that each shows one thing that is easily got wrong, with every figure worked out. The
definitions are in [metrics](metrics.md). A test brings this world into a database as an import would, on SQLite and on PostgreSQL, and
compares every figure below with what was measured; another one adds up the business hours that are written out.

This document is written from `crates/testkit/src/worked_example/world.json`, which the tests read too:
`cargo run -p testkit --example worked_example > docs/worked-example.md`.

";

/// The durations, in the order in which `docs/metrics.md` has them.
const ORDER: [&str; 11] = [
    "open_to_first_review",
    "open_to_first_approval",
    "open_to_merge",
    "ready_to_first_approval",
    "ready_to_merge",
    "pickup_time",
    "review_time",
    "merge_wait",
    "coding_time",
    "cycle_time",
    "draft_time",
];

/// The document `docs/worked-example.md`.
pub fn document(world: &WorkedExample) -> String {
    let mut text = OPENING.to_owned();
    let account = world
        .settings
        .get("timezone")
        .and_then(|zone| zone.as_str());
    let account = account
        .and_then(|name| name.parse().ok())
        .unwrap_or(Tz::UTC);
    write_premises(&mut text, world, account);
    for pull in &world.pull_requests {
        write_pull(&mut text, world, pull, account);
    }
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn write_premises(text: &mut String, world: &WorkedExample, account: Tz) {
    line(text, "## The account and the people\n");
    line(
        text,
        &format!(
            "The account's time zone is {account}: days and times of day are given in it. Business hours are Monday to Friday from 08:00 to\n18:00, by the clock of the author, or of the reviewer, where their time zone is known, else of the account. All of it is in 2024.\n"
        ),
    );
    let holidays = world
        .settings
        .get("holidays")
        .and_then(|days| days.as_object());
    for (date, name) in holidays.into_iter().flatten() {
        line(
            text,
            &format!("- {date}: {}", name.as_str().unwrap_or_default()),
        );
    }
    line(text, "\n| person | accounts | time zone |\n|---|---|---|");
    for person in &world.people {
        let accounts: Vec<String> = person
            .accounts
            .iter()
            .map(|one| format!("`{one}`"))
            .collect();
        let zone = person.timezone.as_deref().unwrap_or("not known");
        line(
            text,
            &format!("| {} | {} | {zone} |", person.name, accounts.join(", ")),
        );
    }
    for program in &world.programs {
        line(text, &format!("| a program | `{program}` | |"));
    }
    text.push('\n');
}

fn write_pull(text: &mut String, world: &WorkedExample, pull: &PullRequest, account: Tz) {
    line(
        text,
        &format!("## {}. {}\n\n{}\n", pull.number, pull.title, pull.shows),
    );
    line(text, "| when | who | what |\n|---|---|---|");
    if let Some(at) = pull.first_commit_at {
        line(
            text,
            &format!("| {} | | the first commit |", stamp(at, account)),
        );
    }
    for act in &pull.timeline {
        let who = named(world, act.by.as_deref());
        line(
            text,
            &format!("| {} | {who} | {} |", stamp(act.at, account), act.does),
        );
    }
    if let Some(at) = pull.merge_commit_at {
        line(
            text,
            &format!(
                "| {} | | the date of the merge commit |",
                stamp(at, account)
            ),
        );
    }
    line(
        text,
        &format!(
            "\n{} in the end. Business hours by the clock of {}.\n",
            pull.state, pull.timezone
        ),
    );
    line(
        text,
        "| measure | calendar time | business hours |\n|---|---|---|",
    );
    for name in ORDER {
        let Some(figure) = pull.durations.get(name) else {
            continue;
        };
        line(
            text,
            &format!("| `{name}` | {} | {} |", calendar(figure), business(figure)),
        );
    }
    let rounds = pull
        .review_rounds
        .map_or("NULL".to_owned(), |rounds| rounds.to_string());
    line(text, &format!("| `review_rounds` | {rounds} | |"));
    let mut moments = Vec::new();
    for (name, at) in &pull.moments {
        let at = at.map_or("NULL".to_owned(), |at| stamp(at, account));
        moments.push(format!("`{name}` {at}"));
    }
    for (name, day) in &pull.days {
        moments.push(format!("`{name}` {}", day.as_deref().unwrap_or("NULL")));
    }
    let estimated = if pull.closed_at_estimated {
        "true"
    } else {
        "false"
    };
    moments.push(format!("`closed_at_estimated` {estimated}"));
    line(text, &format!("\n{}.\n", moments.join(", ")));
    if pull.reviews.is_empty() {
        return line(text, "No review.\n");
    }
    line(
        text,
        "| review | by | begun | comments | `time_since_request` | business hours | dismissed |\n|---|---|---|---|---|---|---|",
    );
    for review in &pull.reviews {
        write_review(text, world, review, account);
    }
    text.push('\n');
}

fn write_review(text: &mut String, world: &WorkedExample, review: &Review, account: Tz) {
    let waited = &review.time_since_request;
    let cells = [
        review.state.clone(),
        named(world, review.by.as_deref()),
        format!("{} (`created_on` {})", stamp(review.at, account), review.on),
        review.comments.to_string(),
        calendar(waited),
        format!("{}, by the clock of {}", business(waited), review.timezone),
        review
            .dismissed_at
            .map_or(String::new(), |at| stamp(at, account)),
    ];
    line(text, &format!("| {} |", cells.join(" | ")));
}

fn named(world: &WorkedExample, account: Option<&str>) -> String {
    let Some(account) = account else {
        return "nobody that Bitbucket names".to_owned();
    };
    match world.person_of(account) {
        Some(person) => format!("{} (`{account}`)", person.name),
        None => format!("`{account}`"),
    }
}

fn calendar(figure: &Figure) -> String {
    match figure.seconds {
        Some(seconds) => worked_out(&figure.because, seconds),
        None => format!("NULL: {}", figure.because),
    }
}

fn business(figure: &Figure) -> String {
    match (figure.business, &figure.business_because) {
        (Some(seconds), Some(because)) => worked_out(because, seconds),
        _ => "NULL".to_owned(),
    }
}

fn worked_out(because: &str, seconds: i64) -> String {
    match seconds {
        0 => format!("0 s: {because}"),
        _ => format!("{because} = {} = {seconds} s", span(seconds)),
    }
}

/// A duration in hours, minutes and seconds.
fn span(seconds: i64) -> String {
    let parts = [
        (seconds / 3_600, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    told.join(" ")
}

fn stamp(at: Instant, account: Tz) -> String {
    let local = at.to_chrono().with_timezone(&account);
    let mut text = String::new();
    // Writing into a text cannot fail.
    let _ = write!(text, "{}", local.format("%a %-d %b %H:%M"));
    if at.micros() % 60_000_000 != 0 {
        let _ = write!(text, "{}", local.format(":%S%.f"));
    }
    text
}
