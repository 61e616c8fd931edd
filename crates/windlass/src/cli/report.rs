//! `windlass report`.

use analysis::Asked;
use clap::Args;

use super::QueryFormat;

#[derive(Args, Debug)]
pub(crate) struct ReportArguments {
    /// The report: pull-requests, reviews, pipelines, deployments, dora, repositories or people
    #[arg(value_name = "NAME", required_unless_present = "list")]
    pub(crate) name: Option<String>,
    /// Explain the measures of the report, or of all of them
    #[arg(long)]
    pub(crate) list: bool,
    /// The first day, in the account's time zone [default: 30 days up to the last day]
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// The last day [default: yesterday]
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// Everything up to today, compared with nothing
    #[arg(long, conflicts_with = "from")]
    pub(crate) all_time: bool,
    /// Show a series as well: day, week or month
    #[arg(long, value_name = "UNIT")]
    pub(crate) granularity: Option<String>,
    /// Group by repository, project, team, author, reviewer, pair, person, branch, pipeline, step,
    /// environment or service, whichever the report knows; none for no groups
    #[arg(long, value_name = "WHAT")]
    pub(crate) group_by: Option<String>,
    /// Only this project: key or name; may be given several times
    #[arg(long = "project", value_name = "NAME")]
    pub(crate) projects: Vec<String>,
    /// Only this repository: its name or workspace/repository; may be given several times
    #[arg(long = "repository", value_name = "NAME")]
    pub(crate) repositories: Vec<String>,
    /// Only this team and those below it; may be given several times
    #[arg(long = "team", value_name = "NAME")]
    pub(crate) teams: Vec<String>,
    /// Only pull requests of this author: name or address; may be given several times
    #[arg(long = "author", value_name = "NAME")]
    pub(crate) authors: Vec<String>,
    /// Only reviews by this reviewer; may be given several times
    #[arg(long = "reviewer", value_name = "NAME")]
    pub(crate) reviewers: Vec<String>,
    /// Only this branch: the target of a pull request, or what a pipeline ran on; may be given
    /// several times
    #[arg(long = "target-branch", visible_alias = "branch", value_name = "NAME")]
    pub(crate) branches: Vec<String>,
    /// Only deployments to this environment; may be given several times
    #[arg(long = "environment", value_name = "NAME")]
    pub(crate) environments: Vec<String>,
    /// Only deployments of this service; may be given several times
    #[arg(long = "service", value_name = "NAME")]
    pub(crate) services: Vec<String>,
    /// What to do with the work of bots: exclude, include or only [default: exclude]
    #[arg(long, value_name = "HOW")]
    pub(crate) bots: Option<String>,
    /// Durations in business hours
    #[arg(long)]
    pub(crate) business_hours: bool,
    /// Only this measure; may be given several times [default: all; for groups in a table, the first
    /// six]
    #[arg(long = "measure", value_name = "NAME")]
    pub(crate) measures: Vec<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = QueryFormat::Table)]
    pub(crate) format: QueryFormat,
}

impl ReportArguments {
    /// The question in words.
    pub(crate) fn asked(&self) -> Asked {
        Asked {
            from: self.from.clone(),
            to: self.to.clone(),
            all_time: self.all_time,
            granularity: self.granularity.clone(),
            group_by: self.group_by.clone(),
            projects: self.projects.clone(),
            repositories: self.repositories.clone(),
            teams: self.teams.clone(),
            authors: self.authors.clone(),
            reviewers: self.reviewers.clone(),
            branches: self.branches.clone(),
            environments: self.environments.clone(),
            services: self.services.clone(),
            bots: self.bots.clone(),
            business_hours: self.business_hours,
            measures: self.measures.clone(),
        }
    }
}
