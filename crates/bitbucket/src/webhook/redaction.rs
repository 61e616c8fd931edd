//! What people wrote, taken out of a delivery that is kept.

use serde_json::{Map, Value};

use crate::normalise::commit::first_line;

/// Members that hold what people wrote, or lines of the code that a comment stands at.
const TEXTS: [&str; 7] = [
    "content",
    "context_lines",
    "description",
    "markup",
    "reason",
    "rendered",
    "summary",
];

/// The body without descriptions and comments, in whatever form they come; of the messages of
/// commits and tags their first lines stay, as titles do. `None` when it is no JSON.
///
/// Without their text, a delivery and its redacted form are read alike: [`super::read`] tells the
/// same of both.
pub fn redact(body: &[u8]) -> Option<Vec<u8>> {
    let mut json: Value = serde_json::from_slice(body).ok()?;
    redact_value(&mut json, "");
    serde_json::to_vec(&json).ok()
}

/// Redacts a value that is the member `name` of another.
fn redact_value(value: &mut Value, name: &str) {
    match value {
        Value::Object(members) => redact_members(members, name),
        Value::Array(values) => values.iter_mut().for_each(|one| redact_value(one, name)),
        Value::String(text) if name == "message" => *text = first_line(text),
        _ => {}
    }
}

fn redact_members(members: &mut Map<String, Value>, name: &str) {
    let is_of_a_person = matches!(name, "author" | "committer" | "tagger");
    members.retain(|member, value| match member.as_str() {
        // The name and address of who made a commit are told under the same name as a text.
        "raw" => is_of_a_person,
        // So is the address of a page.
        "html" => name == "links" || !value.is_string(),
        other => !TEXTS.contains(&other),
    });
    for (member, value) in members {
        redact_value(value, member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn redacted(body: &Value) -> Value {
        let bytes = redact(body.to_string().as_bytes()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn no_text_is_left_and_everything_else_is() {
        let text = json!({"raw": "SECRET", "markup": "markdown", "html": "<p>SECRET</p>", "type": "rendered"});
        let body = json!({
            "actor": {"display_name": "Ada", "links": {"html": {"href": "https://bitbucket.org/ada"}}},
            "repository": {"full_name": "acme/website", "description": "SECRET", "project": {"key": "WEB", "description": "SECRET"}},
            "changes": {"description": {"old": "SECRET", "new": "SECRET"}, "name": {"old": "Web", "new": "Website"}},
            "pullrequest": {
                "id": 7, "title": "Faster start", "description": "SECRET", "reason": "SECRET", "summary": text,
                "rendered": {"title": text, "description": text, "reason": text},
            },
            "comment": {
                "id": 9, "content": text, "parent": {"id": 8, "content": text},
                "inline": {"path": "src/main.c", "to": 3, "context_lines": "SECRET"},
            },
            "issue": {"content": "SECRET"},
            "push": {"changes": [{
                "new": {"message": "v1\nSECRET", "tagger": {"raw": "Ada <ada@example.org>"}},
                "commits": [{
                    "message": "Start faster\n\nSECRET", "author": {"raw": "Ada <ada@example.org>"},
                    "rendered": {"message": text}, "summary": text,
                }],
            }]},
            "unknown": [[text]],
        });
        let expected = json!({
            "actor": {"display_name": "Ada", "links": {"html": {"href": "https://bitbucket.org/ada"}}},
            "repository": {"full_name": "acme/website", "project": {"key": "WEB"}},
            "changes": {"name": {"old": "Web", "new": "Website"}},
            "pullrequest": {"id": 7, "title": "Faster start"},
            "comment": {"id": 9, "parent": {"id": 8}, "inline": {"path": "src/main.c", "to": 3}},
            "issue": {},
            "push": {"changes": [{
                "new": {"message": "v1", "tagger": {"raw": "Ada <ada@example.org>"}},
                "commits": [{"message": "Start faster", "author": {"raw": "Ada <ada@example.org>"}}],
            }]},
            "unknown": [[{"type": "rendered"}]],
        });
        assert_eq!(redacted(&body), expected);
        assert_eq!(redacted(&expected), expected);
    }

    #[test]
    fn a_number_stays_what_it_is_however_often_it_is_written() {
        for number in ["7", "-7", "14.0", "18446744073709551615", "0.1"] {
            assert_eq!(
                redact(number.as_bytes()).as_deref(),
                Some(number.as_bytes())
            );
        }
        let once = redact(b"9999999999994999999999999999").unwrap();
        assert_eq!(redact(&once), Some(once));
    }

    #[test]
    fn what_is_no_json_is_not_kept() {
        assert_eq!(redact(b"{\"description\": \"SECRET\""), None);
        assert_eq!(redact(b""), None);
        assert_eq!(redact(b"7").as_deref(), Some(&b"7"[..]));
    }
}
