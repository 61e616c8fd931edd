//! What is measured of deployments: what a rule makes a deployment ([`Rule`]), which pull requests
//! each carried ([`carried`]), and which failed and when that was mended ([`failures`]).

mod attribution;
mod failure;
mod rule;

pub use attribution::{AttributedBy, Carried, CarryingDeployment, Merge, carried};
pub use failure::{Failure, Incident, IncidentOutcome, Outcome, failures};
pub use rule::{EnvironmentType, PatternError, Rule, RuleText, Subject, Target};

use model::Instant;

/// Seconds from `from` to a deployment, never negative; NULL where `from` is not known.
pub fn lead_time(from: Option<Instant>, deployed_at: Instant) -> Option<i64> {
    from.map(|from| deployed_at.seconds_since(from).max(0))
}

/// Whether two hashes, one of which may be shortened, name one commit.
pub fn is_same_commit(one: &str, other: &str) -> bool {
    one.len().min(other.len()) >= SHORTEST_HASH
        && (one.starts_with(other) || other.starts_with(one))
}

/// A shorter beginning of a hash names nothing.
const SHORTEST_HASH: usize = 7;
