//! `windlass secret-key`.

use std::io::{self, Write};

use serde::Serialize;

use crate::cli::{Global, KeyRotateArguments, KeyShowArguments, SecretKeyCommand};
use crate::output::{json, say};
use crate::progress::count;
use crate::secret_key::{self, Source, rotation};
use crate::session::Session;

pub(super) async fn run(global: &Global, command: &SecretKeyCommand) -> anyhow::Result<()> {
    match command {
        SecretKeyCommand::Show(arguments) => show(global, arguments).await,
        SecretKeyCommand::Rotate(arguments) => rotate(global, arguments).await,
    }
}

/// A key, for programs.
#[derive(Serialize)]
struct Shown {
    name: String,
    found_in: String,
    /// Whether it opens what is stored.
    opens_all: bool,
}

async fn show(global: &Global, arguments: &KeyShowArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let key = secret_key::require(&session.config, &session.db).await?;
    let in_use = secret_key::names_in_use(&session.db).await?;
    let shown = Shown {
        name: key.vault.name().to_owned(),
        found_in: key.source.describe(),
        opens_all: in_use.iter().all(|name| name == key.vault.name()),
    };
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&shown, out);
    }
    let verdict = if shown.opens_all {
        "it opens every stored credential"
    } else {
        "it does not open every stored credential"
    };
    writeln!(out, "key {} in {}: {verdict}", shown.name, shown.found_in)?;
    Ok(())
}

/// What a rotation came to, for programs.
#[derive(Serialize)]
struct Rotated {
    from: String,
    to: String,
    secrets: usize,
}

async fn rotate(global: &Global, arguments: &KeyRotateArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let key = secret_key::require(&session.config, &session.db).await?;
    let given = match (&arguments.new_key_file, &key.source) {
        (Some(file), _) => Some(rotation::read_given(file)?),
        (None, Source::Variable) => return Err(rotation::by_hand().into()),
        (None, Source::File(_)) => None,
    };
    let entry = session.entry(
        "secret_key.rotate",
        format!("secret key {}", key.vault.name()),
        None,
    );
    let rotated = rotation::rotate(&session.db, &key, given, &entry).await?;
    if arguments.json {
        let rotated = Rotated {
            from: rotated.from,
            to: rotated.to,
            secrets: rotated.secrets,
        };
        return json::write(&rotated, &mut io::stdout().lock());
    }
    let sealed = count(rotated.secrets as u64, "credential");
    let next = match key.source {
        Source::Variable => format!(
            ". Put the new key into {} now, wherever windlass runs",
            secret_key::VARIABLE
        ),
        Source::File(path) => format!(". The new key is in {}", path.display()),
    };
    say(&format!(
        "{sealed} sealed under the key {} in place of {}{next}",
        rotated.to, rotated.from
    ));
    Ok(())
}
