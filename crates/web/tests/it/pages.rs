//! What every page has.

use store::Role;
use testkit::both_engines;

use crate::actions::RIGHT;
use crate::house::House;
use crate::visitor::Visitor;

both_engines! {
    async fn every_page_is_strict_small_and_whole(database) {
        let house = House::with_acme(database).await;
        let ada = house.login("ada", Role::Administrator).await;
        for path in [
            "/", "/connections", "/connections/add", "/connections/add/bitbucket",
            "/connections/add/jira", "/connections/acme", "/connections/acme/rejects",
            "/connections/acme/deliveries", "/connections/acme/filter",
            "/connections/acme/credentials/add", "/connections/acme/webhook",
            "/connections/acme/remove", "/schema", "/schema?q=cycle", "/schema/pull_requests", "/schema/bitbucket_users",
            "/sql", "/sql/history", "/sql/ready/merged-by-week", "/sql?sql=SELECT%20%24a", "/sql/ready/pull-requests-of-repositories", "/settings", "/settings/logins",
            "/settings/tokens", "/settings/audit", "/account",
            "/reports", "/reports/definitions", "/reports/pull-requests", "/reports/people?all-time=yes",
            "/reports/dora", "/pull-requests", "/pull-requests?q=nothing&state=open",
            "/repositories", "/pipelines", "/pipelines/steps", "/deployments", "/people",
            "/people/unmatched", "/teams", "/teams/import", "/settings/working-hours",
            "/settings/bots", "/settings/rules",
        ] {
            let page = ada.get(&house, path).await;
            assert_eq!(page.status, 200, "{path}: {page:?}");
            let policy = page.header("content-security-policy").unwrap();
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
            assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(page.header("cache-control"), Some("no-store"));
            assert!(page.text.len() < 300_000, "{path} has {} bytes", page.text.len());
            assert!(page.text.contains("<html lang=\"en\""), "{path}");
            assert_eq!(page.text.matches("<h1").count(), 1, "{path}");
            // What the policy would refuse must not be there to begin with.
            for refused in [" style=", "<style", " onclick=", "javascript:", "src=\"http", "href=\"http://"] {
                assert!(!page.text.contains(refused), "{path} has {refused}");
            }
        }
    }

    async fn a_page_that_is_not_there_says_where_to_go(database) {
        let house = House::new(database).await;
        let ada = house.login("ada", Role::Administrator).await;
        for (path, link) in [
            ("/connections/nothing", "href=\"/connections\""),
            ("/connections/add/other", "href=\"/connections/add\""),
            ("/nowhere", "href=\"/\""),
            ("/assets/other.css", "href=\"/\""),
        ] {
            let page = ada.get(&house, path).await;
            assert_eq!(page.status, 404, "{path}");
            assert!(page.text.contains(link), "{path}: {page:?}");
        }
    }

    async fn files_are_kept_for_ever_and_change_their_names(database) {
        let house = House::new(database).await;
        let stranger = Visitor::default();
        let page = stranger.get(&house, "/sign-in").await;
        let files: Vec<&str> = page
            .text
            .split('"')
            .filter(|word| word.starts_with("/assets/"))
            .collect();
        assert_eq!(files.len(), 4, "{files:?}");
        for file in files {
            let answer = stranger.get(&house, file).await;
            assert_eq!(answer.status, 200, "{file}");
            assert!(answer.header("cache-control").unwrap().contains("immutable"), "{file}");
        }
    }

    async fn a_wrong_token_is_told_and_a_right_one_is_kept(database) {
        let house = House::new(database).await;
        let mut ada = house.login("ada", Role::Administrator).await;
        let path = "/connections/add/bitbucket";
        let wrong = "a wrong token that is secret";
        let fields = [("target", "acme"), ("method", "token"), ("token", wrong)];
        let page = ada.send(&house, path, &fields).await;
        assert_eq!(page.status, 422);
        for told in ["invalid_credentials", "Make a new token.", "value=\"acme\"", "curl &#60;TOKEN&#62;"] {
            assert!(page.text.contains(told), "{told}: {page:?}");
        }
        assert!(!page.text.contains(wrong));
        let fields = [("target", "acme"), ("method", "basic"), ("email", "ada"), ("token", RIGHT)];
        let page = ada.send(&house, path, &fields).await;
        assert!(page.text.contains("needs the e-mail address"), "{page:?}");
        let fields = [("target", "acme"), ("method", "token"), ("token", RIGHT)];
        let page = ada.send(&house, path, &fields).await;
        assert_eq!((page.status, page.header("location")), (303, Some("/connections/acme")));
    }

    async fn what_is_changed_is_noted_with_who_did_it(database) {
        let house = House::with_acme(database).await;
        let mut ada = house.login("ada", Role::Administrator).await;
        let page = ada.send(&house, "/connections/acme/pause", &[]).await;
        assert_eq!(page.header("location"), Some("/connections/acme?done=paused"));
        let db = &house.database.db;
        assert!(db.connection("acme").await.unwrap().unwrap().paused_at.is_some());
        let refused = ada.send(&house, "/connections/acme/sync", &[]).await;
        assert!(refused.status == 422 && refused.text.contains("Resume it first"), "{refused:?}");
        ada.send(&house, "/connections/acme/resume", &[]).await;
        ada.send(&house, "/connections/acme/sync", &[]).await;
        let wrong = ada.send(&house, "/connections/acme/remove", &[("name", "other")]).await;
        assert_eq!(wrong.status, 422);
        ada.send(&house, "/connections/acme/remove", &[("name", "acme")]).await;
        assert!(db.connections().await.unwrap().is_empty());
        let entries = db.audit_log(4).await.unwrap();
        let actions: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(
            actions,
            ["connection.remove", "connection.sync", "connection.resume", "connection.pause"]
        );
        assert!(entries.iter().all(|entry| entry.actor == "ada (page)"));
    }
}
