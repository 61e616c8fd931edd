//! A connection's own page, and what can be done with it.

mod change;
mod credentials;
mod filter;
mod lists;
mod live;
mod removal;
mod trial;
mod webhook;

use askama::Template;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use store::{Connection, ConnectionKind, FilterMode};

pub(super) use change::{pause, resume, sync};
pub(super) use credentials::{add_credential, new_credential, remove_credential, secret_of};
pub(super) use filter::{filter, set_filter};
pub(super) use lists::{deliveries, rejects, replay, stream};
pub(super) use live::progress;
pub(super) use removal::{confirm_removal, remove};
pub(super) use trial::{estimate, verify};
pub(super) use webhook::{register_webhook, remove_webhook, webhook, webhook_secret};

use super::connections::kind_name;
use super::segment;
use crate::access::Viewer;
use crate::layout::{Frame, Page, Section, page};
use crate::problem::Problem;
use crate::show::{Name, counted};
use crate::site::App;
use credentials::CredentialLine;
use live::{Live, Stored};

/// The connection that an address names.
pub(super) async fn find(app: &App, name: &str) -> Result<Connection, Problem> {
    let connection = app.db.connection(name).await?;
    connection.ok_or_else(|| {
        Problem::no_such(
            "There is no connection of this name. Somebody may have removed it.",
            "/connections",
            "Connections",
        )
    })
}

/// The address of a connection's page.
pub(super) fn address_of(connection: &Connection) -> String {
    format!("/connections/{}", segment(&connection.name))
}

/// An address of the API about a connection's workspace, fit for a shell between quotes.
fn api_address(connection: &Connection, before: &str, behind: &str) -> String {
    let base = connection.base_url.trim_end_matches('/');
    let base = crate::show::clean(base).replace('\'', "%27");
    format!("{base}/{before}/{}{behind}", segment(&connection.workspace))
}

#[derive(Template)]
#[template(path = "connection.html")]
struct ConnectionPage {
    frame: Frame,
    connection: Connection,
    address: String,
    may_change: bool,
    done: Option<&'static str>,
    live: Live,
    credentials: Vec<CredentialLine>,
    /// Requests by minute and allowance in the last hour: the minute, then a number for each.
    spent: Spent,
    rules: usize,
}

/// What was spent in the last hour.
#[derive(Default)]
pub(super) struct Spent {
    /// The labels of the credentials, those that share an allowance together.
    pub(super) allowances: Vec<String>,
    /// Five minutes to a line: when they began, and requests of each allowance.
    pub(super) lines: Vec<(model::Instant, Vec<i64>)>,
}

impl ConnectionPage {
    fn is_bitbucket(&self) -> bool {
        self.connection.kind == ConnectionKind::BitbucketCloud
    }

    /// Whether nothing of it was imported yet because nobody has said so.
    fn waits_for_a_start(&self) -> bool {
        let one = &self.connection;
        self.is_bitbucket() && one.paused_at.is_some() && one.last_synced_at.is_none()
    }

    /// An address of the API about the workspace, fit for a shell.
    fn api(&self, before: &str, behind: &str) -> String {
        api_address(&self.connection, before, behind)
    }

    fn kind(&self) -> &'static str {
        kind_name(self.connection.kind)
    }

    fn filter_words(&self) -> String {
        let rules = counted(i64::try_from(self.rules).unwrap_or(i64::MAX), "pattern");
        match self.connection.filter_mode {
            FilterMode::AllowAll => "All repositories are imported.".to_owned(),
            FilterMode::Allowlist => format!("Only repositories that fit {rules} are imported."),
            FilterMode::Denylist => {
                format!("Repositories that fit {rules} are left out, all others are imported.")
            }
        }
    }
}

#[derive(Deserialize)]
pub(super) struct ConnectionQuery {
    done: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
    Query(query): Query<ConnectionQuery>,
) -> Page {
    let connection = find(&app, &name).await?;
    let done = match query.done.as_deref() {
        Some("paused") => {
            Some("The connection is paused: nothing of it is imported until you resume it.")
        }
        Some("resumed") => Some("The connection is imported again, within seconds."),
        Some("started") => {
            Some("The import begins within seconds, and goes on from now on by itself.")
        }
        Some("sync") => Some("Everything is read anew within seconds."),
        Some("filter") => Some(
            "The filter is set. What was imported of repositories that are out stays until `windlass data delete` takes it away.",
        ),
        Some("credential") => Some("The credential works and is saved."),
        Some("credential-removed") => Some(
            "The credential is removed. The token itself lives on until you revoke it at Atlassian.",
        ),
        Some("webhook") => Some("The webhook is registered. Deliveries show below as they come."),
        Some("webhook-removed") => {
            Some("The webhook is deleted, and its secrets are not valid any more.")
        }
        _ => None,
    };
    let now = viewer.reader.now;
    let stored = Stored::count(&app, &connection).await?;
    let credentials = CredentialLine::all(&app, &connection, now).await?;
    page(&ConnectionPage {
        address: address_of(&connection),
        may_change: viewer.visitor.is_administrator(),
        done,
        live: Live::load(&app, &viewer.reader, &connection, &stored).await?,
        spent: spent(&app, &credentials, now).await?,
        rules: app.db.filter_rules(connection.id).await?.len(),
        frame: Frame::new(
            &viewer.reader,
            Some(Section::Connections),
            Name::of(&connection.name).plain(),
        ),
        credentials,
        connection,
    })
}

/// Five minutes, in seconds.
const STEP: i64 = 300;

async fn spent(
    app: &App,
    credentials: &[CredentialLine],
    now: model::Instant,
) -> Result<Spent, Problem> {
    let window = app.settings.limit.window_seconds.max(STEP);
    let steps = window / STEP;
    let first = now.micros().div_euclid(1_000_000) / STEP - steps + 1;
    let rows = app.db.spent_since(now.plus_seconds(-window)).await?;
    let mut allowances: Vec<&str> = credentials
        .iter()
        .map(|one| one.allowance.as_str())
        .collect();
    allowances.sort_unstable();
    allowances.dedup();
    let lines = (0..steps).map(|step| {
        let began = model::Instant::from_seconds((first + step) * STEP);
        let until = began.plus_seconds(STEP);
        let of = |allowance: &&str| {
            rows.iter()
                .filter(|row| row.allowance == **allowance)
                .filter(|row| row.minute >= began && row.minute < until)
                .map(|row| row.requests)
                .sum()
        };
        (began, allowances.iter().map(of).collect())
    });
    let labels = allowances.iter().map(|allowance| {
        let same: Vec<String> = credentials
            .iter()
            .filter(|one| one.allowance == *allowance)
            .map(|one| Name::of(&one.label).plain())
            .collect();
        same.join(", ")
    });
    Ok(Spent {
        lines: lines.collect(),
        allowances: labels.collect(),
    })
}
