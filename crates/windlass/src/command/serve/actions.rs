//! What the pages have done by the program: the same things as the commands do.

mod people;
mod rules;
mod settings;

use std::sync::Arc;

use bitbucket::Silent;
use model::verification::Verification;
use secrecy::{ExposeSecret, SecretString};
use store::{Connection, ConnectionKind, FilterMode, FilterRule};
use web::{ActionError, Actions, Doing, Estimate, FilterPreview, NewConnection, NewSecret, Tried};

use super::tally::Tallies;
use crate::cli::CredentialArguments;
use crate::command::connection::{Candidate, note, try_all};
use crate::command::credential::keep_given;
use crate::command::filter::Preview;
use crate::command::{import, webhook};
use crate::credential::Secret;
use crate::failure::{Exit, describe, exit_of};
use crate::session::Session;
use crate::stored::require_kind;

/// As many pull requests are measured while somebody waits; more are measured behind the page.
const MEASURED_AT_ONCE: u64 = 2_000;

/// The program, for its pages.
pub(super) struct PageActions {
    session: Arc<Session>,
    tallies: Tallies,
}

impl PageActions {
    pub(super) fn new(session: Arc<Session>) -> Self {
        Self {
            tallies: Tallies::new(session.db.clone(), Arc::clone(&session.clock)),
            session,
        }
    }

    fn acting_as(&self, actor: String) -> Session {
        self.session.acting_as(actor)
    }

    /// Measures what a change has marked. What is left when the program ends, the next import
    /// measures.
    async fn measure(&self) -> anyhow::Result<()> {
        let session = Arc::clone(&self.session);
        let measuring =
            async move { sync::measure_due(&session.db, &*session.clock, |_| {}).await };
        if self.session.db.count_unmeasured().await? <= MEASURED_AT_ONCE {
            measuring.await?;
            return Ok(());
        }
        tokio::spawn(async move {
            if let Err(error) = measuring.await {
                tracing::warn!(%error, "what a change touched is left to the next import");
            }
        });
        Ok(())
    }
}

/// Tells a page what failed.
fn told(error: anyhow::Error) -> ActionError {
    let text = describe(&error);
    match exit_of(&error) {
        Exit::Usage | Exit::Configuration | Exit::Refused => ActionError::Refused(text),
        _ => ActionError::Failed(text),
    }
}

/// Does something whose failure a page tells.
fn doing<'a, T>(work: impl Future<Output = anyhow::Result<T>> + Send + 'a) -> Doing<'a, T> {
    Box::pin(async move { work.await.map_err(told) })
}

/// What a page knows of a token, as the commands take it.
fn split(new: NewSecret) -> (Secret, CredentialArguments) {
    let arguments = CredentialArguments {
        label: new.label,
        expires: new.expires_at,
        ..CredentialArguments::default()
    };
    let secret = Secret {
        email: new.email,
        token: new.token,
    };
    (secret, arguments)
}

async fn of_bitbucket(session: &Session, name: &str) -> anyhow::Result<Connection> {
    let connection = session.connection(name).await?;
    require_kind(&connection, ConnectionKind::BitbucketCloud)?;
    Ok(connection)
}

impl Actions for PageActions {
    fn usual_base_url(&self) -> String {
        self.session.config.settings.bitbucket.base_url.clone()
    }

    fn webhook_url(&self) -> Option<String> {
        self.session.config.settings.webhooks.public_url.clone()
    }

    fn add_connection(&self, new: NewConnection, actor: String) -> Doing<'_, Tried> {
        let session = self.acting_as(actor);
        doing(async move {
            let (secret, arguments) = split(new.secret);
            let name = new.name.as_deref();
            let candidate = match new.kind {
                ConnectionKind::BitbucketCloud => {
                    let target = (new.target.as_str(), new.base_url.as_deref());
                    Candidate::of_bitbucket(&session, target, name, secret, &arguments)?
                }
                ConnectionKind::JiraCloud => {
                    Candidate::of_jira(&new.target, name, secret, &arguments)?
                }
            };
            let candidate = candidate.paused(new.paused);
            let tried = candidate.try_out(&session).await?;
            let kept_as = if tried.verification.is_usable() {
                Some(candidate.save(&session, &tried).await?.name)
            } else {
                None
            };
            let verification = tried.verification;
            Ok(Tried {
                verification,
                kept_as,
            })
        })
    }

    fn add_credential(
        &self,
        connection: String,
        new: NewSecret,
        actor: String,
    ) -> Doing<'_, Tried> {
        let session = self.acting_as(actor);
        doing(async move {
            let connection = session.connection(&connection).await?;
            let (secret, arguments) = split(new);
            let (tried, kept_as) = keep_given(&session, &connection, &secret, &arguments).await?;
            let verification = tried.verification;
            Ok(Tried {
                verification,
                kept_as,
            })
        })
    }

    fn verify(&self, connection: String, actor: String) -> Doing<'_, Vec<(String, Verification)>> {
        let session = self.acting_as(actor);
        doing(async move {
            let connection = session.connection(&connection).await?;
            let tried = try_all(&session, &connection).await?;
            let subject = format!("connection {}", connection.name);
            let entry = session.entry("connection.verify", subject, None);
            note(&session.db, &connection, &tried, &entry).await?;
            let tried = tried.into_iter();
            Ok(tried
                .map(|(credential, tried)| (credential.label, tried.verification))
                .collect())
        })
    }

    fn estimate(&self, connection: String) -> Doing<'_, Estimate> {
        doing(async move {
            let session = &self.session;
            let connection = of_bitbucket(session, &connection).await?;
            let made = import::estimated(session, &connection, Arc::new(Silent)).await?;
            let streams = made.streams.into_iter();
            Ok(Estimate {
                repositories: made.repositories,
                requests: made.requests,
                requests_an_hour: made.requests_an_hour,
                hours: made.hours,
                streams: streams
                    .map(|line| (line.stream.as_str().to_owned(), line.records, line.requests))
                    .collect(),
            })
        })
    }

    fn preview_filter(
        &self,
        connection: String,
        mode: FilterMode,
        rules: Vec<FilterRule>,
    ) -> Doing<'_, FilterPreview> {
        doing(async move {
            let session = &self.session;
            let connection = of_bitbucket(session, &connection).await?;
            let preview = Preview::of(session, &connection, mode, rules).await?;
            let of = |included: bool| {
                move |one: crate::command::filter::Repository| {
                    (one.repository, included, one.pull_requests)
                }
            };
            let mut repositories: Vec<_> = preview.included.into_iter().map(of(true)).collect();
            repositories.extend(preview.excluded.into_iter().map(of(false)));
            let idle = preview.rules.into_iter().filter(|rule| !rule.fits);
            Ok(FilterPreview {
                known: preview.known,
                idle: match preview.known {
                    true => idle.map(|rule| rule.pattern).collect(),
                    false => Vec::new(),
                },
                repositories,
            })
        })
    }

    fn set_filter(
        &self,
        connection: String,
        mode: FilterMode,
        rules: Vec<FilterRule>,
        actor: String,
    ) -> Doing<'_, ()> {
        let session = self.acting_as(actor);
        doing(async move {
            let connection = of_bitbucket(&session, &connection).await?;
            let patterns: Vec<String> = rules
                .iter()
                .map(|rule| format!("{} {}", rule.subject.as_str(), rule.pattern))
                .collect();
            let detail = format!("{}: {}", mode.as_str(), patterns.join(", "));
            let detail = detail.trim_end_matches([':', ' ']).to_owned();
            let subject = format!("connection {}", connection.name);
            let entry = session.entry("filter.set", subject, Some(detail));
            let mut tx = session.db.write().await?;
            tx.set_filter(connection.id, mode, &rules, entry.occurred_at)
                .await?;
            tx.audit(&entry).await?;
            Ok(tx.commit().await?)
        })
    }

    fn register_webhook(
        &self,
        connection: String,
        url: Option<String>,
        actor: String,
    ) -> Doing<'_, ()> {
        let session = self.acting_as(actor);
        doing(async move {
            let connection = of_bitbucket(&session, &connection).await?;
            let url = webhook::address_of(&session, &connection, url.as_deref()).await?;
            webhook::perform(&session, &connection, &url).await?;
            Ok(())
        })
    }

    fn remove_webhook(&self, connection: String, actor: String) -> Doing<'_, ()> {
        let session = self.acting_as(actor);
        doing(async move {
            let connection = of_bitbucket(&session, &connection).await?;
            webhook::delete(&session, &connection).await?;
            Ok(())
        })
    }

    fn make_webhook_secret(&self, connection: String, actor: String) -> Doing<'_, SecretString> {
        let session = self.acting_as(actor);
        doing(async move {
            let connection = of_bitbucket(&session, &connection).await?;
            let made = webhook::add_secret(&session, &connection).await?;
            Ok(SecretString::from(made.expose_secret().to_owned()))
        })
    }
}
