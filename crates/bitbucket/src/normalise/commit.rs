//! Commits and sizes.

use model::rows::{CommitRow, PullCommitRow, PullSizeRow};
use model::{Field, Id, Instant};

use super::account::user_id;
use super::{Rows, missing_is_none, text_or_none};
use crate::RepositoryRef;
use crate::wire::Links;
use crate::wire::commit::{ChangedFile, WholeCommit};

/// Where a commit was told of.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// In the default branch.
    DefaultBranch,
    /// In the pull request of this number, in its version of this date.
    Pull { number: i64, updated_at: Instant },
    /// By itself.
    Alone,
}

/// Takes in a commit.
///
/// # Errors
/// The path of its hash, when it is not the whole of one: rows are known by it.
pub(crate) fn commit(
    commit: WholeCommit,
    repository: &RepositoryRef,
    place: Place,
    rows: &mut Rows,
) -> Result<(), &'static str> {
    let sha = commit.hash.to_ascii_lowercase();
    let sha12 = match sha.get(..12) {
        Some(sha12) if is_whole(&sha) => sha12.to_owned(),
        _ => return Err("hash"),
    };
    let id = Id::commit(&repository.uuid, &sha);
    let mut row = CommitRow::new(id, rows.observed_at);
    row.repository_id = Field::Value(repository.id());
    row.sha = Field::Value(sha.clone());
    row.sha12 = Field::Value(sha12);
    match commit.author {
        Field::Value(author) => {
            // Bitbucket leaves out the account of an address that it does not know.
            row.user_id = missing_is_none(user_id(author.user, rows));
            (row.author_name, row.author_email) = match author.raw {
                Field::Value(raw) => {
                    let (name, email) = name_and_address(&raw);
                    (name.into(), email.into())
                }
                Field::Null => (Field::Null, Field::Null),
                Field::Absent => (Field::Absent, Field::Absent),
            };
        }
        Field::Null => {
            row.user_id = Field::Null;
            row.author_name = Field::Null;
            row.author_email = Field::Null;
        }
        Field::Absent => {}
    }
    row.committed_at = commit.date;
    row.message = text_or_none(if rows.store_text {
        commit.message
    } else {
        commit.message.map(|message| first_line(&message))
    });
    row.parent_count = commit
        .parents
        .and_then(|parents| i64::try_from(parents.len()).ok());
    row.source_url = Links::page(commit.links);
    match place {
        Place::DefaultBranch => row.default_branch = Field::Value(true),
        Place::Pull { number, updated_at } => {
            let pull_id = Id::pull(&repository.uuid, number);
            let mut within = PullCommitRow::new(Id::pull_commit(pull_id, id), rows.observed_at);
            within.pull_id = Field::Value(pull_id);
            within.commit_id = Field::Value(id);
            within.sha = Field::Value(sha);
            within.source_updated_at = Field::Value(updated_at);
            rows.batch.pull_commits.push(within);
        }
        Place::Alone => {}
    }
    rows.batch.commits.push(row);
    Ok(())
}

/// Whether a hash is the whole of one.
pub(crate) fn is_whole(sha: &str) -> bool {
    sha.len() == 40 && sha.chars().all(|c| c.is_ascii_hexdigit())
}

/// The first line of a message: all of it that is kept without its text.
pub(crate) fn first_line(message: &str) -> String {
    let line = message.trim_start().lines().next().unwrap_or_default();
    line.trim_end().to_owned()
}

/// Takes `Name <address>` apart. Whatever people wrote there is met: no address, no name, brackets
/// within brackets, none that closes.
fn name_and_address(raw: &str) -> (Option<String>, Option<String>) {
    let some = |text: &str| {
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let Some((name, _)) = raw.split_once('<') else {
        return (some(raw), None);
    };
    let address = raw.rsplit_once('<').map_or("", |(_, address)| address);
    let address = address
        .split_once('>')
        .map_or(address, |(inside, _)| inside);
    (some(name), some(address))
}

/// What a change comes to, summed up file by file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) files: i64,
    pub(crate) additions: i64,
    pub(crate) deletions: i64,
}

impl Sums {
    /// Takes in a file. One without lines is told with zeros or without numbers.
    pub(crate) fn add(&mut self, file: ChangedFile) {
        let count = |lines: Field<i64>| lines.value().unwrap_or(0).max(0);
        self.files = self.files.saturating_add(1);
        self.additions = self.additions.saturating_add(count(file.lines_added));
        self.deletions = self.deletions.saturating_add(count(file.lines_removed));
    }

    pub(crate) fn and(self, more: Self) -> Self {
        Self {
            files: self.files.saturating_add(more.files),
            additions: self.additions.saturating_add(more.additions),
            deletions: self.deletions.saturating_add(more.deletions),
        }
    }
}

/// The size of a pull request, or why there is none to be had.
pub(crate) fn size(
    pull_id: Id,
    source_commit_sha: Option<&str>,
    told: Result<Sums, &'static str>,
    observed_at: Instant,
) -> PullSizeRow {
    let mut row = PullSizeRow::new(Id::pull_size(pull_id), observed_at);
    row.pull_id = Field::Value(pull_id);
    row.source_commit_sha = source_commit_sha.map(str::to_owned).into();
    let sums = told.ok();
    row.files = sums.map(|sums| sums.files).into();
    row.additions = sums.map(|sums| sums.additions).into();
    row.deletions = sums.map(|sums| sums.deletions).into();
    row.size = sums
        .map(|sums| sums.additions.saturating_add(sums.deletions))
        .into();
    row.problem = told.err().map(str::to_owned).into();
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_told_apart_however_they_are_written() {
        for (raw, name, address) in [
            ("Ada <ada@example.org>", "Ada", "ada@example.org"),
            (
                "  Ada B.  < ada@example.org > ",
                "Ada B.",
                "ada@example.org",
            ),
            ("Ada", "Ada", ""),
            ("ada@example.org", "ada@example.org", ""),
            ("Ada <>", "Ada", ""),
            ("<ada@example.org>", "", "ada@example.org"),
            ("Ada <ada@example.org", "Ada", "ada@example.org"),
            ("Ada <Ada <ada@example.org>>", "Ada", "ada@example.org"),
            ("Ada <<ada@example.org>>", "Ada", "ada@example.org"),
            ("Ada <ada@example.org> (work)", "Ada", "ada@example.org"),
            ("Ada > Bob", "Ada > Bob", ""),
            ("王 <王@例.org>", "王", "王@例.org"),
            ("", "", ""),
            (" \t", "", ""),
        ] {
            let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            assert_eq!(name_and_address(raw), (some(name), some(address)), "{raw}");
        }
    }

    #[test]
    fn of_a_message_the_first_line_is_taken() {
        for (message, line) in [
            ("Fix it\n\nBecause.\n", "Fix it"),
            ("\n\n  Fix it \r\nmore", "Fix it"),
            ("Fix it", "Fix it"),
            ("", ""),
        ] {
            assert_eq!(first_line(message), line);
        }
    }
}
