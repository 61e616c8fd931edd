//! Who is let in, and to what.

use store::Role;
use testkit::both_engines;
use web::{Audience, Entry, SiteSettings, route_table};

use crate::house::{Answer, House, settings};
use crate::visitor::{PASSWORD, Visitor};

/// An address with names filled in; of nothing that there is.
fn filled(path: &str) -> String {
    path.split('/')
        .map(|segment| match segment {
            "{id}" => "1",
            "{kind}" => "bitbucket",
            _ if segment.starts_with('{') => "nothing",
            other => other,
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// Nothing but a form was refused, or somebody was sent to sign in.
fn is_kept_out(answer: &Answer) -> bool {
    match answer.status {
        303 => answer.header("location").unwrap().starts_with("/sign-in"),
        status => matches!(status, 401 | 403),
    }
}

both_engines! {
    async fn strangers_are_answered_by_nothing_but_the_way_in(database) {
        let house = House::new(database).await;
        let mut stranger = Visitor::default();
        for route in route_table() {
            let path = filled(route.path);
            let answer = match route.method {
                "GET" => stranger.get(&house, &path).await,
                _ => stranger.send(&house, &path, &[]).await,
            };
            match route.audience {
                Audience::Stranger => assert!(
                    ["/sign-in", "/setup", "/assets", "/appearance"]
                        .iter()
                        .any(|beginning| path.starts_with(beginning)),
                    "{route:?}"
                ),
                _ => assert!(is_kept_out(&answer), "{route:?}: {answer:?}"),
            }
        }
        assert_eq!(stranger.get(&house, "/healthz").await.status, 200);
        assert_eq!(stranger.get(&house, "/readyz").await.status, 200);
        let nowhere = stranger.get(&house, "/nowhere").await;
        assert_eq!(nowhere.status, 404);
        assert!(!nowhere.text.contains("/connections"), "{nowhere:?}");
    }

    async fn viewers_look_and_change_nothing(database) {
        let house = House::new(database).await;
        house.login("ada", Role::Administrator).await;
        let mut viewer = house.login("vic", Role::Viewer).await;
        let audit = house.database.db.audit_log(1_000).await.unwrap();
        for route in route_table() {
            let path = filled(route.path);
            let answer = match route.method {
                "GET" => viewer.get(&house, &path).await,
                _ if path == "/sign-out" => continue,
                _ => viewer.send(&house, &path, &[]).await,
            };
            match route.audience {
                Audience::Administrator => assert_eq!(answer.status, 403, "{route:?}"),
                Audience::Viewer => assert_ne!(answer.status, 403, "{route:?}"),
                Audience::Stranger | Audience::Program(_) => {}
            }
        }
        for path in ["/", "/connections", "/schema", "/account"] {
            let page = viewer.get(&house, path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(!page.text.contains("/settings"), "{path}");
            assert!(!page.text.contains("/connections/add"), "{path}");
        }
        assert_eq!(house.database.db.audit_log(1_000).await.unwrap(), audit);
    }

    async fn a_forged_form_changes_nothing(database) {
        let house = House::new(database).await;
        let mut ada = house.login("ada", Role::Administrator).await;
        let mut other = house.login("eve", Role::Administrator).await;
        let (own, foreign) = (
            ada.get(&house, "/account").await.csrf(),
            other.get(&house, "/account").await.csrf(),
        );
        assert_ne!(own, foreign);
        other.send(&house, "/sign-out", &[]).await;
        let audit = house.database.db.audit_log(1_000).await.unwrap();
        let cross = [("Sec-Fetch-Site", "cross-site")];
        let origin = [("Origin", "https://evil.example")];
        let attempts: [(&str, &[(&str, &str)]); 5] =
            [("", &[]), ("rubbish", &[]), (&foreign, &[]), (&own, &cross), (&own, &origin)];
        for route in route_table().into_iter().filter(|route| route.method == "POST") {
            if route.audience == Audience::Stranger {
                continue;
            }
            for (csrf, headers) in attempts {
                let path = filled(route.path);
                let answer = ada.send_with(&house, &path, &[], csrf, headers).await;
                assert_eq!(answer.status, 403, "{route:?} with {csrf} and {headers:?}");
            }
        }
        // Other sites cannot sign anybody in either.
        let fields = [("name", "ada"), ("password", PASSWORD)];
        let mut victim = Visitor::default();
        let answer = victim.send_with(&house, "/sign-in", &fields, "", &cross).await;
        assert_eq!((answer.status, victim.cookie), (403, None));
        assert_eq!(house.database.db.audit_log(1_000).await.unwrap(), audit);
        assert_eq!(ada.get(&house, "/").await.status, 200);
    }

    async fn the_first_administrator_comes_by_a_link_that_works_once(database) {
        let house = House::new(database).await;
        let sign_in = Visitor::default().get(&house, "/sign-in").await;
        assert!(sign_in.text.contains("Nobody can sign in yet"), "{sign_in:?}");
        let link = house.link(None).await;
        let mut ada = Visitor::default();
        assert!(ada.get(&house, &link).await.text.contains("Set up Windlass"));
        for (name, password, repeated, flaw) in [
            ("Ada", "short", "short", "at least 12 characters"),
            ("Ada", PASSWORD, "another sentence", "not the same"),
            ("a da", PASSWORD, PASSWORD, "letters, digits"),
            ("", PASSWORD, PASSWORD, "letters, digits"),
        ] {
            let fields = [("name", name), ("password", password), ("repeated", repeated)];
            let answer = ada.send(&house, &link, &fields).await;
            assert_eq!(answer.status, 422);
            assert!(answer.text.contains(flaw), "{flaw}: {answer:?}");
            assert!(!answer.text.contains(PASSWORD));
        }
        let fields = [("name", "Ada"), ("password", PASSWORD), ("repeated", PASSWORD)];
        assert_eq!(ada.send(&house, &link, &fields).await.status, 303);
        assert_eq!(ada.get(&house, "/settings/logins").await.status, 200);
        assert_eq!(Visitor::default().send(&house, &link, &fields).await.status, 404);
        assert_eq!(Visitor::default().get(&house, &link).await.status, 404);
        Visitor::sign_in(&house, " ADA ", PASSWORD).await;
    }

    async fn a_session_survives_no_password_change(database) {
        let house = House::new(database).await;
        let mut here = house.login("ada", Role::Administrator).await;
        let there = Visitor::sign_in(&house, "ada", PASSWORD).await;
        assert_eq!(there.get(&house, "/").await.status, 200);
        let stolen = here.clone();
        let new = "another sentence altogether";
        let fields = [("current", "wrong wrong wrong"), ("password", new), ("repeated", new)];
        assert_eq!(here.send(&house, "/account/password", &fields).await.status, 422);
        let fields = [("current", PASSWORD), ("password", new), ("repeated", new)];
        assert_eq!(here.send(&house, "/account/password", &fields).await.status, 303);
        assert_eq!(here.get(&house, "/").await.status, 200, "whoever changed it goes on");
        for ended in [there, stolen] {
            assert_eq!(ended.get(&house, "/").await.status, 303);
        }
        Visitor::sign_in(&house, "ada", new).await;
        // A link that resets it ends them too.
        let id = house.database.db.login("ada").await.unwrap().unwrap().id;
        let link = house.link(Some(id)).await;
        let fields = [("password", PASSWORD), ("repeated", PASSWORD)];
        Visitor::default().send(&house, &link, &fields).await;
        assert_eq!(here.get(&house, "/").await.status, 303);
    }

    async fn a_session_ends_by_itself_by_signing_out_and_with_its_login(database) {
        let house = House::new(database).await;
        let mut ada = house.login("ada", Role::Administrator).await;
        let vic = house.login("vic", Role::Viewer).await;
        let copy = ada.clone();
        assert_eq!(ada.send(&house, "/sign-out", &[]).await.status, 303);
        assert_eq!((ada.cookie, copy.get(&house, "/").await.status), (None, 303));
        let mut ada = Visitor::sign_in(&house, "ada", PASSWORD).await;
        let id = house.database.db.login("vic").await.unwrap().unwrap().id;
        let role = [("role", "administrator")];
        ada.send(&house, &format!("/settings/logins/{id}/role"), &role).await;
        assert_eq!(vic.get(&house, "/settings").await.status, 200, "a new role counts at once");
        ada.send(&house, &format!("/settings/logins/{id}/remove"), &[]).await;
        assert_eq!(vic.get(&house, "/").await.status, 303);
        let id = house.database.db.login("ada").await.unwrap().unwrap().id;
        let last = ada.send(&house, &format!("/settings/logins/{id}/remove"), &[]).await;
        assert!(last.status == 422 && last.text.contains("last administrator"), "{last:?}");
        house.clock.advance_seconds(8 * 86_400);
        assert_eq!(ada.get(&house, "/").await.status, 303, "unused for a week");
    }

    async fn guessing_is_slow_and_tells_nothing(database) {
        let house = House::new(database).await;
        house.login("ada", Role::Administrator).await;
        let mut eve = Visitor::default();
        let mut texts = Vec::new();
        for name in ["ada", "nobody"] {
            for _ in 0..5 {
                let fields = [("name", name), ("password", "wrong wrong wrong")];
                let answer = eve.send(&house, "/sign-in", &fields).await;
                assert_eq!(answer.status, 401);
                texts.push(answer.text.replace(name, "NAME"));
            }
            let fields = [("name", name), ("password", PASSWORD)];
            let answer = eve.send(&house, "/sign-in", &fields).await;
            assert_eq!((answer.status, answer.header("retry-after")), (429, Some("900")));
        }
        texts.dedup();
        assert_eq!(texts.len(), 1, "{texts:?}");
        house.clock.advance_seconds(900);
        Visitor::sign_in(&house, "ada", PASSWORD).await;
    }

    async fn a_token_may_what_its_scopes_say(database) {
        let house = House::new(database).await;
        let mut ada = house.login("ada", Role::Administrator).await;
        let of = |answer: Answer| {
            let rest = answer.text.split("<code id=\"token\">").nth(1).map(str::to_owned);
            rest.unwrap_or_else(|| panic!("{answer:?}")).split('<').next().unwrap().to_owned()
        };
        let fields = [("name", "reports"), ("read", "yes"), ("expires", "2026-03-05")];
        let reads = of(ada.send(&house, "/settings/tokens", &fields).await);
        let fields = [("name", "deploys"), ("deployments", "yes")];
        let deploys = of(ada.send(&house, "/settings/tokens", &fields).await);
        let asked = |token: String| {
            let house = &house;
            async move {
                let bearer = format!("Bearer {token}");
                house.request("GET", "/api/auth.info", &[("Authorization", &bearer)], b"").await
            }
        };
        let answer = asked(reads.clone()).await;
        assert_eq!(answer.status, 200);
        let info: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!((&info["ok"], &info["auth"]["scopes"]), (&true.into(), &serde_json::json!(["read"])));
        let refused = asked(deploys).await;
        assert!(refused.status == 403 && refused.text.contains("missing_scope"), "{refused:?}");
        assert_eq!(asked("windlass_rubbish".to_owned()).await.status, 401);
        let list = ada.get(&house, "/settings/tokens").await;
        assert!(list.text.contains("reports") && !list.text.contains(&reads), "{list:?}");
        // A token opens no page.
        let bearer = format!("Bearer {reads}");
        assert_eq!(house.request("GET", "/", &[("Authorization", &bearer)], b"").await.status, 303);
        house.clock.advance_seconds(2 * 86_400);
        assert_eq!(asked(reads).await.status, 401, "its day is over");
    }
}

#[tokio::test]
async fn whoever_sits_at_the_machine_of_a_demo_is_let_in_and_nobody_else() {
    let automatic = SiteSettings {
        entry: Entry::Automatic,
        ..settings()
    };
    let house = House::with_settings(testkit::sqlite().await, automatic).await;
    let visitor = Visitor::default();
    let page = visitor.get(&house, "/connections").await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("/sign-out"), "{page:?}");
    // A page elsewhere whose name leads here.
    let request = "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert_eq!(house.raw(request).await.status, 421);
    let mut forger = Visitor::default();
    let csrf = visitor
        .get(&house, "/connections/add/bitbucket")
        .await
        .csrf();
    let answer = forger
        .send_with(&house, "/connections/x/pause", &[], "rubbish", &[])
        .await;
    assert_eq!(answer.status, 403);
    let answer = forger
        .send_with(&house, "/connections/x/pause", &[], &csrf, &[])
        .await;
    assert_eq!(answer.status, 404);
}

#[tokio::test]
async fn behind_https_cookies_are_hardened() {
    let public = SiteSettings {
        public_url: Some("https://windlass.example".parse().unwrap()),
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..settings()
    };
    let house = House::with_settings(testkit::sqlite().await, public).await;
    let ada = house.login("ada", Role::Administrator).await;
    assert!(
        ada.cookie.as_ref().unwrap().starts_with("__Host-windlass="),
        "{ada:?}"
    );
    let page = Visitor::default().get(&house, "/sign-in").await;
    assert!(page.header("strict-transport-security").is_some());
    // Attempts count for the address that the proxy tells.
    let mut eve = Visitor::default();
    let fields = [("name", "ada"), ("password", "wrong wrong wrong")];
    for turn in 0..8 {
        let from = format!("192.0.2.{turn}");
        let headers = [
            ("X-Forwarded-For", from.as_str()),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        let answer = eve
            .send_with(&house, "/sign-in", &fields, "", &headers)
            .await;
        assert_eq!(answer.status, 401);
    }
}
