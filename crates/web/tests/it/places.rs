//! The pages of repositories, pipelines, deployments, people and teams: what comes from outside, and
//! who may change what.

use model::rows::{
    DeploymentRow, EnvironmentRow, PipelineRow, PullRow, RepositoryRow, Row, UserRow,
};
use model::{Field, Id, Uuid};
use store::Role;
use testkit::both_engines;

use crate::actions::HOSTILE;
use crate::flow::execute;
use crate::house::House;

fn value(text: impl Into<String>) -> Field<String> {
    Field::Value(text.into())
}

impl House {
    async fn upsert<R: Row>(&self, row: R) {
        let mut tx = self.database.db.write().await.unwrap();
        tx.upsert(&[row]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Everything has a name that would like to be more than that; the repository is called
    /// `acme/NAME`.
    async fn fill(&self, name: &str) {
        let now = self.now();
        let uuid = Uuid::parse("{11111111-aaaa-4bbb-8ccc-000000000001}").unwrap();
        let repository = Id::repository(&uuid);
        let mut row = RepositoryRow::new(repository, now);
        row.source_id = value(uuid.as_str());
        row.full_name = value(format!("acme/{name}"));
        row.source_url = value("javascript:alert(1)");
        row.default_branch = value("main");
        self.upsert(row).await;
        let mut user = UserRow::new(Id::user(&uuid), now);
        user.source_id = value(uuid.as_str());
        user.name = value(name);
        self.upsert(user).await;
        let mut pull = PullRow::new(Id::pull(&uuid, 7), now);
        pull.repository_id = Field::Value(repository);
        pull.number = Field::Value(7);
        pull.title = value(name);
        pull.user_id = Field::Value(Id::user(&uuid));
        pull.updated_at = Field::Value(now);
        pull.created_at = Field::Value(now);
        self.upsert(pull).await;
        let run = Id::of("bitbucket_pipelines", &["run"]);
        let mut row = PipelineRow::new(run, now);
        row.source_id = value("{run}");
        row.repository_id = Field::Value(repository);
        row.ref_name = value(name);
        row.selector_pattern = value(name);
        row.state = value("COMPLETED");
        row.result = value("SUCCESSFUL");
        row.created_at = Field::Value(now.plus_seconds(-86_400));
        row.source_url = value("javascript:alert(2)");
        self.upsert(row).await;
        let environment = Id::of("bitbucket_environments", &["live"]);
        let mut row = EnvironmentRow::new(environment, now);
        row.source_id = value("{live}");
        row.repository_id = Field::Value(repository);
        row.name = value(name);
        row.environment_type = value("Production");
        self.upsert(row).await;
        let mut row = DeploymentRow::new(Id::of("bitbucket_deployments", &["d"]), now);
        row.source_id = value("{d}");
        row.repository_id = Field::Value(repository);
        row.environment_id = Field::Value(environment);
        row.pipeline_id = Field::Value(run);
        row.state = value("COMPLETED");
        row.result = value("SUCCESSFUL");
        row.release_name = value(name);
        row.completed_at = Field::Value(now.plus_seconds(-80_000));
        row.source_url = value("data:text/html,alert(3)");
        self.upsert(row).await;
        let mut tx = self.database.db.write().await.unwrap();
        sync::deploying::mark_all(&mut tx).await.unwrap();
        let team = tx.make_team(name, now).await.unwrap();
        let evidence = tx.evidence().await.unwrap();
        for person in evidence.people {
            tx.add_team_member(team, person.id, None, None)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        let bots = sync::people::BotNames::default();
        sync::people::match_people(&self.database.db, &bots, &self.clock)
            .await
            .unwrap();
        sync::deploying::settle(&self.database.db, &self.clock)
            .await
            .unwrap();
    }
}

/// The links of a page that begin like this.
fn links(page: &str, beginning: &str) -> Vec<String> {
    page.split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|link| link.starts_with(beginning))
        .map(|link| link.replace("&#38;", "&"))
        .collect()
}

both_engines! {
    async fn days_that_make_no_sense_are_refused_on_every_page_that_has_them(database) {
        let house = House::new(database).await;
        house.fill("lander").await;
        let vic = house.login("vic", Role::Viewer).await;
        let teams = vic.get(&house, "/teams").await;
        let team = links(&teams.text, "/teams/").pop().unwrap();
        for path in [
            "/repositories", "/repositories/acme/lander", "/pipelines", "/pipelines/steps", "/deployments",
            "/people/1", team.as_str(),
        ] {
            for (days, says) in [("from=2027-02-01&to=2027-01-01", "swap them"), ("from=1.2.2027", "2027-01-31")] {
                let page = vic.get(&house, &format!("{path}?{days}")).await;
                assert_eq!(page.status, 422, "{path}?{days}: {}", page.text);
                assert!(page.text.contains(says), "{path}?{days}: {}", page.text);
                // It is a whole page, with the fields to mend it.
                assert!(page.text.contains("name=\"from\""), "{path}?{days}: {}", page.text);
            }
            assert_eq!(vic.get(&house, path).await.status, 200, "{path}");
        }
    }

    async fn who_has_no_account_and_what_was_made_anew_have_pages_too(database) {
        let house = House::new(database).await;
        house.fill("lander").await;
        // Somebody of whom only an address is known, and a repository of the same name that is gone.
        execute(&house.database.db, "
            INSERT INTO users (name, email, created_at) VALUES ('Ada', 'ada@example.com', '2026-01-01T00:00:00.000000Z');
            INSERT INTO bitbucket_repositories (id, source_id, full_name, deleted_at, observed_at)
            VALUES (-5, 'gone', 'acme/lander', '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z')".to_owned()).await;
        let vic = house.login("vic", Role::Viewer).await;
        for (path, says) in [("/people/2", "No account of Bitbucket"), ("/repositories/acme/lander", "Activity")] {
            let page = vic.get(&house, path).await;
            assert_eq!(page.status, 200, "{path}: {}", page.text);
            assert!(page.text.contains(says), "{path}: {}", page.text);
            assert!(!page.text.contains("role=\"alert\""), "{path}: {}", page.text);
        }
    }

    async fn hostile_names_are_shown_harmlessly_on_every_page(database) {
        let house = House::new(database).await;
        let ada = house.login("ada", Role::Administrator).await;
        let long = format!("long{}", "x".repeat(10_000));
        for name in [HOSTILE, "\"><img src=x onerror=alert(1)>", "' OR 1=1 --", "a b?c#d", long.as_str()] {
            house.fill(name).await;
            let mut pages = Vec::new();
            let list = ada.get(&house, "/repositories").await;
            let repositories = links(&list.text, "/repositories/");
            assert_eq!(repositories.len(), 1, "{list:?}");
            let deployments = ada.get(&house, "/deployments").await;
            let one = links(&deployments.text, "/deployments/");
            assert!(!one.is_empty(), "{deployments:?}");
            let teams = ada.get(&house, "/teams").await;
            let team = links(&teams.text, "/teams/").pop().unwrap();
            for path in [
                repositories[0].as_str(), one[0].as_str(), team.as_str(), "/pipelines", "/people", "/people/1",
                "/people/unmatched", "/settings/bots", "/settings/rules",
            ] {
                let page = ada.get(&house, path).await;
                assert_eq!(page.status, 200, "{path}: {page:?}");
                pages.push(page);
            }
            pages.extend([list, deployments, teams]);
            for page in pages {
                for refused in ["<script>alert", "<img", "href=\"javascript:", "href=\"data:"] {
                    assert!(!page.text.contains(refused), "{refused}: {}", page.text);
                }
                // What a form sends back is what it was.
                let shown: String = page.text.split("value=\"")
                    .map(|rest| rest.split_once('"').map_or(rest, |(_, behind)| behind))
                    .collect();
                assert!(!shown.contains('\u{202e}'), "{}", page.text);
                assert!(page.text.len() < 300_000);
            }
        }
    }

    async fn what_is_asked_for_and_is_not_there_is_said(database) {
        let house = House::new(database).await;
        house.fill("shop").await;
        let ada = house.login("ada", Role::Administrator).await;
        for (path, said) in [
            ("/repositories?from=2027-02-01&to=2027-01-01", "There is no day from"),
            ("/pipelines?repository=shpo", "did you mean shop?"),
            ("/deployments?project=none", "There is no project"),
            ("/pipelines/steps?from=yesterday", "is no day"),
        ] {
            let page = ada.get(&house, path).await;
            assert!(page.status == 422 && page.text.contains(said), "{path}: {page:?}");
        }
        for path in [
            "/repositories/acme/none", "/deployments/1", "/deployments/x", "/people/99", "/people/x", "/teams/99",
        ] {
            assert_eq!(ada.get(&house, path).await.status, 404, "{path}");
        }
        // Nothing of these days is said, and drawn as nothing.
        let empty = ada.get(&house, "/pipelines?from=2020-01-01&to=2020-01-02").await;
        assert!(empty.text.contains("of no rows") && empty.text.contains("No run"), "{empty:?}");
        let one = ada.get(&house, "/pipelines?repository=shop&branch=shop").await;
        assert!(one.text.contains("of 1 row only"), "{one:?}");
        let none = ada.get(&house, "/pipelines?repository=shop&branch=other").await;
        assert!(none.text.contains("No run"), "{none:?}");
    }

    async fn viewers_see_it_all_and_are_offered_nothing_to_change(database) {
        let house = House::new(database).await;
        house.fill("shop").await;
        let vic = house.login("vic", Role::Viewer).await;
        for path in [
            "/repositories", "/repositories/acme/shop", "/pipelines", "/deployments", "/people", "/people/1",
            "/people/unmatched", "/teams", "/teams/1",
        ] {
            let page = vic.get(&house, path).await;
            assert_eq!(page.status, 200, "{path}");
            for form in ["/people/link", "/people/unlink", "/teams/import", "/members", "/settings/"] {
                assert!(!page.text.contains(form), "{path} has {form}");
            }
        }
    }

    async fn people_come_into_a_team_and_leave_it_on_its_page(database) {
        let house = House::new(database).await;
        house.fill("shop").await;
        let mut ada = house.login("ada", Role::Administrator).await;
        let page = ada.get(&house, "/teams/1").await;
        assert!(page.text.contains("action=\"/teams/1/members\""), "{page:?}");
        let newcomer = [("person", "bob@example.com"), ("from", "2026-03-01"), ("to", "")];
        let sent = ada.send(&house, "/teams/1/members", &newcomer).await;
        assert_eq!((sent.status, sent.header("location")), (303, Some("/teams/1?done=added")));
        let page = ada.get(&house, "/teams/1?done=added").await;
        assert!(page.text.contains("They are added"), "{page:?}");
        // What is refused stays in the form, with why.
        let nobody = [("person", "nobody"), ("from", "2026-03-01"), ("to", "")];
        let page = ada.send(&house, "/teams/1/members", &nobody).await;
        assert!(page.status == 422 && page.text.contains("There is no person"), "{page:?}");
        assert!(page.text.contains("value=\"nobody\"") && page.text.contains("value=\"2026-03-01\""), "{page:?}");
        let empty = ada.send(&house, "/teams/1/members", &[("person", " ")]).await;
        assert!(empty.status == 422 && empty.text.contains("Say who it is"), "{empty:?}");
        let sent = ada.send(&house, "/teams/1/members/1/remove", &[("to", "")]).await;
        assert_eq!((sent.status, sent.header("location")), (303, Some("/teams/1?done=removed")));
        let page = ada.send(&house, "/teams/1/members/1/remove", &[("to", "2020-01-01")]).await;
        assert!(page.status == 422 && page.text.contains("They are not in it"), "{page:?}");
        // Nobody comes into a team that was given up.
        let mut tx = house.database.db.write().await.unwrap();
        tx.archive_team(1, "2026-03-01", house.now()).await.unwrap();
        tx.commit().await.unwrap();
        let page = ada.get(&house, "/teams/1").await;
        assert!(page.status == 200 && !page.text.contains("/members"), "{page:?}");
    }

    async fn a_form_that_is_refused_says_why_and_keeps_what_was_written(database) {
        let house = House::new(database).await;
        let mut ada = house.login("ada", Role::Administrator).await;
        for (path, fields, said) in [
            ("/settings/rules", &[("branch", "main"), ("then", "preview")][..], "Write a pattern."),
            ("/settings/rules", &[("pipeline", "deploy"), ("then", "keep")], "A rule needs a name"),
            ("/settings/working-hours/timezone", &[("value", "nonsense"), ("then", "set")], "no time zone"),
            ("/settings/bots", &[("account", "nobody"), ("kind", "bot")], "There is no account"),
            ("/teams/import", &[("list", " "), ("then", "apply")], "The list is empty"),
            ("/people/link", &[("source", "email"), ("account", "a@example.com")], "Say whose it is"),
            ("/people/unlink", &[("source", "other"), ("account", "x")], "Name the account"),
        ] {
            let page = ada.send(&house, path, fields).await;
            assert!(page.status == 422, "{path}: {page:?}");
            assert!(page.text.to_lowercase().contains(&said.to_lowercase()), "{path}: {page:?}");
        }
        let fields = [("pipeline", "deploy-(?<environment>.+)"), ("then", "preview")];
        let page = ada.send(&house, "/settings/rules", &fields).await;
        assert!(page.status == 200 && page.text.contains("It fits deploy-"), "{page:?}");
        let list = "team\nEngines";
        let page = ada.send(&house, "/teams/import", &[("list", list), ("then", "preview")]).await;
        assert!(page.text.contains("1 new team") && page.text.contains("Take it in"), "{page:?}");
        // Whoever is sent on stays here.
        let fields = [("source", "email"), ("account", "a@example.com"), ("person", "1"), ("back", "//evil.example")];
        let sent = ada.send(&house, "/people/link", &fields).await;
        assert_eq!(sent.header("location"), Some("/?done=accepted"));
    }
}
