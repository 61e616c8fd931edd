//! A result as comma-separated values (RFC 4180), with a line of names. NULL is an empty field.

use serde_json::Value;
use store::console::QueryResult;

pub(crate) fn csv(result: &QueryResult) -> String {
    let mut text = String::new();
    let names = result.columns.iter().map(|name| field(name));
    push(&mut text, names);
    for row in &result.rows {
        let values = row.iter().map(|value| match value {
            Value::Null => String::new(),
            Value::String(value) => field(value),
            other => field(&other.to_string()),
        });
        push(&mut text, values);
    }
    text
}

fn push(text: &mut String, fields: impl Iterator<Item = String>) {
    for (at, field) in fields.enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&field);
    }
    text.push_str("\r\n");
}

fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_part_a_field_is_quoted() {
        let result = QueryResult {
            columns: vec!["a".into(), "b, c".into()],
            rows: vec![
                vec![Value::Null, "x\ny \"z\"".into()],
                vec![1.into(), true.into()],
            ],
            truncated: None,
        };
        assert_eq!(
            csv(&result),
            "a,\"b, c\"\r\n,\"x\ny \"\"z\"\"\"\r\n1,true\r\n"
        );
    }
}
