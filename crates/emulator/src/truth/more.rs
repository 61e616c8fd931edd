//! Rows of what is read beside pull requests: commits, sizes, steps, environments, deployments.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::sorted;
use crate::world::{Commit, ENVIRONMENTS, PullRequest, Repository, Size, World, short};

impl World {
    /// The tables that [`World::truth`] leaves out, in the same way: commits, the commits and sizes
    /// of pull requests, pipeline steps, environments and deployments.
    ///
    /// `deleted_repositories` has the UUIDs of those that were deleted or went to another
    /// workspace. Their rows stay in both truths: whoever imported them before keeps them.
    pub fn truth_of_more(&self) -> Value {
        let (mut commits, mut pull_commits, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut steps, mut environments, mut deployments) = (Vec::new(), Vec::new(), Vec::new());
        for repository in &self.repositories {
            commits.extend(self.commit_rows(repository));
            for pull in &repository.pulls {
                pull_commits.extend(self.pull_commit_rows(repository, pull));
                sizes.push(self.size_row(repository, pull));
            }
            steps.extend(self.step_rows(repository));
            environments.extend(environment_rows(repository));
            deployments.extend(self.deployment_rows(repository));
        }
        let gone: Vec<&str> = self
            .repositories
            .iter()
            .filter(|repository| repository.away.is_some())
            .map(|repository| repository.uuid.as_str())
            .collect();
        let tables = [
            ("bitbucket_commits", commits),
            ("bitbucket_pull_commits", pull_commits),
            ("bitbucket_pull_sizes", sizes),
            ("bitbucket_pipeline_steps", steps),
            ("bitbucket_environments", environments),
            ("bitbucket_deployments", deployments),
        ];
        let mut truth: Map<String, Value> = tables
            .into_iter()
            .map(|(name, rows)| (name.to_owned(), sorted(rows)))
            .collect();
        truth.insert("deleted_repositories".to_owned(), json!(gone));
        Value::Object(truth)
    }

    fn commit_rows(&self, repository: &Repository) -> Vec<Value> {
        let mut rows = BTreeMap::new();
        for place in self.main_history(repository) {
            if let Some(commit) = self.commit(repository, place) {
                rows.insert(
                    commit.hash.clone(),
                    self.commit_row(repository, &commit, Some(true)),
                );
            }
        }
        for pull in repository
            .pulls
            .iter()
            .filter(|pull| !Self::commits_are_gone(pull))
        {
            for place in self.places_of(repository, pull) {
                if let Some(commit) = self.commit(repository, &place) {
                    let row = self.commit_row(repository, &commit, None);
                    rows.entry(commit.hash).or_insert(row);
                }
            }
        }
        rows.into_values().collect()
    }

    fn commit_row(&self, repository: &Repository, commit: &Commit, on_main: Option<bool>) -> Value {
        json!({
            "repository": repository.uuid,
            "sha": commit.hash,
            "sha12": short(&commit.hash),
            "user": self.user_key(commit.user),
            "author_name": commit.name,
            "author_email": commit.email,
            "committed_at": commit.at,
            "message": commit.message.lines().next(),
            "parent_count": commit.parents.len(),
            "default_branch": on_main,
        })
    }

    fn pull_commit_rows(&self, repository: &Repository, pull: &PullRequest) -> Vec<Value> {
        if Self::commits_are_gone(pull) {
            return Vec::new();
        }
        self.pull_commits(repository, pull)
            .into_iter()
            .map(|(sha, _)| {
                json!({ "repository": repository.uuid, "number": pull.number, "sha": sha })
            })
            .collect()
    }

    fn size_row(&self, repository: &Repository, pull: &PullRequest) -> Value {
        let (mut files, mut additions, mut deletions, mut problem) = (None, None, None, None);
        match self.size(repository, pull) {
            Size::Files(changed) => {
                files = Some(changed.len());
                additions = Some(changed.iter().map(|file| file.added).sum::<u64>());
                deletions = Some(changed.iter().map(|file| file.removed).sum::<u64>());
            }
            Size::NoCommonAncestor => problem = Some("no common ancestor"),
            Size::Timeout => problem = Some("timeout"),
            Size::NotFound => problem = Some("not found"),
        }
        json!({
            "repository": repository.uuid,
            "number": pull.number,
            "source_commit_sha": pull.standing.source_commit.as_deref().map(short),
            "files": files,
            "additions": additions,
            "deletions": deletions,
            "size": additions.zip(deletions).map(|(added, removed)| added + removed),
            "problem": problem,
        })
    }

    fn step_rows(&self, repository: &Repository) -> Vec<Value> {
        let mut rows = Vec::new();
        for pipeline in &repository.pipelines {
            for step in self.steps(repository, pipeline) {
                let trigger = if step.manual { "manual" } else { "automatic" };
                rows.push(json!({
                    "source_id": step.uuid,
                    "pipeline": pipeline.uuid,
                    "name": step.name,
                    "run_number": pipeline.run_number,
                    "state": step.state,
                    "result": step.result,
                    "started_at": step.started_on,
                    "completed_at": step.completed_on,
                    "duration": step.duration_in_seconds,
                    "build_seconds_used": step.build_seconds_used,
                    "max_time": step.max_time,
                    "trigger_type": format!("pipeline_step_trigger_{trigger}"),
                }));
            }
        }
        rows
    }

    fn deployment_rows(&self, repository: &Repository) -> Vec<Value> {
        self.deployments(repository)
            .iter()
            .map(|deployment| {
                let pipeline = deployment.pipeline;
                json!({
                    "source_id": deployment.uuid,
                    "repository": repository.uuid,
                    "environment": repository.environment_uuid(deployment.environment),
                    "pipeline": pipeline.uuid,
                    "step": deployment.step,
                    "user": self.user_key(deployment.user),
                    "state": deployment.state,
                    "result": deployment.result,
                    "release_name": format!("#{}", pipeline.build_number),
                    "commit_sha": pipeline.commit,
                    "created_at": pipeline.created_on,
                    "started_at": deployment.started_on,
                    "completed_at": deployment.completed_on,
                    "updated_at": deployment.updated_on(),
                })
            })
            .collect()
    }
}

fn environment_rows(repository: &Repository) -> Vec<Value> {
    repository
        .environments()
        .into_iter()
        .filter_map(|index| {
            let kind = ENVIRONMENTS.get(index)?;
            Some(json!({
                "source_id": repository.environment_uuid(index),
                "repository": repository.uuid,
                "name": kind.name,
                "slug": kind.slug,
                "environment_type": kind.kind,
                "rank": kind.rank,
                "hidden": kind.hidden,
            }))
        })
        .collect()
}
