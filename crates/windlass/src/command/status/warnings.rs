//! What deserves a look.

use store::ConnectionKind;

use super::connection::ConnectionStatus;
use crate::failure::one_line;
use crate::moment;

/// How much of each kind is named one by one.
const MOST: usize = 5;

/// What deserves a look, the most pressing first.
pub(super) fn of(connections: &[ConnectionStatus], has_jira: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    for connection in connections {
        if let (true, Some(problem)) = (connection.state == "failing", &connection.problem) {
            warnings.push(format!("{}: {}", connection.name, one_line(problem)));
        }
    }
    for connection in connections {
        of_credentials(connection, &mut warnings);
    }
    for connection in connections {
        if let Some(since) = connection.paused_at {
            warnings.push(format!(
                "{0}: paused since {1}: `windlass connection resume {0}`",
                connection.name,
                moment::shown(since)
            ));
        }
        of_streams(connection, &mut warnings);
    }
    for webhook in connections
        .iter()
        .filter_map(|connection| connection.webhook.as_ref())
    {
        warnings.extend(webhook.warnings.iter().map(|warning| one_line(warning)));
    }
    let has_bitbucket = connections
        .iter()
        .any(|one| one.kind == ConnectionKind::BitbucketCloud.as_str());
    if has_bitbucket && !has_jira {
        warnings.push(
            "there is no connection to Jira: Bitbucket tells no e-mail addresses and time zones of people, and without Jira accounts are matched to people through the authors of commits alone, who may have written any address. `windlass connection add jira_cloud` adds one".to_owned(),
        );
    }
    if connections.is_empty() {
        warnings.push("there is no connection yet: `windlass connection add` makes one".to_owned());
    }
    warnings
}

fn of_credentials(connection: &ConnectionStatus, warnings: &mut Vec<String>) {
    let name = &connection.name;
    if connection.credentials.is_empty() {
        warnings.push(format!(
            "{name}: it has no credential, and is imported only with a token that is given each time: `windlass credential add {name}`"
        ));
    }
    for credential in &connection.credentials {
        if let Some(warning) = &credential.warning {
            warnings.push(format!("{name}: {warning}"));
        }
        if matches!(credential.state, "refused" | "lacks_scopes") {
            let problem = credential.problem.as_deref().unwrap_or(credential.state);
            warnings.push(format!(
                "{name}: `{}`: {}",
                credential.label,
                one_line(problem)
            ));
        }
    }
}

fn of_streams(connection: &ConnectionStatus, warnings: &mut Vec<String>) {
    let name = &connection.name;
    let failed: Vec<String> = connection
        .streams
        .iter()
        .filter(|stream| stream.state == "failed")
        .map(|stream| {
            let place = stream.repository.as_deref().unwrap_or(name);
            let problem = stream.problem.as_deref().unwrap_or("it failed");
            format!(
                "{name}: {} of {place}: {}",
                stream.stream,
                one_line(problem)
            )
        })
        .collect();
    some(
        failed,
        &format!("{name}: more streams that failed"),
        warnings,
    );
    let lacking: Vec<String> = connection
        .streams
        .iter()
        .filter(|stream| stream.lacks_rows() && stream.state == "complete")
        .map(|stream| {
            let place = stream.repository.as_deref().unwrap_or(name);
            format!(
                "{name}: {} of {place}: {} of the {} that Bitbucket counts are stored. `windlass import {name} --full` reads all again",
                stream.stream,
                stream.stored_rows.unwrap_or(0),
                stream.upstream_rows.unwrap_or(0)
            )
        })
        .collect();
    some(
        lacking,
        &format!("{name}: more streams that lack rows"),
        warnings,
    );
}

fn some(found: Vec<String>, rest: &str, warnings: &mut Vec<String>) {
    let more = found.len().saturating_sub(MOST);
    warnings.extend(found.into_iter().take(MOST));
    if more > 0 {
        warnings.push(format!("{rest}: {more}"));
    }
}
