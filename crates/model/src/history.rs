//! What is known of one pull request, gathered for measuring it and for proving that nothing is
//! missing.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::rows::{EventKind, PullState, ReviewState, UserType};
use crate::{Id, Instant};

/// Who did something: an account, and whether it counts as a person. Nobody known counts as a
/// person, and as somebody else than everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account; `None` when Bitbucket named none.
    pub user: Option<Id>,
    /// Whether it is a person's.
    pub user_type: UserType,
}

/// An activity entry other than a comment.
#[derive(Clone, Debug)]
pub struct Event {
    /// What kind of entry.
    pub kind: EventKind,
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: Instant,
    /// The state after an update, where told and known.
    pub state: Option<PullState>,
    /// What the update says the status became (`fulfilled`, `rejected`).
    pub status_changed_to: Option<String>,
    /// Whether it was a draft after an update.
    pub draft: Option<bool>,
    /// Set where the update made or unmade a draft.
    pub draft_changed_to: Option<bool>,
    /// The newest commit after an update.
    pub source_commit_sha: Option<String>,
    /// Reviewers that the update added.
    pub reviewers_added: Vec<Id>,
}

/// A comment.
#[derive(Clone, Copy, Debug)]
pub struct Comment {
    /// Who.
    pub actor: Actor,
    /// When it was written.
    pub created_at: Instant,
    /// When it was last touched.
    pub updated_at: Instant,
    /// Whether it was deleted.
    pub deleted: bool,
    /// When its thread was resolved.
    pub resolved_at: Option<Instant>,
}

/// A reviewer or participant, as the newest version of the pull request shows them.
#[derive(Clone, Debug)]
pub struct Participant {
    /// The account.
    pub user: Id,
    /// Whether they were asked to review.
    pub reviewer: bool,
    /// Whether their approval stands.
    pub approved: bool,
    /// Whether their request for changes stands.
    pub changes_requested: bool,
    /// Their last act.
    pub participated_at: Option<Instant>,
}

/// A vote that was earlier found not to stand any more.
#[derive(Clone, Debug)]
pub struct Dismissal {
    /// The review, as `bitbucket_reviews.source_id` names it.
    pub source_id: String,
    /// The account.
    pub user: Option<Id>,
    /// When it was found.
    pub dismissed_at: Instant,
}

/// Everything held about one pull request.
#[derive(Clone, Debug)]
pub struct PullHistory {
    /// Its row.
    pub pull_id: Id,
    /// Its repository.
    pub repository: Option<Id>,
    /// Its number.
    pub number: i64,
    /// The author's account.
    pub author: Option<Id>,
    /// The present state; `None` for a word that is not known yet.
    pub state: Option<PullState>,
    /// Whether it is a draft now.
    pub draft: bool,
    /// The newest commit of its source, where that is not gone; mostly twelve characters.
    pub source_commit_sha: Option<String>,
    /// When it was opened.
    pub created_at: Instant,
    /// When it last changed.
    pub updated_at: Instant,
    /// The date of the merge commit.
    pub merge_commit_at: Option<Instant>,
    /// The earliest commit, where its commits are imported.
    pub first_commit_at: Option<Instant>,
    /// The comments that Bitbucket counts, where it told.
    pub comment_count: Option<i64>,
    /// The version up to which it was proven.
    pub proven_to: Option<Instant>,
    /// Entries, oldest first.
    pub events: Vec<Event>,
    /// Comments, oldest first.
    pub comments: Vec<Comment>,
    /// Who takes part; `None` when Bitbucket never listed them.
    pub participants: Option<Vec<Participant>>,
    /// Votes found withdrawn before.
    pub dismissals: Vec<Dismissal>,
    /// Whose the accounts are that the pull request names, where it is known.
    pub people: BTreeMap<Id, Person>,
}

/// Whose an account is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The person (`users.id`), who may have several accounts.
    pub user: i64,
    /// Their time zone, where it is known: an IANA name.
    pub timezone: Option<Arc<str>>,
}

impl PullHistory {
    /// The time zone of whose account this is, where it is known.
    pub fn timezone_of(&self, user: Option<Id>) -> Option<&str> {
        self.people.get(&user?)?.timezone.as_deref()
    }

    /// Whether an account is the author's: the same one, or another of the same person. Nobody
    /// known is somebody else than everybody.
    pub fn is_author(&self, user: Option<Id>) -> bool {
        let (Some(user), Some(author)) = (user, self.author) else {
            return false;
        };
        let person = |account: Id| self.people.get(&account).map(|person| person.user);
        user == author || person(user).is_some_and(|one| person(author) == Some(one))
    }

    /// Whether somebody who did something is a person other than the author.
    pub fn is_another_person(&self, actor: &Actor) -> bool {
        actor.user_type == UserType::Human && !self.is_author(actor.user)
    }
}

/// One act of review, as measured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Names the review within its pull request and reviewer.
    pub source_id: String,
    /// The reviewer's account.
    pub user: Option<Id>,
    /// What it was.
    pub state: ReviewState,
    /// The vote, or the first comment of the day.
    pub created_at: Instant,
    /// The vote, or the last comment of the day.
    pub updated_at: Instant,
    /// How many comments it stands for.
    pub comment_count: i64,
    /// Seconds from being asked to the review.
    pub time_since_request: i64,
    /// The day of `created_at` in the account's time zone.
    pub created_on: String,
    /// The time zone of its business hours.
    pub timezone: &'static str,
    /// Seconds of business hours within `time_since_request`.
    pub time_since_request_business_hours: i64,
    /// When the vote was found not to stand any more.
    pub dismissed_at: Option<Instant>,
}
