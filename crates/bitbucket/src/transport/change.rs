//! Sending what changes something.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::header::CONTENT_TYPE;
use serde_json::Value;
use url::Url;

use super::attempt::Attempt;
use super::{Asker, Transport, locked};
use crate::ClientError;
use crate::endpoint::Scope;
use crate::retry::{self, Decision, Trouble};

impl Transport {
    /// Sends one change, with the method that its endpoint has, and brings the answer; `Null` where
    /// there is none.
    ///
    /// A 429 says that nothing was done: the change waits and is sent again. After any other failure
    /// nobody knows whether it was done, so that only what may be done twice is sent again: a `POST`
    /// ends with [`ClientError::Unavailable`].
    pub(crate) async fn change(
        &self,
        url: &Url,
        scope: &Scope<'_>,
        body: Option<Vec<u8>>,
        asker: Asker,
    ) -> Result<Value, ClientError> {
        let endpoint = scope.endpoint;
        let Some(method) = endpoint.changes() else {
            return Err(ClientError::NotAllowed {
                endpoint: endpoint.template(),
                reason: "it changes nothing",
            });
        };
        self.gate.admit(url, scope)?;
        let may_be_repeated = method.is_idempotent();
        let mut answered_404 = BTreeSet::new();
        let mut limited: BTreeMap<usize, u32> = BTreeMap::new();
        let (mut failures, mut attempts) = (0, 0);
        loop {
            let place = self.permission(scope, asker, &answered_404).await?;
            attempts += 1;
            let mut request = self.http.request(method.clone(), url.clone());
            if let Some(body) = &body {
                request = request
                    .header(CONTENT_TYPE, "application/json")
                    .body(body.clone());
            }
            let trouble = match self.send(request, url, endpoint, place).await {
                Attempt::Answer(answer) => return Ok(answer.json),
                Attempt::Failed(error) => return Err(error),
                Attempt::SentOn(_) => Trouble::Broken {
                    what: "it was sent on".to_owned(),
                },
                Attempt::TurnedAway(status, complaint) => {
                    let now = self.clock.now();
                    let refusal = (status, complaint);
                    locked(&self.pool).turned_away(
                        place,
                        scope,
                        refusal,
                        &mut answered_404,
                        now,
                    )?;
                    continue;
                }
                Attempt::Again(trouble) => trouble,
            };
            let is_limited = matches!(trouble, Trouble::RateLimited { .. });
            let count = if is_limited {
                limited.entry(place).or_default()
            } else {
                &mut failures
            };
            *count += 1;
            let now = self.clock.now();
            let window = self.config.window_seconds;
            match retry::decide(*count, &trouble, window, now, self.jitter()) {
                Decision::RetryAt(until) if is_limited => self.rest(place, endpoint, until, now),
                Decision::RetryAt(until) if may_be_repeated => {
                    let why = crate::Waiting::Retry {
                        attempt: attempts,
                        reason: trouble.describe(),
                    };
                    self.wait(until, why).await;
                }
                _ => {
                    return Err(ClientError::Unavailable {
                        endpoint: endpoint.template(),
                        attempts,
                        last: trouble.describe(),
                        status: trouble.status(),
                        sorted: false,
                    });
                }
            }
        }
    }
}
