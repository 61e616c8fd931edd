//! Trying out a credential.

use model::verification::{Check, Code, Outcome, Verification};
use serde_json::Value;

use crate::answer::{ADD_SCOPE, BROWSE_USERS, PERMISSION, SCOPE};
use crate::gate::Endpoint;
use crate::retry::Trouble;
use crate::transport::{self, Transport};
use crate::{JiraError, Site, decode};

/// The order matters: a wrong token can look like nobody in particular, whom some endpoints answer
/// with an empty list instead of a refusal. Who is asked for by name is never nobody.
pub(crate) async fn verify(transport: &Transport) -> Verification {
    let steps: [(Endpoint, Reading); 2] = [
        (Endpoint::Myself, myself),
        (
            Endpoint::Users {
                start_at: 0,
                most: 1,
            },
            users,
        ),
    ];
    let mut checks = Vec::new();
    for (endpoint, reading) in steps {
        let check = check(transport, endpoint, reading).await;
        let works = check.outcome == Outcome::Ok;
        checks.push(check);
        if !works {
            break;
        }
    }
    Verification::of(checks)
}

/// What a 200 says.
type Reading = fn(&Value) -> Finding;

/// What was found, and what to do about it.
struct Finding {
    code: Option<Code>,
    what: String,
    mend: String,
    missing: Option<&'static str>,
}

impl Finding {
    fn ok(what: &str) -> Self {
        Self {
            code: None,
            what: what.to_owned(),
            mend: String::new(),
            missing: None,
        }
    }

    fn failed(code: Code, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            code: Some(code),
            what: what.into(),
            mend: mend.into(),
            missing: None,
        }
    }

    fn lacking(self, missing: &'static str) -> Self {
        Self {
            missing: Some(missing),
            ..self
        }
    }
}

async fn check(transport: &Transport, endpoint: Endpoint, reading: Reading) -> Check {
    let site = &transport.config.site;
    let attempt = transport.once(endpoint).await;
    let finding = match attempt.outcome {
        transport::Outcome::Answer(answer) => reading(&answer.json),
        transport::Outcome::Again(trouble) => of_trouble(&trouble),
        transport::Outcome::Failed(error) => of_error(&error, site),
    };
    Check {
        endpoint: endpoint.path().to_owned(),
        path: endpoint.target(),
        status: attempt.status,
        outcome: if finding.code.is_none() {
            Outcome::Ok
        } else {
            Outcome::Failed
        },
        code: finding.code,
        what: finding.what,
        mend: finding.mend,
        missing_scopes: finding.missing.map(str::to_owned).into_iter().collect(),
        curl: curl(&format!("{site}{}", endpoint.target())),
    }
}

fn myself(json: &Value) -> Finding {
    match decode::account_id(json) {
        Some(_) => Finding::ok("Jira accepts the credential."),
        None => Finding::failed(
            Code::InvalidCredentials,
            "Jira answers as to somebody who is not signed in.",
            CREDENTIALS,
        ),
    }
}

fn users(json: &Value) -> Finding {
    match json {
        Value::Array(accounts) if accounts.is_empty() => Finding::failed(
            Code::NoResources,
            "Jira lists no accounts, not even the one that asks.",
            format!("{BROWSE_USERS} If it has that permission, the site is another."),
        ),
        Value::Array(_) => Finding::ok("Accounts can be listed."),
        _ => Finding::failed(
            Code::Unreachable,
            "The answer is not Jira's: it is no list of accounts.",
            "Look at the answer by hand: something between here and Jira may have given it.",
        ),
    }
}

const CREDENTIALS: &str = "Use the e-mail address of the Atlassian account together with an API token of the same account (id.atlassian.com, Security, API tokens) that has not expired; a password or a user name is not accepted.";

const SCOPED: &str = " A token with scopes is accepted at https://api.atlassian.com/ex/jira/<cloud id> only; https://<site>/_edge/tenant_info shows the cloud id.";

const SITE: &str = "Open the site in a browser and use the address that it ends at; a site that was renamed or closed is not found under its old name.";

const CLOUD_ID: &str =
    "Compare the cloud id with the one that https://<site>/_edge/tenant_info shows.";

const NETWORK: &str = "Try again later. If it stays, look at the network and at the proxy that HTTPS_PROXY names; the credential is not to blame.";

fn of_trouble(trouble: &Trouble) -> Finding {
    match trouble {
        Trouble::RateLimited { hint } => {
            let when = hint.map_or("in some minutes".to_owned(), |hint| format!("in {hint} s"));
            Finding::failed(
                Code::RateLimited,
                "Jira's limit of requests is reached.",
                format!("Try again {when}."),
            )
        }
        Trouble::Server { .. } | Trouble::Broken { .. } => Finding::failed(
            Code::Unreachable,
            format!("Jira could not be asked: {}.", trouble.describe()),
            NETWORK,
        ),
    }
}

fn of_error(error: &JiraError, site: &Site) -> Finding {
    match error {
        JiraError::Unauthorized { message, .. } => {
            let scoped = if site.is_gateway() { "" } else { SCOPED };
            Finding::failed(
                Code::InvalidCredentials,
                format!("Jira does not accept the credential: {message}."),
                format!("{CREDENTIALS}{scoped}"),
            )
        }
        JiraError::Forbidden { message, mend, .. } => {
            let finding = Finding::failed(
                Code::InvalidPermissions,
                format!("Jira knows the account and refuses: {message}."),
                *mend,
            );
            match *mend {
                ADD_SCOPE => finding.lacking(SCOPE),
                BROWSE_USERS => finding.lacking(PERMISSION),
                _ => finding,
            }
        }
        JiraError::NotFound { .. } => Finding::failed(
            Code::NoResources,
            "There is no Jira at this address.",
            if site.is_gateway() { CLOUD_ID } else { SITE },
        ),
        // Nothing else comes of one attempt but answers that say nothing of the credential.
        other => Finding::failed(Code::Unreachable, other.to_string(), NETWORK),
    }
}

/// The same request by hand. It works as printed once the placeholders are replaced.
fn curl(url: &str) -> String {
    let url = url.replace('\'', r"'\''");
    format!("curl -u 'ATLASSIAN_ACCOUNT_EMAIL:API_TOKEN' -H 'Accept: application/json' '{url}'")
}
