//! Measuring again what a batch changed, in the same transaction.

use measure::PullMeasures;
use model::history::{PullHistory, Review};
use model::rows::{PullRow, ReviewRow, ReviewerRow};
use model::{Field, Id, Instant};
use serde::Serialize;
use serde_json::{Value, json};
use store::{Counts, StoreError, WriteTx};

use crate::calendar::AccountCalendar;

/// A row of `bitbucket_pulls` with what was measured of it.
#[derive(Serialize)]
struct Measured {
    id: Id,
    #[serde(flatten)]
    measures: PullMeasures,
}

/// Measures these pull requests; one whose own row has not come yet is left for when it does.
pub(super) async fn measure(
    tx: &mut WriteTx,
    pulls: &[Id],
    now: Instant,
) -> Result<Option<(&'static str, Counts)>, StoreError> {
    if pulls.is_empty() {
        return Ok(None);
    }
    let mut account = AccountCalendar::load(tx).await?;
    let histories = tx.histories(pulls).await?;
    let calendar = &account.calendar;
    let measured: Vec<Measured> = histories
        .iter()
        .map(|history| Measured {
            id: history.pull_id,
            measures: measure::measure_pull(history, calendar),
        })
        .collect();
    tx.set_derived(&PullRow::TABLE, PullMeasures::COLUMNS, &measured)
        .await?;
    let requests: Vec<Value> = histories.iter().flat_map(requests_of).collect();
    tx.set_derived(&ReviewerRow::TABLE, &["requested_at"], &requests)
        .await?;
    let reviews: Vec<ReviewRow> = histories
        .iter()
        .flat_map(|history| {
            measure::reviews(history, calendar)
                .into_iter()
                .map(|review| review_row(history, review, now))
        })
        .collect();
    let known: Vec<Id> = histories.iter().map(|history| history.pull_id).collect();
    let upserted = tx.replace_reviews(&known, &reviews).await?;
    let days = measured.iter().flat_map(|row| days_of(&row.measures));
    let days = days.chain(
        reviews
            .iter()
            .filter_map(|row| row.created_on.as_value().map(String::as_str)),
    );
    account.cover(tx, days, now).await?;
    Ok(Some((ReviewRow::TABLE.name, upserted.counts)))
}

/// The days of a pull request that queries look up in the calendar; those between its opening and
/// its end are between these.
fn days_of(measures: &PullMeasures) -> impl Iterator<Item = &str> {
    [
        Some(&measures.created_on),
        measures.first_review_on.as_ref(),
        measures.closed_on.as_ref(),
    ]
    .into_iter()
    .flatten()
    .map(String::as_str)
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

fn review_row(history: &PullHistory, review: Review, now: Instant) -> ReviewRow {
    let pull = history.pull_id;
    let reviewer = review.user.map(|id| id.to_string()).unwrap_or_default();
    let id = Id::of(
        ReviewRow::TABLE.name,
        &[&pull.to_string(), &reviewer, &review.source_id],
    );
    ReviewRow {
        id,
        pull_id: Field::Value(pull),
        user_id: review.user.into(),
        repository_id: history.repository.into(),
        author_user_id: history.author.into(),
        source_id: Field::Value(review.source_id),
        state: Field::Value(review.state.as_str().to_owned()),
        created_at: Field::Value(review.created_at),
        updated_at: Field::Value(review.updated_at),
        comment_count: Field::Value(review.comment_count),
        time_since_request: Field::Value(review.time_since_request),
        created_on: Field::Value(review.created_on),
        timezone: Field::Value(review.timezone.to_owned()),
        time_since_request_business_hours: Field::Value(review.time_since_request_business_hours),
        dismissed_at: review.dismissed_at.into(),
        observed_at: now,
    }
}
