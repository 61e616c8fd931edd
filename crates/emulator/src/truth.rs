//! What an import of the whole world has to give, table by table.

mod more;
mod people;
mod pulls;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::shape::SITE;
use crate::world::{AccountId, PullRequest, Repository, Target, World};

impl World {
    /// Every row that a complete import has, by table. Columns that refer to something hold its
    /// natural key: a UUID, a number or an id. Rows are sorted, so that two truths can be compared.
    pub fn truth(&self) -> Value {
        let mut tables = Map::new();
        let mut add = |name: &str, rows: Vec<Value>| {
            tables.insert(name.to_owned(), sorted(rows));
        };
        add(
            "bitbucket_workspaces",
            vec![json!({
                "source_id": self.workspace.uuid,
                "slug": self.workspace.slug,
                "name": self.workspace.name,
            })],
        );
        add("bitbucket_projects", self.project_rows());
        add("bitbucket_repositories", self.repository_rows());
        add("bitbucket_users", self.user_rows());
        add("bitbucket_pulls", self.each_pull(Self::pull_rows));
        add(
            "bitbucket_pull_reviewers",
            self.each_pull(Self::reviewer_rows),
        );
        add("bitbucket_pull_events", self.each_pull(Self::event_rows));
        add(
            "bitbucket_pull_comments",
            self.each_pull(Self::comment_rows),
        );
        add("bitbucket_pipelines", self.pipeline_rows());
        Value::Object(tables)
    }

    fn each_pull(&self, rows: fn(&Self, &Repository, &PullRequest) -> Vec<Value>) -> Vec<Value> {
        self.repositories
            .iter()
            .flat_map(|repository| repository.pulls.iter().map(move |pull| (repository, pull)))
            .flat_map(|(repository, pull)| rows(self, repository, pull))
            .collect()
    }

    /// The UUID of an account.
    fn user_key(&self, id: Option<AccountId>) -> Option<&str> {
        self.account(id).map(|account| account.uuid.as_str())
    }

    /// Projects are known from their repositories alone.
    fn project_rows(&self) -> Vec<Value> {
        let used: BTreeSet<usize> = self
            .repositories
            .iter()
            .filter_map(|repository| repository.project)
            .collect();
        used.into_iter()
            .filter_map(|index| self.projects.get(index))
            .map(|project| {
                json!({
                    "source_id": project.uuid,
                    "workspace": self.workspace.uuid,
                    "key": project.key,
                    "name": project.name,
                })
            })
            .collect()
    }

    fn repository_rows(&self) -> Vec<Value> {
        let row = |repository: &Repository| {
            let project = repository
                .project
                .and_then(|index| self.projects.get(index));
            let full_name = self.full_name(repository);
            json!({
                "source_id": repository.uuid,
                "workspace": self.workspace.uuid,
                "project": project.map(|project| &project.uuid),
                "name": repository.name,
                "slug": repository.slug,
                "full_name": full_name,
                "private": repository.private,
                "default_branch": repository.main_branch,
                "language": repository.language,
                "created_at": repository.created_on,
                "updated_at": repository.updated_on,
                "source_url": format!("{SITE}/{full_name}"),
                "parent": self.repository_by_id(repository.parent).map(|parent| &parent.uuid),
            })
        };
        self.repositories.iter().map(row).collect()
    }

    /// Members, and whoever is named by a pull request, an event, a comment, a pipeline, or by what
    /// a verb pushed or deployed: all other commits are of people named already.
    fn user_rows(&self) -> Vec<Value> {
        let mut named: BTreeSet<AccountId> = BTreeSet::new();
        for repository in &self.repositories {
            named.extend(
                repository
                    .pipelines
                    .iter()
                    .filter_map(|pipeline| pipeline.creator),
            );
            named.extend(self.pushers(repository));
            named.extend(repository.deployed.iter().map(|deployed| deployed.user));
            repository
                .pulls
                .iter()
                .for_each(|pull| named.extend(people_of(pull)));
        }
        (0_u32..)
            .map(AccountId)
            .zip(&self.accounts)
            .filter(|(id, account)| account.member || named.contains(id))
            .map(|(_, account)| {
                json!({
                    "source_id": account.uuid,
                    "account_id": account.account_id,
                    "name": account.display_name,
                    "nickname": account.nickname,
                    "account_type": account.kind.word(),
                    "active": account.member,
                })
            })
            .collect()
    }

    fn pipeline_rows(&self) -> Vec<Value> {
        let mut rows = Vec::new();
        for repository in &self.repositories {
            for pipeline in &repository.pipelines {
                let (mut ref_type, mut ref_name, mut pull_number) = (None, None, None);
                match &pipeline.target {
                    Target::Ref {
                        ref_type: kind,
                        ref_name: name,
                    } => {
                        (ref_type, ref_name) = (Some(*kind), Some(&**name));
                    }
                    Target::PullRequest(number) => {
                        let pull = repository.pull_request(*number);
                        ref_name = pull.and_then(|pull| pull.opened.source.branch.as_deref());
                        pull_number = Some(*number);
                    }
                    Target::Commit => {}
                }
                let selector = pipeline.selector.as_ref();
                rows.push(json!({
                    "source_id": pipeline.uuid,
                    "repository": repository.uuid,
                    "build_number": pipeline.build_number,
                    "run_number": pipeline.run_number,
                    "user": self.user_key(pipeline.creator),
                    "state": pipeline.state.word(),
                    "stage": pipeline.state.stage(),
                    "result": pipeline.state.result(),
                    "created_at": pipeline.created_on,
                    "completed_at": pipeline.completed_on,
                    "duration": pipeline.duration_in_seconds,
                    "build_seconds_used": pipeline.build_seconds_used,
                    "target_type": pipeline.target.word(),
                    "ref_type": ref_type,
                    "ref_name": ref_name,
                    "selector_type": selector.map(|selector| selector.kind),
                    "selector_pattern": selector.and_then(|selector| selector.pattern.as_ref()),
                    "commit_sha": pipeline.commit,
                    "pull_number": pull_number,
                    "trigger_type": format!("pipeline_trigger_{}", pipeline.trigger.to_lowercase()),
                }));
            }
        }
        rows
    }
}

/// Whoever a pull request, its entries and its comments name as having a part in it.
fn people_of(pull: &PullRequest) -> impl Iterator<Item = AccountId> + '_ {
    // Who edits or deletes a comment, or takes a verdict back, is told nowhere.
    let entries = pull.acts.iter().filter(|act| act.deed.entry().is_some());
    let resolvers = pull
        .comments
        .iter()
        .filter_map(|comment| comment.resolved?.1);
    pull.opened
        .author
        .into_iter()
        .chain(
            pull.standing
                .participants
                .iter()
                .map(|participant| participant.user),
        )
        .chain(pull.standing.closed_by)
        .chain(pull.comments.iter().filter_map(|comment| comment.user))
        .chain(entries.filter_map(|act| act.by))
        .chain(resolvers)
}

/// The rows by their first columns, as text. Every row of a table has the same columns.
fn sorted(rows: Vec<Value>) -> Value {
    let mut keyed: Vec<(String, Value)> =
        rows.into_iter().map(|row| (row.to_string(), row)).collect();
    keyed.sort_by(|one, two| one.0.cmp(&two.0));
    keyed.into_iter().map(|(_, row)| row).collect()
}
