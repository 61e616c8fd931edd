//! What befalls whole repositories.

use serde_json::json;

use super::super::repository::{Away, Repository, RepositoryId, Shut};
use super::{Outcome, World, WorldError};
use crate::access::Credential;

impl World {
    /// Makes an empty repository of this slug, outside all projects.
    pub fn create_repository(&mut self, slug: &str) {
        let (uuid, now) = (self.dice.uuid(), self.clock.now());
        let id = RepositoryId(u32::try_from(self.repositories.len()).unwrap_or(u32::MAX));
        self.repositories
            .push(Repository::empty(id, uuid, slug, now));
        self.tell_repository("repo:created", id, None);
    }

    /// Deletes a repository: it is no longer listed, and everything below it is 404.
    pub fn delete_repository(&mut self, repository: &str) -> Outcome<()> {
        self.befalls(repository, "repo:deleted", Some(Away::Deleted))
    }

    /// Moves a repository to another workspace: here it is as if deleted.
    pub fn transfer_repository(&mut self, repository: &str) -> Outcome<()> {
        self.befalls(repository, "repo:transfer", Some(Away::Transferred))
    }

    /// Brings a deleted or transferred repository back, as it was.
    pub fn restore_repository(&mut self, repository: &str) -> Outcome<()> {
        let id = self.repository_id(repository)?;
        let event = match self.repository_mut(id, repository)?.away {
            Some(Away::Transferred) => "repo:transfer",
            _ => "repo:created",
        };
        self.befalls(repository, event, None)
    }

    fn befalls(&mut self, repository: &str, event: &str, away: Option<Away>) -> Outcome<()> {
        let id = self.repository_id(repository)?;
        self.repository_mut(id, repository)?.away = away;
        self.tell_repository(event, id, None);
        Ok(())
    }

    /// Renames a repository: the old slug is 404 from now on, the UUID stays.
    pub fn rename_repository(&mut self, repository: &str, new_slug: &str) -> Outcome<()> {
        let now = self.clock.now();
        let id = self.repository_id(repository)?;
        let workspace = self.workspace.slug.clone();
        let found = self.repository_mut(id, repository)?;
        let (slug, name) = (found.slug.clone(), found.name.clone());
        new_slug.clone_into(&mut found.slug);
        new_slug.clone_into(&mut found.name);
        found.updated_on = found.updated_on.max(now);
        let full = |slug: &str| format!("{workspace}/{slug}");
        let changes = json!({
            "name": { "old": name, "new": new_slug },
            "full_name": { "old": full(&slug), "new": full(new_slug) },
        });
        self.tell_repository("repo:updated", id, Some(changes));
        Ok(())
    }

    /// Gives a project, named by its key, another name.
    pub fn rename_project(&mut self, key: &str, name: &str) -> Outcome<()> {
        let place = self.projects.iter().position(|project| project.key == key);
        let unknown = || WorldError::UnknownProject(key.to_owned());
        let place = place.ok_or_else(unknown)?;
        let project = self.projects.get_mut(place).ok_or_else(unknown)?;
        let old = std::mem::replace(&mut project.name, name.to_owned());
        let changes = json!({ "name": { "old": old, "new": name } });
        self.tell_project(place, &changes);
        Ok(())
    }

    /// Takes a repository out of the sight of one credential: not listed, and 404 below it.
    pub fn hide_repository_from(
        &mut self,
        repository: &str,
        credential: &Credential,
    ) -> Outcome<()> {
        let name = credential.allowance().to_owned();
        self.with_repository(repository, |found| found.hidden_from.push(name))
    }

    /// Shows a repository again to a credential that it was hidden from.
    pub fn show_repository_to(&mut self, repository: &str, credential: &Credential) -> Outcome<()> {
        let name = credential.allowance();
        self.with_repository(repository, |found| {
            found.hidden_from.retain(|hidden| hidden != name);
        })
    }

    /// Switches Pipelines off in a repository: its pipelines, steps, environments and deployments
    /// are 404. The truth keeps what there was.
    pub fn switch_off_pipelines(&mut self, repository: &str) -> Outcome<()> {
        self.with_repository(repository, |found| found.pipelines_off = true)
    }

    /// Switches Pipelines on again.
    pub fn switch_on_pipelines(&mut self, repository: &str) -> Outcome<()> {
        self.with_repository(repository, |found| found.pipelines_off = false)
    }

    /// Switches deployments off in a repository: its environments and deployments are 404, its
    /// pipelines are as they were.
    pub fn switch_off_deployments(&mut self, repository: &str) -> Outcome<()> {
        self.with_repository(repository, |found| found.deployments_off = true)
    }

    /// Switches deployments on again.
    pub fn switch_on_deployments(&mut self, repository: &str) -> Outcome<()> {
        self.with_repository(repository, |found| found.deployments_off = false)
    }

    /// Shuts a repository: it is listed as before, but its own address and everything below it is
    /// refused.
    pub fn shut_repository(&mut self, repository: &str, how: Shut) -> Outcome<()> {
        self.with_repository(repository, |found| found.shut = Some(how))
    }

    /// Opens a repository that was shut.
    pub fn reopen_repository(&mut self, repository: &str) -> Outcome<()> {
        self.with_repository(repository, |found| found.shut = None)
    }

    fn with_repository(
        &mut self,
        key: &str,
        change: impl FnOnce(&mut crate::Repository),
    ) -> Outcome<()> {
        let id = self.repository_id(key)?;
        change(self.repository_mut(id, key)?);
        Ok(())
    }
}
