//! The `fields` parameter: which parts of an answer are wanted.

use serde_json::{Map, Value};

/// What one `fields` parameter asks for.
pub(crate) struct Fields {
    /// Named without a sign: if there is any, nothing else is shown.
    only: Vec<Vec<String>>,
    /// Named with `+`.
    added: Vec<Vec<String>>,
    /// Named with `-`.
    removed: Vec<Vec<String>>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    /// Everything that is shown by default.
    Usual,
    /// Only what is named.
    Named,
}

impl Fields {
    pub(crate) fn parse(parameter: Option<&str>) -> Self {
        let mut fields = Self {
            only: Vec::new(),
            added: Vec::new(),
            removed: Vec::new(),
        };
        for name in parameter.unwrap_or_default().split(',').map(str::trim) {
            let (list, path) = match name.split_at_checked(1) {
                Some(("+", path)) => (&mut fields.added, path),
                Some(("-", path)) => (&mut fields.removed, path),
                _ => (&mut fields.only, name),
            };
            if !path.is_empty() {
                list.push(path.split('.').map(str::to_owned).collect());
            }
        }
        fields
    }

    /// The parts of `value` that are asked for. Those at `hidden` paths are left out unless they
    /// are named.
    pub(crate) fn apply(&self, value: &Value, hidden: &[&str]) -> Value {
        let mode = if self.only.is_empty() {
            Mode::Usual
        } else {
            Mode::Named
        };
        let hidden: Vec<Vec<&str>> = hidden
            .iter()
            .map(|path| path.split('.').collect())
            .collect();
        self.part(value, &mut Vec::new(), mode, &hidden)
    }

    fn part<'a>(
        &self,
        value: &'a Value,
        path: &mut Vec<&'a str>,
        mode: Mode,
        hidden: &[Vec<&str>],
    ) -> Value {
        match value {
            Value::Array(items) => items
                .iter()
                .map(|item| self.part(item, path, mode, hidden))
                .collect(),
            Value::Object(members) => {
                let mut kept = Map::new();
                for (key, member) in members {
                    path.push(key);
                    if let Some(mode) = self.mode_at(path, mode, hidden, member) {
                        kept.insert(key.clone(), self.part(member, path, mode, hidden));
                    }
                    path.pop();
                }
                Value::Object(kept)
            }
            plain => plain.clone(),
        }
    }

    /// How to go on below this path; None leaves it out.
    fn mode_at(
        &self,
        path: &[&str],
        mode: Mode,
        hidden: &[Vec<&str>],
        value: &Value,
    ) -> Option<Mode> {
        if self.removed.iter().any(|name| matches_whole(name, path)) {
            return None;
        }
        let is_hidden = hidden.iter().any(|hidden| hidden.as_slice() == path);
        let mut named = self.only.iter().chain(&self.added).filter(|name| {
            // A wildcard does not bring out what is hidden.
            !is_hidden
                || name
                    .get(path.len() - 1)
                    .is_some_and(|segment| segment != "*")
        });
        if named.clone().any(|name| matches_whole(name, path)) {
            return Some(Mode::Usual);
        }
        let on_the_way = named.any(|name| name.len() > path.len() && matches_start(name, path));
        match (is_hidden, mode) {
            (false, Mode::Usual) => Some(Mode::Usual),
            // Below a plain value there is nothing to name; null stands for the missing object.
            _ if on_the_way && !is_plain(value) => Some(Mode::Named),
            _ => None,
        }
    }
}

fn is_plain(value: &Value) -> bool {
    matches!(value, Value::Bool(_) | Value::Number(_) | Value::String(_))
}

fn matches_whole(name: &[String], path: &[&str]) -> bool {
    name.len() == path.len() && matches_start(name, path)
}

fn matches_start(name: &[String], path: &[&str]) -> bool {
    name.iter()
        .zip(path)
        .all(|(wanted, found)| wanted == "*" || wanted == found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied(parameter: &str) -> Value {
        let value = json!({
            "next": "n", "size": 2,
            "values": [{ "id": 1, "links": { "self": 1 }, "author": { "uuid": "u", "name": "a" },
                "participants": [{ "role": "R", "user": 3 }] }, { "id": 2, "author": null }],
        });
        Fields::parse(Some(parameter)).apply(&value, &["values.participants"])
    }

    #[test]
    fn without_fields_all_but_the_hidden_is_shown() {
        assert_eq!(applied("")["values"][0].get("participants"), None);
        assert_eq!(applied("")["size"], 2);
    }

    #[test]
    fn a_projection_drops_what_it_does_not_name() {
        assert_eq!(
            applied("values.id,values.author.uuid,values.nonsense"),
            json!({ "values": [{ "id": 1, "author": { "uuid": "u" } }, { "id": 2, "author": null }] })
        );
    }

    #[test]
    fn plus_adds_the_hidden_and_minus_removes() {
        let shown = applied("+values.participants.role,-values.links");
        assert_eq!(shown["values"][0]["participants"], json!([{ "role": "R" }]));
        assert_eq!(shown["values"][0].get("links"), None);
        assert_eq!(shown["next"], "n");
    }

    #[test]
    fn a_wildcard_stands_for_any_name_but_not_for_the_hidden() {
        let shown = applied("values.*.uuid,values.*");
        assert_eq!(shown["values"][0]["author"]["name"], "a");
        assert_eq!(shown["values"][0].get("participants"), None);
        assert_eq!(
            applied("values.participants")["values"][0]["participants"][0]["user"],
            3
        );
    }
}
