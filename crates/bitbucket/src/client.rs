//! The client.

mod single;
mod size;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use model::Clock;

use crate::budget::{Budget, BudgetSnapshot, MinuteCount, SharedBudget};
use crate::decode::{self, Context, Single};
use crate::endpoint::{Endpoint, Scope};
use crate::normalise::commit::Sums;
use crate::transport::{Transport, locked};
use crate::{ClientConfig, ClientError, Cursor, Listing, Observer, Page, address};

/// Asks Bitbucket Cloud for one workspace with one credential. Cheap to clone; clones share their
/// counts. Several requests may run at once.
#[derive(Clone)]
pub struct Client(Arc<Transport>);

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client with a budget of its own.
    ///
    /// # Errors
    /// [`ClientError::InvalidConfig`] says what cannot work; nothing is sent yet.
    pub fn new(
        config: ClientConfig,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
    ) -> Result<Self, ClientError> {
        let budget = Budget::shared(config.window_seconds);
        Self::with_budget(config, clock, observer, budget)
    }

    /// A client that counts in a budget which others count in too: two API tokens of one person
    /// share an allowance.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_budget(
        config: ClientConfig,
        clock: Arc<dyn Clock>,
        observer: Arc<dyn Observer>,
        budget: SharedBudget,
    ) -> Result<Self, ClientError> {
        Transport::new(config, clock, observer, budget).map(|transport| Self(Arc::new(transport)))
    }

    /// The workspace itself (`GET /workspaces/{workspace}`), as a page whose batch holds exactly
    /// that one row. An API token needs the scope `read:workspace:bitbucket`; access tokens need
    /// none.
    ///
    /// # Errors
    /// As [`Client::page`].
    pub async fn workspace(&self) -> Result<Page, ClientError> {
        let scope = Scope::of_workspace(Endpoint::Workspace);
        self.record(&scope, None, Single::Workspace).await
    }

    /// One page of a listing: the first, or where `cursor` goes on. Waits while the budget is used
    /// up or Bitbucket says 429, for hours if need be: drop the future to stop.
    ///
    /// # Errors
    /// See [`ClientError`]. A page that ends a listing is never an error's disguise: 403 or 404 on a
    /// later page is an error as on the first.
    pub async fn page(
        &self,
        listing: &Listing,
        cursor: Option<&Cursor>,
    ) -> Result<Page, ClientError> {
        self.read(listing, cursor).await.map(|(page, _)| page)
    }

    async fn read(
        &self,
        listing: &Listing,
        cursor: Option<&Cursor>,
    ) -> Result<(Page, Sums), ClientError> {
        let gate = &self.0.gate;
        let by_number = listing.is_by_number();
        let ours = cursor.is_none() || by_number;
        let (url, scope) = address::of_listing(gate, listing, cursor, self.0.config.store_text)?;
        let answer = self.0.get(&url, &scope, ours).await?;
        let envelope = decode::envelope(answer.json, scope.endpoint.template())?;
        let next = if by_number {
            let page = address::page_number(listing, cursor)?;
            let short = !matches!(listing, Listing::Pipelines { .. });
            envelope
                .goes_on_after(page, short)
                .then(|| Cursor::from((page + 1).to_string()))
        } else {
            match envelope.next.as_deref() {
                None | Some("") => None,
                Some(next) => Some(address::cursor_of(gate, listing, next, &answer.url)?),
            }
        };
        let context = Context {
            listing,
            observed_at: answer.observed_at,
            store_text: self.0.config.store_text,
        };
        let values = envelope.values.len();
        let size = envelope.size;
        let brought = decode::records(&context, &envelope.values);
        let lacks_records = envelope.lacks_records(cursor.is_none(), next.is_some());
        let page = Page {
            batch: brought.batch,
            next,
            size,
            values,
            lacks_records,
            observed_at: answer.observed_at,
            server_time: answer.server_time,
            entries: brought.entries,
        };
        Ok((page, brought.sums))
    }

    /// How many requests were sent, per address with names left out; every attempt counts.
    pub fn requests_by_endpoint(&self) -> BTreeMap<String, u64> {
        self.0.sent()
    }

    /// How far this client's allowance is used.
    pub fn budget(&self) -> BudgetSnapshot {
        let transport = &self.0;
        locked(&transport.budget).snapshot(
            &transport.allowance,
            transport.config.hourly_limit,
            transport.clock.now(),
        )
    }

    /// Takes what was counted since the last call, to be added to what is stored. With a shared
    /// budget it is everybody's.
    pub fn take_usage(&self) -> Vec<MinuteCount> {
        locked(&self.0.budget).take_usage()
    }

    /// Learns the counts that are stored, so that the rolling hour outlives the process and is
    /// shared with others. Each count keeps the larger of both numbers.
    pub fn restore_usage(&self, counts: impl IntoIterator<Item = MinuteCount>) {
        locked(&self.0.budget).restore_usage(counts);
    }
}
