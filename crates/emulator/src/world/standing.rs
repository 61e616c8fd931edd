//! How a pull request stands after its acts.

use std::sync::Arc;

use model::Instant;

use super::account::AccountId;
use super::act::{Act, Deed};
use super::pull_request::Opening;

/// The four states of a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullState {
    /// Still open, drafts included.
    Open,
    /// Its changes are in the destination.
    Merged,
    /// Closed without merging.
    Declined,
    /// Closed, since another one took its place.
    Superseded,
}

impl PullState {
    /// The word of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Merged => "MERGED",
            Self::Declined => "DECLINED",
            Self::Superseded => "SUPERSEDED",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Standing {
    pub(crate) state: PullState,
    pub(crate) title: Arc<str>,
    pub(crate) draft: bool,
    pub(crate) ready_at: Option<Instant>,
    pub(crate) source_commit: Option<Arc<str>>,
    pub(crate) reviewers: Vec<AccountId>,
    pub(crate) participants: Vec<Participant>,
    pub(crate) comments: u64,
    pub(crate) deleted_comments: u64,
    pub(crate) updated_on: Instant,
    pub(crate) closed_at: Option<Instant>,
    pub(crate) closed_by: Option<AccountId>,
    pub(crate) merge_commit: Option<Arc<str>>,
    pub(crate) reason: Arc<str>,
}

#[derive(Debug, Clone)]
pub(crate) struct Participant {
    pub(crate) user: AccountId,
    pub(crate) reviewer: bool,
    pub(crate) verdict: Option<Verdict>,
    judged_on: Option<Instant>,
    commented_on: Option<Instant>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Approved,
    ChangesRequested,
}

impl Verdict {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::ChangesRequested => "changes_requested",
        }
    }
}

/// The service notes a change a few milliseconds after it was made.
pub(crate) fn noted(at: Instant) -> Instant {
    Instant::from_micros(at.micros() + 2_000 + at.micros().rem_euclid(8_117))
}

impl Standing {
    pub(crate) fn at_opening(opened: &Opening) -> Self {
        let participants = opened
            .reviewers
            .iter()
            .map(|user| Participant::new(*user, true))
            .collect();
        Self {
            state: PullState::Open,
            title: Arc::clone(&opened.title),
            draft: opened.draft,
            ready_at: None,
            source_commit: opened.source.commit.clone(),
            reviewers: opened.reviewers.clone(),
            participants,
            comments: 0,
            deleted_comments: 0,
            updated_on: opened.created_on,
            closed_at: None,
            closed_by: None,
            merge_commit: None,
            reason: Arc::from(""),
        }
    }

    pub(crate) fn apply(&mut self, act: &Act) {
        // Acts of one microsecond still move it: nothing that happens leaves it as it was.
        let next = Instant::from_micros(self.updated_on.micros() + 1);
        self.updated_on = noted(act.at).max(next);
        match &act.deed {
            Deed::Opened => {}
            Deed::Pushed(commit) => {
                // What is pushed to a fork that was deleted since is no longer shown.
                self.source_commit = self.source_commit.as_ref().map(|_| Arc::clone(commit));
            }
            Deed::Retitled { new, .. } => self.title = Arc::clone(new),
            Deed::DraftChanged(draft) => {
                self.draft = *draft;
                self.ready_at = (!draft).then_some(act.at);
            }
            Deed::ReviewersChanged(change) => {
                change
                    .removed
                    .iter()
                    .for_each(|user| self.remove_reviewer(*user));
                change
                    .added
                    .iter()
                    .for_each(|user| self.add_reviewer(*user));
            }
            Deed::Approved => self.judge(act, Some(Verdict::Approved)),
            Deed::ChangesRequested => self.judge(act, Some(Verdict::ChangesRequested)),
            Deed::Unapproved | Deed::ChangeRequestWithdrawn => self.judge(act, None),
            Deed::Commented(_) => {
                self.comments += 1;
                if let Some(participant) = self.participant(act.by) {
                    participant.commented_on = Some(noted(act.at));
                }
            }
            Deed::CommentDeleted => {
                self.comments = self.comments.saturating_sub(1);
                self.deleted_comments += 1;
            }
            Deed::CommentEdited | Deed::CommentResolved => {}
            Deed::Merged(commit) => {
                self.merge_commit = Some(Arc::clone(commit));
                self.close(act, PullState::Merged);
            }
            Deed::Declined(reason) => {
                self.reason = Arc::clone(reason);
                self.close(act, PullState::Declined);
            }
            Deed::Superseded => self.close(act, PullState::Superseded),
        }
    }

    fn close(&mut self, act: &Act, state: PullState) {
        self.state = state;
        self.closed_at = Some(act.at);
        self.closed_by = act.by;
    }

    fn judge(&mut self, act: &Act, verdict: Option<Verdict>) {
        if let Some(participant) = self.participant(act.by) {
            participant.verdict = verdict;
            participant.judged_on = Some(act.at);
        }
    }

    /// The participant for this account, added when it acts for the first time.
    fn participant(&mut self, user: Option<AccountId>) -> Option<&mut Participant> {
        let user = user?;
        let place = match self
            .participants
            .iter()
            .position(|known| known.user == user)
        {
            Some(place) => place,
            None => {
                self.participants.push(Participant::new(user, false));
                self.participants.len() - 1
            }
        };
        self.participants.get_mut(place)
    }

    fn add_reviewer(&mut self, user: AccountId) {
        if !self.reviewers.contains(&user) {
            self.reviewers.push(user);
        }
        if let Some(participant) = self.participant(Some(user)) {
            participant.reviewer = true;
        }
    }

    /// Who has already taken part stays as a participant; who has not is gone.
    fn remove_reviewer(&mut self, user: AccountId) {
        self.reviewers.retain(|reviewer| *reviewer != user);
        self.participants.retain(|participant| {
            participant.user != user || participant.participated_on().is_some()
        });
        for participant in &mut self.participants {
            if participant.user == user {
                participant.reviewer = false;
            }
        }
    }
}

impl Participant {
    fn new(user: AccountId, reviewer: bool) -> Self {
        Self {
            user,
            reviewer,
            verdict: None,
            judged_on: None,
            commented_on: None,
        }
    }

    /// The date of the verdict that stands; without one, of the last comment.
    pub(crate) fn participated_on(&self) -> Option<Instant> {
        if self.verdict.is_some() {
            self.judged_on
        } else {
            self.commented_on
        }
    }

    pub(crate) fn role(&self) -> &'static str {
        if self.reviewer {
            "REVIEWER"
        } else {
            "PARTICIPANT"
        }
    }

    pub(crate) fn approved(&self) -> bool {
        self.verdict == Some(Verdict::Approved)
    }
}
