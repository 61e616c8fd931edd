//! What every table and column is, said once.
//!
//! The bulk upserts, `windlass schema`, `docs/schema.md`, the column comments of PostgreSQL and
//! the SQL console's list of what may be read are all made from these entries; a test of `store`
//! holds them against the migrated databases.

pub use crate::table::{Column, ColumnType, Group, Kind, Newest, Role, Table};

/// Every table and view that may be read, in the order in which documents list them.
pub fn tables() -> &'static [&'static Table] {
    use crate::rows::*;
    const TABLES: &[&Table] = &[
        &WorkspaceRow::TABLE,
        &ProjectRow::TABLE,
        &RepositoryRow::TABLE,
        &UserRow::TABLE,
        &MemberRow::TABLE,
        &PullRow::TABLE,
        &ReviewerRow::TABLE,
        &ReviewRow::TABLE,
        &CommentRow::TABLE,
        &EventRow::TABLE,
        &PullSizeRow::TABLE,
        &CommitRow::TABLE,
        &PullCommitRow::TABLE,
        &PipelineRow::TABLE,
        &PipelineStepRow::TABLE,
        &EnvironmentRow::TABLE,
        &DeploymentRow::TABLE,
        &JiraUserRow::TABLE,
        &RejectRow::TABLE,
        &unified::REPOS,
        &unified::PULL_REQUESTS,
        &unified::PULL_REQUEST_REVIEWS,
        &unified::PULL_REQUEST_COMMITS,
        &unified::PIPELINE_RUNS,
        &unified::DEPLOYMENTS,
        &unified::DX_USERS,
        &unified::DX_TEAMS,
        &people::USERS,
        &people::IDENTITIES,
        &people::USER_LINK_DECISIONS,
        &people::ACCOUNT_TYPE_DECISIONS,
        &people::TEAMS,
        &people::TEAM_MEMBERS,
        &calendar::CALENDAR,
        &DeploymentMeasureRow::TABLE,
        &DeploymentPullRow::TABLE,
        &RuleDeploymentRow::TABLE,
        &deploying::DEPLOYMENT_RULES,
        &deploying::PUSHED_DEPLOYMENTS,
        &deploying::INCIDENTS,
        &control::CONNECTIONS,
        &control::SYNC_STREAMS,
        &control::IMPORT_RUNS,
    ];
    TABLES
}

/// The table or view of this name.
pub fn table(name: &str) -> Option<&'static Table> {
    tables().iter().copied().find(|table| table.name == name)
}
