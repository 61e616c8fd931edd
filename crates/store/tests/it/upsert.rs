//! The bulk upsert: counts, partial rows, order of arrival.

use model::rows::{PullRow, UserRow};
use model::{Field, Id, Instant, Uuid};
use store::{Counts, Db};
use testkit::both_engines;

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(1_700_000_000 + seconds)
}

fn user(name: &str, observed: i64) -> UserRow {
    let uuid = Uuid::parse("{11111111-aaaa-4bbb-8ccc-000000000001}").unwrap();
    let mut row = UserRow::new(Id::user(&uuid), at(observed));
    row.source_id = Field::Value(uuid.as_str().to_owned());
    row.name = Field::Value(name.to_owned());
    row
}

fn pull(title: &str, updated: i64, observed: i64) -> PullRow {
    let repository = Uuid::parse("{r}").unwrap();
    let mut row = PullRow::new(Id::pull(&repository, 7), at(observed));
    row.repository_id = Field::Value(Id::repository(&repository));
    row.number = Field::Value(7);
    row.title = Field::Value(title.to_owned());
    row.source_updated_at = Field::Value(at(updated));
    row
}

async fn counts<R: model::rows::Row>(db: &Db, rows: &[R]) -> Counts {
    let mut tx = db.write().await.unwrap();
    let done = tx.upsert(rows).await.unwrap();
    tx.commit().await.unwrap();
    done.counts
}

/// One text, read back.
async fn text(db: &Db, sql: &'static str) -> Option<String> {
    match db {
        Db::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
    }
}

const NAME: &str = "SELECT name FROM bitbucket_users";
const NICKNAME: &str = "SELECT nickname FROM bitbucket_users";
const TITLE: &str = "SELECT title FROM bitbucket_pulls";

const ADDED: Counts = Counts {
    added: 1,
    changed: 0,
    unchanged: 0,
};
const CHANGED: Counts = Counts {
    added: 0,
    changed: 1,
    unchanged: 0,
};
const UNCHANGED: Counts = Counts {
    added: 0,
    changed: 0,
    unchanged: 1,
};

both_engines! {
    async fn rows_are_counted_as_added_changed_and_unchanged(database) {
        let db = &database.db;
        assert_eq!(counts(db, &[user("Ada", 1)]).await, ADDED);
        assert_eq!(counts(db, &[user("Ada", 2)]).await, UNCHANGED);
        assert_eq!(counts(db, &[user("Ada B", 3)]).await, CHANGED);
        assert_eq!(text(db, NAME).await.as_deref(), Some("Ada B"));
    }

    async fn the_last_of_two_in_one_batch_counts(database) {
        assert_eq!(counts(&database.db, &[user("first", 1), user("last", 1)]).await, ADDED);
        assert_eq!(text(&database.db, NAME).await.as_deref(), Some("last"));
    }

    async fn an_absent_value_is_left_alone_and_a_null_clears(database) {
        let db = &database.db;
        let mut row = user("Ada", 1);
        row.nickname = Field::Value("ada".to_owned());
        counts(db, &[row.clone()]).await;
        row.nickname = Field::Absent;
        assert_eq!(counts(db, &[row.clone()]).await, UNCHANGED);
        assert_eq!(text(db, NICKNAME).await.as_deref(), Some("ada"));
        row.nickname = Field::Null;
        assert_eq!(counts(db, &[row]).await, CHANGED);
        assert_eq!(text(db, NICKNAME).await, None);
    }

    async fn any_order_of_arrival_ends_in_the_newest(database) {
        let db = &database.db;
        assert_eq!(counts(db, &[pull("second", 20, 100)]).await, ADDED);
        // Older by Bitbucket's own date, though seen later.
        assert_eq!(counts(db, &[pull("first", 10, 200)]).await, UNCHANGED);
        assert_eq!(text(db, TITLE).await.as_deref(), Some("second"));
        // The same version: the later sight counts.
        assert_eq!(counts(db, &[pull("second, seen earlier", 20, 90)]).await, UNCHANGED);
        assert_eq!(counts(db, &[pull("second, seen later", 20, 110)]).await, CHANGED);
        assert_eq!(counts(db, &[pull("third", 30, 50)]).await, CHANGED);
        assert_eq!(text(db, TITLE).await.as_deref(), Some("third"));
        // A version without a date blocks nothing and is not blocked.
        let mut undated = pull("undated", 0, 60);
        undated.source_updated_at = Field::Null;
        assert_eq!(counts(db, &[undated]).await, CHANGED);
        assert_eq!(counts(db, &[pull("fourth", 40, 40)]).await, CHANGED);
    }

    async fn a_row_that_says_no_date_of_its_own_is_ordered_by_when_it_was_seen(database) {
        let db = &database.db;
        counts(db, &[pull("dated", 20, 100)]).await;
        let undated = |title, seen| {
            let mut row = pull(title, 0, seen);
            row.source_updated_at = Field::Absent;
            row
        };
        assert_eq!(counts(db, &[undated("seen earlier", 90)]).await, UNCHANGED);
        assert_eq!(text(db, TITLE).await.as_deref(), Some("dated"));
        assert_eq!(counts(db, &[undated("seen later", 110)]).await, CHANGED);
        assert_eq!(text(db, TITLE).await.as_deref(), Some("seen later"));
        // Its date stays, and goes on to decide.
        assert_eq!(counts(db, &[pull("older", 10, 120)]).await, UNCHANGED);
        assert_eq!(counts(db, &[pull("newer", 30, 105)]).await, CHANGED);
    }

    async fn two_keys_on_one_id_are_set_aside_loudly(database) {
        let db = &database.db;
        counts(db, &[user("Ada", 1)]).await;
        let mut other = user("Bob", 2);
        other.source_id = Field::Value("{another}".to_owned());
        let mut tx = db.write().await.unwrap();
        let done = tx.upsert(&[other.clone()]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((done.collisions, done.counts), (vec![other.id], Counts::default()));
        assert_eq!(text(db, NAME).await.as_deref(), Some("Ada"));
    }

    async fn a_nul_character_becomes_the_replacement_character(database) {
        counts(&database.db, &[user("A\0da \\u0000", 1)]).await;
        assert_eq!(text(&database.db, NAME).await.as_deref(), Some("A\u{fffd}da \\u0000"));
    }

    async fn a_dropped_transaction_leaves_nothing(database) {
        let mut tx = database.db.write().await.unwrap();
        tx.upsert(&[user("Ada", 1)]).await.unwrap();
        drop(tx);
        assert_eq!(counts(&database.db, &[user("Ada", 1)]).await, ADDED);
    }
}
