//! Reports and pull requests.

use sqlx::AssertSqlSafe;
use store::{Db, Role};
use testkit::both_engines;

use crate::house::{Answer, House};

const NAMES: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "\u{202e}gnp.exe",
    "' OR 1=1 --",
    "{{ 7 * 7 }}",
    "=HYPERLINK(\"https://evil.example\")",
];

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

pub(crate) async fn execute(db: &Db, script: String) {
    let script = AssertSqlSafe(script);
    match db {
        Db::Sqlite { write, .. } => sqlx::raw_sql(script).execute(write).await.map(|_| ()),
        Db::Postgres(pool) => sqlx::raw_sql(script).execute(pool).await.map(|_| ()),
    }
    .unwrap();
}

/// A pull request for each name, all called so: its repository, project, author, branches, title,
/// comments and environment.
async fn stock(db: &Db, names: &[&str]) {
    let at = "'2026-02-10T10:00:00.000000Z'";
    let later = "'2026-02-12T10:00:00.000000Z'";
    let mut script = String::new();
    for (number, name) in names.iter().enumerate() {
        let (id, name) = (number + 1, quoted(name));
        script.push_str(&format!(
            "INSERT INTO bitbucket_projects (id, source_id, key, name, observed_at) VALUES ({id}, '{id}', {name}, {name}, {at});
             INSERT INTO bitbucket_repositories (id, source_id, project_id, full_name, observed_at)
                 VALUES ({id}, '{id}', {id}, 'acme/' || {name}, {at});
             INSERT INTO bitbucket_users (id, source_id, name, nickname, bot, observed_at)
                 VALUES ({id}, '{id}', {name}, {name}, 1 = 0, {at});
             INSERT INTO bitbucket_pulls (id, repository_id, number, user_id, title, state, draft, source_branch,
                 target_branch, source_url, comment_count, created_at, updated_at, ready_at, first_review_at, merged_at,
                 closed_at, created_on, merged_on, closed_on, first_review_on, pickup_time, review_time, merge_wait,
                 cycle_time, ready_to_merge, observed_at)
                 VALUES ({id}, {id}, {id}, {id}, {name}, 'MERGED', 1 = 0, {name}, {name}, 'javascript:alert(1)', 3, {at},
                 {later}, {at}, {at}, {later}, {later}, '2026-02-10', '2026-02-12', '2026-02-12', '2026-02-10', 0,
                 86400, 86400, 172800, 172800, {at});
             INSERT INTO bitbucket_reviews (id, pull_id, user_id, source_id, repository_id, author_user_id, state,
                 created_at, updated_at, created_on, comment_count, time_since_request, observed_at)
                 VALUES ({id}, {id}, {id}, '{id}', {id}, {id}, 'APPROVED', {at}, {at}, '2026-02-10', 0, 60, {at});
             INSERT INTO bitbucket_pull_events (id, pull_id, kind, user_id, occurred_at, target_branch, observed_at)
                 VALUES ({id}, {id}, 'approval', {id}, {at}, {name}, {at});
             INSERT INTO bitbucket_pull_comments (id, source_id, pull_id, user_id, path, content, deleted, source_url,
                 created_at, updated_at, observed_at)
                 VALUES ({id}, {id}, {id}, {id}, {name}, {name}, 1 = 0, 'javascript:alert(1)', {later}, {later}, {at});
             INSERT INTO bitbucket_pull_reviewers (id, pull_id, user_id, role, state, observed_at)
                 VALUES ({id}, {id}, {id}, 'REVIEWER', 'approved', {at});\n"
        ));
    }
    execute(db, script).await;
}

fn is_harmless(page: &Answer, path: &str) {
    for bad in ["<script>", "<img", "\u{202e}", "href=\"javascript:", "49"] {
        // A number of that kind may stand in a digest, but never alone.
        let found = match bad {
            "49" => page.text.contains(">49<"),
            _ => page.text.contains(bad),
        };
        assert!(!found, "{path} has {bad}: {}", page.text);
    }
}

/// Where the links of a page lead that begin like this.
fn links(page: &Answer, beginning: &str) -> Vec<String> {
    page.text
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|link| link.starts_with(beginning))
        .map(|link| link.replace("&#38;", "&").replace("&amp;", "&"))
        .collect()
}

both_engines! {
    async fn hostile_names_are_only_names_in_reports_and_lists(database) {
        let house = House::with_acme(database).await;
        let long = format!("long{}", "x".repeat(10_000));
        let mut names = NAMES.to_vec();
        names.push(&long);
        stock(&house.database.db, &names).await;
        let vic = house.login("vic", Role::Viewer).await;
        let list = vic.get(&house, "/pull-requests").await;
        assert!(list.text.contains(">7</b> pull requests"), "{}", list.text);
        let pulls = links(&list, "/pull-requests/acme/");
        assert_eq!(pulls.len(), names.len(), "{pulls:?}");
        let mut walked = 0;
        for path in pulls {
            let page = vic.get(&house, &path).await;
            assert_eq!(page.status, 200, "{path}");
            is_harmless(&page, &path);
            assert!(page.text.contains("Waiting for the merge"), "{path}: {}", page.text);
            walked += 1;
        }
        for report in ["pull-requests", "reviews", "people", "repositories", "dora"] {
            for grouping in ["repository", "project", "author", "reviewer", "pair", "branch", "person"] {
                let path = format!("/reports/{report}?group-by={grouping}");
                let page = vic.get(&house, &path).await;
                is_harmless(&page, &path);
                if page.status == 422 {
                    continue;
                }
                assert_eq!(page.status, 200, "{path}");
                assert!(page.text.len() < 300_000);
                // Each number leads to the rows behind it, whatever they are called.
                for link in links(&page, "/pull-requests?").into_iter().rev().take(3) {
                    let list = vic.get(&house, &link).await;
                    assert_eq!(list.status, 200, "{link}: {}", list.text);
                    assert!(list.text.contains("id=\"count\""), "{link}: {}", list.text);
                    is_harmless(&list, &link);
                    walked += 1;
                }
            }
        }
        assert!(walked > 30, "{walked}");
        for path in ["/", "/pull-requests?q=%3Cscript%3E", "/pull-requests?author=%3Cscript%3E", "/reports/reviews?author=%3Cimg"] {
            is_harmless(&vic.get(&house, path).await, path);
        }
    }

    async fn what_cannot_be_meant_is_said_where_it_was_asked(database) {
        let house = House::with_acme(database).await;
        let vic = house.login("vic", Role::Viewer).await;
        for (path, status, part) in [
            ("/reports/pull-request", 404, "no such report"),
            ("/reports/reviews?from=2026-03-02&to=2026-03-01", 422, "swap them"),
            ("/reports/reviews?group-by=branch", 422, "cannot be grouped by branch"),
            ("/reports/reviews.csv?measure=nothing", 422, "no measure in this report"),
            ("/reports/pipelines?author=nobody", 422, "no author"),
            ("/pull-requests?state=opened", 422, "did you mean open?"),
            ("/pull-requests?repository=nothing", 422, "no repository"),
            ("/pull-requests?after=rubbish", 200, "There are none"),
            ("/pull-requests/17", 404, "no such pull request"),
            ("/pull-requests/acme/lander/17", 404, "no such pull request"),
            ("/pull-requests/acme/lander/x", 404, "no such pull request"),
            ("/reports/dora", 200, "Nothing to count"),
        ] {
            let page = vic.get(&house, path).await;
            assert_eq!(page.status, status, "{path}: {}", page.text);
            assert!(page.text.contains(part), "{path}: {}", page.text);
        }
    }

    async fn a_pull_request_has_one_address_that_people_can_read(database) {
        let house = House::with_acme(database).await;
        stock(&house.database.db, &["lander"]).await;
        let vic = house.login("vic", Role::Viewer).await;
        let found = vic.get(&house, "/pull-requests/1").await;
        assert_eq!((found.status, found.header("location")), (303, Some("/pull-requests/acme/lander/1")));
        let page = vic.get(&house, "/pull-requests/acme/lander/1").await;
        for part in ["2 d 0 h", "In review", "1 d 0 h", "opened it", "approved", "commented", "merged"] {
            assert!(page.text.contains(part), "{part}: {}", page.text);
        }
        // Few rows say little, and it is said.
        let report = vic.get(&house, "/reports/pull-requests?measure=cycle_time").await;
        assert!(report.text.contains("<span class=\"few\">few</span>"), "{}", report.text);
        let csv = vic.get(&house, "/reports/pull-requests.csv?group-by=author").await;
        assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
        assert!(csv.header("content-disposition").unwrap().contains("pull-requests-2026-02-"), "{csv:?}");
        assert!(csv.text.contains(",lander,cycle_time,s,1,"), "{}", csv.text);
        let same = vic.get(&house, "/reports/pull-requests?group-by=author&format=csv").await;
        assert_eq!(same.text, csv.text);
    }
}
