//! Answers that were prepared beforehand, served from memory.
//!
//! While it records, an address that is not known yet is asked of the emulator, once. After that
//! the server does next to nothing and does the same for every contender, so that what is measured
//! is the contender.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use reqwest::Client;
use serde_json::Value;
use tokio::net::TcpListener;

/// A server of prepared answers. It runs in a thread of its own for as long as the program does.
pub(crate) struct Tape {
    service: Arc<Service>,
    origin: String,
}

/// What was asked of the server since somebody last looked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Served {
    /// How many requests.
    pub(crate) requests: u64,
    /// How many records the answers held.
    pub(crate) records: u64,
    /// Requests that nothing was prepared for.
    pub(crate) missed: u64,
}

struct Service {
    client: Client,
    /// Where answers come from, and what that is called here.
    from: String,
    origin: String,
    recording: AtomicBool,
    latency_millis: AtomicU64,
    answers: Mutex<HashMap<String, Prepared>>,
    asked: Mutex<Vec<String>>,
    requests: AtomicU64,
    records: AtomicU64,
    missed: AtomicU64,
}

#[derive(Clone)]
struct Prepared {
    status: StatusCode,
    body: Bytes,
    records: u64,
}

impl Tape {
    /// Starts a server that records the answers of the emulator at `from`
    /// (`http://127.0.0.1:PORT`).
    pub(crate) fn start(from: &str) -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let origin = format!("http://{}", listener.local_addr()?);
        let service = Arc::new(Service {
            client: crate::http::client()?,
            from: from.to_owned(),
            origin: origin.clone(),
            recording: AtomicBool::new(true),
            latency_millis: AtomicU64::new(0),
            answers: Mutex::default(),
            asked: Mutex::default(),
            requests: AtomicU64::new(0),
            records: AtomicU64::new(0),
            missed: AtomicU64::new(0),
        });
        let router = Router::new()
            .fallback(handle)
            .with_state(Arc::clone(&service));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        thread::Builder::new()
            .name("prepared answers".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    let listener = TcpListener::from_std(listener)?;
                    axum::serve(listener, router).await
                })
            })
            .context("starting the server of prepared answers")?;
        Ok(Self { service, origin })
    }

    /// What every address begins with, without `/2.0`.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether addresses that are not known yet are asked of the emulator.
    pub(crate) fn record(&self, recording: bool) {
        self.service.recording.store(recording, Ordering::Relaxed);
    }

    /// How long every answer is held back.
    pub(crate) fn set_latency(&self, millis: u64) {
        self.service.latency_millis.store(millis, Ordering::Relaxed);
    }

    /// The addresses that were asked for since the last call, in order.
    pub(crate) fn take_asked(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.service.asked))
    }

    /// What was served since the last call.
    pub(crate) fn take_served(&self) -> Served {
        Served {
            requests: self.service.requests.swap(0, Ordering::Relaxed),
            records: self.service.records.swap(0, Ordering::Relaxed),
            missed: self.service.missed.swap(0, Ordering::Relaxed),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn handle(State(service): State<Arc<Service>>, request: Request) -> Response<Body> {
    let address = request
        .uri()
        .path_and_query()
        .map_or("/", |address| address.as_str())
        .to_owned();
    let credential = request.headers().get(header::AUTHORIZATION).cloned();
    let known = lock(&service.answers).get(&address).cloned();
    let prepared = match known {
        Some(prepared) => Some(prepared),
        None => service.prepare(&address, credential).await,
    };
    if service.recording.load(Ordering::Relaxed) {
        lock(&service.asked).push(address);
    }
    service.requests.fetch_add(1, Ordering::Relaxed);
    let Some(prepared) = prepared else {
        service.missed.fetch_add(1, Ordering::Relaxed);
        let mut response = Response::new(Body::from("nothing is prepared for this address"));
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    service
        .records
        .fetch_add(prepared.records, Ordering::Relaxed);
    let latency = service.latency_millis.load(Ordering::Relaxed);
    if latency > 0 {
        hold_back(Duration::from_millis(latency)).await;
    }
    let mut response = Response::new(Body::from(prepared.body));
    *response.status_mut() = prepared.status;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

#[expect(
    clippy::disallowed_methods,
    reason = "the latency that is measured is real time"
)]
async fn hold_back(latency: Duration) {
    tokio::time::sleep(latency).await;
}

impl Service {
    /// Asks the emulator, and keeps the answer. Nothing unless the server records.
    async fn prepare(&self, address: &str, credential: Option<HeaderValue>) -> Option<Prepared> {
        if !self.recording.load(Ordering::Relaxed) {
            return None;
        }
        let mut asked = self.client.get(format!("{}{address}", self.from));
        if let Some(credential) = credential {
            asked = asked.header(header::AUTHORIZATION, credential);
        }
        let response = asked.send().await.ok()?;
        let status = response.status();
        let text = response
            .text()
            .await
            .ok()?
            .replace(&self.from, &self.origin);
        let records = serde_json::from_str::<Value>(&text)
            .ok()
            .and_then(|page| page.get("values")?.as_array().map(Vec::len))
            .unwrap_or(1);
        let prepared = Prepared {
            status,
            body: Bytes::from(text),
            records: u64::try_from(records).unwrap_or(0),
        };
        lock(&self.answers).insert(address.to_owned(), prepared.clone());
        Some(prepared)
    }
}
