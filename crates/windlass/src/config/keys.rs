//! Which keys there are. Any other is a mistake, and a silent one would be found late.

use std::collections::BTreeMap;
use std::path::Path;

use figment::Provider;
use figment::value::{Dict, Value};

use super::Settings;
use crate::failure::{Failure, one_line};
use crate::nearest::nearest;

/// What kind of value a key has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Boolean,
}

/// The keys, as `section.key`.
#[derive(Debug)]
pub(super) struct Keys(BTreeMap<String, Kind>);

impl Keys {
    /// The keys that settings have: they are made from the type itself, so that there is no second
    /// list to keep.
    pub(super) fn of(settings: &Settings) -> Result<Self, Failure> {
        let json = serde_json::to_value(settings)
            .map_err(|error| Failure::configuration(error.to_string()))?;
        let mut keys = BTreeMap::new();
        collect(&json, "", &mut keys);
        Ok(Self(keys))
    }

    pub(super) fn kind(&self, key: &str) -> Option<Kind> {
        self.0.get(key).copied()
    }

    /// The known key that is most similar.
    pub(super) fn nearest(&self, key: &str) -> Option<&str> {
        nearest(key, self.0.keys().map(String::as_str))
    }

    /// Refuses a file that is no TOML or has a key that is none.
    pub(super) fn check_file(&self, file: &Path, toml: &dyn Provider) -> Result<(), Failure> {
        let file = file.display();
        let profiles = toml.data().map_err(|error| {
            let error = one_line(&error.to_string());
            Failure::configuration(format!("{file} cannot be read: {error}"))
        })?;
        for key in profiles.values().flat_map(|values| flat(values, "")) {
            if self.kind(&key).is_none() && !self.is_section(&key) {
                let nearest = self.nearest(&key).unwrap_or_default();
                return Err(Failure::configuration(format!(
                    "{file} has the unknown key `{key}`: did you mean `{nearest}`?"
                )));
            }
        }
        Ok(())
    }

    /// A value in place of a whole section has the wrong type, but not an unknown key.
    fn is_section(&self, key: &str) -> bool {
        self.0.keys().any(|known| {
            known
                .strip_prefix(key)
                .is_some_and(|rest| rest.starts_with('.'))
        })
    }
}

fn collect(json: &serde_json::Value, path: &str, keys: &mut BTreeMap<String, Kind>) {
    let kind = match json {
        serde_json::Value::Object(entries) => {
            for (name, value) in entries {
                collect(value, &join(path, name), keys);
            }
            return;
        }
        serde_json::Value::Number(_) => Kind::Number,
        serde_json::Value::Bool(_) => Kind::Boolean,
        // What has no default is a text.
        _ => Kind::Text,
    };
    keys.insert(path.to_owned(), kind);
}

fn flat(values: &Dict, path: &str) -> Vec<String> {
    values
        .iter()
        .flat_map(|(name, value)| {
            let path = join(path, name);
            match value {
                Value::Dict(_, values) if !values.is_empty() => flat(values, &path),
                _ => vec![path],
            }
        })
        .collect()
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
