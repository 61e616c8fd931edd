//! Pull requests that are all alike, for counting requests.

use std::sync::Arc;

use model::Instant;

use super::super::act::{Act, Deed};
use super::super::comment::Comment;
use super::super::dice::Dice;
use super::super::pull_request::{Opening, PullRequest, Side};
use super::super::repository::Repository;
use super::super::spec::WorldSpec;
use super::super::{AccountId, names};
use super::cast::Cast;

/// Each has six activity entries: two opening updates, two comments, an approval, a merge.
pub(super) fn pulls(
    cast: &Cast,
    repository: &Repository,
    count: usize,
    starts_at: Instant,
    spec: &WorldSpec,
    dice: &mut Dice,
) -> Vec<PullRequest> {
    let hours = spec.ends_at.seconds_since(starts_at).max(1) - 6 * 3_600;
    let people: Vec<AccountId> = cast.people.iter().map(|(id, _)| *id).collect();
    let person = |index: usize| people.get(index % people.len().max(1)).copied();
    (0..count)
        .map(|index| {
            let share = hours * index as i64 / count.max(1) as i64;
            let created_on = dice.with_micros(starts_at.plus_seconds(share));
            let (author, first, second) = (person(index), person(index + 1), person(index + 2));
            let number = index as u64 + 1;
            let mut opened = opening(repository, number, author, created_on, dice);
            opened.reviewers.extend(first.iter().chain(&second));
            let mut pull = PullRequest::open(number, opened, 20);
            let mut at = |hour: i64| dice.with_micros(created_on.plus_seconds(hour * 3_600));
            for (hour, user) in [(1, first), (2, second)] {
                let written = at(hour);
                let text = names::REMARKS.get(index % names::REMARKS.len()).copied();
                pull.add_comment(Comment {
                    id: 0,
                    ordinal: 0,
                    user,
                    created_on: written,
                    updated_on: Instant::from_micros(written.micros() + 57),
                    parent: None,
                    anchor: None,
                    text: Arc::from(text.unwrap_or_default()),
                    deleted: false,
                    resolved: None,
                });
            }
            pull.record(Act {
                at: at(3),
                by: first,
                deed: Deed::Approved,
            });
            let merged_at = at(4);
            let merge = Deed::Merged(dice.hex(40).into());
            pull.record(Act {
                at: merged_at,
                by: author,
                deed: merge,
            });
            pull
        })
        .collect()
}

fn opening(
    repository: &Repository,
    number: u64,
    author: Option<AccountId>,
    created_on: Instant,
    dice: &mut Dice,
) -> Opening {
    let mut side = |branch: String| Side {
        repository: Some(repository.id),
        branch: Some(branch.into()),
        commit: Some(dice.hex(40).into()),
    };
    Opening {
        title: format!("Change number {number}").into(),
        description: Arc::from(""),
        author,
        created_on,
        draft: false,
        reviewers: Vec::new(),
        source: side(format!("change/{number}")),
        destination: side(repository.main_branch.clone().unwrap_or_default()),
        close_source_branch: true,
        task_count: 0,
    }
}
