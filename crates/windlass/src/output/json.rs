//! JSON for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::{Serialize, Serializer};
use serde_json::Value;
use store::console::QueryResult;

/// The largest whole number that every reader of JSON keeps exactly.
const LARGEST_EXACT: u64 = 1 << 53;

/// Writes anything for programs.
pub(crate) fn write<T: Serialize>(value: &T, out: &mut dyn Write) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// Writes an answer as an array with one object per row. A name that occurs twice gets a number,
/// since a reader would keep only one of them.
pub(crate) fn result(result: &QueryResult, out: &mut dyn Write) -> anyhow::Result<()> {
    let names = distinct(&result.columns);
    let rows: Vec<Row<'_>> = result
        .rows
        .iter()
        .map(|values| Row {
            names: &names,
            values,
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &rows).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

struct Row<'a> {
    names: &'a [String],
    values: &'a [Value],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(
            self.names
                .iter()
                .zip(self.values)
                .map(|(name, value)| (name, exact(name, value))),
        )
    }
}

/// An id has up to 63 bits, which most readers of JSON would round: it is a text, as every number
/// that is as large.
fn exact(name: &str, value: &Value) -> Value {
    let Value::Number(number) = value else {
        return value.clone();
    };
    let large = number
        .as_i64()
        .is_some_and(|number| number.unsigned_abs() > LARGEST_EXACT)
        || number.as_u64().is_some_and(|number| number > LARGEST_EXACT);
    let whole = number.is_i64() || number.is_u64();
    if large || (whole && (name == "id" || name.ends_with("_id"))) {
        Value::String(number.to_string())
    } else {
        value.clone()
    }
}

fn distinct(columns: &[String]) -> Vec<String> {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    columns
        .iter()
        .map(|name| {
            let times = seen.entry(name).or_default();
            *times += 1;
            match *times {
                1 => name.clone(),
                times => format!("{name}_{times}"),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_texts_and_no_column_is_lost() {
        let answer = QueryResult {
            columns: vec!["id".into(), "n".into(), "n".into(), "big".into()],
            rows: vec![vec![
                7.into(),
                1.5.into(),
                2.into(),
                9_007_199_254_740_993_i64.into(),
            ]],
            truncated: None,
        };
        let mut out = Vec::new();
        result(&answer, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let compact: String = text.split_whitespace().collect();
        assert_eq!(
            compact,
            r#"[{"id":"7","n":1.5,"n_2":2,"big":"9007199254740993"}]"#
        );
    }
}
