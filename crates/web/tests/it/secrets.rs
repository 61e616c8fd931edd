//! Secrets that are replaced, taken back, or out of reach.

use secrecy::ExposeSecret;
use store::Vault;
use testkit::both_engines;
use web::NoVault;

use crate::house::{ALL, House, SECRET, empty_push};

both_engines! {
    async fn while_a_secret_is_replaced_both_are_valid(database) {
        let house = House::with_acme(database).await;
        let acme = house.connect("acme", "acme").await;
        let old = house.database.db.webhook_secrets(acme).await.unwrap()[0].id;
        assert_eq!(house.push(ALL, SECRET, &empty_push(1)).await.status, 200);
        // A new secret is known as soon as something is signed with it, without any wait.
        assert_eq!(house.push(ALL, "the next one", &empty_push(2)).await.status, 401);
        house.add_secret(acme, "the next one").await;
        for (number, secret) in [(3, "the next one"), (4, SECRET), (5, "the next one")] {
            let answer = house.push(ALL, secret, &empty_push(number)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        let secrets = house.database.db.webhook_secrets(acme).await.unwrap();
        assert_eq!(secrets.len(), 2);
        assert!(secrets.iter().all(|secret| secret.seen_at == Some(house.now())));
        // One that was taken back is forgotten within seconds.
        house.retire_secret(old).await;
        house.clock.advance_seconds(5);
        assert_eq!(house.push(ALL, SECRET, &empty_push(6)).await.status, 401);
        assert_eq!(house.push(ALL, "the next one", &empty_push(7)).await.status, 200);
        assert_eq!(house.stored().await.len(), 5);
    }

    async fn two_connections_with_the_same_secret_are_told_apart_by_their_workspace(database) {
        let house = House::new(database).await;
        let orbit = house.connect("orbit", "orbit").await;
        let acme = house.connect("acme", "acme").await;
        house.add_secret(orbit, SECRET).await;
        house.add_secret(acme, SECRET).await;
        assert_eq!(house.push(ALL, SECRET, &empty_push(1)).await.status, 200);
        assert_eq!(house.stored().await[0].connection_id, acme);
    }

    async fn a_secret_that_cannot_be_opened_makes_bitbucket_try_again(database) {
        let house = House::with_acme(database).await;
        let (_, other) = Vault::generate();
        for (key, expected) in [
            (Err(NoVault), 503),
            (Ok(None), 503),
            (Ok(Some(other.expose_secret().to_owned())), 503),
            (Ok(Some(house.written.clone())), 200),
        ] {
            *house.key.lock().unwrap() = key;
            let answer = house.push(ALL, SECRET, &empty_push(1)).await;
            assert_eq!(answer.status, expected, "{answer:?}");
        }
        assert_eq!(house.stored().await.len(), 1);
    }

    async fn a_workspace_is_known_by_its_uuid_though_it_was_renamed(database) {
        let house = House::with_acme(database).await;
        assert_eq!(house.push(ALL, SECRET, &empty_push(1)).await.status, 200);
        // The first delivery brought the workspace, and with it its UUID.
        house.drain(false).await;
        house.clock.advance_seconds(5);
        let mut renamed = empty_push(2);
        renamed["repository"]["workspace"]["slug"] = "acme-and-daughters".into();
        let answer = house.push(ALL, SECRET, &renamed).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        // Somebody else's, who has taken the name since.
        let mut taken = empty_push(3);
        taken["repository"]["workspace"]["uuid"] = "{d0000000-0000-4000-8000-000000000009}".into();
        let answer = house.push(ALL, SECRET, &taken).await;
        assert_eq!(answer.status, 403, "{answer:?}");
    }
}
