//! Reports and pull requests in a browser, beside what the command line says of the same workspace.

use serde_json::Value;

use crate::browser::{Browser, Look, PLAIN, TELEPHONE, USUAL};
use crate::demo::Demo;
use crate::program::Program;

async fn start() -> Demo {
    let more = ["--pull-requests", "400", "--repositories", "4"];
    Demo::start(Program::new(), &more).await
}

/// The addresses of what is shown of the flow of work.
const PAGES: [&str; 14] = [
    "/",
    "/reports",
    "/reports/definitions",
    "/reports/pull-requests",
    "/reports/pull-requests?group-by=repository&all-time=yes",
    "/reports/reviews?group-by=pair",
    "/reports/pipelines",
    "/reports/deployments?group-by=environment",
    "/reports/dora?all-time=yes",
    "/reports/repositories",
    "/reports/people?bots=include",
    "/reports/reviews?from=2027-01-01&to=2026-01-01",
    "/pull-requests",
    "/pull-requests?state=open&q=nothing-has-this",
];

/// The figures of everything on a page: measure, rows, value or median.
const FIGURES: &str = "return [...document.querySelectorAll('tr[data-measure]')].map((row) => [row.dataset.measure,
    row.querySelector('[data-rows]').dataset.rows.replaceAll(',', ''), row.querySelector('b').dataset.value])";

/// The same of what `windlass report` says.
fn figures(report: &Value) -> Vec<[String; 3]> {
    report["total"]
        .as_array()
        .unwrap()
        .iter()
        .map(|figure| {
            let value = match (figure["value"].as_f64(), figure["median"].as_f64()) {
                (Some(value), _) | (None, Some(value)) => value.to_string(),
                (None, None) => String::new(),
            };
            let measure = figure["measure"].as_str().unwrap().to_owned();
            [measure, figure["rows"].to_string(), value]
        })
        .collect()
}

/// The pull request that tells most: merged after a review.
async fn a_telling_pull(browser: &Browser) -> String {
    browser
        .open("/pull-requests?state=merged&with=review_time&bots=exclude")
        .await;
    let link = browser.find(".pulls tbody th a").await;
    link.attr("href").await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_on_pages_are_those_of_the_command_line() {
    let demo = start().await;
    let browser = Browser::start(&demo.address, USUAL).await;
    let mut told = 0;
    for (path, arguments) in [
        ("/reports/pull-requests", &["pull-requests"][..]),
        (
            "/reports/pull-requests?all-time=yes&bots=only",
            &["pull-requests", "--all-time", "--bots", "only"],
        ),
        (
            "/reports/pull-requests?all-time=yes&business-hours=yes&target-branch=main",
            &[
                "pull-requests",
                "--all-time",
                "--business-hours",
                "--branch",
                "main",
            ],
        ),
        (
            "/reports/deployments?all-time=yes&environment=Production",
            &["deployments", "--all-time", "--environment", "Production"],
        ),
        ("/reports/reviews?all-time=yes", &["reviews", "--all-time"]),
        (
            "/reports/pipelines?all-time=yes",
            &["pipelines", "--all-time"],
        ),
        (
            "/reports/deployments?all-time=yes",
            &["deployments", "--all-time"],
        ),
        ("/reports/dora?all-time=yes", &["dora", "--all-time"]),
        ("/reports/repositories", &["repositories"]),
        ("/reports/people?all-time=yes", &["people", "--all-time"]),
    ] {
        browser.open(path).await;
        let shown = browser.run(FIGURES).await;
        let shown: Vec<[String; 3]> = serde_json::from_value(shown).unwrap();
        let arguments = [&["report"], arguments, &["--format", "json"]].concat();
        let said = figures(&demo.run(&arguments).await.json());
        assert_eq!(shown, said, "{path}");
        told += said.len();
    }
    assert!(told > 60, "{told}");

    // The CSV of the page is that of the command line, to the letter.
    browser
        .open("/reports/reviews?all-time=yes&granularity=month&group-by=reviewer")
        .await;
    let script = "const done = arguments[0];
        fetch(document.querySelector('a[href*=\".csv\"]').href).then((answer) => answer.text()).then(done)";
    let csv = browser.run_later(script).await;
    let said = demo
        .run(&[
            "report",
            "reviews",
            "--all-time",
            "--granularity",
            "month",
            "--group-by",
            "reviewer",
            "--format",
            "csv",
        ])
        .await;
    assert_eq!(csv.as_str().unwrap(), said.stdout);
    assert!(said.stdout.lines().count() > 100);

    // The overview says the same as the reports that it leads to.
    browser.open("/").await;
    let cards = "return [...document.querySelectorAll('.cards a')].map((card) =>
        [card.getAttribute('href'), card.querySelector('b[data-measure]').dataset.measure,
         card.querySelector('b[data-measure]').dataset.value])";
    let cards: Vec<[String; 3]> = serde_json::from_value(browser.run(cards).await).unwrap();
    assert_eq!(cards.len(), 7, "{cards:?}");
    for [href, measure, value] in &cards {
        browser.open(href).await;
        if measure.ends_with("_now") {
            let count = browser.find("#count").await.text().await.unwrap();
            assert_eq!(&count, value, "{href}");
        } else {
            let figures: Vec<[String; 3]> =
                serde_json::from_value(browser.run(FIGURES).await).unwrap();
            assert_eq!((&figures[0][0], &figures[0][2]), (measure, value), "{href}");
        }
    }

    // Without scripts the tables say the same.
    let still = Browser::start(&demo.address, PLAIN).await;
    for path in ["/", "/reports/pull-requests?all-time=yes"] {
        browser.open(path).await;
        still.open(path).await;
        let number = "table";
        let table = browser.find(number).await.text().await.unwrap();
        assert_eq!(still.find(number).await.text().await.unwrap(), table);
    }
    still.close().await;
    browser.close().await;
    demo.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_follows_a_figure_from_a_chart_to_a_pull_request() {
    let demo = start().await;
    let browser = Browser::start(&demo.address, USUAL).await;
    browser.open("/").await;
    browser.picture("11-overview").await;
    browser.press("Reports").await;
    browser.picture("12-reports").await;
    browser.open("/reports/pull-requests").await;
    // A filter, by the form.
    browser.press("A year").await;
    browser.press("Narrow it down").await;
    let repository = "return document.querySelector('#repositories option').value";
    let repository = browser.run(repository).await;
    let repository = repository.as_str().unwrap().to_owned();
    browser.fill("#repository", &repository).await;
    browser.press("Show").await;
    browser.find("#series-merged").await;
    assert!(
        browser.address().await.contains("repository="),
        "{}",
        browser.address().await
    );
    browser.find("[data-of=series-merged] canvas").await;
    browser.picture("13-report").await;

    // A click on a bar leads to the pull requests behind it, as many as the table says.
    let bar = "const place = document.querySelector('[data-of=series-merged]');
        const values = place.chart.data.datasets[0].data;
        const at = values.findIndex((value) => value > 0);
        const bar = place.chart.getDatasetMeta(0).data[at];
        const canvas = place.querySelector('canvas').getBoundingClientRect();
        scrollTo(0, scrollY + canvas.top - 100);
        const now = place.querySelector('canvas').getBoundingClientRect();
        const there = { bubbles: true, clientX: now.left + bar.x, clientY: now.top + bar.y + 2 };
        place.querySelector('canvas').dispatchEvent(new MouseEvent('click', there));
        return values[at]";
    let value = browser.run(bar).await;
    browser.until("merged 20").await;
    assert_eq!(browser.path().await, "/pull-requests");
    let count = browser.find("#count").await.text().await.unwrap();
    assert_eq!(count, value.to_string());
    let listed = "return document.querySelectorAll('.pulls tbody tr').length";
    assert_eq!(browser.run(listed).await.to_string(), value.to_string());
    browser.picture("14-behind").await;

    // One of them, and its story.
    let link = browser.find(".pulls tbody th a").await;
    let title = link.text().await.unwrap();
    link.click().await.unwrap();
    browser.until("What happened").await;
    let text = browser.text().await;
    assert!(text.contains(&title), "{title}: {text}");
    let happened =
        "return [...document.querySelectorAll('.timeline li')].map((one) => one.textContent)";
    let happened: Vec<String> = serde_json::from_value(browser.run(happened).await).unwrap();
    assert!(happened[0].contains("opened it"), "{happened:?}");
    assert!(
        happened.iter().any(|one| one.contains("merged it")),
        "{happened:?}"
    );
    let pull = a_telling_pull(&browser).await;
    browser.open(&pull).await;
    browser.is_accessible().await;
    browser.picture("15-pull-request").await;
    // The parts are to scale: together they are the whole.
    let widths = "return [...document.querySelectorAll('.parts rect')].map((one) => one.width.baseVal.value)";
    let widths: Vec<f64> = serde_json::from_value(browser.run(widths).await).unwrap();
    let sum: f64 = widths.iter().sum();
    assert!(
        widths.len() > 1 && (980.0..=1_010.0).contains(&sum),
        "{widths:?}"
    );

    // What it measures is what the database says.
    let parts: Vec<&str> = pull.split('/').collect();
    let cycle = browser
        .find("dd[data-measure=cycle_time]")
        .await
        .text()
        .await
        .unwrap();
    let sql = format!(
        "SELECT p.cycle_time AS seconds FROM pull_requests p JOIN repos r ON r.id = p.repo_id
         WHERE r.name = 'acme-rockets/{}' AND p.external_id = '{}'",
        parts[3], parts[4]
    );
    let stored = demo.query(&sql).await;
    let seconds = stored[0]["seconds"].as_i64().unwrap();
    assert_eq!(
        cycle,
        analysis::whole_number(seconds, analysis::Unit::Seconds)
    );
    browser.close().await;
    demo.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_the_flow_is_accessible_quick_and_fits() {
    let demo = start().await;
    let browser = Browser::start(&demo.address, USUAL).await;
    let pull = a_telling_pull(&browser).await;
    let telephone = Browser::start(&demo.address, TELEPHONE).await;
    for page in PAGES.into_iter().chain([pull.as_str()]) {
        browser.open(page).await;
        browser.is_accessible().await;
        browser.fits().await;
        telephone.open(page).await;
        telephone.is_accessible().await;
        telephone.fits().await;
        let name: String = page
            .split(['/', '?'])
            .find(|part| !part.is_empty())
            .map_or("overview".to_owned(), |_| {
                page[1..].replace(['/', '?', '&', '='], "-")
            });
        let name: String = name.chars().take(40).collect();
        telephone.picture(&format!("narrow-{name}")).await;
    }
    telephone.close().await;
    let dark = Look {
        dark: true,
        ..USUAL
    };
    let night = Browser::start(&demo.address, dark).await;
    for page in [
        "/",
        "/reports/pull-requests?group-by=repository",
        "/pull-requests?state=open",
        &pull,
    ] {
        night.open(page).await;
        night.is_accessible().await;
        let name: String = page[1..]
            .replace(['/', '?', '&', '='], "-")
            .chars()
            .take(30)
            .collect();
        night.picture(&format!("dark-{name}")).await;
    }
    night.close().await;
    browser.close().await;
    demo.stop().await;
}
