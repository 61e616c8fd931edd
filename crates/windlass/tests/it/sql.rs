//! The schema explorer and SQL, as people meet them in a browser.

use serde_json::json;

use crate::browser::{Browser, PLAIN, TELEPHONE, USUAL};
use crate::pages::{NAME, become_administrator, invite, sign_in};
use crate::program::{Program, with_pulls};
use crate::serve::Serving;

const ENDLESS: &str =
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT COUNT(*) FROM t";

/// Puts a text into the editor, as somebody who pastes it.
async fn write(browser: &Browser, sql: &str) {
    browser.find(".editor").await;
    let script = format!(
        "const view = window.windlassEditor;
         view.dispatch({{changes: {{from: 0, to: view.state.doc.length, insert: {}}}}});
         return document.querySelector('#sql').value",
        json!(sql)
    );
    assert_eq!(browser.run(&script).await, json!(sql));
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_column_that_is_sought_to_a_query_that_others_open() {
    let (program, emulator) = (Program::new(), with_pulls(60).await);
    program.add(&emulator, &[]).await.succeeded();
    program.run(&["import", NAME]).await.succeeded();
    let serving = Serving::start(&program, &[]).await;
    let browser = Browser::start(&serving.address, USUAL).await;
    become_administrator(&browser, &serving).await;
    browser.until("What is stored").await;

    // A column, its table, its example.
    browser.press("Schema").await;
    browser.until("One row is").await;
    browser.picture("11-schema").await;
    browser.fill("#q", "first approval\u{e007}").await;
    browser.until("pull_requests.open_to_first_approval").await;
    browser.is_accessible().await;
    browser.press("pull_requests.open_to_first_approval").await;
    assert_eq!(browser.path().await, "/schema/pull_requests");
    browser.until("60 counted").await;
    browser.is_accessible().await;
    browser.open("/schema/pull_request_reviews").await;
    browser.picture("12-table").await;
    browser.open("/schema/pull_requests").await;
    browser.press("Open in SQL").await;
    browser.find(".editor").await;
    browser.press("Run").await;
    browser.until("rows in").await;
    browser.find("canvas").await;
    browser.is_accessible().await;
    browser.picture("13-result").await;

    // The same with a variable, completed while it is written.
    write(&browser, "SELECT c.month, COUNT(*) AS merged FROM pull_re").await;
    browser
        .run("const view = window.windlassEditor; view.dispatch({selection: {anchor: view.state.doc.length}}); view.focus()")
        .await;
    browser.keys("q").await;
    let offered = "return [...document.querySelector('.editor').shadowRoot.querySelectorAll('.cm-completionLabel')].map((one) => one.textContent)";
    browser
        .until_run(offered, |found| found.to_string().contains("pull_requests"))
        .await;
    browser.picture("14-completion").await;
    let sql = "SELECT c.month, COUNT(*) AS merged\nFROM pull_requests p\nJOIN calendar c ON c.day = p.merged_on\nWHERE p.state = $state\nGROUP BY c.month ORDER BY c.month";
    write(&browser, sql).await;
    browser.press("Run").await;
    browser.until("Say what $state is to be").await;
    browser.fill("#v-state", "MERGED").await;
    browser.press("Save and share").await;
    browser.fill("#name", "Merged by month").await;
    browser.press("Save").await;
    browser.until("The query is saved").await;
    browser.is_accessible().await;
    browser.press("Run").await;
    browser.until("rows in").await;
    let run = browser.path().await;
    browser.picture("15-saved").await;

    // Somebody who may look opens the address, and takes the result along.
    let viewer = invite(&browser, &serving).await;
    viewer.open(&run).await;
    viewer.until("asked by ada").await;
    let shared = viewer
        .find("#shared")
        .await
        .attr("href")
        .await
        .unwrap()
        .unwrap();
    viewer.open(&shared).await;
    viewer.press("Run").await;
    viewer.until("asked by vic").await;
    let csv = "const done = arguments[0]; fetch(location.pathname + '/csv').then(async (answer) =>
        done([answer.headers.get('content-disposition'), await answer.text()]))";
    let csv = viewer.run_later(csv).await;
    assert!(csv[0].as_str().unwrap().contains("windlass.csv"), "{csv}");
    assert!(
        csv[1].as_str().unwrap().starts_with("month,merged\r\n20"),
        "{csv}"
    );
    assert!(viewer.has("a[download]").await);
    viewer.open("/sql/saved/1").await;
    assert!(!viewer.has("form[action$='/remove']").await);

    // A query without an end is ended; what was written meanwhile stays.
    write(&viewer, ENDLESS).await;
    viewer.run("document.querySelector('#query').requestSubmit(document.querySelector('button[value=run]'))").await;
    viewer.until("Running").await;
    viewer.is_accessible().await;
    viewer.picture("16-running").await;
    viewer.press("Cancel").await;
    viewer.until("The query was stopped").await;
    viewer.close().await;

    // On a telephone, in the dark.
    let telephone = Browser::start(&serving.address, TELEPHONE).await;
    sign_in(&telephone, "ada").await;
    for (page, name) in [
        ("/schema/pull_requests", "narrow-table"),
        (run.as_str(), "narrow-result"),
    ] {
        telephone.open(page).await;
        telephone.fits().await;
        telephone.is_accessible().await;
        telephone.picture(name).await;
    }
    telephone.close().await;
    browser.close().await;

    // Without scripts: a text area and a form.
    let plain = Browser::start(&serving.address, PLAIN).await;
    sign_in(&plain, "vic").await;
    plain.open("/sql").await;
    plain
        .fill("#sql", "SELECT COUNT(*) AS n FROM pull_requests")
        .await;
    plain.press("Run").await;
    plain.until("1 row in").await;
    plain.fill("#sql", ENDLESS).await;
    plain.press("Run").await;
    plain.until("Load it anew").await;
    plain.press("Cancel").await;
    plain.until("The query was stopped").await;
    plain.close().await;

    let saved = program
        .run(&[
            "query",
            "--saved",
            "Merged by month",
            "--variable",
            "state=OPEN",
            "--format",
            "csv",
        ])
        .await;
    saved.succeeded();
    assert!(saved.stdout.starts_with("month,merged\n"), "{saved:?}");
    let (code, said) = serving.stop().await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgres_queries_want_a_login_of_their_own() {
    let (program, emulator) = (Program::new(), with_pulls(60).await);
    let address = testkit::new_postgres_database().await;
    let database = ["--database", address.as_str()];
    let run = |arguments: &'static [&'static str]| {
        let all: Vec<&str> = arguments.iter().chain(&database).copied().collect();
        let program = &program;
        async move { program.run(&all).await }
    };
    program.add(&emulator, &database).await.succeeded();
    let serving = Serving::start(&program, &database).await;
    let browser = Browser::start(&serving.address, USUAL).await;
    become_administrator(&browser, &serving).await;
    browser.until("What is stored").await;
    browser.open("/sql").await;
    browser.until("Queries are off").await;
    browser.until("windlass database grant-console --run").await;
    browser.is_accessible().await;
    browser.picture("17-off").await;
    browser.close().await;
    serving.kill().await;

    let printed = run(&["database", "grant-console"]).await;
    printed.succeeded();
    assert!(
        printed
            .stdout
            .contains("CREATE ROLE windlass_queries LOGIN"),
        "{printed:?}"
    );
    run(&["database", "grant-console", "--login", "Robert'); --"])
        .await
        .refused(2, "small letters");
    let login: &'static str = format!("windlass_queries_{}", std::process::id()).leak();
    let made = program
        .run(&[
            "database",
            "grant-console",
            "--run",
            "--login",
            login,
            "--database",
            &address,
        ])
        .await;
    made.succeeded();
    let queries = made.stdout.trim();
    assert!(
        queries.contains(login) && !made.stderr.contains(queries),
        "{made:?}"
    );
    let asked = |sql: &'static str| {
        let mut command =
            program.command(["query", sql, "--format", "csv", "--database", &address]);
        command.env("WINDLASS_QUERY__DATABASE", queries);
        async move { crate::program::Ran::of(command.output().await.unwrap()) }
    };
    let ran = asked("SELECT COUNT(*) AS n FROM connections").await;
    assert_eq!(ran.stdout, "n\n1\n", "{ran:?}");
    asked("SELECT * FROM credentials")
        .await
        .refused(2, "there is no table credentials");
    let mut doctor = program.command(["doctor", "--database", &address]);
    let doctor = doctor
        .env("WINDLASS_QUERY__DATABASE", queries)
        .output()
        .await;
    crate::program::Ran::of(doctor.unwrap()).succeeded();
    let mut own = program.command(["query", "SELECT 1", "--database", &address]);
    let own = own.env("WINDLASS_QUERY__DATABASE", &address).output().await;
    crate::program::Ran::of(own.unwrap()).refused(5, "has powers over its server");
}
