//! What a failure is to whoever called the program: one line, and an exit code.

use std::process::ExitCode;

use analysis::AnalysisError;
use bitbucket::ClientError;
use store::StoreError;
use store::console::ConsoleError;
use sync::people::RosterError;
use sync::{ConnectError, ImportError, JiraImportError};

/// The exit codes. They are documented in `docs/errors.md`, and scripts rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Something went wrong that is none of the others.
    Failed = 1,
    /// What was asked for makes no sense; clap uses this code too.
    Usage = 2,
    /// The configuration is wrong, or something is missing from it.
    Configuration = 3,
    /// Bitbucket refused us.
    Refused = 4,
    /// The database is not ready.
    Database = 5,
    /// Stopped by Ctrl-C.
    Interrupted = 130,
    /// Stopped by SIGTERM.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A failure that this crate finds itself.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// `message` says what happened and what to do.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
        }
    }

    /// Something about the configuration.
    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(Exit::Configuration, message)
    }
}

/// The code with which to end because of `error`.
pub(crate) fn exit_of(error: &anyhow::Error) -> Exit {
    error.chain().find_map(known).unwrap_or(Exit::Failed)
}

fn known(error: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        Some(failure.exit)
    } else if let Some(error) = error.downcast_ref::<ImportError>() {
        of_import(error)
    } else if let Some(RosterError::Circle(_)) = error.downcast_ref() {
        Some(Exit::Usage)
    } else if let Some(error) = error.downcast_ref::<JiraImportError>() {
        of_jira(error)
    } else if let Some(error) = error.downcast_ref::<ClientError>() {
        Some(of_client(error))
    } else if error.downcast_ref::<ConnectError>().is_some() {
        Some(Exit::Configuration)
    } else if let Some(error) = error.downcast_ref::<StoreError>() {
        Some(of_store(error))
    } else if let Some(error) = error.downcast_ref::<AnalysisError>() {
        Some(of_analysis(error))
    } else {
        error.downcast_ref::<ConsoleError>().map(of_console)
    }
}

fn of_jira(error: &JiraImportError) -> Option<Exit> {
    match error {
        JiraImportError::InvalidCredentials(_)
        | JiraImportError::InvalidPermissions(_)
        | JiraImportError::NoSite(_) => Some(Exit::Refused),
        JiraImportError::Store(error) => Some(of_store(error)),
        JiraImportError::Client(_) | JiraImportError::Busy => Some(Exit::Failed),
    }
}

fn of_import(error: &ImportError) -> Option<Exit> {
    match error {
        ImportError::InvalidCredentials(_)
        | ImportError::InvalidPermissions(_)
        | ImportError::NoWorkspace(_) => Some(Exit::Refused),
        ImportError::Busy(_) => Some(Exit::Failed),
        ImportError::NameTaken { .. } => Some(Exit::Configuration),
        ImportError::Client(error) => Some(of_client(error)),
        ImportError::Store(error) => Some(of_store(error)),
    }
}

fn of_client(error: &ClientError) -> Exit {
    match error {
        ClientError::Unauthorized { .. }
        | ClientError::Forbidden { .. }
        | ClientError::NotFound { .. } => Exit::Refused,
        ClientError::InvalidConfig(_) => Exit::Configuration,
        _ => Exit::Failed,
    }
}

fn of_store(error: &StoreError) -> Exit {
    match error {
        StoreError::Address(_) => Exit::Configuration,
        StoreError::Unreachable { .. }
        | StoreError::ReadOnly { .. }
        | StoreError::TooNew { .. }
        | StoreError::Migration(_)
        | StoreError::Full(_) => Exit::Database,
        _ => Exit::Failed,
    }
}

fn of_analysis(error: &AnalysisError) -> Exit {
    match error {
        AnalysisError::Store(error) => of_store(error),
        _ => Exit::Usage,
    }
}

fn of_console(error: &ConsoleError) -> Exit {
    match error {
        ConsoleError::Syntax(_)
        | ConsoleError::NotOneSelect
        | ConsoleError::TooComplex
        | ConsoleError::Forbidden(_)
        | ConsoleError::ForbiddenTable { .. }
        | ConsoleError::ForbiddenFunction { .. }
        | ConsoleError::MissingVariables(_)
        | ConsoleError::MisplacedList(_)
        | ConsoleError::TooManyValues
        | ConsoleError::UnknownType(_) => Exit::Usage,
        ConsoleError::NotSetUp { .. }
        | ConsoleError::UnfitLogin(_)
        | ConsoleError::Unreachable(_)
        | ConsoleError::Unreadable(_) => Exit::Database,
        ConsoleError::Deadline(_) | ConsoleError::TooLarge | ConsoleError::Engine(_) => {
            Exit::Failed
        }
    }
}

/// Whether all that failed is that nobody reads our output any more.
pub(crate) fn reader_left(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// The failure in one line. Causes are added where they say something new.
pub(crate) fn describe(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = one_line(&cause.to_string());
        if text.is_empty() {
            text = cause;
        } else if !text.contains(cause.trim_end_matches('.')) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// A text in one line.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_that_is_said_already_is_not_said_again() {
        let inner = ClientError::InvalidConfig("the token is empty".to_owned());
        let error = anyhow::Error::from(ImportError::Client(inner));
        assert_eq!(
            describe(&error),
            "The connection to Bitbucket is not usable: the token is empty."
        );
        assert_eq!(exit_of(&error), Exit::Configuration);

        let error = anyhow::Error::from(std::io::Error::other("no\nspace")).context("writing a.db");
        assert_eq!(describe(&error), "writing a.db: no space");
        assert_eq!(exit_of(&error), Exit::Failed);
    }
}
