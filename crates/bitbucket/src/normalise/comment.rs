//! Comments.

use model::rows::CommentRow;
use model::{Field, Id};

use super::account::user_id;
use super::{Rows, missing_is_none};
use crate::RepositoryRef;
use crate::wire::comment::Comment;
use crate::wire::{Links, within};

/// Where a comment was told of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Teller {
    /// The listing of comments: what it leaves out is not there.
    Comments,
    /// An activity entry: no recording shows whether it tells of resolutions, so that a missing one
    /// says nothing.
    Activity,
}

/// Takes in a comment on the pull request of this number. Unpublished drafts are left alone: they
/// are nobody's business but their author's, and are not counted by Bitbucket.
pub(crate) fn comment(
    comment: Comment,
    repository: &RepositoryRef,
    number: i64,
    teller: Teller,
    rows: &mut Rows,
) {
    if comment.pending == Field::Value(true) {
        return;
    }
    let pull_id = Id::pull(&repository.uuid, number);
    let mut row = CommentRow::new(Id::comment(comment.id), rows.observed_at);
    row.source_id = Field::Value(comment.id);
    row.pull_id = Field::Value(pull_id);
    row.user_id = user_id(comment.user, rows);
    // Bitbucket leaves out what a comment does not have: a global one has no place, a thread's
    // first has no parent, an open thread (a reopened one too) has no resolution.
    row.parent_id = missing_is_none(comment.parent).and_then(|parent| parent.id.map(Id::comment));
    let (path, from, to) = match comment.inline {
        Field::Value(inline) => (inline.path, inline.from, inline.to),
        Field::Absent | Field::Null => (Field::Null, Field::Null, Field::Null),
    };
    row.path = path;
    row.line_from = missing_is_none(from);
    row.line_to = missing_is_none(to);
    let (by, at) = match comment.resolution {
        Field::Absent if teller == Teller::Activity => (Field::Absent, Field::Absent),
        Field::Value(resolution) => (user_id(resolution.user, rows), resolution.created_on),
        Field::Absent | Field::Null => (Field::Null, Field::Null),
    };
    row.resolved_by_user_id = by;
    row.resolved_at = at;
    if rows.store_text {
        row.content = within(comment.content, |content| content.raw);
    }
    row.deleted = comment.deleted;
    row.source_url = Links::page(comment.links);
    row.created_at = Field::Value(comment.created_on);
    row.updated_at = comment.updated_on;
    // Without a date of its last change, the first is the only one that orders versions.
    row.source_updated_at = match comment.updated_on {
        Field::Value(updated) => Field::Value(updated),
        Field::Absent | Field::Null => Field::Value(comment.created_on),
    };
    rows.batch.comments.push(row);
    rows.mark(number, pull_id, comment.created_on);
}
