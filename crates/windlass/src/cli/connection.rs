//! `windlass connection` and `windlass credential`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use model::Instant;
use sync::StreamName;

use super::stream_name;
use crate::moment;

/// What can be done with connections.
#[derive(Debug, Subcommand)]
pub(crate) enum ConnectionCommand {
    /// Try credentials out and, if they work, keep them with a new connection
    #[command(subcommand)]
    Add(AddCommand),
    /// List all connections
    List(ListArguments),
    /// Show one connection: how it stands, its credentials, its filter, its streams
    Show(NamedArguments),
    /// Try every endpoint of a connection once with each of its credentials
    Verify(NamedArguments),
    /// Say of a stream whether, how often and from when on it is read
    Set(SetArguments),
    /// Import nothing any more, until it is resumed
    Pause(NamedArguments),
    /// Import again
    Resume(NamedArguments),
    /// Have a running `windlass serve` read everything at once
    Sync(NamedArguments),
    /// Take a connection away with its credentials; what it has imported stays
    Remove(RemoveArguments),
}

/// What a connection leads to.
#[derive(Debug, Subcommand)]
pub(crate) enum AddCommand {
    /// A workspace of Bitbucket Cloud
    #[command(name = "bitbucket_cloud")]
    BitbucketCloud(AddBitbucketArguments),
    /// A site of Jira Cloud, which tells who the accounts of Bitbucket are
    #[command(name = "jira_cloud")]
    JiraCloud(AddJiraArguments),
}

#[derive(Args, Debug)]
pub(crate) struct AddBitbucketArguments {
    /// The workspace: its name, or its address such as https://bitbucket.org/myworkspace/
    #[arg(long)]
    pub(crate) workspace: String,
    /// The connection's name [default: the workspace]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The address of the API [default: https://api.bitbucket.org/2.0]
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    #[command(flatten)]
    pub(crate) credential: CredentialArguments,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct AddJiraArguments {
    /// The site: its name, or its address such as https://mycompany.atlassian.net
    #[arg(long)]
    pub(crate) site: String,
    /// The connection's name [default: the site's name]
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) credential: CredentialArguments,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// A credential that is to be kept. Its secret is never an argument.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct CredentialArguments {
    /// The e-mail address of the Atlassian account that an API token belongs to ("Basic auth");
    /// without it the token is an access token ("API token")
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// Read the token from standard input
    #[arg(long, conflicts_with = "token_file")]
    pub(crate) token_stdin: bool,
    /// The file that holds the token [default: the token is in WINDLASS_BITBUCKET_TOKEN, or in
    /// WINDLASS_JIRA_TOKEN for Jira]
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// What to call the credential [default: credential 1, credential 2 and so on]
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// The day on which the token expires, such as 2027-01-31; it is warned of before
    #[arg(long, value_name = "DATE", value_parser = moment::date)]
    pub(crate) expires: Option<Instant>,
    /// How many requests an hour it has, where Atlassian has scaled that up [default: 1000]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(i64).range(1..=1_000_000))]
    pub(crate) hourly_limit: Option<i64>,
}

#[derive(Args, Debug)]
pub(crate) struct ListArguments {
    /// Print it for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct NamedArguments {
    /// The connection's name
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: String,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RemoveArguments {
    /// The connection's name
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: String,
    /// Do it without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SetArguments {
    /// The connection's name
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: String,
    /// The stream
    #[arg(long, value_name = "NAME", value_parser = stream_name)]
    pub(crate) stream: StreamName,
    /// How often it is read: 90s, 15m, 2h or 1d
    #[arg(long, value_name = "TIME", value_parser = moment::interval)]
    pub(crate) every: Option<i64>,
    /// Nothing that is older is read, such as 2025-01-01
    #[arg(long, value_name = "DATE", value_parser = moment::date)]
    pub(crate) not_before: Option<Instant>,
    /// Read it, also where it is not among the usual streams
    #[arg(long, conflicts_with = "disable")]
    pub(crate) enable: bool,
    /// Do not read it
    #[arg(long)]
    pub(crate) disable: bool,
    /// Forget what was said of it before
    #[arg(long)]
    pub(crate) as_usual: bool,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// What can be done with the credentials of a connection.
#[derive(Debug, Subcommand)]
pub(crate) enum CredentialCommand {
    /// Try another credential out and, if it works, share the requests among all of them
    Add(CredentialAddArguments),
    /// List the credentials: how they stand, what they may, how many requests they have left
    List(NamedArguments),
    /// Put a new token in a credential's place, once it was tried out
    Replace(CredentialReplaceArguments),
    /// Give a credential another name
    Rename(CredentialRenameArguments),
    /// Take a credential away
    Remove(CredentialRemoveArguments),
}

#[derive(Args, Debug)]
pub(crate) struct CredentialAddArguments {
    /// The connection's name
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: String,
    #[command(flatten)]
    pub(crate) credential: CredentialArguments,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CredentialReplaceArguments {
    /// The connection's name
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: String,
    /// The credential that is replaced
    #[arg(value_name = "CREDENTIAL")]
    pub(crate) replaced: String,
    #[command(flatten)]
    pub(crate) credential: CredentialArguments,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CredentialRenameArguments {
    /// The connection's name
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: String,
    /// What the credential is called
    #[arg(value_name = "CREDENTIAL")]
    pub(crate) from: String,
    /// What to call it
    #[arg(value_name = "NAME")]
    pub(crate) to: String,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CredentialRemoveArguments {
    /// The connection's name
    #[arg(value_name = "CONNECTION")]
    pub(crate) connection: String,
    /// The credential
    #[arg(value_name = "CREDENTIAL")]
    pub(crate) credential: String,
    /// Do it without asking
    #[arg(long)]
    pub(crate) yes: bool,
    /// Print the result for programs
    #[arg(long)]
    pub(crate) json: bool,
}
