//! Settings, and the calendar's table.

use std::collections::BTreeMap;

use model::rows::CalendarDay;
use model::rows::{CommentRow, EventKind, EventRow, PullRow};
use model::{Field, Id, Instant, Uuid};
use serde_json::json;
use testkit::both_engines;

use crate::console::ask;

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

fn day(day: &str, starts_at: &str, ends_at: &str, working: bool) -> CalendarDay {
    CalendarDay {
        day: day.to_owned(),
        week: "2024-03-25".to_owned(),
        month: "2024-03-01".to_owned(),
        quarter: "2024-01-01".to_owned(),
        year: "2024-01-01".to_owned(),
        working,
        starts_at: at(starts_at),
        ends_at: at(ends_at),
    }
}

fn pull(repository: &Uuid, number: i64, author: Option<Id>) -> PullRow {
    let mut row = PullRow::new(Id::pull(repository, number), at("2024-05-06T12:00:00Z"));
    row.repository_id = Field::Value(Id::repository(repository));
    row.number = Field::Value(number);
    row.user_id = author.into();
    row
}

both_engines! {
    async fn a_setting_is_what_was_set_last_until_it_is_unset(database) {
        let db = &database.db;
        assert_eq!(db.setting("timezone").await.unwrap(), None);
        let mut tx = db.write().await.unwrap();
        tx.set_setting("timezone", &json!("UTC"), at("2024-05-06T12:00:00Z")).await.unwrap();
        tx.set_setting("timezone", &json!("Asia/Tokyo"), at("2024-05-06T12:00:01Z")).await.unwrap();
        tx.set_setting("holidays", &json!({"2024-12-25": "It's Christmas"}), at("2024-05-06T12:00:00Z"))
            .await
            .unwrap();
        let seen = tx.measuring().await.unwrap();
        let all = BTreeMap::from([
            ("holidays".to_owned(), json!({"2024-12-25": "It's Christmas"})),
            ("timezone".to_owned(), json!("Asia/Tokyo")),
        ]);
        assert_eq!(seen.settings, all);
        assert_eq!(seen.days, None);
        tx.commit().await.unwrap();
        assert_eq!(db.setting("timezone").await.unwrap(), Some(json!("Asia/Tokyo")));
        assert_eq!(db.settings().await.unwrap(), all);

        let mut tx = db.write().await.unwrap();
        tx.unset_setting("timezone").await.unwrap();
        tx.unset_setting("nothing of that name").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.setting("timezone").await.unwrap(), None);
    }

    async fn days_of_the_calendar_are_added_once_and_can_be_asked_for(database) {
        let db = &database.db;
        let sunday = day("2024-03-31", "2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z", false);
        let saturday = day("2024-03-30", "2024-03-29T23:00:00Z", "2024-03-30T23:00:00Z", false);
        let mut tx = db.write().await.unwrap();
        tx.add_calendar_days(std::slice::from_ref(&sunday)).await.unwrap();
        tx.add_calendar_days(&[saturday, CalendarDay { working: true, ..sunday }]).await.unwrap();
        let days = tx.measuring().await.unwrap().days;
        assert_eq!(days, Some(("2024-03-30".to_owned(), "2024-03-31".to_owned())));
        tx.commit().await.unwrap();
        let asked = ask(db, "SELECT day, week, working, starts_at FROM calendar ORDER BY day DESC").await;
        assert_eq!(
            json!(asked.rows),
            json!([
                ["2024-03-31", "2024-03-25", false, "2024-03-30T23:00:00.000000Z"],
                ["2024-03-30", "2024-03-25", false, "2024-03-29T23:00:00.000000Z"],
            ])
        );
        let mut tx = db.write().await.unwrap();
        tx.clear_calendar().await.unwrap();
        assert_eq!(tx.measuring().await.unwrap().days, None);
    }

    async fn what_an_account_did_something_in_is_marked_and_nothing_else(database) {
        let db = &database.db;
        let (one, two) = (Uuid::parse("{one}").unwrap(), Uuid::parse("{two}").unwrap());
        let (author, reviewer, commenter, other) = (Id(1), Id(2), Id(3), Id(4));
        let pulls = [
            pull(&one, 1, Some(author)),
            pull(&one, 2, Some(other)),
            pull(&two, 1, Some(other)),
            pull(&two, 2, None),
        ];
        let when = at("2024-05-06T12:00:00Z");
        let approval = EventRow::of(pulls[2].id, EventKind::Approval, Some(reviewer), when, when);
        let mut comment = CommentRow::new(Id::comment(7), when);
        comment.source_id = Field::Value(7);
        comment.pull_id = Field::Value(pulls[1].id);
        comment.user_id = Field::Value(commenter);
        let mut tx = db.write().await.unwrap();
        tx.upsert(&pulls).await.unwrap();
        tx.upsert(&[approval]).await.unwrap();
        tx.upsert(&[comment]).await.unwrap();
        tx.commit().await.unwrap();

        let mut tx = db.write().await.unwrap();
        assert_eq!(tx.mark_unmeasured_of_accounts(&[]).await.unwrap(), 0);
        assert_eq!(tx.mark_unmeasured_of_accounts(&[Id(99)]).await.unwrap(), 0);
        assert_eq!(tx.mark_unmeasured_of_accounts(&[author, reviewer]).await.unwrap(), 2);
        assert_eq!(tx.mark_unmeasured_of_accounts(&[author]).await.unwrap(), 0, "it is marked");
        let (here, there) = (Id::repository(&one), Id::repository(&two));
        assert_eq!(tx.unmeasured(here, 9).await.unwrap(), [pulls[0].id]);
        assert_eq!(tx.unmeasured(there, 9).await.unwrap(), [pulls[2].id]);
        assert_eq!(tx.mark_unmeasured_of_accounts(&[commenter]).await.unwrap(), 1);
        assert_eq!(tx.mark_all_unmeasured().await.unwrap(), 1, "the last one");
        tx.commit().await.unwrap();
        assert_eq!(db.count_unmeasured().await.unwrap(), 4);
    }
}

/// Whoever changes what measures go by waits for those who measure, and they for it: else something
/// could be measured by what was before, and not be marked.
#[tokio::test]
async fn on_postgres_nothing_is_measured_while_all_is_marked() {
    let database = testkit::postgres().await;
    let db = &database.db;
    let mut measuring = db.write().await.unwrap();
    measuring.begin_measuring().await.unwrap();
    let mut also = db.write().await.unwrap();
    also.begin_measuring().await.unwrap();
    drop(also);
    let marking = tokio::spawn({
        let db = db.clone();
        async move {
            let mut tx = db.write().await.unwrap();
            let marked = tx.mark_all_unmeasured().await.unwrap();
            tx.commit().await.unwrap();
            marked
        }
    });
    // The other one is seen to wait before this one goes on.
    let waiting = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    loop {
        let store::Db::Postgres(pool) = db else {
            panic!("not PostgreSQL")
        };
        let (count,): (i64,) = sqlx::query_as(waiting).fetch_one(pool).await.unwrap();
        if count > 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let uuid = Uuid::parse("{one}").unwrap();
    measuring.upsert(&[pull(&uuid, 1, None)]).await.unwrap();
    measuring.commit().await.unwrap();
    assert_eq!(
        marking.await.unwrap(),
        1,
        "what was written meanwhile is marked too"
    );
}
