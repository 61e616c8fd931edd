//! What the pages work with.

use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;
use model::{Clock, Instant};
use store::{Db, SessionTimes};
use tokio::sync::{Semaphore, watch};
use url::Url;

use crate::access::Attempts;
use crate::access::secret::{self, NoRandomness, Random};
use crate::actions::Actions;
use crate::pages::Counts;
use crate::problem::Problem;
use crate::queries::{Queries, QuerySettings};
use crate::{Door, Limit};

/// How many passwords are hashed at once: each takes 19 MB and a processor for a while.
const HASHED_AT_ONCE: usize = 2;

/// Everything that is served together.
pub struct Site {
    /// The database.
    pub db: Db,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Bytes that nobody can guess.
    pub random: Random,
    /// What the pages have done by others: whatever asks Bitbucket.
    pub actions: Arc<dyn Actions>,
    /// The door for deliveries.
    pub door: Door,
    /// How queries are answered.
    pub queries: QuerySettings,
    /// How the pages are reached, and by whom.
    pub settings: SiteSettings,
}

/// How the pages are reached, and by whom.
#[derive(Clone, Debug)]
pub struct SiteSettings {
    /// Where people reach the pages, if it is not where the program listens.
    pub public_url: Option<Url>,
    /// Whose word for the address of a client counts.
    pub trusted_proxies: Vec<IpNet>,
    /// How people come in.
    pub entry: Entry,
    /// How long sessions live.
    pub sessions: SessionTimes,
    /// How many requests a credential has that says nothing of its own.
    pub limit: Limit,
}

/// How people come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// By name and password.
    SignIn,
    /// Whoever reaches the program is its administrator. Only for made-up data, and for a listener
    /// on loopback.
    Automatic,
}

impl SiteSettings {
    /// Whether people reach the pages by https.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url
            .as_ref()
            .is_some_and(|url| url.scheme() == "https")
    }
}

/// The state of every handler.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) db: Db,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Random,
    pub(crate) actions: Arc<dyn Actions>,
    pub(crate) settings: SiteSettings,
    pub(crate) queries: Queries,
    pub(crate) counts: Counts,
    pub(crate) attempts: Attempts,
    pub(crate) hashing: Arc<Semaphore>,
    /// Becomes true when it is time to stop.
    pub(crate) stopping: watch::Receiver<bool>,
    /// What the CSRF tokens of people are bound to who have no session.
    pub(crate) own_secret: String,
}

impl App {
    pub(crate) fn new(
        site: Site,
        stopping: watch::Receiver<bool>,
    ) -> Result<(Self, Door), NoRandomness> {
        let own_secret = secret::new(&site.random)?;
        let inner = Inner {
            attempts: Attempts::new(Arc::clone(&site.clock)),
            queries: Queries::new(site.db.clone(), Arc::clone(&site.clock), site.queries),
            counts: Counts::default(),
            db: site.db,
            clock: site.clock,
            random: site.random,
            actions: site.actions,
            settings: site.settings,
            hashing: Arc::new(Semaphore::new(HASHED_AT_ONCE)),
            stopping,
            own_secret,
        };
        Ok((Self(Arc::new(inner)), site.door))
    }

    pub(crate) fn now(&self) -> Instant {
        self.0.clock.now()
    }

    /// A secret that nobody can guess.
    pub(crate) fn new_secret(&self) -> Result<String, Problem> {
        secret::new(&self.0.random).map_err(|NoRandomness| Problem::no_randomness())
    }
}

impl std::ops::Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl fmt::Debug for App {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("App").finish_non_exhaustive()
    }
}
