//! Pull requests as other pages name them.

use store::ListedPull;

/// How a pull request stands, in a word and a colour.
pub(super) struct PullState {
    pub(super) word: &'static str,
    pub(super) tone: &'static str,
}

impl PullState {
    pub(super) fn of(pull: &ListedPull) -> Self {
        let (word, tone) = match pull.state.as_deref() {
            Some("MERGED") => ("merged", "good"),
            Some("DECLINED") => ("declined", "bad"),
            Some("SUPERSEDED") => ("superseded", "quiet"),
            _ if pull.draft => ("draft", "quiet"),
            _ => ("open", "busy"),
        };
        Self { word, tone }
    }
}
