//! Starting and finishing pipelines.

use super::super::pipeline::{Pipeline, PipelineResult, PipelineState, Selector, Target};
use super::{Outcome, World, WorldError};

impl World {
    /// Starts a pipeline on the main branch; returns its UUID.
    pub fn start_pipeline(&mut self, repository: &str, user: &str) -> Outcome<String> {
        let creator = self.account_id(user)?;
        let id = self.repository_id(repository)?;
        let created_on = self.clock.now();
        let (uuid, unborn) = (self.dice.uuid(), self.dice.hex(40));
        let head = self
            .repository(repository)
            .and_then(|found| self.head(found));
        let commit = head.unwrap_or(unborn);
        let found = self.repository_mut(id, repository)?;
        let branch = found
            .main_branch
            .clone()
            .unwrap_or_else(|| "main".to_owned());
        found.pipelines.push(Pipeline {
            uuid: uuid.clone(),
            build_number: found.pipelines.len() as u64 + 1,
            run_number: 1,
            creator: Some(creator),
            created_on,
            completed_on: None,
            state: PipelineState::InProgress("RUNNING"),
            duration_in_seconds: 0,
            build_seconds_used: 0,
            target: Target::Ref {
                ref_type: "branch",
                ref_name: branch,
            },
            selector: Some(Selector {
                kind: "default",
                pattern: None,
            }),
            commit,
            trigger: "PUSH",
        });
        self.tell_status("repo:commit_status_created", id, &uuid);
        Ok(uuid)
    }

    /// Ends a pipeline with a result.
    pub fn finish_pipeline(
        &mut self,
        repository: &str,
        uuid: &str,
        result: PipelineResult,
    ) -> Outcome<()> {
        let now = self.clock.now();
        let id = self.repository_id(repository)?;
        let found = self.repository_mut(id, repository)?;
        let pipeline = found
            .pipelines
            .iter_mut()
            .find(|pipeline| pipeline.uuid == uuid)
            .ok_or_else(|| WorldError::UnknownPipeline(repository.to_owned(), uuid.to_owned()))?;
        let seconds = u64::try_from(now.seconds_since(pipeline.created_on)).unwrap_or(0);
        pipeline.completed_on = Some(now);
        pipeline.state = PipelineState::Completed(result);
        pipeline.duration_in_seconds = seconds;
        pipeline.build_seconds_used = seconds;
        self.tell_status("repo:commit_status_updated", id, uuid);
        Ok(())
    }
}
