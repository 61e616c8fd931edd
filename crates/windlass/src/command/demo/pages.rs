//! The pages of the demo: whoever sits at this machine is let in.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use model::Clock;
use store::{Db, Inbox};
use tokio::net::TcpListener;
use tokio::sync::watch;
use web::{Entry, Metrics};

use crate::actor;
use crate::command::serve::{bind, door, limit, site, told};
use crate::config::Config;
use crate::failure::{Exit, Failure};
use crate::interrupt::interrupted;
use crate::output::say;
use crate::session::Session;

/// Where the pages are, unless somebody says otherwise or something else is there.
const USUAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Serves what was imported until somebody says stop.
pub(super) async fn serve(
    config: Config,
    db: Db,
    clock: Arc<dyn Clock>,
    listener: TcpListener,
) -> anyhow::Result<()> {
    let inbox = Inbox::open(&db).await?;
    let session = Arc::new(Session {
        config,
        db,
        clock,
        actor: actor::of_command_line(),
    });
    let door = door(&session, inbox, Arc::new(Metrics::default()));
    let site = site(&session, door, limit(&session), Entry::Automatic)?;
    let address = listener.local_addr()?;
    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(web::serve(listener, site, told(stopped)));
    say(&format!(
        "See it at http://{address} until you press Ctrl-C. Only this machine can"
    ));
    interrupted().await;
    // Whoever does not listen any more has ended already.
    let _ = stop.send(true);
    serving.await??;
    Ok(())
}

/// Binds to this machine alone.
pub(super) async fn listener(listen: Option<SocketAddr>) -> Result<TcpListener, Failure> {
    if let Some(address) = listen {
        if !address.ip().is_loopback() {
            return Err(Failure::new(
                Exit::Usage,
                format!(
                    "the demo lets in whoever reaches it, and {address} can be reached from elsewhere: name an address such as {USUAL}, or use `windlass serve`"
                ),
            ));
        }
        return bind(address, "--listen").await;
    }
    match TcpListener::bind(USUAL).await {
        Ok(listener) => Ok(listener),
        Err(_) => bind(SocketAddr::new(USUAL.ip(), 0), "--listen").await,
    }
}
