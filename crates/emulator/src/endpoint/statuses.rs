//! Build statuses of a commit and of a pull request.

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::filter::{Operand, Query, Searchable};
use crate::paging;
use crate::world::{Repository, Status};

#[derive(Clone, Copy)]
struct Searched<'a>(&'a Status);

impl Searchable for Searched<'_> {
    fn field(&self, name: &str) -> Option<Operand> {
        let Self(status) = self;
        Some(match name {
            "key" => Operand::text(&status.key),
            "name" => Operand::text(&status.name),
            "state" => Operand::text(status.state),
            "refname" => Operand::maybe(status.refname.as_ref()),
            "created_on" => Operand::Time(status.created_on),
            "updated_on" => Operand::Time(status.updated_on),
            _ => return None,
        })
    }
}

impl Call<'_> {
    /// Of a commit, named by as much of its hash as makes it unique. `refname` leaves out what
    /// belongs to other branches.
    pub(super) fn commit_statuses(&self) -> Outcome {
        let repository = self.find_repository()?;
        let world = self.world();
        let named = self.request.segment(4);
        let hash = world
            .commit_named(repository, named)
            .and_then(|place| world.hash_at(repository, &place));
        let hash = match hash {
            Some(hash) => hash,
            // A pipeline may have built what no branch has any longer.
            None => self.built(repository, named)?,
        };
        let mut found = world.statuses(repository, &hash);
        if let Some(refname) = self.request.parameter("refname") {
            found.retain(|status| status.refname.as_deref().is_none_or(|name| name == refname));
        }
        self.statuses(repository, &found, 30)
    }

    fn built(&self, repository: &Repository, named: &str) -> Result<String, Answer> {
        let mut commits = repository.pipelines.iter().map(|pipeline| &pipeline.commit);
        let found = commits.find(|commit| named.len() >= 7 && commit.starts_with(named));
        found
            .cloned()
            .ok_or_else(|| Answer::error(404, "Changeset not found."))
    }

    pub(super) fn pull_request_statuses(&self) -> Outcome {
        let (repository, pull) = self.find_pull_request()?;
        let found = self.world().statuses_of_pull(repository, pull);
        self.statuses(repository, &found, paging::DEFAULT_LENGTH)
    }

    fn statuses(&self, repository: &Repository, all: &[Status], usual: usize) -> Outcome {
        let found = Query::of(self.request)?.select(all.iter().map(Searched).collect())?;
        let page = paging::numbered_by(self.request, &found, usual, 100, |Searched(status)| {
            self.scene.status(repository, status)
        })?;
        self.shown(&page, &[])
    }
}
