//! Webhook subscriptions: reading them, and what one may subscribe to.

mod change;

use serde_json::{Value, json};

use super::Call;
use crate::access::Credential;
use crate::answer::{Answer, Outcome};
use crate::event;
use crate::paging;
use crate::world::{Hook, Repository};

pub(super) use change::apply;

impl<'a> Call<'a> {
    /// What the path is about: one repository, or None for the workspace. Refuses who may not
    /// touch its subscriptions.
    fn hook_subject(&self) -> Result<Option<&'a Repository>, Answer> {
        let repository = match self.request.segment(0) {
            "repositories" => Some(self.find_repository()?),
            _ => {
                self.check_workspace()?;
                None
            }
        };
        let allowed = |credential: &Credential| {
            credential.administers() || (repository.is_some() && credential.is_bearer())
        };
        if self.credential.is_some_and(allowed) {
            Ok(repository)
        } else {
            Err(Answer::forbidden())
        }
    }

    fn find_hook(&self) -> Result<(Option<&'a Repository>, &'a Hook), Answer> {
        let repository = self.hook_subject()?;
        let uid = match repository {
            Some(_) => self.request.segment(4),
            None => self.request.segment(3),
        };
        let found = self.world().hook(repository, uid);
        // The service names the subject in its refusal, not the subscription.
        let subject = repository.map_or(&self.world().workspace.slug, |found| &found.slug);
        let refusal = || Answer::error(404, format!("{subject} is not a valid hook"));
        Ok((repository, found.ok_or_else(refusal)?))
    }

    pub(super) fn hooks(&self) -> Outcome {
        let repository = self.hook_subject()?;
        let found: Vec<&Hook> = self.world().hooks_at(repository).collect();
        let page = paging::numbered(self.request, &found, 100, |hook| {
            self.scene.hook(repository, hook)
        })?;
        self.shown(&page, &[])
    }

    pub(super) fn hook(&self) -> Outcome {
        let (repository, hook) = self.find_hook()?;
        self.shown(&self.scene.hook(repository, hook), &[])
    }

    /// The kinds of subject.
    pub(super) fn hook_subjects(&self) -> Outcome {
        let events = |kind: &str| {
            let href = format!("{}/2.0/hook_events/{kind}", self.request.origin);
            json!({ "links": { "events": { "href": href } } })
        };
        let subjects =
            json!({ "repository": events("repository"), "workspace": events("workspace") });
        self.shown(&subjects, &[])
    }

    /// The events of one kind of subject.
    pub(super) fn hook_events(&self) -> Outcome {
        let of_workspaces = match self.request.segment(1) {
            "workspace" => true,
            "repository" => false,
            other => return Err(Answer::error(404, format!("No subject type {other}"))),
        };
        let events = event::of_subject(of_workspaces);
        let page = paging::numbered_by(self.request, &events, 30, 100, |event| -> Value {
            json!({
                "event": event.key,
                "category": event.category,
                "label": event.label,
                "description": event.description,
            })
        })?;
        self.shown(&page, &[])
    }
}
