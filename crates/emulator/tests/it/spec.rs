//! Every kind of answer, held against Atlassian's own OpenAPI description.
//!
//! The description is not part of this project. It is looked for at `WINDLASS_SPEC`, else beside
//! the workspace; without it the test says so, and fails where nobody would read that.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use emulator::{Credential, WorldSpec};
use serde_json::{Map, Value, json};

use crate::stage::{Stage, TOKEN, end};

/// Where the service itself differs from its description: the end of a place, the rule that it
/// breaks there, and why. Every one of them must occur, so that the list stays true.
const DEVIATIONS: &[(&str, &str, &str)] = &[
    ("/author", "null", "the account was deleted"),
    ("/user", "null", "the account was deleted"),
    ("/creator", "null", "nobody started it: a schedule did"),
    ("/closed_by", "null", "it is open"),
    ("/merge_commit", "null", "it is not merged"),
    ("/source/branch", "null", "the fork was deleted"),
    ("/source/commit", "null", "the fork was deleted"),
    ("/source/repository", "null", "the fork was deleted"),
    (
        "/destination/commit",
        "null",
        "very old pull requests have none",
    ),
    (
        "/participants/*/state",
        "null",
        "no verdict; the description's own enum lists null",
    ),
    (
        "/participants/*/participated_on",
        "null",
        "has not taken part; its text says so",
    ),
    (
        "/inline/from",
        "null",
        "the line is in the new version, or the whole file is meant",
    ),
    (
        "/inline/to",
        "null",
        "the line is in the old version, or the whole file is meant",
    ),
    ("/old", "null", "the file was added"),
    ("/new", "null", "the file was removed"),
    (
        "/committer",
        "required",
        "an empty object, without type, is recorded",
    ),
    ("/mainbranch", "null", "the repository is empty"),
    ("/parent", "null", "the repository is no fork"),
    (
        "/project",
        "null",
        "the repository stands outside all projects",
    ),
    (
        "/parent",
        "required",
        "a comment's parent is but an id and links, without type",
    ),
    (
        "/links",
        "additionalProperties",
        "some links are recorded but not described",
    ),
    (
        "/merge_commit",
        "additionalProperties",
        "type and links are recorded",
    ),
    (
        "/source/commit",
        "additionalProperties",
        "type and links are recorded",
    ),
    (
        "/destination/commit",
        "additionalProperties",
        "type and links are recorded",
    ),
    (
        "/summary",
        "additionalProperties",
        "rendered text has a type",
    ),
    (
        "/content",
        "additionalProperties",
        "rendered text has a type",
    ),
    (
        "/rendered/title",
        "additionalProperties",
        "rendered text has a type",
    ),
    (
        "/rendered/description",
        "additionalProperties",
        "rendered text has a type",
    ),
    (
        "/rendered/reason",
        "additionalProperties",
        "rendered text has a type",
    ),
    (
        "/links/clone/*/href",
        "format",
        "the address for SSH is no URI",
    ),
    ("/links", "required", "links of pipelines have no type"),
    ("/links/self", "required", "links of pipelines have no type"),
    (
        "/links/steps",
        "required",
        "links of pipelines have no type",
    ),
    (
        "/repository",
        "additionalProperties",
        "the description's own example has links here",
    ),
    (
        "/workspace",
        "additionalProperties",
        "the description's own example has links here",
    ),
];

/// What each endpoint answers with. The two activities are missing: they have no schema.
const ANSWERS: [(&str, &str); 24] = [
    ("/workspaces/acme-rockets", "workspace"),
    (
        "/workspaces/acme-rockets/members?pagelen=100",
        "paginated_workspace_memberships",
    ),
    (
        "/workspaces/acme-rockets/members?fields=%2Bvalues.user.email&q=user.email%20IN%20\
         (%22teo.vasquez@acme-rockets.example.com%22)",
        "paginated_workspace_memberships",
    ),
    ("/workspaces/acme-rockets/projects", "paginated_projects"),
    (
        "/repositories/acme-rockets?pagelen=100",
        "paginated_repositories",
    ),
    ("/user", "account"),
    ("/user/workspaces", "paginated_workspace_access"),
    ("/hook_events", "subject_types"),
    ("/hook_events/workspace", "paginated_hook_events"),
    ("/hook_events/repository", "paginated_hook_events"),
    (
        "/workspaces/acme-rockets/hooks",
        "paginated_webhook_subscriptions",
    ),
    ("{repo}/hooks", "paginated_webhook_subscriptions"),
    (
        "{repo}/pullrequests/{id}/statuses",
        "paginated_commitstatuses",
    ),
    ("{repo}", "repository"),
    (
        "{repo}/pullrequests?state=all&pagelen=50",
        "paginated_pullrequests",
    ),
    ("{repo}/pullrequests/{id}", "pullrequest"),
    (
        "{repo}/pullrequests/{id}/comments",
        "paginated_pullrequest_comments",
    ),
    ("{repo}/pipelines/?pagelen=100", "paginated_pipelines"),
    ("{repo}/pipelines/{uuid}/steps/", "paginated_pipeline_steps"),
    ("{repo}/environments/", "paginated_environments"),
    ("{repo}/deployments/?pagelen=100", "paginated_deployments"),
    ("{repo}/commits?pagelen=100", "paginated_changeset"),
    // These two have no schema of their own: the commits are as in the other list.
    ("{repo}/pullrequests/{id}/commits", "paginated_changeset"),
    ("{repo}/pullrequests/{id}/diffstat", "paginated_diffstats"),
];

/// The description, None if it is not there.
fn description() -> Option<Value> {
    let beside =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/bitbucket-openapi.json");
    let path = std::env::var_os("WINDLASS_SPEC").map_or(beside, PathBuf::from);
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(error) => {
            assert!(
                std::env::var_os("CI").is_none(),
                "{}: {error}",
                path.display()
            );
            println!(
                "LEFT OUT: no OpenAPI description at {}: {error}",
                path.display()
            );
            None
        }
    }
}

struct Checker {
    components: Value,
    validators: BTreeMap<String, jsonschema::Validator>,
    used: BTreeSet<usize>,
    surprises: BTreeMap<String, String>,
}

impl Checker {
    fn check(&mut self, schema: &str, answer: &Value, path: &str) {
        let components = &self.components;
        let validator = self.validators.entry(schema.to_owned()).or_insert_with(|| {
            let reference = format!("#/components/schemas/{schema}");
            let document = json!({ "allOf": [{ "$ref": reference }], "components": components });
            jsonschema::options()
                .with_draft(jsonschema::Draft::Draft7)
                .should_validate_formats(true)
                .build(&document)
                .unwrap()
        });
        for error in validator.iter_errors(answer) {
            let place = general(error.instance_path().as_str());
            let rule = if error.instance().is_null() {
                "null"
            } else {
                error.kind().keyword()
            };
            let known = DEVIATIONS
                .iter()
                .position(|(end, kind, _)| place.ends_with(end) && *kind == rule);
            match known {
                Some(index) => {
                    self.used.insert(index);
                }
                None => {
                    let text: String = error.to_string().chars().take(300).collect();
                    self.surprises
                        .entry(format!("{place} breaks {rule}"))
                        .or_insert(format!("{path}: {text}"));
                }
            }
        }
    }
}

/// A place without the numbers of list entries.
fn general(place: &str) -> String {
    place
        .split('/')
        .map(|part| {
            if part.parse::<usize>().is_ok() {
                "*"
            } else {
                part
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// Which schema an object of this `type` has by the description's discriminators.
fn typed(value: &Value, schemas: &Map<String, Value>) -> Option<String> {
    let kind = value.get("type")?.as_str()?;
    (["pipeline_", "deployment", "commit"]
        .iter()
        .any(|start| kind.starts_with(start))
        && schemas.contains_key(kind))
    .then(|| kind.to_owned())
}

/// All objects of an answer, with those inside them.
fn objects<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| objects(item, found)),
        Value::Object(members) => {
            found.push(value);
            members.values().for_each(|member| objects(member, found));
        }
        _ => {}
    }
}

#[tokio::test]
async fn answers_are_as_described_but_for_the_known_deviations() {
    let Some(description) = description() else {
        return;
    };
    let scopes = [
        "account",
        "pipeline",
        "project",
        "pullrequest",
        "repository",
        "webhook",
    ];
    let stage = Stage::with(&WorldSpec::small(end()), |options| {
        options.credentials = vec![Credential::workspace_access_token(TOKEN).with_scopes(&scopes)];
    })
    .await;
    let components = description["components"].clone();
    let schemas = components["schemas"].as_object().unwrap().clone();
    let mut checker = Checker {
        components,
        validators: BTreeMap::new(),
        used: BTreeSet::new(),
        surprises: BTreeMap::new(),
    };
    {
        let mut world = stage.emulator.world();
        let slug = world.repositories()[0].slug.clone();
        let events = ["pullrequest:created", "repo:push"];
        world.subscribe("https://example.com/hook", Some("s"), &events);
        world
            .subscribe_to(&slug, "https://example.com/hook", None, &events)
            .unwrap();
    }
    let mut paths = Vec::new();
    for repository in stage.emulator.world().repositories() {
        for (path, schema) in ANSWERS {
            let path = path.replace("{repo}", &stage.repo(&repository.slug, ""));
            if path.contains("{uuid}") {
                for uuid in repository.pipeline_uuids() {
                    let uuid = uuid.replace('{', "%7B").replace('}', "%7D");
                    paths.push((path.replace("{uuid}", &uuid), schema));
                }
            } else if path.contains("{id}") {
                for pull in repository.pull_requests() {
                    paths.push((path.replace("{id}", &pull.number.to_string()), schema));
                }
            } else {
                paths.push((path, schema));
            }
        }
    }
    for (path, schema) in paths {
        let reply = stage.get(&path).await;
        // Not every pull request has a size, or commits that are still there.
        if reply.status != 200 && (path.ends_with("/diffstat") || path.ends_with("/commits")) {
            assert!([400, 404, 555].contains(&reply.status), "{path}");
            continue;
        }
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        let answer = reply.json();
        checker.check(schema, &answer, &path);
        let mut found = Vec::new();
        objects(&answer, &mut found);
        for object in found {
            if let Some(schema) = typed(object, &schemas) {
                checker.check(&schema, object, &path);
            }
        }
    }
    for (path, schema) in [
        ("/repositories/acme-rockets/nothing", "error"),
        ("/repositories", "error"),
    ] {
        checker.check(schema, &stage.get(path).await.json(), path);
    }
    assert!(checker.surprises.is_empty(), "{:#?}", checker.surprises);
    for (index, (end, rule, why)) in DEVIATIONS.iter().enumerate() {
        assert!(
            checker.used.contains(&index),
            "{end} ({rule}) no longer deviates: {why}"
        );
    }
}
