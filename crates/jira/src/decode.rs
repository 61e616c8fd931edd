//! From JSON to rows, record by record: one that cannot be read is set aside, the rest goes on.

use model::rows::{Batch, JiraUserRow, RejectRow};
use model::{Field, Id, Instant};
use serde_json::{Map, Value};

/// Where in a record the trouble lies, and what was expected there: never what was found.
#[derive(Debug, PartialEq, Eq)]
struct Trouble {
    path: &'static str,
    reason: String,
}

/// The rows of a stretch of the listing that begins at `start_at`.
pub(crate) fn users(values: &[Value], start_at: u64, observed_at: Instant) -> Batch {
    let mut batch = Batch::default();
    for (position, value) in (start_at..).zip(values) {
        match user(value, observed_at) {
            Ok(row) => batch.jira_users.push(row),
            Err(trouble) => {
                let key = natural_key(value)
                    .unwrap_or_else(|| format!("account {} of the listing", position + 1));
                batch.rejects.push(RejectRow::of(
                    "jira_users",
                    None,
                    &key,
                    trouble.path,
                    &trouble.reason,
                    observed_at,
                ));
            }
        }
    }
    batch
}

/// The account id in an answer about the account that asks; nobody in particular has none.
pub(crate) fn account_id(json: &Value) -> Option<&str> {
    json.get("accountId")
        .and_then(Value::as_str)
        .filter(|id| !id.trim().is_empty())
}

/// Reads one account. Everything but its id may be missing: apps and customers have less, and
/// people hide what they like.
fn user(value: &Value, observed_at: Instant) -> Result<JiraUserRow, Trouble> {
    let Value::Object(record) = value else {
        return Err(unexpected(".", "an object", value));
    };
    let account_id = match text(record, "accountId")? {
        Field::Value(account_id) => account_id,
        Field::Absent | Field::Null => {
            return Err(Trouble {
                path: "accountId",
                reason: "it is missing".to_owned(),
            });
        }
    };
    let mut row = JiraUserRow::new(Id::jira_user(&account_id), observed_at);
    row.account_type = text(record, "accountType")?;
    row.display_name = text(record, "displayName")?;
    row.email = text(record, "emailAddress")?;
    row.active = match record.get("active") {
        None => Field::Absent,
        Some(Value::Null) => Field::Null,
        Some(Value::Bool(active)) => Field::Value(*active),
        Some(other) => return Err(unexpected("active", "a boolean", other)),
    };
    row.timezone = text(record, "timeZone")?;
    row.source_id = Field::Value(account_id);
    Ok(row)
}

/// A text; an empty one is none.
fn text(record: &Map<String, Value>, name: &'static str) -> Result<Field<String>, Trouble> {
    match record.get(name) {
        None => Ok(Field::Absent),
        Some(Value::Null) => Ok(Field::Null),
        Some(Value::String(text)) if text.trim().is_empty() => Ok(Field::Null),
        Some(Value::String(text)) => Ok(Field::Value(text.trim().to_owned())),
        Some(other) => Err(unexpected(name, "a text", other)),
    }
}

fn unexpected(path: &'static str, expected: &str, found: &Value) -> Trouble {
    let found = match found {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Trouble {
        path,
        reason: format!("expected {expected}, found {found}"),
    }
}

/// The account id of a record that cannot be read, if it looks like one and nothing else.
fn natural_key(value: &Value) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
    account_id(value)
        .filter(|id| id.len() <= 128 && id.chars().all(plain))
        .map(str::to_owned)
}
