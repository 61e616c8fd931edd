//! `windlass rules`, `windlass deployment` and `windlass incident`.

use clap::{Args, Subcommand, ValueEnum};
use model::Instant;
use sync::deploying::EnvironmentType;

use super::ListArguments;
use crate::moment;

/// What can be done with deployment rules.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List the rules, the first one that counts first
    List(ListArguments),
    /// Keep a new rule, and measure what it touches
    Add(RuleAddArguments),
    /// Show what a rule would fit of everything that is stored, and keep nothing
    Test(RuleTestArguments),
    /// Take a rule away, and measure what it touched
    Remove(RuleRemoveArguments),
}

/// What a rule says. The patterns are regular expressions, and are looked for anywhere in the text.
#[derive(Args, Clone, Debug)]
pub(crate) struct RuleArguments {
    /// A regular expression for the repository, as workspace/repository [default: all]
    #[arg(long, value_name = "REGEX")]
    pub(crate) repository: Option<String>,
    /// One for the name of the run, such as "custom: deploy" or "branches: main"
    #[arg(long, value_name = "REGEX")]
    pub(crate) pipeline: Option<String>,
    /// One for the name of a step: steps are the deployments then (needs the stream
    /// pipeline_steps)
    #[arg(long, value_name = "REGEX")]
    pub(crate) step: Option<String>,
    /// One for the branch or tag
    #[arg(long, value_name = "REGEX")]
    pub(crate) branch: Option<String>,
    /// One for the environment of Bitbucket's own deployments: the rule says what these are, and
    /// makes none
    #[arg(long, value_name = "REGEX")]
    pub(crate) deployed_to: Option<String>,
    /// The environment that is deployed to; without it, the group `(?<environment>…)` of a pattern,
    /// else production
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// What that is for [default: by its name]
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub(crate) environment_type: Option<TypeOfEnvironment>,
    /// The service that is deployed; without it, the group `(?<service>…)` of a pattern, else the
    /// repository
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
}

/// What an environment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TypeOfEnvironment {
    /// For trying out
    Test,
    /// The last one before production
    Staging,
    /// For users
    Production,
}

impl From<TypeOfEnvironment> for EnvironmentType {
    fn from(kind: TypeOfEnvironment) -> Self {
        match kind {
            TypeOfEnvironment::Test => Self::Test,
            TypeOfEnvironment::Staging => Self::Staging,
            TypeOfEnvironment::Production => Self::Production,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct RuleAddArguments {
    /// The rule's name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) rule: RuleArguments,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RuleTestArguments {
    #[command(flatten)]
    pub(crate) rule: RuleArguments,
    /// How many of the runs that fit are shown
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = clap::value_parser!(u64).range(0..=1_000))]
    pub(crate) samples: u64,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RuleRemoveArguments {
    /// The rule's name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// What can be done with deployments.
#[derive(Debug, Subcommand)]
pub(crate) enum DeploymentCommand {
    /// Tell of a deployment that happened outside Bitbucket; told again, it is changed
    Record(RecordArguments),
    /// List the newest deployments of every kind
    List(DeploymentListArguments),
}

#[derive(Args, Debug)]
pub(crate) struct RecordArguments {
    /// The service that was deployed
    #[arg(long, value_name = "NAME")]
    pub(crate) service: String,
    /// When it was deployed, such as 2027-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment::date)]
    pub(crate) deployed_at: Option<Instant>,
    /// The repository that it comes from, as workspace/repository
    #[arg(long, value_name = "NAME")]
    pub(crate) repository: Option<String>,
    /// The commit that was deployed, 7 to 40 characters
    #[arg(long = "commit", value_name = "HASH", requires = "repository", value_parser = commit)]
    pub(crate) commit_sha: Option<String>,
    /// The merge commit of a pull request that it carried; may be given several times, and then
    /// it carried these and no others
    #[arg(long = "merge-commit", value_name = "HASH", requires = "repository", value_parser = commit)]
    pub(crate) merge_commit_shas: Vec<String>,
    /// The environment that it went to
    #[arg(long, value_name = "NAME", default_value = "production")]
    pub(crate) environment: String,
    /// What that is for [default: by its name]
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub(crate) environment_type: Option<TypeOfEnvironment>,
    /// It did not succeed
    #[arg(long)]
    pub(crate) failed: bool,
    /// What it is called where it was made; told again under this, it is changed [default: a
    /// random one]
    #[arg(long, value_name = "TEXT")]
    pub(crate) reference: Option<String>,
    /// Its page
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DeploymentListArguments {
    /// Only those of this service
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Only those to this environment
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// How many
    #[arg(long, value_name = "NUMBER", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub(crate) limit: i64,
    /// Print them for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// What can be done with incidents.
#[derive(Debug, Subcommand)]
pub(crate) enum IncidentCommand {
    /// Tell that an incident began
    Open(IncidentOpenArguments),
    /// Tell that an incident is over
    Close(IncidentCloseArguments),
    /// List the incidents, the latest first
    List(ListArguments),
}

#[derive(Args, Debug)]
pub(crate) struct IncidentOpenArguments {
    /// The service that suffers
    #[arg(long, value_name = "NAME", required_unless_present = "deployment")]
    pub(crate) service: Option<String>,
    /// The environment that suffers [default: any that is production]
    #[arg(long, value_name = "NAME")]
    pub(crate) environment: Option<String>,
    /// The deployment that brought it, by its id [default: the last successful one of the service]
    #[arg(long, value_name = "ID")]
    pub(crate) deployment: Option<i64>,
    /// What happened
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,
    /// When it began, such as 2027-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment::date)]
    pub(crate) opened_at: Option<Instant>,
    /// What it is called where it is dealt with [default: a random one]
    #[arg(long, value_name = "TEXT")]
    pub(crate) reference: Option<String>,
    /// Its page
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct IncidentCloseArguments {
    /// What it is called: its reference, as `windlass incident list` shows it
    #[arg(value_name = "REFERENCE")]
    pub(crate) reference: String,
    /// When it was over, such as 2027-01-31T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment::date)]
    pub(crate) closed_at: Option<Instant>,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads the hash of a commit.
fn commit(text: &str) -> Result<String, String> {
    let hash = text.to_ascii_lowercase();
    if (7..=40).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(hash)
    } else {
        Err("the hash of a commit has 7 to 40 characters, 0 to 9 and a to f".to_owned())
    }
}
