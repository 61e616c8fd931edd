//! Measuring again what a batch changed, in the same transaction.

use measure::PullMeasures;
use model::history::{PullHistory, Review};
use model::rows::{PullRow, ReviewRow, ReviewerRow};
use model::{Field, Id, Instant};
use serde_json::{Value, json};
use store::{Counts, StoreError, WriteTx};

/// The columns of `bitbucket_pulls` that are measured.
const MEASURES: &[&str] = &[
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

/// Measures these pull requests; one whose own row has not come yet is left for when it does.
pub(super) async fn measure(
    tx: &mut WriteTx,
    pulls: &[Id],
    now: Instant,
) -> Result<Option<(&'static str, Counts)>, StoreError> {
    if pulls.is_empty() {
        return Ok(None);
    }
    let histories = tx.histories(pulls).await?;
    let measured: Vec<Value> = histories
        .iter()
        .map(|history| measures_of(history.pull_id, measure::measure_pull(history)))
        .collect();
    tx.set_derived(&PullRow::TABLE, MEASURES, &measured).await?;
    let requests: Vec<Value> = histories.iter().flat_map(requests_of).collect();
    tx.set_derived(&ReviewerRow::TABLE, &["requested_at"], &requests)
        .await?;
    let reviews: Vec<ReviewRow> = histories
        .iter()
        .flat_map(|history| {
            measure::reviews(history)
                .into_iter()
                .map(|review| review_row(history.pull_id, review, now))
        })
        .collect();
    let known: Vec<Id> = histories.iter().map(|history| history.pull_id).collect();
    let upserted = tx.replace_reviews(&known, &reviews).await?;
    Ok(Some((ReviewRow::TABLE.name, upserted.counts)))
}

fn measures_of(pull: Id, measures: PullMeasures) -> Value {
    json!({
        "id": pull,
        "merged_at": measures.merged_at,
        "closed_at": measures.closed_at,
        "closed_at_estimated": measures.closed_at_estimated,
        "ready_at": measures.ready_at,
        "first_review_at": measures.first_review_at,
        "first_approval_at": measures.first_approval_at,
        "first_commit_at": measures.first_commit_at,
        "open_to_first_review": measures.open_to_first_review,
        "open_to_first_approval": measures.open_to_first_approval,
        "open_to_merge": measures.open_to_merge,
        "ready_to_first_approval": measures.ready_to_first_approval,
        "ready_to_merge": measures.ready_to_merge,
        "coding_time": measures.coding_time,
        "pickup_time": measures.pickup_time,
        "review_time": measures.review_time,
        "merge_wait": measures.merge_wait,
        "cycle_time": measures.cycle_time,
        "draft_time": measures.draft_time,
        "review_rounds": measures.review_rounds,
    })
}

fn requests_of(history: &PullHistory) -> Vec<Value> {
    let participants = history.participants.as_deref().unwrap_or_default();
    participants
        .iter()
        .map(|participant| {
            json!({
                "id": Id::reviewer(history.pull_id, participant.user),
                "requested_at": measure::requested_at(history, participant.user),
            })
        })
        .collect()
}

fn review_row(pull: Id, review: Review, now: Instant) -> ReviewRow {
    let reviewer = review.user.map(|id| id.to_string()).unwrap_or_default();
    let id = Id::of(
        ReviewRow::TABLE.name,
        &[&pull.to_string(), &reviewer, &review.source_id],
    );
    ReviewRow {
        id,
        pull_id: Field::Value(pull),
        user_id: review.user.into(),
        source_id: Field::Value(review.source_id),
        state: Field::Value(review.state.as_str().to_owned()),
        created_at: Field::Value(review.created_at),
        updated_at: Field::Value(review.updated_at),
        comment_count: Field::Value(review.comment_count),
        time_since_request: Field::Value(review.time_since_request),
        dismissed_at: review.dismissed_at.into(),
        observed_at: now,
    }
}
