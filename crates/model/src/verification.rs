//! What trying out a credential came to: one shape for every source.

use std::fmt;

use serde::Serialize;

/// Why a connection cannot be used, in a word that programs compare. The words stay as they are:
/// scripts and documents name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The credential is wrong, expired or revoked.
    InvalidCredentials,
    /// The credential is known, but lacks a scope or a permission.
    InvalidPermissions,
    /// The credential works, and nothing is to be seen with it: the workspace or site is another,
    /// or empty to this credential.
    NoResources,
    /// No answer that would tell anything of the credential: no connection, a time-out, a server
    /// that fails.
    Unreachable,
    /// The limit of requests is reached; later it may work.
    RateLimited,
}

impl Code {
    /// The word itself.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidCredentials => "invalid_credentials",
            Self::InvalidPermissions => "invalid_permissions",
            Self::NoResources => "no_resources",
            Self::Unreachable => "unreachable",
            Self::RateLimited => "rate_limited",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It works.
    Ok,
    /// It does not work, and the import goes on without it.
    Warning,
    /// It does not work, and the import needs it.
    Failed,
}

impl Outcome {
    /// The word itself.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One request that was tried. Nothing in it is a secret, an address of a person, or taken from an
/// answer's body but for words that were made fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was asked for: the address with names left out.
    pub endpoint: String,
    /// The address itself, from behind the API's, with its query.
    pub path: String,
    /// The status of the answer; `None` when none came.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not work; `None` when it did.
    pub code: Option<Code>,
    /// What was found, in a sentence.
    pub what: String,
    /// What to do about it, in a sentence; empty when there is nothing to do.
    pub mend: String,
    /// The scopes or permissions that are missing, as far as they are known.
    pub missing_scopes: Vec<String>,
    /// The command that tries the same by hand, with placeholders where the credential goes.
    pub curl: String,
}

/// What trying out a credential came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// What was tried, in order.
    pub checks: Vec<Check>,
    /// Why the connection cannot be used; `None` when it can.
    pub code: Option<Code>,
}

impl Verification {
    /// The result of these checks: its code is that of the first that failed.
    pub fn of(checks: Vec<Check>) -> Self {
        let failed = |check: &&Check| check.outcome == Outcome::Failed;
        let code = checks.iter().find(failed).and_then(|check| check.code);
        Self { checks, code }
    }

    /// Whether the connection can be used, with warnings or without.
    pub fn is_usable(&self) -> bool {
        let failed = |check: &Check| check.outcome == Outcome::Failed;
        self.code.is_none() && !self.checks.iter().any(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(outcome: Outcome, code: Option<Code>) -> Check {
        Check {
            endpoint: "/things/{id}".to_owned(),
            path: "/things/1".to_owned(),
            status: Some(403),
            outcome,
            code,
            what: "It is refused.".to_owned(),
            mend: String::new(),
            missing_scopes: vec!["read:thing".to_owned()],
            curl: "curl 'https://api.example/things/1'".to_owned(),
        }
    }

    #[test]
    fn the_first_failure_names_the_code_and_a_warning_does_not() {
        let passed = check(Outcome::Ok, None);
        let warned = check(Outcome::Warning, Some(Code::RateLimited));
        let refused = check(Outcome::Failed, Some(Code::InvalidPermissions));
        let unseen = check(Outcome::Failed, Some(Code::NoResources));

        let usable = Verification::of(vec![passed.clone(), warned.clone()]);
        assert_eq!(usable.code, None);
        assert!(usable.is_usable());

        let refused = Verification::of(vec![passed, warned, refused, unseen]);
        assert_eq!(refused.code, Some(Code::InvalidPermissions));
        assert!(!refused.is_usable());
    }

    #[test]
    fn a_failure_without_a_code_is_not_usable_either() {
        assert!(!Verification::of(vec![check(Outcome::Failed, None)]).is_usable());
    }

    #[test]
    fn programs_read_the_same_words_as_people() {
        for code in [
            Code::InvalidCredentials,
            Code::InvalidPermissions,
            Code::NoResources,
            Code::Unreachable,
            Code::RateLimited,
        ] {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert_eq!(code.to_string(), code.as_str());
        }
        for outcome in [Outcome::Ok, Outcome::Warning, Outcome::Failed] {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.as_str());
        }
    }
}
