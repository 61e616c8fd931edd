//! A delivery as the log has it, and what became of it.

use model::Instant;

use crate::{At, StoreError};

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeliveryOutcome {
    /// Nothing yet.
    Waiting,
    /// Its rows are written.
    Applied,
    /// It is about nothing that is imported.
    Ignored,
    /// It is about a repository that is not imported.
    Filtered,
    /// Everything that it tells was known, or is out of date.
    Stale,
    /// It could not be read.
    Failed,
}

impl DeliveryOutcome {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Waiting,
        Self::Applied,
        Self::Ignored,
        Self::Filtered,
        Self::Stale,
        Self::Failed,
    ];

    /// The word in `webhook_deliveries.outcome`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Applied => "applied",
            Self::Ignored => "ignored",
            Self::Filtered => "filtered",
            Self::Stale => "stale",
            Self::Failed => "failed",
        }
    }

    /// The outcome of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// A delivery as it is stored.
#[derive(Clone, Debug)]
pub struct StoredDelivery {
    /// Its number.
    pub id: i64,
    /// The connection whose secret signed it.
    pub connection_id: i64,
    /// When it came.
    pub received_at: Instant,
    /// What it is about.
    pub event_key: String,
    /// When that happened, as its header has it.
    pub event_time: Option<Instant>,
    /// The webhook that sent it.
    pub hook_uuid: Option<String>,
    /// The request.
    pub request_uuid: Option<String>,
    /// Which attempt it was.
    pub attempt: Option<i64>,
    /// SHA-256 over key, line feed and body as it came.
    pub digest: String,
    /// The headers as a JSON object, without the signature.
    pub headers: String,
    /// The body, sealed for [`crate::DELIVERY_PURPOSE`]; once it was applied without people's texts, unless
    /// these are stored.
    pub body: String,
    /// How many bytes the body had when it came.
    pub size: i64,
    /// What became of it.
    pub outcome: DeliveryOutcome,
    /// Why it failed, or was ignored.
    pub problem: Option<String>,
    /// The repository's `workspace/slug`, where it is about one.
    pub repository: Option<String>,
    /// When it was applied, or found not to be.
    pub applied_at: Option<Instant>,
    /// How often it came again.
    pub doubles: i64,
}

#[derive(sqlx::FromRow)]
pub(super) struct Record {
    id: i64,
    connection_id: i64,
    received_at: At,
    event_key: String,
    event_time: Option<At>,
    hook_uuid: Option<String>,
    request_uuid: Option<String>,
    attempt: Option<i64>,
    digest: String,
    headers: String,
    body: String,
    size: i64,
    outcome: String,
    problem: Option<String>,
    repository: Option<String>,
    applied_at: Option<At>,
    doubles: i64,
}

impl TryFrom<Record> for StoredDelivery {
    type Error = StoreError;

    fn try_from(record: Record) -> Result<Self, StoreError> {
        let inconsistent = StoreError::Inconsistent {
            table: "webhook_deliveries",
            column: "outcome",
            id: record.id,
        };
        Ok(Self {
            id: record.id,
            connection_id: record.connection_id,
            received_at: record.received_at.0,
            event_key: record.event_key,
            event_time: record.event_time.map(Instant::from),
            hook_uuid: record.hook_uuid,
            request_uuid: record.request_uuid,
            attempt: record.attempt,
            digest: record.digest,
            headers: record.headers,
            body: record.body,
            size: record.size,
            outcome: DeliveryOutcome::parse(&record.outcome).ok_or(inconsistent)?,
            problem: record.problem,
            repository: record.repository,
            applied_at: record.applied_at.map(Instant::from),
            doubles: record.doubles,
        })
    }
}
