//! What goes wrong: mishaps that pass, and records that nobody can ever read.

use std::collections::BTreeSet;

use emulator::{Fault, FaultKind, NextLink, RetryAfter, World};
use serde_json::{Value, json};

use super::chance::Chance;

/// Parts of the addresses that are asked for.
const PARTS: [&str; 16] = [
    "",
    "/repositories/acme-rockets?",
    "/members",
    "/pullrequests?",
    "sort=",
    "/pullrequests/activity",
    "/activity",
    "/comments",
    "/pipelines/",
    "/commits",
    "/steps",
    "/diffstat",
    "/environments",
    "/deployments",
    "ctx=",
    "page=",
];

/// The listings whose pages tell how many records there are, so that one that is dropped shows.
const COUNTED: [&str; 6] = [
    "/members",
    "/pullrequests?",
    "/comments",
    "/pipelines/?",
    "/environments",
    "/deployments",
];

/// The listings that drop a record without a trace.
const UNCOUNTED: [&str; 2] = ["/pullrequests/activity", "/commits/main"];

/// The kinds of mishap that a story may meet.
pub(super) struct Trouble {
    /// Pages may become shorter while a walk is under way.
    short_pages: bool,
    /// Requests may never be answered: each costs the time of a time-out.
    pub(super) hangs: bool,
    /// Records were dropped of which nothing but reading everything again tells.
    pub(super) lost_for_good: bool,
    /// The listings that drop a record; each drops one, since two attempts at one page would miss
    /// two that follow each other.
    dropping: BTreeSet<&'static str>,
}

impl Trouble {
    pub(super) fn of(chance: &mut Chance, patient: bool) -> Self {
        Self {
            short_pages: patient && chance.one_in(3),
            hangs: chance.one_in(25),
            lost_for_good: false,
            dropping: BTreeSet::new(),
        }
    }

    /// A mishap that passes.
    pub(super) fn mishap(&mut self, chance: &mut Chance) -> Fault {
        let part = *chance.pick(&PARTS);
        let told = *chance.pick(&[
            RetryAfter::Missing,
            RetryAfter::Seconds,
            RetryAfter::HttpDate,
        ]);
        let seconds = i64::try_from(1 + chance.below(400)).unwrap();
        let status = u16::try_from(*chance.pick(&[408, 500, 502, 503, 504])).unwrap();
        let times = 1 + chance.below(6);
        let (kind, times) = match chance.below(19) {
            0 => (FaultKind::Status(status, "oops".to_owned()), times),
            1 => (FaultKind::Html(*chance.pick(&[200, 502])), times),
            2 => (FaultKind::RateLimited, times),
            3 => (FaultKind::RateLimitedFor { seconds, told }, times),
            4 => (FaultKind::Garbage, times),
            5 => (FaultKind::Truncated, times),
            6 => (FaultKind::InvalidPage, times),
            7 => (FaultKind::Latency { millis: 2_000 }, times),
            8 => (FaultKind::ClockSkew { seconds }, 10 * times),
            9 => (
                FaultKind::ClockSkew {
                    seconds: -seconds * 50,
                },
                10 * times,
            ),
            // Once, since a page that is wrong is asked for once more.
            10 => (FaultKind::RepeatedRow, 1),
            11 => (FaultKind::Next(NextLink::Malformed), times),
            12 => (FaultKind::Next(NextLink::OtherHost), times),
            13 => (FaultKind::Next(NextLink::OtherPort), times),
            14 => (FaultKind::Next(NextLink::UserInfo), times),
            15 => (FaultKind::Bloated { bytes: 200_000 }, times),
            16 if self.hangs => (FaultKind::Hang, 1),
            17 if self.short_pages => {
                let length = 2 + chance.below(30);
                let length = usize::try_from(length).unwrap();
                (FaultKind::MaxPageLength(length), 5 * times)
            }
            _ => return self.dropped(chance),
        };
        Fault::on(part, kind).nth(1 + chance.below(6)).times(times)
    }

    fn dropped(&mut self, chance: &mut Chance) -> Fault {
        let part = if chance.one_in(3) {
            self.lost_for_good = true;
            chance.pick(&UNCOUNTED)
        } else {
            chance.pick(&COUNTED)
        };
        // The last of several pages may lack a record unnoticed, and short pages are many.
        if self.short_pages || !self.dropping.insert(part) {
            return Fault::on(*part, FaultKind::RepeatedRow);
        }
        Fault::on(*part, FaultKind::DroppedRow).nth(1 + chance.below(6))
    }
}

/// A record that nobody can read.
#[derive(Debug)]
pub(super) struct Undecodable {
    pub(super) stream: &'static str,
    table: &'static str,
    pub(super) uuid: String,
    pointer: &'static str,
}

/// By stream and table: what to break of a record, and how.
const BREAKABLE: [(&str, &str, &str); 4] = [
    ("pipelines", "bitbucket_pipelines", "/created_on"),
    ("pipeline_steps", "bitbucket_pipeline_steps", "/started_on"),
    ("environments", "bitbucket_environments", "/rank"),
    ("deployments", "bitbucket_deployments", "/last_update_time"),
];

impl Undecodable {
    /// Up to three records of the world.
    pub(super) fn some(chance: &mut Chance, world: &World) -> Vec<Self> {
        let (truth, more) = (world.truth(), world.truth_of_more());
        // Who is known by this record alone would be missing as well.
        let members: BTreeSet<String> = world
            .members()
            .map(|account| account.uuid.clone())
            .collect();
        let mut found: Vec<Self> = Vec::new();
        for _ in 0..1 + chance.below(3) {
            let (stream, table, pointer) = *chance.pick(&BREAKABLE);
            let rows = truth.get(table).or(more.get(table)).unwrap();
            let rows: Vec<&Value> = rows
                .as_array()
                .unwrap()
                .iter()
                .filter(|row| {
                    let user = row.get("user").and_then(Value::as_str);
                    user.is_none_or(|uuid| members.contains(uuid))
                })
                .collect();
            if rows.is_empty() {
                continue;
            }
            let uuid = chance.pick(&rows)["source_id"].as_str().unwrap().to_owned();
            if found.iter().all(|record| record.uuid != uuid) {
                found.push(Self {
                    stream,
                    table,
                    uuid,
                    pointer,
                });
            }
        }
        // Of a run that cannot be read, no step is asked for.
        found.sort_by_key(|record| record.stream != "pipelines");
        found
    }

    pub(super) fn fault(&self) -> Fault {
        let kind = FaultKind::BrokenOf {
            uuid: self.uuid.clone(),
            pointer: self.pointer.to_owned(),
            with: Some(json!("soon")),
        };
        Fault::on("", kind).always()
    }

    /// Takes the record out of the truth, and the steps of a run that is not known. The result is
    /// whether it was there.
    pub(super) fn take_out_of(&self, truth: &mut Value, more: &mut Value) -> bool {
        let mut found = false;
        for tables in [truth, more] {
            if let Some(rows) = tables.get_mut(self.table).and_then(Value::as_array_mut) {
                let before = rows.len();
                rows.retain(|row| row["source_id"] != *self.uuid);
                found |= rows.len() < before;
            }
            if self.stream == "pipelines"
                && let Some(steps) = tables.get_mut("bitbucket_pipeline_steps")
                && let Some(steps) = steps.as_array_mut()
            {
                steps.retain(|row| row["pipeline"] != *self.uuid);
            }
        }
        found
    }
}
