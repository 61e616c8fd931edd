//! Credentials as they are written on a command line.

use std::str::FromStr;

use thiserror::Error;

use super::Credential;

/// Why a text is no credential.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CredentialError {
    /// The part before the first `;` is not KIND=TOKEN.
    #[error(
        "{0:?} is no credential: begin with workspace=TOKEN, project:KEY=TOKEN, \
         repository:SLUG=TOKEN, api:EMAIL=TOKEN or jira:EMAIL=TOKEN"
    )]
    UnknownKind(String),
    /// A part after the first `;` means nothing.
    #[error(
        "{0:?} means nothing here: say label=NAME, scopes=A,B, sees=SLUG,SLUG, limit=NUMBER, \
         expires=RFC3339, administrator or cannot-browse-users"
    )]
    UnknownPart(String),
}

impl FromStr for Credential {
    type Err = CredentialError;

    /// Reads `KIND=TOKEN` with any of `;label=`, `;scopes=`, `;sees=`, `;limit=`, `;expires=`,
    /// `;administrator` and `;cannot-browse-users` behind it.
    fn from_str(text: &str) -> Result<Self, CredentialError> {
        let mut parts = text.split(';');
        let first = parts.next().unwrap_or_default();
        let unknown = || CredentialError::UnknownKind(kind_of(first));
        let (kind, token) = first.split_once('=').ok_or_else(unknown)?;
        let mut credential = match kind.split_once(':').unwrap_or((kind, "")) {
            ("workspace", "") => Self::workspace_access_token(token),
            ("project", key) if !key.is_empty() => Self::project_access_token(token, key),
            ("repository", slug) if !slug.is_empty() => Self::repository_access_token(token, slug),
            ("api", email) if !email.is_empty() => Self::api_token(email, token),
            ("jira", email) if !email.is_empty() => Self::jira_token(email, token),
            _ => return Err(unknown()),
        };
        for part in parts {
            let unknown = || CredentialError::UnknownPart(part.to_owned());
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let list: Vec<&str> = value.split(',').filter(|one| !one.is_empty()).collect();
            credential = match name {
                "label" => credential.labelled(value),
                "scopes" => credential.with_scopes(&list),
                "sees" => credential.seeing(&list),
                "limit" => credential.limited_to(value.parse().map_err(|_| unknown())?),
                "expires" => credential.expiring_at(value.parse().map_err(|_| unknown())?),
                "administrator" => credential.of_administrator(),
                "cannot-browse-users" => credential.without_browsing_users(),
                _ => return Err(unknown()),
            };
        }
        Ok(credential)
    }
}

/// What may be shown of the first part: nothing that could be the secret.
fn kind_of(first: &str) -> String {
    first
        .split_once('=')
        .map_or("", |(kind, _)| kind)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_can_be_written_in_one_line() {
        let read: Credential = "project:OPS=s3cret;label=ops;scopes=pullrequest,webhook;limit=5"
            .parse()
            .unwrap();
        let expected = Credential::project_access_token("s3cret", "OPS")
            .labelled("ops")
            .with_scopes(&["pullrequest", "webhook"])
            .limited_to(5);
        assert_eq!(read, expected);
        let read: Credential =
            "api:ada@example.com=t=1;administrator;sees=docs;expires=2026-01-02T03:04:05Z"
                .parse()
                .unwrap();
        let expected = Credential::api_token("ada@example.com", "t=1")
            .of_administrator()
            .seeing(&["docs"])
            .expiring_at("2026-01-02T03:04:05Z".parse().unwrap());
        assert_eq!(read, expected);
        let jira: Credential = "jira:ada@example.com=t;cannot-browse-users"
            .parse()
            .unwrap();
        assert!(!jira.browses_users);
    }

    #[test]
    fn what_is_no_credential_is_refused_without_its_secret() {
        for text in [
            "",
            "s3cret",
            "project=s3cret",
            "workspace:x=s3cret",
            "magic=s3cret",
        ] {
            let refusal = text.parse::<Credential>().unwrap_err().to_string();
            assert!(!refusal.contains("s3cret"), "{refusal}");
        }
        let refusal = "workspace=s3cret;limit=many".parse::<Credential>();
        let expected = CredentialError::UnknownPart("limit=many".to_owned());
        assert_eq!(refusal, Err(expected));
    }
}
