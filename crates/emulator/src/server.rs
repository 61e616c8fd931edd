//! The server: what it can be told, and what it can tell.

mod service;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Router;
use model::Clock;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::access::Credential;
use crate::delivery::{Delivery, DeliveryFaults, DeliveryMode, Outbox, Sender, Sent};
use crate::faults::{Fault, Faults};
use crate::journal::ServedRequest;
use crate::rate_limit::{RateLimit, RateLimiter};
use crate::recordings::Recordings;
use crate::request::BASE;
use crate::world::World;
use service::{Service, SharedClock, Source, lock, router};

/// How long the service waits for a subscriber.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(10);

/// How an emulator is to behave, apart from its world.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The port on 127.0.0.1; 0 for any free one.
    pub port: u16,
    /// The credentials that are accepted.
    pub credentials: Vec<Credential>,
    /// The allowance of each of them.
    pub rate_limit: RateLimit,
    /// What goes wrong from the start.
    pub faults: Vec<Fault>,
    /// Whether webhook deliveries are sent, or wait to be taken.
    pub deliveries: DeliveryMode,
    /// How long a subscriber may take to answer; None for the ten seconds of the service.
    pub delivery_timeout: Option<Duration>,
}

impl Options {
    /// Accepts these credentials, everything else as usual.
    pub fn with_credentials(credentials: impl IntoIterator<Item = Credential>) -> Self {
        Self {
            credentials: credentials.into_iter().collect(),
            ..Self::default()
        }
    }
}

/// A running emulator. It stops when it is dropped.
#[derive(Debug)]
pub struct Emulator {
    service: Arc<Service>,
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    outbox: Arc<Outbox>,
    sender: Sending,
}

/// The task that sends deliveries; it ends with the emulator.
#[derive(Debug)]
struct Sending(JoinHandle<()>);

impl Drop for Sending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Emulator {
    /// Serves a world, by its own clock.
    pub async fn start(world: World, options: Options) -> std::io::Result<Self> {
        let clock = Arc::clone(&world.clock);
        Self::serve(Source::World(Box::new(Mutex::new(world))), clock, options).await
    }

    /// Serves recordings to any credential.
    pub async fn replay(
        recordings: Recordings,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> std::io::Result<Self> {
        Self::serve(Source::Recordings(recordings), clock, options).await
    }

    async fn serve(
        mut source: Source,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let outbox = match &mut source {
            Source::World(world) => {
                let mut world = lock(world);
                world.origin = format!("http://{address}");
                Arc::clone(&world.outbox)
            }
            Source::Recordings(_) => Arc::default(),
        };
        outbox.set_mode(options.deliveries);
        let timeout = options.delivery_timeout.unwrap_or(DELIVERY_TIMEOUT);
        let sender = Sender::new(Arc::clone(&outbox), timeout);
        let service = Arc::new(Service {
            source,
            clock: SharedClock(clock),
            credentials: Mutex::new(options.credentials),
            rate_limiter: Mutex::new(RateLimiter::new(options.rate_limit)),
            faults: Mutex::new(Faults::new(options.faults)),
            journal: Mutex::default(),
            missed: Mutex::default(),
            stopping: Notify::new(),
        });
        let router = router(Arc::clone(&service));
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let stopped = async {
                // Dropping the sender means the same as sending.
                let _ = stopped.await;
            };
            // An error here would be one of accepting connections: clients see it themselves.
            let _ = axum::serve(listener, router)
                .with_graceful_shutdown(stopped)
                .await;
        });
        Ok(Self {
            service,
            address,
            stop: Some(stop),
            task,
            outbox,
            sender: Sending(tokio::spawn(sender.run())),
        })
    }

    /// The address of the API, `http://127.0.0.1:PORT/2.0`.
    pub fn base_url(&self) -> String {
        format!("http://{}{BASE}", self.address)
    }

    /// The address of the Jira site, `http://127.0.0.1:PORT`.
    pub fn jira_base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of the same site by its cloud id, `http://127.0.0.1:PORT/ex/jira/CLOUD_ID`: here
    /// scoped tokens belong.
    ///
    /// # Panics
    ///
    /// When recordings are replayed: they have no world.
    pub fn jira_cloud_url(&self) -> String {
        let cloud_id = self.world().jira.cloud_id.clone();
        format!("http://{}/ex/jira/{cloud_id}", self.address)
    }

    /// The same service, to be mounted elsewhere.
    pub fn router(&self) -> Router {
        router(Arc::clone(&self.service))
    }

    /// The world, to look at and to change. Do not hold it while a request is served.
    /// None when recordings are replayed.
    pub fn try_world(&self) -> Option<MutexGuard<'_, World>> {
        match &self.service.source {
            Source::World(world) => Some(lock(world)),
            Source::Recordings(_) => None,
        }
    }

    /// The world, to look at and to change. Do not hold it while a request is served.
    ///
    /// # Panics
    ///
    /// When recordings are replayed: they have no world.
    #[expect(
        clippy::expect_used,
        reason = "asking recordings for a world is a mistake in a test"
    )]
    pub fn world(&self) -> MutexGuard<'_, World> {
        self.try_world().expect("recordings have no world")
    }

    /// Every request that was served, in order.
    pub fn requests(&self) -> Vec<ServedRequest> {
        lock(&self.service.journal).all()
    }

    /// How often each endpoint was called, by its path with the variable parts named.
    pub fn requests_by_endpoint(&self) -> BTreeMap<String, u64> {
        lock(&self.service.journal).by_endpoint()
    }

    /// How many requests the credential of this label made, refused ones too.
    pub fn requests_of(&self, label: &str) -> u64 {
        lock(&self.service.journal).count(Some(label), 0..=u16::MAX)
    }

    /// How many requests of the credential of this label were refused by 429.
    pub fn throttled_requests_of(&self, label: &str) -> u64 {
        lock(&self.service.journal).count(Some(label), 429..=429)
    }

    /// How many requests were refused by 429.
    pub fn throttled_requests(&self) -> u64 {
        lock(&self.service.journal).count(None, 429..=429)
    }

    /// Forgets the requests so far. What they used of their allowances stays used.
    pub fn reset_requests(&self) {
        lock(&self.service.journal).clear();
    }

    /// The paths that were asked for but not recorded, in order, each once.
    pub fn missed(&self) -> Vec<String> {
        lock(&self.service.missed).clone()
    }

    /// Takes the deliveries that wait, in the order in which they would come, as the faults of
    /// deliveries leave them. Nothing waits unless they are [collected](DeliveryMode::Collect).
    pub fn take_deliveries(&self) -> Vec<Delivery> {
        self.outbox.take()
    }

    /// Sends or collects from now on; what waits goes the new way.
    pub fn set_delivery_mode(&self, mode: DeliveryMode) {
        self.outbox.set_mode(mode);
    }

    /// Lets deliveries go wrong from now on.
    pub fn set_delivery_faults(&self, faults: DeliveryFaults) {
        self.outbox.set_faults(faults);
    }

    /// Every attempt to send a delivery, and every delivery that a fault let vanish.
    pub fn sent_deliveries(&self) -> Vec<Sent> {
        self.outbox.sent()
    }

    /// How many deliveries were too long to be sent.
    pub fn withheld_deliveries(&self) -> usize {
        self.outbox.withheld()
    }

    /// Waits until everything that was told so far is sent, or given up.
    pub async fn deliveries_settled(&self) {
        self.outbox.settle().await;
    }

    /// Adds a fault.
    pub fn inject(&self, fault: Fault) {
        lock(&self.service.faults).add(fault);
    }

    /// Ends all faults.
    pub fn clear_faults(&self) {
        lock(&self.service.faults).clear();
    }

    /// Accepts exactly these credentials from now on.
    pub fn set_credentials(&self, credentials: Vec<Credential>) {
        *lock(&self.service.credentials) = credentials;
    }

    /// Changes the credential of this label, if there is one.
    pub fn change_credential(&self, label: &str, change: impl FnOnce(&mut Credential)) {
        let mut credentials = lock(&self.service.credentials);
        if let Some(found) = credentials.iter_mut().find(|one| one.label == label) {
            change(found);
        }
    }

    /// Refuses the credential of this label from now on.
    pub fn revoke(&self, label: &str) {
        self.change_credential(label, |credential| credential.revoked = true);
    }

    /// Accepts a revoked credential again.
    pub fn reinstate(&self, label: &str) {
        self.change_credential(label, |credential| credential.revoked = false);
    }

    /// Changes the allowances; what is used stays used.
    pub fn set_rate_limit(&self, rule: RateLimit) {
        lock(&self.service.rate_limiter).rule = rule;
    }

    /// How much of its allowance a credential has used in the present window.
    pub fn allowance_used(&self, credential: &Credential) -> usize {
        let now = self.service.clock.0.now();
        lock(&self.service.rate_limiter).used(credential.allowance(), now)
    }

    /// Stops serving and waits until the last answer is out.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        self.service.stopping.notify_waiters();
        self.sender.0.abort();
        // The task ends by itself; that it panicked would have been told already.
        let _ = (&mut self.task).await;
    }
}
