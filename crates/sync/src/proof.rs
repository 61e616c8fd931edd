//! Whether what is held of a pull request agrees with what Bitbucket counts.
//!
//! The completeness of the repository's feed is documented nowhere, so it is proven for each pull
//! request and version: the comments held are as many as Bitbucket counts, every vote that stands
//! has its entry, the end has its entry, the newest update of an open one shows it as it stands, and
//! nothing that was read before can have changed unseen.

use model::history::{Comment, Event, PullHistory};
use model::rows::{EventKind, PullState};
use model::{Id, Instant};

/// How long after an act `updated_on` may stand and still be explained by it. Bitbucket writes the
/// two within milliseconds of each other.
pub(crate) const SAME_ACT_SECONDS: i64 = 5;

/// What is known of the feed that was just walked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Evidence {
    /// Whether the repository has a feed at all.
    pub(crate) feed: bool,
    /// Since when the walk saw every entry again, as it is now. `None`: nothing was walked.
    pub(crate) seen_since: Option<Instant>,
}

/// What has to be read, if anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Doubt {
    /// Comments that changed since this instant, or all.
    pub(crate) comments: Option<CommentsSince>,
    /// The pull request's own activity.
    pub(crate) activity: bool,
}

/// Which comments to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommentsSince {
    /// All of them.
    Ever,
    /// Those touched since.
    Instant(Instant),
}

impl Doubt {
    /// Whether nothing has to be read.
    pub(crate) fn none(&self) -> bool {
        self.comments.is_none() && !self.activity
    }
}

/// What has to be read before a pull request counts as proven.
pub(crate) fn doubt(history: &PullHistory, evidence: Evidence) -> Doubt {
    let comments_missing = !comments_agree(history) || unseen_act(history);
    let mut doubt = Doubt {
        comments: comments_missing.then_some(CommentsSince::Ever),
        activity: missing_vote(history).is_some()
            || (evidence.feed && (missing_end(history) || missing_update(history).is_some())),
    };
    if doubt.comments.is_none() && may_have_changed_unseen(history, evidence) {
        doubt.comments = Some(match history.proven_to {
            Some(proven) => CommentsSince::Instant(proven),
            None => CommentsSince::Ever,
        });
    }
    doubt
}

/// What still disagrees after everything was read, in words; `None` when nothing does.
pub(crate) fn difference(history: &PullHistory, evidence: Evidence) -> Option<String> {
    let mut differences = Vec::new();
    if !comments_agree(history) {
        let (live, all) = comments_held(history);
        differences.push(format!(
            "Bitbucket counts {} comments and shows {all}, {} of them deleted",
            history.comment_count.unwrap_or(0),
            all - live
        ));
    }
    if let Some(kind) = missing_vote(history) {
        differences.push(format!("Bitbucket shows {kind} that no entry tells of"));
    }
    if evidence.feed && missing_end(history) {
        differences.push("no entry tells when it was closed".to_owned());
    }
    if let Some(what) = missing_update(history).filter(|_| evidence.feed) {
        differences.push(format!("no entry tells {what}"));
    }
    (!differences.is_empty()).then(|| differences.join("; "))
}

/// The comments that were there at this version: those not deleted, and all.
fn comments_held(history: &PullHistory) -> (i64, i64) {
    let then = history.updated_at.plus_seconds(SAME_ACT_SECONDS);
    let held = || {
        history
            .comments
            .iter()
            .filter(move |comment| comment.created_at <= then)
    };
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    (
        count(held().filter(|comment| !comment.deleted).count()),
        count(held().count()),
    )
}

/// Bitbucket's count may or may not include deleted comments: both were recorded.
fn comments_agree(history: &PullHistory) -> bool {
    let (live, all) = comments_held(history);
    history
        .comment_count
        .is_none_or(|count| count == live || count == all)
}

/// A vote that the participants show and no entry tells of.
fn missing_vote(history: &PullHistory) -> Option<&'static str> {
    // A vote that was taken back is not the one that stands.
    let stands = |vote: &Event| {
        !history.events.iter().any(|event| {
            event.kind.withdraws() == Some(vote.kind)
                && event.actor.user == vote.actor.user
                && event.at >= vote.at
        })
    };
    let voted = |user: Id, kind: EventKind| {
        let mut events = history.events.iter();
        events.any(|event| event.kind == kind && event.actor.user == Some(user) && stands(event))
    };
    history
        .participants
        .as_deref()?
        .iter()
        .find_map(|participant| {
            if participant.approved && !voted(participant.user, EventKind::Approval) {
                Some("an approval")
            } else if participant.changes_requested
                && !voted(participant.user, EventKind::ChangesRequested)
            {
                Some("a request for changes")
            } else {
                None
            }
        })
}

/// Whether the participants show an act that nothing held can be: then it was a comment that the
/// feed does not show and that was deleted, since the counts agree.
fn unseen_act(history: &PullHistory) -> bool {
    let acted = |user: Id, at: Instant| {
        let since = at.plus_seconds(-SAME_ACT_SECONDS);
        let by = |who: Option<Id>, when: Instant| who == Some(user) && when >= since;
        history
            .events
            .iter()
            .any(|event| by(event.actor.user, event.at))
            || history
                .comments
                .iter()
                .any(|comment| by(comment.actor.user, comment.updated_at))
    };
    history.participants.iter().flatten().any(|participant| {
        participant
            .participated_at
            .is_some_and(|at| !acted(participant.user, at))
    })
}

/// Whether it is closed and no entry tells when.
fn missing_end(history: &PullHistory) -> bool {
    let tells_the_end = |event: &Event| {
        event.kind == EventKind::Update
            && (event.state.is_some_and(PullState::is_closed)
                || event.status_changed_to.as_deref().is_some_and(|status| {
                    matches!(status, "fulfilled" | "rejected" | "superseded")
                }))
    };
    history.state.is_some_and(PullState::is_closed) && !history.events.iter().any(tells_the_end)
}

/// What the newest update of an open pull request should show and does not: then that update is not
/// here. One that was followed by another leaves no such trace; nor is a closed one asked about,
/// since its end shows it as it was then, and its branch may have gone on without it.
fn missing_update(history: &PullHistory) -> Option<&'static str> {
    if history.state != Some(PullState::Open) {
        return None;
    }
    let then = history.updated_at.plus_seconds(SAME_ACT_SECONDS);
    let updates = || {
        history
            .events
            .iter()
            .filter(|event| event.kind == EventKind::Update && event.at <= then)
    };
    // What an entry leaves out says nothing.
    let commit = updates()
        .filter_map(|event| Some((event.at, event.source_commit_sha.as_deref()?)))
        .max_by_key(|(at, _)| *at);
    let draft = updates()
        .filter_map(|event| Some((event.at, event.draft?)))
        .max_by_key(|(at, _)| *at);
    if updates().next().is_none() {
        Some("when it was opened")
    } else if let (Some(now), Some((_, told))) = (&history.source_commit_sha, commit)
        && !is_same_commit(now, told)
    {
        Some("of its newest commit")
    } else if draft.is_some_and(|(_, told)| told != history.draft) {
        Some("when it began or ceased to be a draft")
    } else {
        None
    }
}

/// Whether two hashes name one commit: some are cut to twelve characters.
fn is_same_commit(one: &str, other: &str) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// Whether a comment may have been edited, resolved or deleted without our having seen it: such an
/// act moves `updated_on` and makes no entry of its own.
fn may_have_changed_unseen(history: &PullHistory, evidence: Evidence) -> bool {
    if !evidence.feed || history.comments.is_empty() {
        return false;
    }
    let newest = history
        .events
        .iter()
        .map(|event| event.at)
        .chain(history.comments.iter().map(explained_by))
        .max()
        .map_or(history.created_at, |newest| newest.max(history.created_at));
    let unexplained = history.updated_at > newest.plus_seconds(SAME_ACT_SECONDS);
    // A later act can hide that an older comment was changed before it; what the walk has just
    // seen again is as it is.
    let hidden = history.proven_to.is_some()
        && history.comments.iter().any(|comment| {
            !comment.deleted
                && evidence
                    .seen_since
                    .is_none_or(|since| comment.created_at < since)
        });
    unexplained || hidden
}

/// The last date that a comment explains. Where it was changed it must be plain what changed: no
/// recording shows whether activity tells of a resolution, so that a change without one may be an
/// edit, or a resolution that we were not told of.
fn explained_by(comment: &Comment) -> Instant {
    let near = |at: Instant| (comment.updated_at.seconds_since(at)).abs() <= SAME_ACT_SECONDS;
    if comment.deleted || comment.resolved_at.is_some_and(near) {
        comment.updated_at
    } else {
        comment.created_at
    }
}

#[cfg(test)]
mod tests;
