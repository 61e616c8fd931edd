//! What measures go by is changed: then they are what a fresh import under it would give.

use std::collections::BTreeMap;

use emulator::WorldSpec;
use model::rows::{PullRow, UserRow};
use model::{Clock, Id};
use serde_json::{Value, json};
use store::AuditEntry;
use testkit::{TestDatabase, both_engines};

use crate::story::{Story, all_tables, assert_same};

fn entry(story: &Story) -> AuditEntry {
    AuditEntry {
        occurred_at: story.now(),
        actor: "test".to_owned(),
        action: "settings.set".to_owned(),
        subject: "setting".to_owned(),
        detail: None,
    }
}

async fn set(story: &Story, name: &str, value: Option<&Value>) -> bool {
    let setting = sync::setting(name).unwrap();
    let (db, now) = (story.db(), story.clock.now());
    sync::change_setting(db, setting, value, &entry(story), now)
        .await
        .unwrap()
}

async fn measure(story: &Story) -> u64 {
    let mut measured = 0;
    let told = |pulls| measured += pulls;
    sync::measure_due(story.db(), &story.clock, told)
        .await
        .unwrap();
    measured
}

/// A fresh database with these settings from the beginning, and one import.
async fn fresh(database: TestDatabase, settings: &[(&str, Value)]) -> Story {
    let story = Story::of(database, WorldSpec::small, |_| {}).await;
    for (name, value) in settings {
        assert!(set(&story, name, Some(value)).await);
    }
    story.import().await;
    story
}

async fn another(like: &TestDatabase) -> TestDatabase {
    if like.address.starts_with("sqlite") {
        testkit::sqlite().await
    } else {
        testkit::postgres().await
    }
}

both_engines! {
    async fn another_calendar_gives_what_a_fresh_import_under_it_gives(database) {
        let other = another(&database).await;
        let settings = [
            ("timezone", json!("Pacific/Auckland")),
            ("working_days", json!(["mon", "tue", "wed", "thu", "sun"])),
            ("working_hours", json!("00:00-24:00")),
            ("holidays", json!({"2024-05-27": "A holiday", "2024-02-06": "Waitangi Day"})),
        ];
        let story = fresh(database, &[]).await;
        let before = testkit::dump(story.db(), &PullRow::TABLE).await;
        for (name, value) in &settings {
            assert!(set(&story, name, Some(value)).await, "{name}");
            assert!(!set(&story, name, Some(value)).await, "{name} has that value already");
        }
        let pulls = u64::try_from(before.len()).unwrap();
        assert_eq!(measure(&story).await, pulls);
        assert_eq!(measure(&story).await, 0, "nothing is left");
        let wanted = fresh(other, &settings).await;
        let changed = all_tables(story.db()).await;
        assert_same(&changed, &all_tables(wanted.db()).await);
        // The calendar has no id, so that it is compared here.
        let days = "SELECT day || week || month || quarter || year || working || starts_at || ends_at FROM calendar ORDER BY day";
        assert_eq!(texts(story.db(), days).await, texts(wanted.db(), days).await);
        let after = &changed["bitbucket_pulls"];
        let differ = |column: &str| after.iter().filter(|(id, row)| row[column] != before[*id][column]).count();
        for column in ["created_on", "open_to_merge_business_hours", "timezone"] {
            assert!(differ(column) > 10, "{column}: {}", differ(column));
        }
        assert_eq!(differ("open_to_merge"), 0, "calendar time is what it was");

        for (name, _) in &settings {
            assert!(set(&story, name, None).await, "{name}");
        }
        measure(&story).await;
        assert_same(
            &BTreeMap::from([("bitbucket_pulls", testkit::dump(story.db(), &PullRow::TABLE).await)]),
            &BTreeMap::from([("bitbucket_pulls", before)]),
        );
    }

    /// What is measured by its marks alone is compared with everything measured anew.
    async fn a_change_about_accounts_touches_what_they_did_and_nothing_else(database) {
        let story = fresh(database, &[]).await;
        let db = story.db();
        let accounts: Vec<i64> = testkit::dump(db, &UserRow::TABLE).await.into_keys().collect();
        let all = testkit::dump(db, &PullRow::TABLE).await.len();
        let (one, other) = (accounts[1], accounts[2]);
        let changes = [
            // Somebody moves.
            (vec![one], vec![
                person(901, one, Some("Asia/Tokyo")),
            ]),
            // Two accounts turn out to be one person's.
            (vec![one, other], vec![
                format!("DELETE FROM identities WHERE source = 'bitbucket' AND source_table_id = {other}"),
                identity(901, other),
            ]),
            // One turns out to be a program's.
            (vec![one], vec![
                format!("UPDATE bitbucket_users SET type = 'bot', bot = TRUE WHERE id = {one}"),
            ]),
            // It was a mistake, both times.
            (vec![one, other], vec![
                format!("UPDATE bitbucket_users SET type = 'human', bot = FALSE WHERE id = {one}"),
                format!("DELETE FROM identities WHERE source = 'bitbucket' AND source_table_id = {other}"),
            ]),
        ];
        let mut before = all_tables(db).await;
        for (touched, statements) in changes {
            for sql in &statements {
                execute(db, sql).await;
            }
            let touched: Vec<Id> = touched.into_iter().map(Id).collect();
            let mut tx = db.write().await.unwrap();
            let marked = tx.mark_unmeasured_of_accounts(&touched).await.unwrap();
            tx.commit().await.unwrap();
            assert!(marked > 0 && marked < u64::try_from(all).unwrap(), "{marked} of {all}");
            assert_eq!(measure(&story).await, marked);
            let after = all_tables(db).await;
            let differs = |table| after[table] != before[table];
            assert!(differs("bitbucket_reviews") || differs("bitbucket_pulls"), "{statements:?}");
            let mut tx = db.write().await.unwrap();
            tx.mark_all_unmeasured().await.unwrap();
            tx.commit().await.unwrap();
            measure(&story).await;
            let everything = all_tables(db).await;
            assert_same(&everything, &after);
            before = everything;
        }
    }

    async fn an_import_measures_what_a_stopped_command_left(database) {
        let story = fresh(database, &[]).await;
        let before = testkit::dump(story.db(), &PullRow::TABLE).await;
        assert!(set(&story, "timezone", Some(&json!("Asia/Tokyo"))).await);
        // Whoever stops the command here has measured nothing.
        story.import().await;
        assert_eq!(story.db().count_unmeasured().await.unwrap(), 0);
        for (id, row) in testkit::dump(story.db(), &PullRow::TABLE).await {
            assert_eq!(row["timezone"], "Asia/Tokyo", "{:?}", before[&id]);
        }
    }

    async fn the_calendar_has_every_day_of_the_data(database) {
        let story = fresh(database, &[]).await;
        for column in ["created_on", "ready_on", "first_review_on", "merged_on", "closed_on"] {
            let missing = format!(
                "SELECT {column} FROM bitbucket_pulls WHERE {column} IS NOT NULL
                 AND {column} NOT IN (SELECT day FROM calendar)"
            );
            assert!(texts(story.db(), &missing).await.is_empty(), "{column}");
            let some = format!("SELECT {column} FROM bitbucket_pulls WHERE {column} IS NOT NULL");
            assert!(!texts(story.db(), &some).await.is_empty(), "{column}");
        }
        let reviews = "SELECT created_on FROM bitbucket_reviews WHERE created_on NOT IN (SELECT day FROM calendar)";
        assert!(texts(story.db(), reviews).await.is_empty());
    }
}

fn person(user: i64, account: i64, timezone: Option<&str>) -> String {
    let timezone = timezone.map_or("NULL".to_owned(), |name| format!("'{name}'"));
    format!(
        "DELETE FROM identities WHERE source = 'bitbucket' AND source_table_id = {account};
         INSERT INTO users (id, name, timezone, created_at)
             VALUES ({user}, 'Somebody', {timezone}, '2024-01-01T00:00:00.000000Z');
         {}",
        identity(user, account)
    )
}

fn identity(user: i64, account: i64) -> String {
    format!(
        "INSERT INTO identities (source, source_table_id, source_account, user_id, matched_by, confidence,
             matched_at)
         VALUES ('bitbucket', {account}, 'invented-{account}', {user}, 'decision', 'certain',
             '2024-01-01T00:00:00.000000Z')"
    )
}

async fn execute(db: &store::Db, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    let outcome = match db {
        store::Db::Sqlite { write, .. } => sqlx::raw_sql(sql).execute(write).await.map(|_| ()),
        store::Db::Postgres(pool) => sqlx::raw_sql(sql).execute(pool).await.map(|_| ()),
    };
    outcome.unwrap();
}

async fn texts(db: &store::Db, sql: &str) -> Vec<String> {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    let rows: Vec<(String,)> = match db {
        store::Db::Sqlite { read, .. } => sqlx::query_as(sql).fetch_all(read).await.unwrap(),
        store::Db::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
    };
    rows.into_iter().map(|(text,)| text).collect()
}
