//! The pages of repositories, pipelines, deployments, people and teams, over the demo.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::browser::{Browser, TELEPHONE, USUAL};
use crate::demo::Demo;
use crate::program::Program;

/// The demo with steps of pipelines.
async fn with_steps() -> Demo {
    let program = Program::new();
    let steps = "[import]\nper_row_streams = [\"pipeline_steps\"]\n";
    let config = program.file("windlass.toml", steps);
    let more = [
        "--config",
        &config,
        "--pull-requests",
        "600",
        "--repositories",
        "4",
    ];
    Demo::start(program, &more).await
}

/// The value of an attribute behind a place in a page.
fn attribute<'a>(text: &'a str, name: &str) -> &'a str {
    let rest = text.split_once(&format!("{name}=\"")).unwrap().1;
    rest.split('"').next().unwrap()
}

/// The figures of a page: value and rows, by measure.
fn figures(page: &str) -> BTreeMap<String, (f64, u64)> {
    page.split("<data ")
        .skip(1)
        .filter_map(|rest| rest.split('>').next())
        .filter(|tag| tag.contains("data-measure"))
        .map(|tag| {
            let value = attribute(tag, "value").parse().unwrap();
            let rows = attribute(tag, "data-rows").parse().unwrap();
            (attribute(tag, "data-measure").to_owned(), (value, rows))
        })
        .collect()
}

/// What a report says of the same.
fn reported(figure: &Value) -> Option<(f64, u64)> {
    let value = figure["value"].as_f64().or(figure["median"].as_f64())?;
    Some((value, figure["rows"].as_u64().unwrap()))
}

/// Everything on the page is what the report says, and there is something.
fn are_the_same(page: &str, report: &Value, path: &str) {
    let shown = figures(page);
    assert!(!shown.is_empty(), "{path}: {page}");
    for (measure, figure) in shown {
        let mut all = report["total"].as_array().unwrap().iter();
        if let Some(found) = all.find(|one| one["measure"] == measure.as_str()) {
            assert_eq!(Some(figure), reported(found), "{path}: {measure}");
        } else {
            panic!("{path} shows {measure}, and the report does not");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_the_pages_are_those_of_the_reports_and_the_lists_behind_them() {
    let demo = with_steps().await;
    let newest = "SELECT MAX(created_on) AS d FROM pull_requests";
    let newest = demo.query(newest).await;
    let to = newest[0]["d"].as_str().unwrap();
    let from = format!("{}-01", &to[..7]);
    let repository = "SELECT repository AS r, COUNT(*) AS n FROM pipeline_runs GROUP BY repository ORDER BY n DESC LIMIT 1";
    let repository = demo.query(repository).await;
    let repository = repository[0]["r"].as_str().unwrap();
    let days = format!("from={from}&to={to}");
    let (days, flags) = (days.as_str(), ["--from", &from, "--to", to]);
    let cases: [(String, &[&str]); 6] = [
        (format!("/repositories?{days}"), &["repositories"]),
        (format!("/pipelines?{days}"), &["pipelines"]),
        (
            format!("/pipelines?{days}&repository={repository}&branch=main"),
            &["pipelines", "--repository", repository, "--branch", "main"],
        ),
        (
            format!("/pipelines/steps?{days}"),
            &["pipelines", "--group-by", "step"],
        ),
        (format!("/deployments?{days}"), &["deployments"]),
        (
            format!("/deployments?{days}&environment=Production"),
            &["deployments", "--environment", "Production"],
        ),
    ];
    for (path, report) in cases {
        let arguments = [&["report"], report, &flags, &["--format", "json"]].concat();
        let report = demo.run(&arguments).await.json();
        are_the_same(&demo.page(&path).await, &report, &path);
    }
    // As many lines as the figure says, over all pages of the list.
    for (path, measure, line) in [
        (
            format!("/pipelines?{days}"),
            "runs",
            "<tr><th scope=\"row\">",
        ),
        (
            format!("/deployments?{days}"),
            "deployments",
            "<tr><th scope=\"row\">",
        ),
    ] {
        let (mut next, mut lines, mut wanted) = (Some(path.clone()), 0, None);
        while let Some(path) = next {
            let page = demo.page(&path).await;
            lines += page.matches(line).count();
            // Those that did not take place are listed, and count for nothing.
            lines -= page.matches("did not take place").count();
            wanted = Some(figures(&page)[measure].0);
            let older = page.split("Earlier ones").next().unwrap();
            next = page.contains("Earlier ones").then(|| {
                let link = older.rsplit("href=\"").next().unwrap();
                link.split('"').next().unwrap().replace("&#38;", "&")
            });
        }
        #[expect(clippy::cast_precision_loss, reason = "few lines")]
        let lines = lines as f64;
        assert!(lines > 0.0, "{path} lists nothing");
        assert_eq!(Some(lines), wanted, "{path}");
    }
    demo.stop().await;
}

/// How many of these are of people who are known, and of how many.
async fn known(browser: &Browser, what: &str) -> (i64, i64) {
    let script = format!(
        "const one = document.querySelector(\"data[data-share='{what}']\");
        return one.closest('div').querySelector('.behind').textContent"
    );
    let text = browser.run(&script).await;
    let text = text.as_str().unwrap().replace(',', "");
    let (with_person, all) = text.split_once(" of ").unwrap();
    (with_person.parse().unwrap(), all.parse().unwrap())
}

async fn click(browser: &Browser, css: &str) {
    browser.find(css).await.click().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_walks_the_places_and_says_who_is_who() {
    let demo = with_steps().await;
    let browser = Browser::start(&demo.address, USUAL).await;
    let all_time = "from=2020-01-01";

    // Repositories: narrowed down, then one of them.
    browser.open(&format!("/repositories?{all_time}")).await;
    browser.until("Stale repositories").await;
    browser.is_accessible().await;
    browser.picture("20-repositories").await;
    let last = browser.find("tbody tr:last-child th a").await;
    let name = last.text().await.unwrap();
    browser.fill("#by-name", &name).await;
    browser.press("Show").await;
    browser.until("1 repository, by name").await;
    browser.press(&name).await;
    browser.until("Pull requests that changed last").await;
    browser.is_accessible().await;
    browser.fits().await;
    browser.picture("21-repository").await;
    let repository = browser.path().await;

    // Pipelines of it, those that failed, and steps.
    browser.press("All runs").await;
    browser.until("Runs, the newest first").await;
    browser.open(&format!("/pipelines?{all_time}")).await;
    browser.until("Success rate").await;
    browser.until("Earlier ones").await;
    browser.is_accessible().await;
    browser.picture("22-pipelines").await;
    browser
        .open(&format!("/pipelines?{all_time}&result=failed"))
        .await;
    let tones = "return [...new Set([...document.querySelectorAll('tbody .state')].map((one) => one.textContent.trim()))].sort()";
    let tones = browser.run(tones).await;
    assert!(
        tones.as_array().is_some_and(|words| !words.is_empty()
            && words.iter().all(|word| word == "failed" || word == "error")),
        "{tones}"
    );
    browser.press("Slow and flaky steps").await;
    browser.until("The slowest").await;
    browser.is_accessible().await;
    browser.picture("23-steps").await;

    // Deployments, and what one of them carried.
    browser
        .open(&format!("/deployments?{all_time}&environment=Production"))
        .await;
    browser.until("What counts as a deployment").await;
    browser.is_accessible().await;
    browser.picture("24-deployments").await;
    let carrying = "SELECT COUNT(*) AS n FROM deployment_pulls";
    assert!(demo.count(carrying).await > 0);
    browser.find(".carried a").await;
    click(&browser, "tbody th a").await;
    browser.until("Pull requests that it carried").await;
    browser.is_accessible().await;
    browser.picture("25-deployment").await;
    let deployment = browser.path().await;

    // A rule, seen at work while it is written.
    browser.open("/settings/rules").await;
    browser.until("There is no rule").await;
    browser.fill("#branch", "^main$").await;
    browser.fill("#environment", "live").await;
    browser.until("What would come of it").await;
    browser.until("live of").await;
    browser.fill("#name", "main is live").await;
    browser.is_accessible().await;
    browser.picture("26-rule").await;
    browser.press("Keep the rule").await;
    browser.until("The rule is kept").await;
    let ruled = "SELECT COUNT(*) AS n FROM deployments WHERE source = 'rule'";
    assert!(demo.count(ruled).await > 0);
    browser.open("/deployments").await;
    browser.until("1 rule:").await;
    browser.open("/settings/rules").await;
    browser.press("Remove").await;
    browser.until("The rule is taken away").await;
    assert_eq!(demo.count(ruled).await, 0);
    browser.fill("#pipeline", "(").await;
    browser.press("Preview").await;
    browser.find("[role=alert]").await;

    // Who is missing: somebody is matched, and more is known.
    browser.open("/people").await;
    browser.until("Everybody, by name").await;
    browser.is_accessible().await;
    browser.picture("27-people").await;
    browser.press("Who is missing").await;
    browser.until("What may belong together").await;
    browser.is_accessible().await;
    browser.picture("28-missing").await;
    let before = known(&browser, "Commits").await;
    let unmatched = demo.run(&["people", "unmatched", "--json"]).await.json();
    let coverage = &unmatched["coverage"]["commits"];
    assert_eq!(Some(before.0), coverage["with_person"].as_i64());
    assert_eq!(Some(before.1), coverage["all"].as_i64());
    click(&browser, "[aria-label='Reject suggestion 2']").await;
    browser.until("It never is theirs").await;
    assert_eq!(known(&browser, "Commits").await, before);
    click(&browser, "[aria-label='Accept suggestion 1']").await;
    browser.until("It is theirs from now on").await;
    browser.until("a team's account").await;
    let after = known(&browser, "Commits").await;
    assert!(
        after.0 > before.0 && after.1 == before.1,
        "{before:?} {after:?}"
    );
    // Somebody whose addresses are taken away is missing, until somebody tells another.
    let with_address = "SELECT MAX(user_id) AS n FROM identities WHERE source = 'email'";
    let id = demo.count(with_address).await;
    let person = format!("/people/{id}");
    browser.open(&person).await;
    let theirs = "tr:has([name=source][value=email]) button";
    while browser.has(theirs).await {
        click(&browser, theirs).await;
        browser.until("It never is theirs").await;
        browser.open(&person).await;
    }
    browser.open("/people/unmatched").await;
    let before = known(&browser, "Pull requests").await;
    let person = "tr:has([href='/people/ID']):has([name=person][autocomplete])";
    let person = person.replace("ID", &id.to_string());
    browser
        .fill(
            &format!("{person} [name=person][autocomplete]"),
            "newly@example.com",
        )
        .await;
    click(&browser, &format!("{person} button")).await;
    browser.until("It is theirs from now on").await;
    let after = known(&browser, "Pull requests").await;
    assert!(
        after.0 > before.0 && after.1 == before.1,
        "{before:?} {after:?}"
    );

    // Teams, from a list that is looked at first.
    browser.open("/teams").await;
    browser.press("Import a list").await;
    let list = "team,parent,email,from\nEngines,Everybody,newly@example.com,2026-01-01\nEngines,,nobody@example.com,";
    browser.fill("#list", list).await;
    browser.press("Preview").await;
    browser.until("What would come of it").await;
    browser.until("nobody@example.com").await;
    browser.is_accessible().await;
    browser.picture("30-teams-preview").await;
    let teams = "SELECT COUNT(*) AS n FROM teams";
    assert_eq!(demo.count(teams).await, 0, "nothing is written");
    browser.press("Take it in").await;
    browser.until("The list is taken in").await;
    assert_eq!(demo.count(teams).await, 2);
    browser.is_accessible().await;
    browser.picture("31-teams").await;
    browser.press("Engines").await;
    browser.until("Who is and was in it").await;
    let team = browser.path().await;

    // Somebody comes into it by hand, and goes.
    let newcomer = demo.count("SELECT MIN(id) AS n FROM users").await;
    browser.fill("#person", &newcomer.to_string()).await;
    browser.press("Add").await;
    browser.until("They are added").await;
    browser.is_accessible().await;
    browser.picture("32-team").await;
    let of_newcomer = format!("SELECT COUNT(*) AS n FROM team_members WHERE user_id = {newcomer}");
    let ended = format!("{of_newcomer} AND to_on IS NOT NULL");
    assert_eq!(demo.count(&of_newcomer).await, 1);
    assert_eq!(demo.count(&ended).await, 0);
    let remove = format!("form[action$='/members/{newcomer}/remove'] button");
    click(&browser, &remove).await;
    browser.until("They are removed").await;
    assert_eq!(demo.count(&ended).await, 1);
    assert!(!browser.has(&remove).await);
    click(&browser, "tbody th a").await;
    browser.until("Accounts and addresses").await;
    browser.until("newly@example.com").await;
    browser.is_accessible().await;
    browser.picture("29-person").await;
    let person = browser.path().await;
    let id = person.rsplit('/').next().unwrap();
    let report = demo
        .run(&["report", "people", "--format", "json"])
        .await
        .json();
    let mut groups = report["groups"].as_array().unwrap().iter();
    let group = groups.find(|group| group["id"] == id).unwrap();
    let shown = figures(&demo.page(&person).await);
    assert!(shown.len() > 3, "{shown:?}");
    for figure in group["figures"].as_array().unwrap() {
        let measure = figure["measure"].as_str().unwrap();
        if let Some(of_page) = shown.get(measure) {
            assert_eq!(Some(*of_page), reported(figure), "{measure}");
        }
    }

    // Settings of the account.
    browser.open("/settings/working-hours").await;
    browser.fill("#timezone", "Europe/Nowhere").await;
    browser.press("Set").await;
    browser.find("[role=alert]").await;
    browser.fill("#timezone", "Europe/Berlin").await;
    browser.press("Set").await;
    browser.until("It is set").await;
    browser.is_accessible().await;
    browser.picture("33-working-hours").await;
    let settings = demo.run(&["settings", "show", "--json"]).await.json();
    assert_eq!(settings[0]["value"], "Europe/Berlin", "{settings}");
    browser.open("/settings/bots").await;
    browser.fill("#account", "nobody at all").await;
    browser.press("Mark it").await;
    browser.find("[role=alert]").await;
    browser.is_accessible().await;
    browser.picture("34-bots").await;
    browser.press("A person").await;
    browser.until("It is marked").await;
    browser.until("somebody said are a person's").await;
    browser.open("/settings/audit").await;
    for action in [
        "rules.add",
        "rules.remove",
        "people.link",
        "teams.import",
        "teams.add",
        "teams.remove",
        "settings.set",
        "people.mark",
    ] {
        browser.until(action).await;
    }
    browser.close().await;

    // Narrow, and in the dark.
    let telephone = Browser::start(&demo.address, TELEPHONE).await;
    for (path, name) in [
        ("/repositories?from=2020-01-01", "narrow-repositories"),
        (repository.as_str(), "narrow-repository"),
        ("/pipelines?from=2020-01-01", "narrow-pipelines"),
        ("/pipelines/steps?from=2020-01-01", "narrow-steps"),
        ("/deployments?from=2020-01-01", "narrow-deployments"),
        (deployment.as_str(), "narrow-deployment"),
        ("/people", "narrow-people"),
        ("/people/unmatched", "narrow-unmatched"),
        (person.as_str(), "narrow-person"),
        ("/teams", "narrow-teams"),
        (team.as_str(), "narrow-team"),
        ("/settings/working-hours", "narrow-working-hours"),
        ("/settings/bots", "narrow-bots"),
        ("/settings/rules", "narrow-rules"),
    ] {
        telephone.open(path).await;
        telephone.fits().await;
        telephone.is_accessible().await;
        telephone.picture(name).await;
    }
    telephone.close().await;
    demo.stop().await;
}
