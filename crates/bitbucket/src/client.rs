//! The client.

mod addresses;
mod single;
mod size;

pub use addresses::MOST_ADDRESSES;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use model::{Clock, Uuid};

use crate::budget::{Budget, MinuteCount, SharedBudget};
use crate::decode::{self, Context, Single};
use crate::endpoint::{Endpoint, Scope};
use crate::normalise::commit::Sums;
use crate::transport::{Asker, Transport, locked};
use crate::{
    ClientConfig, ClientError, Cursor, HolderState, Listing, Observer, Page, Priority, address,
};

/// Asks Bitbucket Cloud about one workspace, with one credential or several. Cheap to clone; clones
/// share their counts and what they learnt. Several requests may run at once.
///
/// With several, each request goes out of the allowance that has most left. A holder that is
/// answered with 401 is not used any more; one that is answered with 403, or 404 below a
/// repository, is passed over for what it may not do or see, and another one is asked.
#[derive(Clone)]
pub struct Client {
    pub(crate) transport: Arc<Transport>,
    pub(crate) asker: Asker,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("config", &self.transport.config)
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
        let transport = Transport::new(config, clock, observer, budget)?;
        Ok(Self {
            transport: Arc::new(transport),
            asker: Asker::default(),
        })
    }

    /// The same client, whose requests are spent for this.
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        let mut client = self.clone();
        client.asker.priority = priority;
        client
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
    /// Of several holders each may see other repositories: [`Listing::Repositories`] is read by the
    /// first that may, and by each of them with [`Client::page_as`].
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

    /// The same, asked by one holder alone: the listing of repositories, for each may see others.
    ///
    /// # Errors
    /// As [`Client::page`], [`ClientError::Unauthorized`] also once that holder has been refused or
    /// has expired; [`ClientError::InvalidConfig`] when there is no such holder.
    pub async fn page_as(
        &self,
        holder: i64,
        listing: &Listing,
        cursor: Option<&Cursor>,
    ) -> Result<Page, ClientError> {
        self.asked_by(holder)?.page(listing, cursor).await
    }

    /// The same client, all of whose requests are this holder's.
    pub(crate) fn asked_by(&self, holder: i64) -> Result<Self, ClientError> {
        let place = locked(&self.transport.pool).place(holder).ok_or_else(|| {
            ClientError::InvalidConfig(format!("none of the credentials has the number {holder}"))
        })?;
        let mut client = self.clone();
        client.asker.only = Some(place);
        Ok(client)
    }

    async fn read(
        &self,
        listing: &Listing,
        cursor: Option<&Cursor>,
    ) -> Result<(Page, Sums), ClientError> {
        let gate = &self.transport.gate;
        let by_number = listing.is_by_number();
        let ours = cursor.is_none();
        let (url, scope) =
            address::of_listing(gate, listing, cursor, self.transport.config.store_text)?;
        let answer = self.transport.get(&url, &scope, ours, self.asker).await?;
        let envelope = decode::envelope(answer.json, scope.endpoint.template())?;
        let next = if by_number {
            let page = address::page_number(listing, cursor)?;
            let short = !matches!(listing, Listing::Pipelines { .. });
            envelope
                .goes_on_after(page, short)
                .then(|| address::numbered_cursor(page + 1, &answer.url))
        } else {
            match envelope.next.as_deref() {
                None | Some("") => None,
                Some(next) => Some(address::cursor_of(gate, listing, next, &answer.url)?),
            }
        };
        let context = Context {
            listing,
            observed_at: answer.observed_at,
            store_text: self.transport.config.store_text,
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

    /// How many records a listing has, asked without any of them; `None` where Bitbucket does not
    /// say: of activity and commits it never does, and is not asked.
    ///
    /// # Errors
    /// As [`Client::page`].
    pub async fn size_of(&self, listing: &Listing) -> Result<Option<u64>, ClientError> {
        if !listing.tells_its_size() {
            return Ok(None);
        }
        let url = address::of_size(&self.transport.gate, listing)?;
        let answer = self
            .transport
            .get(&url, &listing.scope(), true, self.asker)
            .await?;
        Ok(answer.json.get("size").and_then(serde_json::Value::as_u64))
    }

    /// How many requests were sent, per address with names left out; every attempt counts.
    pub fn requests_by_endpoint(&self) -> BTreeMap<String, u64> {
        self.transport.sent()
    }

    /// How each holder fares.
    pub fn holders(&self) -> Vec<HolderState> {
        let transport = &self.transport;
        let pool = locked(&transport.pool);
        let budget = locked(&transport.budget);
        pool.states(&budget, transport.clock.now())
    }

    /// Says which holders see a repository, as their listings showed: no other is asked about it
    /// while one of these can be. Of a repository that nothing was said of, everyone may be asked.
    pub fn set_visible(&self, repository: &Uuid, holders: &[i64]) {
        locked(&self.transport.pool).set_visible(repository, holders);
    }

    /// Takes what was counted since the last call, to be added to what is stored. With a shared
    /// budget it is everybody's.
    pub fn take_usage(&self) -> Vec<MinuteCount> {
        locked(&self.transport.budget).take_usage()
    }

    /// Learns the counts that are stored, of everybody, so that the rolling hour outlives the
    /// process and is shared with others. What was taken here is not counted twice. Best after
    /// what [`Client::take_usage`] gave was stored.
    pub fn restore_usage(&self, counts: impl IntoIterator<Item = MinuteCount>) {
        locked(&self.transport.budget).restore_usage(counts);
    }

    /// How many processes live that spend out of the same allowances, this one included. With more
    /// than one, each spends a slice of what was left at the last [`Client::restore_usage`] and then
    /// waits for the next: it is to be called every few seconds.
    pub fn set_sharers(&self, sharers: u32) {
        locked(&self.transport.budget).set_sharers(sharers);
    }
}
