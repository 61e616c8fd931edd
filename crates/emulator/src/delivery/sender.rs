//! Sending deliveries over HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::Delivery;
use super::outbox::{Outbox, SentAs};

/// How often a subscriber that fails is tried.
const ATTEMPTS: u32 = 3;

/// Sends what is in the outbox, one delivery after the other.
pub(crate) struct Sender {
    outbox: Arc<Outbox>,
    client: Client<HttpConnector, Body>,
    timeout: Duration,
}

impl Sender {
    pub(crate) fn new(outbox: Arc<Outbox>, timeout: Duration) -> Self {
        Self {
            outbox,
            client: Client::builder(TokioExecutor::new()).build_http(),
            timeout,
        }
    }

    /// Never ends by itself.
    pub(crate) async fn run(self) {
        loop {
            let deliveries = self.outbox.take_to_send();
            if deliveries.is_empty() {
                self.outbox.filled.notified().await;
            }
            for delivery in deliveries {
                self.deliver(delivery).await;
                self.outbox.done();
            }
        }
    }

    /// Tries again at once where the subscriber fails; nothing else is tried again. Whether the
    /// service does so after a silence is not documented.
    async fn deliver(&self, mut delivery: Delivery) {
        for attempt in 1..=ATTEMPTS {
            delivery.set_header("X-Attempt-Number", attempt.to_string());
            if let Some(uuid) = (attempt > 1).then(|| self.outbox.fresh_uuid()).flatten() {
                delivery.set_header("X-Request-UUID", uuid);
            }
            let outcome = self.attempt(&delivery).await;
            let failed = matches!(outcome, SentAs::Answered(500..=599));
            self.outbox.note(delivery.clone(), outcome);
            if !failed {
                return;
            }
        }
    }

    async fn attempt(&self, delivery: &Delivery) -> SentAs {
        let mut request = Request::post(&delivery.url);
        for (name, value) in &delivery.headers {
            request = request.header(name, value);
        }
        let Ok(request) = request.body(Body::from(delivery.body.clone())) else {
            return SentAs::Failed;
        };
        match tokio::time::timeout(self.timeout, self.client.request(request)).await {
            Err(_) => SentAs::TimedOut,
            Ok(Err(_)) => SentAs::Failed,
            Ok(Ok(response)) => SentAs::Answered(response.status().as_u16()),
        }
    }
}
