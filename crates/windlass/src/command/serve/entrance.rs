//! The door for deliveries, with the key that its secrets are sealed under.

use std::sync::Arc;

use model::Clock;
use store::Inbox;
use web::{Door, FindVault, Metrics, NoVault};

use crate::failure::describe;
use crate::output::say;
use crate::secret_key;
use crate::session::Session;

pub(in crate::command) fn door(
    session: &Arc<Session>,
    inbox: Inbox,
    metrics: Arc<Metrics>,
) -> Door {
    let db = session.db.clone();
    let clock: Arc<dyn Clock> = Arc::clone(&session.clock);
    Door::new(db, inbox, clock, metrics, find_vault(Arc::clone(session)))
}

/// The key may be made while the program runs, and be replaced.
fn find_vault(session: Arc<Session>) -> FindVault {
    Box::new(move || {
        let session = Arc::clone(&session);
        Box::pin(async move {
            let found = secret_key::find(&session.config, &session.db).await;
            found.map(|key| key.map(|key| key.vault)).map_err(|error| {
                say(&format!(
                    "problem: no delivery can be taken in: {}",
                    describe(&error)
                ));
                NoVault
            })
        })
    })
}
