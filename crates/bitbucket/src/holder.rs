//! Who holds a credential, and how it fares.

use std::collections::BTreeMap;

use model::Instant;

use crate::{Credential, GroupUsage};

/// A credential among those of a client.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The caller's number for it, unique among the holders of a client.
    pub id: i64,
    /// What its requests are signed with.
    pub credential: Credential,
    /// How many requests a window allows; Bitbucket allows 1,000 an hour unless it is scaled up.
    /// Holders of one allowance (API tokens of one person) are best given the same number.
    pub hourly_limit: u32,
    /// From then on it is not used any more, where that is known.
    pub expires_at: Option<Instant>,
}

impl Holder {
    /// A credential with Bitbucket's documented limit, and no end that is known.
    pub fn new(id: i64, credential: Credential) -> Self {
        Self {
            id,
            credential,
            hourly_limit: 1_000,
            expires_at: None,
        }
    }
}

/// How a holder fares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderState {
    /// The caller's number.
    pub id: i64,
    /// What people call the credential.
    pub label: String,
    /// The allowance that it spends, as [`Credential::allowance`] names it.
    pub allowance: String,
    /// Whether it is used.
    pub standing: Standing,
    /// The scopes that Bitbucket said it has; empty while it said nothing.
    pub scopes: Vec<String>,
    /// How far its allowance is used, per group of endpoints.
    pub groups: BTreeMap<String, GroupUsage>,
}

/// Whether a holder is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing speaks against it.
    Ok,
    /// Bitbucket said 401: no request is sent with it any more.
    Refused {
        /// Bitbucket's words.
        problem: String,
    },
    /// It has expired: no request is sent with it any more.
    Expired {
        /// When it did.
        at: Instant,
    },
    /// Bitbucket said 403 at these endpoints (addresses with names left out), where others are
    /// asked instead; to each the scopes that are missing, as far as they are known.
    LacksScopes(BTreeMap<String, Vec<String>>),
    /// Bitbucket said 429: its allowance rests in a group of endpoints.
    Resting {
        /// Until then.
        until: Instant,
    },
}

/// For what requests are spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Priority {
    /// What is new: it may spend all that there is.
    #[default]
    Increment,
    /// What is old: it leaves a part of each limit
    /// ([`crate::ClientConfig::backfill_reserve_percent`]) to what is new.
    Backfill,
}
