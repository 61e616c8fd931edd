//! Which workspace a body speaks of, told without reading the rest of it.

use model::Uuid;
use serde::Deserialize;
use serde::de::IgnoredAny;
use thiserror::Error;

use super::WorkspaceMark;

/// A body that is no JSON object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the body of the delivery is no JSON object")]
pub struct NotAnObject;

/// The workspace that a body speaks of: that of its repository, else that of its project. Nothing
/// where it names neither, as bodies of unknown events may.
///
/// # Errors
/// [`NotAnObject`] when the body is no JSON object.
pub fn workspace_of(body: &[u8]) -> Result<Option<WorkspaceMark>, NotAnObject> {
    // A list would be read as the members in their order.
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(NotAnObject);
    }
    let body: Body = serde_json::from_slice(body).map_err(|_| NotAnObject)?;
    let of_repository = body.repository.known().and_then(|home| {
        let full_name = home.full_name.known();
        let owner = full_name.as_deref().and_then(|name| name.split_once('/'));
        let owner = owner.map(|(slug, _)| slug.to_owned());
        mark(home.workspace, owner)
    });
    Ok(of_repository.or_else(|| {
        let project = body.project.known()?;
        mark(project.workspace, None)
    }))
}

/// The slug that a workspace says of itself counts more than the one in a repository's name.
fn mark(workspace: Lenient<Named>, owner: Option<String>) -> Option<WorkspaceMark> {
    let (uuid, slug) = workspace
        .known()
        .map(|named| (named.uuid.known(), named.slug.known()))
        .unwrap_or_default();
    Some(WorkspaceMark {
        uuid: uuid.and_then(|uuid| Uuid::parse(&uuid)),
        slug: slug.or(owner)?,
    })
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    repository: Lenient<Home>,
    #[serde(default)]
    project: Lenient<Home>,
}

#[derive(Deserialize)]
struct Home {
    #[serde(default)]
    full_name: Lenient<String>,
    #[serde(default)]
    workspace: Lenient<Named>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    uuid: Lenient<String>,
    #[serde(default)]
    slug: Lenient<String>,
}

/// A member, or something else in its place, which says nothing.
#[derive(Default, Deserialize)]
#[serde(untagged)]
enum Lenient<T> {
    Known(T),
    Other(IgnoredAny),
    #[default]
    Absent,
}

impl<T> Lenient<T> {
    fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Other(_) | Self::Absent => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const UUID: &str = "{aa000000-0000-4000-8000-000000000001}";

    fn of(body: &Value) -> Option<WorkspaceMark> {
        workspace_of(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_repositorys_workspace_counts() {
        let full = json!({
            "actor": {"nickname": "ann"},
            "repository": {
                "full_name": "orbit/lander",
                "workspace": {"uuid": UUID, "slug": "acme"},
            },
        });
        let expected = WorkspaceMark {
            uuid: Uuid::parse(UUID),
            slug: "acme".to_owned(),
        };
        assert_eq!(of(&full), Some(expected));
        // Old payloads have the name alone.
        let old = json!({"repository": {"full_name": "acme/lander", "workspace": null}});
        let expected = WorkspaceMark {
            uuid: None,
            slug: "acme".to_owned(),
        };
        assert_eq!(of(&old), Some(expected));
    }

    #[test]
    fn a_project_has_a_workspace_of_its_own() {
        let body = json!({"project": {"key": "LUN", "workspace": {"uuid": UUID, "slug": "acme"}}});
        assert_eq!(of(&body).unwrap().slug, "acme");
    }

    #[test]
    fn what_is_of_another_shape_names_nothing() {
        for body in [
            json!({}),
            json!({"repository": "acme/lander"}),
            json!({"repository": {"full_name": 7, "workspace": ["acme"]}}),
            json!({"repository": null, "project": {"workspace": {"slug": 4}}}),
            json!({"resourceSpans": []}),
        ] {
            assert_eq!(of(&body), None, "{body}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in [
            "",
            "[]",
            "{",
            "\"text\"",
            "null",
            "{\"repository\": {}} {}",
            "\u{fe}",
        ] {
            assert_eq!(workspace_of(body.as_bytes()), Err(NotAnObject), "{body}");
        }
    }
}
