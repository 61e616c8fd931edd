//! A browser without a screen, driven as a person would drive it.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How often a browser looks whether something is there, and how many times.
const LOOK: Duration = Duration::from_millis(100);
const LOOKS: usize = 600;

/// How a browser is set up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// The width of its window in pixels.
    pub(crate) width: u32,
    /// Whether the system prefers dark colours.
    pub(crate) dark: bool,
    /// Whether scripts run.
    pub(crate) scripts: bool,
}

/// A wide window with scripts, in the light.
pub(crate) const USUAL: Look = Look {
    width: 1_200,
    dark: false,
    scripts: true,
};

/// The same without scripts.
pub(crate) const PLAIN: Look = Look {
    scripts: false,
    ..USUAL
};

/// A telephone in the dark.
pub(crate) const TELEPHONE: Look = Look {
    width: 360,
    dark: true,
    scripts: true,
};

/// A browser, and what drives it.
pub(crate) struct Browser {
    client: Client,
    driver: Child,
    base: String,
    look: Look,
}

impl Browser {
    /// A new browser that has seen nothing, for the pages at an address.
    pub(crate) async fn start(address: &str, look: Look) -> Self {
        let Ok(program) = std::env::var("WINDLASS_TEST_CHROMEDRIVER") else {
            panic!("no browser to test with: run the tests with scripts/test, which installs one")
        };
        let mut driver = Command::new(program)
            .arg("--port=0")
            // Its times are to be told from UTC.
            .env("TZ", "Europe/Berlin")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = loop {
            let line = lines.next_line().await.unwrap().expect("the driver ended");
            if let Some((_, rest)) = line.split_once("started successfully on port ") {
                break rest.trim_end_matches('.').to_owned();
            }
        };
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(look))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap();
        Self {
            client,
            driver,
            base: format!("http://{address}"),
            look,
        }
    }

    pub(crate) async fn open(&self, path: &str) {
        let url = format!("{}{path}", self.base);
        self.client.goto(&url).await.unwrap();
    }

    /// The path of the page that is shown, without what it was asked.
    pub(crate) async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    /// What a person reads on the page.
    pub(crate) async fn text(&self) -> String {
        self.find("body").await.text().await.unwrap()
    }

    /// The same, if the page stays long enough.
    async fn shown(&self) -> Option<String> {
        let body = self.client.find(Locator::Css("body")).await.ok()?;
        body.text().await.ok()
    }

    /// Goes on to the next element that takes keys.
    pub(crate) async fn tab(&self) {
        let value = '\u{e004}';
        let keys = KeyActions::new("keyboard".to_owned())
            .then(KeyAction::Down { value })
            .then(KeyAction::Up { value });
        self.client.perform_actions(keys).await.unwrap();
    }

    /// Presses keys, one after the other.
    pub(crate) async fn keys(&self, text: &str) {
        let mut keys = KeyActions::new("keyboard".to_owned());
        for value in text.chars() {
            keys = keys
                .then(KeyAction::Down { value })
                .then(KeyAction::Up { value });
        }
        self.client.perform_actions(keys).await.unwrap();
    }

    /// What a script comes to once that is as it should be, for which it waits at most a minute.
    pub(crate) async fn until_run(&self, script: &str, is_right: impl Fn(&Value) -> bool) -> Value {
        let mut interval = tokio::time::interval(LOOK);
        let mut found = Value::Null;
        for _ in 0..LOOKS {
            interval.tick().await;
            found = self.run(script).await;
            if is_right(&found) {
                return found;
            }
        }
        panic!("not within a minute: {script}: {found}")
    }

    /// An element, once the page has it.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let mut interval = tokio::time::interval(LOOK);
        for _ in 0..LOOKS {
            interval.tick().await;
            if let Ok(element) = self.client.find(Locator::Css(css)).await {
                return element;
            }
        }
        panic!("no {css} within a minute: {:?}", self.shown().await)
    }

    /// Whether there is such an element.
    pub(crate) async fn has(&self, css: &str) -> bool {
        let found = self.client.find_all(Locator::Css(css)).await;
        !found.unwrap().is_empty()
    }

    /// Writes into a field in place of what it holds.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses a button or follows a link by what is written on it, once the page has it.
    pub(crate) async fn press(&self, label: &str) {
        let path = format!(
            "//button[normalize-space(.)='{label}'] | //a[normalize-space(.)='{label}'] | //summary[normalize-space(.)='{label}']"
        );
        let mut interval = tokio::time::interval(LOOK);
        for _ in 0..LOOKS {
            interval.tick().await;
            // A page that is on its way may take the element with it.
            if let Ok(element) = self.client.find(Locator::XPath(&path)).await
                && element.click().await.is_ok()
            {
                return;
            }
        }
        panic!("no {label} within a minute: {}", self.text().await)
    }

    /// Waits until the page says something, for at most a minute.
    pub(crate) async fn until(&self, part: &str) {
        self.wait_for(part, false).await;
    }

    /// The same as [`Self::until`], loading the page anew again and again.
    pub(crate) async fn until_loaded_anew(&self, part: &str) {
        self.wait_for(part, true).await;
    }

    async fn wait_for(&self, part: &str, anew: bool) {
        let mut interval = tokio::time::interval(LOOK);
        for _ in 0..LOOKS {
            interval.tick().await;
            // A page that is on its way has no text yet.
            if self.shown().await.is_some_and(|text| text.contains(part)) {
                return;
            }
            if anew {
                self.client.refresh().await.unwrap();
            }
        }
        panic!("not within a minute: {part}: {}", self.text().await)
    }

    /// What a script comes to on the page.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// The same of a script that calls back when it is done.
    pub(crate) async fn run_later(&self, script: &str) -> Value {
        self.client.execute_async(script, Vec::new()).await.unwrap()
    }

    /// The whole address of the page that is shown.
    pub(crate) async fn address(&self) -> String {
        self.client.current_url().await.unwrap().to_string()
    }

    /// No part of the page is wider than the window.
    pub(crate) async fn fits(&self) {
        let script = "return [document.documentElement.scrollWidth, window.innerWidth]";
        let widths = self.run(script).await;
        assert!(
            widths[0].as_u64() <= widths[1].as_u64(),
            "{} is {} wide in {}",
            self.path().await,
            widths[0],
            widths[1]
        );
    }

    /// Nothing on the page keeps anybody out, as far as axe-core can tell.
    pub(crate) async fn is_accessible(&self) {
        let Ok(file) = std::env::var("WINDLASS_TEST_AXE") else {
            panic!("no axe-core to test with: run the tests with scripts/test, which installs it")
        };
        let axe = std::fs::read_to_string(file).unwrap();
        self.run(&format!("{axe}\nwindow.axe = axe;")).await;
        let script = "const done = arguments[0];
            axe.run(document, {resultTypes: ['violations']}).then(
                (found) => done(found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))
                    .map((one) => [one.id, one.help, one.nodes.map((node) => node.html + ' ' + node.failureSummary)])),
                (error) => done([String(error)]))";
        let found = self.client.execute_async(script, Vec::new()).await.unwrap();
        assert_eq!(found, json!([]), "{} {found:#}", self.path().await);
    }

    /// Keeps a picture of the page, as high as it is, where somebody wants them.
    pub(crate) async fn picture(&self, name: &str) {
        let Ok(folder) = std::env::var("WINDLASS_TEST_PICTURES") else {
            return;
        };
        let script = "return document.documentElement.scrollHeight + outerHeight - innerHeight";
        let height = self.run(script).await.as_u64().unwrap();
        let height = u32::try_from(height).unwrap().clamp(500, 3_000);
        if self.look.width >= 500 {
            self.client
                .set_window_size(self.look.width, height)
                .await
                .unwrap();
        }
        let png = self.client.screenshot().await.unwrap();
        std::fs::write(PathBuf::from(folder).join(format!("{name}.png")), png).unwrap();
        if self.look.width >= 500 {
            self.client
                .set_window_size(self.look.width, 800)
                .await
                .unwrap();
        }
    }

    pub(crate) async fn close(mut self) {
        self.client.close().await.unwrap();
        self.driver.kill().await.unwrap();
    }
}

fn capabilities(look: Look) -> serde_json::Map<String, Value> {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--hide-scrollbars".to_owned(),
        "--lang=en".to_owned(),
        format!("--window-size={},800", look.width),
    ];
    if look.dark {
        arguments.push("--blink-settings=preferredColorScheme=0".to_owned());
    }
    let mut options = json!({"args": arguments});
    if !look.scripts {
        options["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
    }
    if look.width < 500 {
        // No window is that narrow; a telephone is.
        options["mobileEmulation"] =
            json!({"deviceMetrics": {"width": look.width, "height": 1_400, "pixelRatio": 1.0}});
    }
    let capabilities = json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "unhandledPromptBehavior": "accept",
    });
    capabilities.as_object().unwrap().clone()
}
