//! The pages, as people meet them in a browser.

use emulator::Credential;

use crate::browser::{Browser, PLAIN, TELEPHONE, USUAL};
use crate::program::{Program, TOKEN, with_pulls};
use crate::serve::Serving;

pub(crate) const NAME: &str = "acme-rockets";
const PASSWORD: &str = "a sentence nobody says";

/// The path of the link that the program has printed.
fn link(serving: &Serving) -> String {
    let line = serving.said.lines().find(|line| line.contains("/setup/"));
    let line = line.unwrap_or_else(|| panic!("no link: {}", serving.said));
    format!("/setup/{}", line.split_once("/setup/").unwrap().1)
}

async fn choose_password(browser: &Browser) {
    browser.fill("#password", PASSWORD).await;
    browser.fill("#repeated", PASSWORD).await;
}

/// Becomes the administrator ada by the link that the program has printed.
pub(crate) async fn become_administrator(browser: &Browser, serving: &Serving) {
    browser.open(&link(serving)).await;
    browser.fill("#name", "ada").await;
    choose_password(browser).await;
    browser.press("Make the administrator").await;
}

/// Invites vic, who may look; the result is vic's browser, signed in.
pub(crate) async fn invite(browser: &Browser, serving: &Serving) -> Browser {
    browser.open("/settings/logins").await;
    browser.fill("#name", "vic").await;
    browser.press("Make a link for them").await;
    let invitation = browser.find("#link").await.text().await.unwrap();
    let viewer = Browser::start(&serving.address, USUAL).await;
    viewer.open(&invitation).await;
    choose_password(&viewer).await;
    viewer.press("Set the password").await;
    viewer.until("What is stored").await;
    viewer
}

pub(crate) async fn sign_in(browser: &Browser, name: &str) {
    browser.open("/sign-in").await;
    browser.fill("#name", name).await;
    browser.fill("#password", PASSWORD).await;
    browser.press("Sign in").await;
    browser.until("What is stored").await;
}

/// The addresses of all pages with a connection.
const PAGES: [&str; 40] = [
    "/",
    "/reports",
    "/reports/definitions",
    "/reports/pull-requests",
    "/pull-requests",
    "/connections",
    "/connections/add",
    "/connections/add/bitbucket",
    "/connections/add/jira",
    "/connections/acme-rockets",
    "/connections/acme-rockets/streams/pull_requests",
    "/connections/acme-rockets/rejects",
    "/connections/acme-rockets/deliveries",
    "/connections/acme-rockets/filter",
    "/connections/acme-rockets/webhook",
    "/connections/acme-rockets/credentials/add",
    "/connections/acme-rockets/remove",
    "/schema",
    "/schema/bitbucket_repositories",
    "/schema?q=merge",
    "/sql",
    "/sql/history",
    "/sql/ready/pull-requests-of-repositories",
    "/settings",
    "/settings/logins",
    "/settings/tokens",
    "/settings/audit",
    "/account",
    "/repositories",
    "/pipelines",
    "/pipelines/steps",
    "/deployments",
    "/people",
    "/people/unmatched",
    "/teams",
    "/teams/import",
    "/settings/working-hours",
    "/settings/bots",
    "/settings/rules",
    "/nowhere",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_walks_from_the_first_link_to_the_first_delivery() {
    let (program, emulator) = (Program::new(), with_pulls(60).await);
    let able = Credential::workspace_access_token(TOKEN)
        .with_scope("webhook")
        .with_scope("project");
    emulator.set_credentials(vec![able]);
    let serving = Serving::start(&program, &[]).await;
    let browser = Browser::start(&serving.address, USUAL).await;

    // The way in.
    browser.open("/").await;
    assert_eq!(browser.path().await, "/sign-in");
    browser.until("Nobody can sign in yet").await;
    browser.is_accessible().await;
    browser.open(&link(&serving)).await;
    browser.is_accessible().await;
    browser.fill("#name", "Ada").await;
    choose_password(&browser).await;
    browser.picture("1-set-up").await;
    browser.press("Make the administrator").await;
    browser.until("Nothing is connected yet").await;
    browser.is_accessible().await;
    browser.picture("2-nothing-yet").await;

    // A connection with a wrong token, and what to do about it.
    browser.press("Add a connection").await;
    browser.is_accessible().await;
    browser.open("/connections/add/bitbucket").await;
    browser
        .fill("#target", "https://bitbucket.org/acme-rockets/")
        .await;
    browser.fill("#token", "a-wrong-token").await;
    browser.picture("3-connect").await;
    browser
        .press("More: last day, name, address of the API")
        .await;
    browser.fill("#base_url", &emulator.base_url()).await;
    browser.press("Try it out and save").await;
    browser.until("invalid_credentials").await;
    browser.until("nothing was saved").await;
    browser.is_accessible().await;
    browser.picture("4-wrong-token").await;

    // A right one; the rest of the form is still there.
    browser.fill("#token", TOKEN).await;
    browser.press("Try it out and save").await;
    browser.until("Nothing is read yet").await;
    assert_eq!(browser.path().await, "/connections/acme-rockets");
    browser.is_accessible().await;
    browser.picture("5-before-the-import").await;
    browser.press("Estimate the cost").await;
    browser.until("requests for 4 repositories").await;
    browser.is_accessible().await;
    browser.picture("6-estimate").await;
    browser.press("Start the import").await;
    browser.until("last imported").await;
    browser.until("pull_requests").await;
    browser.is_accessible().await;
    browser.picture("7-imported").await;

    // A webhook, and what it brings.
    browser.press("Set up a webhook").await;
    browser
        .fill("#url", &format!("http://{}", serving.address))
        .await;
    browser.picture("8-webhook").await;
    browser.press("Register").await;
    browser.until("The webhook is registered").await;
    let slug = emulator.world().repositories()[0].slug.clone();
    emulator.world().open_pull_request(&slug, "marta").unwrap();
    browser.until("pullrequest:created").await;
    browser.until("applied").await;
    browser.picture("9-delivered").await;
    browser.press("All deliveries").await;
    browser.press("Replay").await;
    browser.until("applied once more").await;

    // A filter, with what would come of it.
    browser.open("/connections/acme-rockets/filter").await;
    browser
        .find("input[value=denylist]")
        .await
        .click()
        .await
        .unwrap();
    browser
        .fill("#repositories", &format!("{slug}\nnothing-such"))
        .await;
    browser.press("Preview").await;
    browser.until("3 repositories in, 1 repository out").await;
    browser.until("nothing-such fits nothing").await;
    browser.is_accessible().await;
    browser.picture("10-filter").await;
    browser.press("Save").await;
    browser.until("The filter is set").await;

    browser.press("Sign out").await;
    browser.until("You are signed out").await;
    browser.open("/connections").await;
    assert_eq!(browser.path().await, "/sign-in");
    sign_in(&browser, "ada").await;
    for page in PAGES {
        browser.open(page).await;
        browser.is_accessible().await;
        browser.fits().await;
    }

    // Somebody who may look.
    let viewer = invite(&browser, &serving).await;
    viewer.open("/connections/acme-rockets").await;
    let text = viewer.text().await;
    assert!(
        text.contains("Streams") && !text.contains("Pause"),
        "{text}"
    );
    for button in [
        "form[action*=connections]",
        "a[href$='/filter']",
        "a[href='/settings']",
    ] {
        assert!(!viewer.has(button).await, "{button}");
    }
    viewer.is_accessible().await;
    viewer.open("/settings/logins").await;
    assert!(viewer.text().await.contains("This is for administrators"));
    viewer.close().await;

    // On a telephone, in the dark.
    let telephone = Browser::start(&serving.address, TELEPHONE).await;
    sign_in(&telephone, "ada").await;
    for page in PAGES {
        telephone.open(page).await;
        telephone.fits().await;
        telephone.is_accessible().await;
        if let Some(name) = page.split('/').next_back().filter(|name| !name.is_empty()) {
            telephone.picture(&format!("narrow-{name}")).await;
        }
    }
    telephone.close().await;
    browser.close().await;
    let (code, said) = serving.stop().await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_works_without_scripts() {
    let (program, emulator) = (Program::new(), with_pulls(60).await);
    let serving = Serving::start(&program, &[]).await;
    let browser = Browser::start(&serving.address, PLAIN).await;
    become_administrator(&browser, &serving).await;
    browser.until("Nothing is connected yet").await;
    browser.open("/connections/add/bitbucket").await;
    browser.fill("#target", NAME).await;
    browser.fill("#token", TOKEN).await;
    browser
        .press("More: last day, name, address of the API")
        .await;
    browser.fill("#base_url", &emulator.base_url()).await;
    browser.press("Try it out and save").await;
    browser.press("Start the import").await;
    browser.until("begins within seconds").await;
    browser.open("/connections/acme-rockets").await;
    browser.until_loaded_anew("last imported").await;
    browser.until("Load it anew").await;
    browser.press("Pause").await;
    browser.until("The connection is paused").await;
    browser.press("Resume").await;
    browser.press("Dark colours").await;
    browser.find("html[data-theme=dark]").await;
    for page in PAGES {
        browser.open(page).await;
        assert!(browser.has("main h1").await, "{page}");
    }
    browser.picture("plain-nowhere").await;
    browser.press("Sign out").await;
    browser.until("You are signed out").await;
    browser.close().await;
    let (code, said) = serving.stop().await;
    assert_eq!(code, Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_reached_by_keyboard_and_times_are_the_readers() {
    let (program, emulator) = (Program::new(), with_pulls(60).await);
    program.add(&emulator, &[]).await.succeeded();
    program.run(&["import", NAME]).await.succeeded();
    let serving = Serving::start(&program, &[]).await;
    let browser = Browser::start(&serving.address, USUAL).await;
    browser.open(&link(&serving)).await;
    browser.fill("#name", "ada").await;
    browser.fill("#password", PASSWORD).await;
    // Enter sends a form.
    browser
        .fill("#repeated", &format!("{PASSWORD}\u{e007}"))
        .await;
    browser.until("What is stored").await;
    // Each element that can be pressed is reached by Tab, and seen to be reached.
    browser.open("/connections/acme-rockets").await;
    let pressable = "a[href], button, input:not([type=hidden]), select, textarea, summary";
    let script = format!(
        "return [...document.querySelectorAll(\"{pressable}\")]
            .filter((one) => one.checkVisibility({{visibilityProperty: true}}) && !one.hidden)
            .filter((one) => {{ one.focus(); return document.activeElement !== one || one.tabIndex < 0; }})
            .map((one) => one.outerHTML)"
    );
    assert_eq!(browser.run(&script).await, serde_json::json!([]));
    browser.open("/connections/acme-rockets").await;
    browser.tab().await;
    let focused = "return [document.activeElement.textContent,
        getComputedStyle(document.activeElement).outlineStyle]";
    assert_eq!(
        browser.run(focused).await,
        serde_json::json!(["Skip to the content", "solid"])
    );
    // The page says when it was in Berlin; exactly, and in UTC, to whoever points at it.
    // Read at once: what is live may be drawn anew between one question and the next.
    let time = "const time = document.querySelector('#live time');
        return time && [time.dateTime, time.textContent.trim(), time.title]";
    let time = browser.until_run(time, |time| !time.is_null()).await;
    let zone: chrono_tz::Tz = "Europe/Berlin".parse().unwrap();
    let told: model::Instant = time[0].as_str().unwrap().parse().unwrap();
    let here = told.to_chrono().with_timezone(&zone);
    let here = here.format("%H:%M").to_string();
    assert!(time[1].as_str().unwrap().ends_with(&here), "{time}");
    assert!(time[2].as_str().unwrap().ends_with("UTC"), "{time}");
    browser.close().await;
    serving.kill().await;
}
