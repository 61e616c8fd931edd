//! Whether a database that heard deliveries holds what a first import of the same world gives.

use std::collections::BTreeSet;

use model::catalogue::{Group, tables};
use store::Db;

use crate::story::Rows;

/// What is measured of a pull request's votes: a vote that was withdrawn counts, where it is known.
const MEASURED: [&str; 19] = [
    "merged_at",
    "closed_at",
    "closed_at_estimated",
    "ready_at",
    "first_review_at",
    "first_approval_at",
    "first_commit_at",
    "open_to_first_review",
    "open_to_first_approval",
    "open_to_merge",
    "ready_to_first_approval",
    "ready_to_merge",
    "coding_time",
    "pickup_time",
    "review_time",
    "merge_wait",
    "cycle_time",
    "draft_time",
    "review_rounds",
];

/// Every row of `fresh` is in `heard` as it is there. Besides, `heard` has only what Bitbucket has
/// forgotten: votes that were withdrawn, and what is measured by them; reviewers who were taken off;
/// commits that were replaced.
pub(super) async fn assert_as_fresh(heard: &Db, fresh: &Db) {
    let withdrawn = withdrawn(heard).await;
    let votes = [
        "approval",
        "changes_requested",
        "unapproval",
        "changes_request_removed",
    ];
    let mut linked = BTreeSet::new();
    for row in testkit::dump(heard, &model::rows::PullCommitRow::TABLE)
        .await
        .values()
    {
        if row["removed_at"].is_null() {
            linked.insert(row["commit_id"].as_i64());
        }
    }
    for table in tables()
        .iter()
        .filter(|table| table.group == Group::Imported)
    {
        let mut ours = testkit::dump(heard, table).await;
        let theirs: Rows = testkit::dump(fresh, table).await;
        for (id, wanted) in &theirs {
            let Some(found) = ours.remove(id) else {
                panic!("{} lacks {wanted:?}", table.name)
            };
            for (column, value) in wanted {
                let forgiven = match table.name {
                    "bitbucket_pulls" => {
                        withdrawn.contains(id) && MEASURED.contains(&column.as_str())
                    }
                    // Polling knows only that a vote is gone, and dates that to the last change.
                    "bitbucket_reviews" => column == "dismissed_at",
                    // Of which version a row was read that is the same in later ones.
                    "bitbucket_pull_commits" | "bitbucket_pull_sizes" => {
                        column == "source_updated_at"
                    }
                    _ => false,
                };
                if !forgiven {
                    assert_eq!(
                        &found[column], value,
                        "{}.{column} of {found:?}",
                        table.name
                    );
                }
            }
        }
        ours.retain(|id, row| match table.name {
            "bitbucket_pull_events" => !votes.iter().any(|kind| row["kind"] == *kind),
            "bitbucket_reviews" => !withdrawn.contains(&row["pull_id"].as_i64().unwrap()),
            "bitbucket_pull_reviewers" | "bitbucket_pull_commits" => row["removed_at"].is_null(),
            "bitbucket_commits" => linked.contains(&Some(*id)) || row["default_branch"] == true,
            _ => true,
        });
        assert!(ours.is_empty(), "{} has besides {ours:?}", table.name);
    }
}

/// The pull requests of which a vote was withdrawn.
async fn withdrawn(db: &Db) -> BTreeSet<i64> {
    let pull = |row: &serde_json::Map<String, serde_json::Value>| row["pull_id"].as_i64().unwrap();
    let events = testkit::dump(db, &model::rows::EventRow::TABLE).await;
    let taken_back = events
        .values()
        .filter(|row| row["kind"] == "unapproval" || row["kind"] == "changes_request_removed");
    let reviews = testkit::dump(db, &model::rows::ReviewRow::TABLE).await;
    let dismissed = reviews
        .values()
        .filter(|row| !row["dismissed_at"].is_null());
    taken_back.map(pull).chain(dismissed.map(pull)).collect()
}
