//! From a request to its answer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request as HttpRequest, State};
use axum::http::{HeaderValue, Response, header};
use model::Clock;
use tokio::sync::Notify;

use crate::access::{self, Credential};
use crate::answer::{Answer, Content, Outcome};
use crate::disguise;
use crate::endpoint::Endpoint;
use crate::faults::Faults;
use crate::jira;
use crate::journal::{Journal, ServedRequest};
use crate::rate_limit::{Group, RateLimiter};
use crate::recordings::Recordings;
use crate::request::{BASE, Request};
use crate::world::World;

#[derive(Debug)]
pub(super) struct Service {
    pub(super) source: Source,
    pub(super) clock: SharedClock,
    pub(super) credentials: Mutex<Vec<Credential>>,
    pub(super) rate_limiter: Mutex<RateLimiter>,
    pub(super) faults: Mutex<Faults>,
    pub(super) journal: Mutex<Journal>,
    pub(super) missed: Mutex<Vec<String>>,
    /// Ends the requests that are never answered.
    pub(super) stopping: Notify,
}

#[derive(Debug)]
pub(super) enum Source {
    World(Box<Mutex<World>>),
    Recordings(Recordings),
}

/// Who asked, for the record of requests.
struct Asker {
    allowance: String,
    label: String,
}

impl Asker {
    fn of(credential: &Credential) -> Self {
        Self {
            allowance: credential.allowance().to_owned(),
            label: credential.label.clone(),
        }
    }
}

pub(super) struct SharedClock(pub(super) Arc<dyn Clock>);

impl std::fmt::Debug for SharedClock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0.now())
    }
}

/// A poisoned lock belongs to a test that failed elsewhere; what it guards is whole.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn router(service: Arc<Service>) -> Router {
    Router::new().fallback(handle).with_state(service)
}

async fn handle(State(service): State<Arc<Service>>, http: HttpRequest) -> Response<Body> {
    let mut request = Request::of(&http);
    match axum::body::to_bytes(http.into_body(), LONGEST_BODY).await {
        Ok(body) => request.body = body,
        Err(_) => return Answer::error(413, "Request body is too large").into_response(),
    }
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

/// The longest body of a request.
const LONGEST_BODY: usize = 1024 * 1024;

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
        asker: Option<Asker>,
    ) {
        let (credential, label) = asker.map(|asker| (asker.allowance, asker.label)).unzip();
        let place = jira::Place::of(&request);
        let template = match (place, endpoint) {
            (Some(place), _) => place.template(),
            (None, Some(endpoint)) => endpoint.template(),
            (None, None) => "unknown",
        };
        lock(&self.journal).note(ServedRequest {
            endpoint: template.to_owned(),
            status,
            credential,
            label,
            method: request.method,
            path: request.path,
            query: request.query,
        });
    }

    /// The answer, and the credential that asked. None while the world is held.
    fn answer(
        &self,
        endpoint: Option<Endpoint>,
        request: &Request,
    ) -> Option<(Answer, Option<Asker>)> {
        let mut world = match &self.source {
            Source::World(world) => match world.try_lock() {
                Ok(world) => world,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return None,
            },
            Source::Recordings(recordings) => {
                return Some((self.replayed(recordings, request), None));
            }
        };
        let credentials = lock(&self.credentials);
        let place = jira::Place::of(request);
        let sent = request.authorization.as_deref();
        let credential = access::presented(&credentials, sent, place.is_some());
        let asker = credential.map(Asker::of);
        if let Some(place) = place {
            let now = self.clock.0.now();
            return Some((place.answer(&world, request, credential, now), asker));
        }
        let Some(endpoint) = endpoint.filter(|_| request.path.starts_with(BASE)) else {
            let text = format!("The emulator does not know {}", request.target());
            return Some((Answer::text(501, text), None));
        };
        let mut headers = Vec::new();
        let outcome = self.outcome(endpoint, request, &mut world, credential, &mut headers);
        let mut answer = outcome.unwrap_or_else(|refusal| refusal);
        if let Content::Json(body) = &mut answer.body {
            disguise::disguise(&world.quirks, body);
        }
        answer.headers.extend(headers);
        Some((answer, asker))
    }

    fn outcome(
        &self,
        endpoint: Endpoint,
        request: &Request,
        world: &mut World,
        credential: Option<&Credential>,
        headers: &mut Vec<(&'static str, String)>,
    ) -> Outcome {
        if endpoint.is_public() {
            return endpoint.answer(world, request, None);
        }
        let credential = credential.ok_or_else(Answer::unauthorized)?;
        let now = self.clock.0.now();
        credential.check_alive(now)?;
        if credential.is_bearer() {
            let accepted = endpoint.requirement(&request.method).classic;
            headers.push(("x-oauth-scopes", credential.scopes.join(", ")));
            headers.push(("x-accepted-oauth-scopes", accepted.join(", ")));
            headers.push(("x-credential-type", credential.kind.word().to_owned()));
        }
        if let Some(group) = Group::of(request) {
            let left = lock(&self.rate_limiter).count(credential, group, now)?;
            if credential.is_bearer() && world.quirks.rate_limit_headers {
                headers.extend(left.headers());
            }
        }
        credential.permit(endpoint, &request.method)?;
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
