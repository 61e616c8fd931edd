//! The token, and the client that is signed with it.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bitbucket::{Client, ClientConfig, Credential, Holder, Observer};
use model::Clock;
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::{ExposeSecret, SecretString};
use store::{AuthMethod, Vault};
use url::Url;

use crate::cli::{ConnectionArguments, CredentialArguments};
use crate::config::Settings;
use crate::failure::Failure;

/// The variable that may hold the token.
pub(crate) const VARIABLE: &str = "WINDLASS_BITBUCKET_TOKEN";

/// The variable that may hold the token for Jira.
pub(crate) const JIRA_VARIABLE: &str = "WINDLASS_JIRA_TOKEN";

/// A token and where it was found.
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    pub(crate) found_in: String,
}

/// What is secret of a credential.
pub(crate) struct Secret {
    /// The address of the Atlassian account; `None` for an access token.
    pub(crate) email: Option<SecretString>,
    /// The token.
    pub(crate) token: SecretString,
}

impl Secret {
    /// How requests are signed with it.
    pub(crate) fn method(&self) -> AuthMethod {
        match self.email {
            Some(_) => AuthMethod::BasicAuth,
            None => AuthMethod::ApiToken,
        }
    }

    /// The text that is stored.
    pub(crate) fn seal(&self, vault: &Vault, label: &str) -> Result<String, Failure> {
        let email = self.email.as_ref().map(ExposeSecret::expose_secret);
        sync::sealed_secret(vault, &self.token, email).map_err(|error| {
            Failure::configuration(format!(
                "the credential `{label}` cannot be sealed: {error}"
            ))
        })
    }
}

/// Finds the token: the file that the command line names, the variable, the file that the
/// configuration names. It is never an argument, since everybody on the machine can read those.
pub(crate) fn token(
    settings: &Settings,
    arguments: &ConnectionArguments,
) -> Result<Token, Failure> {
    if let Some(file) = &arguments.token_file {
        return read(file);
    }
    if let Some(token) = in_variable(VARIABLE) {
        return Ok(token);
    }
    if let Some(file) = &settings.bitbucket.token_file {
        return read(file);
    }
    Err(Failure::configuration(format!(
        "no token: put it in the variable {VARIABLE}, or in a file that --token-file names. The README says how to make one"
    )))
}

/// Finds the token of a credential that is to be kept, and the address that it goes with:
/// standard input, the file that the command line names, or the variable.
pub(crate) fn given(arguments: &CredentialArguments, variable: &str) -> Result<Secret, Failure> {
    let token = if arguments.token_stdin {
        read(Path::new("-"))?
    } else if let Some(file) = &arguments.token_file {
        read(file)?
    } else {
        in_variable(variable).ok_or_else(|| {
            Failure::configuration(format!(
                "no token: give it with --token-stdin, in a file that --token-file names, or in the variable {variable}"
            ))
        })?
    };
    let email = arguments.email.as_deref().map(str::trim).map(str::to_owned);
    Ok(Secret {
        email: email.map(SecretString::from),
        token: token.secret,
    })
}

fn in_variable(variable: &str) -> Option<Token> {
    let secret = std::env::var(variable)
        .ok()
        .filter(|text| !text.trim().is_empty())?;
    Some(Token {
        secret: SecretString::from(secret.trim().to_owned()),
        found_in: format!("the variable {variable}"),
    })
}

fn read(file: &Path) -> Result<Token, Failure> {
    let mut text = String::new();
    let (found_in, outcome) = if file == Path::new("-") {
        let outcome = std::io::stdin().read_to_string(&mut text);
        ("standard input".to_owned(), outcome)
    } else {
        let outcome = std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text));
        (format!("the file {}", file.display()), outcome)
    };
    match outcome {
        Ok(_) if text.trim().is_empty() => Err(Failure::configuration(format!(
            "there is no token in {found_in}: write it there, alone"
        ))),
        Ok(_) => Ok(Token {
            secret: SecretString::from(text.trim().to_owned()),
            found_in,
        }),
        Err(error) => Err(Failure::configuration(format!(
            "the token cannot be read from {found_in}: {error}. Check its name and who may read it"
        ))),
    }
}

/// The name of the workspace, from its name or its address.
pub(crate) fn workspace(settings: &Settings) -> Result<String, Failure> {
    match &settings.bitbucket.workspace {
        Some(written) => Ok(workspace_name(written)),
        None => Err(Failure::configuration(
            "no workspace: name it with --workspace. It is the first part of its address: in https://bitbucket.org/myworkspace/ it is myworkspace",
        )),
    }
}

/// The name of a workspace that is written as its name or its address.
pub(crate) fn workspace_name(written: &str) -> String {
    let path = written.trim();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let path = path
        .strip_prefix("www.bitbucket.org/")
        .or_else(|| path.strip_prefix("bitbucket.org/"))
        .unwrap_or(path);
    // Names are in small letters; addresses are understood in any.
    path.split('/').next().unwrap_or_default().to_lowercase()
}

/// A client for the configured workspace.
pub(crate) fn client(
    settings: &Settings,
    token: Token,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
) -> anyhow::Result<Client> {
    let workspace = workspace(settings)?;
    let secret = Secret {
        email: settings
            .bitbucket
            .email
            .as_deref()
            .map(|email| SecretString::from(email.trim().to_owned())),
        token: token.secret,
    };
    let mut holder = Holder::new(0, credential_of(&workspace, &secret));
    holder.hourly_limit = settings.bitbucket.hourly_limit;
    let base_url = settings.bitbucket.base_url.clone();
    let target = Target {
        workspace,
        base_url,
    };
    client_of(settings, &target, vec![holder], clock, observer)
}

/// What a client asks about, and where.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) workspace: String,
    pub(crate) base_url: String,
}

/// A credential as the client takes it.
pub(crate) fn credential_of(label: &str, secret: &Secret) -> Credential {
    let (label, token) = (label.to_owned(), secret.token.clone());
    match &secret.email {
        Some(email) => Credential::ApiToken {
            label,
            email: email.expose_secret().to_owned(),
            token,
        },
        None => Credential::AccessToken { label, token },
    }
}

/// A client of these holders.
pub(crate) fn client_of(
    settings: &Settings,
    target: &Target,
    holders: Vec<Holder>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
) -> anyhow::Result<Client> {
    let of_bitbucket = &settings.bitbucket;
    let base_url = Url::parse(&target.base_url).map_err(|error| {
        Failure::configuration(format!(
            "`{}` is no address of an API: {error}. Bitbucket's is https://api.bitbucket.org/2.0",
            target.base_url
        ))
    })?;
    let config = ClientConfig {
        store_text: of_bitbucket.store_text,
        window_seconds: i64::from(of_bitbucket.window_seconds),
        jitter_seed: random()?,
        request_timeout: Duration::from_secs(u64::from(of_bitbucket.request_timeout_seconds)),
        ..ClientConfig::with_holders(base_url, &target.workspace, holders)
    };
    Ok(Client::new(config, clock, observer)?)
}

/// A number that nobody else has.
pub(crate) fn random() -> anyhow::Result<u64> {
    use anyhow::Context;
    SysRng
        .try_next_u64()
        .context("the system gives no random numbers")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULTS;
    use figment::Figment;
    use figment::providers::{Format, Toml};

    #[test]
    fn a_workspace_may_be_given_by_its_address() {
        let mut settings: Settings = Figment::from(Toml::string(DEFAULTS)).extract().unwrap();
        assert!(workspace(&settings).is_err());
        for written in [
            "myworkspace",
            "MyWorkspace",
            " myworkspace/ ",
            "bitbucket.org/myworkspace",
            "https://bitbucket.org/myworkspace/",
            "https://bitbucket.org/myworkspace/workspace/repositories/",
            "https://www.bitbucket.org/myworkspace",
        ] {
            settings.bitbucket.workspace = Some(written.to_owned());
            assert_eq!(workspace(&settings).unwrap(), "myworkspace", "{written}");
        }
    }
}
