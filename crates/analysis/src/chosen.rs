//! What the names in filters mean, for whoever lists rows by the same filters.

use store::Db;

use crate::AnalysisError;
use crate::names::Places;

/// The repositories (`bitbucket_repositories.id`) that these projects and repositories are; `None`
/// where none is named.
///
/// # Errors
/// A name that nothing has, or a database that cannot be read.
pub async fn chosen_repositories(
    db: &Db,
    projects: &[String],
    repositories: &[String],
) -> Result<Option<Vec<i64>>, AnalysisError> {
    Places::load(db).await?.chosen(projects, repositories)
}
