//! Changing the world by hand, at the time that its clock shows.

mod comments;
mod commits;
mod deployments;
mod numbers;
mod pipelines;
mod repositories;

use std::sync::Arc;

use model::Instant;
use thiserror::Error;

use super::World;
use super::account::AccountId;
use super::act::{Act, Deed, ReviewerChange};
use super::history::Histories;
use super::pull_request::{Opening, PullRequest, Side};
use super::repository::{Moment, RepositoryId};
use super::standing::PullState;

/// What a verb was asked to change is not there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum WorldError {
    /// No repository has this slug or UUID.
    #[error("the world has no repository {0:?}")]
    UnknownRepository(String),
    /// No account has this UUID, nickname or name.
    #[error("the world has no account {0:?}")]
    UnknownAccount(String),
    /// The workspace has no project of this key.
    #[error("the world has no project {0:?}")]
    UnknownProject(String),
    /// The repository has no pull request of this number.
    #[error("repository {0:?} has no pull request {1}")]
    UnknownPullRequest(String, u64),
    /// The pull request has no comment of this id.
    #[error("pull request {0} has no comment {1}")]
    UnknownComment(u64, i64),
    /// The repository has no pipeline of this UUID.
    #[error("repository {0:?} has no pipeline {1}")]
    UnknownPipeline(String, String),
    /// The repository has no environment of this name or UUID.
    #[error("repository {0:?} has no environment {1:?}")]
    UnknownEnvironment(String, String),
    /// No verb made a deployment of this UUID in the repository.
    #[error("repository {0:?} has no deployment {1}")]
    UnknownDeployment(String, String),
    /// A closed pull request cannot be pushed to, merged or declined.
    #[error("pull request {0} is closed")]
    Closed(u64),
}

type Outcome<T> = Result<T, WorldError>;

impl World {
    /// Opens a pull request into the main branch and returns its number.
    pub fn open_pull_request(&mut self, repository: &str, author: &str) -> Outcome<u64> {
        self.open(repository, author, false)
    }

    /// Opens a draft and returns its number.
    pub fn open_draft(&mut self, repository: &str, author: &str) -> Outcome<u64> {
        self.open(repository, author, true)
    }

    fn open(&mut self, repository: &str, author: &str, draft: bool) -> Outcome<u64> {
        let author = self.account_id(author)?;
        let id = self.repository_id(repository)?;
        let (source, unborn) = (self.dice.hex(40), self.dice.hex(40));
        let head = self
            .repository(repository)
            .and_then(|found| self.head(found));
        let destination = head.unwrap_or(unborn);
        let now = self.clock.now();
        let found = self.repository_mut(id, repository)?;
        let created_on = found.after_head(now);
        let number = found.next_number();
        let main = found
            .main_branch
            .get_or_insert_with(|| "main".to_owned())
            .clone();
        let side = |branch: String, commit: String| Side {
            repository: Some(id),
            branch: Some(branch.into()),
            commit: Some(commit.into()),
        };
        let opened = Opening {
            title: format!("Change number {number}").into(),
            description: Arc::from(""),
            author: Some(author),
            created_on,
            draft,
            reviewers: Vec::new(),
            source: side(format!("change/{number}"), source),
            destination: side(main, destination),
            close_source_branch: true,
            task_count: 0,
        };
        let pull = PullRequest::open(number, opened, 20);
        let moments: Vec<Moment> = pull.moments().collect();
        found.updated_on = found.updated_on.max(pull.standing.updated_on);
        found.pulls.push(pull);
        moments
            .into_iter()
            .for_each(|moment| found.add_to_feed(moment));
        self.tell_opening(id, number);
        Ok(number)
    }

    /// Pushes a commit to the source branch; returns its hash of forty characters.
    pub fn push(&mut self, repository: &str, number: u64, user: &str) -> Outcome<String> {
        // A hash that begins with 0 would mean that it was forced.
        let commit = format!("1{}", self.dice.hex(40).get(1..).unwrap_or_default());
        self.push_commit(repository, number, user, &commit)?;
        Ok(commit)
    }

    fn push_commit(
        &mut self,
        repository: &str,
        number: u64,
        user: &str,
        commit: &str,
    ) -> Outcome<()> {
        self.act_while_open(repository, number, user, Deed::Pushed(commit.into()))
    }

    /// Gives the pull request another title.
    pub fn retitle(
        &mut self,
        repository: &str,
        number: u64,
        user: &str,
        title: &str,
    ) -> Outcome<()> {
        let old = Arc::clone(&self.pull(repository, number)?.standing.title);
        self.act(
            repository,
            number,
            user,
            Deed::Retitled {
                old,
                new: title.into(),
            },
        )
    }

    /// Ends the draft.
    pub fn mark_ready(&mut self, repository: &str, number: u64, user: &str) -> Outcome<()> {
        self.act_while_open(repository, number, user, Deed::DraftChanged(false))
    }

    /// Makes it a draft again.
    pub fn mark_draft(&mut self, repository: &str, number: u64, user: &str) -> Outcome<()> {
        self.act_while_open(repository, number, user, Deed::DraftChanged(true))
    }

    /// Adds and removes reviewers.
    pub fn change_reviewers(
        &mut self,
        repository: &str,
        number: u64,
        user: &str,
        added: &[&str],
        removed: &[&str],
    ) -> Outcome<()> {
        let ids = |keys: &[&str]| -> Outcome<Vec<AccountId>> {
            keys.iter().map(|key| self.account_id(key)).collect()
        };
        let change = ReviewerChange {
            added: ids(added)?,
            removed: ids(removed)?,
        };
        self.act_while_open(
            repository,
            number,
            user,
            Deed::ReviewersChanged(Box::new(change)),
        )
    }

    /// Approves.
    pub fn approve(&mut self, repository: &str, number: u64, user: &str) -> Outcome<()> {
        self.act(repository, number, user, Deed::Approved)
    }

    /// Takes the approval back; the activity says nothing about it.
    pub fn unapprove(&mut self, repository: &str, number: u64, user: &str) -> Outcome<()> {
        self.act(repository, number, user, Deed::Unapproved)
    }

    /// Requests changes.
    pub fn request_changes(&mut self, repository: &str, number: u64, user: &str) -> Outcome<()> {
        self.act(repository, number, user, Deed::ChangesRequested)
    }

    /// Takes the request for changes back; the activity says nothing about it.
    pub fn withdraw_change_request(
        &mut self,
        repository: &str,
        number: u64,
        user: &str,
    ) -> Outcome<()> {
        self.act(repository, number, user, Deed::ChangeRequestWithdrawn)
    }

    /// Merges; returns the merge commit's hash of forty characters.
    pub fn merge(&mut self, repository: &str, number: u64, user: &str) -> Outcome<String> {
        let commit = self.dice.hex(40);
        self.act_while_open(
            repository,
            number,
            user,
            Deed::Merged(commit.as_str().into()),
        )?;
        Ok(commit)
    }

    /// Declines, with a reason that may be empty.
    pub fn decline(
        &mut self,
        repository: &str,
        number: u64,
        user: &str,
        reason: &str,
    ) -> Outcome<()> {
        self.act_while_open(repository, number, user, Deed::Declined(reason.into()))
    }

    /// Gives an account another name, in Jira too.
    pub fn rename_person(&mut self, account: &str, display_name: &str) -> Outcome<()> {
        let id = self.account_id(account)?;
        if let Some(account) = self.accounts.get_mut(id.0 as usize) {
            account.display_name = display_name.to_owned();
            let known = account.account_id.as_deref();
            if let Some(user) = known.and_then(|id| self.jira.user_mut(id)) {
                user.display_name = display_name.to_owned();
            }
        }
        Ok(())
    }

    /// Takes somebody out of the workspace: no longer listed, still named where they acted.
    pub fn remove_member(&mut self, account: &str) -> Outcome<()> {
        let id = self.account_id(account)?;
        if let Some(account) = self.accounts.get_mut(id.0 as usize) {
            account.member = false;
        }
        Ok(())
    }

    fn act(&mut self, repository: &str, number: u64, user: &str, deed: Deed) -> Outcome<()> {
        let by = Some(self.account_id(user)?);
        let mut at = self.time_of_act(repository, number)?;
        let before = self.before(repository, number);
        if matches!(deed, Deed::Merged(_)) {
            let id = self.repository_id(repository)?;
            let found = self.repository_mut(id, repository)?;
            at = found.after_head(at);
            found.head_at = Some(at);
        }
        self.change(repository, number, |pull| pull.record(Act { at, by, deed }))?;
        self.tell_act(repository, number, before);
        Ok(())
    }

    fn act_while_open(
        &mut self,
        repository: &str,
        number: u64,
        user: &str,
        deed: Deed,
    ) -> Outcome<()> {
        match self.pull(repository, number)?.standing.state {
            PullState::Open => self.act(repository, number, user, deed),
            _ => Err(WorldError::Closed(number)),
        }
    }

    /// Changes a pull request and puts its new entries into the feed.
    fn change(
        &mut self,
        repository: &str,
        number: u64,
        change: impl FnOnce(&mut PullRequest),
    ) -> Outcome<()> {
        let id = self.repository_id(repository)?;
        let found = self.repository_mut(id, repository)?;
        let pull = found
            .pull_request_mut(number)
            .ok_or_else(|| WorldError::UnknownPullRequest(repository.to_owned(), number))?;
        let before = pull.acts.len();
        change(pull);
        let moments: Vec<Moment> = pull
            .moments()
            .filter(|moment| moment.act as usize >= before)
            .collect();
        let touches_code = pull
            .acts
            .last()
            .is_some_and(|act| matches!(act.deed, Deed::Pushed(_) | Deed::Merged(_)));
        let updated_on = pull.standing.updated_on;
        moments
            .into_iter()
            .for_each(|moment| found.add_to_feed(moment));
        if touches_code {
            found.updated_on = found.updated_on.max(updated_on);
        }
        Ok(())
    }

    /// The time of the clock, or just after the last act when that is later: opening takes a
    /// moment, and what follows it cannot come before.
    fn time_of_act(&self, repository: &str, number: u64) -> Outcome<Instant> {
        let now = self.clock.now();
        let last = self.pull(repository, number)?.acts.last();
        Ok(last.map_or(now, |last| {
            now.max(Instant::from_micros(last.at.micros() + 1_000))
        }))
    }

    fn account_id(&self, key: &str) -> Outcome<AccountId> {
        let place = self.accounts.iter().position(|account| {
            account.uuid == key
                || account.nickname.as_deref() == Some(key)
                || account.display_name == key
        });
        place
            .and_then(|place| u32::try_from(place).ok())
            .map(AccountId)
            .ok_or_else(|| WorldError::UnknownAccount(key.to_owned()))
    }

    fn repository_id(&self, key: &str) -> Outcome<RepositoryId> {
        self.repository(key)
            .map(|repository| repository.id)
            .ok_or_else(|| WorldError::UnknownRepository(key.to_owned()))
    }

    fn repository_mut(&mut self, id: RepositoryId, key: &str) -> Outcome<&mut super::Repository> {
        let found = self
            .repositories
            .get_mut(id.0 as usize)
            .ok_or_else(|| WorldError::UnknownRepository(key.to_owned()))?;
        found.histories = Histories::default();
        Ok(found)
    }

    fn pull(&self, repository: &str, number: u64) -> Outcome<&PullRequest> {
        self.repository(repository)
            .ok_or_else(|| WorldError::UnknownRepository(repository.to_owned()))?
            .pull_request(number)
            .ok_or_else(|| WorldError::UnknownPullRequest(repository.to_owned(), number))
    }
}
