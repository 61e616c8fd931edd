//! The command line.
#![allow(
    rustdoc::bare_urls,
    reason = "these comments are the help too, where an address stands as it is"
)]

mod connection;
mod data;
mod deployment;
mod login;
mod operation;
mod people;
mod report;
mod settings;
mod webhook;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sync::StreamName;

pub(crate) use connection::*;
pub(crate) use data::*;
pub(crate) use deployment::*;
pub(crate) use login::*;
pub(crate) use operation::*;
pub(crate) use people::*;
pub(crate) use report::*;
pub(crate) use settings::*;
pub(crate) use webhook::*;

/// Draws a Bitbucket Cloud workspace up into a SQL database. It never reads source code.
#[derive(Debug, Parser)]
#[command(
    name = "windlass",
    version,
    max_term_width = 100,
    after_help = "Begin with `windlass demo`: it needs nothing else. Then `windlass connection add`."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What goes with every command.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// The database: sqlite://FILE or postgres://USER@HOST/NAME [default: windlass.db in the data
    /// folder]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) database: Option<String>,
    /// The folder for everything that is kept; also WINDLASS_DATA_DIR [default: windlass in the
    /// user's folder for data]
    #[arg(long, global = true, value_name = "FOLDER")]
    pub(crate) data_dir: Option<PathBuf>,
    /// The configuration file [default: windlass.toml here, else in the data folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Log more to standard error; repeat it for still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Import a made-up workspace and show what can be asked of it, in pages too
    Demo(DemoArguments),
    /// Add, list, check, change and remove connections
    #[command(subcommand)]
    Connection(ConnectionCommand),
    /// Add, list, replace, rename and remove the credentials of a connection
    #[command(subcommand)]
    Credential(CredentialCommand),
    /// Say which repositories of a connection are imported
    #[command(subcommand)]
    Filter(FilterCommand),
    /// Import a workspace of Bitbucket Cloud, or what is new in it
    Import(ImportArguments),
    /// Import what is due, for as long as it runs
    Serve(ServeArguments),
    /// Have Bitbucket tell at once what happens, and see what it told
    #[command(subcommand)]
    Webhook(WebhookCommand),
    /// Say who is who: which accounts and addresses are one person's
    #[command(subcommand)]
    People(PeopleCommand),
    /// Say who is and was in which team
    #[command(subcommand)]
    Teams(TeamsCommand),
    /// Say who may use the pages, and let somebody in
    #[command(subcommand)]
    Login(LoginCommand),
    /// Say how fresh and how complete everything is, and what deserves a look
    Status(StatusArguments),
    /// List the runs of the import
    Runs(RunsArguments),
    /// Show how work flows: pull requests, reviews, pipelines, deployments, people
    Report(ReportArguments),
    /// Answer one SELECT, read-only
    Query(QueryArguments),
    /// Say what the tables and columns mean
    Schema(SchemaArguments),
    /// Show and change what holds for the whole account: time zone, working time, holidays
    #[command(subcommand)]
    Settings(SettingsCommand),
    /// Say which pipeline runs are deployments, and try it out before
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Tell of deployments outside Bitbucket, and list all
    #[command(subcommand)]
    Deployment(DeploymentCommand),
    /// Tell when an incident begins and ends
    #[command(subcommand)]
    Incident(IncidentCommand),
    /// Delete imported data
    #[command(subcommand)]
    Data(DataCommand),
    /// Set the database up for queries of people, and pack months for reports
    #[command(subcommand)]
    Database(DatabaseCommand),
    /// Check the configuration, the database and the connections, and say how to mend them
    Doctor(DoctorArguments),
    /// List the changes that people made
    Audit(AuditArguments),
    /// Show or change the key under which secrets are kept
    #[command(name = "secret-key", subcommand)]
    SecretKey(SecretKeyCommand),
    /// Print the completion script of a shell
    Completions(CompletionsArguments),
}

#[derive(Args, Debug)]
pub(crate) struct DemoArguments {
    /// Import only, and serve no pages
    #[arg(long)]
    pub(crate) import_only: bool,
    /// Where to serve the pages: only on this machine [default: 127.0.0.1:8080, or any port where
    /// that is taken]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<SocketAddr>,
    /// Where chance starts: the same number makes the same workspace
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many repositories.
    #[arg(long, hide = true, default_value_t = 12)]
    pub(crate) repositories: usize,
    /// How many pull requests in all repositories together.
    #[arg(long, hide = true, default_value_t = 2_500)]
    pub(crate) pull_requests: usize,
}

#[derive(Args, Debug)]
pub(crate) struct ImportArguments {
    /// The connection to import with its stored credentials; without it, and without a workspace
    /// and a token, every connection in turn
    #[arg(value_name = "CONNECTION", conflicts_with_all = ["workspace", "email", "token_file", "name"])]
    pub(crate) stored: Option<String>,
    #[command(flatten)]
    pub(crate) connection: ConnectionArguments,
    /// Import only this stream; may be given several times [workspace, repositories, members,
    /// pull_requests, activity, comments, pipelines, commits, environments, deployments; and, at
    /// the cost of a request per row: pull_sizes, pull_commits, pipeline_steps]
    #[arg(long = "stream", value_name = "NAME", value_parser = stream_name)]
    pub(crate) streams: Vec<StreamName>,
    /// Read everything again, whatever is there already
    #[arg(long)]
    pub(crate) full: bool,
    /// Say how many requests and hours a first import takes, and import nothing
    #[arg(long)]
    pub(crate) estimate: bool,
    /// The connection's name [default: the workspace]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Print a summary for programs instead of one for people
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which workspace, and who asks.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ConnectionArguments {
    /// The workspace: its name, or its address such as https://bitbucket.org/myworkspace/
    #[arg(long)]
    pub(crate) workspace: Option<String>,
    /// The address of the API [default: https://api.bitbucket.org/2.0]
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// The e-mail address of the Atlassian account that an API token belongs to; without it the
    /// token is an access token
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// The file that holds the token, - for standard input [default: the token is in
    /// WINDLASS_BITBUCKET_TOKEN]
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}

impl ConnectionArguments {
    /// Whether the command line names something to try.
    pub(crate) fn asks_for_a_trial(&self) -> bool {
        self.workspace.is_some() || self.email.is_some() || self.token_file.is_some()
    }
}

#[derive(Args, Debug)]
pub(crate) struct QueryArguments {
    /// The SELECT, - to read it from standard input
    #[arg(value_name = "SQL", required_unless_present = "saved")]
    pub(crate) sql: Option<String>,
    /// Ask a query that was saved on the page, by its name
    #[arg(long, value_name = "NAME", conflicts_with = "sql")]
    pub(crate) saved: Option<String>,
    /// What $NAME in the query is; given several times for one name, it is a list for IN ($NAME)
    #[arg(long = "variable", value_name = "NAME=VALUE")]
    pub(crate) variables: Vec<String>,
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = QueryFormat::Table)]
    pub(crate) format: QueryFormat,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryFormat {
    /// For people; long values are cut
    Table,
    /// With a line of names; NULL is empty
    Csv,
    /// An array of objects; ids are strings
    Json,
}

/// What can be done with the database itself.
#[derive(Debug, Subcommand)]
pub(crate) enum DatabaseCommand {
    /// Print or run the SQL that makes a login for queries on PostgreSQL
    GrantConsole(GrantArguments),
    /// Pack the months that changed, so that reports over long ranges are quick; importing and serving
    /// do so by themselves
    Pack,
}

#[derive(Args, Debug)]
pub(crate) struct GrantArguments {
    /// The login's name
    #[arg(long, value_name = "NAME", default_value = store::console::GRANT_LOGIN)]
    pub(crate) login: String,
    /// Run it by the configured login, which has to be allowed to make roles, and print the address
    #[arg(long)]
    pub(crate) run: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SchemaArguments {
    /// The table or view to describe; all of them without it
    pub(crate) table: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = SchemaFormat::Table)]
    pub(crate) format: SchemaFormat,
}

/// How the schema is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaFormat {
    /// For people
    Table,
    /// As a document
    Markdown,
    /// For programs
    Json,
}

#[derive(Args, Debug)]
pub(crate) struct DoctorArguments {
    #[command(flatten)]
    pub(crate) connection: ConnectionArguments,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

fn stream_name(text: &str) -> Result<StreamName, String> {
    text.parse().map_err(|names: String| {
        let nearest =
            crate::nearest::nearest(text, StreamName::ALL.iter().map(|name| name.as_str()));
        match nearest {
            Some(nearest) => format!("{names}; did you mean {nearest}?"),
            None => names,
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_put_together_rightly() {
        super::Cli::command().debug_assert();
    }
}
