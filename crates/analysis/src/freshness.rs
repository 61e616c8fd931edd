//! How fresh the data is.

use model::Instant;
use serde::Serialize;
use store::{Db, Key};

use crate::AnalysisError;
use crate::reports::ReportName;

/// How fresh what a report was made of is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Freshness {
    /// Everything up to then was read, of every stream that the report needs; `None` when a stream
    /// was never read to its end.
    pub complete_to: Option<Instant>,
    /// How many streams of repositories or workspaces were never read to their end.
    pub incomplete: u64,
    /// How many pull requests were read but not measured yet.
    pub unmeasured: u64,
}

impl Freshness {
    pub(crate) async fn load(db: &Db, report: ReportName) -> Result<Self, AnalysisError> {
        let needed: &[&str] = match report {
            ReportName::PullRequests | ReportName::Reviews | ReportName::People => {
                &["pull_requests", "activity", "comments"]
            }
            ReportName::Pipelines => &["pipelines"],
            ReportName::Deployments => &["environments", "deployments"],
            ReportName::Dora => &["pull_requests", "pipelines", "environments", "deployments"],
            ReportName::Repositories => &["repositories", "pull_requests", "activity", "pipelines"],
        };
        // What Bitbucket does not offer for a repository is not waited for.
        let streams = "(SELECT s.stream AS stream,
                MIN(CASE WHEN s.state IN ('complete', 'due') AND s.tried_at > s.completed_at
                    THEN s.tried_at ELSE s.completed_at END) AS as_of,
                SUM(CASE WHEN s.completed_at IS NULL AND s.tried_at IS NULL THEN 1 ELSE 0 END) AS waiting
            FROM sync_streams s WHERE s.state <> 'unavailable' GROUP BY s.stream) f";
        let keys = ["f.stream", "f.as_of", "f.waiting"];
        let mut freshness = Self::default();
        let mut times: Vec<Option<Instant>> = Vec::new();
        for part in db.groups(&keys, streams, Vec::new()).await? {
            let mut keys = part.keys.iter();
            let Some(Key::Text(stream)) = keys.next() else {
                continue;
            };
            if !needed.contains(&stream.as_str()) {
                continue;
            }
            times.push(match keys.next() {
                Some(Key::Text(text)) => text.parse().ok(),
                _ => None,
            });
            if let Some(Key::Integer(waiting)) = keys.next() {
                freshness.incomplete += waiting.unsigned_abs();
            }
        }
        if freshness.incomplete == 0 {
            freshness.complete_to = times.into_iter().flatten().min();
        }
        let unmeasured = db.groups(&[], "sync_unmeasured", Vec::new()).await?;
        freshness.unmeasured = unmeasured.iter().map(|part| part.rows).sum();
        Ok(freshness)
    }
}
