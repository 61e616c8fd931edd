//! Which pull requests a deployment carried.
//!
//! Everything here is about one stream of deployments: those of one repository to one environment
//! for one service. A pull request belongs to the first successful one that has it.

use std::collections::{BTreeSet, HashMap};

use model::{Id, Instant};

use super::is_same_commit;

/// A pull request that was merged into the default branch.
#[derive(Clone, Debug)]
pub struct Merge {
    /// The pull request.
    pub pull: Id,
    /// When it was merged.
    pub merged_at: Instant,
    /// Its merge commit, however many characters of it are known.
    pub commit_sha: Option<String>,
    /// The date of that commit, its place in the default branch; NULL where it was not seen there.
    pub commit_at: Option<Instant>,
    /// Whether `merged_at` is only the latest it can be.
    pub estimated: bool,
}

/// A successful deployment.
#[derive(Clone, Debug)]
pub struct CarryingDeployment {
    /// The deployment.
    pub id: Id,
    /// When what it carries was settled.
    pub began_at: Instant,
    /// When it ended.
    pub deployed_at: Instant,
    /// The commit that was deployed.
    pub commit_sha: Option<String>,
    /// The date of that commit, its place in the default branch; NULL where it was not seen there.
    pub commit_at: Option<Instant>,
    /// The merge commits that it is said to carry, where that was said.
    pub named: Option<Vec<String>>,
}

/// How it is known that a deployment carried a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttributedBy {
    /// The merge commit is in what was deployed.
    Commit,
    /// It was merged between two deployments.
    Time,
}

impl AttributedBy {
    /// The word in `deployment_pulls.attributed_by`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Time => "time",
        }
    }
}

/// That a deployment carried a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Carried {
    /// The deployment.
    pub deployment: Id,
    /// The pull request.
    pub pull: Id,
    /// How that is known.
    pub by: AttributedBy,
}

/// What each deployment carried, whatever order they are given in.
///
/// Of the first deployment nobody knows where what it carries begins: it has only what is named, or
/// is the very commit that was deployed.
pub fn carried(deployments: &[CarryingDeployment], merges: &[Merge]) -> Vec<Carried> {
    let mut ordered: Vec<&CarryingDeployment> = deployments.iter().collect();
    ordered.sort_unstable_by_key(|deployment| (deployment.deployed_at, deployment.id));
    let mut waiting = Waiting::of(merges);
    let mut all = Vec::new();
    for (index, deployment) in ordered.into_iter().enumerate() {
        let taken = waiting.take(deployment);
        all.extend(
            taken
                .into_iter()
                .filter(|(_, _, surely)| index > 0 || *surely)
                .map(|(pull, by, _)| Carried {
                    deployment: deployment.id,
                    pull,
                    by,
                }),
        );
    }
    all
}

/// A pull request that is taken, how that is known, and whether no other deployment is needed to
/// know it.
type Taken = (Id, AttributedBy, bool);

/// The pull requests that no deployment has carried yet.
struct Waiting<'a> {
    /// By when they came, the newest first.
    to_come: Vec<(Instant, usize)>,
    /// Those that came and whose place in the default branch is known, by that.
    placed: BTreeSet<(Instant, usize)>,
    /// The others, by when they came.
    unplaced: BTreeSet<(Instant, usize)>,
    /// By the first characters of their merge commits.
    by_hash: HashMap<&'a str, Vec<usize>>,
    merges: &'a [Merge],
    taken: Vec<bool>,
}

/// As many characters as any hash that names a commit has.
fn beginning(hash: &str) -> Option<&str> {
    hash.get(..super::SHORTEST_HASH)
}

impl<'a> Waiting<'a> {
    fn of(merges: &'a [Merge]) -> Self {
        let mut by_hash: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut to_come = Vec::with_capacity(merges.len());
        for (index, merge) in merges.iter().enumerate() {
            if let Some(beginning) = merge.commit_sha.as_deref().and_then(beginning) {
                by_hash.entry(beginning).or_default().push(index);
            }
            to_come.push((came_at(merge), index));
        }
        to_come.sort_unstable_by(|one, other| other.cmp(one));
        Self {
            to_come,
            placed: BTreeSet::new(),
            unplaced: BTreeSet::new(),
            by_hash,
            merges,
            taken: vec![false; merges.len()],
        }
    }

    fn take(&mut self, deployment: &CarryingDeployment) -> Vec<Taken> {
        while let Some((at, index)) = self.to_come.pop_if(|(at, _)| *at <= deployment.deployed_at) {
            match self.merges.get(index).and_then(|merge| merge.commit_at) {
                Some(place) => self.placed.insert((place, index)),
                None => self.unplaced.insert((at, index)),
            };
        }
        let mut taken = Vec::new();
        if let Some(named) = &deployment.named {
            for hash in named {
                self.take_commit(hash, &mut taken);
            }
            return taken;
        }
        if let Some(hash) = &deployment.commit_sha {
            self.take_commit(hash, &mut taken);
        }
        match deployment.commit_at {
            Some(place) => {
                let later = self.placed.split_off(&(place, usize::MAX));
                let contained = std::mem::replace(&mut self.placed, later);
                for (_, index) in contained {
                    self.note(index, AttributedBy::Commit, false, &mut taken);
                }
            }
            None => {
                let merges = self.merges;
                let merged_before = |index: usize| {
                    merges
                        .get(index)
                        .is_some_and(|merge| came_at(merge) <= deployment.began_at)
                };
                let (before, after) = std::mem::take(&mut self.placed)
                    .into_iter()
                    .partition(|(_, index)| merged_before(*index));
                self.placed = after;
                let before: BTreeSet<(Instant, usize)> = before;
                for (_, index) in before {
                    self.note(index, AttributedBy::Time, false, &mut taken);
                }
            }
        }
        let later = self.unplaced.split_off(&(deployment.began_at, usize::MAX));
        for (_, index) in std::mem::replace(&mut self.unplaced, later) {
            self.note(index, AttributedBy::Time, false, &mut taken);
        }
        taken
    }

    /// Takes the pull request with this merge commit, if it waits.
    fn take_commit(&mut self, hash: &str, taken: &mut Vec<Taken>) {
        let hash = hash.to_ascii_lowercase();
        let candidates = beginning(&hash)
            .and_then(|beginning| self.by_hash.get(beginning))
            .cloned()
            .unwrap_or_default();
        for index in candidates {
            let known = self
                .merges
                .get(index)
                .and_then(|merge| merge.commit_sha.as_deref());
            if known.is_some_and(|known| is_same_commit(known, &hash)) {
                self.note(index, AttributedBy::Commit, true, taken);
            }
        }
    }

    fn note(&mut self, index: usize, by: AttributedBy, surely: bool, taken: &mut Vec<Taken>) {
        if let (Some(seen), Some(merge)) = (self.taken.get_mut(index), self.merges.get(index))
            && !*seen
        {
            *seen = true;
            taken.push((merge.pull, by, surely));
        }
    }
}

/// The earliest that a deployment can have had it.
fn came_at(merge: &Merge) -> Instant {
    match merge.commit_at {
        Some(commit_at) if merge.estimated => commit_at.min(merge.merged_at),
        _ => merge.merged_at,
    }
}

#[cfg(test)]
mod tests;
