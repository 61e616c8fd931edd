//! Values of PostgreSQL, which come as text, as JSON.

use model::Instant;
use serde_json::Value;

use crate::console::value::float;

/// A value of the type `kind`, as PostgreSQL writes it with `DateStyle` ISO and `TimeZone` UTC.
pub(super) fn json(text: Option<String>, kind: &str) -> Value {
    let Some(text) = text else { return Value::Null };
    let known = match kind {
        "BOOL" => boolean(&text),
        "INT2" | "INT4" | "INT8" | "NUMERIC" | "FLOAT4" | "FLOAT8" => number(&text),
        "TIMESTAMPTZ" => instant(&text),
        "TIMESTAMP" => local_time(&text),
        _ => None,
    };
    // What is not as expected (`infinity` is a date there) is shown as it is.
    known.unwrap_or_else(|| Value::from(text))
}

fn boolean(text: &str) -> Option<Value> {
    match text {
        "true" => Some(Value::Bool(true)),
        "false" => Some(Value::Bool(false)),
        _ => None,
    }
}

/// A whole number stays one as far as 64 bits go; others are as exact as floating point.
fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::from(whole));
    }
    text.parse::<f64>().ok().map(float)
}

/// `2024-05-06 07:08:09.123456+00` in the one form of instants.
fn instant(text: &str) -> Option<Value> {
    let written = format!("{}:00", text.replacen(' ', "T", 1));
    let instant: Instant = written.parse().ok()?;
    Some(Value::from(instant.to_string()))
}

/// A date and time of no zone, in the same form but without the `Z` that would give it one.
fn local_time(text: &str) -> Option<Value> {
    let instant: Instant = text.replacen(' ', "T", 1).parse().ok()?;
    Some(Value::from(instant.to_string().trim_end_matches('Z')))
}

#[cfg(test)]
mod tests {
    use super::json;
    use serde_json::{Value, json as expected};

    #[test]
    fn each_type_becomes_its_json() {
        for (text, kind, expected) in [
            ("true", "BOOL", expected!(true)),
            ("false", "BOOL", expected!(false)),
            ("-7", "INT4", expected!(-7)),
            (
                "9223372036854775807",
                "INT8",
                expected!(9_223_372_036_854_775_807_i64),
            ),
            ("12", "NUMERIC", expected!(12)),
            ("3.5000000000000000", "NUMERIC", expected!(3.5)),
            ("99999999999999999999", "NUMERIC", expected!(1e20)),
            ("1e-07", "FLOAT8", expected!(1e-7)),
            ("NaN", "FLOAT8", expected!("NaN")),
            ("-Infinity", "NUMERIC", expected!("-Infinity")),
            (
                "2024-05-06 07:08:09+00",
                "TIMESTAMPTZ",
                expected!("2024-05-06T07:08:09.000000Z"),
            ),
            (
                "2024-05-06 07:08:09.1+00",
                "TIMESTAMPTZ",
                expected!("2024-05-06T07:08:09.100000Z"),
            ),
            ("infinity", "TIMESTAMPTZ", expected!("infinity")),
            (
                "2024-05-06 07:08:09",
                "TIMESTAMP",
                expected!("2024-05-06T07:08:09.000000"),
            ),
            ("2024-05-06", "DATE", expected!("2024-05-06")),
            ("1 day 02:00:00", "INTERVAL", expected!("1 day 02:00:00")),
            ("{1,2}", "INT4[]", expected!("{1,2}")),
            ("12", "TEXT", expected!("12")),
        ] {
            assert_eq!(json(Some(text.to_owned()), kind), expected, "{text} {kind}");
        }
        assert_eq!(json(None, "INT8"), Value::Null);
    }
}
