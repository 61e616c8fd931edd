//! When a pull request was a draft.

use model::Instant;
use model::history::{Event, PullHistory};

/// What the updates tell of drafts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drafts {
    /// When it first was not a draft.
    pub(super) ready_at: Option<Instant>,
    /// The drafts that have ended, from when to when.
    ended: Vec<(Instant, Instant)>,
    /// Since when it has been a draft, where no update tells of an end.
    since: Option<Instant>,
    /// Whether it is a draft now.
    now: bool,
}

impl Drafts {
    /// Seconds spent as a draft until the pull request was closed: the sum of its drafts, the last
    /// of which ends with the pull request at the latest. `None` while it is open and a draft, or
    /// where an update that must have been is missing. `micros` says how long a stretch is.
    pub(super) fn time_until(
        &self,
        closed_at: Option<Instant>,
        micros: impl Fn(Instant, Instant) -> i64,
    ) -> Option<i64> {
        let open_draft = match (self.since, closed_at) {
            (Some(since), Some(end)) => micros(since, end),
            (Some(_), None) => return None,
            (None, None) if self.now => return None,
            (None, _) => 0,
        };
        let ended = self.ended.iter().map(|(start, end)| micros(*start, *end));
        let all = ended.fold(open_draft, i64::saturating_add);
        Some(all.div_euclid(1_000_000))
    }
}

/// Reads the updates, which are ordered oldest first.
pub(super) fn drafts(history: &PullHistory, updates: &[&Event]) -> Drafts {
    let initially = was_draft_initially(history, updates);
    let mut since = initially.then_some(history.created_at);
    let mut ended = Vec::new();
    let mut ready_at = (!initially).then_some(history.created_at);
    for event in updates {
        match (draft_after(event), since) {
            (Some(true), None) => since = Some(event.at),
            (Some(false), Some(start)) => {
                ended.push((start, event.at));
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
