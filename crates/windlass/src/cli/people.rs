//! `windlass people` and `windlass teams`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use model::rows::UserType;

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub(crate) enum PeopleCommand {
    /// List the people, with what each did
    List(PeopleListArguments),
    /// Show one of them: accounts and addresses, how they were matched, teams
    Show(PersonArguments),
    /// List accounts and addresses of nobody who is known, and how much work hangs on each
    Unmatched(PeopleJsonArguments),
    /// Say that an account or an address is somebody's
    Link(LinkArguments),
    /// Say that an account or an address is never somebody's
    Unlink(UnlinkArguments),
    /// Say that two people are one
    Merge(MergeArguments),
    /// List what may belong together, for somebody to accept or not
    Suggest(PeopleJsonArguments),
    /// Take in a list of people (CSV or JSON); a trial unless --apply is given
    Import(RosterArguments),
    /// Say whether an account is a person's or a program's
    Mark(MarkArguments),
    /// Remove somebody's name and addresses everywhere, for good
    Forget(ForgetArguments),
}

#[derive(Args, Debug)]
pub(crate) struct PeopleJsonArguments {
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PeopleListArguments {
    /// Only those of whom nothing but an account is known
    #[arg(long)]
    pub(crate) provisional: bool,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct PersonArguments {
    /// The person: the number, an address, or the name
    #[arg(value_name = "PERSON")]
    pub(crate) person: String,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct LinkArguments {
    /// The account (its UUID, Atlassian account id, nickname or name) or an address
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: String,
    /// The person: the number, an address, or the name
    #[arg(value_name = "PERSON")]
    pub(crate) person: String,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct UnlinkArguments {
    /// The account (its UUID, Atlassian account id, nickname or name) or an address
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: String,
    /// The person whose it is not [default: the one whose it is held to be now]
    #[arg(value_name = "PERSON")]
    pub(crate) person: Option<String>,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct MergeArguments {
    /// The person who is somebody else
    #[arg(value_name = "PERSON")]
    pub(crate) from: String,
    /// The person who that is
    #[arg(value_name = "INTO")]
    pub(crate) into: String,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RosterArguments {
    /// The file, - for standard input; its name ends in .csv or .json, else it is told by its content
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Write it; without this it is only said what would come of it
    #[arg(long)]
    pub(crate) apply: bool,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct MarkArguments {
    /// The account: its UUID, Atlassian account id, nickname or name
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: String,
    /// What it is
    #[arg(value_enum, value_name = "KIND")]
    pub(crate) kind: AccountKind,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ForgetArguments {
    /// The person: the number, an address, or the name
    #[arg(value_name = "PERSON")]
    pub(crate) person: String,
    /// Do it without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// What an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AccountKind {
    /// A person's
    #[value(name = "human")]
    Human,
    /// A program's
    #[value(name = "bot")]
    Bot,
    /// A program's that writes or reviews code by itself
    #[value(name = "ai_bot")]
    AiBot,
}

impl From<AccountKind> for UserType {
    fn from(kind: AccountKind) -> Self {
        match kind {
            AccountKind::Human => Self::Human,
            AccountKind::Bot => Self::Bot,
            AccountKind::AiBot => Self::AiBot,
        }
    }
}

/// What can be done with teams.
#[derive(Debug, Subcommand)]
pub(crate) enum TeamsCommand {
    /// List the teams as a tree, with how many are in each today
    List(TeamsListArguments),
    /// Show a team: who is and was in it
    Show(TeamArguments),
    /// Take in a list of teams and their members (CSV or JSON); a trial unless --apply is given
    Import(RosterArguments),
    /// Add a team, or somebody to one
    Add(TeamAddArguments),
    /// End somebody's time in a team, or give a team up
    Remove(TeamRemoveArguments),
}

#[derive(Args, Debug)]
pub(crate) struct TeamsListArguments {
    /// Teams that were given up as well
    #[arg(long)]
    pub(crate) archived: bool,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct TeamArguments {
    /// The team's name
    #[arg(value_name = "TEAM")]
    pub(crate) team: String,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct TeamAddArguments {
    /// The team's name
    #[arg(value_name = "TEAM")]
    pub(crate) team: String,
    /// The team that it is part of
    #[arg(long, value_name = "TEAM")]
    pub(crate) parent: Option<String>,
    /// Somebody who comes into it: the number, an address, or the name
    #[arg(long, value_name = "PERSON")]
    pub(crate) member: Option<String>,
    /// The member's first day, as 2027-01-31 [default: it was always so]
    #[arg(long, value_name = "DAY", requires = "member", value_parser = crate::moment::day)]
    pub(crate) from: Option<String>,
    /// The member's last day [default: no end]
    #[arg(long, value_name = "DAY", requires = "member", value_parser = crate::moment::day)]
    pub(crate) to: Option<String>,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct TeamRemoveArguments {
    /// The team's name
    #[arg(value_name = "TEAM")]
    pub(crate) team: String,
    /// Somebody who leaves it: the number, an address, or the name; without it the team is given up
    #[arg(long, value_name = "PERSON")]
    pub(crate) member: Option<String>,
    /// The last day, as 2027-01-31 [default: yesterday]
    #[arg(long, value_name = "DAY", value_parser = crate::moment::day)]
    pub(crate) on: Option<String>,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}
