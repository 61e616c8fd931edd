//! Sending: every request of this crate goes through [`Transport::once`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Clock, Instant};
use reqwest::header::{ACCEPT, DATE, HeaderMap, RETRY_AFTER};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::answer::{Complaint, is_markup, sign_in_failed, unauthorized};
use crate::gate::{self, Endpoint};
use crate::retry::{self, Trouble};
use crate::{JiraConfig, JiraError, http};

/// A whole answer in JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) json: Value,
    /// When the request that brought it was sent.
    pub(crate) observed_at: Instant,
}

/// What one request came to.
#[derive(Debug)]
pub(crate) struct Attempt {
    /// The status, if an answer came.
    pub(crate) status: Option<u16>,
    pub(crate) outcome: Outcome,
}

#[derive(Debug)]
pub(crate) enum Outcome {
    Answer(Answer),
    Again(Trouble),
    Failed(JiraError),
}

/// What sends requests.
pub(crate) struct Transport {
    pub(crate) config: JiraConfig,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
    sent: AtomicU64,
    jitter: AtomicU64,
}

impl Transport {
    pub(crate) fn new(config: JiraConfig, clock: Arc<dyn Clock>) -> Result<Self, JiraError> {
        config.check()?;
        Ok(Self {
            http: http::client(&config)?,
            jitter: AtomicU64::new(config.jitter_seed),
            sent: AtomicU64::new(0),
            config,
            clock,
        })
    }

    /// Asks until there is an answer, or none is to be expected. Waits while Jira says 429.
    pub(crate) async fn get(&self, endpoint: Endpoint) -> Result<Answer, JiraError> {
        let (mut failures, mut refusals) = (0, 0);
        loop {
            let trouble = match self.once(endpoint).await.outcome {
                Outcome::Answer(answer) => return Ok(answer),
                Outcome::Failed(error) => return Err(error),
                Outcome::Again(trouble) => trouble,
            };
            let count = match trouble {
                Trouble::RateLimited { .. } => &mut refusals,
                Trouble::Server { .. } | Trouble::Broken { .. } => &mut failures,
            };
            *count += 1;
            let now = self.clock.now();
            let Some(until) = retry::again(*count, &trouble, now, self.jitter()) else {
                return Err(JiraError::Unavailable {
                    endpoint: endpoint.path(),
                    attempts: failures + refusals,
                    last: trouble.describe(),
                });
            };
            let why = trouble.describe();
            tracing::info!(endpoint = endpoint.path(), %until, why, "a request to Jira waits");
            self.clock.sleep_until(until).await;
        }
    }

    /// Asks once.
    pub(crate) async fn once(&self, endpoint: Endpoint) -> Attempt {
        let observed_at = self.clock.now();
        let answered = match self.send(endpoint).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                return Attempt {
                    status: None,
                    outcome: Outcome::Again(http::broken(&error, &self.config)),
                };
            }
            Err(error) => {
                return Attempt {
                    status: None,
                    outcome: Outcome::Failed(error),
                };
            }
        };
        let status = answered.status().as_u16();
        tracing::debug!(endpoint = endpoint.path(), status, "answered");
        Attempt {
            status: Some(status),
            outcome: self.outcome(endpoint, answered, observed_at).await,
        }
    }

    /// How many requests were sent; every attempt counts.
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Signs a request, shows it to the gate, and sends it.
    async fn send(
        &self,
        endpoint: Endpoint,
    ) -> Result<Result<reqwest::Response, reqwest::Error>, JiraError> {
        let config = &self.config;
        let request = self
            .http
            .get(endpoint.url(&config.site)?)
            .header(ACCEPT, "application/json")
            .basic_auth(&config.email, Some(config.token.expose_secret()))
            .build()
            .map_err(|_| JiraError::NotAllowed {
                endpoint: endpoint.path(),
                reason: "it cannot be written",
            })?;
        gate::admit(&request, endpoint, &config.site)?;
        self.sent.fetch_add(1, Ordering::Relaxed);
        Ok(self.http.execute(request).await)
    }

    async fn outcome(
        &self,
        endpoint: Endpoint,
        response: reqwest::Response,
        observed_at: Instant,
    ) -> Outcome {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let hint = header(&headers, RETRY_AFTER.as_str())
            .and_then(|text| retry::hint(text, header(&headers, DATE.as_str()), self.clock.now()));
        match status {
            429 => return Outcome::Again(Trouble::RateLimited { hint }),
            408 | 500.. => return Outcome::Again(Trouble::Server { status, hint }),
            200 if sign_in_failed(&headers) => {
                let message = "it answers as to somebody who is not signed in".to_owned();
                return Outcome::Failed(unauthorized(endpoint, message));
            }
            _ => {}
        }
        let body = http::body(response).await;
        if status != 200 {
            // A refusal stays one even if its reason cannot be read.
            let body = body.ok().flatten().unwrap_or_default();
            let complaint = Complaint::read(&body, &headers, &self.config);
            return Outcome::Failed(complaint.into_error(endpoint, status));
        }
        match body {
            Ok(Some(body)) => read(&body, observed_at),
            Ok(None) => Outcome::Failed(JiraError::TooLarge {
                endpoint: endpoint.path(),
                limit: http::LARGEST_BODY,
            }),
            Err(error) => Outcome::Again(http::broken(&error, &self.config)),
        }
    }

    /// A number from 0 to 1, the next of a sequence that the seed decides (SplitMix64).
    fn jitter(&self) -> f64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let before = self.jitter.fetch_add(STEP, Ordering::Relaxed);
        let mut bits = before.wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        f64::from(u32::try_from(bits >> 32).unwrap_or(0)) / f64::from(u32::MAX)
    }
}

/// Reads a whole body.
fn read(body: &[u8], observed_at: Instant) -> Outcome {
    match serde_json::from_slice(body) {
        Ok(json) => Outcome::Answer(Answer { json, observed_at }),
        Err(_) => {
            let what = if is_markup(body) {
                "the answer was a page for browsers, as one to sign in at or a proxy's"
            } else {
                "the answer was no whole JSON"
            };
            Outcome::Again(Trouble::Broken {
                what: what.to_owned(),
            })
        }
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
