//! How many rows each table has.
//!
//! To count the rows of a large table takes longer than a page may. Whoever asks first has all of
//! them counted, waits for a moment, and sees what is known by then; the rest is counted meanwhile.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Timer};

use model::Instant;
use model::catalogue::tables;
use tokio::sync::Mutex as Turn;

use crate::site::App;

/// How long a page waits.
const PATIENCE: Duration = Duration::from_millis(60);

/// How long counts hold, in seconds: those that took no time, and others.
const HOLD: (i64, i64) = (10, 600);

/// What takes no time.
const QUICK: Duration = Duration::from_millis(500);

/// How many rows a table had, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub(crate) rows: i64,
    pub(crate) at: Instant,
}

/// What was counted of late.
#[derive(Clone, Default)]
pub(crate) struct Counts {
    known: Arc<Mutex<Known>>,
    turn: Arc<Turn<()>>,
}

#[derive(Default)]
struct Known {
    rows: HashMap<&'static str, Counted>,
    holds_until: Option<Instant>,
}

impl Counts {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of each table.
    pub(crate) async fn of_all(&self, app: &App) -> HashMap<&'static str, Counted> {
        let holds = self
            .lock()
            .holds_until
            .is_some_and(|until| until > app.now());
        if !holds && let Ok(turn) = Arc::clone(&self.turn).try_lock_owned() {
            let (counts, app) = (self.clone(), app.clone());
            let counting = tokio::spawn(async move {
                counts.count(&app).await;
                drop(turn);
            });
            let _ = tokio::time::timeout(PATIENCE, counting).await;
        }
        self.lock().rows.clone()
    }

    async fn count(&self, app: &App) {
        let began = Timer::now();
        for table in tables() {
            match app.db.count_rows(table).await {
                Ok(rows) => {
                    let at = app.now();
                    self.lock().rows.insert(table.name, Counted { rows, at });
                }
                Err(error) => tracing::warn!(%error, "{} could not be counted", table.name),
            }
        }
        let seconds = if began.elapsed() < QUICK {
            HOLD.0
        } else {
            HOLD.1
        };
        self.lock().holds_until = Some(app.now().plus_seconds(seconds));
    }
}
