//! Workspaces, projects and repositories.

use model::rows::{ProjectRow, RepositoryRow, WorkspaceRow};
use model::{Field, Id};

use super::{Rows, fill, text_or_none};
use crate::wire::repository::{Project, Repository, Workspace};
use crate::wire::{Links, within};

/// Takes in a workspace, whole or embedded; `None` when it has no UUID.
pub(crate) fn workspace(workspace: Workspace, rows: &mut Rows) -> Option<Id> {
    let uuid = workspace.uuid?;
    let id = Id::workspace(&uuid);
    let mut row = WorkspaceRow::new(id, rows.observed_at);
    row.source_id = Field::Value(uuid.as_str().to_owned());
    row.slug = workspace.slug;
    row.name = workspace.name;
    row.private = workspace.is_private;
    row.source_url = Links::page(workspace.links);
    row.created_at = workspace.created_on;
    if let Some(earlier) = rows.workspaces.remove(&id) {
        fill!(row from earlier: slug, name, private, source_url, created_at);
    }
    rows.workspaces.insert(id, row);
    Some(id)
}

/// Takes in a project, whole or embedded; `None` when it has no UUID.
pub(crate) fn project(project: Project, workspace_id: Field<Id>, rows: &mut Rows) -> Option<Id> {
    let uuid = project.uuid?;
    let id = Id::project(&uuid);
    let mut row = ProjectRow::new(id, rows.observed_at);
    row.source_id = Field::Value(uuid.as_str().to_owned());
    row.workspace_id = workspace_id;
    row.key = project.key;
    row.name = project.name;
    row.source_url = Links::page(project.links);
    if let Some(earlier) = rows.projects.remove(&id) {
        fill!(row from earlier: workspace_id, key, name, source_url);
    }
    rows.projects.insert(id, row);
    Some(id)
}

pub(crate) fn repository(repository: Repository, rows: &mut Rows) {
    let workspace_id = repository.workspace.and_then(|w| workspace(w, rows));
    let mut row = RepositoryRow::new(Id::repository(&repository.uuid), rows.observed_at);
    row.source_id = Field::Value(repository.uuid.as_str().to_owned());
    row.workspace_id = workspace_id;
    row.project_id = repository
        .project
        .and_then(|p| project(p, workspace_id, rows));
    let tail = repository.full_name.rsplit('/').next();
    row.slug = match repository.slug {
        Field::Value(slug) => Field::Value(slug),
        _ => tail.map(str::to_owned).into(),
    };
    row.name = repository.name;
    row.full_name = Field::Value(repository.full_name);
    row.private = repository.is_private;
    row.default_branch = within(repository.mainbranch, |branch| branch.name);
    row.language = text_or_none(repository.language);
    row.size = repository.size;
    row.parent_source_id = repository
        .parent
        .and_then(|parent| parent.uuid.map(|uuid| uuid.as_str().to_owned()));
    row.source_url = Links::page(repository.links);
    row.created_at = repository.created_on;
    row.updated_at = repository.updated_on;
    row.source_updated_at = repository.updated_on;
    rows.batch.repositories.push(row);
}
