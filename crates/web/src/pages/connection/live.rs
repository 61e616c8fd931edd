//! What changes while one looks: how far an import is, what was delivered.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use model::{Id, Instant};
use store::{
    Connection, ConnectionKind, DeliveryFilter, InboxState, RunRecord, Running, StoredDelivery,
    StreamShare, StreamState, WebhookHook,
};

use super::{address_of, find};
use crate::access::{Reader, Viewer};
use crate::pages::connections::{Standing, percent, state_of};
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

/// How often it is looked whether something has changed, in seconds.
const LOOK_SECONDS: i64 = 1;

/// How often it is counted what is stored, in seconds.
const COUNT_SECONDS: i64 = 10;

/// How many runs and deliveries are shown.
const SHOWN: i64 = 5;

/// A stream of all repositories together.
pub(super) struct StreamLine {
    pub(super) name: String,
    pub(super) total: usize,
    pub(super) complete: usize,
    pub(super) failed: usize,
    pub(super) unavailable: usize,
    /// As of when all of it is stored, the oldest of all repositories.
    pub(super) as_of: Option<Instant>,
    pub(super) stored: Option<i64>,
    /// How far the run is that is under way.
    pub(super) share: Option<StreamShare>,
}

impl StreamLine {
    fn percent(&self) -> Option<u8> {
        self.share
            .as_ref()
            .filter(|share| !share.ended)
            .map(|share| percent(share.fraction))
    }
}

/// How many rows of each stream are stored. Counting takes a while where there are many.
pub(super) struct Stored {
    rows: HashMap<String, i64>,
    counted_at: Instant,
}

impl Stored {
    pub(super) async fn count(app: &App, connection: &Connection) -> Result<Self, Problem> {
        let counted_at = app.now();
        let mut rows: HashMap<String, i64> = HashMap::new();
        if let Some(workspace) = app.db.workspace(&connection.workspace).await? {
            for holding in app.db.holdings(workspace).await? {
                *rows.entry(holding.stream).or_default() += holding.rows;
            }
        }
        Ok(Self { rows, counted_at })
    }
}

/// The part of the page that is sent anew when it changes.
#[derive(Template)]
#[template(path = "connection_live.html")]
pub(super) struct Live {
    reader: Reader,
    address: String,
    standing: Standing,
    connection: Connection,
    running: Option<Running>,
    streams: Vec<StreamLine>,
    runs: Vec<RunRecord>,
    hook: Option<WebhookHook>,
    inbox: InboxState,
    deliveries: Vec<StoredDelivery>,
    rejects: i64,
    may_change: bool,
}

impl askama::filters::HtmlSafe for Live {}

impl Live {
    pub(super) async fn load(
        app: &App,
        reader: &Reader,
        connection: &Connection,
        stored: &Stored,
    ) -> Result<Self, Problem> {
        let (db, id) = (&app.db, connection.id);
        let running = db.running(id, app.now()).await?;
        let filter = DeliveryFilter {
            connection: Some(id),
            limit: SHOWN,
            ..DeliveryFilter::default()
        };
        let is_bitbucket = connection.kind == ConnectionKind::BitbucketCloud;
        Ok(Self {
            reader: reader.clone(),
            address: address_of(connection),
            standing: state_of(connection, running.is_some()),
            streams: streams(app, connection, running.as_ref(), stored).await?,
            runs: db.runs(id, SHOWN).await?,
            hook: db.webhook_hook(id).await?,
            inbox: db.inbox_state(id).await?,
            deliveries: db.deliveries(&filter).await?,
            rejects: if is_bitbucket {
                db.count_rejects_of(&connection.workspace).await?
            } else {
                0
            },
            may_change: reader.is_administrator(),
            connection: connection.clone(),
            running,
        })
    }

    fn is_bitbucket(&self) -> bool {
        self.connection.kind == ConnectionKind::BitbucketCloud
    }

    fn percent(&self) -> u8 {
        self.running
            .as_ref()
            .map_or(0, |running| percent(running.fraction))
    }

    fn has_runs(&self) -> bool {
        !self.runs.is_empty()
    }
}

/// The streams of a connection, those of all repositories together.
async fn streams(
    app: &App,
    connection: &Connection,
    running: Option<&Running>,
    stored: &Stored,
) -> Result<Vec<StreamLine>, Problem> {
    let mut there: Option<Vec<Id>> = None;
    if let Some(workspace) = app.db.workspace(&connection.workspace).await? {
        let repositories = app.db.repositories(workspace).await?;
        let mut ids: Vec<Id> = repositories.into_iter().map(|one| one.id).collect();
        ids.sort_unstable();
        there = Some(ids);
    }
    let mut lines: BTreeMap<String, StreamLine> = BTreeMap::new();
    for stream in app.db.streams(connection.id).await? {
        // What belongs to a repository that is gone is neither fresh nor old.
        let is_there = |id: Id| {
            there
                .as_ref()
                .is_none_or(|ids| ids.binary_search(&id).is_ok())
        };
        if !stream.repository_id.is_none_or(is_there) {
            continue;
        }
        let line = lines
            .entry(stream.stream.clone())
            .or_insert_with(|| StreamLine {
                stored: stored.rows.get(&stream.stream).copied(),
                share: running.and_then(|running| {
                    let mut shares = running.streams.iter();
                    shares.find(|share| share.stream == stream.stream).cloned()
                }),
                name: stream.stream.clone(),
                total: 0,
                complete: 0,
                failed: 0,
                unavailable: 0,
                as_of: None,
            });
        line.total += 1;
        match stream.state {
            StreamState::Unavailable => line.unavailable += 1,
            StreamState::Failed => line.failed += 1,
            StreamState::Due | StreamState::Running | StreamState::Complete => {}
        }
        if stream.state == StreamState::Unavailable {
            continue;
        }
        if let Some(at) = stream.known_as_of() {
            line.complete += 1;
            line.as_of = Some(line.as_of.map_or(at, |oldest| oldest.min(at)));
        }
    }
    Ok(lines.into_values().collect())
}

/// `GET /connections/{name}/progress`: the live part, again whenever it has changed.
pub(in crate::pages) async fn progress(
    State(app): State<App>,
    viewer: Viewer,
    Path(name): Path<String>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    find(&app, &name).await?;
    let watch = Watch {
        app,
        reader: viewer.reader,
        name,
        stored: None,
        last: String::new(),
        is_over: false,
    };
    let events = stream::unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok(event), watch))
    });
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(events).keep_alive(keep_alive))
}

/// Somebody who watches a connection.
struct Watch {
    app: App,
    reader: Reader,
    name: String,
    stored: Option<Stored>,
    last: String,
    is_over: bool,
}

impl Watch {
    /// Waits for the next change; nothing when it is time to stop.
    async fn next(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        loop {
            if !self.last.is_empty() && !self.pause().await {
                return None;
            }
            let Ok(text) = self.render().await else {
                // Whoever watches is told once, and asks again by itself.
                self.is_over = true;
                return Some(Event::default().event("gone").data("reload"));
            };
            if text != self.last {
                self.last = text.clone();
                return Some(Event::default().event("live").data(text));
            }
        }
    }

    /// False when it is time to stop.
    async fn pause(&self) -> bool {
        let clock = &self.app.clock;
        let next = clock.now().plus_seconds(LOOK_SECONDS);
        let mut stopping = self.app.stopping.clone();
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => false,
            () = clock.sleep_until(next) => true,
        }
    }

    async fn render(&mut self) -> Result<String, Problem> {
        // The session may have ended meanwhile.
        if let Some(digest) = self
            .reader
            .visitor
            .as_ref()
            .and_then(|one| one.session.clone())
        {
            let (now, times) = (self.app.now(), self.app.settings.sessions);
            if self.app.db.session(&digest, now, times).await?.is_none() {
                return Err(Problem::SignedOut);
            }
        }
        self.reader = self.reader.at(self.app.now());
        let connection = find(&self.app, &self.name).await?;
        let now = self.app.now();
        let stored = match self.stored.take() {
            Some(stored) if now.seconds_since(stored.counted_at) < COUNT_SECONDS => stored,
            _ => Stored::count(&self.app, &connection).await?,
        };
        let live = Live::load(&self.app, &self.reader, &connection, &stored).await?;
        self.stored = Some(stored);
        Ok(live.render()?)
    }
}
