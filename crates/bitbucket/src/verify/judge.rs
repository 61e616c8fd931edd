//! What the answer to a trial means, and how to mend it. Pure.

use model::verification::{Code, Outcome};

use crate::Credential;
use crate::endpoint::Endpoint;
use crate::error::answer::Complaint;

/// What came back.
#[derive(Debug)]
pub(super) enum Reply {
    /// A whole answer.
    Answer,
    /// An answer that says no.
    TurnedAway(u16, Complaint),
    /// 429.
    RateLimited,
    /// The server failed, with this status.
    Failing(u16),
    /// No answer in JSON came: what happened.
    Silent(String),
}

/// How much hangs on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// The import is nothing without it.
    Required,
    /// A workspace or repository may have it switched off, and the import goes on.
    Optional,
}

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trial<'a> {
    pub(super) endpoint: Endpoint,
    /// What people call what is tried.
    pub(super) noun: &'a str,
    pub(super) need: Need,
    pub(super) credential: &'a Credential,
    pub(super) workspace: &'a str,
    /// The repository, `workspace/slug`, if it is about one.
    pub(super) repository: Option<&'a str>,
    /// The scopes that Bitbucket said the credential has; empty while it said nothing.
    pub(super) granted: &'a [String],
}

/// What it means.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Judgement {
    pub(super) outcome: Outcome,
    pub(super) status: Option<u16>,
    pub(super) code: Option<Code>,
    pub(super) what: String,
    pub(super) mend: String,
    pub(super) missing_scopes: Vec<String>,
}

impl Judgement {
    pub(super) fn ok(what: String) -> Self {
        Self {
            outcome: Outcome::Ok,
            status: Some(200),
            code: None,
            what,
            mend: String::new(),
            missing_scopes: Vec::new(),
        }
    }
}

pub(super) fn judge(reply: &Reply, trial: &Trial<'_>) -> Judgement {
    let noun = trial.noun;
    let bad = |status: Option<u16>, code: Code, what: String, mend: String| Judgement {
        outcome: trial.severity(),
        status,
        code: Some(code),
        what,
        mend,
        missing_scopes: Vec::new(),
    };
    match reply {
        Reply::Answer => Judgement::ok(format!("{} can be read.", capitalised(noun))),
        Reply::TurnedAway(401, complaint) => bad(
            Some(401),
            Code::InvalidCredentials,
            format!(
                "Bitbucket does not accept the credential for {noun}: {}.",
                complaint.words()
            ),
            of_credentials(trial.credential),
        ),
        Reply::TurnedAway(403, complaint) => {
            let missing = missing_scopes(complaint, trial);
            let what = format!("Bitbucket refuses {noun}: {}.", complaint.words());
            let mend = of_permissions(&missing, trial);
            Judgement {
                missing_scopes: missing,
                ..bad(Some(403), Code::InvalidPermissions, what, mend)
            }
        }
        Reply::TurnedAway(404, complaint) => not_found(complaint, trial),
        Reply::TurnedAway(status, complaint) => bad(
            Some(*status),
            Code::Unreachable,
            format!(
                "Bitbucket answers {noun} with status {status}: {}.",
                complaint.words()
            ),
            "This says nothing of the credential. Check the address of the API, and whatever stands between here and there.".to_owned(),
        ),
        Reply::RateLimited => bad(
            Some(429),
            Code::RateLimited,
            "The requests of this hour are used up.".to_owned(),
            "This says nothing of the credential. Try again later, or see what else uses it: 1,000 requests an hour are usual.".to_owned(),
        ),
        Reply::Failing(status) => bad(
            Some(*status),
            Code::Unreachable,
            format!("Bitbucket failed at {noun} (status {status})."),
            "This says nothing of the credential. Try again later; https://bitbucket.status.atlassian.com tells of outages.".to_owned(),
        ),
        Reply::Silent(what) => bad(
            None,
            Code::Unreachable,
            format!("No answer came for {noun}: {what}."),
            "This says nothing of the credential. Check the network from here: the name, a firewall, a proxy (HTTPS_PROXY, NO_PROXY), and an authority of your own for TLS.".to_owned(),
        ),
    }
}

impl Trial<'_> {
    fn severity(&self) -> Outcome {
        match self.need {
            Need::Required => Outcome::Failed,
            Need::Optional => Outcome::Warning,
        }
    }
}

fn not_found(complaint: &Complaint, trial: &Trial<'_>) -> Judgement {
    let noun = trial.noun;
    let judgement = |outcome, code, what, mend| Judgement {
        outcome,
        status: Some(404),
        code,
        what,
        mend,
        missing_scopes: Vec::new(),
    };
    let Some(repository) = trial.repository else {
        return judgement(
            trial.severity(),
            Some(Code::NoResources),
            format!(
                "There is no workspace `{}`, or the credential does not see it.",
                trial.workspace
            ),
            of_resources(trial.workspace),
        );
    };
    match trial.need {
        Need::Optional => judgement(
            Outcome::Warning,
            None,
            format!("There is no answer about {noun} of {repository} (404)."),
            format!("Nothing, if {noun} are switched off there or were never used."),
        ),
        // A repository without a first commit has no branch either.
        Need::Required
            if trial.endpoint == Endpoint::Commits && !complaint.is_about_a_repository() =>
        {
            judgement(
                Outcome::Warning,
                None,
                format!("{repository} has no commit on its main branch yet (404)."),
                String::new(),
            )
        }
        Need::Required => judgement(
            Outcome::Failed,
            Some(Code::InvalidPermissions),
            format!("{repository} is listed, but the credential may not see {noun} of it (404)."),
            format!(
                "Give {} access to the repository: at present it sees no more than that there is one.",
                holder(trial.credential)
            ),
        ),
    }
}

/// What to do about 401, by kind.
fn of_credentials(credential: &Credential) -> String {
    match credential {
        Credential::AccessToken { .. } => "Check that the token was copied whole, and has neither expired nor been revoked. It must be the access token of a workspace, project or repository (method API token). An API token of a person goes with the e-mail address of the Atlassian account instead (method Basic auth). App passwords ended on 2026-07-28.",
        Credential::ApiToken { .. } => "Check the e-mail address: it must be that of the Atlassian account, a user name is refused. Check that the API token was copied whole, was made with scopes for Bitbucket, and has neither expired (after a year at most) nor been revoked. The access token of a workspace goes alone, without an address (method API token). App passwords ended on 2026-07-28.",
    }
    .to_owned()
}

/// What to do about 403.
fn of_permissions(missing: &[String], trial: &Trial<'_>) -> String {
    if missing.is_empty() {
        return format!(
            "The scopes suffice. Give {} access to {}.",
            holder(trial.credential),
            trial.repository.map_or_else(
                || format!("the workspace `{}`", trial.workspace),
                str::to_owned
            ),
        );
    }
    let scopes = match missing {
        [one] => format!("the scope {one}"),
        several => format!("the scopes {}", several.join(", ")),
    };
    format!("Make a new token that has {scopes} too; the scopes of a token cannot be changed.")
}

/// What to do when nothing is visible: both causes.
pub(super) fn of_resources(workspace: &str) -> String {
    format!(
        "Check the workspace's name: it is the first part of its address, in https://bitbucket.org/myworkspace/ it is myworkspace. If `{workspace}` is right, the credential sees no repository of it: give its owner access, or make the token in this workspace."
    )
}

fn holder(credential: &Credential) -> &'static str {
    match credential {
        Credential::AccessToken { .. } => "the access token",
        Credential::ApiToken { .. } => "the person whose API token it is",
    }
}

/// The scopes that are missing, in the words of the credential's kind: as Bitbucket says them, or
/// as its API description declares them.
fn missing_scopes(complaint: &Complaint, trial: &Trial<'_>) -> Vec<String> {
    let (required, granted) = if complaint.required.is_empty() {
        let declared = trial.endpoint.scopes(trial.credential);
        let declared: Vec<String> = declared.iter().map(|scope| (*scope).to_owned()).collect();
        (declared, trial.granted)
    } else {
        (complaint.required.clone(), complaint.granted.as_slice())
    };
    let mut missing: Vec<String> = required
        .iter()
        .filter(|scope| !granted.contains(scope))
        .map(|scope| translated(scope, trial.credential))
        .filter(|scope| !granted.contains(scope))
        .collect();
    missing.sort();
    missing.dedup();
    missing
}

/// A read scope in classic words and in granular ones.
const VOCABULARIES: [(&str, &str); 6] = [
    ("repository", "read:repository:bitbucket"),
    ("pullrequest", "read:pullrequest:bitbucket"),
    ("pipeline", "read:pipeline:bitbucket"),
    ("webhook", "read:webhook:bitbucket"),
    ("account", "read:workspace:bitbucket"),
    ("account", "read:user:bitbucket"),
];

fn translated(scope: &str, credential: &Credential) -> String {
    let other = match credential {
        Credential::AccessToken { .. } => VOCABULARIES
            .iter()
            .find(|(_, granular)| *granular == scope)
            .map(|(classic, _)| classic),
        Credential::ApiToken { .. } => VOCABULARIES
            .iter()
            .find(|(classic, _)| *classic == scope)
            .map(|(_, granular)| granular),
    };
    other.map_or_else(|| scope.to_owned(), |other| (*other).to_owned())
}

fn capitalised(noun: &str) -> String {
    let mut letters = noun.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}
