//! Replaying recorded answers.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use url::Url;

use crate::answer::{Answer, Outcome};
use crate::fields::Fields;
use crate::paging;
use crate::request::Request;

/// Recorded values by the path at which they were read.
///
/// A recording is a file of JSON lines, each with the `url` of a request and, in `data`, one value
/// of its page, or the whole of what a single thing answered.
#[derive(Debug, Default)]
pub struct Recordings {
    values: BTreeMap<String, Vec<Value>>,
}

impl Recordings {
    /// Reads all `*.jsonl` of a folder, in the order of their names.
    pub fn load(folder: &Path) -> Result<Self> {
        let listed =
            fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
        let mut files = Vec::new();
        for entry in listed {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "jsonl")
            {
                files.push(path);
            }
        }
        files.sort();
        let mut recordings = Self::default();
        for file in files {
            let text =
                fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
            for (number, line) in (1..).zip(text.lines()) {
                recordings
                    .add(line)
                    .with_context(|| format!("{}, line {number}", file.display()))?;
            }
        }
        Ok(recordings)
    }

    /// Adds one line of a recording; lines without an address or data say nothing to replay.
    pub fn add(&mut self, line: &str) -> Result<()> {
        if line.trim().is_empty() {
            return Ok(());
        }
        let mut record: Value = serde_json::from_str(line)?;
        let Some(address) = record.get("url").and_then(Value::as_str) else {
            return Ok(());
        };
        let path = normal(Url::parse(address)?.path());
        if let Some(data) = record.get_mut("data").map(Value::take) {
            self.values.entry(path).or_default().push(data);
        }
        Ok(())
    }

    /// The recorded paths with how many values each has.
    pub fn paths(&self) -> impl Iterator<Item = (&str, usize)> {
        self.values
            .iter()
            .map(|(path, values)| (path.as_str(), values.len()))
    }

    /// The answer to a request; Err for what was not recorded.
    pub(crate) fn answer(&self, request: &Request) -> Outcome {
        let path = normal(&request.path);
        let fields = Fields::parse(request.parameter("fields"));
        if let Some(values) = self.values.get(&path) {
            // A thing that was asked for by itself is recorded as one value at its own address.
            let single = values.first().filter(|value| is_at(value, &path));
            let body = match single {
                Some(value) => value.clone(),
                None => paging::numbered(request, values, 100, Value::clone)?,
            };
            return Ok(Answer::ok(fields.apply(&body, &[])));
        }
        if let Some(value) = self.inside_a_listing(&path) {
            return Ok(Answer::ok(fields.apply(value, &[])));
        }
        if let Some(repository) = self.repository_of(&path) {
            return Ok(Answer::ok(fields.apply(repository, &[])));
        }
        if let Some(repositories) = self.repositories_of(&path) {
            let body = paging::numbered(request, &repositories, 100, |value| (*value).clone())?;
            return Ok(Answer::ok(fields.apply(&body, &[])));
        }
        Err(Answer::json(
            404,
            json!({ "type": "error", "error": {
                "message": "Resource not found",
                "detail": format!("{path} was not recorded"),
            }}),
        ))
    }

    /// One record of a listing, asked for by itself.
    fn inside_a_listing(&self, path: &str) -> Option<&Value> {
        let (listing, key) = path.rsplit_once('/')?;
        self.values.get(listing)?.iter().find(|value| {
            ["id", "uuid", "slug"]
                .iter()
                .any(|name| match value.get(name) {
                    Some(Value::String(text)) => text == key,
                    Some(Value::Number(number)) => number.to_string() == key,
                    _ => false,
                })
        })
    }

    /// A repository by its UUID.
    fn repository_of(&self, path: &str) -> Option<&Value> {
        let (workspace, uuid) = path.rsplit_once('/')?;
        self.repositories_of(workspace)?
            .into_iter()
            .find(|value| value.get("uuid").and_then(Value::as_str) == Some(uuid))
    }

    /// The repositories of a workspace that were recorded one by one.
    fn repositories_of(&self, path: &str) -> Option<Vec<&Value>> {
        let workspace = path
            .strip_prefix("/repositories/")
            .filter(|rest| !rest.contains('/'))?;
        let found: Vec<&Value> = self
            .values
            .values()
            .flatten()
            .filter(|value| {
                value.get("type") == Some(&json!("repository"))
                    && value
                        .get("full_name")
                        .and_then(Value::as_str)
                        .and_then(|name| name.split('/').next())
                        == Some(workspace)
            })
            .collect();
        (!found.is_empty()).then_some(found)
    }
}

/// Whether this value is the thing at this path itself, not an entry of a list there.
fn is_at(value: &Value, path: &str) -> bool {
    value
        .get("full_name")
        .and_then(Value::as_str)
        .is_some_and(|name| path.ends_with(name))
}

/// A path below the base, decoded and without its trailing slash.
fn normal(path: &str) -> String {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let below = decoded.strip_prefix("/2.0").unwrap_or(&decoded);
    below.trim_end_matches('/').to_owned()
}
