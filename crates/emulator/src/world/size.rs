//! How much a pull request changes.

use super::derived::Derived;
use super::repository::Repository;
use super::spec::Shape;
use super::{PullRequest, World, names, short};

/// What the service says about the size of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Size {
    Files(Vec<ChangedFile>),
    NoCommonAncestor,
    /// It takes too long to find out.
    Timeout,
    /// The source is gone.
    NotFound,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangedFile {
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
    pub(crate) status: &'static str,
    pub(crate) added: u64,
    pub(crate) removed: u64,
}

impl World {
    /// The size of a pull request at its present source commit.
    pub(crate) fn size(&self, repository: &Repository, pull: &PullRequest) -> Size {
        match pull.standing.source_commit.as_deref() {
            Some(commit) => self.size_at(repository, short(commit)),
            None => Size::NotFound,
        }
    }

    /// The size at any commit of twelve characters.
    pub(crate) fn size_at(&self, repository: &Repository, commit: &str) -> Size {
        let mut derived = Derived::of(&repository.uuid, commit, 0);
        let oddity = match self.shape {
            Shape::Uniform => 99,
            Shape::Odd => derived.below(16),
            Shape::Lifelike => derived.below(300),
        };
        let files = match oddity {
            0 => return Size::NoCommonAncestor,
            1 => return Size::Timeout,
            2 => 0,
            3 => 500 + derived.below(300),
            _ => 1 + derived.below(9),
        };
        Size::Files(
            (0..files)
                .map(|index| changed_file(&mut derived, index))
                .collect(),
        )
    }
}

fn changed_file(derived: &mut Derived, index: u64) -> ChangedFile {
    // No file comes twice in one change.
    let known = usize::try_from(index)
        .ok()
        .and_then(|index| names::FILES.get(index));
    let path = match known {
        Some(path) => (*path).to_owned(),
        None => format!("part {index}/{}", derived.pick(&names::FILES)),
    };
    let (added, removed) = (derived.below(120), derived.below(60));
    let file = |old: Option<&str>, new: Option<&str>, status, added, removed| ChangedFile {
        old: old.map(str::to_owned),
        new: new.map(str::to_owned),
        status,
        added,
        removed,
    };
    let old = format!("old/{path}");
    let picture = format!("{path}.png");
    match derived.below(10) {
        0 => file(None, Some(&path), "added", added, 0),
        1 => file(Some(&path), None, "removed", 0, removed),
        2 => file(Some(&old), Some(&path), "renamed", 0, 0),
        // A binary file has no lines.
        3 => file(Some(&picture), Some(&picture), "modified", 0, 0),
        _ => file(Some(&path), Some(&path), "modified", added, removed),
    }
}
