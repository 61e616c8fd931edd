//! When a stream is to be read again.

use std::collections::{BTreeMap, HashMap};

use model::{Id, Instant};
use store::{Db, Stream, StreamKey, StreamState};

use crate::{ImportOptions, StreamName};

/// What stopped a stream may have passed after this long, whatever its interval.
const RETRY_SECONDS: i64 = 300;

/// A walk that was left unfinished goes on after this long.
const RESUME_SECONDS: i64 = 60;

/// How long after it was last read each stream is due again, in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intervals(BTreeMap<StreamName, i64>);

impl Default for Intervals {
    /// What changes often is read often. Commits, environments and deployments cost nothing while
    /// nothing moved.
    fn default() -> Self {
        const MINUTES: i64 = 60;
        const HOURS: i64 = 60 * MINUTES;
        let usual = |stream| match stream {
            StreamName::Workspace | StreamName::Members => 24 * HOURS,
            StreamName::Repositories => HOURS,
            StreamName::PullSizes | StreamName::PullCommits | StreamName::PipelineSteps => HOURS,
            _ => 10 * MINUTES,
        };
        Self(
            StreamName::ALL
                .into_iter()
                .map(|stream| (stream, usual(stream)))
                .collect(),
        )
    }
}

impl Intervals {
    /// Another interval for a stream.
    pub fn set(&mut self, stream: StreamName, seconds: i64) {
        self.0.insert(stream, seconds.max(1));
    }

    /// The interval of a stream.
    pub fn of(&self, stream: StreamName) -> i64 {
        self.0.get(&stream).copied().unwrap_or(600)
    }
}

/// When the streams of an import are read.
#[derive(Clone, Debug, Default)]
pub enum Pace {
    /// All of them, now; a stream that another run holds is waited for.
    #[default]
    Now,
    /// Those that are due; what another run holds is left to it.
    Due(Intervals),
}

/// What is known of the streams of a connection, and what follows for when they are due.
#[derive(Debug)]
pub(crate) struct Agenda {
    streams: HashMap<Id, Stream>,
    connection: i64,
    now: Instant,
    intervals: Intervals,
}

impl Agenda {
    pub(crate) async fn load(
        db: &Db,
        connection: i64,
        intervals: &Intervals,
        now: Instant,
    ) -> Result<Self, store::StoreError> {
        let streams = db.streams(connection).await?;
        Ok(Self {
            streams: streams
                .into_iter()
                .map(|stream| (stream.id, stream))
                .collect(),
            connection,
            now,
            intervals: intervals.clone(),
        })
    }

    /// When a stream is to be read again.
    pub(crate) fn due_at(
        &self,
        name: StreamName,
        repository: Option<Id>,
        credential: Option<i64>,
    ) -> Instant {
        let key = StreamKey {
            stream: name.as_str(),
            repository,
            credential,
        };
        match self.streams.get(&key.id(self.connection)) {
            Some(stream) => due_at(stream, self.intervals.of(name), self.now),
            None => Instant::EARLIEST,
        }
    }

    /// Whether another run held a stream of the workspace when this was looked up.
    pub(crate) fn is_held(&self, name: StreamName) -> bool {
        let id = StreamKey::new(name.as_str(), None).id(self.connection);
        self.streams.get(&id).is_some_and(|stream| {
            stream.lease_token.is_some() && stream.lease_until >= Some(self.now)
        })
    }

    pub(crate) fn is_due(
        &self,
        name: StreamName,
        repository: Option<Id>,
        credential: Option<i64>,
    ) -> bool {
        self.due_at(name, repository, credential) <= self.now
    }
}

fn due_at(stream: &Stream, interval: i64, now: Instant) -> Instant {
    if let (Some(until), true) = (stream.lease_until, stream.lease_token.is_some())
        && until >= now
    {
        return until.plus_millis(1);
    }
    let Some(looked) = stream.tried_at.max(stream.completed_at) else {
        return Instant::EARLIEST;
    };
    if stream.requested_at > Some(looked) {
        return Instant::EARLIEST;
    }
    if stream.cursor.is_some() {
        return stream
            .tried_at
            .map_or(Instant::EARLIEST, |at| at.plus_seconds(RESUME_SECONDS));
    }
    let wait = match stream.state {
        StreamState::Failed => interval.min(RETRY_SECONDS),
        _ => interval,
    };
    looked.plus_seconds(wait)
}

/// What the schedule says of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// When something is to be read next: the past, if something is due now; nothing where there is
    /// nothing to read.
    pub at: Option<Instant>,
    /// Whether that is because somebody wants it at once.
    pub requested: bool,
}

/// When something of a connection is to be read next. `readers` are the credentials that list the
/// repositories, as [`import`](crate::import) names them.
///
/// # Errors
/// Whatever the database says.
pub async fn next_due(
    db: &Db,
    connection: i64,
    intervals: &Intervals,
    options: &ImportOptions,
    readers: &[Option<i64>],
    now: Instant,
) -> Result<Due, store::StoreError> {
    let agenda = Agenda::load(db, connection, intervals, now).await?;
    let wanted = |stream: &StreamName| options.streams.contains(stream);
    let mut dates = Vec::new();
    for name in StreamName::ALL.into_iter().filter(wanted) {
        if name == StreamName::Repositories {
            dates.extend(
                readers
                    .iter()
                    .map(|reader| agenda.due_at(name, None, *reader)),
            );
        } else if name == StreamName::Workspace {
            dates.push(agenda.due_at(name, None, None));
        }
    }
    if let Some(workspace) = db.workspace(&options.workspace).await? {
        if options.streams.contains(&StreamName::Members) {
            dates.push(agenda.due_at(StreamName::Members, None, None));
        }
        let excluded = options.filter.excluded(db, &options.workspace).await?;
        for repository in db.repositories(workspace).await? {
            if excluded.contains(&repository.id) {
                continue;
            }
            let streams = StreamName::ALL
                .into_iter()
                .filter(wanted)
                .filter(|name| name.is_of_repositories());
            dates.extend(streams.map(|name| agenda.due_at(name, Some(repository.id), None)));
        }
    }
    let requested = agenda.streams.values().any(|stream| {
        stream.requested_at > stream.tried_at.max(stream.completed_at)
            && stream.lease_until.is_none_or(|until| until < now)
    });
    Ok(Due {
        at: dates.into_iter().min(),
        requested,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_seconds(1_790_000_000 + seconds)
    }

    fn stream(state: StreamState) -> Stream {
        Stream {
            id: Id(1),
            stream: "pull_requests".to_owned(),
            repository_id: None,
            state,
            cursor: None,
            watermark: None,
            head: None,
            opened_at: None,
            completed_at: None,
            problem: None,
            credential_id: None,
            tried_at: None,
            requested_at: None,
            lease_token: None,
            lease_until: None,
            upstream: None,
        }
    }

    #[test]
    fn a_stream_is_due_an_interval_after_it_was_looked_at() {
        let mut complete = stream(StreamState::Complete);
        assert_eq!(due_at(&complete, 600, at(0)), Instant::EARLIEST);
        complete.completed_at = Some(at(0));
        assert_eq!(due_at(&complete, 600, at(1)), at(600));
        // A gate that stayed shut counts as a look.
        complete.tried_at = Some(at(500));
        assert_eq!(due_at(&complete, 600, at(501)), at(1100));
        complete.requested_at = Some(at(501));
        assert_eq!(due_at(&complete, 600, at(501)), Instant::EARLIEST);
        complete.tried_at = Some(at(502));
        assert_eq!(due_at(&complete, 600, at(503)), at(1102));
    }

    #[test]
    fn what_another_run_holds_is_due_when_its_claim_ends() {
        let mut held = stream(StreamState::Running);
        held.lease_token = Some("other".to_owned());
        held.lease_until = Some(at(20));
        assert_eq!(due_at(&held, 600, at(5)), at(20).plus_millis(1));
        assert_eq!(due_at(&held, 600, at(21)), Instant::EARLIEST);
    }

    #[test]
    fn what_failed_or_was_left_unfinished_is_due_sooner() {
        let mut failed = stream(StreamState::Failed);
        failed.tried_at = Some(at(0));
        assert_eq!(due_at(&failed, 3600, at(1)), at(RETRY_SECONDS));
        assert_eq!(due_at(&failed, 100, at(1)), at(100));
        let mut unfinished = stream(StreamState::Running);
        unfinished.cursor = Some("{}".to_owned());
        unfinished.completed_at = Some(at(-100));
        assert_eq!(due_at(&unfinished, 3600, at(1)), Instant::EARLIEST);
        unfinished.tried_at = Some(at(0));
        assert_eq!(due_at(&unfinished, 3600, at(1)), at(RESUME_SECONDS));
    }
}
