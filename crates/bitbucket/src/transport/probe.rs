//! One attempt, and what it came to: for trying out a credential.

use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::{Attempt, Transport, locked};
use crate::endpoint::{Endpoint, Scope};
use crate::error::answer::Complaint;
use crate::retry::Trouble;
use crate::{ClientError, Credential};

/// What one attempt came to.
#[derive(Debug)]
pub(crate) enum Probed {
    /// A whole answer.
    Answer(Value),
    /// An answer that says no, and its status.
    TurnedAway(u16, Complaint),
    /// 429.
    RateLimited,
    /// The server failed, with this status.
    Failing(u16),
    /// No answer in JSON came: what happened.
    Silent(String),
}

impl Transport {
    /// One attempt with one holder's credential, whatever is known of it. It waits for no budget,
    /// and is counted. A diffstat is followed to where it is computed.
    ///
    /// # Errors
    /// [`ClientError::NotAllowed`] when the address is not on the list, and what no asking would
    /// change.
    pub(crate) async fn probe(
        &self,
        url: &Url,
        scope: &Scope<'_>,
        place: usize,
        patience: Duration,
    ) -> Result<Probed, ClientError> {
        let mut scope = *scope;
        let mut url = url.clone();
        loop {
            self.gate.admit(&url, &scope)?;
            self.count(place, scope.endpoint);
            let attempt = self.attempt(&url, scope.endpoint, place, patience).await;
            return match attempt {
                Attempt::Answer(answer) => {
                    locked(&self.pool).reinstate(place, scope.endpoint);
                    Ok(Probed::Answer(answer.json))
                }
                Attempt::SentOn(target) if scope.endpoint == Endpoint::PullDiffstat => {
                    scope = scope.at(Endpoint::Diffstat);
                    url = target;
                    continue;
                }
                Attempt::SentOn(_) => Ok(Probed::Silent("it sends on again and again".to_owned())),
                Attempt::TurnedAway(status, complaint) => Ok(Probed::TurnedAway(status, complaint)),
                Attempt::Again(Trouble::RateLimited { .. }) => Ok(Probed::RateLimited),
                Attempt::Again(Trouble::Broken { what }) => Ok(Probed::Silent(what)),
                Attempt::Again(trouble) => Ok(Probed::Failing(trouble.status().unwrap_or(500))),
                Attempt::Failed(error) => Err(error),
            };
        }
    }

    fn count(&self, place: usize, endpoint: Endpoint) {
        let pool = locked(&self.pool);
        if let Some((allowance, _)) = pool.allowance(place) {
            let now = self.clock.now();
            locked(&self.budget).count(allowance, endpoint.group(), endpoint.template(), now);
        }
    }

    pub(crate) fn credential_of(&self, place: usize) -> Option<Credential> {
        locked(&self.pool).credential(place).cloned()
    }

    /// The scopes that Bitbucket said a holder has.
    pub(crate) fn scopes_of(&self, place: usize) -> Vec<String> {
        locked(&self.pool).scopes(place).to_vec()
    }
}
