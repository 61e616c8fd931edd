//! Accounts of Jira: what they bring, and who is listed no more.

use model::rows::JiraUserRow;
use model::{Field, Id, Instant};
use store::Db;
use testkit::both_engines;

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(1_700_000_000 + seconds)
}

fn account(account_id: &str, observed: i64) -> JiraUserRow {
    let mut row = JiraUserRow::new(Id::jira_user(account_id), at(observed));
    row.source_id = Field::Value(account_id.to_owned());
    row.account_type = Field::Value("atlassian".to_owned());
    row.email = Field::Value(format!("{account_id}@example.com"));
    row.active = Field::Value(true);
    row
}

/// A complete listing of a site, read within one second.
async fn list(db: &Db, site: i64, accounts: &[&str], began: i64) {
    let rows: Vec<JiraUserRow> = accounts.iter().map(|id| account(id, began)).collect();
    let seen: Vec<Id> = rows.iter().map(|row| row.id).collect();
    let (stream, began) = (Id(site), at(began));
    let mut tx = db.write().await.unwrap();
    tx.upsert(&rows).await.unwrap();
    tx.add_sightings(stream, &seen, began).await.unwrap();
    tx.forget_sightings(stream, began).await.unwrap();
    tx.finish_jira_users(stream, began, began.plus_seconds(1))
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

/// Who is listed by no site.
async fn gone(db: &Db) -> Vec<String> {
    let sql = "SELECT source_id FROM jira_users WHERE deleted_at IS NOT NULL ORDER BY source_id";
    match db {
        Db::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_all(read).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_all(pool).await.unwrap(),
    }
}

both_engines! {
    async fn an_account_is_gone_when_no_site_lists_it_and_back_when_one_does(database) {
        let db = &database.db;
        list(db, 1, &["ada", "ben", "cleo"], 10).await;
        list(db, 2, &["ben"], 20).await;
        assert_eq!(gone(db).await, [""; 0]);
        // The second site still has Ben.
        list(db, 1, &["ada"], 30).await;
        assert_eq!(gone(db).await, ["cleo"]);
        list(db, 2, &[], 40).await;
        assert_eq!(gone(db).await, ["ben", "cleo"]);
        list(db, 2, &["cleo"], 50).await;
        assert_eq!(gone(db).await, ["ben"]);
    }

    async fn an_account_that_came_while_a_listing_was_read_is_not_gone(database) {
        let db = &database.db;
        let mut tx = db.write().await.unwrap();
        tx.upsert(&[account("ada", 15)]).await.unwrap();
        tx.finish_jira_users(Id(1), at(10), at(20)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(gone(db).await, [""; 0]);
    }
}
