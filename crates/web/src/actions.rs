//! What the pages have done by others: whatever asks Bitbucket or opens a secret. The program that
//! serves the pages does these things for its command line too.

mod people;
mod rules;
mod settings;

pub use people::{
    Counted, Coverage, Everybody, Missing, NewMember, PeopleActions, PersonLine, ProgramNames,
    Share, Subject, Suggested, TeamList, UnmatchedAccount, UnmatchedAddress,
};
pub use rules::{RuleActions, RulePreview, RuleSample};
pub use settings::{AccountSetting, SettingActions, SettingChanged};

use std::future::Future;
use std::pin::Pin;

use model::Instant;
use model::verification::Verification;
use secrecy::SecretString;
use store::{ConnectionKind, FilterMode, FilterRule};

/// Why something was not done.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ActionError {
    /// What was asked for cannot be done: a sentence that says what to do instead.
    #[error("{0}")]
    Refused(String),
    /// It was tried, and failed.
    #[error("{0}")]
    Failed(String),
}

/// Something that is being done.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, ActionError>> + Send + 'a>>;

/// A token, and what goes with it.
#[derive(Debug)]
pub struct NewSecret {
    /// What people call it; nothing for the usual name.
    pub label: Option<String>,
    /// The e-mail address that an API token goes with; nothing for an access token.
    pub email: Option<SecretString>,
    /// The token.
    pub token: SecretString,
    /// When it ends, as its owner says.
    pub expires_at: Option<Instant>,
}

/// A connection that somebody wants.
#[derive(Debug)]
pub struct NewConnection {
    /// What it leads to.
    pub kind: ConnectionKind,
    /// The workspace or site, as it was written.
    pub target: String,
    /// Its name; nothing for the workspace's.
    pub name: Option<String>,
    /// The address of the API; nothing for the usual one.
    pub base_url: Option<String>,
    /// Who asks.
    pub secret: NewSecret,
    /// Whether it waits until somebody lets it begin.
    pub paused: bool,
}

/// What trying out a credential came to, and what was kept of it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Each thing that was tried.
    pub verification: Verification,
    /// The name under which it was kept; nothing where it does not work.
    pub kept_as: Option<String>,
}

/// What a first import would cost.
#[derive(Clone, Debug, Default)]
pub struct Estimate {
    /// How many repositories there are.
    pub repositories: u64,
    /// Requests in all.
    pub requests: u64,
    /// Requests an hour of all credentials together.
    pub requests_an_hour: u64,
    /// How long it would take because of them, in hours.
    pub hours: f64,
    /// Each stream: its name, records where they were counted, requests.
    pub streams: Vec<(String, Option<u64>, u64)>,
}

/// What a filter lets in.
#[derive(Clone, Debug, Default)]
pub struct FilterPreview {
    /// Whether any repository is known yet.
    pub known: bool,
    /// Repositories, whether each is imported, and how many of its pull requests are stored.
    pub repositories: Vec<(String, bool, i64)>,
    /// Patterns that fit nothing.
    pub idle: Vec<String>,
}

/// What the pages have done by the program that serves them. `actor` is who did it, for the log of
/// changes.
pub trait Actions: PeopleActions + RuleActions + SettingActions + Send + Sync + 'static {
    /// The address of the API where nobody names another.
    fn usual_base_url(&self) -> String;

    /// Where this machine is reached from the internet, if that is configured.
    fn webhook_url(&self) -> Option<String>;

    /// Tries a connection out, and keeps it if it works.
    fn add_connection(&self, new: NewConnection, actor: String) -> Doing<'_, Tried>;

    /// Tries a further credential of a connection out, and keeps it if it works. With the label of
    /// one that is there, it takes its place.
    fn add_credential(&self, connection: String, new: NewSecret, actor: String)
    -> Doing<'_, Tried>;

    /// Tries every credential of a connection, and notes how it stands: label and outcome.
    fn verify(&self, connection: String, actor: String) -> Doing<'_, Vec<(String, Verification)>>;

    /// Reckons what the first import of a connection costs.
    fn estimate(&self, connection: String) -> Doing<'_, Estimate>;

    /// What would come of a filter.
    fn preview_filter(
        &self,
        connection: String,
        mode: FilterMode,
        rules: Vec<FilterRule>,
    ) -> Doing<'_, FilterPreview>;

    /// Sets a filter.
    fn set_filter(
        &self,
        connection: String,
        mode: FilterMode,
        rules: Vec<FilterRule>,
        actor: String,
    ) -> Doing<'_, ()>;

    /// Has Bitbucket deliver to `url`, or where it is configured.
    fn register_webhook(
        &self,
        connection: String,
        url: Option<String>,
        actor: String,
    ) -> Doing<'_, ()>;

    /// Deletes the webhook in Bitbucket, and its secrets here.
    fn remove_webhook(&self, connection: String, actor: String) -> Doing<'_, ()>;

    /// Makes a secret for a webhook that somebody registers by hand; it is shown once.
    fn make_webhook_secret(&self, connection: String, actor: String) -> Doing<'_, SecretString>;
}
