//! Trying out a credential: every endpoint that an import will use is asked once, and each answer
//! is told with what it means and how to mend it.

mod curl;
mod judge;
mod plan;

use std::time::Duration;

use model::verification::{Check, Code, Outcome, Verification};
use model::{Id, Uuid};
use serde_json::Value;
use url::Url;

use crate::endpoint::{Endpoint, Scope};
use crate::transport::Probed;
use crate::{Client, ClientError, Credential, RepositoryRef, address};
use judge::{Judgement, Need, Reply, Trial};
pub use plan::{Part, Plan};

/// Somebody waits for the result.
const PATIENCE: Duration = Duration::from_secs(15);

/// Tries out one holder's credential: one attempt at each endpoint that the plan's streams use, at
/// most some twenty requests, none of which waits for the budget (they are counted). A holder that
/// was refused before is used again once its credential is accepted.
///
/// What hangs on a repository is tried at the one that was updated last among the first few. Where
/// the credential is not accepted, nobody answers or the requests are used up, the rest is not
/// tried.
///
/// # Errors
/// [`ClientError::InvalidConfig`] when there is no such holder. What Bitbucket says is never an
/// error here.
pub async fn verify(
    client: &Client,
    holder: i64,
    plan: &Plan,
) -> Result<Verification, ClientError> {
    let client = client.asked_by(holder)?;
    let credential = client.credential().ok_or_else(|| {
        ClientError::InvalidConfig(format!("none of the credentials has the number {holder}"))
    })?;
    let mut trials = Trials {
        client: &client,
        credential: &credential,
        checks: Vec::new(),
        is_over: false,
    };
    trials.workspace(plan).await;
    if let Some(repository) = trials.repositories().await {
        trials.below(plan, &repository).await;
    }
    if plan.has(Part::Hooks) {
        let scope = Scope::of_workspace(Endpoint::Hooks);
        trials
            .optional("the webhooks of the workspace", scope, ONE)
            .await;
    }
    Ok(Verification::of(trials.checks))
}

/// The trials so far.
struct Trials<'c> {
    client: &'c Client,
    credential: &'c Credential,
    checks: Vec<Check>,
    /// Whether whatever is tried next would come to the same.
    is_over: bool,
}

/// A repository to try things at.
struct Sample {
    reference: RepositoryRef,
    branch: Option<String>,
}

/// What is asked for in one trial.
struct Question<'q> {
    noun: &'q str,
    need: Need,
    scope: Scope<'q>,
    query: &'q [(&'q str, &'q str)],
}

const ONE: &[(&str, &str)] = &[("pagelen", "1")];

impl Trials<'_> {
    async fn workspace(&mut self, plan: &Plan) {
        if plan.has(Part::Workspace) {
            let scope = Scope::of_workspace(Endpoint::Workspace);
            self.required("the workspace", scope, &[]).await;
        }
        if plan.has(Part::Members) {
            let scope = Scope::of_workspace(Endpoint::Members);
            self.required("the members of the workspace", scope, ONE)
                .await;
        }
    }

    /// The listing of repositories, and the one to try the rest at.
    async fn repositories(&mut self) -> Option<Sample> {
        let listing = self
            .required(
                "the repositories",
                Scope::of_workspace(Endpoint::Repositories),
                &[("pagelen", "10"), ("sort", "-updated_on")],
            )
            .await?;
        let empty = Vec::new();
        let values = listing
            .get("values")
            .and_then(Value::as_array)
            .unwrap_or(&empty);
        let workspace = self.client.workspace_name();
        let check = self.checks.last_mut()?;
        if values.is_empty() {
            check.outcome = Outcome::Failed;
            check.code = Some(Code::NoResources);
            check.what =
                format!("The credential sees no repository in the workspace `{workspace}`.");
            check.mend = judge::of_resources(&workspace);
            return None;
        }
        if let Some(size) = listing.get("size").and_then(Value::as_u64) {
            check.what =
                format!("The repositories can be read; the credential sees {size} of them.");
        }
        let updated = |value: &Value| text(value, &["updated_on"]);
        let mut samples: Vec<(Option<String>, Sample)> = values
            .iter()
            .filter_map(|value| Some((updated(value), sample(value)?)))
            .collect();
        samples.sort_by(|(one, _), (other, _)| other.cmp(one));
        samples.into_iter().next().map(|(_, sample)| sample)
    }

    /// What hangs on a repository.
    async fn below(&mut self, plan: &Plan, sample: &Sample) {
        let repository = &sample.reference;
        let of = |endpoint| Scope::of(endpoint, repository);
        self.pull_requests(plan, repository).await;
        if plan.has(Part::Commits)
            && let Some(branch) = &sample.branch
        {
            let commits = self
                .required("commits", of(Endpoint::Commits).named(branch), ONE)
                .await;
            if let Some(sha) = commits.and_then(|page| first(&page, &["hash"])) {
                let scope = of(Endpoint::Commit).named(&sha);
                self.required("a single commit", scope, &[]).await;
            }
        }
        if plan.has(Part::Pipelines) || plan.has(Part::PipelineSteps) {
            let query = &[("pagelen", "1"), ("sort", "-created_on")];
            let runs = self
                .optional("pipelines", of(Endpoint::Pipelines), query)
                .await;
            let run = runs.and_then(|page| first(&page, &["uuid"]));
            if plan.has(Part::PipelineSteps)
                && let Some(uuid) = run.as_deref().and_then(Uuid::parse)
            {
                let scope = of(Endpoint::PipelineSteps).named(uuid.as_str());
                self.optional("steps of a pipeline", scope, ONE).await;
            }
        }
        if plan.has(Part::Environments) {
            self.optional("environments", of(Endpoint::Environments), ONE)
                .await;
        }
        if plan.has(Part::Deployments) {
            self.optional("deployments", of(Endpoint::Deployments), ONE)
                .await;
        }
    }

    async fn pull_requests(&mut self, plan: &Plan, repository: &RepositoryRef) {
        let of = |endpoint| Scope::of(endpoint, repository);
        let of_one = [
            Part::Activity,
            Part::Comments,
            Part::PullSizes,
            Part::PullCommits,
        ];
        let mut newest = None;
        if plan.has(Part::PullRequests) || of_one.into_iter().any(|part| plan.has(part)) {
            let query = &[
                ("state", "OPEN"),
                ("state", "MERGED"),
                ("state", "DECLINED"),
                ("state", "SUPERSEDED"),
                ("pagelen", "1"),
                ("sort", "-updated_on"),
            ];
            let scope = of(Endpoint::PullRequests);
            let page = self.required("pull requests", scope, query).await;
            newest = page.and_then(|page| page.pointer("/values/0/id")?.as_i64());
        }
        if plan.has(Part::Activity) {
            let scope = of(Endpoint::RepositoryActivity);
            self.required("the activity of pull requests", scope, ONE)
                .await;
        }
        let Some(number) = newest else { return };
        let of_it = |endpoint| of(endpoint).numbered(number);
        if plan.has(Part::Activity) {
            let scope = of_it(Endpoint::PullActivity);
            self.required("the activity of a pull request", scope, ONE)
                .await;
        }
        if plan.has(Part::Comments) {
            let scope = of_it(Endpoint::PullComments);
            self.required("comments", scope, ONE).await;
        }
        if plan.has(Part::PullSizes) {
            let scope = of_it(Endpoint::PullDiffstat);
            self.optional("sizes of pull requests", scope, &[]).await;
        }
        if plan.has(Part::PullCommits) {
            // They may be missing once the source branch is deleted.
            let scope = of_it(Endpoint::PullCommits);
            self.optional("commits of a pull request", scope, ONE).await;
        }
    }

    async fn required(
        &mut self,
        noun: &str,
        scope: Scope<'_>,
        query: &[(&str, &str)],
    ) -> Option<Value> {
        let need = Need::Required;
        self.ask(Question {
            noun,
            need,
            scope,
            query,
        })
        .await
    }

    async fn optional(
        &mut self,
        noun: &str,
        scope: Scope<'_>,
        query: &[(&str, &str)],
    ) -> Option<Value> {
        let need = Need::Optional;
        self.ask(Question {
            noun,
            need,
            scope,
            query,
        })
        .await
    }

    /// One trial; the answer, if it is one.
    async fn ask(&mut self, question: Question<'_>) -> Option<Value> {
        if self.is_over {
            return None;
        }
        let query: Vec<(&str, String)> = question
            .query
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect();
        // An address that cannot be written leads nowhere: there is nothing to try.
        let url = self.client.address_of(&question.scope, &query).ok()?;
        let (reply, answer) = match self.client.probe(&url, &question.scope, PATIENCE).await {
            Ok(Probed::Answer(json)) => (Reply::Answer, Some(json)),
            Ok(Probed::TurnedAway(status, complaint)) => {
                (Reply::TurnedAway(status, complaint), None)
            }
            Ok(Probed::RateLimited) => (Reply::RateLimited, None),
            Ok(Probed::Failing(status)) => (Reply::Failing(status), None),
            Ok(Probed::Silent(what)) => (Reply::Silent(what), None),
            Err(error) => (Reply::Silent(error.to_string()), None),
        };
        let workspace = self.client.workspace_name();
        let granted = self.client.granted();
        let trial = Trial {
            endpoint: question.scope.endpoint,
            noun: question.noun,
            need: question.need,
            credential: self.credential,
            workspace: &workspace,
            repository: question
                .scope
                .repository
                .map(|repository| repository.full_name.as_str()),
            granted: &granted,
        };
        let judgement = judge::judge(&reply, &trial);
        // A kind of token may be unknown to a single endpoint, and a single answer may be slow.
        let was_answered = self.checks.iter().any(|check| check.status == Some(200));
        self.is_over = match reply {
            Reply::RateLimited => true,
            Reply::TurnedAway(401, _) | Reply::Silent(_) => !was_answered,
            _ => false,
        };
        self.note(&question, &url, judgement);
        answer
    }

    fn note(&mut self, question: &Question<'_>, url: &Url, judgement: Judgement) {
        let is_sent_on = question.scope.endpoint == Endpoint::PullDiffstat;
        let outcome = if self.is_over {
            // The rest is not tried, so that nothing is known to work.
            Outcome::Failed
        } else {
            judgement.outcome
        };
        self.checks.push(Check {
            endpoint: question.scope.endpoint.template().to_owned(),
            path: self.client.behind_base(url),
            status: judgement.status,
            outcome,
            code: judgement.code,
            what: judgement.what,
            mend: judgement.mend,
            missing_scopes: judgement.missing_scopes,
            curl: curl::command(url, self.credential, is_sent_on),
        });
    }
}

/// A repository as the listing shows it.
fn sample(value: &Value) -> Option<Sample> {
    let workspace = text(value, &["workspace", "uuid"]).and_then(|uuid| Uuid::parse(&uuid));
    Some(Sample {
        reference: RepositoryRef {
            uuid: Uuid::parse(&text(value, &["uuid"])?)?,
            full_name: text(value, &["full_name"])?,
            workspace_id: workspace.map_or(Id(0), |uuid| Id::workspace(&uuid)),
        },
        branch: text(value, &["mainbranch", "name"]),
    })
}

fn first(page: &Value, path: &[&str]) -> Option<String> {
    text(page.pointer("/values/0")?, path)
}

fn text(value: &Value, path: &[&str]) -> Option<String> {
    let found = path.iter().try_fold(value, |value, name| value.get(name))?;
    found.as_str().map(str::to_owned)
}

impl Client {
    fn credential(&self) -> Option<Credential> {
        self.transport.credential_of(self.asker.only?)
    }

    fn workspace_name(&self) -> String {
        self.transport.gate.workspace().to_owned()
    }

    fn behind_base(&self, url: &Url) -> String {
        self.transport.gate.behind_base(url).unwrap_or_default()
    }

    fn address_of(&self, scope: &Scope<'_>, query: &[(&str, String)]) -> Result<Url, ClientError> {
        address::build(&self.transport.gate, scope, query)
    }

    async fn probe(
        &self,
        url: &Url,
        scope: &Scope<'_>,
        patience: Duration,
    ) -> Result<Probed, ClientError> {
        let place = self.asker.only.unwrap_or(0);
        self.transport.probe(url, scope, place, patience).await
    }

    fn granted(&self) -> Vec<String> {
        self.transport.scopes_of(self.asker.only.unwrap_or(0))
    }
}
