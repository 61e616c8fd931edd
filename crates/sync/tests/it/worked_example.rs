//! Every figure of the worked example, on both engines.

use std::collections::BTreeMap;

use model::rows::{Batch, PullRow, ReviewRow};
use model::{Clock, Instant, ManualClock};
use serde_json::{Map, Value, json};
use store::{AuditEntry, Db};
use sync::apply::apply;
use testkit::both_engines;
use testkit::worked_example::{PullRequest, Review, WorkedExample};

fn seen() -> Instant {
    "2024-11-01T12:00:00Z".parse().unwrap()
}

async fn set_up(db: &Db, world: &WorkedExample) {
    let entry = AuditEntry {
        occurred_at: seen(),
        actor: "test".to_owned(),
        action: "settings.set".to_owned(),
        subject: "setting".to_owned(),
        detail: None,
    };
    for (name, value) in &world.settings {
        let setting = sync::setting(name).unwrap();
        let changed = sync::change_setting(db, setting, Some(value), &entry, seen()).await;
        assert!(changed.unwrap(), "{name}");
    }
}

async fn bring(db: &Db, batch: &Batch) {
    let mut tx = db.write().await.unwrap();
    apply(&mut tx, batch, seen()).await.unwrap();
    tx.commit().await.unwrap();
}

/// What has to be in the row of a pull request.
fn wanted_of(pull: &PullRequest) -> BTreeMap<String, Value> {
    let mut wanted = BTreeMap::new();
    for (name, figure) in &pull.durations {
        wanted.insert(name.clone(), json!(figure.seconds));
        wanted.insert(format!("{name}_business_hours"), json!(figure.business));
    }
    for (name, at) in &pull.moments {
        wanted.insert(name.clone(), json!(at));
    }
    for (name, day) in &pull.days {
        wanted.insert(name.clone(), json!(day));
    }
    wanted.insert("first_commit_at".to_owned(), json!(pull.first_commit_at));
    wanted.insert(
        "closed_at_estimated".to_owned(),
        json!(pull.closed_at_estimated),
    );
    wanted.insert("review_rounds".to_owned(), json!(pull.review_rounds));
    wanted.insert("timezone".to_owned(), json!(pull.timezone));
    wanted
}

fn wanted_of_review(pull: &PullRequest, review: &Review) -> BTreeMap<&'static str, Value> {
    let by = review.by.as_deref().map(WorkedExample::account);
    BTreeMap::from([
        ("pull_id", json!(pull.id())),
        ("user_id", json!(by)),
        ("state", json!(review.state)),
        ("created_at", json!(review.at)),
        ("updated_at", json!(review.until)),
        ("comment_count", json!(review.comments)),
        ("created_on", json!(review.on)),
        ("timezone", json!(review.timezone)),
        ("dismissed_at", json!(review.dismissed_at)),
        (
            "time_since_request",
            json!(review.time_since_request.seconds),
        ),
        (
            "time_since_request_business_hours",
            json!(review.time_since_request.business),
        ),
    ])
}

async fn assert_figures(db: &Db, world: &WorkedExample) {
    let pulls = testkit::dump(db, &PullRow::TABLE).await;
    assert_eq!(pulls.len(), world.pull_requests.len());
    let mut reviews: BTreeMap<i64, Vec<Map<String, Value>>> = BTreeMap::new();
    for review in testkit::dump(db, &ReviewRow::TABLE).await.into_values() {
        let pull = review["pull_id"].as_i64().unwrap();
        reviews.entry(pull).or_default().push(review);
    }
    for pull in &world.pull_requests {
        let row = &pulls[&pull.id().0];
        let place = format!("{}. {}", pull.number, pull.title);
        let wanted = wanted_of(pull);
        // What the file leaves out would be shown by nothing.
        for column in measure::PullMeasures::COLUMNS {
            assert!(
                wanted.contains_key(*column),
                "{column} is not in the example"
            );
        }
        for (name, value) in &wanted {
            assert_eq!(&row[name], value, "{name} of {place}");
        }
        let mut held = reviews.remove(&pull.id().0).unwrap_or_default();
        assert_eq!(held.len(), pull.reviews.len(), "{place}: {held:?}");
        for review in &pull.reviews {
            let wanted = wanted_of_review(pull, review);
            let is_this = |row: &Map<String, Value>| {
                ["user_id", "state", "created_at"]
                    .iter()
                    .all(|name| row[*name] == wanted[name])
            };
            let position = held.iter().position(is_this);
            let row =
                held.swap_remove(position.unwrap_or_else(|| panic!("{place}: no {review:?}")));
            for (name, value) in wanted {
                assert_eq!(row[name], value, "{name} of a review of {place}");
            }
        }
    }
    assert!(reviews.is_empty(), "{reviews:?}");
}

both_engines! {
    async fn every_figure_is_the_one_that_was_worked_out(database) {
        let (db, world) = (&database.db, WorkedExample::read());
        set_up(db, &world).await;
        world.store_people(db).await;
        bring(db, &world.batch(seen())).await;
        assert_figures(db, &world).await;
    }

    async fn people_and_settings_that_come_later_give_the_same_figures(database) {
        let (db, world) = (&database.db, WorkedExample::read());
        bring(db, &world.batch(seen())).await;
        set_up(db, &world).await;
        world.store_people(db).await;
        let accounts: Vec<_> = world
            .people
            .iter()
            .flat_map(|person| &person.accounts)
            .map(|account| WorkedExample::account(account))
            .collect();
        let mut tx = db.write().await.unwrap();
        tx.mark_unmeasured_of_accounts(&accounts).await.unwrap();
        tx.commit().await.unwrap();
        let clock = ManualClock::starting_at(seen());
        let mut measured = 0;
        sync::measure_due(db, &clock, |pulls| measured += pulls).await.unwrap();
        assert_eq!(measured, 40, "at {}", clock.now());
        assert_figures(db, &world).await;
    }

    async fn the_order_in_which_rows_come_changes_no_figure(database) {
        let (db, world) = (&database.db, WorkedExample::read());
        set_up(db, &world).await;
        world.store_people(db).await;
        let mut all = world.batch(seen());
        // Acts before the pull requests that they belong to, the latest first, one by one.
        let (pulls, mut events) = (std::mem::take(&mut all.pulls), std::mem::take(&mut all.events));
        let comments = std::mem::take(&mut all.comments);
        events.sort_by_key(|event| std::cmp::Reverse(event.id));
        for event in events {
            bring(db, &Batch { events: vec![event], ..Batch::default() }).await;
        }
        for comment in comments.into_iter().rev() {
            bring(db, &Batch { comments: vec![comment], ..Batch::default() }).await;
        }
        for pull in pulls.into_iter().rev() {
            bring(db, &Batch { pulls: vec![pull], ..Batch::default() }).await;
        }
        bring(db, &all).await;
        assert_figures(db, &world).await;
    }
}
