//! Making, changing and deleting webhook subscriptions.

use std::net::IpAddr;

use serde_json::{Map, Value, json};
use url::{Host, Url};

use super::super::Call;
use crate::answer::{Answer, Content, Outcome};
use crate::event;
use crate::shape::Scene;
use crate::world::{HookChange, RepositoryId, World};

/// The longest secret.
const LONGEST_SECRET: usize = 128;

/// A change that is allowed and makes sense.
pub(in crate::endpoint) enum Plan {
    Create(Option<RepositoryId>, HookChange),
    Update(Option<RepositoryId>, String, HookChange),
    Delete(String),
}

/// Carries out a plan and answers.
pub(in crate::endpoint) fn apply(world: &mut World, origin: &str, plan: Plan) -> Outcome {
    let (repository, uuid, status) = match plan {
        Plan::Create(repository, change) => {
            let uuid = world.add_hook(repository, change);
            (repository, uuid, 201)
        }
        Plan::Update(repository, uuid, change) => {
            world.change_hook(&uuid, change);
            (repository, uuid, 200)
        }
        Plan::Delete(uuid) => {
            world.remove_hook(&uuid);
            return Ok(Answer {
                status: 204,
                body: Content::None,
                headers: Vec::new(),
            });
        }
    };
    let world = &*world;
    let repository = world.repository_by_id(repository);
    let hook = world
        .hook(repository, &uuid)
        .ok_or_else(Answer::not_found)?;
    let body = Scene { world, origin }.hook(repository, hook);
    let place = body.pointer("/links/self/href").and_then(Value::as_str);
    let location = ("location", place.unwrap_or_default().to_owned());
    let headers = if status == 201 {
        vec![location]
    } else {
        vec![]
    };
    Ok(Answer {
        status,
        body: Content::Json(body),
        headers,
    })
}

impl Call<'_> {
    /// What the request would change, without changing it yet.
    pub(in crate::endpoint) fn hook_plan(&self, single: bool) -> Result<Plan, Answer> {
        match (self.request.method.as_str(), single) {
            ("POST", false) => {
                let repository = self.hook_subject()?;
                let change = self.hook_change(repository.is_none())?;
                for (name, there) in [
                    ("url", change.url.is_some()),
                    ("events", change.events.is_some()),
                ] {
                    if !there {
                        return Err(invalid(name, "This field is required"));
                    }
                }
                Ok(Plan::Create(repository.map(|found| found.id), change))
            }
            ("PUT", true) => {
                let (repository, hook) = self.find_hook()?;
                let change = self.hook_change(repository.is_none())?;
                let id = repository.map(|found| found.id);
                Ok(Plan::Update(id, hook.uuid.clone(), change))
            }
            ("DELETE", true) => Ok(Plan::Delete(self.find_hook()?.1.uuid.clone())),
            _ => Err(Answer::error(405, "Method not allowed")),
        }
    }

    /// What the body says, if it makes sense and may be said.
    fn hook_change(&self, of_workspace: bool) -> Result<HookChange, Answer> {
        let body = serde_json::from_slice::<Value>(&self.request.body).ok();
        let Some(Value::Object(body)) = body else {
            return Err(Answer::error(400, "The request body is not a JSON object"));
        };
        let change = HookChange {
            url: text(&body, "url")?.flatten(),
            description: text(&body, "description")?.map(Option::unwrap_or_default),
            active: flag(&body, "active")?,
            // An empty secret is none.
            secret: text(&body, "secret")?.map(|secret| secret.filter(|text| !text.is_empty())),
            events: events(&body, of_workspace)?,
            skip_cert_verification: flag(&body, "skip_cert_verification")?,
        };
        if let Some(url) = &change.url {
            self.check_hook_url(url)?;
        }
        let secret = change.secret.iter().flatten();
        if secret
            .into_iter()
            .any(|secret| secret.chars().count() > LONGEST_SECRET)
        {
            return Err(invalid("secret", "At most 128 characters are allowed"));
        }
        if let (Some(credential), Some(events)) = (self.credential, &change.events) {
            credential.permit_all(&event::requirement(events))?;
        }
        Ok(change)
    }

    fn check_hook_url(&self, text: &str) -> Result<(), Answer> {
        let url = Url::parse(text).ok();
        let url = url.filter(|url| ["http", "https"].contains(&url.scheme()));
        let host = url.as_ref().and_then(Url::host);
        let Some(host) = host else {
            return Err(invalid("url", "Enter a valid URL"));
        };
        if self.world().quirks.internal_hook_urls_refused && is_internal(&host) {
            return Err(invalid(
                "url",
                "The URL must be reachable from the internet",
            ));
        }
        Ok(())
    }
}

/// Whether only this network knows the host.
fn is_internal(host: &Host<&str>) -> bool {
    let address = match host {
        Host::Domain(name) => {
            let endings = [".local", ".internal", ".localhost"];
            return !name.contains('.') || endings.iter().any(|end| name.ends_with(end));
        }
        Host::Ipv4(address) => IpAddr::V4(*address),
        Host::Ipv6(address) => IpAddr::V6(*address),
    };
    match address {
        IpAddr::V4(address) => {
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_unspecified()
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}

fn invalid(field: &str, why: &str) -> Answer {
    Answer::json(
        400,
        json!({ "type": "error", "error": {
            "message": "Bad request",
            "fields": { field: [why] },
        }}),
    )
}

/// A text, null, or nothing.
fn text(body: &Map<String, Value>, name: &str) -> Result<Option<Option<String>>, Answer> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) => Ok(Some(Some(text.clone()))),
        Some(_) => Err(invalid(name, "Not a valid string")),
    }
}

fn flag(body: &Map<String, Value>, name: &str) -> Result<Option<bool>, Answer> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(_) => Err(invalid(name, "Not a valid boolean")),
    }
}

fn events(body: &Map<String, Value>, of_workspace: bool) -> Result<Option<Vec<String>>, Answer> {
    let Some(events) = body.get("events") else {
        return Ok(None);
    };
    let offered = event::of_subject(of_workspace);
    let mut keys: Vec<String> = Vec::new();
    for key in events.as_array().into_iter().flatten() {
        let known = offered.iter().find(|event| Some(event.key) == key.as_str());
        match known {
            Some(event) if keys.iter().any(|key| key == event.key) => {
                return Err(invalid("events", "An event is named twice"));
            }
            Some(event) => keys.push(event.key.to_owned()),
            None => return Err(invalid("events", &format!("Unknown event: {key}"))),
        }
    }
    if keys.is_empty() {
        return Err(invalid("events", "At least one event must be named"));
    }
    Ok(Some(keys))
}
