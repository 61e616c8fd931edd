//! Build statuses of commits.

use model::Instant;

use super::World;
use super::derived::Derived;
use super::pipeline::{Pipeline, PipelineResult, PipelineState, Target};
use super::pull_request::PullRequest;
use super::repository::Repository;
use crate::shape::SITE;

/// What a build says about a commit.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub(crate) key: String,
    pub(crate) name: String,
    /// SUCCESSFUL, FAILED, INPROGRESS or STOPPED.
    pub(crate) state: &'static str,
    pub(crate) refname: Option<String>,
    pub(crate) url: String,
    /// Forty characters.
    pub(crate) commit: String,
    pub(crate) created_on: Instant,
    pub(crate) updated_on: Instant,
}

impl World {
    /// The statuses of a commit, oldest first. Each pipeline makes one.
    pub(crate) fn statuses(&self, repository: &Repository, commit: &str) -> Vec<Status> {
        let pipelines = repository.pipelines.iter();
        pipelines
            .filter(|pipeline| pipeline.commit == commit)
            .map(|pipeline| self.status(repository, pipeline))
            .collect()
    }

    /// The statuses of the commit that a pull request ends with.
    pub(crate) fn statuses_of_pull(
        &self,
        repository: &Repository,
        pull: &PullRequest,
    ) -> Vec<Status> {
        let commit = pull.standing.source_commit.as_deref();
        commit.map_or_else(Vec::new, |commit| self.statuses(repository, commit))
    }

    /// What a pipeline says about its commit.
    pub(crate) fn status(&self, repository: &Repository, pipeline: &Pipeline) -> Status {
        let refname = match &pipeline.target {
            Target::Ref { ref_name, .. } => Some(ref_name.clone()),
            Target::PullRequest(number) => repository
                .pull_request(*number)
                .and_then(|pull| pull.opened.source.branch.as_deref())
                .map(str::to_owned),
            Target::Commit => None,
        };
        let number = pipeline.build_number;
        let on = refname.as_deref().map(|name| format!(" for {name}"));
        let full_name = self.full_name(repository);
        // Told a moment after the pipeline's own dates.
        let after = |at: Instant| {
            let mut derived = Derived::of(&pipeline.uuid, "status", 0);
            Instant::from_micros(at.micros() + derived.seconds(200_000, 900_000))
        };
        let created_on = after(pipeline.created_on);
        Status {
            key: (Derived::of(&pipeline.uuid, "key", 0).below(9_000_000) + 1_000_000).to_string(),
            name: format!("Pipeline #{number}{}", on.unwrap_or_default()),
            state: state(pipeline.state),
            refname,
            url: format!("{SITE}/{full_name}/pipelines/results/{number}"),
            commit: pipeline.commit.clone(),
            created_on,
            updated_on: pipeline.completed_on.map_or(created_on, after),
        }
    }
}

fn state(state: PipelineState) -> &'static str {
    match state {
        PipelineState::Pending | PipelineState::InProgress(_) => "INPROGRESS",
        PipelineState::Completed(PipelineResult::Successful) => "SUCCESSFUL",
        PipelineState::Completed(PipelineResult::Failed | PipelineResult::Error) => "FAILED",
        PipelineState::Completed(PipelineResult::Stopped | PipelineResult::Expired) => "STOPPED",
    }
}
