//! Being told to stop.

use crate::failure::{Exit, Failure};

/// Waits until somebody wants the program to stop, and says how it ends then.
pub(crate) async fn interrupted() -> Failure {
    let exit = signal().await;
    Failure::new(
        exit,
        "stopped. What was finished is in the database; the same command goes on from there",
    )
}

#[cfg(unix)]
async fn signal() -> Exit {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return control_c().await;
    };
    tokio::select! {
        exit = control_c() => exit,
        _ = terminate.recv() => Exit::Terminated,
    }
}

#[cfg(not(unix))]
async fn signal() -> Exit {
    control_c().await
}

async fn control_c() -> Exit {
    if tokio::signal::ctrl_c().await.is_err() {
        // Without a handler the system ends the program by itself.
        std::future::pending::<()>().await;
    }
    Exit::Interrupted
}
