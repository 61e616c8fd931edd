//! Connections, their credentials and claims, on both engines.

use model::Instant;
use secrecy::ExposeSecret;
use store::{
    AuditEntry, AuthMethod, CREDENTIAL_PURPOSE, ConnectionKind, ConnectionState, CredentialSeen,
    CredentialState, FilterMode, FilterRule, FilterSubject, Lease, NewCredential, RunReason,
    StreamKey, StreamSetting, Vault,
};
use testkit::{TestDatabase, both_engines};

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(1_790_000_000 + seconds)
}

async fn connection(database: &TestDatabase) -> i64 {
    let mut tx = database.db.write().await.unwrap();
    let id = tx
        .insert_connection(
            ConnectionKind::BitbucketCloud,
            "acme",
            "acme",
            "https://api.bitbucket.org/2.0",
            at(0),
        )
        .await
        .unwrap()
        .unwrap();
    tx.commit().await.unwrap();
    id
}

fn credential<'a>(label: &'a str, sealed: &'a str) -> NewCredential<'a> {
    NewCredential {
        label,
        method: AuthMethod::ApiToken,
        sealed,
        allowance: "token-1",
        hourly_limit: None,
        expires_at: Some(at(86_400)),
    }
}

both_engines! {
    async fn a_connection_is_made_changed_and_taken_away(database) {
        let db = &database.db;
        let id = connection(&database).await;
        let mut tx = db.write().await.unwrap();
        let again = tx
            .insert_connection(ConnectionKind::JiraCloud, "acme", "x", "y", at(1))
            .await
            .unwrap();
        assert_eq!(again, None, "the name is taken");
        tx.set_connection_state(id, ConnectionState::Verified, None, at(5)).await.unwrap();
        tx.set_connection_state(id, ConnectionState::Failing, Some("refused"), at(9)).await.unwrap();
        tx.pause_connection(id, Some(at(10))).await.unwrap();
        tx.set_last_synced(id, at(11)).await.unwrap();
        let rules = [
            FilterRule { subject: FilterSubject::Project, pattern: "OPS".to_owned() },
            FilterRule { subject: FilterSubject::Repository, pattern: "web-*".to_owned() },
        ];
        tx.set_filter(id, FilterMode::Denylist, &rules, at(12)).await.unwrap();
        let setting = StreamSetting {
            stream: "commits".to_owned(),
            enabled: Some(false),
            interval_seconds: Some(60),
            not_before: Some(at(-100)),
        };
        tx.set_stream_setting(id, &setting).await.unwrap();
        tx.commit().await.unwrap();

        let found = db.connection("acme").await.unwrap().unwrap();
        assert_eq!(found.kind, ConnectionKind::BitbucketCloud);
        assert_eq!(found.state, ConnectionState::Failing);
        assert_eq!(found.problem.as_deref(), Some("refused"));
        assert_eq!(found.verified_at, Some(at(5)), "the last success stays dated");
        assert_eq!(found.paused_at, Some(at(10)));
        assert_eq!(found.last_synced_at, Some(at(11)));
        assert_eq!(found.filter_mode, FilterMode::Denylist);
        assert_eq!(db.filter_rules(id).await.unwrap(), rules);
        assert_eq!(db.stream_settings(id).await.unwrap(), [setting]);

        let mut tx = db.write().await.unwrap();
        tx.remove_connection(id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(db.connections().await.unwrap().is_empty());
        assert!(db.filter_rules(id).await.unwrap().is_empty());
        assert!(db.stream_settings(id).await.unwrap().is_empty());
    }
}

both_engines! {
    async fn a_credential_is_added_seen_replaced_and_removed(database) {
        let db = &database.db;
        let connection = connection(&database).await;
        let (vault, _) = Vault::generate();
        let sealed = vault.seal(CREDENTIAL_PURPOSE, b"secret one").unwrap();
        let mut tx = db.write().await.unwrap();
        let first = tx.insert_credential(connection, &credential("one", &sealed), at(1)).await.unwrap().unwrap();
        let second = tx.insert_credential(connection, &credential("two", &sealed), at(2)).await.unwrap().unwrap();
        assert_eq!(tx.insert_credential(connection, &credential("two", &sealed), at(3)).await.unwrap(), None);
        let seen = CredentialSeen {
            state: CredentialState::LacksScopes,
            problem: Some("it lacks pipeline".to_owned()),
            resting_until: Some(at(50)),
            scopes: Some(vec!["account".to_owned(), "repository".to_owned()]),
        };
        tx.note_credential(first, &seen).await.unwrap();
        tx.note_credential(first, &CredentialSeen { scopes: None, ..seen }).await.unwrap();
        tx.set_credential_verified(first, at(4)).await.unwrap();
        tx.commit().await.unwrap();

        let found = db.credentials(connection).await.unwrap();
        assert_eq!(found.iter().map(|one| one.id).collect::<Vec<_>>(), [first, second]);
        assert_eq!(found[0].state, CredentialState::LacksScopes);
        assert_eq!(found[0].scopes, ["account", "repository"]);
        assert_eq!(found[0].resting_until, Some(at(50)));
        assert_eq!(found[0].expires_at, Some(at(86_400)));
        assert_eq!((found[0].verified_at, found[1].verified_at), (Some(at(4)), None));

        let mut tx = db.write().await.unwrap();
        assert!(!tx.replace_credential(first, &credential("two", &sealed), at(8)).await.unwrap());
        assert!(tx.replace_credential(first, &credential("renamed", &sealed), at(9)).await.unwrap());
        tx.remove_credential(second).await.unwrap();
        tx.commit().await.unwrap();
        let found = db.credentials(connection).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].label.as_str(), found[0].state), ("renamed", CredentialState::Ok));
        assert_eq!((found[0].created_at, found[0].updated_at), (at(1), at(9)));
        assert!(found[0].scopes.is_empty());
    }
}

both_engines! {
    async fn secrets_are_sealed_anew_all_or_none(database) {
        let db = &database.db;
        let connection = connection(&database).await;
        let ((old, _), (new, _), (other, _)) = (Vault::generate(), Vault::generate(), Vault::generate());
        for (label, vault) in [("one", &old), ("two", &old)] {
            let sealed = vault.seal(CREDENTIAL_PURPOSE, label.as_bytes()).unwrap();
            let mut tx = db.write().await.unwrap();
            tx.insert_credential(connection, &credential(label, &sealed), at(1)).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(db.reseal(&old, &new).await.unwrap(), 2);
        for stored in db.credentials(connection).await.unwrap() {
            let opened = new.open(CREDENTIAL_PURPOSE, &stored.sealed).unwrap();
            assert_eq!(opened.expose_secret(), stored.label.as_bytes());
        }
        // One that was sealed under a third key stops all of it.
        let sealed = other.seal(CREDENTIAL_PURPOSE, b"three").unwrap();
        let mut tx = db.write().await.unwrap();
        tx.insert_credential(connection, &credential("three", &sealed), at(1)).await.unwrap();
        tx.commit().await.unwrap();
        let before: Vec<String> = sealed_texts(&database, connection).await;
        db.reseal(&new, &old).await.unwrap_err();
        assert_eq!(sealed_texts(&database, connection).await, before);
    }
}

async fn sealed_texts(database: &TestDatabase, connection: i64) -> Vec<String> {
    let stored = database.db.credentials(connection).await.unwrap();
    stored.into_iter().map(|one| one.sealed).collect()
}

both_engines! {
    async fn several_streams_are_claimed_together_or_not_at_all(database) {
        let db = &database.db;
        let connection = connection(&database).await;
        let lease = |token: &str| Lease { token: token.to_owned(), seconds: 20 };
        let (one, other) = (lease("one"), lease("other"));
        let keys = [StreamKey::new("pull_requests", Some(model::Id(7))), StreamKey::new("activity", Some(model::Id(7)))];
        let claimed = db.claim_streams(connection, &keys[1..], &one, at(0)).await.unwrap().unwrap();
        assert_eq!(claimed.len(), 1);
        assert!(db.claim_streams(connection, &keys, &other, at(1)).await.unwrap().is_none());
        // The first of them was not left claimed.
        let free = db.claim_stream(connection, keys[0], &one, at(2)).await.unwrap().unwrap();
        assert_eq!(free.lease_token.as_deref(), Some("one"));

        let ids = keys.map(|key| key.id(connection));
        db.release_streams(&ids, &one, at(3)).await.unwrap();
        let taken = db.claim_streams(connection, &keys, &other, at(4)).await.unwrap().unwrap();
        assert!(taken.iter().all(|stream| stream.tried_at == Some(at(3)) && stream.lease_until == Some(at(24))));

        // Past its end a claim is anybody's.
        assert!(db.claim_streams(connection, &keys, &one, at(24)).await.unwrap().is_none());
        assert!(db.claim_streams(connection, &keys, &one, at(25)).await.unwrap().is_some());
        db.release_leases(&one, None).await.unwrap();
        let streams = db.streams(connection).await.unwrap();
        assert!(streams.iter().all(|stream| stream.lease_token.is_none() && stream.tried_at == Some(at(3))));

        let mut tx = db.write().await.unwrap();
        tx.request_sync(connection, at(30)).await.unwrap();
        tx.set_upstream(ids[0], 41, at(31)).await.unwrap();
        tx.commit().await.unwrap();
        let streams = db.streams(connection).await.unwrap();
        assert!(streams.iter().all(|stream| stream.requested_at == Some(at(30))));
        assert_eq!(streams.iter().filter_map(|stream| stream.upstream).collect::<Vec<_>>(), [(41, at(31))]);
    }
}

both_engines! {
    async fn runs_and_changes_are_told_the_latest_first(database) {
        let db = &database.db;
        let connection = connection(&database).await;
        let first = db.begin_run(connection, RunReason::Schedule, Some("members"), at(0), at(-10)).await.unwrap();
        db.note_progress(first.id, 12, "{}").await.unwrap();
        db.finish_run(first.id, "complete", &Default::default(), at(5)).await.unwrap();
        let second = db.begin_run(connection, RunReason::Asked, None, at(6), at(-10)).await.unwrap();
        db.note_progress(second.id, 3, r#"{"members":1}"#).await.unwrap();
        let runs = db.runs(connection, 10).await.unwrap();
        let told: Vec<_> = runs.iter().map(|run| (run.reason.as_str(), run.outcome.as_str(), run.totals.requests)).collect();
        assert_eq!(told, [("asked", "running", 3), ("schedule", "complete", 0)]);
        assert_eq!(runs[1].streams.as_deref(), Some("members"));
        assert_eq!(db.runs(connection, 1).await.unwrap().len(), 1);

        for number in 0..3 {
            let entry = AuditEntry {
                occurred_at: at(number),
                actor: "command line (ada)".to_owned(),
                action: "connection.pause".to_owned(),
                subject: format!("connection {number}"),
                detail: None,
            };
            let mut tx = db.write().await.unwrap();
            tx.audit(&entry).await.unwrap();
            tx.commit().await.unwrap();
        }
        let subjects: Vec<_> = db.audit_log(2).await.unwrap().into_iter().map(|entry| entry.subject).collect();
        assert_eq!(subjects, ["connection 2", "connection 1"]);
    }
}
