//! Repositories and projects.

use std::collections::{BTreeSet, HashMap};

use store::Db;

use super::{UNKNOWN, find, number, text};
use crate::AnalysisError;

/// Repositories and the projects that they belong to.
#[derive(Debug, Default)]
pub(crate) struct Places {
    repositories: HashMap<i64, Repository>,
    projects: HashMap<i64, Project>,
}

#[derive(Debug)]
struct Repository {
    full_name: String,
    project: Option<i64>,
}

#[derive(Debug)]
struct Project {
    key: String,
    name: String,
}

impl Places {
    pub(crate) async fn load(db: &Db) -> Result<Self, AnalysisError> {
        let keys = ["r.id", "r.full_name", "r.project_id", "j.key", "j.name"];
        let repositories =
            "bitbucket_repositories r LEFT JOIN bitbucket_projects j ON j.id = r.project_id";
        let mut places = Self::default();
        for part in db.groups(&keys, repositories, Vec::new()).await? {
            let Some(id) = number(&part, 0) else { continue };
            let project = number(&part, 2);
            places.repositories.insert(
                id,
                Repository {
                    full_name: text(&part, 1).unwrap_or_else(|| UNKNOWN.to_owned()),
                    project,
                },
            );
            if let Some(project) = project {
                let key = text(&part, 3).unwrap_or_else(|| UNKNOWN.to_owned());
                places.projects.entry(project).or_insert(Project {
                    name: text(&part, 4).unwrap_or_else(|| key.clone()),
                    key,
                });
            }
        }
        Ok(places)
    }

    pub(crate) fn repository_name(&self, id: i64) -> String {
        self.repositories
            .get(&id)
            .map_or_else(|| UNKNOWN.to_owned(), |one| one.full_name.clone())
    }

    pub(crate) fn project_of(&self, repository: i64) -> Option<i64> {
        self.repositories.get(&repository)?.project
    }

    pub(crate) fn project_name(&self, id: i64) -> String {
        self.projects
            .get(&id)
            .map_or_else(|| UNKNOWN.to_owned(), |one| one.name.clone())
    }

    /// The repositories that these projects and repositories are; `None` where none is named.
    pub(crate) fn chosen(
        &self,
        projects: &[String],
        repositories: &[String],
    ) -> Result<Option<Vec<i64>>, AnalysisError> {
        if projects.is_empty() && repositories.is_empty() {
            return Ok(None);
        }
        let mut of_projects = BTreeSet::new();
        for written in projects {
            let project = self.project(written)?;
            let all = self.repositories.iter();
            of_projects.extend(
                all.filter(|(_, one)| one.project == Some(project))
                    .map(|(id, _)| *id),
            );
        }
        let mut named = BTreeSet::new();
        for written in repositories {
            named.insert(self.repository(written)?);
        }
        let chosen: Vec<i64> = if projects.is_empty() {
            named.into_iter().collect()
        } else if repositories.is_empty() {
            of_projects.into_iter().collect()
        } else {
            named.intersection(&of_projects).copied().collect()
        };
        Ok(Some(chosen))
    }

    /// Every name and number by which a repository is found.
    pub(crate) fn repository_names(&self) -> Vec<(String, i64)> {
        self.repositories
            .iter()
            .flat_map(|(id, one)| {
                let slug = one.full_name.rsplit('/').next().unwrap_or_default();
                let names = [one.full_name.clone(), slug.to_owned(), id.to_string()];
                names.map(|name| (name, *id))
            })
            .collect()
    }

    /// Every key, name and number by which a project is found.
    pub(crate) fn project_names(&self) -> Vec<(String, i64)> {
        self.projects
            .iter()
            .flat_map(|(id, one)| {
                let names = [one.key.clone(), one.name.clone(), id.to_string()];
                names.map(|name| (name, *id))
            })
            .collect()
    }

    /// The names of all repositories, in order.
    pub(crate) fn all_repositories(&self) -> Vec<String> {
        let all = self.repositories.values();
        let mut names: Vec<String> = all.map(|one| one.full_name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The names of all projects, in order.
    pub(crate) fn all_projects(&self) -> Vec<String> {
        let all = self.projects.values();
        let mut names: Vec<String> = all.map(|one| one.name.clone()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The repositories whose names have this in them, in whatever case.
    pub(crate) fn like(&self, text: &str) -> Vec<i64> {
        let text = text.to_lowercase();
        self.repositories
            .iter()
            .filter(|(_, one)| one.full_name.to_lowercase().contains(&text))
            .map(|(id, _)| *id)
            .collect()
    }

    fn repository(&self, written: &str) -> Result<i64, AnalysisError> {
        let names = self.repository_names();
        find("repository", written, &names, |id| self.repository_name(id))
    }

    fn project(&self, written: &str) -> Result<i64, AnalysisError> {
        let names = self.project_names();
        find("project", written, &names, |id| {
            let key = self.projects.get(&id).map_or("", |one| one.key.as_str());
            format!("{} ({key})", self.project_name(id))
        })
    }
}
