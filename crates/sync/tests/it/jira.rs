//! Accounts of Jira go the same way into the database as everything else.

use model::rows::{Batch, JiraUserRow, RejectRow};
use model::{Field, Id, Instant};
use store::{Counts, Db};
use sync::apply::{Applied, apply};
use testkit::both_engines;

fn now() -> Instant {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

fn batch(email: Field<String>, observed_at: Instant) -> Batch {
    let mut row = JiraUserRow::new(Id::jira_user("712020:ada"), observed_at);
    row.source_id = Field::Value("712020:ada".to_owned());
    row.account_type = Field::Value("atlassian".to_owned());
    row.email = email;
    Batch {
        jira_users: vec![row],
        ..Batch::default()
    }
}

async fn applied(db: &Db, batch: &Batch) -> Applied {
    let mut tx = db.write().await.unwrap();
    let applied = apply(&mut tx, batch, now()).await.unwrap();
    tx.commit().await.unwrap();
    applied
}

async fn email(db: &Db) -> Option<String> {
    let sql = "SELECT email FROM jira_users WHERE source_id = '712020:ada'";
    match db {
        Db::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.unwrap(),
    }
}

both_engines! {
    async fn an_account_is_written_once_and_loses_its_address_only_when_told(database) {
        let db = &database.db;
        let told = batch(Field::Value("ada@example.com".to_owned()), now());
        let counts = |added, changed, unchanged| Counts { added, changed, unchanged };
        assert_eq!(applied(db, &told).await.rows["jira_users"], counts(1, 0, 0));
        assert_eq!(applied(db, &told).await.rows["jira_users"], counts(0, 0, 1));
        let unsaid = batch(Field::Absent, now().plus_seconds(60));
        assert_eq!(applied(db, &unsaid).await.rows["jira_users"], counts(0, 0, 1));
        assert_eq!(email(db).await.as_deref(), Some("ada@example.com"));
        let none = batch(Field::Null, now().plus_seconds(120));
        assert_eq!(applied(db, &none).await.rows["jira_users"], counts(0, 1, 0));
        assert_eq!(email(db).await, None);
    }

    async fn a_record_that_could_not_be_read_is_kept_beside_the_others(database) {
        let mut page = batch(Field::Null, now());
        page.rejects.push(RejectRow::of("jira_users", None, "712020:ben", "active", "expected a boolean", now()));
        let applied = applied(&database.db, &page).await;
        assert_eq!((applied.rejects, applied.rows["jira_users"].added), (1, 1));
    }
}
