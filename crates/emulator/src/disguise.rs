//! Answers that say the same in other ways: dates and UUIDs in all their forms.

use chrono::{FixedOffset, SecondsFormat};
use model::Instant;
use serde_json::Value;

use crate::quirks::Quirks;

/// Rewrites an answer as the quirks want it. What it says stays the same to the microsecond.
pub(crate) fn disguise(quirks: &Quirks, body: &mut Value) {
    if !quirks.dates_in_every_form && !quirks.bare_uuids_inside {
        return;
    }
    match body.get_mut("values") {
        Some(Value::Array(records)) => records
            .iter_mut()
            .for_each(|record| rewrite(quirks, record, false)),
        _ => rewrite(quirks, body, false),
    }
}

fn rewrite(quirks: &Quirks, value: &mut Value, inside: bool) {
    match value {
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| rewrite(quirks, item, inside)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "uuid" => {
                        if quirks.bare_uuids_inside
                            && inside
                            && variety(name, text).is_multiple_of(2)
                        {
                            *text = text.trim_matches(['{', '}']).to_uppercase();
                        }
                    }
                    Value::String(text) if quirks.dates_in_every_form && is_date(name) => {
                        if let Ok(at) = text.parse() {
                            *text = written(at, variety(name, text)).unwrap_or_default();
                        }
                    }
                    member => rewrite(quirks, member, true),
                }
            }
        }
        _ => {}
    }
}

fn is_date(name: &str) -> bool {
    name == "date"
        || ["_on", "_date", "_time"]
            .iter()
            .any(|end| name.ends_with(end))
}

/// A number that is always the same for the same text at the same place.
fn variety(name: &str, text: &str) -> u32 {
    let bytes = name.bytes().chain(text.bytes());
    bytes.fold(7, |sum: u32, byte| {
        (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    }) >> 8
}

/// The same time in one of the forms that were recorded.
fn written(at: Instant, form: u32) -> Option<String> {
    let (utc, micros) = (at.to_chrono(), at.micros().rem_euclid(1_000_000));
    let east = |minutes: i32| {
        let zone = FixedOffset::east_opt(minutes * 60)?;
        let zoned = utc.with_timezone(&zone);
        Some(zoned.to_rfc3339_opts(SecondsFormat::Micros, false))
    };
    let whole = utc.format("%Y-%m-%dT%H:%M:%S").to_string();
    let digits = format!("{micros:06}");
    match form % 8 {
        0 => east(0),
        1 => east(330),
        2 => east(-240),
        3 => Some(format!("{whole}.{digits}Z")),
        4 => Some(format!("{whole}.{digits}000Z")),
        5 => Some(format!("{whole}.{digits}")),
        6 if micros == 0 => Some(format!("{whole}+00:00")),
        _ => Some(match digits.trim_end_matches('0') {
            "" => format!("{whole}Z"),
            digits => format!("{whole}.{digits}Z"),
        }),
    }
}
