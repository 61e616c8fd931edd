//! Records that are asked for alone.

use model::{Id, Uuid};

use super::Client;
use crate::decode::{self, Single};
use crate::endpoint::{Endpoint, Scope};
use crate::normalise::Rows;
use crate::{ClientError, Page, RepositoryRef, address};

impl Client {
    /// One repository (`GET /repositories/{workspace}/{uuid}`), whatever it is called by now.
    /// [`ClientError::NotFound`] says that it is gone or out of sight.
    ///
    /// # Errors
    /// As [`Client::page`]; an answer that cannot be read is [`ClientError::Undecodable`], here and
    /// with the other single records.
    pub async fn repository(&self, uuid: &Uuid) -> Result<Page, ClientError> {
        let repository = RepositoryRef {
            uuid: uuid.clone(),
            full_name: format!("{}/{}", self.transport.gate.workspace(), uuid.as_str()),
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
        let fields = address::fields_of_pull_request(self.transport.config.store_text);
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

    pub(super) async fn record(
        &self,
        scope: &Scope<'_>,
        fields: Option<String>,
        which: Single<'_>,
    ) -> Result<Page, ClientError> {
        let url = address::of_record(&self.transport.gate, scope, fields)?;
        let answer = self.transport.get(&url, scope, true, self.asker).await?;
        let rows = Rows::new(answer.observed_at, self.transport.config.store_text);
        let endpoint = scope.endpoint.template();
        let brought = decode::single(which, &answer.json, rows, endpoint)?;
        Ok(Page {
            batch: brought.batch,
            next: None,
            size: Some(1),
            values: 1,
            lacks_records: false,
            observed_at: answer.observed_at,
            server_time: answer.server_time,
            entries: Vec::new(),
        })
    }
}
