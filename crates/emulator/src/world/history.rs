//! The order of commits.

use std::borrow::Cow;
use std::sync::OnceLock;

use model::Instant;

use super::World;
use super::account::AccountId;
use super::commit::{BASE, MERGE};
use super::pull_request::PullRequest;
use super::repository::{Moment, Repository};
use super::standing::PullState;

/// What is worked out about a repository's commits when it is asked for, and forgotten when the
/// repository changes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Histories {
    main: OnceLock<Vec<Moment>>,
    by_date: OnceLock<Vec<Moment>>,
    /// The first sixteen digits of every hash.
    by_hash: OnceLock<Vec<(u64, Moment)>>,
}

/// A revision that there is not.
pub(crate) struct UnknownRevision(pub(crate) String);

fn of_main_line(place: &Moment) -> bool {
    place.number == 0 || place.act >= BASE
}

impl World {
    /// The main branch, oldest first: every commit after its parents, what was merged right below
    /// its merge.
    pub(crate) fn main_history<'a>(&self, repository: &'a Repository) -> &'a [Moment] {
        repository.histories.main.get_or_init(|| {
            let mut places = Vec::new();
            if repository.main_branch.is_none() {
                return places;
            }
            places.push(Moment {
                at: repository.created_on,
                number: 0,
                act: 0,
            });
            places.extend(
                (1_u32..)
                    .zip(&repository.pushed)
                    .map(|(act, pushed)| Moment {
                        at: pushed.at,
                        number: 0,
                        act,
                    }),
            );
            for (index, pull) in repository.pulls.iter().enumerate() {
                let number = pull.number;
                if index < repository.generated_pulls && pull.opened.destination.commit.is_some() {
                    places.push(Moment {
                        at: pull.opened.created_on,
                        number,
                        act: BASE,
                    });
                }
                if let (PullState::Merged, Some(at)) =
                    (pull.standing.state, pull.standing.closed_at)
                {
                    places.push(Moment {
                        at,
                        number,
                        act: MERGE,
                    });
                    if !self.squashed(repository, pull) {
                        places.extend(self.places_of(repository, pull));
                    }
                }
            }
            places.sort_unstable();
            places
        })
    }

    /// The accounts of those who pushed to the main branch by a verb.
    pub(crate) fn pushers(&self, repository: &Repository) -> Vec<AccountId> {
        (1_u32..)
            .zip(&repository.pushed)
            .filter_map(|(act, pushed)| {
                let (at, number) = (pushed.at, 0);
                self.commit(repository, &Moment { at, number, act })?.user
            })
            .collect()
    }

    /// The places of a pull request's commits, oldest first.
    pub(crate) fn places_of(&self, repository: &Repository, pull: &PullRequest) -> Vec<Moment> {
        let merged = pull.standing.state == PullState::Merged;
        let at = match pull.standing.closed_at {
            Some(at) if merged && !self.squashed(repository, pull) => at,
            _ => Instant::from_micros(pull.opened.created_on.micros() + 1),
        };
        let count = self.pull_commits(repository, pull).len();
        (0_u32..)
            .take(count)
            .map(|act| Moment {
                at,
                number: pull.number,
                act,
            })
            .collect()
    }

    /// The newest commit of the main branch.
    pub(crate) fn head(&self, repository: &Repository) -> Option<String> {
        repository.main_branch.as_ref()?;
        // Not the whole history is needed for that, which would take long after every change.
        let place = |at, number, act| Moment { at, number, act };
        let pushed = (1_u32..).zip(&repository.pushed);
        let pushed = pushed.map(|(act, pushed)| place(pushed.at, 0, act));
        let merges = repository.pulls.iter().filter_map(|pull| {
            let merged = pull.standing.state == PullState::Merged;
            let at = pull.standing.closed_at.filter(|_| merged)?;
            Some(place(at, pull.number, MERGE))
        });
        let generated = repository.pulls.iter().take(repository.generated_pulls);
        let bases = generated
            .filter(|pull| pull.opened.destination.commit.is_some())
            .map(|pull| place(pull.opened.created_on, pull.number, BASE));
        let root = place(repository.created_on, 0, 0);
        let newest = pushed.chain(merges).chain(bases).max().unwrap_or(root);
        self.hash_at(repository, &newest)
    }

    pub(super) fn parents(&self, repository: &Repository, place: &Moment) -> Vec<String> {
        let pull = repository.pull_request(place.number);
        let before = || {
            let main = self.main_history(repository);
            let older = main.get(..main.partition_point(|other| other < place));
            let last = older?.iter().rev().find(|other| of_main_line(other))?;
            self.hash_at(repository, last)
        };
        match (pull, place.act) {
            (Some(pull), MERGE) => {
                let merged = (!self.squashed(repository, pull))
                    .then(|| self.pull_commits(repository, pull).pop())
                    .flatten();
                before()
                    .into_iter()
                    .chain(merged.map(|(hash, _)| hash))
                    .collect()
            }
            (None, _) | (_, BASE) => before().into_iter().collect(),
            (Some(pull), 0) => {
                let base = pull.opened.destination.commit.as_deref().map(str::to_owned);
                base.or_else(before).into_iter().collect()
            }
            (Some(pull), index) => {
                let commits = self.pull_commits(repository, pull).into_iter();
                let parent = commits.map(|(hash, _)| hash).nth(index as usize - 1);
                parent.into_iter().collect()
            }
        }
    }

    /// The commit whose hash begins so; at least seven digits are needed.
    pub(crate) fn commit_named(&self, repository: &Repository, prefix: &str) -> Option<Moment> {
        let prefix = prefix.to_lowercase();
        if prefix.len() < 7 || prefix.len() > 40 {
            return None;
        }
        let start: String = prefix
            .chars()
            .chain("0".repeat(16).chars())
            .take(16)
            .collect();
        let start = u64::from_str_radix(&start, 16).ok()?;
        let known = repository
            .histories
            .by_hash
            .get_or_init(|| self.hashes(repository));
        let from = known.partition_point(|(hash, _)| *hash < start);
        let (_, place) = known.get(from)?;
        let hash = self.hash_at(repository, place)?;
        hash.starts_with(&prefix).then_some(*place)
    }

    fn hashes(&self, repository: &Repository) -> Vec<(u64, Moment)> {
        let digits = |hash: &str| u64::from_str_radix(hash.get(..16)?, 16).ok();
        let mut known: Vec<(u64, Moment)> = Vec::new();
        for place in self
            .main_history(repository)
            .iter()
            .filter(|place| of_main_line(place))
        {
            let hash = self.hash_at(repository, place);
            known.extend(
                hash.and_then(|hash| digits(&hash))
                    .map(|hash| (hash, *place)),
            );
        }
        for pull in &repository.pulls {
            let commits = self.pull_commits(repository, pull);
            let places = self.places_of(repository, pull);
            for ((hash, _), place) in commits.iter().zip(places) {
                known.extend(digits(hash).map(|hash| (hash, place)));
            }
        }
        known.sort_unstable();
        known
    }

    /// A branch or a commit: itself and everything before it, oldest first.
    fn ancestry<'a>(
        &self,
        repository: &'a Repository,
        revision: &str,
    ) -> Result<Cow<'a, [Moment]>, UnknownRevision> {
        let main = self.main_history(repository);
        if repository.main_branch.as_deref() == Some(revision) {
            return Ok(Cow::Borrowed(main));
        }
        let branch = repository.pulls.iter().rev().find(|pull| {
            pull.opened.source.branch.as_deref() == Some(revision)
                && pull.opened.source.repository == Some(repository.id)
                && pull.standing.state == PullState::Open
        });
        let tip = match branch {
            Some(pull) => self.places_of(repository, pull).pop(),
            None => self.commit_named(repository, revision),
        };
        let tip = tip.ok_or_else(|| UnknownRevision(revision.to_owned()))?;
        if of_main_line(&tip) {
            let end = main.partition_point(|place| *place <= tip);
            return Ok(Cow::Borrowed(main.get(..end).unwrap_or_default()));
        }
        let base = repository
            .pull_request(tip.number)
            .and_then(|pull| pull.opened.destination.commit.as_deref())
            .and_then(|hash| self.commit_named(repository, hash));
        let end = base.map_or(0, |base| main.partition_point(|place| *place <= base));
        let mut places = main.get(..end).unwrap_or_default().to_vec();
        places.extend((0..=tip.act).map(|act| Moment { act, ..tip }));
        places.sort_unstable();
        Ok(Cow::Owned(places))
    }

    /// What can be reached from some revisions and not from others, oldest first. Without any
    /// revision it is every branch.
    pub(crate) fn commits_between<'a>(
        &self,
        repository: &'a Repository,
        included: &[String],
        excluded: &[String],
    ) -> Result<Cow<'a, [Moment]>, UnknownRevision> {
        let mut found: Cow<'a, [Moment]> = match included {
            [] => self.all_branches(repository),
            [one] => self.ancestry(repository, one)?,
            several => {
                let mut places = Vec::new();
                for revision in several {
                    places.extend_from_slice(&self.ancestry(repository, revision)?);
                }
                places.sort_unstable();
                places.dedup();
                Cow::Owned(places)
            }
        };
        for revision in excluded {
            let known = self.ancestry(repository, revision)?;
            found
                .to_mut()
                .retain(|place| known.binary_search(place).is_err());
        }
        Ok(found)
    }

    fn all_branches<'a>(&self, repository: &'a Repository) -> Cow<'a, [Moment]> {
        let mut found = Cow::Borrowed(self.main_history(repository));
        for pull in &repository.pulls {
            let here = pull.opened.source.repository == Some(repository.id);
            if here && pull.standing.state == PullState::Open {
                found.to_mut().extend(self.places_of(repository, pull));
            }
        }
        if let Cow::Owned(places) = &mut found {
            places.sort_unstable();
        }
        found
    }

    /// The same commits in the order of their dates, as `git log` shows them.
    pub(crate) fn dated<'a>(
        &self,
        repository: &'a Repository,
        places: Cow<'a, [Moment]>,
    ) -> Cow<'a, [Moment]> {
        let dated = |places: &[Moment]| -> Vec<Moment> {
            let mut dated: Vec<Moment> = places
                .iter()
                .map(|place| Moment {
                    at: self.written_at(repository, place),
                    ..*place
                })
                .collect();
            dated.sort_unstable();
            dated
        };
        match places {
            Cow::Borrowed(main) if main.len() == self.main_history(repository).len() => {
                Cow::Borrowed(repository.histories.by_date.get_or_init(|| dated(main)))
            }
            places => Cow::Owned(dated(&places)),
        }
    }

    /// The place in the order of parents of a place in the order of dates.
    pub(crate) fn undated(&self, repository: &Repository, place: &Moment) -> Moment {
        let Some(pull) = repository.pull_request(place.number) else {
            let pushed = place.act.checked_sub(1);
            let pushed = pushed.and_then(|index| repository.pushed.get(index as usize));
            let at = pushed.map_or(repository.created_on, |pushed| pushed.at);
            return Moment { at, ..*place };
        };
        let at = match place.act {
            MERGE => pull.standing.closed_at.unwrap_or(place.at),
            BASE => pull.opened.created_on,
            _ => self
                .places_of(repository, pull)
                .first()
                .map_or(place.at, |first| first.at),
        };
        Moment { at, ..*place }
    }
}
