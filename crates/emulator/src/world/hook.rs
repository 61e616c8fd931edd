//! Webhook subscriptions.

use model::Instant;

use super::repository::{Repository, RepositoryId};
use super::{World, WorldError};

/// A subscription of one address to events of the workspace or of one repository.
#[derive(Debug, Clone)]
pub struct Hook {
    /// UUID in braces; deliveries name it without them.
    pub uuid: String,
    /// None for the whole workspace.
    pub(crate) repository: Option<RepositoryId>,
    /// Where deliveries go.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Whether anything is delivered.
    pub active: bool,
    /// What deliveries are signed with.
    pub secret: Option<String>,
    /// The keys of its events.
    pub events: Vec<String>,
    pub(crate) skip_cert_verification: bool,
    pub(crate) created_at: Instant,
}

/// What is to be changed of a subscription. None leaves as it is.
#[derive(Debug, Default)]
pub(crate) struct HookChange {
    pub(crate) url: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) active: Option<bool>,
    /// Some(None) takes the secret away.
    pub(crate) secret: Option<Option<String>>,
    pub(crate) events: Option<Vec<String>>,
    pub(crate) skip_cert_verification: Option<bool>,
}

impl Hook {
    /// Whether it wants to hear of this event in this repository.
    pub(crate) fn wants(&self, event: &str, repository: Option<RepositoryId>) -> bool {
        self.active
            && self.events.iter().any(|key| key == event)
            && (self.repository.is_none() || self.repository == repository)
    }

    fn apply(&mut self, change: HookChange) {
        let HookChange {
            url,
            description,
            active,
            secret,
            events,
            skip_cert_verification,
        } = change;
        self.url = url.unwrap_or_else(|| std::mem::take(&mut self.url));
        self.description = description.unwrap_or_else(|| std::mem::take(&mut self.description));
        self.active = active.unwrap_or(self.active);
        self.secret = secret.unwrap_or_else(|| self.secret.take());
        self.events = events.unwrap_or_else(|| std::mem::take(&mut self.events));
        self.skip_cert_verification = skip_cert_verification.unwrap_or(self.skip_cert_verification);
    }
}

impl World {
    /// Every subscription.
    pub fn hooks(&self) -> &[Hook] {
        &self.hooks
    }

    /// Subscribes an address to events of the whole workspace, as a person would do by hand;
    /// returns the subscription's UUID.
    pub fn subscribe(&mut self, url: &str, secret: Option<&str>, events: &[&str]) -> String {
        self.add_hook(None, described(url, secret, events))
    }

    /// Subscribes an address to events of one repository; returns the subscription's UUID.
    pub fn subscribe_to(
        &mut self,
        repository: &str,
        url: &str,
        secret: Option<&str>,
        events: &[&str],
    ) -> Result<String, WorldError> {
        let unknown = || WorldError::UnknownRepository(repository.to_owned());
        let id = self.repository(repository).ok_or_else(unknown)?.id;
        Ok(self.add_hook(Some(id), described(url, secret, events)))
    }

    pub(crate) fn add_hook(
        &mut self,
        repository: Option<RepositoryId>,
        change: HookChange,
    ) -> String {
        let uuid = self.dice.uuid();
        let mut hook = Hook {
            uuid: uuid.clone(),
            repository,
            url: String::new(),
            description: String::new(),
            active: true,
            secret: None,
            events: Vec::new(),
            skip_cert_verification: false,
            created_at: self.clock.now(),
        };
        hook.apply(change);
        self.hooks.push(hook);
        uuid
    }

    pub(crate) fn change_hook(&mut self, uuid: &str, change: HookChange) {
        if let Some(hook) = self.hooks.iter_mut().find(|hook| hook.uuid == uuid) {
            hook.apply(change);
        }
    }

    pub(crate) fn remove_hook(&mut self, uuid: &str) {
        self.hooks.retain(|hook| hook.uuid != uuid);
    }

    /// The subscription of this UUID, with or without braces, at this subject.
    pub(crate) fn hook(&self, repository: Option<&Repository>, uuid: &str) -> Option<&Hook> {
        let bare = |uuid: &str| uuid.trim_matches(['{', '}']).to_lowercase();
        self.hooks_at(repository)
            .find(|hook| bare(&hook.uuid) == bare(uuid))
    }

    /// The subscriptions of the workspace itself, or of one repository.
    pub(crate) fn hooks_at(&self, repository: Option<&Repository>) -> impl Iterator<Item = &Hook> {
        let id = repository.map(|repository| repository.id);
        self.hooks.iter().filter(move |hook| hook.repository == id)
    }
}

fn described(url: &str, secret: Option<&str>, events: &[&str]) -> HookChange {
    HookChange {
        url: Some(url.to_owned()),
        secret: Some(secret.map(str::to_owned)),
        events: Some(events.iter().map(|key| (*key).to_owned()).collect()),
        ..HookChange::default()
    }
}
