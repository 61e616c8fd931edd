//! What comes in, and how it is kept.

use secrecy::ExposeSecret;
use serde_json::{Value, json};
use store::DELIVERY_PURPOSE;
use testkit::both_engines;

use crate::house::{ALL, House, SECRET, empty_push, sign};

both_engines! {
    async fn a_delivery_is_kept_whole_and_sealed(database) {
        let house = House::with_acme(database).await;
        let acme = house.connect("acme", "acme").await;
        let body = empty_push(1).to_string().into_bytes();
        let signed = sign(&body, SECRET);
        let headers = [
            ("X-Event-Key", "repo:push"),
            ("X-Hub-Signature", signed.as_str()),
            ("X-Event-Time", "Wed, 04 Mar 2026 09:59:58 GMT"),
            ("X-Hook-UUID", "b0000000-0000-4000-8000-000000000001"),
            ("X-Request-UUID", "b0000000-0000-4000-8000-000000000002"),
            ("X-Attempt-Number", "2"),
            ("X-Forwarded-For", "192.0.2.7"),
            ("User-Agent", "Bitbucket-Webhooks/2.0"),
        ];
        for path in [ALL, "/webhooks/bitbucket/acme"] {
            let answer = house.post(path, &headers, &body).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        // The second is the first once more.
        let [stored] = house.stored().await.try_into().unwrap();
        assert_eq!((stored.connection_id, stored.doubles), (acme, 1));
        assert_eq!(stored.event_key, "repo:push");
        assert_eq!(stored.received_at, house.now());
        assert_eq!(stored.event_time, Some("2026-03-04T09:59:58Z".parse().unwrap()));
        let hook = "{b0000000-0000-4000-8000-000000000001}";
        assert_eq!(stored.hook_uuid.as_deref(), Some(hook));
        let request = "{b0000000-0000-4000-8000-000000000002}";
        assert_eq!(stored.request_uuid.as_deref(), Some(request));
        assert_eq!(stored.attempt, Some(2));
        let kept: Value = serde_json::from_str(&stored.headers).unwrap();
        assert_eq!(kept["user-agent"], "Bitbucket-Webhooks/2.0");
        assert_eq!(kept.as_object().unwrap().len(), 6, "{kept}");
        assert!(!stored.body.contains("acme"));
        let opened = house.vault.open(DELIVERY_PURPOSE, &stored.body).unwrap();
        assert_eq!(opened.expose_secret(), &body);
        assert_eq!(stored.size, i64::try_from(body.len()).unwrap());
    }

    async fn the_answer_says_whether_it_was_known(database) {
        let house = House::with_acme(database).await;
        for expected in ["accepted", "double", "double"] {
            let answer = house.push(ALL, SECRET, &empty_push(1)).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            let told: Value = serde_json::from_str(&answer.text).unwrap();
            assert_eq!(told, json!({"delivery": expected}));
        }
    }

    async fn what_comes_at_once_is_all_kept(database) {
        let house = House::with_acme(database).await;
        let bodies: Vec<Value> = (0..200).map(empty_push).collect();
        let sent = bodies.iter().map(|body| house.push(ALL, SECRET, body));
        for answer in futures_util::future::join_all(sent).await {
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        assert_eq!(house.stored().await.len(), 200);
        assert_eq!(house.drain(false).await.all(), 200);
    }

    async fn an_unknown_event_is_kept_and_ignored(database) {
        let house = House::with_acme(database).await;
        let body = empty_push(1).to_string().into_bytes();
        let signed = sign(&body, SECRET);
        let headers = [("X-Event-Key", "repo:painted"), ("X-Hub-Signature", signed.as_str())];
        assert_eq!(house.post(ALL, &headers, &body).await.status, 200);
        assert_eq!(house.drain(false).await.ignored, 1);
        assert_eq!(house.stored().await[0].event_key, "repo:painted");
    }
}
