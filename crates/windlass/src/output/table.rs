//! Tables for people.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, LineStyle, Table};
use serde_json::Value;
use store::console::QueryResult;

/// Longer values are cut in a table; the other formats give them whole.
const LONGEST: usize = 120;

/// On which side a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table of texts, whole.
pub(crate) fn plain(
    header: &[&str],
    align: &[Align],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING.header_separator(LineStyle::none().fill('─').junction('─')));
    table.set_header(header.iter().map(|name| tidy(name)));
    for row in rows {
        table.add_row(row.iter().map(|text| tidy(text)));
    }
    for (column, align) in table.column_iter_mut().zip(align) {
        column.set_cell_alignment(match align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
    }
    table.trim_fmt()
}

/// The answer to a query.
pub(crate) fn result(result: &QueryResult) -> String {
    let header: Vec<&str> = result.columns.iter().map(String::as_str).collect();
    let numeric = |column: usize| {
        let mut values = result.rows.iter().filter_map(|row| row.get(column));
        let numbers = values.clone().filter(|value| value.is_number()).count();
        numbers > 0 && values.all(|value| value.is_number() || value.is_null())
    };
    let align: Vec<Align> = (0..header.len())
        .map(|column| {
            if numeric(column) {
                Align::Right
            } else {
                Align::Left
            }
        })
        .collect();
    let rows = result
        .rows
        .iter()
        .map(|row| row.iter().map(|value| cut(text(value))).collect());
    plain(&header, &align, rows)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A text as it may be shown: what people wrote into Bitbucket must not steer a terminal.
fn tidy(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// One long title must not spoil the whole table.
fn cut(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_table_that_cannot_steer_the_terminal() {
        let answer = QueryResult {
            columns: vec!["title".into(), "n".into()],
            rows: vec![
                vec!["a\u{1b}[31m\nb".into(), 5.into()],
                vec!["x".repeat(200).into(), Value::Null],
            ],
            truncated: None,
        };
        let shown = result(&answer);
        let lines: Vec<&str> = shown.lines().collect();
        assert_eq!(lines.len(), 4, "{shown}");
        assert!(lines[2].starts_with(" a [31m b") && lines[2].ends_with("5"));
        assert!(lines[3].contains('…') && lines[3].ends_with("NULL"));
        assert!(!shown.contains('\u{1b}'));
    }
}
