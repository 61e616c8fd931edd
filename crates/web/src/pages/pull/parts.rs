//! The parts of a pull request's time, to scale.

use model::Instant;
use store::{At, PullFacts};

use super::time;

/// A part: from one thing that happened to the next.
pub(super) struct Part {
    pub(super) name: &'static str,
    /// Its measure, where it is one.
    pub(super) measure: Option<&'static str>,
    pub(super) from: Instant,
    pub(super) text: String,
    pub(super) share: String,
    /// Where it begins and how wide it is, in thousandths of the whole.
    pub(super) at: i64,
    pub(super) width: i64,
    /// Which colour it has.
    pub(super) colour: &'static str,
}

/// Something that ends a part: what the part is called, its measure, its colour.
type Ending = (
    Option<Instant>,
    &'static str,
    Option<&'static str>,
    &'static str,
);

fn instant(at: Option<At>) -> Option<Instant> {
    At::instant(at)
}

fn beginning(pull: &PullFacts) -> Option<Instant> {
    let opened = instant(pull.created_at)?;
    Some(instant(pull.first_commit_at).map_or(opened, |first| first.min(opened)))
}

/// From the first commit, or the opening, to the end, or to now; in seconds.
pub(super) fn total(pull: &PullFacts, now: Instant) -> Option<i64> {
    let end = instant(pull.closed_at).unwrap_or(now);
    Some(end.seconds_since(beginning(pull)?).max(0))
}

/// The parts in order. They follow each other without gaps, and those that took no time are left out.
pub(super) fn of(pull: &PullFacts, now: Instant) -> Vec<Part> {
    let Some((begin, total)) = beginning(pull).zip(total(pull, now)) else {
        return Vec::new();
    };
    let end = instant(pull.closed_at).unwrap_or(now);
    let ready = instant(pull.ready_at);
    let first_review = instant(pull.first_review_at);
    let approved = first_review
        .zip(pull.review_time)
        .map(|(at, seconds)| at.plus_seconds(seconds));
    let last = match (ready, first_review, approved) {
        _ if pull.merged_at.is_some() && approved.is_some() => {
            ("Waiting for the merge", Some("merge_wait"), "four")
        }
        (None, ..) => ("As a draft", None, "six"),
        (_, None, _) => ("Without a review", None, "two"),
        _ => ("In review", None, "three"),
    };
    let endings: [Ending; 5] = [
        (
            instant(pull.created_at),
            "Coding",
            Some("coding_time"),
            "one",
        ),
        (ready, "As a draft", None, "six"),
        (
            first_review,
            "Waiting for a review",
            Some("pickup_time"),
            "two",
        ),
        (
            approved.filter(|_| pull.merged_at.is_some()),
            "In review",
            Some("review_time"),
            "three",
        ),
        (Some(end), last.0, last.1, last.2),
    ];
    let mut parts = Vec::new();
    let mut from = begin;
    for (at, name, measure, colour) in endings {
        let Some(at) = at else { continue };
        // A review of a draft comes before it was ready, and one may come after the merge.
        let to = at.clamp(from, end.max(from));
        let seconds = to.seconds_since(from);
        if seconds > 0 {
            parts.push(Part {
                name,
                measure,
                from,
                text: time(seconds),
                share: percent(seconds, total),
                at: thousandths(from.seconds_since(begin), total),
                width: thousandths(seconds, total).max(2),
                colour,
            });
        }
        from = to;
    }
    parts
}

fn thousandths(seconds: i64, total: i64) -> i64 {
    seconds.saturating_mul(1_000) / total.max(1)
}

fn percent(seconds: i64, total: i64) -> String {
    match thousandths(seconds, total) {
        ..10 => "< 1 %".to_owned(),
        thousandths => format!("{} %", (thousandths + 5) / 10),
    }
}
