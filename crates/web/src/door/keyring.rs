//! The secrets that deliveries are signed with, held open in memory.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bitbucket::webhook::WorkspaceMark;
use bitbucket::webhook::signature::{self, SignatureError};
use model::{Clock, Instant, Uuid};
use secrecy::{ExposeSecret, SecretString};
use store::{Db, SigningSecret, StoreError, Vault};
use tokio::sync::Mutex;

use super::answer::Refusal;

/// Secrets that were read longer ago are read again, in seconds: one that was taken back opens
/// nothing after that.
const RECENT_SECONDS: i64 = 5;

/// There is no way to the key now; whoever looked for it has told why.
#[derive(Clone, Copy, Debug)]
pub struct NoVault;

/// Finds the vault, if there is one yet.
pub type FindVault = Box<
    dyn Fn() -> Pin<Box<dyn Future<Output = Result<Option<Vault>, NoVault>> + Send>> + Send + Sync,
>;

/// The secrets, read again when they are old or when one is asked for that is not there.
pub(super) struct Keyring {
    db: Db,
    clock: Arc<dyn Clock>,
    find_vault: FindVault,
    held: RwLock<Option<Arc<Held>>>,
    /// How many readings have begun.
    begun: AtomicU64,
    /// Who reads; the others wait for what is read.
    turn: Mutex<()>,
}

/// The secrets as one reading found them.
pub(super) struct Held {
    /// Which reading it was, from 1.
    reading: u64,
    read_at: Instant,
    vault: Option<Vault>,
    secrets: Vec<(Owner, SecretString)>,
    closed: usize,
}

/// Whose secret it is.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) secret: SigningSecret,
    pub(super) connection_id: i64,
    pub(super) connection: String,
    /// The workspace's slug, as the connection has it.
    workspace: String,
    /// The workspace, once it was imported.
    workspace_uuid: Option<Uuid>,
}

impl Owner {
    /// Whether that is the workspace. Its UUID decides where both are known: slugs change.
    pub(super) fn has(&self, mark: &WorkspaceMark) -> bool {
        match (&self.workspace_uuid, &mark.uuid) {
            (Some(ours), Some(theirs)) => ours == theirs,
            _ => self.workspace.eq_ignore_ascii_case(&mark.slug),
        }
    }
}

impl Held {
    /// What sealed them.
    pub(super) fn vault(&self) -> Option<&Vault> {
        self.vault.as_ref()
    }

    /// Whether there are secrets that cannot be opened.
    pub(super) fn has_closed_ones(&self) -> bool {
        self.closed > 0
    }

    /// Whose secrets signed `body`: mostly one; several where connections have the same secret.
    /// With a name only that connection's count. All are tried, whichever fits.
    pub(super) fn owners(
        &self,
        name: Option<&str>,
        signed: Option<&str>,
        body: &[u8],
    ) -> Result<Vec<Owner>, SignatureError> {
        // Says what is wrong with a header that no secret could help.
        signature::verify(signed, &[], &[]).or_else(|error| match error {
            SignatureError::Mismatch => Ok(0),
            other => Err(other),
        })?;
        let owners: Vec<Owner> = self
            .secrets
            .iter()
            .filter(|(owner, _)| name.is_none_or(|name| owner.connection == name))
            .filter(|(_, secret)| {
                signature::verify(signed, body, std::slice::from_ref(secret)).is_ok()
            })
            .map(|(owner, _)| owner.clone())
            .collect();
        if owners.is_empty() {
            return Err(SignatureError::Mismatch);
        }
        Ok(owners)
    }
}

impl Keyring {
    pub(super) fn new(db: Db, clock: Arc<dyn Clock>, find_vault: FindVault) -> Self {
        Self {
            db,
            clock,
            find_vault,
            held: RwLock::new(None),
            begun: AtomicU64::new(0),
            turn: Mutex::new(()),
        }
    }

    /// Now, for [`Self::read_since`].
    pub(super) fn moment(&self) -> u64 {
        self.begun.load(Ordering::SeqCst)
    }

    /// The secrets as they were a few seconds ago at most; while the database cannot be read, as
    /// they were last.
    pub(super) async fn recent(&self) -> Result<Arc<Held>, Refusal> {
        let moment = self.moment();
        let Some(held) = self.held() else {
            return self.read_since(moment).await;
        };
        let age = self.clock.now().seconds_since(held.read_at);
        if (0..RECENT_SECONDS).contains(&age) {
            return Ok(held);
        }
        Ok(self.read_since(moment).await.unwrap_or(held))
    }

    /// The secrets as they were at `moment` or later. However many ask, one reads.
    pub(super) async fn read_since(&self, moment: u64) -> Result<Arc<Held>, Refusal> {
        let _turn = self.turn.lock().await;
        if let Some(held) = self.held()
            && held.reading > moment
        {
            return Ok(held);
        }
        let held = self.read().await.map_err(|error| {
            tracing::warn!(%error, "the secrets of webhooks could not be read");
            Refusal::Unavailable
        })?;
        let held = Arc::new(held);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&held));
        Ok(held)
    }

    fn held(&self) -> Option<Arc<Held>> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.clone()
    }

    async fn read(&self) -> Result<Held, StoreError> {
        let reading = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let read_at = self.clock.now();
        let stored = self.db.all_webhook_secrets().await?;
        let vault = if stored.is_empty() {
            None
        } else {
            (self.find_vault)().await.unwrap_or(None)
        };
        let mut held = Held {
            reading,
            read_at,
            vault,
            secrets: Vec::new(),
            closed: 0,
        };
        for secret in stored {
            match opened(held.vault.as_ref(), &secret.sealed) {
                Some(text) => {
                    let owner = Owner {
                        secret: SigningSecret {
                            id: secret.id,
                            sealed: secret.sealed.into(),
                        },
                        connection_id: secret.connection_id,
                        connection: secret.connection,
                        workspace: secret.workspace,
                        workspace_uuid: secret.workspace_uuid.as_deref().and_then(Uuid::parse),
                    };
                    held.secrets.push((owner, text));
                }
                None => {
                    let connection = secret.connection;
                    tracing::warn!(
                        connection,
                        "a secret of its webhook cannot be opened: the key is another one, or gone"
                    );
                    held.closed += 1;
                }
            }
        }
        Ok(held)
    }
}

fn opened(vault: Option<&Vault>, sealed: &str) -> Option<SecretString> {
    let opened = vault?.open(store::WEBHOOK_SECRET_PURPOSE, sealed).ok()?;
    let text = std::str::from_utf8(opened.expose_secret()).ok()?;
    Some(SecretString::from(text))
}
