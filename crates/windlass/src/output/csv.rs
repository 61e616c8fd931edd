//! Comma-separated values.

use std::io::Write;

use serde_json::Value;
use store::console::QueryResult;

/// Writes an answer with a line of names. NULL is an empty field.
pub(crate) fn result(result: &QueryResult, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut writer = ::csv::Writer::from_writer(out);
    let failed = |error: ::csv::Error| match error.into_kind() {
        ::csv::ErrorKind::Io(error) => anyhow::Error::from(error),
        other => anyhow::anyhow!("the answer cannot be written as CSV: {other:?}"),
    };
    writer.write_record(&result.columns).map_err(failed)?;
    for row in &result.rows {
        writer
            .write_record(row.iter().map(|value| match value {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }))
            .map_err(failed)?;
    }
    writer.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_an_empty_field() {
        let answer = QueryResult {
            columns: vec!["a".into(), "b".into()],
            rows: vec![
                vec![Value::Null, "x, \"y\"".into()],
                vec![1.into(), true.into()],
            ],
            truncated: None,
        };
        let mut out = Vec::new();
        result(&answer, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "a,b\n,\"x, \"\"y\"\"\"\n1,true\n"
        );
    }
}
