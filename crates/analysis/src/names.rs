//! Who and what there is: names of repositories, projects, people and teams, by which reports are
//! narrowed down and grouped.

mod directory;
mod people;
mod places;

pub use directory::Directory;
pub(crate) use people::People;
pub use people::Who;
pub(crate) use places::Places;

use std::collections::BTreeSet;

use store::{Key, Part};

use crate::AnalysisError;
use crate::nearest::nearest;

/// How something is called that has no name.
pub(crate) const UNKNOWN: &str = "(unknown)";

fn number(part: &Part, column: usize) -> Option<i64> {
    match part.keys.get(column) {
        Some(Key::Integer(number)) => Some(*number),
        _ => None,
    }
}

fn text(part: &Part, column: usize) -> Option<String> {
    match part.keys.get(column) {
        Some(Key::Text(text)) => Some(text.clone()),
        _ => None,
    }
}

/// The one thing that has this name: `all` are the things with each name that they have. A thing
/// with the whole name goes before those that are only called so in another case.
fn find<T: Copy + Ord>(
    noun: &'static str,
    written: &str,
    all: &[(String, T)],
    shown: impl Fn(T) -> String,
) -> Result<T, AnalysisError> {
    let lower = written.to_lowercase();
    let exact = all.iter().filter(|(name, _)| name == written);
    let mut found: BTreeSet<T> = exact.map(|(_, one)| *one).collect();
    if found.is_empty() {
        let loose = all.iter().filter(|(name, _)| name.to_lowercase() == lower);
        found = loose.map(|(_, one)| *one).collect();
    }
    let mut found = found.into_iter();
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (Some(one), Some(other)) => Err(AnalysisError::Ambiguous {
            noun,
            written: written.to_owned(),
            candidates: [one, other]
                .into_iter()
                .chain(found.take(3))
                .map(shown)
                .collect::<Vec<_>>()
                .join(", "),
        }),
        (None, _) => Err(AnalysisError::Unknown {
            noun,
            written: written.to_owned(),
            advice: match nearest(written, all.iter().map(|(name, _)| name.as_str())) {
                // An address is nobody's business who does not know it.
                Some(nearest) if !nearest.contains('@') => format!("did you mean {nearest}?"),
                _ => "check how it is spelt".to_owned(),
            },
        }),
    }
}
