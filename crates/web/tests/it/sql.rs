//! Queries on the page: run, kept, shared, and kept from doing harm.

use std::time::Duration;

use store::Role;
use store::console::{ConsoleLimits, Variable, Variables};
use testkit::both_engines;
use web::READY;

use crate::house::{Answer, House};
use crate::visitor::Visitor;

const ENDLESS: &str =
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT COUNT(*) FROM t";

/// Three connections, so that there is something to ask.
async fn with_connections(database: testkit::TestDatabase) -> House {
    let house = House::new(database).await;
    for name in ["acme", "b\"ig, one", "<i>c</i>"] {
        house.connect(name, name).await;
    }
    house
}

/// Sends a query; the result is the path of its run.
async fn run(house: &House, visitor: &mut Visitor, fields: &[(&str, &str)]) -> String {
    let answer = visitor.send(house, "/sql", fields).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    answer.header("location").unwrap().to_owned()
}

async fn until_over(house: &House, visitor: &Visitor, path: &str) -> Answer {
    let mut interval = tokio::time::interval(Duration::from_millis(50));
    for _ in 0..400 {
        interval.tick().await;
        let page = visitor.get(house, path).await;
        if !page.text.contains("data-running") {
            return page;
        }
    }
    panic!("{path} is never over")
}

both_engines! {
    async fn a_query_is_run_shared_and_downloaded(database) {
        let house = with_connections(database).await;
        let mut vic = house.login("vic", Role::Viewer).await;
        let sql = "SELECT name, workspace, id FROM connections WHERE name IN ($names) ORDER BY id LIMIT $n";
        // Without its values it is not run, and the page has fields for them.
        let asked = vic.send(&house, "/sql", &[("sql", sql), ("then", "run")]).await;
        assert_eq!(asked.status, 422);
        assert!(asked.text.contains("name=\"v_names\"") && asked.text.contains("Say what $names and $n"), "{asked:?}");
        let fields = [("sql", sql), ("v_names", "acme\r\nb\"ig, one\r\n<i>c</i>\r\n"), ("v_n", "3"), ("then", "run")];
        let path = run(&house, &mut vic, &fields).await;
        let page = until_over(&house, &vic, &path).await;
        assert!(page.text.contains("3 rows"), "{page:?}");
        assert!(!page.text.contains("<i>c") && page.text.contains("&#60;i&#62;c"), "{page:?}");
        let csv = vic.get(&house, &format!("{path}/csv")).await;
        assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
        assert!(csv.header("content-disposition").unwrap().contains("attachment"));
        assert_eq!(csv.text, "name,workspace,id\r\nacme,acme,1\r\n\"b\"\"ig, one\",\"b\"\"ig, one\",2\r\n<i>c</i>,<i>c</i>,3\r\n");
        // The link has the query and its values, and others see the same.
        let link = page.text.split("id=\"shared\" href=\"").nth(1).unwrap().split('"').next().unwrap();
        let link = link.replace("&#38;", "&");
        let ada = house.login("ada", Role::Administrator).await;
        let shared = ada.get(&house, &link).await;
        assert!(shared.text.contains("WHERE name IN ($names)") && shared.text.contains("b&#34;ig, one"), "{shared:?}");
        assert!(ada.get(&house, &path).await.text.contains("asked by <bdi>vic</bdi>"));
        // What was run is remembered by whoever ran it; what it gave, for an hour.
        assert!(vic.get(&house, "/sql/history").await.text.contains(&path));
        assert!(!ada.get(&house, "/sql/history").await.text.contains(&path));
        house.clock.advance_seconds(3_600);
        let expired = ada.get(&house, &path).await;
        assert!(expired.text.contains("kept no longer"), "{expired:?}");
        assert_eq!(ada.get(&house, &format!("{path}/csv")).await.status, 404);
    }

    async fn what_is_wrong_is_said_where_the_query_stands(database) {
        let house = with_connections(database).await;
        let mut vic = house.login("vic", Role::Viewer).await;
        for (sql, told) in [
            ("", "There is no query"),
            ("SELEC 1", "the SQL cannot be read"),
            ("SELECT 1; DELETE FROM connections", "exactly one SELECT"),
            ("SELECT * FROM logins", "there is no table logins"),
            ("SELECT * FROM credentials", "there is no table credentials"),
            ("SELECT pg_sleep(10)", "does not allow the function"),
            ("ATTACH 'x' AS y", "exactly one SELECT"),
        ] {
            let answer = vic.send(&house, "/sql", &[("sql", sql), ("then", "run")]).await;
            assert_eq!(answer.status, 422, "{sql}");
            assert!(answer.text.contains(told), "{sql}: {answer:?}");
        }
        let path = run(&house, &mut vic, &[("sql", "SELECT no_such_thing FROM repos")]).await;
        let page = until_over(&house, &vic, &path).await;
        assert!(page.text.contains("no_such_thing") && page.text.contains("role=\"alert\""), "{page:?}");
        for path in ["/sql/runs/nothing", "/sql/runs/nothing/csv", "/sql/runs/nothing/result", "/sql/saved/99", "/sql/ready/nothing", "/schema/logins", "/schema/nothing"] {
            assert_eq!(vic.get(&house, path).await.status, 404, "{path}");
        }
    }

    async fn an_endless_query_is_cancelled_and_nobody_takes_every_turn(database) {
        let house = with_connections(database).await;
        let mut vic = house.login("vic", Role::Viewer).await;
        let mut ada = house.login("ada", Role::Administrator).await;
        let endless = [("sql", ENDLESS), ("then", "run")];
        let one = run(&house, &mut vic, &endless).await;
        let two = run(&house, &mut vic, &endless).await;
        let many = vic.send(&house, "/sql", &endless).await;
        assert!(many.status == 422 && many.text.contains("2 queries under way, as many as one login may"), "{many:?}");
        // Somebody else's waits for its turn, and has it when one is over.
        let quick = run(&house, &mut ada, &[("sql", "SELECT COUNT(*) AS n FROM connections")]).await;
        assert!(ada.get(&house, &quick).await.text.contains("Waiting for its turn"));
        let page = vic.get(&house, &one).await;
        assert!(page.text.contains("data-running") && page.text.contains(">Cancel<"), "{page:?}");
        let cancelled = vic.send(&house, &format!("{one}/cancel"), &[]).await;
        assert_eq!(cancelled.header("location"), Some(one.as_str()));
        assert!(vic.get(&house, &one).await.text.contains("Cancelled"));
        assert!(until_over(&house, &ada, &quick).await.text.contains("1 row"));
        // A viewer cancels what is theirs, an administrator what they like.
        let long = run(&house, &mut ada, &endless).await;
        let refused = vic.send(&house, &format!("{long}/cancel"), &[]).await;
        assert_eq!(refused.status, 422, "{refused:?}");
        for path in [&two, &long] {
            ada.send(&house, &format!("{path}/cancel"), &[]).await;
            assert!(until_over(&house, &ada, path).await.text.contains("Cancelled"));
        }
    }

    async fn queries_are_saved_opened_changed_and_removed(database) {
        let house = with_connections(database).await;
        let mut vic = house.login("vic", Role::Viewer).await;
        let mut eve = house.login("eve", Role::Viewer).await;
        let sql = "SELECT id FROM connections WHERE name = $name";
        let fields = [("sql", sql), ("v_name", "acme"), ("name", " Who <b>asks</b> "), ("then", "save")];
        let saved = vic.send(&house, "/sql", &fields).await;
        assert_eq!(saved.header("location"), Some("/sql/saved/1?done=saved"), "{saved:?}");
        let page = eve.get(&house, "/sql/saved/1").await;
        assert!(page.text.contains("Who &#60;b&#62;asks") && page.text.contains("value=\"acme\""), "{page:?}");
        assert!(!page.text.contains("/sql/saved/1/remove"));
        let other = eve.get(&house, "/sql/saved/1?v_name=other").await;
        assert!(other.text.contains("value=\"other\""), "{other:?}");
        assert_eq!(eve.send(&house, "/sql/saved/1/remove", &[]).await.status, 422);
        let taken = eve.send(&house, "/sql", &fields).await;
        assert!(taken.status == 422 && taken.text.contains("Somebody else has saved"), "{taken:?}");
        let unnamed = vic.send(&house, "/sql", &[("sql", sql), ("v_name", ""), ("then", "save")]).await;
        assert!(unnamed.text.contains("Give the query a name"), "{unnamed:?}");
        let again = [("sql", "SELECT 2"), ("saved", "1"), ("name", "Who <b>asks</b>"), ("then", "save")];
        vic.send(&house, "/sql", &again).await;
        let kept = house.database.db.saved_query(1).await.unwrap().unwrap();
        assert_eq!((kept.sql.as_str(), kept.variables.len()), ("SELECT 2", 0));
        vic.send(&house, "/sql/saved/1/remove", &[]).await;
        assert_eq!(vic.get(&house, "/sql/saved/1").await.status, 404);
    }

    async fn what_is_ready_and_every_example_runs(database) {
        let house = with_connections(database).await;
        let console = testkit::console(&house.database).await;
        let mut queries: Vec<(String, String, Variables)> = Vec::new();
        for ready in READY {
            let variables = ready.variables.iter().map(|(name, text)| {
                ((*name).to_owned(), Variable::of_text(text, *name == "repositories"))
            });
            queries.push((ready.slug.to_owned(), ready.sql.to_owned(), variables.collect()));
        }
        let ada = house.login("ada", Role::Administrator).await;
        for table in model::catalogue::tables() {
            let page = ada.get(&house, &format!("/schema/{}", table.name)).await;
            assert!(page.status == 200 && page.text.len() < 300_000, "{}", table.name);
            for column in table.columns {
                assert!(page.text.contains(&format!("id=\"{}\"", column.name)), "{}.{}", table.name, column.name);
            }
            let example = page.text.split("id=\"example-query\">").nth(1).unwrap();
            let example = example.split('<').next().unwrap().to_owned();
            queries.push((table.name.to_owned(), example, Variables::new()));
        }
        for (name, sql, variables) in queries {
            let answer = console.ask(&sql, &variables, ConsoleLimits::default()).await;
            answer.unwrap_or_else(|error| panic!("{name}: {error}\n{sql}"));
        }
        let list = ada.get(&house, "/schema").await;
        assert!(list.text.contains("/schema/pull_requests") && !list.text.contains("/schema/logins"), "{list:?}");
        let connections = ada.get(&house, "/schema/connections").await;
        assert!(connections.text.contains("<dd>3 <span"), "{connections:?}");
        assert!(connections.text.contains("href=\"/schema/sync_streams#connection_id\""));
        let found = ada.get(&house, "/schema?q=first+approval").await;
        assert!(found.text.contains("/schema/pull_requests#open_to_first_approval"), "{found:?}");
        let none = ada.get(&house, "/schema?q=%3Cscript%3E").await;
        assert!(none.text.contains("Nothing has these words") && !none.text.contains("<script>"), "{none:?}");
        let completions = ada.get(&house, "/sql/completions").await;
        let told: serde_json::Value = serde_json::from_str(&completions.text).unwrap();
        assert_eq!(told["pull_requests"]["columns"]["merged"][0], "datetime");
        assert!(told.get("logins").is_none());
    }
}
