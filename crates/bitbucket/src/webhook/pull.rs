//! Deliveries about a pull request.

use model::rows::{EventKind, ReviewerRow};
use model::{Field, Id, Instant};

use super::reading::Payload;
use super::{Due, EventKey, Told};
use crate::RepositoryRef;
use crate::decode::reject::Trouble;
use crate::normalise::Rows;
use crate::normalise::activity::vote;
use crate::normalise::comment::{Teller, comment};
use crate::wire::activity::Vote;
use crate::wire::comment::Comment;
use crate::wire::pull_request::PullRequest;

/// How far a date of the payload may lie before the event and still be that of the event.
const SAME_EVENT_SECONDS: i64 = 60;

/// Takes in the pull request, and what was done to it.
pub(super) fn pull_request(
    payload: &Payload<'_>,
    home: &RepositoryRef,
    rows: &mut Rows,
    told: &mut Told,
) -> Result<(), Trouble> {
    let repository = || home.uuid.clone();
    let pull: PullRequest = match payload.member("pullrequest")? {
        Some(pull) => pull,
        // What this one holds is documented nowhere.
        None if *payload.event == EventKey::PullPushed => {
            let repository = repository();
            told.due.push(Due::RepositoryFeed { repository });
            return Ok(());
        }
        None => return Err(Trouble::missing("pullrequest")),
    };
    let (number, updated_at) = (pull.id, pull.updated_on);
    crate::normalise::pull_request::pull_request(pull, home, rows);
    let act = Act {
        pull_id: Id::pull(&home.uuid, number),
        updated_at,
    };
    match payload.event {
        EventKey::PullCreated | EventKey::PullUpdated | EventKey::PullPushed => {
            told.due.extend([
                Due::RepositoryFeed {
                    repository: repository(),
                },
                Due::PullSize {
                    repository: repository(),
                    number,
                },
                Due::PullCommits {
                    repository: repository(),
                    number,
                },
            ]);
        }
        EventKey::PullFulfilled | EventKey::PullRejected => {
            let repository = repository();
            told.due.push(Due::RepositoryFeed { repository });
        }
        EventKey::PullApproved => act.voted(EventKind::Approval, payload, rows)?,
        EventKey::PullUnapproved => act.withdrew(EventKind::Unapproval, payload, rows)?,
        EventKey::PullChangesRequested => {
            act.voted(EventKind::ChangesRequested, payload, rows)?;
        }
        EventKey::PullChangesRequestRemoved => {
            act.withdrew(EventKind::ChangesRequestRemoved, payload, rows)?;
        }
        _ => commented(payload, home, number, rows, told)?,
    }
    Ok(())
}

fn commented(
    payload: &Payload<'_>,
    home: &RepositoryRef,
    number: i64,
    rows: &mut Rows,
    told: &mut Told,
) -> Result<(), Trouble> {
    let mut record: Comment = payload.required("comment")?;
    let mut teller = Teller::Activity;
    match payload.event {
        EventKey::CommentDeleted => record.deleted = Field::Value(true),
        // What is not there any more is what it tells.
        EventKey::CommentReopened => teller = Teller::Comments,
        EventKey::CommentResolved if record.resolution.as_value().is_none() => {
            record.resolution = Field::Absent;
            told.due.push(Due::PullComments {
                repository: home.uuid.clone(),
                number,
            });
        }
        _ => {}
    }
    comment(record, home, number, teller, rows);
    Ok(())
}

/// What an act is done to.
struct Act {
    pull_id: Id,
    updated_at: Instant,
}

impl Act {
    /// Takes in a vote. The payload's own list of participants was recorded to lag behind it.
    fn voted(
        &self,
        kind: EventKind,
        payload: &Payload<'_>,
        rows: &mut Rows,
    ) -> Result<(), Trouble> {
        let told = told_vote(kind, payload)?;
        let at = told.date;
        let user = voter(&told);
        vote(kind, told, self.pull_id, rows);
        let Some(user) = user else {
            return Ok(());
        };
        let id = Id::reviewer(self.pull_id, user);
        if !rows.batch.reviewers.iter().any(|row| row.id == id) {
            // All reviewers are listed, so this is somebody whom nobody asked.
            let mut row = ReviewerRow::new(id, rows.observed_at);
            row.pull_id = Field::Value(self.pull_id);
            row.user_id = Field::Value(user);
            row.role = Field::Value("PARTICIPANT".to_owned());
            row.source_updated_at = Field::Value(self.updated_at);
            rows.batch.reviewers.push(row);
        }
        for row in rows.batch.reviewers.iter_mut().filter(|row| row.id == id) {
            row.approved = Field::Value(kind == EventKind::Approval);
            row.state = Field::Value(state_of(kind).to_owned());
            let earlier = row.participated_at.value();
            row.participated_at = Field::Value(earlier.map_or(at, |earlier| earlier.max(at)));
        }
        Ok(())
    }

    /// Takes in that a vote was taken back, of which nothing but a delivery ever tells.
    fn withdrew(
        &self,
        kind: EventKind,
        payload: &Payload<'_>,
        rows: &mut Rows,
    ) -> Result<(), Trouble> {
        let mut told = told_vote(kind, payload)?;
        let user = voter(&told);
        told.date = self.withdrawn_at(told.date, payload.event_time);
        vote(kind, told, self.pull_id, rows);
        let Some(user) = user else {
            return Ok(());
        };
        let id = Id::reviewer(self.pull_id, user);
        for row in rows.batch.reviewers.iter_mut().filter(|row| row.id == id) {
            if kind == EventKind::Unapproval {
                row.approved = Field::Value(false);
            }
            if row.state.as_value().map(String::as_str) == Some(state_of(kind)) {
                row.state = Field::Null;
            }
        }
        Ok(())
    }

    /// When a vote was taken back. No recording shows whether the date beside it is that of the
    /// withdrawal or still that of the vote, so the latest date that the payload has counts; and if
    /// all of them are older than the event, the event's.
    fn withdrawn_at(&self, told: Instant, event_time: Option<Instant>) -> Instant {
        let newest = told.max(self.updated_at);
        match event_time {
            Some(event) if event.seconds_since(newest) > SAME_EVENT_SECONDS => event,
            _ => newest,
        }
    }
}

/// The vote of a delivery, by whom the delivery names where the vote itself names nobody.
fn told_vote(kind: EventKind, payload: &Payload<'_>) -> Result<Vote, Trouble> {
    let name = match kind {
        EventKind::Approval | EventKind::Unapproval => "approval",
        _ => "changes_request",
    };
    let mut told: Vote = payload.required(name)?;
    if voter(&told).is_none() {
        told.user = payload.actor().map_or(Field::Absent, Field::Value);
    }
    Ok(told)
}

fn voter(vote: &Vote) -> Option<Id> {
    let account = vote.user.as_value()?;
    account.uuid.as_ref().map(Id::user)
}

/// What the list of participants calls the vote that this gives or takes back.
fn state_of(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Approval | EventKind::Unapproval => "approved",
        _ => "changes_requested",
    }
}
