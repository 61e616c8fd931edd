//! Steps, environments and deployments.

use serde_json::Value;

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::paging;
use crate::world::{Pipeline, Repository};

/// What a list of deployments leaves out unless `fields` names it.
const HIDDEN_IN_DEPLOYMENTS: [&str; 10] = [
    "values.environment.name",
    "values.environment.slug",
    "values.environment.rank",
    "values.environment.hidden",
    "values.environment.category",
    "values.environment.environment_type",
    "values.environment.lock",
    "values.environment.restrictions",
    "values.environment.environment_lock_enabled",
    "values.environment.deployment_gate_enabled",
];

impl Call<'_> {
    /// The repository of the path, if Pipelines is switched on there.
    pub(super) fn find_built_repository(&self) -> Result<&Repository, Answer> {
        let repository = self.find_repository()?;
        if repository.pipelines_off {
            return Err(Answer::not_found());
        }
        Ok(repository)
    }

    /// The repository of the path, if Pipelines and deployments are switched on there.
    fn find_deployed_repository(&self) -> Result<&Repository, Answer> {
        let repository = self.find_built_repository()?;
        if repository.deployments_off {
            return Err(Answer::not_found());
        }
        Ok(repository)
    }

    /// Refuses an address without its slash.
    pub(super) fn check_slash(&self) -> Result<(), Answer> {
        if self.world().quirks.unslashed_pipelines_404 && !self.request.trailing_slash {
            return Err(Answer::not_found());
        }
        Ok(())
    }

    pub(super) fn find_pipeline(&self) -> Result<(&Repository, &Pipeline), Answer> {
        let repository = self.find_built_repository()?;
        let uuid = self.request.segment(4);
        repository
            .pipelines
            .iter()
            .find(|pipeline| pipeline.uuid == uuid)
            .map(|pipeline| (repository, pipeline))
            .ok_or_else(|| Answer::error(404, format!("Pipeline {uuid} not found")))
    }

    /// Here there is no `size`.
    pub(super) fn steps(&self) -> Outcome {
        self.check_slash()?;
        let (repository, pipeline) = self.find_pipeline()?;
        let steps = self.world().steps(repository, pipeline);
        let mut page = paging::numbered(self.request, &steps, 100, |step| {
            self.scene.step(pipeline, step)
        })?;
        if let Value::Object(members) = &mut page {
            members.remove("size");
        }
        self.shown(&page, &[])
    }

    pub(super) fn environments(&self) -> Outcome {
        self.check_slash()?;
        let repository = self.find_deployed_repository()?;
        let all = repository.environments();
        let page = paging::numbered(self.request, &all, 100, |index| {
            self.scene.environment(repository, *index)
        })?;
        self.shown(&page, &[])
    }

    /// `q` does nothing, and sorting is refused.
    pub(super) fn deployments(&self) -> Outcome {
        self.check_slash()?;
        let repository = self.find_deployed_repository()?;
        if self.request.parameter("sort").is_some() {
            return Err(Answer::error(400, "Invalid sort attribute"));
        }
        let mut all = self.world().deployments(repository);
        if self.world().quirks.shuffle_default_order {
            all.sort_by(|one, two| one.uuid.cmp(&two.uuid));
        }
        let page = paging::numbered(self.request, &all, 100, |deployment| {
            self.scene.deployment(repository, deployment)
        })?;
        self.shown(&page, &HIDDEN_IN_DEPLOYMENTS)
    }
}
