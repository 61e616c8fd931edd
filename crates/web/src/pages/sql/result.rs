//! A result as a table: as much of it as a page can hold.

use askama::Template;
use askama::filters::HtmlSafe;
use serde_json::Value;
use store::console::QueryResult;

use crate::show::clean;

/// About how many bytes of a page rows may take.
const MOST_BYTES: usize = 150_000;

/// The longest value that is shown whole, in characters.
const LONGEST: usize = 300;

/// The same where there are many columns and little room.
const SHORT: usize = 60;

/// What a cell costs beside its text.
const MARKUP: usize = 24;

/// A value in a table.
#[derive(Template)]
#[template(
    source = r#"{% if null %}<td class="quiet">NULL</td>{% else if number %}<td class="number">{{ text }}</td>{% else %}<td{% if cut %} title="cut short"{% endif %}><bdi>{{ text }}</bdi></td>{% endif %}"#,
    ext = "html"
)]
pub(in crate::pages) struct Cell {
    text: String,
    null: bool,
    number: bool,
    cut: bool,
}

impl HtmlSafe for Cell {}

impl Cell {
    fn of(value: &Value, longest: usize) -> Self {
        let text = match value {
            Value::Null => String::new(),
            Value::String(text) => clean(text),
            other => other.to_string(),
        };
        let cut = text.char_indices().nth(longest).map(|(end, _)| end);
        Self {
            text: match cut {
                Some(end) => format!("{}…", text.get(..end).unwrap_or_default()),
                None => text,
            },
            null: value.is_null(),
            number: value.is_number(),
            cut: cut.is_some(),
        }
    }

    /// For a table with many columns.
    pub(in crate::pages) fn short(value: &Value) -> Self {
        Self::of(value, SHORT)
    }
}

/// The rows that a page holds.
pub(super) fn rows(result: &QueryResult) -> Vec<Vec<Cell>> {
    let mut bytes = 0;
    let mut rows = Vec::new();
    for row in &result.rows {
        let cells: Vec<Cell> = row.iter().map(|value| Cell::of(value, LONGEST)).collect();
        bytes += cells
            .iter()
            .map(|cell| cell.text.len() + MARKUP)
            .sum::<usize>();
        if bytes > MOST_BYTES && !rows.is_empty() {
            break;
        }
        rows.push(cells);
    }
    rows
}
