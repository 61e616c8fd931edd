//! Deliveries, from their arrival until they are forgotten, on both engines.

use std::collections::BTreeSet;

use model::{Id, Instant};
use secrecy::ExposeSecret;
use store::console::{ConsoleLimits, run};
use store::{
    ConnectionKind, DELIVERY_PURPOSE, Db, DeliveryFilter, DeliveryOutcome, FinishedDelivery, Inbox,
    NewDelivery, SigningSecret, StoreError, Vault, WEBHOOK_SECRET_PURPOSE, WebhookHook,
};
use testkit::{TestDatabase, both_engines};

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(1_790_000_000 + seconds)
}

fn signed_by(id: i64, sealed: &str, delivery: NewDelivery) -> NewDelivery {
    let sealed = sealed.into();
    NewDelivery {
        secret: Some(SigningSecret { id, sealed }),
        ..delivery
    }
}

fn delivery(connection_id: i64, number: i64) -> NewDelivery {
    NewDelivery {
        connection_id,
        received_at: at(number),
        event_key: "repo:push".to_owned(),
        event_time: Some(at(number - 1)),
        hook_uuid: Some("hook".to_owned()),
        request_uuid: None,
        attempt: Some(1),
        digest: format!("digest {number}"),
        headers: "{}".to_owned(),
        body: format!("body {number}"),
        size: 10,
        secret: None,
    }
}

fn finished(outcome: DeliveryOutcome) -> FinishedDelivery {
    FinishedDelivery {
        outcome,
        problem: None,
        repository: Some("acme/web".to_owned()),
        redacted_body: None,
    }
}

async fn connection(database: &TestDatabase, name: &str) -> i64 {
    let mut tx = database.db.write().await.unwrap();
    let id = tx
        .insert_connection(
            ConnectionKind::BitbucketCloud,
            name,
            name,
            "https://a",
            at(0),
        )
        .await
        .unwrap()
        .unwrap();
    tx.commit().await.unwrap();
    id
}

async fn finish(db: &Db, id: i64, finished: &FinishedDelivery) {
    let mut tx = db.write().await.unwrap();
    assert_eq!(
        tx.take_deliveries(&[id], at(50)).await.unwrap(),
        BTreeSet::from([id])
    );
    tx.finish_delivery(id, finished, at(50)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn waiting(db: &Db) -> Vec<i64> {
    let waiting = db.waiting_deliveries(1000).await.unwrap();
    waiting.into_iter().map(|one| one.id).collect()
}

both_engines! {
    async fn what_is_accepted_is_synced_to_disk(database) {
        let inbox = Inbox::open(&database.db).await.unwrap();
        let durability = inbox.durability().await.unwrap();
        match &database.db {
            Db::Sqlite { write, .. } => {
                assert_eq!(durability, "2");
                let (usual,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(write).await.unwrap();
                assert_eq!(usual, 1, "imports need not wait for the disk");
            }
            Db::Postgres(_) => assert_eq!(durability, "on"),
        }
    }
}

#[tokio::test]
async fn a_server_that_syncs_nothing_syncs_deliveries() {
    let database = testkit::postgres().await;
    let address = format!("{}?options=-c%20synchronous_commit%3Doff", database.address);
    let db = Db::open(&address).await.unwrap();
    let Db::Postgres(pool) = &db else {
        panic!("not PostgreSQL")
    };
    let (usual,): (String,) = sqlx::query_as("SHOW synchronous_commit")
        .fetch_one(pool)
        .await
        .unwrap();
    assert_eq!(usual, "off");
    let inbox = Inbox::open(&db).await.unwrap();
    assert_eq!(inbox.durability().await.unwrap(), "on");
}

both_engines! {
    async fn many_that_come_together_are_all_stored(database) {
        let db = &database.db;
        let connection = connection(&database, "acme").await;
        let inbox = Inbox::open(db).await.unwrap();
        let mut arrived = inbox.arrived();
        let tasks: Vec<_> = (0..600)
            .map(|number| {
                let inbox = inbox.clone();
                tokio::spawn(async move { inbox.accept(delivery(connection, number)).await.unwrap() })
            })
            .collect();
        let mut ids = Vec::new();
        for task in tasks {
            let accepted = task.await.unwrap();
            assert!(!accepted.double);
            ids.push(accepted.id);
        }
        assert!(arrived.has_changed().unwrap());
        assert_eq!(Some(*arrived.borrow_and_update()), ids.iter().max().copied());
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 600);
        let stored = db.waiting_deliveries(1000).await.unwrap();
        let dates: Vec<_> = stored.iter().map(|one| one.received_at).collect();
        assert_eq!(dates, (0..600).map(at).collect::<Vec<_>>(), "the oldest first");
        assert_eq!(stored[7].body, "body 7");
        assert_eq!(db.count_waiting_deliveries().await.unwrap(), 600);
        assert_eq!(db.waiting_deliveries(5).await.unwrap().len(), 5);
    }

    async fn deliveries_and_pages_take_turns(database) {
        let db = &database.db;
        let connection = connection(&database, "acme").await;
        let inbox = Inbox::open(db).await.unwrap();
        let page = db.write().await.unwrap();
        let waiting_for_it = tokio::spawn({
            let inbox = inbox.clone();
            async move { inbox.accept(delivery(connection, 1)).await.unwrap() }
        });
        page.commit().await.unwrap();
        let accepted = waiting_for_it.await.unwrap();
        let mut tx = db.write().await.unwrap();
        assert!(!tx.take_deliveries(&[accepted.id], at(9)).await.unwrap().is_empty());
        tx.commit().await.unwrap();
    }

    async fn what_comes_again_is_counted_and_not_applied_again(database) {
        let db = &database.db;
        let one = connection(&database, "acme").await;
        let other = connection(&database, "umbrella").await;
        let inbox = Inbox::open(db).await.unwrap();
        let first = inbox.accept(delivery(one, 1)).await.unwrap();
        let again = NewDelivery { received_at: at(5), attempt: Some(2), body: "sealed anew".to_owned(), ..delivery(one, 1) };
        let second = inbox.accept(again.clone()).await.unwrap();
        assert_eq!((second.id, second.double), (first.id, true));
        let elsewhere = inbox.accept(delivery(other, 1)).await.unwrap();
        assert!(!elsewhere.double && elsewhere.id != first.id);
        assert_eq!(waiting(db).await, [first.id, elsewhere.id]);
        finish(db, first.id, &finished(DeliveryOutcome::Applied)).await;
        inbox.accept(again.clone()).await.unwrap();
        let stored = db.delivery(first.id).await.unwrap().unwrap();
        assert_eq!((stored.outcome, stored.doubles), (DeliveryOutcome::Applied, 2));
        assert_eq!((stored.received_at, stored.body.as_str()), (at(1), "body 1"));
        assert_eq!(stored.repository.as_deref(), Some("acme/web"));
        // The same content of a later event, as of a name that is given back and forth, is news.
        let later = NewDelivery { event_time: Some(at(4)), ..again };
        assert!(inbox.accept(later).await.unwrap().double);
        let stored = db.delivery(first.id).await.unwrap().unwrap();
        assert_eq!((stored.outcome, stored.event_time), (DeliveryOutcome::Waiting, Some(at(4))));
        assert_eq!((stored.received_at, stored.body.as_str()), (at(5), "sealed anew"));
    }

    async fn one_that_the_database_refuses_does_not_take_others_with_it(database) {
        let db = &database.db;
        let connection = connection(&database, "acme").await;
        let inbox = Inbox::open(db).await.unwrap();
        let text = match db {
            Db::Sqlite { .. } => "CREATE TRIGGER refusing BEFORE INSERT ON webhook_deliveries WHEN NEW.digest = 'digest 3'
                BEGIN SELECT RAISE(ABORT, 'refused'); END",
            Db::Postgres(_) => "ALTER TABLE webhook_deliveries ADD CHECK (digest <> 'digest 3')",
        };
        match db {
            Db::Sqlite { write, .. } => drop(sqlx::raw_sql(text).execute(write).await.unwrap()),
            Db::Postgres(pool) => drop(sqlx::raw_sql(text).execute(pool).await.unwrap()),
        }
        let tasks: Vec<_> = (0..6)
            .map(|number| {
                let inbox = inbox.clone();
                tokio::spawn(async move { inbox.accept(delivery(connection, number)).await.is_ok() })
            })
            .collect();
        let mut stored = Vec::new();
        for task in tasks {
            stored.push(task.await.unwrap());
        }
        assert_eq!(stored, [true, true, true, false, true, true]);
        assert_eq!(waiting(db).await.len(), 5);
    }

    async fn only_one_applies_a_delivery_and_nobody_who_gives_up(database) {
        let db = &database.db;
        let connection = connection(&database, "acme").await;
        let inbox = Inbox::open(db).await.unwrap();
        let id = inbox.accept(delivery(connection, 1)).await.unwrap().id;
        let mut dropped = db.write().await.unwrap();
        assert_eq!(dropped.take_deliveries(&[id], at(2)).await.unwrap(), BTreeSet::from([id]));
        dropped.finish_delivery(id, &finished(DeliveryOutcome::Applied), at(2)).await.unwrap();
        drop(dropped);
        assert_eq!(waiting(db).await, [id]);
        finish(db, id, &FinishedDelivery {
            problem: Some("why".to_owned()),
            redacted_body: Some("shorter".to_owned()),
            ..finished(DeliveryOutcome::Failed)
        }).await;
        let mut late = db.write().await.unwrap();
        assert!(late.take_deliveries(&[id], at(3)).await.unwrap().is_empty());
        drop(late);
        let stored = db.delivery(id).await.unwrap().unwrap();
        assert_eq!((stored.problem.as_deref(), stored.body.as_str()), (Some("why"), "shorter"));
        assert_eq!(stored.applied_at, Some(at(50)));
        let mut tx = db.write().await.unwrap();
        assert_eq!(tx.replay_deliveries(&[id, 999]).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let stored = db.delivery(id).await.unwrap().unwrap();
        assert_eq!((stored.outcome, stored.problem, stored.applied_at), (DeliveryOutcome::Waiting, None, None));
    }

    async fn the_log_is_read_by_what_one_asks_for_and_forgotten(database) {
        let db = &database.db;
        let one = connection(&database, "acme").await;
        let other = connection(&database, "umbrella").await;
        let inbox = Inbox::open(db).await.unwrap();
        let mut ids = Vec::new();
        for number in 0..4 {
            ids.push(inbox.accept(delivery(one, number)).await.unwrap().id);
        }
        let created = NewDelivery { event_key: "pullrequest:created".to_owned(), ..delivery(other, 4) };
        ids.push(inbox.accept(created).await.unwrap().id);
        finish(db, ids[1], &finished(DeliveryOutcome::Applied)).await;
        finish(db, ids[4], &FinishedDelivery { repository: None, ..finished(DeliveryOutcome::Failed) }).await;
        let all = DeliveryFilter { limit: 100, ..DeliveryFilter::default() };
        let asked = async |filter: DeliveryFilter| -> Vec<i64> {
            let found = db.deliveries(&filter).await.unwrap();
            found.into_iter().map(|one| one.id).collect()
        };
        assert_eq!(asked(all.clone()).await, [ids[4], ids[3], ids[2], ids[1], ids[0]]);
        assert_eq!(asked(DeliveryFilter { limit: 2, before_id: Some(ids[3]), ..all.clone() }).await, [ids[2], ids[1]]);
        assert_eq!(asked(DeliveryFilter { connection: Some(other), ..all.clone() }).await, [ids[4]]);
        assert_eq!(asked(DeliveryFilter { event: Some("pullrequest:created".to_owned()), ..all.clone() }).await, [ids[4]]);
        assert_eq!(asked(DeliveryFilter { outcome: Some(DeliveryOutcome::Waiting), ..all.clone() }).await, [ids[3], ids[2], ids[0]]);
        assert_eq!(asked(DeliveryFilter { repository: Some("acme/web".to_owned()), ..all.clone() }).await, [ids[1]]);
        let state = db.inbox_state(one).await.unwrap();
        assert_eq!((state.last_received_at, state.waiting, state.failed), (Some(at(3)), 3, 0));
        assert_eq!(db.inbox_state(other).await.unwrap().failed, 1);

        let mut tx = db.write().await.unwrap();
        assert_eq!(tx.forget_deliveries(at(2)).await.unwrap(), 1, "what waits is not forgotten");
        tx.remove_connection(other).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(asked(all).await, [ids[3], ids[2], ids[0]]);
    }

    async fn secrets_stand_beside_each_other_until_they_are_retired(database) {
        let db = &database.db;
        let connection = connection(&database, "acme").await;
        let inbox = Inbox::open(db).await.unwrap();
        let mut tx = db.write().await.unwrap();
        let old = tx.add_webhook_secret(connection, "old", at(1)).await.unwrap();
        let new = tx.add_webhook_secret(connection, "new", at(2)).await.unwrap();
        tx.commit().await.unwrap();
        for number in [7, 8] {
            inbox.accept(signed_by(new, "new", delivery(connection, number))).await.unwrap();
        }
        let secrets = db.webhook_secrets(connection).await.unwrap();
        let seen: Vec<_> = secrets.iter().map(|one| (one.id, one.seen_at)).collect();
        assert_eq!(seen, [(old, None), (new, Some(at(7)))]);
        let mut tx = db.write().await.unwrap();
        tx.retire_webhook_secret(old, at(9)).await.unwrap();
        tx.retire_webhook_secret(old, at(10)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.webhook_secrets(connection).await.unwrap()[0].retired_at, Some(at(9)));
        let valid = db.all_webhook_secrets().await.unwrap();
        let [secret] = valid.as_slice() else { panic!("{valid:?}") };
        assert_eq!((secret.id, secret.sealed.as_str(), secret.workspace.as_str()), (new, "new", "acme"));
        assert_eq!((secret.connection.as_str(), &secret.workspace_uuid), ("acme", &None));
    }

    async fn nothing_is_stored_under_a_key_that_is_no_more(database) {
        let db = &database.db;
        let connection = connection(&database, "acme").await;
        let inbox = Inbox::open(db).await.unwrap();
        let ((old, _), (new, _)) = (Vault::generate(), Vault::generate());
        let sealed = old.seal(WEBHOOK_SECRET_PURPOSE, b"of the webhook").unwrap();
        let mut tx = db.write().await.unwrap();
        let secret = tx.add_webhook_secret(connection, &sealed, at(1)).await.unwrap();
        tx.commit().await.unwrap();
        let stored = NewDelivery {
            body: old.seal(DELIVERY_PURPOSE, b"{}").unwrap(),
            ..signed_by(secret, &sealed, delivery(connection, 1))
        };
        inbox.accept(stored.clone()).await.unwrap();
        db.reseal(&old, &new).await.unwrap();
        // One with the old key among others that have none: they do not suffer for it.
        let late = NewDelivery { digest: "late".to_owned(), ..stored };
        let (late, other) = tokio::join!(inbox.accept(late), inbox.accept(delivery(connection, 2)));
        assert!(matches!(late, Err(StoreError::SecretChanged)), "{late:?}");
        other.unwrap();
        let waiting = db.waiting_deliveries(10).await.unwrap();
        assert_eq!(waiting.len(), 2);
        new.open(DELIVERY_PURPOSE, &waiting[0].body).unwrap();
    }

    async fn a_webhook_is_known_until_it_is_removed(database) {
        let db = &database.db;
        let connection = connection(&database, "acme").await;
        let hook = WebhookHook {
            connection_id: connection,
            uuid: "{hook}".to_owned(),
            url: "https://windlass.example.com/webhooks/bitbucket".to_owned(),
            registered_at: at(1),
            verified_at: None,
        };
        let verified = WebhookHook { verified_at: Some(at(5)), ..hook.clone() };
        for hook in [&hook, &verified] {
            let mut tx = db.write().await.unwrap();
            tx.set_webhook_hook(hook).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(db.webhook_hook(connection).await.unwrap().as_ref(), Some(hook));
        }
        let mut tx = db.write().await.unwrap();
        tx.remove_webhook_hook(connection).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.webhook_hook(connection).await.unwrap(), None);
    }

    async fn bodies_and_secrets_are_sealed_anew_with_the_credentials(database) {
        let db = &database.db;
        let connection = connection(&database, "acme").await;
        let inbox = Inbox::open(db).await.unwrap();
        let ((old, _), (new, _)) = (Vault::generate(), Vault::generate());
        let mut tx = db.write().await.unwrap();
        let sealed = old.seal(WEBHOOK_SECRET_PURPOSE, b"signing").unwrap();
        tx.add_webhook_secret(connection, &sealed, at(1)).await.unwrap();
        tx.commit().await.unwrap();
        let body = |number: i64| format!("body {number}");
        for number in 0..403 {
            let sealed = old.seal(DELIVERY_PURPOSE, body(number).as_bytes()).unwrap();
            inbox.accept(NewDelivery { body: sealed, ..delivery(connection, number) }).await.unwrap();
        }
        assert_eq!(db.reseal(&old, &new).await.unwrap(), 404);
        let secret = &db.webhook_secrets(connection).await.unwrap()[0];
        assert_eq!(new.open(WEBHOOK_SECRET_PURPOSE, &secret.sealed).unwrap().expose_secret(), b"signing");
        for (number, stored) in (0..).zip(db.waiting_deliveries(1000).await.unwrap()) {
            let opened = new.open(DELIVERY_PURPOSE, &stored.body).unwrap();
            assert_eq!(opened.expose_secret(), body(number).as_bytes());
        }
    }

    async fn what_polling_found_is_counted_by_repository_and_day(database) {
        let db = &database.db;
        let mut tx = db.write().await.unwrap();
        for (number, found) in [(0, 2), (60, 3), (86_400, 4)] {
            tx.add_misses(Id(7), found, at(number)).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(db.webhook_misses("acme", at(0)).await.unwrap(), [], "nobody knows that repository");
        for text in [
            "INSERT INTO bitbucket_workspaces (id, source_id, slug, observed_at) VALUES (1, '{w}', 'acme', '2026-01-01T00:00:00.000000Z')",
            "INSERT INTO bitbucket_repositories (id, source_id, workspace_id, full_name, observed_at)
             VALUES (7, '{r}', 1, 'acme/web', '2026-01-01T00:00:00.000000Z')",
        ] {
            match db {
                Db::Sqlite { write, .. } => drop(sqlx::raw_sql(text).execute(write).await.unwrap()),
                Db::Postgres(pool) => drop(sqlx::raw_sql(text).execute(pool).await.unwrap()),
            }
        }
        let found = async |since| -> Vec<i64> {
            let misses = db.webhook_misses("acme", since).await.unwrap();
            misses.into_iter().map(|one| one.found).collect()
        };
        assert_eq!(found(at(0)).await, [9]);
        assert_eq!(found(at(86_400)).await, [4]);
        let mut tx = db.write().await.unwrap();
        tx.forget_deliveries(at(86_400)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(found(at(0)).await, [4]);

        // Whoever wants a repository's data gone wants what was told of it gone.
        let connection = connection(&database, "acme").await;
        let inbox = Inbox::open(db).await.unwrap();
        let (here, elsewhere) = (finished(DeliveryOutcome::Applied), FinishedDelivery {
            repository: Some("acme/api".to_owned()),
            ..finished(DeliveryOutcome::Applied)
        });
        let mut ids = Vec::new();
        for (number, finished) in [(1, here), (2, elsewhere)] {
            ids.push(inbox.accept(delivery(connection, number)).await.unwrap().id);
            finish(db, ids[ids.len() - 1], &finished).await;
        }
        let mut tx = db.write().await.unwrap();
        tx.delete_repository_data(&[Id(7)], at(3)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(found(at(0)).await.is_empty());
        assert!(db.delivery(ids[0]).await.unwrap().is_none());
        assert!(db.delivery(ids[1]).await.unwrap().is_some());
    }

    async fn the_console_does_not_show_what_is_secret(database) {
        for table in ["webhook_secrets", "webhook_hooks", "webhook_deliveries", "webhook_misses"] {
            assert!(model::catalogue::table(table).is_none(), "{table}");
        }
        for sql in ["SELECT body FROM webhook_deliveries", "SELECT sealed FROM webhook_secrets"] {
            let outcome = run(&database.db, sql, ConsoleLimits::default()).await;
            assert!(outcome.is_err(), "{sql} gave {outcome:?}");
        }
        run(&database.db, "SELECT name FROM connections", ConsoleLimits::default()).await.unwrap();
    }
}
