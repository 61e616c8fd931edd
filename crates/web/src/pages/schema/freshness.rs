//! How fresh a table is: as of when the streams that fill it are complete.

use model::Instant;
use model::catalogue::Table;
use store::StreamFreshness;

/// Which streams of the import fill each table. What is made from settings and people's words is in
/// no stream.
const STREAMS: &[(&str, &[&str])] = &[
    ("bitbucket_workspaces", &["workspace"]),
    ("bitbucket_projects", &["repositories"]),
    ("bitbucket_repositories", &["repositories"]),
    ("bitbucket_users", &["members", "pull_requests", "activity"]),
    ("bitbucket_workspace_members", &["members"]),
    (
        "bitbucket_pulls",
        &["pull_requests", "activity", "comments"],
    ),
    ("bitbucket_pull_reviewers", &["pull_requests", "activity"]),
    ("bitbucket_reviews", &["activity", "comments"]),
    ("bitbucket_pull_comments", &["activity", "comments"]),
    ("bitbucket_pull_events", &["activity"]),
    ("bitbucket_pull_sizes", &["pull_sizes"]),
    ("bitbucket_commits", &["commits"]),
    ("bitbucket_pull_commits", &["pull_commits"]),
    ("bitbucket_pipelines", &["pipelines"]),
    ("bitbucket_pipeline_steps", &["pipeline_steps"]),
    ("bitbucket_environments", &["environments"]),
    ("bitbucket_deployments", &["deployments"]),
    ("repos", &["repositories"]),
    ("pull_requests", &["pull_requests", "activity", "comments"]),
    ("pull_request_reviews", &["activity", "comments"]),
    ("pull_request_commits", &["pull_commits"]),
    ("pipeline_runs", &["pipelines"]),
    ("deployments", &["deployments", "pipelines"]),
    ("deployment_measures", &["deployments", "pipelines"]),
    ("deployment_pulls", &["deployments", "pipelines"]),
    ("rule_deployments", &["pipelines"]),
];

/// How fresh a table is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Freshness {
    /// The streams that fill it.
    pub(super) streams: &'static [&'static str],
    /// As of when all of them that were read to their end are complete.
    pub(super) as_of: Option<Instant>,
    /// How many have not been.
    pub(super) unfinished: i64,
}

impl Freshness {
    pub(super) fn of(table: &Table, known: &[StreamFreshness]) -> Self {
        let streams = STREAMS
            .iter()
            .find(|(name, _)| *name == table.name)
            .map_or(&[][..], |(_, streams)| *streams);
        let its = || {
            known
                .iter()
                .filter(|one| streams.contains(&one.stream.as_str()))
        };
        Self {
            streams,
            as_of: its().filter_map(|one| one.as_of).min(),
            unfinished: its().map(|one| one.streams - one.complete).sum(),
        }
    }

    /// The streams, for people.
    pub(super) fn named(&self) -> String {
        self.streams.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_streams_are_those_of_tables_that_there_are() {
        for (name, streams) in STREAMS {
            assert!(model::catalogue::table(name).is_some(), "{name}");
            assert!(!streams.is_empty(), "{name}");
        }
    }

    #[test]
    fn a_table_is_as_fresh_as_the_oldest_of_its_streams() {
        let at = |text: &str| text.parse::<Instant>().ok();
        let of = |stream: &str, complete, as_of| StreamFreshness {
            stream: stream.to_owned(),
            streams: 3,
            complete,
            as_of,
        };
        let known = [
            of("activity", 3, at("2026-03-04T10:00:00Z")),
            of("comments", 2, at("2026-03-03T10:00:00Z")),
            of("pipelines", 1, at("2026-01-01T10:00:00Z")),
        ];
        let table = model::catalogue::table("pull_request_reviews").unwrap();
        let fresh = Freshness::of(table, &known);
        assert_eq!(
            (fresh.as_of, fresh.unfinished),
            (at("2026-03-03T10:00:00Z"), 1)
        );
    }
}
