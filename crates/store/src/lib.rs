//! One schema on SQLite and PostgreSQL: migrations, bulk upsert, reads, leases and the read-only
//! SQL console.
//!
//! Every statement is one text for both engines; what differs between them is in `engine`. A test
//! prepares each statement of `statements` on both.

mod access;
mod audit;
mod codec;
mod connections;
pub mod console;
mod credentials;
mod deletion;
mod deliveries;
mod deploying;
mod deployment_rules;
mod due;
mod engine;
mod error;
mod filters;
mod flag;
mod fold;
mod histories;
mod holdings;
mod hooks;
mod inbox;
mod incidents;
mod migrate;
mod open;
mod packs;
mod pages;
mod people;
mod places;
mod pull_list;
mod pull_story;
mod pushed;
mod queries;
mod run_measures;
mod running;
mod runs;
mod settings;
mod sightings;
mod statements;
mod streams;
mod unmeasured;
mod upsert;
mod usage;
mod vault;

pub use access::{ApiToken, Login, LoginSession, NewApiToken, Role, SessionTimes};
pub use audit::AuditEntry;
pub use codec::At;
pub use connections::{Connection, ConnectionKind, ConnectionState, FilterMode};
pub use credentials::{
    AuthMethod, CREDENTIAL_PURPOSE, CredentialSeen, CredentialState, NewCredential, ResealError,
    StoredCredential,
};
pub use deletion::DeletionError;
pub use deliveries::{
    DELIVERY_PURPOSE, DeliveryFilter, DeliveryOutcome, FinishedDelivery, InboxState, Misses,
    StoredDelivery,
};
pub use deploying::{
    BitbucketDeployment, DeploymentRecords, MergeRecord, PushedRecord, RuleDeployment,
    ServiceDeployment, ServiceIncident, ServiceRecords,
};
pub use deployment_rules::{DeploymentRule, NewRule, TriedDeployment};
pub use due::{DuePipeline, DuePull};
pub use engine::{Db, WriteTx};
pub use error::StoreError;
pub use filters::{FilterRule, FilterSubject, Filterable, StreamSetting};
pub use fold::{
    Column, Condition, Days, FoldReaders, Folded, GroupBy, Key, Parameter, Part, Question,
};
pub use histories::Proof;
pub use holdings::Holding;
pub use hooks::{WEBHOOK_SECRET_PURPOSE, WebhookHook, WebhookSecret, WorkspaceSecret};
pub use inbox::{Accepted, Inbox, NewDelivery, SigningSecret};
pub use incidents::{IncidentRecord, NewIncident};
pub use packs::Packing;
pub use pages::{Reject, StoredCounts, StreamFreshness};
pub use people::{
    Account, AddressLookup, CommitAddress, Decision, Evidence, ForgetKey, Forgettable, Identity,
    IdentityPlan, IdentitySource, JiraAccount, MatchedBy, NewDecision, Person, PersonEdit,
    PersonRef, PersonValues, PlanWritten, Team, TeamMember,
};
pub use places::{
    CarriedPull, ListedDeployment, ListedPull, ListedRepository, ListedRun, Place, Placed, Slice,
};
pub use pull_list::{
    AskedReviewer, Clause, PullLine, PullOrder, PullPlace, PullSearch, PullWord, PullsFound,
    Standing,
};
pub use pull_story::{PullFacts, PullStory, StoryComment, StoryDeployment, StoryEvent, StoryRun};
pub use pushed::{DeploymentListed, NewDeployment};
pub use queries::{FinishedQuery, NewQueryRun, NewSavedQuery, QueryRun, QueryState, SavedQuery};
pub use run_measures::{RuleRun, RuleStep, RunRecord as MeasuredRun, RunSeries, SeriesRecord};
pub use running::{Running, StreamShare};
pub use runs::{BegunRun, RunReason, RunRecord, RunTotals};
pub use settings::Measuring;
pub use sightings::KnownRepository;
pub use statements::statements;
pub use streams::{Lease, Stream, StreamKey, StreamState, StreamUpdate};
pub use upsert::{Counts, Upserted};
pub use usage::UsageRow;
pub use vault::{Vault, VaultError};
