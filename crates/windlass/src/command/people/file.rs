//! Lists in files: CSV with a line of names, or a JSON array of objects.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::chosen::usage;
use crate::failure::{Exit, Failure};

/// A record with its place in the file, for people.
type Placed = (String, BTreeMap<String, String>);

/// The records of a list: what each says, by the names of its columns.
pub(crate) struct Records {
    records: Vec<Placed>,
}

impl Records {
    /// Reads a file; `-` is standard input. Only these columns are known; an empty value says
    /// nothing. An object in JSON may have a list of objects under `nested`, each of which is a record
    /// with the values of the outer one.
    pub(crate) fn read(
        file: &Path,
        columns: &[&str],
        nested: Option<&str>,
    ) -> Result<Self, Failure> {
        let mut text = String::new();
        let read = if file == Path::new("-") {
            std::io::stdin().lock().read_to_string(&mut text)
        } else {
            std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text))
        };
        read.map_err(|error| {
            usage(format!(
                "the list in {} cannot be read: {error}",
                file.display()
            ))
        })?;
        let is_json = match file.extension().and_then(|ending| ending.to_str()) {
            Some("json") => Some(true),
            Some("csv") => Some(false),
            _ => None,
        };
        Self::parse(&text, is_json, columns, nested)
    }

    /// The same of a text. Whether it is JSON shows by itself where nobody says so.
    pub(crate) fn parse(
        text: &str,
        is_json: Option<bool>,
        columns: &[&str],
        nested: Option<&str>,
    ) -> Result<Self, Failure> {
        let text = text.trim_start_matches('\u{feff}');
        let is_json = is_json.unwrap_or_else(|| text.trim_start().starts_with('['));
        let records = if is_json {
            of_json(text, nested)?
        } else {
            of_csv(text)?
        };
        for (place, record) in &records {
            if let Some(unknown) = record.keys().find(|name| !columns.contains(&name.as_str())) {
                return Err(refused(
                    place,
                    &format!(
                        "there is no column `{unknown}`: the columns are {}",
                        columns.join(", ")
                    ),
                ));
            }
        }
        Ok(Self { records })
    }

    /// The records, each read as `read` says.
    pub(crate) fn map<T>(
        &self,
        read: impl Fn(&BTreeMap<String, String>) -> Result<T, String>,
    ) -> Result<Vec<T>, Failure> {
        self.records
            .iter()
            .map(|(place, record)| read(record).map_err(|reason| refused(place, &reason)))
            .collect()
    }
}

fn refused(place: &str, reason: &str) -> Failure {
    Failure::new(Exit::Usage, format!("{place} of the list: {reason}"))
}

fn of_csv(text: &str) -> Result<Vec<Placed>, Failure> {
    let mut reader = ::csv::ReaderBuilder::new()
        .trim(::csv::Trim::All)
        .from_reader(text.as_bytes());
    let broken = |error: ::csv::Error| usage(format!("the list is no CSV: {error}"));
    let names: Vec<String> = reader
        .headers()
        .map_err(broken)?
        .iter()
        .map(|name| name.to_lowercase())
        .collect();
    let mut records = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(broken)?;
        let values = names.iter().cloned().zip(record.iter().map(str::to_owned));
        let said = values.filter(|(_, value)| !value.is_empty()).collect();
        records.push((format!("record {}", number + 1), said));
    }
    Ok(records)
}

fn of_json(text: &str, nested: Option<&str>) -> Result<Vec<Placed>, Failure> {
    let broken = |reason: String| usage(format!("the list is no JSON array of objects: {reason}"));
    let values: Vec<serde_json::Map<String, Value>> =
        serde_json::from_str(text).map_err(|error| broken(error.to_string()))?;
    let mut records = Vec::new();
    for (number, mut value) in values.into_iter().enumerate() {
        let place = format!("record {}", number + 1);
        let inner = nested.and_then(|name| value.remove(name));
        let outer = plain(value).map_err(|reason| refused(&place, &reason))?;
        let inner = match inner {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(inner)) => inner,
            Some(_) => return Err(refused(&place, "expected a list")),
        };
        if inner.is_empty() {
            records.push((place, outer));
            continue;
        }
        for one in inner {
            let Value::Object(one) = one else {
                return Err(refused(&place, "expected a list of objects"));
            };
            let mut record = outer.clone();
            record.extend(plain(one).map_err(|reason| refused(&place, &reason))?);
            records.push((place.clone(), record));
        }
    }
    Ok(records)
}

/// The values as text; one that is null or empty says nothing.
fn plain(value: serde_json::Map<String, Value>) -> Result<BTreeMap<String, String>, String> {
    let mut record = BTreeMap::new();
    for (name, value) in value {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text.trim().to_owned(),
            Value::Bool(is) => is.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Array(_) | Value::Object(_) => {
                return Err(format!("`{name}` is neither a text nor a number"));
            }
        };
        if !text.is_empty() {
            record.insert(name.to_lowercase(), text);
        }
    }
    Ok(record)
}
