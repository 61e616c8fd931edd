//! One request and its answer.

use std::time::Duration;

use model::Instant;
use reqwest::header::{DATE, HeaderMap, LOCATION, RETRY_AFTER};
use serde_json::Value;
use url::Url;

use super::{Transport, http, locked, no_credential};
use crate::ClientError;
use crate::endpoint::Endpoint;
use crate::error::answer::Complaint;
use crate::retry::{self, Trouble};

/// A whole answer in JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) json: Value,
    /// Where it came from: a diffstat is sent on.
    pub(crate) url: Url,
    /// When the request that brought it was sent.
    pub(crate) observed_at: Instant,
    /// The server's own time.
    pub(crate) server_time: Option<Instant>,
}

/// What one attempt came to.
pub(super) enum Attempt {
    Answer(Answer),
    Again(Trouble),
    Failed(ClientError),
    /// An answer that says no, and its status.
    TurnedAway(u16, Complaint),
    /// The way that Bitbucket documents for diffstats.
    SentOn(Url),
}

impl Transport {
    /// Asks once and reads the answer.
    pub(super) async fn attempt(
        &self,
        url: &Url,
        endpoint: Endpoint,
        place: usize,
        patience: Duration,
    ) -> Attempt {
        let request = self
            .http
            .get(url.clone())
            .timeout(patience.min(self.config.request_timeout));
        self.send(request, url, endpoint, place).await
    }

    /// Sends one request and reads the answer.
    pub(super) async fn send(
        &self,
        request: reqwest::RequestBuilder,
        url: &Url,
        endpoint: Endpoint,
        place: usize,
    ) -> Attempt {
        let Some(credential) = locked(&self.pool).credential(place).cloned() else {
            return Attempt::Failed(no_credential(endpoint));
        };
        *locked(&self.sent).entry(endpoint.template()).or_default() += 1;
        self.observer.request(endpoint.template());
        let observed_at = self.clock.now();
        let request = request.header(reqwest::header::ACCEPT, "application/json");
        let response = match credential.sign(request).send().await {
            Ok(response) => response,
            Err(error) => return Attempt::Again(http::broken(&error)),
        };
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let server_time = header(&headers, DATE.as_str()).and_then(retry::http_date);
        self.learn(place, endpoint, &headers);
        tracing::debug!(endpoint = endpoint.template(), status, "answered");
        let headers = retry::Headers {
            retry_after: header(&headers, RETRY_AFTER.as_str()),
            remaining: header(&headers, "x-ratelimit-remaining"),
            reset: header(&headers, "x-ratelimit-reset"),
            server_time,
        };
        match status {
            200 | 201 => {
                self.read(response, url, endpoint, observed_at, server_time)
                    .await
            }
            204 => Attempt::Answer(Answer {
                json: Value::Null,
                url: url.clone(),
                observed_at,
                server_time,
            }),
            301..=303 | 307 | 308 if endpoint.is_diffstat() => {
                let target = header(response.headers(), LOCATION.as_str())
                    .and_then(|target| url.join(target).ok());
                match target {
                    Some(target) => Attempt::SentOn(target),
                    None => Attempt::Failed(
                        Complaint::default().into_error(endpoint.template(), status),
                    ),
                }
            }
            retry::UNCOMPUTED if endpoint.is_diffstat() => Attempt::Again(Trouble::Uncomputed),
            429 => Attempt::Again(Trouble::RateLimited {
                hint: headers.hint(self.clock.now()),
            }),
            408 | 500.. => Attempt::Again(Trouble::Server {
                status,
                hint: retry::Headers {
                    reset: None,
                    ..headers
                }
                .hint(self.clock.now()),
            }),
            _ => {
                // A refusal stays one even if its reason cannot be read.
                let body = http::body(response)
                    .await
                    .unwrap_or_default()
                    .unwrap_or_default();
                Attempt::TurnedAway(status, Complaint::read(&body, &credential))
            }
        }
    }

    async fn read(
        &self,
        response: reqwest::Response,
        url: &Url,
        endpoint: Endpoint,
        observed_at: Instant,
        server_time: Option<Instant>,
    ) -> Attempt {
        let body = match http::body(response).await {
            Ok(Some(body)) => body,
            Ok(None) => {
                return Attempt::Failed(ClientError::TooLarge {
                    endpoint: endpoint.template(),
                    limit: http::LARGEST_BODY,
                });
            }
            Err(error) => return Attempt::Again(http::broken(&error)),
        };
        match serde_json::from_slice(&body) {
            Ok(json) => Attempt::Answer(Answer {
                json,
                url: url.clone(),
                observed_at,
                server_time,
            }),
            // A cut body, or a page for browsers from something in between.
            Err(_) => Attempt::Again(Trouble::Broken {
                what: "the answer was no whole JSON".to_owned(),
            }),
        }
    }

    /// Takes from an answer's headers what they tell: the credential's scopes, a smaller limit than
    /// configured, and that nothing is left. Bitbucket sends them for some credentials and
    /// endpoints only.
    fn learn(&self, place: usize, endpoint: Endpoint, headers: &HeaderMap) {
        let now = self.clock.now();
        let mut pool = locked(&self.pool);
        if let Some(scopes) = header(headers, "x-oauth-scopes") {
            pool.learn_scopes(place, scopes);
        }
        let Some((allowance, _)) = pool.allowance(place) else {
            return;
        };
        let mut budget = locked(&self.budget);
        // What is told is told of an hour; a shorter window is a test's.
        if self.config.window_seconds >= 3_600
            && let Some(limit) = header(headers, "x-ratelimit-limit").and_then(retry::stated_limit)
        {
            budget.limit_stated(allowance, endpoint.group(), limit, now);
        }
        let number = |name| header(headers, name).and_then(|text| text.trim().parse::<i64>().ok());
        if number("x-ratelimit-remaining") == Some(0)
            && let Some(reset) = number("x-ratelimit-reset").filter(|seconds| *seconds > 0)
        {
            let until = now.plus_seconds(reset.min(3_600));
            budget.rest(allowance, endpoint.group(), until, now);
        }
    }
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
