//! Commits: of the main branch and of pull requests.
//!
//! None is kept but those that a verb pushed: they follow from the pull requests. The main branch
//! begins with one commit, has one direct commit for the base of every generated pull request, and
//! every merge; what was merged without squashing is part of it too.

use model::Instant;

use super::account::AccountId;
use super::act::Deed;
use super::derived::Derived;
use super::pull_request::PullRequest;
use super::repository::{Moment, Repository};
use super::spec::Shape;
use super::{AccountKind, World, names};

/// In the place of a commit's index: the merge itself.
pub(super) const MERGE: u32 = u32::MAX;
/// In the place of a commit's index: the commit from which the pull request set out.
pub(super) const BASE: u32 = u32::MAX - 1;

/// A commit that a verb pushed to the main branch.
#[derive(Debug, Clone)]
pub(crate) struct PushedCommit {
    pub(crate) hash: String,
    pub(crate) author: AccountId,
    pub(crate) at: Instant,
}

/// A commit as it is shown.
#[derive(Debug)]
pub(crate) struct Commit {
    /// Forty characters.
    pub(crate) hash: String,
    /// The account that the service knows for the address.
    pub(crate) user: Option<AccountId>,
    pub(crate) name: String,
    pub(crate) email: Option<String>,
    /// Whole seconds.
    pub(crate) at: Instant,
    pub(crate) hours_ahead: i64,
    pub(crate) message: String,
    pub(crate) parents: Vec<String>,
}

impl Commit {
    /// The author as git has it.
    pub(crate) fn raw(&self) -> String {
        match &self.email {
            Some(email) => format!("{} <{email}>", self.name),
            None => self.name.clone(),
        }
    }
}

impl World {
    /// The commits of a pull request with the times of their writing, oldest first. A push whose
    /// hash begins with 0 was forced: it replaces all that was there.
    pub(crate) fn pull_commits(
        &self,
        repository: &Repository,
        pull: &PullRequest,
    ) -> Vec<(String, Instant)> {
        let index = repository.index_of(pull.number).unwrap_or(0) as u64;
        let mut derived = Derived::of(&repository.uuid, "commits", index);
        let hidden = derived.hash();
        let first = pull.opened.source.commit.as_deref().unwrap_or(&hidden);
        let mut commits = Vec::new();
        let mut push = |hash: &str, at: Instant, more: u64, anew: bool| {
            if anew {
                commits.clear();
            }
            let more = match self.shape {
                Shape::Uniform => 0,
                _ => derived.below(more),
            };
            let mut written = at.plus_seconds(-derived.seconds(20, 900));
            let mut earlier: Vec<(String, Instant)> = Vec::new();
            for _ in 0..more {
                earlier.push((derived.hash(), written));
                written = written.plus_seconds(-derived.seconds(300, 50_000));
            }
            // The newest of a push is the one that the pull request shows.
            let mut times: Vec<Instant> = earlier.iter().map(|(_, at)| *at).collect();
            times.push(written);
            times.reverse();
            let mut hashes: Vec<String> = earlier.into_iter().map(|(hash, _)| hash).collect();
            hashes.push(hash.to_owned());
            commits.extend(hashes.into_iter().zip(times.into_iter().map(whole)));
        };
        push(first, pull.opened.created_on, 4, false);
        for act in &pull.acts {
            if let Deed::Pushed(hash) = &act.deed {
                push(hash, act.at, 2, hash.starts_with('0'));
            }
        }
        commits
    }

    /// Whether its merge made one commit of all.
    pub(super) fn squashed(&self, repository: &Repository, pull: &PullRequest) -> bool {
        let index = repository.index_of(pull.number).unwrap_or(0) as u64;
        self.shape != Shape::Uniform && Derived::of(&repository.uuid, "squash", index).below(5) == 0
    }

    /// What the service still shows of the commits: nothing when the source is gone altogether.
    pub(crate) fn commits_are_gone(pull: &PullRequest) -> bool {
        pull.opened.source.repository.is_none() && pull.standing.source_commit.is_none()
    }

    /// The hash of the commit at a place of a history.
    pub(crate) fn hash_at(&self, repository: &Repository, place: &Moment) -> Option<String> {
        if place.number == 0 {
            return Some(match place.act.checked_sub(1) {
                None => Derived::of(&repository.uuid, "root", 0).hash(),
                Some(index) => repository.pushed.get(index as usize)?.hash.clone(),
            });
        }
        let pull = repository.pull_request(place.number)?;
        match place.act {
            MERGE => pull.standing.merge_commit.as_deref().map(str::to_owned),
            BASE => pull.opened.destination.commit.as_deref().map(str::to_owned),
            index => {
                let commits = self.pull_commits(repository, pull);
                commits
                    .into_iter()
                    .nth(index as usize)
                    .map(|(hash, _)| hash)
            }
        }
    }

    /// When the commit at a place of a history was written.
    pub(super) fn written_at(&self, repository: &Repository, place: &Moment) -> Instant {
        let pull = repository.pull_request(place.number);
        let at = match (pull, place.act) {
            (None, 0) | (Some(_), MERGE) => place.at,
            (None, index) => repository
                .pushed
                .get(index as usize - 1)
                .map_or(place.at, |pushed| pushed.at),
            (Some(_), BASE) => {
                let mut derived = Derived::of(&repository.uuid, "base", place.number);
                place.at.plus_seconds(-derived.seconds(60, 3_600))
            }
            (Some(pull), index) => self
                .pull_commits(repository, pull)
                .get(index as usize)
                .map_or(place.at, |(_, at)| *at),
        };
        whole(at)
    }

    /// The commit at a place of a history.
    pub(crate) fn commit(&self, repository: &Repository, place: &Moment) -> Option<Commit> {
        let hash = self.hash_at(repository, place)?;
        let pull = repository.pull_request(place.number);
        let (author, message) = match (pull, place.act) {
            (None, 0) => (Some(AccountId(0)), "Initial commit\n".to_owned()),
            (None, index) => {
                let pushed = repository.pushed.get(index as usize - 1)?;
                (
                    Some(pushed.author),
                    "Straight to the main branch\n".to_owned(),
                )
            }
            (Some(pull), MERGE) => (pull.standing.closed_by, merge_message(pull)),
            (Some(pull), BASE) => (pull.opened.reviewers.first().copied(), headline(&hash)),
            (Some(pull), _) => (pull.opened.author, headline(&hash)),
        };
        let signature = self.signature(&hash, author);
        Some(Commit {
            at: self.written_at(repository, place),
            parents: self.parents(repository, place),
            user: signature.user,
            name: signature.name,
            email: signature.email,
            hours_ahead: self
                .account(author)
                .map_or(0, |account| account.hours_ahead),
            message,
            hash,
        })
    }

    /// Git knows a name and an address, which the service may or may not know as somebody's.
    fn signature(&self, hash: &str, author: Option<AccountId>) -> Signature {
        let mut derived = Derived::of(hash, "signature", 0);
        let (sort, odd) = (derived.below(120), self.shape == Shape::Odd);
        let unknown = |name: &str, email: Option<&str>| Signature {
            user: None,
            name: name.to_owned(),
            email: email.map(str::to_owned),
        };
        let Some((id, account)) = author.and_then(|id| Some((id, self.account(Some(id))?))) else {
            return unknown("Former Colleague", Some("gone@old.example.org"));
        };
        let (name, local) = self.git_name(id);
        let domain = format!("{}.example.com", self.workspace.slug);
        match sort {
            _ if self.shape == Shape::Uniform => {}
            0..3 => return unknown("builder", None),
            3..6 if odd => return unknown("builder", None),
            6..12 => return unknown(&name, Some(&format!("{local}@laptop.local"))),
            12..24 if odd => return unknown(&name, Some(&format!("{local}@laptop.local"))),
            _ if account.kind == AccountKind::Team => {
                return unknown(&name, Some(&format!("crew@{domain}")));
            }
            24..34 => {
                return Signature {
                    user: Some(id),
                    name: local.clone(),
                    email: Some(format!("{local}@users.example.net")),
                };
            }
            _ => {}
        }
        Signature {
            user: Some(id),
            name,
            email: Some(format!("{local}@{domain}")),
        }
    }

    /// The name and the local part of the address that somebody once told git: neither changes
    /// when the account is renamed.
    fn git_name(&self, id: AccountId) -> (String, String) {
        let index = id.0 as usize;
        let person = self
            .account(Some(id))
            .filter(|account| account.kind == AccountKind::User)
            .and_then(|_| names::PEOPLE.get(index % names::PEOPLE.len()));
        match person {
            Some((name, _, local, _)) => match index / names::PEOPLE.len() {
                0 => ((*name).to_owned(), (*local).to_owned()),
                cycle => (
                    format!("{name} {}", cycle + 1),
                    format!("{local}{}", cycle + 1),
                ),
            },
            None => (format!("robot {index}"), format!("robot-{index}")),
        }
    }
}

struct Signature {
    user: Option<AccountId>,
    name: String,
    email: Option<String>,
}

fn merge_message(pull: &PullRequest) -> String {
    let branch = pull.opened.source.branch.as_deref().unwrap_or("a branch");
    format!(
        "Merged in {branch} (pull request #{})\n\n{}\n",
        pull.number, pull.standing.title
    )
}

/// What a commit is called; some say more below the first line.
fn headline(hash: &str) -> String {
    let mut derived = Derived::of(hash, "message", 0);
    let verb = derived.pick(&names::VERBS);
    let object = derived.pick(&names::OBJECTS);
    let more = derived.pick(&["", "", "\nIt was noticed during the last rehearsal.\n"]);
    format!("{verb} {object}\n{more}")
}

fn whole(at: Instant) -> Instant {
    Instant::from_seconds(at.micros().div_euclid(1_000_000))
}
