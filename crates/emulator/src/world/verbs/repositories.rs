//! What befalls whole repositories.

use super::super::repository::{Away, Shut};
use super::{Outcome, World};
use crate::access::Credential;

impl World {
    /// Deletes a repository: it is no longer listed, and everything below it is 404.
    pub fn delete_repository(&mut self, repository: &str) -> Outcome<()> {
        self.with_repository(repository, |found| found.away = Some(Away::Deleted))
    }

    /// Moves a repository to another workspace: here it is as if deleted.
    pub fn transfer_repository(&mut self, repository: &str) -> Outcome<()> {
        self.with_repository(repository, |found| found.away = Some(Away::Transferred))
    }

    /// Brings a deleted or transferred repository back, as it was.
    pub fn restore_repository(&mut self, repository: &str) -> Outcome<()> {
        self.with_repository(repository, |found| found.away = None)
    }

    /// Renames a repository: the old slug is 404 from now on, the UUID stays.
    pub fn rename_repository(&mut self, repository: &str, new_slug: &str) -> Outcome<()> {
        let now = self.clock.now();
        self.with_repository(repository, |found| {
            found.slug = new_slug.to_owned();
            found.name = new_slug.to_owned();
            found.updated_on = found.updated_on.max(now);
        })
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
