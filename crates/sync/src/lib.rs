//! What to fetch next: the import, its proof, and the one path by which imported data is written.
//!
//! [`import`] draws a workspace: its streams in turn, its repositories side by side. Each page is
//! applied in one transaction ([`apply`]) together with the cursor of its stream and the measures
//! that it changes, or marks that these are due, so that a run which is killed goes on where it
//! was.

pub mod apply;
mod calendar;
mod commit;
mod connection;
pub mod deploying;
mod error;
mod filter;
mod heartbeat;
mod import;
pub mod inbox;
mod jira;
mod measuring;
mod options;
pub mod people;
mod progress;
mod proof;
mod repository;
mod run;
mod schedule;
mod settings;
mod summary;
mod trial;
mod walk;
mod workspace;

pub use commit::take_usage;
pub use connection::{ConnectError, holders, order, sealed_secret};
pub use error::ImportError;
pub use filter::RepositoryFilter;
pub use import::import;
pub use jira::{JIRA_STREAM, JiraImportError, JiraOptions, JiraSummary, import_jira, jira_due};
pub use measuring::measure_due;
pub use options::{ImportOptions, StreamName};
pub use progress::{Progress, Quiet, StreamProgress};
pub use schedule::{Due, Intervals, Pace, next_due};
pub use settings::{SETTINGS, Setting, change_setting, setting};
pub use summary::{Explained, StreamProblem, Summary};
