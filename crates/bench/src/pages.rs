//! How long pages take and how large they are: over a large workspace on both engines, and over the
//! demo's. The pages are found by following links, so that a new one cannot be left out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use anyhow::{Context, bail, ensure};
use reqwest::header::{CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Client, StatusCode};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use url::Url;

use crate::child;
use crate::http;
use crate::postgres::Scratch;
use crate::reports::{Only, Stock, median, pack, prepare};

/// What is to be measured.
pub(crate) struct Order {
    /// The program.
    pub(crate) windlass: PathBuf,
    /// Where large files may be.
    pub(crate) scratch: PathBuf,
    /// The only engine; both without it.
    pub(crate) only: Option<Only>,
    /// How many pull requests.
    pub(crate) pulls: u64,
    /// How often each page is asked for.
    pub(crate) runs: usize,
}

/// What a page took.
struct Taken {
    /// The median, in milliseconds.
    millis: f64,
    bytes: usize,
}

/// Pages of one kind have one shape, and the first that is met stands for them.
type Pages = BTreeMap<String, Taken>;

/// The most milliseconds over the demo's workspace and over the large one, and the most bytes.
const AIMS: (f64, f64, usize) = (100.0, 300.0, 300_000);

/// Not for reading: what ends the session, and what is no page.
const LEFT_OUT: [&str; 4] = ["/sign-out", "/assets/", "/healthz", "/readyz"];

/// Measures everything and prints a table.
pub(crate) async fn measure(order: &Order) -> anyhow::Result<()> {
    let folder = tempfile::Builder::new()
        .prefix("bench-pages.")
        .tempdir_in(&order.scratch)?;
    let path = std::path::absolute(folder.path())?;

    let small = path.join("demo");
    std::fs::create_dir(&small)?;
    let demo = Serving::start(order, &["demo", "--listen", "127.0.0.1:0"], None, &small).await?;
    let of_demo = demo.pages(order.runs).await?;
    demo.stop().await?;
    eprintln!("demo: {} pages", of_demo.len());

    let stock = Stock::new(order.pulls)?;
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let mut in_sqlite = Pages::new();
    if order.only != Some(Only::Postgresql) {
        let large = path.join("large");
        std::fs::create_dir(&large)?;
        let file = large.join("windlass.db");
        std::fs::File::create(&file)?;
        let address = format!("sqlite://{}", file.display());
        prepare(&order.windlass, &address, &large)?;
        stock.fill_sqlite(&file).await?;
        pack(&order.windlass, &address, &large)?;
        let serving = Serving::start(order, &serve, Some(&address), &large).await?;
        in_sqlite = serving.pages(order.runs).await?;
        serving.stop().await?;
        eprintln!("SQLite: {} pages", in_sqlite.len());
    }
    let mut in_postgres = Pages::new();
    if order.only != Some(Only::Sqlite)
        && let Ok(server) = std::env::var("WINDLASS_TEST_POSTGRES")
    {
        let scratch = Scratch::create(&server).await?;
        let other = path.join("other");
        std::fs::create_dir(&other)?;
        prepare(&order.windlass, scratch.address(), &other)?;
        stock.fill_postgres(scratch.address()).await?;
        pack(&order.windlass, scratch.address(), &other)?;
        let serving = Serving::start(order, &serve, Some(scratch.address()), &other).await?;
        in_postgres = serving.pages(order.runs).await?;
        serving.stop().await?;
        scratch.drop().await?;
    }
    print(&of_demo, &in_sqlite, &in_postgres);
    Ok(())
}

/// The program that serves, and a session with it.
struct Serving {
    child: Child,
    client: Client,
    base: Url,
    cookie: Option<String>,
}

impl Serving {
    async fn start(
        order: &Order,
        arguments: &[&str],
        database: Option<&str>,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let mut command = Command::from(child::bare(&order.windlass));
        command
            .args(arguments)
            .args(
                database
                    .map(|address| ["--database", address])
                    .into_iter()
                    .flatten(),
            )
            .current_dir(folder)
            .env("WINDLASS_DATA_DIR", folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        let said = child.stderr.take().context("a program that says nothing")?;
        let mut lines = BufReader::new(said).lines();
        let (mut base, mut link) = (None, None);
        // The demo needs no link.
        while base.is_none() || (database.is_some() && link.is_none()) {
            let line = lines.next_line().await?.context("the program ended")?;
            let Some((_, rest)) = line.split_once("http://127.0.0.1:") else {
                continue;
            };
            let written = rest.split_whitespace().next().unwrap_or_default();
            let url = Url::parse(&format!("http://127.0.0.1:{written}"))?;
            if url.path().starts_with("/setup/") {
                link = Some(url);
            } else if line.starts_with("Listening") || database.is_none() {
                base = Some(url);
            }
        }
        // Whoever is not read is stopped by a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let mut serving = Self {
            child,
            client: http::client()?,
            base: base.context("no address")?,
            cookie: None,
        };
        if let Some(link) = link {
            serving.set_up(link).await?;
        }
        Ok(serving)
    }

    /// Makes an administrator and keeps the session.
    async fn set_up(&mut self, link: Url) -> anyhow::Result<()> {
        let form = "name=bench&password=a+long+sentence&repeated=a+long+sentence";
        let answer = self
            .client
            .post(link)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ORIGIN, self.base.origin().ascii_serialization())
            .body(form)
            .send()
            .await?;
        ensure!(
            answer.status() == StatusCode::SEE_OTHER,
            "the set-up answered {}",
            answer.status()
        );
        let cookie = answer.headers().get(SET_COOKIE).context("no session")?;
        let cookie = cookie.to_str()?.split(';').next().unwrap_or_default();
        self.cookie = Some(cookie.to_owned());
        Ok(())
    }

    async fn get(&self, address: &str) -> anyhow::Result<Option<(f64, String)>> {
        let mut request = self.client.get(self.base.join(address)?);
        if let Some(cookie) = &self.cookie {
            request = request.header(COOKIE, cookie);
        }
        let began = Instant::now();
        let answer = request.send().await?;
        let status = answer.status();
        let is_page = answer
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
        if status.is_redirection() || !is_page {
            return Ok(None);
        }
        let body = answer.text().await?;
        let millis = began.elapsed().as_secs_f64() * 1_000.0;
        if status != StatusCode::OK {
            bail!("{address} answered {status}");
        }
        Ok(Some((millis, body)))
    }

    /// Follows links from the first page on, and measures one page of each shape.
    async fn pages(&self, runs: usize) -> anyhow::Result<Pages> {
        let mut pages = Pages::new();
        let mut met = BTreeSet::from(["/".to_owned()]);
        let mut next = VecDeque::from(["/".to_owned()]);
        while let Some(address) = next.pop_front() {
            // The first one is to warm up.
            let Some((_, body)) = self.get(&address).await? else {
                continue;
            };
            let mut times = Vec::new();
            for _ in 0..runs {
                if let Some((millis, _)) = self.get(&address).await? {
                    times.push(millis);
                }
            }
            for link in links(&body) {
                if met.insert(shape(&link)) {
                    next.push_back(link);
                }
            }
            let taken = Taken {
                millis: median(&mut times),
                bytes: body.len(),
            };
            pages.insert(shape(&address), taken);
        }
        Ok(pages)
    }

    async fn stop(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}

/// The addresses of this site that a page links to.
fn links(body: &str) -> Vec<String> {
    let mut links = Vec::new();
    for part in body.split("href=\"").skip(1) {
        let address = part.split('"').next().unwrap_or_default();
        let address = address.split('#').next().unwrap_or_default();
        let address = address.replace("&amp;", "&").replace("&#38;", "&");
        let is_ours = address.starts_with('/') && !address.starts_with("//");
        if is_ours && !LEFT_OUT.iter().any(|other| address.starts_with(other)) {
            links.push(address);
        }
    }
    links
}

/// An address without what tells pages of one kind apart: numbers and names in the path, and the
/// values of the query.
fn shape(address: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let mut parts = path.split('/').skip(1);
    let section = parts.next().unwrap_or_default();
    let mut shape = format!("/{section}");
    for (number, part) in parts.enumerate() {
        let is_named =
            matches!(section, "repositories" | "schema" | "teams" | "connections") && number == 0;
        let is_number = part.chars().any(|letter| letter.is_ascii_digit());
        let in_repositories = section == "repositories" && number == 1;
        shape.push('/');
        shape.push_str(if is_named || is_number || in_repositories {
            "…"
        } else {
            part
        });
    }
    let keys: BTreeSet<&str> = query
        .split('&')
        .filter_map(|pair| pair.split('=').next())
        .filter(|key| !key.is_empty())
        .collect();
    if !keys.is_empty() {
        shape.push('?');
        shape.push_str(&keys.into_iter().collect::<Vec<_>>().join("&"));
    }
    shape
}

fn print(demo: &Pages, sqlite: &Pages, postgres: &Pages) {
    let (small, large, most) = AIMS;
    let shapes: BTreeSet<&String> = demo
        .keys()
        .chain(sqlite.keys())
        .chain(postgres.keys())
        .collect();
    println!("| page | demo ms | SQLite ms | PostgreSQL ms | most KB | |");
    println!("|---|---|---|---|---|---|");
    let mut missed = 0;
    for shape in shapes {
        let found = [demo.get(shape), sqlite.get(shape), postgres.get(shape)];
        let bytes = found
            .iter()
            .flatten()
            .map(|page| page.bytes)
            .max()
            .unwrap_or(0);
        let is_met = found
            .iter()
            .zip([small, large, large])
            .all(|(page, aim)| page.is_none_or(|page| page.millis <= aim))
            && bytes <= most;
        missed += usize::from(!is_met);
        let [demo, sqlite, postgres] = found
            .map(|page| page.map_or_else(|| "-".to_owned(), |page| format!("{:.1}", page.millis)));
        println!(
            "| `{shape}` | {demo} | {sqlite} | {postgres} | {:.0} | {} |",
            bytes as f64 / 1_000.0,
            if is_met { "met" } else { "missed" }
        );
    }
    println!();
    println!(
        "{missed} missed: {small} ms with the demo's workspace, {large} ms with the large one, {most} bytes"
    );
}
