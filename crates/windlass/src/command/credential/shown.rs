//! Credentials for people and programs: everything but the secret.

use std::collections::BTreeMap;
use std::io::{self, Write};

use model::Instant;
use serde::Serialize;
use store::{AuthMethod, Connection, CredentialState, StoredCredential, UsageRow};

use crate::moment;
use crate::output::table::{Align, plain};
use crate::progress::grouped;
use crate::session::Session;
use crate::stored;

const DAY: i64 = 86_400;

/// A credential, for programs.
#[derive(Serialize)]
pub(in crate::command) struct CredentialShown {
    pub(in crate::command) id: String,
    pub(in crate::command) label: String,
    /// `api_token` or `basic_auth`.
    pub(in crate::command) method: &'static str,
    /// `ok`, `expired`, `refused`, `lacks_scopes` or `resting`.
    pub(in crate::command) state: &'static str,
    pub(in crate::command) problem: Option<String>,
    pub(in crate::command) scopes: Vec<String>,
    pub(in crate::command) expires_at: Option<Instant>,
    /// What is to be done about the expiry, from 30 days before.
    pub(in crate::command) warning: Option<String>,
    pub(in crate::command) resting_until: Option<Instant>,
    pub(in crate::command) hourly_limit: u32,
    /// Requests in the rolling hour by endpoint, of everything that shares its allowance.
    pub(in crate::command) used: BTreeMap<String, i64>,
    pub(in crate::command) used_in_all: i64,
    pub(in crate::command) verified_at: Option<Instant>,
    pub(in crate::command) created_at: Instant,
    pub(in crate::command) updated_at: Instant,
}

impl CredentialShown {
    /// The credentials of a connection.
    pub(in crate::command) async fn load(
        session: &Session,
        connection: &Connection,
    ) -> anyhow::Result<Vec<Self>> {
        let now = session.now();
        let settings = &session.config.settings;
        let window = i64::from(settings.bitbucket.window_seconds);
        let usage = session.db.usage_since(now.plus_seconds(-window)).await?;
        let credentials = session.db.credentials(connection.id).await?;
        Ok(credentials
            .into_iter()
            .map(|credential| {
                let limit = stored::limit(settings, credential.hourly_limit);
                Self::of(credential, &usage, limit, now)
            })
            .collect())
    }

    fn of(credential: StoredCredential, usage: &[UsageRow], limit: u32, now: Instant) -> Self {
        let mut used: BTreeMap<String, i64> = BTreeMap::new();
        for row in usage
            .iter()
            .filter(|row| row.allowance == credential.allowance)
        {
            let endpoint = match row.endpoint.as_str() {
                "" => format!("/{}", row.endpoint_group),
                endpoint => endpoint.to_owned(),
            };
            *used.entry(endpoint).or_default() += row.requests;
        }
        Self {
            id: credential.id.to_string(),
            method: credential.method.as_str(),
            state: state(&credential, now).as_str(),
            warning: expiry_warning(&credential.label, credential.expires_at, now),
            used_in_all: used.values().sum(),
            used,
            hourly_limit: limit,
            label: credential.label,
            problem: credential.problem,
            scopes: credential.scopes,
            expires_at: credential.expires_at,
            resting_until: credential.resting_until.filter(|until| *until > now),
            verified_at: credential.verified_at,
            created_at: credential.created_at,
            updated_at: credential.updated_at,
        }
    }

    /// The words of those who make such credentials.
    fn method_in_words(&self) -> &'static str {
        if self.method == AuthMethod::BasicAuth.as_str() {
            "Basic auth"
        } else {
            "API token"
        }
    }
}

/// How a credential stands by now.
fn state(credential: &StoredCredential, now: Instant) -> CredentialState {
    if credential.expires_at.is_some_and(|at| at <= now) {
        return CredentialState::Expired;
    }
    match (credential.state, credential.resting_until) {
        (CredentialState::Resting, Some(until)) if until <= now => CredentialState::Ok,
        (state, _) => state,
    }
}

/// What is to be said of a credential that expires soon, or has.
pub(in crate::command) fn expiry_warning(
    label: &str,
    expires_at: Option<Instant>,
    now: Instant,
) -> Option<String> {
    let left = expires_at?.seconds_since(now);
    let advice = "make a new token and give it with `windlass credential replace`";
    if left <= 0 {
        Some(format!("`{label}` has expired: {advice}"))
    } else if left <= 7 * DAY {
        Some(format!(
            "`{label}` expires in {}, soon: {advice}",
            days(left)
        ))
    } else if left <= 30 * DAY {
        Some(format!("`{label}` expires in {}: {advice}", days(left)))
    } else {
        None
    }
}

fn days(seconds: i64) -> String {
    match seconds / DAY {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        several => format!("{several} days"),
    }
}

/// The credentials as a table, and what they have spent.
pub(in crate::command) fn write_text(
    credentials: &[CredentialShown],
    out: &mut dyn Write,
) -> io::Result<()> {
    if credentials.is_empty() {
        return writeln!(
            out,
            "There is no credential yet: `windlass credential add` gives one"
        );
    }
    let rows = credentials.iter().map(|one| {
        let state = match one.resting_until {
            Some(until) => format!("{} until {}", one.state, moment::shown(until)),
            None => one.state.to_owned(),
        };
        vec![
            one.label.clone(),
            one.method_in_words().to_owned(),
            state,
            moment::shown_or(one.expires_at, "not known"),
            format!(
                "{} of {}",
                grouped(u64::try_from(one.used_in_all).unwrap_or(0)),
                grouped(u64::from(one.hourly_limit))
            ),
            one.scopes.join(" "),
        ]
    });
    let header = [
        "credential",
        "method",
        "state",
        "expires",
        "used this hour",
        "scopes",
    ];
    writeln!(out, "{}", plain(&header, &[Align::Left], rows))?;
    for one in credentials {
        if let Some(problem) = &one.problem {
            writeln!(out, "{}: {}", one.label, crate::failure::one_line(problem))?;
        }
        if let Some(warning) = &one.warning {
            writeln!(out, "warning: {warning}")?;
        }
    }
    let used = credentials.iter().flat_map(|one| {
        one.used
            .iter()
            .map(|(endpoint, requests)| (one.label.clone(), endpoint.clone(), *requests))
    });
    let rows: Vec<Vec<String>> = used
        .map(|(label, endpoint, requests)| {
            vec![
                label,
                endpoint,
                grouped(u64::try_from(requests).unwrap_or(0)),
            ]
        })
        .collect();
    if !rows.is_empty() {
        let header = ["credential", "endpoint", "requests this hour"];
        let align = [Align::Left, Align::Left, Align::Right];
        writeln!(out, "\n{}", plain(&header, &align, rows))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_warned_of_thirty_and_seven_days_before() {
        let now = Instant::from_seconds(1_790_000_000);
        let warning = |days: i64| expiry_warning("ci", Some(now.plus_seconds(days * DAY)), now);
        assert_eq!(expiry_warning("ci", None, now), None);
        assert_eq!(warning(31), None);
        assert!(
            warning(30)
                .unwrap()
                .starts_with("`ci` expires in 30 days: ")
        );
        assert!(
            warning(7)
                .unwrap()
                .starts_with("`ci` expires in 7 days, soon: ")
        );
        assert!(
            warning(1)
                .unwrap()
                .starts_with("`ci` expires in 1 day, soon: ")
        );
        assert!(warning(0).unwrap().starts_with("`ci` has expired: "));
    }
}
