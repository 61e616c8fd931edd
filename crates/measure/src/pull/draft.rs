//! When a pull request was a draft.

use model::Instant;
use model::history::{Event, PullHistory};

/// What the updates tell of drafts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drafts {
    /// When it first was not a draft.
    pub(super) ready_at: Option<Instant>,
    /// Microseconds in drafts that have ended.
    ended: i64,
    /// Since when it has been a draft, where no update tells of an end.
    since: Option<Instant>,
    /// Whether it is a draft now.
    now: bool,
}

impl Drafts {
    /// Seconds spent as a draft until the pull request was closed: the sum of its drafts, the last
    /// of which ends with the pull request at the latest. `None` while it is open and a draft, or
    /// where an update that must have been is missing.
    pub(super) fn time_until(&self, closed_at: Option<Instant>) -> Option<i64> {
        let open_draft = match (self.since, closed_at) {
            (Some(since), Some(end)) => end.micros().saturating_sub(since.micros()).max(0),
            (Some(_), None) => return None,
            (None, None) if self.now => return None,
            (None, _) => 0,
        };
        Some(self.ended.saturating_add(open_draft).div_euclid(1_000_000))
    }
}

/// Reads the updates, which are ordered oldest first.
pub(super) fn drafts(history: &PullHistory, updates: &[&Event]) -> Drafts {
    let initially = was_draft_initially(history, updates);
    let mut since = initially.then_some(history.created_at);
    let mut ended = 0_i64;
    let mut ready_at = (!initially).then_some(history.created_at);
    for event in updates {
        match (draft_after(event), since) {
            (Some(true), None) => since = Some(event.at),
            (Some(false), Some(start)) => {
                let spent = event.at.micros().saturating_sub(start.micros());
                ended = ended.saturating_add(spent.max(0));
                since = None;
                ready_at = ready_at.or(Some(event.at));
            }
            _ => {}
        }
    }
    Drafts {
        // No update tells when it became ready: then it either did not yet, or the entry is lost.
        ready_at: ready_at.or_else(|| (!history.draft).then_some(history.created_at)),
        ended,
        since,
        now: history.draft,
    }
}

/// Whether it was opened as a draft. The first change says it for certain, being the opposite;
/// else the state after the first update that tells it; else it never changed.
fn was_draft_initially(history: &PullHistory, updates: &[&Event]) -> bool {
    let mut changes = updates.iter().filter_map(|event| event.draft_changed_to);
    let mut states = updates.iter().filter_map(|event| event.draft);
    match changes.next() {
        Some(changed_to) => !changed_to,
        None => states.next().unwrap_or(history.draft),
    }
}

/// Whether it was a draft after this update, where the update tells.
fn draft_after(event: &Event) -> Option<bool> {
    event.draft_changed_to.or(event.draft)
}
