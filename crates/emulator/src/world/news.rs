//! What the world tells to those who subscribed, right after it happened.

mod pulls;

use axum::body::Bytes;
use model::Instant;
use serde_json::Value;

use super::World;
use super::account::AccountId;
use super::repository::RepositoryId;
use crate::delivery::{Delivery, Notice};
use crate::shape::Scene;

pub(super) use pulls::Before;

/// A change of one branch.
#[derive(Debug)]
pub(crate) struct Push {
    pub(crate) branch: String,
    /// None where the branch is new.
    pub(crate) old: Option<String>,
    /// None where the branch is gone.
    pub(crate) new: Option<String>,
    pub(crate) forced: bool,
    /// Newest first.
    pub(crate) commits: Vec<String>,
    pub(crate) by: Option<AccountId>,
    pub(crate) at: Instant,
}

impl World {
    /// Whether there is anybody to tell.
    pub(super) fn is_heard(&self) -> bool {
        self.hooks.iter().any(|hook| hook.active)
    }

    /// Tells every subscription that wants to hear of it.
    pub(super) fn tell(
        &mut self,
        event: &str,
        repository: Option<RepositoryId>,
        at: Instant,
        body: impl FnOnce(&Scene<'_>) -> Option<Value>,
    ) {
        let wanting: Vec<usize> = (0..)
            .zip(&self.hooks)
            .filter(|(_, hook)| hook.wants(event, repository))
            .map(|(place, _)| place)
            .collect();
        if wanting.is_empty() {
            return;
        }
        let scene = Scene {
            world: self,
            origin: &self.origin,
        };
        let Some(body) = body(&scene) else {
            return;
        };
        let body = Bytes::from(body.to_string());
        for place in wanting {
            let request_uuid = self.dice.uuid();
            if let Some(hook) = self.hooks.get(place) {
                self.outbox.add(Delivery::of(Notice {
                    url: &hook.url,
                    event,
                    at,
                    hook_uuid: &hook.uuid,
                    request_uuid: &request_uuid,
                    secret: hook.secret.as_deref(),
                    body: body.clone(),
                }));
            }
        }
    }

    pub(super) fn tell_push(&mut self, id: RepositoryId, push: Push) {
        self.tell("repo:push", Some(id), push.at, |scene| {
            let repository = scene.world.repository_by_id(Some(id))?;
            Some(scene.push_event(repository, &push))
        });
    }

    /// Tells how a pipeline stands, as its commit shows it.
    pub(super) fn tell_status(&mut self, event: &str, id: RepositoryId, uuid: &str) {
        let at = self.clock.now();
        self.tell(event, Some(id), at, |scene| {
            let repository = scene.world.repository_by_id(Some(id))?;
            let mut pipelines = repository.pipelines.iter();
            let pipeline = pipelines.find(|pipeline| pipeline.uuid == uuid)?;
            let status = scene.world.status(repository, pipeline);
            Some(scene.status_event(repository, &status))
        });
    }

    /// Tells what befell a repository. It was somebody who administers the workspace.
    pub(super) fn tell_repository(
        &mut self,
        event: &str,
        id: RepositoryId,
        changes: Option<Value>,
    ) {
        let at = self.clock.now();
        let actor = self.administrator();
        self.tell(event, Some(id), at, |scene| {
            let repository = scene.world.repository_by_id(Some(id))?;
            Some(scene.repository_event(repository, actor, changes))
        });
    }

    pub(super) fn tell_project(&mut self, index: usize, changes: &Value) {
        let at = self.clock.now();
        let actor = self.administrator();
        self.tell("project:updated", None, at, |scene| {
            let project = scene.world.projects.get(index)?;
            Some(scene.project_event(project, actor, changes))
        });
    }

    /// The first of the members.
    fn administrator(&self) -> Option<AccountId> {
        let place = self.accounts.iter().position(|account| account.member)?;
        u32::try_from(place).ok().map(AccountId)
    }
}
