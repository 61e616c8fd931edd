//! What is behind a figure: where the rows that it counts are listed, and by which question.

use crate::grouping::Grouping;
use crate::period::Period;
use crate::pulls::DayKind;
use crate::query::Filters;
use crate::report::{Group, Report};
use crate::reports::ReportName;

/// A list of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Pull requests.
    PullRequests,
    /// Runs of pipelines.
    Pipelines,
    /// Deployments.
    Deployments,
    /// Repositories.
    Repositories,
}

impl Listed {
    /// The word for it, which is its address too.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PullRequests => "pull-requests",
            Self::Pipelines => "pipelines",
            Self::Deployments => "deployments",
            Self::Repositories => "repositories",
        }
    }
}

/// Where the rows behind a figure are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// In which list.
    pub listed: Listed,
    /// What is asked of it: names and values.
    pub question: Vec<(&'static str, String)>,
    /// Whether the list has exactly the rows of the figure. Otherwise it has what they belong to, as
    /// the pull requests of reviews.
    pub exact: bool,
}

/// Which rows a measure counts.
#[derive(Clone, Copy)]
enum Source {
    /// Pull requests by a day, with what is measured known.
    Days(DayKind, Option<&'static str>),
    /// Pull requests as they are now.
    Now(&'static [(&'static str, &'static str)]),
    /// Those that were reviewed.
    Reviewed,
    Runs,
    Deployments,
    Repositories,
}

fn source(measure: &'static str) -> Source {
    use DayKind::{Closed, Deployed, FirstReview, Merged, Opened};
    match measure {
        "opened" | "contributors" => Source::Days(Opened, None),
        "merged" | "merged_per_developer" | "unreviewed_merges" => Source::Days(Merged, None),
        "cycle_time" | "coding_time" | "pickup_time" | "review_time" | "merge_wait"
        | "open_to_merge" | "review_rounds" | "comments" | "size" => {
            Source::Days(Merged, Some(measure))
        }
        "closed" | "merge_rate" | "declined_share" => Source::Days(Closed, None),
        "first_response" | "first_approval" => Source::Days(FirstReview, Some(measure)),
        "pulls_deployed" => Source::Days(Deployed, None),
        "lead_time" | "lead_time_from_open" | "lead_time_from_commit" => {
            Source::Days(Deployed, Some(measure))
        }
        "open_now" | "open_age" => Source::Now(&[("state", "open")]),
        "draft_now" => Source::Now(&[("state", "draft")]),
        "waiting_for_review_now" => Source::Now(&[("state", "waiting-for-review")]),
        "open_over_7_days" => Source::Now(&[("state", "open"), ("older-than", "7")]),
        "open_over_30_days" => Source::Now(&[("state", "open"), ("older-than", "30")]),
        "reviews" | "approvals" | "change_requests" | "comment_reviews" | "review_comments"
        | "review_turnaround" | "reviewers" | "review_load" | "busiest_fifth" => Source::Reviewed,
        "deployments"
        | "deployments_successful"
        | "deployment_frequency"
        | "change_failure_rate"
        | "time_to_restore"
        | "lead_time_of_deployments" => Source::Deployments,
        "repositories" | "days_since_activity" | "stale_repositories" => Source::Repositories,
        _ => Source::Runs,
    }
}

impl Source {
    fn listed(self) -> Listed {
        match self {
            Self::Days(..) | Self::Now(_) | Self::Reviewed => Listed::PullRequests,
            Self::Runs => Listed::Pipelines,
            Self::Deployments => Listed::Deployments,
            Self::Repositories => Listed::Repositories,
        }
    }

    /// The names of the question that say which group it is about.
    fn names(self, grouping: Grouping) -> Option<&'static [&'static str]> {
        let of_pulls = self.listed() == Listed::PullRequests;
        let of_reviews = matches!(self, Self::Reviewed);
        Some(match grouping {
            Grouping::Repository => &["repository"],
            Grouping::Project => &["project"],
            Grouping::Branch if of_pulls => &["target-branch"],
            Grouping::Branch => &["branch"],
            Grouping::Team if of_pulls => &["team-itself"],
            Grouping::Author if of_pulls => &["author"],
            Grouping::Reviewer if of_reviews => &["reviewer"],
            Grouping::Pair if of_reviews => &["reviewer", "author"],
            Grouping::Person if of_reviews => &["reviewer"],
            Grouping::Person if of_pulls => &["author"],
            Grouping::Pipeline => &["pipeline"],
            Grouping::Environment => &["environment"],
            Grouping::Service => &["service"],
            _ => return None,
        })
    }
}

impl Report {
    /// Where the rows behind a figure are: of everything or of one group, in these days of the
    /// report. Nothing where no list has them.
    pub fn behind(
        &self,
        measure: &'static str,
        period: Period,
        group: Option<&Group>,
    ) -> Option<Behind> {
        let source = source(measure);
        let mut question: Vec<(&'static str, String)> = Vec::new();
        let mut exact = true;
        match source {
            Source::Days(kind, with) => {
                question.push((kind.from_name(), period.from.to_string()));
                question.push((kind.to_name(), period.to.to_string()));
                question.extend(with.map(|with| ("with", with.to_owned())));
                exact = measure != "merged_per_developer";
            }
            Source::Now(words) => {
                let words = words.iter();
                question.extend(words.map(|(name, word)| (*name, (*word).to_owned())));
            }
            Source::Reviewed => {
                let kind = DayKind::Reviewed;
                question.push((kind.from_name(), period.from.to_string()));
                question.push((kind.to_name(), period.to.to_string()));
                exact = false;
            }
            Source::Runs | Source::Deployments => {
                question.push(("from", period.from.to_string()));
                question.push(("to", period.to.to_string()));
                exact = matches!(measure, "runs" | "deployments");
            }
            Source::Repositories => exact = false,
        }
        if matches!(source, Source::Deployments) && self.report == ReportName::Dora {
            question.push(("production", "yes".to_owned()));
        }
        let of_group = match (self.grouping, group) {
            (Some(grouping), Some(group)) => {
                let names = source.names(grouping)?;
                if names.len() != group.words.len() {
                    return None;
                }
                names.iter().copied().zip(group.words.clone()).collect()
            }
            _ => Vec::new(),
        };
        let mut filters = filters(source, &self.filters);
        // A group of a filter says more than the filter does.
        filters.retain(|(name, _)| !of_group.iter().any(|(of_group, _)| of_group == name));
        question.extend(filters);
        question.extend(of_group);
        if source.listed() == Listed::PullRequests {
            question.push(("bots", self.filters.bots.as_str().to_owned()));
        }
        Some(Behind {
            listed: source.listed(),
            question,
            exact,
        })
    }
}

fn filters(source: Source, filters: &Filters) -> Vec<(&'static str, String)> {
    let of_pulls = source.listed() == Listed::PullRequests;
    let branch = if of_pulls { "target-branch" } else { "branch" };
    let mut lists = vec![
        ("project", &filters.projects),
        ("repository", &filters.repositories),
        (branch, &filters.branches),
    ];
    if of_pulls {
        lists.push(("team", &filters.teams));
        lists.push(("author", &filters.authors));
    }
    if matches!(source, Source::Reviewed) {
        lists.push(("reviewer", &filters.reviewers));
    }
    lists
        .into_iter()
        .flat_map(|(name, words)| words.iter().map(move |word| (name, word.clone())))
        .collect()
}
