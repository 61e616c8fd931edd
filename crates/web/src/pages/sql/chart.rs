//! A result as a chart, where it has something to draw: labels, and numbers beside them.

use serde_json::Value;
use store::console::QueryResult;

/// How many rows and columns are drawn; more would be a carpet.
const ROWS: usize = 150;
const SERIES: usize = 6;

/// What is drawn.
pub(super) struct Chart {
    /// `line` where the labels are days, else `bar`.
    pub(super) kind: &'static str,
    pub(super) label: String,
    pub(super) series: Vec<String>,
    pub(super) rows: Vec<(String, Vec<String>)>,
    /// Whether rows are left out.
    pub(super) cut: bool,
}

/// A column without anything but numbers that are no ids.
fn is_series(result: &QueryResult, column: usize, name: &str) -> bool {
    if name == "id" || name.ends_with("_id") {
        return false;
    }
    let mut values = result.rows.iter().filter_map(|row| row.get(column));
    let numbers = values.clone().filter(|value| value.is_number()).count();
    numbers > 0 && values.all(|value| value.is_number() || value.is_null())
}

/// A day, or an instant.
fn is_day(text: &str) -> bool {
    let mut parts = text.get(..10).unwrap_or_default().split('-');
    let mut number = |length: usize| {
        parts
            .next()
            .is_some_and(|part| part.len() == length && part.bytes().all(|b| b.is_ascii_digit()))
    };
    number(4) && number(2) && number(2)
}

impl Chart {
    /// The chart of a result; nothing where there is none to draw.
    pub(super) fn of(result: &QueryResult) -> Option<Self> {
        if result.rows.len() < 2 {
            return None;
        }
        let columns = || result.columns.iter().enumerate();
        let series: Vec<usize> = columns()
            .filter(|(at, name)| is_series(result, *at, name))
            .map(|(at, _)| at)
            .collect();
        let label = columns()
            .map(|(at, _)| at)
            .find(|at| !series.contains(at))
            .or_else(|| series.first().copied())?;
        let series: Vec<usize> = series
            .into_iter()
            .filter(|at| *at != label)
            .take(SERIES)
            .collect();
        if series.is_empty() {
            return None;
        }
        let text = |value: Option<&Value>| match value {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => crate::show::clean(text),
            Some(other) => other.to_string(),
        };
        let rows: Vec<(String, Vec<String>)> = result
            .rows
            .iter()
            .take(ROWS)
            .map(|row| {
                let numbers = series.iter().map(|at| text(row.get(*at))).collect();
                let label: String = text(row.get(label)).chars().take(60).collect();
                (label, numbers)
            })
            .collect();
        let name = |at: &usize| result.columns.get(*at).cloned().unwrap_or_default();
        Some(Self {
            kind: if rows.iter().all(|(label, _)| is_day(label)) {
                "line"
            } else {
                "bar"
            },
            label: name(&label),
            series: series.iter().map(name).collect(),
            cut: result.rows.len() > rows.len(),
            rows,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn chart(columns: &[&str], rows: Value) -> Option<Chart> {
        let rows: Vec<Vec<Value>> = serde_json::from_value(rows).unwrap();
        Chart::of(&QueryResult {
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            rows,
            truncated: None,
        })
    }

    #[test]
    fn numbers_are_drawn_beside_what_names_them() {
        let weeks = json!([["2026-01-05", 3, 1.5], ["2026-01-12", null, 2]]);
        let drawn = chart(&["week", "merged", "hours"], weeks).unwrap();
        assert_eq!(
            (drawn.kind, drawn.series.join(" ").as_str()),
            ("line", "merged hours")
        );
        assert_eq!(
            drawn.rows[1],
            ("2026-01-12".to_owned(), vec![String::new(), "2".to_owned()])
        );
        let drawn = chart(&["n", "repo"], json!([[1, "a"], [2, "b"]])).unwrap();
        assert_eq!((drawn.kind, drawn.label.as_str()), ("bar", "repo"));
        for (columns, rows) in [
            (["id", "name"], json!([[1, "a"], [2, "b"]])),
            (["n", "name"], json!([[1, "a"]])),
            (["a", "b"], json!([["x", "y"], ["x", "z"]])),
        ] {
            assert!(chart(&columns, rows).is_none(), "{columns:?}");
        }
    }
}
