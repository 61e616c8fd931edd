//! Tables of cases by hand, and one property: the order of entries does not matter.
//!
//! Instants are written as seconds after the opening, accounts as numbers: 1 is the author, 2 and 3
//! are people, 9 is a program, and `None` is somebody whom Bitbucket does not name.

mod any_order;
mod calendar;
mod closing;
mod draft;
mod interval;
mod request;
mod review;

use model::history::{Actor, Comment, Dismissal, Event, Participant, Person, PullHistory};
use model::rows::{EventKind, PullState, UserType};
use model::{Id, Instant};

use crate::{Calendar, CalendarSettings};

/// A Monday noon.
const OPENED: i64 = 1_714_996_800; // 2024-05-06T12:00:00Z

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(OPENED).plus_seconds(seconds)
}

fn actor(user: Option<i64>) -> Actor {
    Actor {
        user: user.map(Id),
        user_type: if user == Some(9) {
            UserType::Bot
        } else {
            UserType::Human
        },
    }
}

/// The calendar that an account has before anybody sets anything.
fn utc() -> Calendar {
    Calendar::new(CalendarSettings::default())
}

/// A pull request told step by step.
#[derive(Clone)]
struct Story(PullHistory);

impl Story {
    /// Opened by 1 at second 0, and nothing else known.
    fn opened() -> Self {
        Self(PullHistory {
            pull_id: Id(100),
            repository: None,
            number: 7,
            author: Some(Id(1)),
            state: Some(PullState::Open),
            draft: false,
            source_commit_sha: None,
            created_at: at(0),
            updated_at: at(100_000),
            merge_commit_at: None,
            first_commit_at: None,
            comment_count: None,
            proven_to: None,
            events: Vec::new(),
            comments: Vec::new(),
            participants: None,
            dismissals: Vec::new(),
            people: std::collections::BTreeMap::new(),
        })
    }

    fn by(mut self, author: Option<i64>) -> Self {
        self.0.author = author.map(Id);
        self
    }

    /// The accounts are those of one person, who lives in this time zone.
    fn person(mut self, accounts: &[i64], timezone: Option<&str>) -> Self {
        let user = i64::try_from(self.0.people.len()).expect("a few people") + 1_000;
        for account in accounts {
            let timezone = timezone.map(Into::into);
            self.0
                .people
                .insert(Id(*account), Person { user, timezone });
        }
        self
    }

    fn state(mut self, state: PullState) -> Self {
        self.0.state = Some(state);
        self
    }

    fn draft_now(mut self) -> Self {
        self.0.draft = true;
        self
    }

    fn event(mut self, kind: EventKind, user: Option<i64>, seconds: i64) -> Self {
        self.0.events.push(Event {
            kind,
            actor: actor(user),
            at: at(seconds),
            state: None,
            status_changed_to: None,
            draft: None,
            draft_changed_to: None,
            source_commit_sha: None,
            reviewers_added: Vec::new(),
        });
        self
    }

    fn approved(self, user: Option<i64>, seconds: i64) -> Self {
        self.event(EventKind::Approval, user, seconds)
    }

    fn asked_for_changes(self, user: Option<i64>, seconds: i64) -> Self {
        self.event(EventKind::ChangesRequested, user, seconds)
    }

    fn took_approval_back(self, user: Option<i64>, seconds: i64) -> Self {
        self.event(EventKind::Unapproval, user, seconds)
    }

    fn took_request_for_changes_back(self, user: Option<i64>, seconds: i64) -> Self {
        self.event(EventKind::ChangesRequestRemoved, user, seconds)
    }

    fn update(self, seconds: i64) -> Self {
        self.event(EventKind::Update, Some(1), seconds)
    }

    /// Changes the entry told last.
    fn telling(mut self, change: impl FnOnce(&mut Event)) -> Self {
        change(self.0.events.last_mut().expect("no entry was told yet"));
        self
    }

    fn pushed(self, sha: &str, seconds: i64) -> Self {
        self.update(seconds)
            .telling(|event| event.source_commit_sha = Some(sha.to_owned()))
    }

    fn told_state(self, state: PullState, seconds: i64) -> Self {
        self.update(seconds)
            .telling(|event| event.state = Some(state))
    }

    fn told_status(self, status: &str, seconds: i64) -> Self {
        self.update(seconds)
            .telling(|event| event.status_changed_to = Some(status.to_owned()))
    }

    fn merged(self, seconds: i64) -> Self {
        self.state(PullState::Merged)
            .told_state(PullState::Merged, seconds)
            .telling(|event| event.status_changed_to = Some("fulfilled".to_owned()))
    }

    fn told_draft(self, draft: bool, seconds: i64) -> Self {
        self.update(seconds)
            .telling(|event| event.draft = Some(draft))
    }

    fn turned_draft(self, draft: bool, seconds: i64) -> Self {
        self.told_draft(draft, seconds)
            .telling(|event| event.draft_changed_to = Some(draft))
    }

    fn asked(self, user: i64, seconds: i64) -> Self {
        self.update(seconds)
            .telling(|event| event.reviewers_added = vec![Id(user)])
    }

    fn commented(mut self, user: Option<i64>, seconds: i64) -> Self {
        self.0.comments.push(Comment {
            actor: actor(user),
            created_at: at(seconds),
            updated_at: at(seconds).plus_millis(10),
            deleted: false,
            resolved_at: None,
        });
        self
    }

    fn deleted(mut self) -> Self {
        self.0
            .comments
            .last_mut()
            .expect("no comment was told yet")
            .deleted = true;
        self
    }

    /// Lists accounts: number, reviewer, approval stands, request for changes stands.
    fn listing(mut self, participants: &[(i64, bool, bool, bool)]) -> Self {
        self.0.participants = Some(
            participants
                .iter()
                .map(
                    |&(user, reviewer, approved, changes_requested)| Participant {
                        user: Id(user),
                        reviewer,
                        approved,
                        changes_requested,
                        participated_at: None,
                    },
                )
                .collect(),
        );
        self
    }

    fn found_withdrawn(mut self, source_id: &str, user: i64, seconds: i64) -> Self {
        self.0.dismissals.push(Dismissal {
            source_id: source_id.to_owned(),
            user: Some(Id(user)),
            dismissed_at: at(seconds),
        });
        self
    }

    fn measured(&self) -> crate::PullMeasures {
        crate::measure_pull(&self.0, &utc())
    }

    fn reviews(&self) -> Vec<model::history::Review> {
        crate::reviews(&self.0, &utc())
    }
}
