//! The client.

use std::fmt;
use std::sync::Arc;

use model::rows::Batch;
use model::verification::Verification;
use model::{Clock, Instant};
use serde_json::Value;

use crate::gate::Endpoint;
use crate::transport::Transport;
use crate::{JiraConfig, JiraError, decode, verify};

/// The longest stretch of the listing that Jira documents to give at once.
const LONGEST_PAGE: u64 = 1_000;

/// Asks one site of Jira Cloud with one credential. Cheap to clone; clones share their count of
/// requests.
#[derive(Clone)]
pub struct JiraClient(Arc<Transport>);

impl fmt::Debug for JiraClient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JiraClient")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}

/// A stretch of the listing of accounts.
#[derive(Clone, Debug)]
pub struct UsersPage {
    /// The accounts (`jira_users`), and the records that could not be read (`rejects`).
    pub batch: Batch,
    /// From where to go on; `None` at the end.
    pub next: Option<u64>,
    /// How many records Jira gave, readable or not.
    pub values: usize,
    /// When the request was sent.
    pub observed_at: Instant,
}

impl JiraClient {
    /// A client for a site; nothing is sent yet.
    ///
    /// # Errors
    /// [`JiraError::InvalidConfig`] says what cannot work.
    pub fn new(config: JiraConfig, clock: Arc<dyn Clock>) -> Result<Self, JiraError> {
        Transport::new(config, clock).map(|transport| Self(Arc::new(transport)))
    }

    /// The accounts of the site from the `start_at`-th on (`GET /rest/api/3/users/search`): people,
    /// apps and customers, closed ones among them. Waits while Jira says 429: drop the future to
    /// stop.
    ///
    /// Only an empty page ends the listing. Jira leaves accounts out of a page that the caller may
    /// not see, so that a short one says nothing, and the next begins after as many as were given:
    /// at worst some are seen twice, and none is missed.
    ///
    /// # Errors
    /// See [`JiraError`]; in particular [`JiraError::NothingListed`] where a listing is empty from
    /// its beginning. Taken for the truth, it would mark everybody as gone.
    pub async fn users(&self, start_at: u64) -> Result<UsersPage, JiraError> {
        let endpoint = Endpoint::Users {
            start_at,
            most: LONGEST_PAGE,
        };
        let answer = self.0.get(endpoint).await?;
        let Value::Array(values) = answer.json else {
            return Err(JiraError::Undecodable {
                endpoint: endpoint.path(),
                reason: "expected a list of accounts",
            });
        };
        if values.is_empty() && start_at == 0 {
            // Some endpoints answer somebody who is not signed in with an empty list.
            self.myself().await?;
            return Err(JiraError::NothingListed {
                endpoint: endpoint.path(),
            });
        }
        let given = u64::try_from(values.len()).unwrap_or(u64::MAX);
        Ok(UsersPage {
            batch: decode::users(&values, start_at, answer.observed_at),
            next: (given > 0).then(|| start_at.saturating_add(given)),
            values: values.len(),
            observed_at: answer.observed_at,
        })
    }

    /// Tries the credential: who it is, and whether it may list accounts. Each is asked once,
    /// without waiting; the second only if the first works, since what follows a wrong credential
    /// says nothing.
    pub async fn verify(&self) -> Verification {
        verify::verify(&self.0).await
    }

    /// How many requests were sent; every attempt counts.
    pub fn requests(&self) -> u64 {
        self.0.sent()
    }

    /// Makes sure that Jira takes the credential for somebody.
    async fn myself(&self) -> Result<(), JiraError> {
        let answer = self.0.get(Endpoint::Myself).await?;
        match decode::account_id(&answer.json) {
            Some(_) => Ok(()),
            None => Err(crate::answer::unauthorized(
                Endpoint::Myself,
                "it answers as to somebody who is not signed in".to_owned(),
            )),
        }
    }
}
