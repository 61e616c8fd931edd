//! What does not come in, and leaves nothing behind.

use serde_json::json;
use testkit::both_engines;

use crate::house::{ALL, House, REPOSITORY, SECRET, empty_push, sign};

/// One byte more than is read.
const TOO_LONG: usize = 1024 * 1024 + 1;

both_engines! {
    async fn what_is_not_signed_or_not_rightly_is_refused(database) {
        let house = House::with_acme(database).await;
        let body = empty_push(1).to_string().into_bytes();
        let key = ("X-Event-Key", "repo:push");
        let right = sign(&body, SECRET);
        let other = sign(&body, "another secret");
        for headers in [
            vec![key],
            vec![key, ("X-Hub-Signature", "sha256=00")],
            vec![key, ("X-Hub-Signature", "sha1=0000")],
            vec![key, ("X-Hub-Signature", &other)],
            vec![key, ("X-Hub-Signature", &right[..right.len() - 1])],
        ] {
            let answer = house.post(ALL, &headers, &body).await;
            assert_eq!(answer.status, 401, "{answer:?}");
            assert!(!answer.text.contains("acme"), "{answer:?}");
        }
        assert!(house.stored().await.is_empty());
    }

    async fn every_flipped_bit_is_noticed(database) {
        let house = House::with_acme(database).await;
        let body = br#"{"repository":{"full_name":"acme/lander"},"push":{"changes":[]}}"#.to_vec();
        let signed = sign(&body, SECRET);
        let headers = [("X-Event-Key", "repo:push"), ("X-Hub-Signature", signed.as_str())];
        for position in 0..body.len() {
            let mut changed = body.clone();
            changed[position] ^= 1 << (position % 8);
            let answer = house.post(ALL, &headers, &changed).await;
            assert_eq!(answer.status, 401, "{position}: {answer:?}");
        }
        assert!(house.stored().await.is_empty());
        assert_eq!(house.post(ALL, &headers, &body).await.status, 200);
    }

    async fn another_connections_secret_opens_neither_its_address_nor_its_workspace(database) {
        let house = House::with_acme(database).await;
        let orbit = house.connect("orbit", "orbit").await;
        house.add_secret(orbit, "the secret of orbit").await;
        // It signed, so that it is known who speaks; but of somebody else's workspace.
        let answer = house.push(ALL, "the secret of orbit", &empty_push(1)).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        let of_acme = format!("{ALL}/acme");
        let answer = house.push(&of_acme, "the secret of orbit", &empty_push(1)).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        let of_orbit = format!("{ALL}/orbit");
        let answer = house.push(&of_orbit, SECRET, &empty_push(1)).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        let of_nobody = format!("{ALL}/nobody");
        let unknown = house.push(&of_nobody, SECRET, &empty_push(1)).await;
        assert_eq!((unknown.status, &unknown.text), (401, &answer.text));
        assert!(house.stored().await.is_empty());
    }

    async fn without_a_secret_nothing_comes_in(database) {
        let house = House::new(database).await;
        house.connect("acme", "acme").await;
        for path in [ALL, "/webhooks/bitbucket/acme"] {
            assert_eq!(house.push(path, "", &empty_push(1)).await.status, 401);
            assert_eq!(house.push(path, SECRET, &empty_push(1)).await.status, 401);
        }
        assert!(house.stored().await.is_empty());
    }

    async fn an_event_that_names_no_workspace_is_kept_only_if_nobody_applies_it(database) {
        let house = House::with_acme(database).await;
        let body = json!({"resourceSpans": [], "repository": {"uuid": REPOSITORY}});
        assert_eq!(house.push(ALL, SECRET, &body).await.status, 403);
        let body = body.to_string().into_bytes();
        let signed = sign(&body, SECRET);
        let key = ("X-Event-Key", "pipeline:span_created");
        let answer = house.post(ALL, &[key, ("X-Hub-Signature", &signed)], &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(house.stored().await.len(), 1);
        assert_eq!(house.drain(false).await.ignored, 1);
    }

    async fn what_is_no_delivery_is_refused_though_it_is_signed(database) {
        let house = House::with_acme(database).await;
        for body in ["[]", "{", "\"acme\"", ""] {
            let signed = sign(body.as_bytes(), SECRET);
            let headers = [("X-Event-Key", "repo:push"), ("X-Hub-Signature", signed.as_str())];
            let answer = house.post(ALL, &headers, body.as_bytes()).await;
            assert_eq!(answer.status, 400, "{body}: {answer:?}");
        }
        let body = empty_push(1).to_string().into_bytes();
        let signed = sign(&body, SECRET);
        let answer = house.post(ALL, &[("X-Hub-Signature", &signed)], &body).await;
        assert_eq!(answer.status, 400, "{answer:?}");
        assert_eq!(house.request("GET", ALL, &[], b"").await.status, 405);
        assert!(house.stored().await.is_empty());
    }

    async fn more_than_a_mebibyte_is_too_much_and_one_is_not(database) {
        let house = House::with_acme(database).await;
        let mut body = empty_push(1).to_string().into_bytes();
        body.resize(TOO_LONG, b' ');
        let signed = sign(&body, SECRET);
        let headers = [("X-Event-Key", "repo:push"), ("X-Hub-Signature", signed.as_str())];
        let answer = house.post(ALL, &headers, &body).await;
        assert_eq!(answer.status, 413, "{answer:?}");
        assert!(house.stored().await.is_empty());
        body.pop();
        let signed = sign(&body, SECRET);
        let headers = [("X-Event-Key", "repo:push"), ("X-Hub-Signature", signed.as_str())];
        let answer = house.post(ALL, &headers, &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(house.stored().await[0].size, 1024 * 1024);
    }

    async fn a_database_that_is_down_is_told_as_something_that_passes(database) {
        let house = House::with_acme(database).await;
        // The secrets are known from now on.
        assert_eq!(house.push(ALL, SECRET, &empty_push(1)).await.status, 200);
        testkit::break_down(&house.database).await;
        for number in [1, 2] {
            let answer = house.push(ALL, SECRET, &empty_push(number)).await;
            assert_eq!(answer.status, 503, "{answer:?}");
            assert!(answer.head.contains("\r\nretry-after: 5"), "{answer:?}");
        }
        // Whether it knows the secret cannot be said now.
        let answer = house.push(ALL, "another secret", &empty_push(3)).await;
        assert_eq!(answer.status, 503, "{answer:?}");
        // A header that no secret could help is refused whatever the database says.
        let answer = house.post(ALL, &[("X-Event-Key", "repo:push")], b"{}").await;
        assert_eq!(answer.status, 401, "{answer:?}");
    }

    async fn a_database_that_was_never_there_is_told_so_too(database) {
        let house = House::with_acme(database).await;
        testkit::break_down(&house.database).await;
        let answer = house.push(ALL, SECRET, &empty_push(1)).await;
        assert_eq!(answer.status, 503, "{answer:?}");
    }
}
