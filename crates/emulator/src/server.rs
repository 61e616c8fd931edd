//! The server: from a request to its answer.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderValue, Response, header};
use model::Clock;
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use crate::access::{self, Credential};
use crate::answer::{Answer, Content, Outcome};
use crate::disguise;
use crate::endpoint::Endpoint;
use crate::faults::{Fault, Faults};
use crate::journal::{Journal, ServedRequest};
use crate::rate_limit::{RateLimit, RateLimiter};
use crate::recordings::Recordings;
use crate::request::{BASE, Request};
use crate::world::World;

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
}

#[derive(Debug)]
struct Service {
    source: Source,
    clock: SharedClock,
    credentials: Mutex<Vec<Credential>>,
    rate_limiter: Mutex<RateLimiter>,
    faults: Mutex<Faults>,
    journal: Mutex<Journal>,
    missed: Mutex<Vec<String>>,
    /// Ends the requests that are never answered.
    stopping: Notify,
}

#[derive(Debug)]
enum Source {
    World(Box<Mutex<World>>),
    Recordings(Recordings),
}

struct SharedClock(Arc<dyn Clock>);

impl std::fmt::Debug for SharedClock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0.now())
    }
}

/// A poisoned lock belongs to a test that failed elsewhere; what it guards is whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        source: Source,
        clock: Arc<dyn Clock>,
        options: Options,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
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
        })
    }

    /// The address of the API, `http://127.0.0.1:PORT/2.0`.
    pub fn base_url(&self) -> String {
        format!("http://{}{BASE}", self.address)
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

    /// Forgets the requests so far. What they used of their allowances stays used.
    pub fn reset_requests(&self) {
        lock(&self.service.journal).clear();
    }

    /// The paths that were asked for but not recorded, in order, each once.
    pub fn missed(&self) -> Vec<String> {
        lock(&self.service.missed).clone()
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
        // The task ends by itself; that it panicked would have been told already.
        let _ = (&mut self.task).await;
    }
}

fn router(service: Arc<Service>) -> Router {
    Router::new().fallback(handle).with_state(service)
}

async fn handle(State(service): State<Arc<Service>>, http: HttpRequest) -> Response<Body> {
    let mut request = Request::of(&http);
    let faults = lock(&service.faults).meeting(&request);
    request.shift = faults.iter().map(|fault| fault.shift()).sum();
    let delay: i64 = faults.iter().map(|fault| fault.delay_millis()).sum();
    if delay > 0 {
        let clock = &service.clock.0;
        clock.sleep_until(clock.now().plus_millis(delay)).await;
    }
    let endpoint = Endpoint::of(&request);
    if faults.iter().any(|fault| fault.hangs()) {
        service.note(request, endpoint, 0, None);
        service.stopping.notified().await;
        return Answer::text(503, "").into_response();
    }
    let asked = Instant::now();
    let (mut answer, credential) = loop {
        match service.answer(endpoint, &request) {
            Some(answered) => break answered,
            None if asked.elapsed() > PATIENCE => break (held(), None),
            None => tokio::task::yield_now().await,
        }
    };
    let now = service.clock.0.now();
    if let Some(instead) = faults.iter().find_map(|fault| fault.instead(&request, now)) {
        answer = instead;
    }
    faults
        .iter()
        .for_each(|fault| fault.spoil(&request, &mut answer));
    service.note(request, endpoint, answer.status, credential);
    let mut response = answer.into_response();
    let skew = faults.iter().map(|fault| fault.skew_seconds()).sum();
    let date = httpdate::fmt_http_date(now.plus_seconds(skew).to_chrono().into());
    if let Ok(date) = HeaderValue::try_from(date) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// How long a request waits for somebody who looks at the world.
const PATIENCE: Duration = Duration::from_secs(5);

/// A test that waits for an answer while it holds the world would wait for ever.
fn held() -> Answer {
    Answer::text(
        500,
        "The world is held by somebody: drop the guard of Emulator::world first",
    )
}

impl Service {
    fn note(
        &self,
        request: Request,
        endpoint: Option<Endpoint>,
        status: u16,
        credential: Option<String>,
    ) {
        lock(&self.journal).note(ServedRequest {
            endpoint: endpoint.map_or("unknown", Endpoint::template).to_owned(),
            status,
            credential,
            method: request.method,
            path: request.path,
            query: request.query,
        });
    }

    /// The answer, and the name of the credential that asked. None while the world is held.
    fn answer(
        &self,
        endpoint: Option<Endpoint>,
        request: &Request,
    ) -> Option<(Answer, Option<String>)> {
        let world = match &self.source {
            Source::World(world) => match world.try_lock() {
                Ok(world) => world,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return None,
            },
            Source::Recordings(recordings) => {
                return Some((self.replayed(recordings, request), None));
            }
        };
        let Some(endpoint) = endpoint.filter(|_| request.path.starts_with(BASE)) else {
            let text = format!("The emulator does not know {}", request.target());
            return Some((Answer::text(501, text), None));
        };
        let credentials = lock(&self.credentials);
        let credential = access::identify(&credentials, request.authorization.as_deref());
        let name = credential
            .as_ref()
            .ok()
            .map(|credential| credential.allowance().to_owned());
        let mut headers = Vec::new();
        let outcome = self.outcome(endpoint, request, &world, credential, &mut headers);
        let mut answer = outcome.unwrap_or_else(|refusal| refusal);
        if let Content::Json(body) = &mut answer.body {
            disguise::disguise(&world.quirks, body);
        }
        answer.headers.extend(headers);
        Some((answer, name))
    }

    fn outcome(
        &self,
        endpoint: Endpoint,
        request: &Request,
        world: &World,
        credential: Result<&Credential, Answer>,
        headers: &mut Vec<(&'static str, String)>,
    ) -> Outcome {
        if endpoint.is_public() {
            return endpoint.answer(world, request, None);
        }
        let credential = credential?;
        if credential.is_bearer() {
            let (accepted, _) = endpoint.scopes();
            headers.push(("x-oauth-scopes", credential.scopes.join(", ")));
            headers.push(("x-accepted-oauth-scopes", accepted.join(", ")));
            headers.push(("x-credential-type", "workspace_access_token".to_owned()));
        }
        if request.segment(0) == "repositories" {
            let now = self.clock.0.now();
            let left = lock(&self.rate_limiter).count(credential.allowance(), now)?;
            if credential.is_bearer() && world.quirks.rate_limit_headers {
                headers.extend(left.headers());
            }
        }
        credential.permit(endpoint)?;
        endpoint.answer(world, request, Some(credential))
    }

    fn replayed(&self, recordings: &Recordings, request: &Request) -> Answer {
        recordings.answer(request).unwrap_or_else(|refusal| {
            let mut missed = lock(&self.missed);
            if refusal.status == 404 && !missed.contains(&request.path) {
                missed.push(request.path.clone());
            }
            refusal
        })
    }
}
