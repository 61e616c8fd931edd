//! A new key in the place of the old one.
//!
//! At every moment one of the two files opens everything: the new key is in its place and the old
//! one beside it before the secrets are sealed anew, which happens in one transaction, and the old
//! one goes after that. [`super::find`] takes the one that opens what is stored.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use secrecy::SecretString;
use store::{AuditEntry, Db, Vault};

use super::{SecretKey, Source, VARIABLE, beside, names_in_use, parse, previous_of, write_new};
use crate::failure::{Failure, one_line};

/// What a rotation came to.
#[derive(Debug)]
pub(crate) struct Rotated {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) secrets: usize,
}

/// Seals everything under a new key. `given` is the new key, where it is not made up.
pub(crate) async fn rotate(
    db: &Db,
    key: &SecretKey,
    given: Option<SecretString>,
    entry: &AuditEntry,
) -> anyhow::Result<Rotated> {
    let (vault, written) = match given {
        Some(text) => {
            let given = Source::File("the new key".into());
            (parse(&text, &given)?, trimmed(&text))
        }
        None => Vault::generate(),
    };
    let secrets = match &key.source {
        Source::Variable => reseal(db, &key.vault, &vault, entry).await?,
        Source::File(path) => in_file(db, key, path, &vault, &written, entry).await?,
    };
    Ok(Rotated {
        from: key.vault.name().to_owned(),
        to: vault.name().to_owned(),
        secrets,
    })
}

/// What to do where the key is in the environment, which a program cannot change.
pub(crate) fn by_hand() -> Failure {
    Failure::configuration(format!(
        "the key is in {VARIABLE}, which only you can change. Make a new one with `openssl rand -base64 32`, give it to `windlass secret-key rotate --new-key-file FILE` (- for standard input), and then put it into {VARIABLE} wherever windlass runs"
    ))
}

/// Reads a new key.
pub(crate) fn read_given(file: &Path) -> Result<SecretString, Failure> {
    let mut text = String::new();
    let outcome = if file == Path::new("-") {
        io::stdin().read_to_string(&mut text)
    } else {
        File::open(file).and_then(|mut file| file.read_to_string(&mut text))
    };
    match outcome {
        Ok(_) => Ok(SecretString::from(text)),
        Err(error) => Err(Failure::configuration(format!(
            "the new key cannot be read from {}: {}",
            file.display(),
            one_line(&error.to_string())
        ))),
    }
}

async fn in_file(
    db: &Db,
    key: &SecretKey,
    path: &Path,
    vault: &Vault,
    written: &SecretString,
    entry: &AuditEntry,
) -> anyhow::Result<usize> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let folder =
        File::open(folder.unwrap_or(Path::new("."))).map_err(|error| failed(path, &error))?;
    if folder.try_lock().is_err() {
        return Err(
            Failure::configuration("another rotation is at work: wait until it has ended").into(),
        );
    }
    let old = previous_of(path);
    settle(db, path, &old).await?;
    let new = beside(path, ".new");
    let put = || -> io::Result<()> {
        remove(&new)?;
        write_new(&new, written)?;
        fs::hard_link(path, &old)?;
        fs::rename(&new, path)?;
        folder.sync_all()
    };
    put().map_err(|error| failed(path, &error))?;
    match reseal(db, &key.vault, vault, entry).await {
        Ok(secrets) => {
            remove(&old).map_err(|error| failed(path, &error))?;
            Ok(secrets)
        }
        Err(error) => {
            // Whether the transaction was written may be unknown: what is stored decides.
            settle(db, path, &old).await?;
            Err(error)
        }
    }
}

/// Ends a rotation that was interrupted: the key stays that opens what is stored.
async fn settle(db: &Db, path: &Path, old: &Path) -> anyhow::Result<()> {
    let Some(previous) = super::read(old)? else {
        return Ok(());
    };
    let in_use = names_in_use(db).await?;
    let current = super::read(path)?;
    let current_counts = current.is_some_and(|current| in_use.contains(current.name()));
    let outcome = if in_use.contains(previous.name()) && !current_counts {
        fs::rename(old, path)
    } else {
        remove(old)
    };
    Ok(outcome.map_err(|error| failed(path, &error))?)
}

async fn reseal(db: &Db, old: &Vault, new: &Vault, entry: &AuditEntry) -> anyhow::Result<usize> {
    let outcome = async {
        let mut tx = db.write().await?;
        let secrets = tx.reseal(old, new).await?;
        tx.audit(entry).await?;
        tx.commit().await?;
        Ok::<_, store::ResealError>(secrets)
    };
    Ok(outcome
        .await
        .map_err(|error| Failure::new(super::exit_of(&error), error.to_string()))?)
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn trimmed(text: &SecretString) -> SecretString {
    use secrecy::ExposeSecret;
    SecretString::from(text.expose_secret().trim().to_owned())
}

fn failed(path: &Path, error: &io::Error) -> Failure {
    Failure::configuration(format!(
        "the secret key in {} cannot be changed: {error}. Nothing was sealed anew",
        path.display()
    ))
}
