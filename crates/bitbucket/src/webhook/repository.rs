//! Deliveries about a repository or a project itself.

use model::Field;

use super::reading::Payload;
use super::{Due, EventKey, Renamed, Told, WorkspaceMark};
use crate::RepositoryRef;
use crate::decode::reject::Trouble;
use crate::normalise::{self, Rows};
use crate::wire::delivery::{Fork, RepositoryChanges};
use crate::wire::repository::{Project, Repository, Workspace};

/// Gives the record the name that the delivery says it has now, and tells of it. The members of
/// `changes` are documented nowhere, so nothing in it may spoil the delivery.
pub(super) fn renamed(payload: &Payload<'_>, record: &mut Repository) -> Option<Renamed> {
    if *payload.event != EventKey::RepositoryUpdated {
        return None;
    }
    let changes: RepositoryChanges = payload.member("changes").ok().flatten()?;
    let change = changes.full_name.value()?;
    let new = change.new.value().filter(|name| name.contains('/'))?;
    if record.full_name != new {
        record.full_name.clone_from(&new);
        record.slug = Field::Absent; // the tail of the new name
    }
    Some(Renamed {
        old: change.old.value(),
        new,
    })
}

/// A repository that is new, changed or gone is asked about: its record says more than the payload,
/// and only an answer proves that it is gone.
pub(super) fn changed(payload: &Payload<'_>, home: &RepositoryRef, told: &mut Told) {
    if *payload.event != EventKey::RepositoryForked {
        let uuid = home.uuid.clone();
        told.due.push(Due::Repository { uuid });
        return;
    }
    // A fork that somebody made elsewhere is none of this workspace's repositories.
    let workspace = |full_name: &str| full_name.split_once('/').map(|(slug, _)| slug.to_owned());
    let fork: Option<Fork> = payload.member("fork").ok().flatten();
    let Some(fork) = fork else {
        return;
    };
    let elsewhere =
        fork.full_name.as_value().and_then(|name| workspace(name)) != workspace(&home.full_name);
    if let (Some(uuid), false) = (fork.uuid, elsewhere) {
        told.due.push(Due::Repository { uuid });
    }
}

/// Takes in a project.
pub(super) fn project(
    payload: &Payload<'_>,
    rows: &mut Rows,
    told: &mut Told,
) -> Result<(), Trouble> {
    let record: Project = payload.required("project")?;
    let workspace = payload
        .body
        .get("project")
        .and_then(|it| it.get("workspace"));
    let workspace: Option<Workspace> = workspace.and_then(|it| crate::decode::read(it).ok());
    if let Some(Workspace {
        uuid,
        slug: Field::Value(slug),
        ..
    }) = &workspace
    {
        told.workspace = Some(WorkspaceMark {
            uuid: uuid.clone(),
            slug: slug.clone(),
        });
    }
    let workspace_id = workspace
        .and_then(|workspace| normalise::repository::workspace(workspace, rows))
        .map_or(Field::Absent, Field::Value);
    normalise::repository::project(record, workspace_id, rows)
        .map(|_| ())
        .ok_or_else(|| Trouble::missing("project.uuid"))
}
