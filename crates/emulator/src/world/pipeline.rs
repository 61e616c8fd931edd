//! Runs of Bitbucket Pipelines.

use model::Instant;

use super::account::AccountId;

#[derive(Debug, Clone)]
pub(crate) struct Pipeline {
    pub(crate) uuid: String,
    pub(crate) build_number: u64,
    /// Above 1 when it was run again.
    pub(crate) run_number: u64,
    pub(crate) creator: Option<AccountId>,
    pub(crate) created_on: Instant,
    pub(crate) completed_on: Option<Instant>,
    pub(crate) state: PipelineState,
    pub(crate) duration_in_seconds: u64,
    pub(crate) build_seconds_used: u64,
    pub(crate) target: Target,
    pub(crate) selector: Option<Selector>,
    /// Forty characters.
    pub(crate) commit: String,
    pub(crate) trigger: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PipelineState {
    Pending,
    /// With its stage: RUNNING, PAUSED or HALTED.
    InProgress(&'static str),
    Completed(PipelineResult),
}

/// How a pipeline ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PipelineResult {
    /// Every step passed.
    Successful,
    /// A step failed.
    Failed,
    /// The service itself failed.
    Error,
    /// Somebody stopped it.
    Stopped,
    /// It waited too long.
    Expired,
}

impl PipelineResult {
    /// The word of the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Successful => "SUCCESSFUL",
            Self::Failed => "FAILED",
            Self::Error => "ERROR",
            Self::Stopped => "STOPPED",
            Self::Expired => "EXPIRED",
        }
    }
}

impl PipelineState {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::InProgress(_) => "IN_PROGRESS",
            Self::Completed(_) => "COMPLETED",
        }
    }

    pub(crate) fn stage(self) -> Option<&'static str> {
        match self {
            Self::InProgress(stage) => Some(stage),
            _ => None,
        }
    }

    pub(crate) fn result(self) -> Option<&'static str> {
        match self {
            Self::Completed(result) => Some(result.word()),
            _ => None,
        }
    }
}

/// What a pipeline ran on.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Ref {
        ref_type: &'static str,
        ref_name: String,
    },
    Commit,
    PullRequest(u64),
}

impl Target {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Ref { .. } => "pipeline_ref_target",
            Self::Commit => "pipeline_commit_target",
            Self::PullRequest(_) => "pipeline_pullrequest_target",
        }
    }
}

/// Which definition of the pipelines file was chosen.
#[derive(Debug, Clone)]
pub(crate) struct Selector {
    pub(crate) kind: &'static str,
    pub(crate) pattern: Option<String>,
}
