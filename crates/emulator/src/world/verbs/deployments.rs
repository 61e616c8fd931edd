//! Deploying by hand.

use super::super::deployment::{Deployed, ENVIRONMENTS};
use super::super::pipeline::PipelineResult;
use super::{Outcome, World, WorldError};

impl World {
    /// Begins to deploy what a pipeline built to an environment, by its name, slug or UUID;
    /// returns the deployment's UUID.
    pub fn deploy(
        &mut self,
        repository: &str,
        environment: &str,
        pipeline: &str,
        user: &str,
    ) -> Outcome<String> {
        let user = self.account_id(user)?;
        let id = self.repository_id(repository)?;
        let (started_on, uuid) = (self.clock.now(), self.dice.uuid());
        let found = self.repository_mut(id, repository)?;
        let unknown = |what: &str| (repository.to_owned(), what.to_owned());
        if !found.pipelines.iter().any(|one| one.uuid == pipeline) {
            let (repository, what) = unknown(pipeline);
            return Err(WorldError::UnknownPipeline(repository, what));
        }
        let place = found.environments().into_iter().find(|index| {
            found.environment_uuid(*index) == environment
                || ENVIRONMENTS
                    .get(*index)
                    .is_some_and(|kind| kind.name == environment || kind.slug == environment)
        });
        let Some(place) = place else {
            let (repository, what) = unknown(environment);
            return Err(WorldError::UnknownEnvironment(repository, what));
        };
        found.deployed.push(Deployed {
            uuid: uuid.clone(),
            environment: place,
            pipeline: pipeline.to_owned(),
            user,
            started_on,
            completed: None,
        });
        Ok(uuid)
    }

    /// Ends a deployment that was begun by [`World::deploy`].
    pub fn finish_deployment(
        &mut self,
        repository: &str,
        uuid: &str,
        result: PipelineResult,
    ) -> Outcome<()> {
        let now = self.clock.now();
        let id = self.repository_id(repository)?;
        let found = self.repository_mut(id, repository)?;
        let deployed = found.deployed.iter_mut().find(|one| one.uuid == uuid);
        let deployed = deployed
            .ok_or_else(|| WorldError::UnknownDeployment(repository.to_owned(), uuid.to_owned()))?;
        deployed.completed = Some((now, result));
        Ok(())
    }
}
