//! Which repositories deliveries are about, and whether these are imported.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bitbucket::webhook::Told;
use model::{Field, Id};
use store::{Connection, Db, FilterMode, Filterable, StoreError};

use crate::RepositoryFilter;

/// Where a delivery belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// Its connection is not there any more.
    Gone,
    /// In a repository that the connection's filter leaves out.
    Excluded,
    /// Among what is imported.
    Imported,
}

/// What is known of the connections that deliveries came for, read once for each drain.
#[derive(Default)]
pub(super) struct Homes(BTreeMap<i64, Option<Known>>);

/// A connection and its repositories.
struct Known {
    filter: RepositoryFilter,
    /// Stored repositories, as filters see them; none where everything is imported.
    filterable: BTreeMap<Id, Filterable>,
    /// The default branches of stored repositories.
    branches: BTreeMap<Id, Option<String>>,
}

impl Homes {
    /// Where a delivery for a connection belongs.
    pub(super) async fn of(
        &mut self,
        db: &Db,
        connection: i64,
        told: &Told,
    ) -> Result<Home, StoreError> {
        if let Entry::Vacant(vacant) = self.0.entry(connection) {
            let connections = db.connections().await?;
            let known = match connections.iter().find(|known| known.id == connection) {
                Some(found) => Some(Known::load(db, found).await?),
                None => None,
            };
            vacant.insert(known);
        }
        Ok(match self.0.get(&connection) {
            Some(Some(known)) if known.admits(told) => Home::Imported,
            Some(Some(_)) => Home::Excluded,
            _ => Home::Gone,
        })
    }

    /// Whether a repository is stored.
    pub(super) fn knows(&self, connection: i64, repository: Id) -> bool {
        self.known(connection)
            .is_some_and(|known| known.branches.contains_key(&repository))
    }

    /// Whether a branch may be the default branch of a repository.
    pub(super) fn may_be_default(&self, connection: i64, repository: Id, branch: &str) -> bool {
        self.known(connection)
            .and_then(|known| known.branches.get(&repository)?.as_deref())
            .is_none_or(|default| default == branch)
    }

    fn known(&self, connection: i64) -> Option<&Known> {
        self.0.get(&connection)?.as_ref()
    }
}

impl Known {
    async fn load(db: &Db, connection: &Connection) -> Result<Self, StoreError> {
        let filter = RepositoryFilter::load(db, connection.id, connection.filter_mode).await?;
        let filterable = match connection.filter_mode {
            FilterMode::AllowAll => Vec::new(),
            _ => db.filterable(&connection.workspace).await?,
        };
        let repositories = match db.workspace(&connection.workspace).await? {
            Some(workspace) => db.repositories(workspace).await?,
            None => Vec::new(),
        };
        Ok(Self {
            filter,
            filterable: filterable
                .into_iter()
                .map(|repository| (Id(repository.id), repository))
                .collect(),
            branches: repositories
                .into_iter()
                .map(|repository| (repository.id, repository.default_branch))
                .collect(),
        })
    }

    /// Whether what a delivery is about is imported: by what the delivery says of it, and by what is
    /// stored where it does not say.
    fn admits(&self, told: &Told) -> bool {
        let Some(mark) = &told.repository else {
            return true;
        };
        let id = Id::repository(&mark.uuid);
        let stored = self.filterable.get(&id);
        let row = told.batch.repositories.iter().find(|row| row.id == id);
        let project = match row.map(|row| &row.project_id) {
            Some(Field::Value(project)) => {
                told.batch.projects.iter().find(|row| row.id == *project)
            }
            _ => None,
        };
        let project_source_id = project.and_then(|row| row.source_id.as_value().cloned());
        let project_key = project.and_then(|row| row.key.as_value().cloned());
        self.filter.admits(&Filterable {
            id: id.0,
            source_id: mark.uuid.as_str().to_owned(),
            full_name: mark.full_name.clone(),
            project_source_id: project_source_id
                .or_else(|| stored.and_then(|stored| stored.project_source_id.clone())),
            project_key: project_key
                .or_else(|| stored.and_then(|stored| stored.project_key.clone())),
            pull_requests: 0,
        })
    }
}
