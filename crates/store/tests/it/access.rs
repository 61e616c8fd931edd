//! Who may use the page.

use model::Instant;
use store::{Db, NewApiToken, Role, SessionTimes};
use testkit::both_engines;

fn at(text: &str) -> Instant {
    format!("2026-03-04T{text}:00Z").parse().unwrap()
}

/// A login with a password.
async fn login(db: &Db, name: &str, role: Role) -> i64 {
    let mut tx = db.write().await.unwrap();
    let id = tx
        .insert_login(name, role, at("10:00"))
        .await
        .unwrap()
        .unwrap();
    tx.set_login_password(id, "a hash", at("10:00"))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}

async fn begin(db: &Db, digest: &str, login: i64) {
    let mut tx = db.write().await.unwrap();
    tx.begin_session(digest, login, at("10:00"), SessionTimes::default())
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

both_engines! {
    async fn a_name_is_given_once(database) {
        let db = &database.db;
        login(db, "ada", Role::Administrator).await;
        let mut tx = db.write().await.unwrap();
        assert_eq!(tx.insert_login("ada", Role::Viewer, at("10:01")).await.unwrap(), None);
        drop(tx);
        let ada = db.login("ada").await.unwrap().unwrap();
        assert_eq!((ada.role, ada.has_password), (Role::Administrator, true));
        assert_eq!(db.logins().await.unwrap(), std::slice::from_ref(&ada));
        assert_eq!(db.login_by_id(ada.id).await.unwrap(), Some(ada));
        assert_eq!(db.login("bob").await.unwrap(), None);
    }

    async fn the_last_administrator_stays_one(database) {
        let db = &database.db;
        let ada = login(db, "ada", Role::Administrator).await;
        let bob = login(db, "bob", Role::Viewer).await;
        let mut tx = db.write().await.unwrap();
        // One who was invited and has chosen no password cannot help anybody.
        let invited = tx.insert_login("cyd", Role::Administrator, at("10:00")).await.unwrap().unwrap();
        assert!(!tx.set_login_role(ada, Role::Viewer).await.unwrap());
        assert!(!tx.remove_login(ada, at("10:01")).await.unwrap());
        assert!(tx.set_login_role(bob, Role::Administrator).await.unwrap());
        assert!(tx.set_login_role(ada, Role::Viewer).await.unwrap());
        assert!(!tx.remove_login(bob, at("10:01")).await.unwrap());
        assert!(tx.remove_login(invited, at("10:01")).await.unwrap());
        tx.commit().await.unwrap();
        let roles: Vec<(String, Role)> =
            db.logins().await.unwrap().into_iter().map(|one| (one.name, one.role)).collect();
        assert_eq!(
            roles,
            [("ada".to_owned(), Role::Viewer), ("bob".to_owned(), Role::Administrator)]
        );
    }

    async fn a_session_ends_unused_and_in_any_case(database) {
        let db = &database.db;
        let ada = login(db, "ada", Role::Administrator).await;
        begin(db, "one", ada).await;
        let times = SessionTimes { idle_seconds: 600, longest_seconds: 1_800 };
        let found = |digest: &'static str, now| async move { db.session(digest, now, times).await.unwrap() };
        assert_eq!(found("one", at("10:09")).await.unwrap().login.name, "ada");
        assert!(found("two", at("10:09")).await.is_none());
        assert!(found("one", at("10:10")).await.is_none(), "unused for ten minutes");
        let mut tx = db.write().await.unwrap();
        tx.see_session("one", at("10:09")).await.unwrap();
        tx.begin_session("short", ada, at("10:09"), times).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(found("one", at("10:18")).await.unwrap().seen_at, at("10:09"));
        let mut tx = db.write().await.unwrap();
        tx.see_session("short", at("10:38")).await.unwrap();
        tx.commit().await.unwrap();
        assert!(found("short", at("10:38")).await.is_some());
        assert!(found("short", at("10:39")).await.is_none(), "half an hour in all");
        // Whoever signs in next sweeps up.
        let mut tx = db.write().await.unwrap();
        tx.begin_session("next", ada, at("11:00"), times).await.unwrap();
        tx.end_session("next").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.count_sessions(ada).await.unwrap(), 0);
    }

    async fn a_new_password_ends_every_session_and_link(database) {
        let db = &database.db;
        let (ada, bob) = (login(db, "ada", Role::Administrator).await, login(db, "bob", Role::Viewer).await);
        begin(db, "of ada", ada).await;
        begin(db, "of bob", bob).await;
        let mut tx = db.write().await.unwrap();
        tx.insert_login_link("link", Some(ada), at("10:00"), at("12:00")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.login_link("link", at("10:30")).await.unwrap(), Some(Some(ada)));
        let mut tx = db.write().await.unwrap();
        tx.set_login_password(ada, "another hash", at("10:30")).await.unwrap();
        tx.commit().await.unwrap();
        let alive = |digest| async move {
            db.session(digest, at("10:30"), SessionTimes::default()).await.unwrap().is_some()
        };
        assert!(!alive("of ada").await);
        assert!(alive("of bob").await);
        assert_eq!(db.login_link("link", at("10:30")).await.unwrap(), None);
        assert_eq!(db.login_password(ada).await.unwrap().as_deref(), Some("another hash"));
    }

    async fn a_link_works_once_and_not_for_ever(database) {
        let db = &database.db;
        let ada = login(db, "ada", Role::Administrator).await;
        let mut tx = db.write().await.unwrap();
        tx.insert_login_link("older", Some(ada), at("10:00"), at("12:00")).await.unwrap();
        tx.insert_login_link("newer", Some(ada), at("10:00"), at("12:00")).await.unwrap();
        tx.insert_login_link("first", None, at("10:00"), at("12:00")).await.unwrap();
        assert_eq!(tx.take_login_link("older", at("10:01")).await.unwrap(), None);
        assert_eq!(tx.take_login_link("newer", at("12:00")).await.unwrap(), None, "too late");
        assert_eq!(tx.take_login_link("newer", at("11:59")).await.unwrap(), Some(Some(ada)));
        assert_eq!(tx.take_login_link("newer", at("11:59")).await.unwrap(), None);
        assert_eq!(tx.take_login_link("first", at("11:59")).await.unwrap(), Some(None));
        tx.commit().await.unwrap();
    }

    async fn a_token_is_valid_until_it_expires_is_revoked_or_its_login_goes(database) {
        let db = &database.db;
        let (ada, bob) = (login(db, "ada", Role::Administrator).await, login(db, "bob", Role::Administrator).await);
        let mut tx = db.write().await.unwrap();
        let mut new = NewApiToken {
            name: "a script",
            digest: "of ada",
            scopes: &["read", "write"],
            login: ada,
            expires_at: Some(at("12:00")),
        };
        let of_ada = tx.insert_api_token(&new, at("10:00")).await.unwrap();
        new.digest = "revoked";
        let revoked = tx.insert_api_token(&new, at("10:00")).await.unwrap();
        (new.digest, new.login, new.expires_at) = ("of bob", bob, None);
        tx.insert_api_token(&new, at("10:00")).await.unwrap();
        assert!(tx.revoke_api_token(revoked, at("10:01")).await.unwrap());
        assert!(!tx.revoke_api_token(revoked, at("10:02")).await.unwrap());
        tx.see_api_token(of_ada, at("10:05")).await.unwrap();
        tx.commit().await.unwrap();
        let valid = |digest, now| async move { db.api_token(digest, now).await.unwrap() };
        let found = valid("of ada", at("11:59")).await.unwrap();
        assert_eq!((found.scopes, found.used_at), (vec!["read".to_owned(), "write".to_owned()], Some(at("10:05"))));
        assert_eq!(valid("of ada", at("12:00")).await, None);
        assert_eq!(valid("revoked", at("10:02")).await, None);
        assert!(valid("of bob", at("12:00")).await.is_some());
        let mut tx = db.write().await.unwrap();
        assert!(tx.remove_login(bob, at("12:00")).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(valid("of bob", at("12:00")).await, None);
        let all = db.api_tokens().await.unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!((all[0].made_by.as_deref(), all[0].revoked_at), (None, Some(at("12:00"))));
    }
}
