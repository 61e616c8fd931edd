//! Which reports there are, and what each of them shows.

use serde::Serialize;

use crate::facts::{self, Facts};
use crate::grouping::Grouping;
use crate::measures::{Measure, measures};

/// The name of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportName {
    /// Pull requests.
    PullRequests,
    /// Reviews.
    Reviews,
    /// Pipelines.
    Pipelines,
    /// Deployments.
    Deployments,
    /// The four keys.
    Dora,
    /// Repositories.
    Repositories,
    /// People and teams.
    People,
}

/// What a report is.
pub(crate) struct Plan {
    pub(crate) facts: &'static [Counted],
    measures: &'static [&'static str],
    pub(crate) groupings: &'static [Grouping],
    pub(crate) usual_grouping: Option<Grouping>,
}

/// Facts that a report counts.
pub(crate) struct Counted {
    pub(crate) facts: &'static Facts,
    /// Only asked for when the report is grouped by this.
    pub(crate) only_by: Option<Grouping>,
    /// The same with more columns, for questions that need them.
    pub(crate) wider: Option<&'static Facts>,
}

const fn always(facts: &'static Facts) -> Counted {
    Counted {
        facts,
        only_by: None,
        wider: None,
    }
}

impl ReportName {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::PullRequests,
        Self::Reviews,
        Self::Pipelines,
        Self::Deployments,
        Self::Dora,
        Self::Repositories,
        Self::People,
    ];

    /// The name as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PullRequests => "pull-requests",
            Self::Reviews => "reviews",
            Self::Pipelines => "pipelines",
            Self::Deployments => "deployments",
            Self::Dora => "dora",
            Self::Repositories => "repositories",
            Self::People => "people",
        }
    }

    /// What it tells, in one line.
    pub fn title(self) -> &'static str {
        match self {
            Self::PullRequests => {
                "Pull requests: throughput, cycle time and its parts, size, what is open"
            }
            Self::Reviews => {
                "Reviews: first response, turnaround, load, who reviews whom, unreviewed merges"
            }
            Self::Pipelines => {
                "Pipelines: success, duration, queue, re-runs, time to green, minutes, steps"
            }
            Self::Deployments => "Deployments to every environment",
            Self::Dora => {
                "The four keys: deployment frequency, lead time, change failure rate, time to restore"
            }
            Self::Repositories => "Repositories: activity and staleness",
            Self::People => "People and teams: what was opened, merged and reviewed",
        }
    }

    /// What it shows, in order.
    pub fn measures(self) -> impl Iterator<Item = &'static Measure> {
        self.plan()
            .measures
            .iter()
            .filter_map(|name| measures().iter().find(|measure| measure.name == *name))
    }

    /// What it can be grouped by.
    pub fn groupings(self) -> &'static [Grouping] {
        self.plan().groupings
    }

    #[cfg(test)]
    pub(crate) fn plan_length(self) -> usize {
        self.plan().measures.len()
    }

    pub(crate) fn plan(self) -> &'static Plan {
        match self {
            Self::PullRequests => &PULL_REQUESTS,
            Self::Reviews => &REVIEWS,
            Self::Pipelines => &PIPELINES,
            Self::Deployments => &DEPLOYMENTS,
            Self::Dora => &DORA,
            Self::Repositories => &REPOSITORIES,
            Self::People => &PEOPLE,
        }
    }
}

static PULL_REQUESTS: Plan = Plan {
    facts: &[
        always(&facts::OPENED),
        always(&facts::MERGED),
        always(&facts::CLOSED),
        always(&facts::OPEN),
    ],
    measures: &[
        "opened",
        "merged",
        "merged_per_developer",
        "closed",
        "merge_rate",
        "declined_share",
        "cycle_time",
        "coding_time",
        "pickup_time",
        "review_time",
        "merge_wait",
        "open_to_merge",
        "review_rounds",
        "comments",
        "size",
        "open_now",
        "draft_now",
        "waiting_for_review_now",
        "open_age",
        "open_over_7_days",
        "open_over_30_days",
    ],
    groupings: &[
        Grouping::Repository,
        Grouping::Project,
        Grouping::Team,
        Grouping::Author,
        Grouping::Branch,
    ],
    usual_grouping: None,
};

static REVIEWS: Plan = Plan {
    facts: &[
        always(&facts::REVIEWS),
        always(&facts::FIRST_REVIEWS),
        always(&facts::MERGED_REVIEWED),
    ],
    measures: &[
        "reviews",
        "approvals",
        "change_requests",
        "comment_reviews",
        "review_comments",
        "review_turnaround",
        "first_response",
        "first_approval",
        "unreviewed_merges",
        "reviewers",
        "review_load",
        "busiest_fifth",
    ],
    groupings: &[
        Grouping::Repository,
        Grouping::Project,
        Grouping::Team,
        Grouping::Reviewer,
        Grouping::Author,
        Grouping::Pair,
    ],
    usual_grouping: None,
};

static PIPELINES: Plan = Plan {
    facts: &[
        always(&facts::PIPELINES),
        Counted {
            facts: &facts::STEPS,
            only_by: Some(Grouping::Step),
            wider: None,
        },
    ],
    measures: &[
        "runs",
        "success_rate",
        "runs_failed",
        "runs_stopped",
        "pipeline_duration",
        "queue_time",
        "rerun_rate",
        "time_to_green",
        "build_minutes",
        "steps",
        "step_duration",
        "step_failure_rate",
        "step_flakiness",
    ],
    groupings: &[
        Grouping::Repository,
        Grouping::Project,
        Grouping::Branch,
        Grouping::Pipeline,
        Grouping::Step,
    ],
    usual_grouping: None,
};

static DEPLOYMENTS: Plan = Plan {
    facts: &[always(&facts::DEPLOYMENTS)],
    measures: &[
        "deployments",
        "deployments_successful",
        "deployment_frequency",
        "change_failure_rate",
        "time_to_restore",
    ],
    groupings: &[
        Grouping::Environment,
        Grouping::Service,
        Grouping::Repository,
        Grouping::Project,
    ],
    usual_grouping: None,
};

static DORA: Plan = Plan {
    facts: &[
        always(&facts::PRODUCTION),
        Counted {
            facts: &facts::LEAD_TIMES,
            only_by: None,
            wider: Some(&facts::LEAD_TIMES_OF_AUTHORS),
        },
    ],
    measures: &[
        "deployment_frequency",
        "lead_time",
        "change_failure_rate",
        "time_to_restore",
        "deployments",
        "lead_time_of_deployments",
        "pulls_deployed",
        "lead_time_from_open",
        "lead_time_from_commit",
    ],
    groupings: &[
        Grouping::Repository,
        Grouping::Project,
        Grouping::Service,
        Grouping::Environment,
        Grouping::Team,
        Grouping::Author,
    ],
    usual_grouping: None,
};

static REPOSITORIES: Plan = Plan {
    facts: &[
        always(&facts::REPOSITORIES),
        always(&facts::OPENED),
        always(&facts::MERGED_REVIEWED),
        always(&facts::OPEN),
        always(&facts::REVIEWS_COUNTED),
        always(&facts::RUNS),
    ],
    measures: &[
        "repositories",
        "days_since_activity",
        "stale_repositories",
        "opened",
        "merged",
        "unreviewed_merges",
        "contributors",
        "reviews",
        "runs",
        "open_now",
        "waiting_for_review_now",
    ],
    groupings: &[Grouping::Repository, Grouping::Project],
    usual_grouping: Some(Grouping::Repository),
};

static PEOPLE: Plan = Plan {
    facts: &[
        always(&facts::OPENED),
        always(&facts::MERGED),
        always(&facts::REVIEWS),
        always(&facts::OPEN),
    ],
    measures: &[
        "opened",
        "merged",
        "merged_per_developer",
        "cycle_time",
        "pickup_time",
        "size",
        "reviews",
        "review_comments",
        "review_turnaround",
        "open_now",
    ],
    groupings: &[
        Grouping::Person,
        Grouping::Team,
        Grouping::Repository,
        Grouping::Project,
    ],
    usual_grouping: Some(Grouping::Person),
};
