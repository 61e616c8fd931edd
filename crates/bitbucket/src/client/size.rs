//! How large a change is.

use std::collections::BTreeSet;

use model::Id;

use super::Client;
use crate::endpoint::Endpoint;
use crate::normalise;
use crate::normalise::commit::Sums;
use crate::retry::UNCOMPUTED;
use crate::{ClientError, Listing, Page, RepositoryRef};

impl Client {
    /// How large the change of a pull request is, summed up over all pages of its diffstat, as a
    /// page whose batch holds exactly that one row; `source_commit_sha` is the version that is
    /// measured. That Bitbucket cannot tell is a row too: 400 `No common ancestor`, a computation
    /// that took too long twice (555) and 404 become its `problem`.
    ///
    /// So is `unreadable`, when a file could not be read (it is in the rejects then): a sum without it
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
        let asked_at = self.transport.clock.now();
        let (mut page, sums) = match self.diffstat(&listing).await {
            Ok((page, sums)) => (page, Ok(sums)),
            Err(error) => {
                let problem = problem(&error).ok_or(error)?;
                (Page::empty(asked_at), Err(problem))
            }
        };
        let sums = match page.batch.rejects.is_empty() {
            true => sums,
            false => Err("unreadable"),
        };
        let pull_id = Id::pull(&repository.uuid, number);
        let row = normalise::commit::size(pull_id, source_commit_sha, sums, page.observed_at);
        page.batch.pull_sizes.push(row);
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
