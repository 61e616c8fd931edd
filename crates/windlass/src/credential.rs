//! The token, and the client that is signed with it.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bitbucket::{Client, ClientConfig, Credential, Observer};
use model::Clock;
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::SecretString;
use url::Url;

use crate::cli::ConnectionArguments;
use crate::config::Settings;
use crate::failure::Failure;

/// The variable that may hold the token.
pub(crate) const VARIABLE: &str = "WINDLASS_BITBUCKET_TOKEN";

/// A token and where it was found.
pub(crate) struct Token {
    pub(crate) secret: SecretString,
    pub(crate) found_in: String,
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
    if let Some(secret) = std::env::var(VARIABLE)
        .ok()
        .filter(|text| !text.trim().is_empty())
    {
        return Ok(Token {
            secret: SecretString::from(secret.trim().to_owned()),
            found_in: format!("the variable {VARIABLE}"),
        });
    }
    if let Some(file) = &settings.bitbucket.token_file {
        return read(file);
    }
    Err(Failure::configuration(format!(
        "no token: put it in the variable {VARIABLE}, or in a file that --token-file names. The README says how to make one"
    )))
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
    let Some(written) = &settings.bitbucket.workspace else {
        return Err(Failure::configuration(
            "no workspace: name it with --workspace. It is the first part of its address: in https://bitbucket.org/myworkspace/ it is myworkspace",
        ));
    };
    let path = written.trim();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let path = path
        .strip_prefix("www.bitbucket.org/")
        .or_else(|| path.strip_prefix("bitbucket.org/"))
        .unwrap_or(path);
    // Names are in small letters; addresses are understood in any.
    let name = path.split('/').next().unwrap_or_default().to_lowercase();
    Ok(name)
}

/// A client for the configured workspace.
pub(crate) fn client(
    settings: &Settings,
    token: Token,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
) -> anyhow::Result<Client> {
    let settings_of = &settings.bitbucket;
    let base_url = Url::parse(&settings_of.base_url).map_err(|error| {
        Failure::configuration(format!(
            "`{}` is no address of an API: {error}. Bitbucket's is https://api.bitbucket.org/2.0",
            settings_of.base_url
        ))
    })?;
    let workspace = workspace(settings)?;
    let label = workspace.clone();
    let credential = match &settings_of.email {
        Some(email) => Credential::ApiToken {
            label,
            email: email.trim().to_owned(),
            token: token.secret,
        },
        None => Credential::AccessToken {
            label,
            token: token.secret,
        },
    };
    let config = ClientConfig {
        store_text: settings_of.store_text,
        window_seconds: i64::from(settings_of.window_seconds),
        jitter_seed: random()?,
        request_timeout: Duration::from_secs(u64::from(settings_of.request_timeout_seconds)),
        ..ClientConfig::new(base_url, workspace, credential)
    }
    .limited_to(settings_of.hourly_limit);
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
