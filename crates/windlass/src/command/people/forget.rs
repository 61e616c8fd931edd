//! `windlass people forget`.

use std::io;

use serde::Serialize;
use sync::people::{Forgotten, forget};

use super::change::{Change, shown};
use super::chosen;
use crate::cli::{ForgetArguments, Global};
use crate::confirm::confirm;
use crate::output::{json, say};
use crate::progress::grouped;
use crate::secret_key;
use crate::session::Session;

/// What was removed, for programs.
#[derive(Serialize)]
struct Told {
    person: i64,
    #[serde(flatten)]
    forgotten: Forgotten,
}

pub(super) async fn run(global: &Global, arguments: &ForgetArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let evidence = session.db.evidence().await?;
    let person = chosen::person(&evidence, &arguments.person)?;
    let id = person.id;
    let question = format!(
        "Remove the name and the addresses of {} everywhere, for good? The numbers stay.",
        shown(id, person.name.as_deref())
    );
    confirm(&question, arguments.yes)?;
    // Whoever is asked may take time: nothing is locked meanwhile.
    let key = secret_key::find_or_make(&session.config, &session.db).await?;
    session.db.close().await;
    let mut change = Change::begin(global).await?;
    let evidence = change.tx.evidence().await?;
    let (tx, decider) = change.parts();
    let forgotten = forget(tx, &evidence, id, &key.vault, &decider).await?;
    change
        .commit("people.forget", format!("person {id}"), None)
        .await?;
    if arguments.json {
        let told = Told {
            person: id,
            forgotten,
        };
        return json::write(&told, &mut io::stdout().lock());
    }
    say(&format!(
        "Person {id} has no name any more. Removed: {} addresses, the names of {} accounts, what {} deliveries and {} entries of the log told. No import brings them back; the secret key is needed for that, so keep it",
        grouped(forgotten.addresses),
        grouped(forgotten.accounts),
        grouped(forgotten.deliveries),
        grouped(forgotten.log_entries),
    ));
    say(
        "Titles, comments and messages that people wrote are as they were, and backups of the database too",
    );
    Ok(())
}
