//! The client.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use model::{Clock, Id, Uuid};

use crate::budget::{Budget, BudgetSnapshot, MinuteCount, SharedBudget};
use crate::decode::{self, Context, Single};
use crate::endpoint::{Endpoint, Scope};
use crate::normalise::commit::Sums;
use crate::normalise::{self, Rows};
use crate::retry::UNCOMPUTED;
use crate::transport::{Transport, locked};
use crate::{ClientConfig, ClientError, Cursor, Listing, Observer, Page, RepositoryRef, address};

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

    /// One repository (`GET /repositories/{workspace}/{uuid}`), whatever it is called by now.
    /// [`ClientError::NotFound`] says that it is gone or out of sight.
    ///
    /// # Errors
    /// As [`Client::page`]; an answer that cannot be read is [`ClientError::Undecodable`], here and
    /// with the other single records.
    pub async fn repository(&self, uuid: &Uuid) -> Result<Page, ClientError> {
        let repository = RepositoryRef {
            uuid: uuid.clone(),
            full_name: format!("{}/{}", self.0.gate.workspace(), uuid.as_str()),
            // Known by its name alone.
            workspace_id: Id(0),
        };
        let scope = Scope::of(Endpoint::Repository, &repository);
        self.record(&scope, None, Single::Repository).await
    }

    /// One pull request, with participants and reviewers, as its listing brings it.
    ///
    /// # Errors
    /// As [`Client::repository`].
    pub async fn pull_request(
        &self,
        repository: &RepositoryRef,
        number: i64,
    ) -> Result<Page, ClientError> {
        let scope = Scope::of(Endpoint::PullRequest, repository).numbered(number);
        let fields = address::fields_of_pull_request(self.0.config.store_text);
        let single = Single::PullRequest(repository);
        self.record(&scope, Some(fields), single).await
    }

    /// One commit, found by its hash or what it begins with: pull requests tell 12 characters of
    /// it. Nothing is said of branches.
    ///
    /// # Errors
    /// As [`Client::repository`].
    pub async fn commit(
        &self,
        repository: &RepositoryRef,
        sha_prefix: &str,
    ) -> Result<Page, ClientError> {
        let scope = Scope::of(Endpoint::Commit, repository).named(sha_prefix);
        let fields = address::fields_of_commit();
        let single = Single::Commit(repository, sha_prefix);
        self.record(&scope, Some(fields), single).await
    }

    /// One pipeline run.
    ///
    /// # Errors
    /// As [`Client::repository`].
    pub async fn pipeline(
        &self,
        repository: &RepositoryRef,
        uuid: &Uuid,
    ) -> Result<Page, ClientError> {
        let scope = Scope::of(Endpoint::Pipeline, repository).named(uuid.as_str());
        let single = Single::Pipeline(repository);
        self.record(&scope, None, single).await
    }

    async fn record(
        &self,
        scope: &Scope<'_>,
        fields: Option<String>,
        which: Single<'_>,
    ) -> Result<Page, ClientError> {
        let url = address::of_record(&self.0.gate, scope, fields)?;
        let answer = self.0.get(&url, scope, true).await?;
        let rows = Rows::new(answer.observed_at, self.0.config.store_text);
        let endpoint = scope.endpoint.template();
        let brought = decode::single(which, &answer.json, rows, endpoint)?;
        Ok(Page {
            batch: brought.batch,
            next: None,
            size: Some(1),
            values: 1,
            observed_at: answer.observed_at,
            server_time: answer.server_time,
            entries: Vec::new(),
        })
    }

    /// How large the change of a pull request is, summed up over all pages of its diffstat, as a
    /// page whose batch holds exactly that one row; `source_commit_sha` is the version that is
    /// measured. That Bitbucket cannot tell is a row too: 400 `No common ancestor`, a computation
    /// that took too long twice (555) and 404 become its `problem`.
    ///
    /// There is no row when a file could not be read (it is in the rejects then): a sum without it
    /// would be wrong. Where Bitbucket told how many files there are, `size` of the page says so
    /// and `values` how many came.
    ///
    /// # Errors
    /// As [`Client::page`].
    pub async fn pull_size(
        &self,
        repository: &RepositoryRef,
        number: i64,
        source_commit_sha: Option<&str>,
    ) -> Result<Page, ClientError> {
        let listing = Listing::PullDiffstat {
            repository: repository.clone(),
            number,
        };
        let asked_at = self.0.clock.now();
        let (mut page, sums) = match self.diffstat(&listing).await {
            Ok((page, sums)) => (page, Ok(sums)),
            Err(error) => {
                let problem = problem(&error).ok_or(error)?;
                (Page::empty(asked_at), Err(problem))
            }
        };
        if page.batch.rejects.is_empty() {
            let pull_id = Id::pull(&repository.uuid, number);
            let row = normalise::commit::size(pull_id, source_commit_sha, sums, page.observed_at);
            page.batch.pull_sizes.push(row);
        }
        Ok(page)
    }

    /// All pages of a diffstat as one, and what they come to.
    async fn diffstat(&self, listing: &Listing) -> Result<(Page, Sums), ClientError> {
        let (mut whole, mut sums) = self.read(listing, None).await?;
        let mut seen = BTreeSet::new();
        while let Some(cursor) = whole.next.take() {
            if !seen.insert(cursor.to_string()) {
                return Err(ClientError::ForeignNext {
                    endpoint: Endpoint::Diffstat.template(),
                    reason: "it is a page that was read already",
                });
            }
            let (page, more) = self.read(listing, Some(&cursor)).await?;
            sums = sums.and(more);
            whole.values += page.values;
            whole.batch.rejects.extend(page.batch.rejects);
            whole.server_time = page.server_time;
            whole.next = page.next;
        }
        Ok((whole, sums))
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
        let page = Page {
            batch: brought.batch,
            next,
            size,
            values,
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

/// Why Bitbucket cannot tell how large a change is, where asking again would not help.
fn problem(error: &ClientError) -> Option<&'static str> {
    match error {
        ClientError::NotFound { .. } => Some("not found"),
        ClientError::BadRequest {
            status: 400,
            message,
            ..
        } if message.to_lowercase().contains("no common ancestor") => Some("no common ancestor"),
        ClientError::Unavailable {
            status: Some(UNCOMPUTED),
            ..
        } => Some("timeout"),
        _ => None,
    }
}
