//! The key under which secrets are kept: where it is, and how it comes to be.

pub(crate) mod rotation;

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use store::{Db, Vault};

use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::output::say;

/// The variable that may hold the key.
pub(crate) const VARIABLE: &str = "WINDLASS_SECRET_KEY";

/// The name of the file that holds the key, where no other is configured.
const FILE_NAME: &str = "secret.key";

/// Where a key was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// In the variable of the environment.
    Variable,
    /// In a file.
    File(PathBuf),
}

impl Source {
    /// Where that is, for people.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Variable => format!("the variable {VARIABLE}"),
            Self::File(path) => format!("the file {}", path.display()),
        }
    }
}

/// A key that was found, and where.
#[derive(Debug)]
pub(crate) struct SecretKey {
    pub(crate) vault: Vault,
    pub(crate) source: Source,
}

/// The names of the keys that the stored secrets were sealed under.
pub(crate) async fn names_in_use(db: &Db) -> Result<BTreeSet<String>, store::StoreError> {
    let mut names: BTreeSet<String> = db.forget_key_name().await?.into_iter().collect();
    for connection in db.connections().await? {
        for credential in db.credentials(connection.id).await? {
            names.extend(Vault::key_of(&credential.sealed).map(str::to_owned));
        }
        for secret in db.webhook_secrets(connection.id).await? {
            names.extend(Vault::key_of(&secret.sealed).map(str::to_owned));
        }
    }
    Ok(names)
}

/// The key, if there is one: the variable's, else the file's. A rotation that was interrupted
/// leaves two files, of which the one counts that opens what is stored.
pub(crate) async fn find(config: &Config, db: &Db) -> anyhow::Result<Option<SecretKey>> {
    if let Some(text) = in_environment() {
        let vault = parse(&text, &Source::Variable)?;
        let source = Source::Variable;
        return Ok(Some(SecretKey { vault, source }));
    }
    let path = path(config);
    let current = read(&path)?;
    let previous = read(&previous_of(&path))?;
    let chosen = match (current, previous) {
        (Some(current), Some(previous)) => {
            let in_use = names_in_use(db).await?;
            let opens = |vault: &Vault| in_use.contains(vault.name());
            Some(if opens(&previous) && !opens(&current) {
                previous
            } else {
                current
            })
        }
        (current, previous) => current.or(previous),
    };
    if chosen.is_none() && config.settings.secret_key_file.is_some() {
        return Err(Failure::configuration(format!(
            "the file of the secret key {} is not there: make it with `(umask 077; openssl rand -base64 32 > {})`, or leave out secret_key_file",
            path.display(),
            path.display()
        ))
        .into());
    }
    Ok(chosen.map(|vault| SecretKey {
        vault,
        source: Source::File(path),
    }))
}

/// What an import needs of the key: nothing, unless somebody was forgotten here.
pub(crate) async fn for_import(config: &Config, db: &Db) -> anyhow::Result<Option<Arc<Vault>>> {
    if db.forget_key_name().await?.is_none() {
        return Ok(None);
    }
    let key = find(config, db).await?;
    Ok(key.map(|key| Arc::new(key.vault)))
}

/// The key for what is stored; without one nothing of it can be opened.
pub(crate) async fn require(config: &Config, db: &Db) -> anyhow::Result<SecretKey> {
    match find(config, db).await? {
        Some(key) => Ok(key),
        None => Err(lost(config).into()),
    }
}

/// The key, made where there is none yet.
pub(crate) async fn find_or_make(config: &Config, db: &Db) -> anyhow::Result<SecretKey> {
    if let Some(key) = find(config, db).await? {
        return Ok(key);
    }
    if !names_in_use(db).await?.is_empty() {
        // A new key would open none of them, and hide that the right one is missing.
        return Err(lost(config).into());
    }
    config.ensure_data_dir()?;
    let path = path(config);
    let (vault, written) = Vault::generate();
    match write_new(&path, &written) {
        Ok(()) => {}
        // Somebody else was quicker: theirs is the key.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return require(config, db).await;
        }
        Err(error) => {
            return Err(Failure::configuration(format!(
                "the secret key cannot be written to {}: {error}. Give this user the right to, or put a key into {VARIABLE}",
                path.display()
            ))
            .into());
        }
    }
    say(&format!(
        "A secret key was made: {}. Credentials are sealed under it; keep a copy apart from the database",
        path.display()
    ));
    let source = Source::File(path);
    Ok(SecretKey { vault, source })
}

fn lost(config: &Config) -> Failure {
    Failure::configuration(format!(
        "there are stored credentials, and no secret key that opens them: put it back into {}, or into {VARIABLE}",
        path(config).display()
    ))
}

fn in_environment() -> Option<SecretString> {
    std::env::var(VARIABLE)
        .ok()
        .filter(|text| !text.trim().is_empty())
        .map(SecretString::from)
}

fn path(config: &Config) -> PathBuf {
    config
        .settings
        .secret_key_file
        .clone()
        .unwrap_or_else(|| config.data_dir.join(FILE_NAME))
}

/// Where a rotation keeps the old key until the new one counts.
fn previous_of(path: &Path) -> PathBuf {
    beside(path, ".old")
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn parse(text: &SecretString, source: &Source) -> Result<Vault, Failure> {
    Vault::parse(text.expose_secret())
        .map_err(|error| Failure::configuration(format!("{}: {error}", source.describe())))
}

/// The key in a file; nothing where there is no such file.
fn read(path: &Path) -> Result<Option<Vault>, Failure> {
    let text = match fs::read_to_string(path) {
        Ok(text) => SecretString::from(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(Failure::configuration(format!(
                "the secret key in {} cannot be read: {error}. Give this user the right to",
                path.display()
            )));
        }
    };
    warn_of_readers(path);
    parse(&text, &Source::File(path.to_owned())).map(Some)
}

#[cfg(unix)]
fn warn_of_readers(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o007 != 0) {
        say(&format!(
            "warning: everybody on this machine can read the secret key: chmod 600 {}",
            path.display()
        ));
    }
}

#[cfg(not(unix))]
fn warn_of_readers(_: &Path) {}

/// Writes a key to a file that must not be there yet, for its owner alone, down to the disk.
fn write_new(path: &Path, key: &SecretString) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    writeln!(file, "{}", key.expose_secret())?;
    file.sync_all()
}

/// The exit of a secret that could not be sealed or opened.
pub(crate) fn exit_of(error: &store::ResealError) -> Exit {
    match error {
        store::ResealError::Vault(_) => Exit::Configuration,
        store::ResealError::Store(_) => Exit::Database,
    }
}
