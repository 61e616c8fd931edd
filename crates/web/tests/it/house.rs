//! A running door, and somebody who knocks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bitbucket::webhook::signature;
use model::{Instant, ManualClock};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::console::ConsoleLimits;
use store::{DeliveryFilter, Inbox, SessionTimes, StoredDelivery, Vault, WEBHOOK_SECRET_PURPOSE};
use sync::inbox::{Drained, InboxOptions};
use testkit::TestDatabase;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use web::{Door, Entry, Limit, Metrics, NoVault, QuerySettings, Random, Site, SiteSettings};

use crate::actions::NoActions;

pub(crate) const SECRET: &str = "a secret of the tests";
pub(crate) const WORKSPACE: &str = "{c0000000-0000-4000-8000-000000000001}";
pub(crate) const REPOSITORY: &str = "{a0000000-0000-4000-8000-000000000002}";

/// The address for every connection.
pub(crate) const ALL: &str = "/webhooks/bitbucket";

/// A key as it is written down, where there is one.
type Key = Arc<Mutex<Result<Option<String>, NoVault>>>;

/// A door that is served, and everything behind it.
pub(crate) struct House {
    pub(crate) database: TestDatabase,
    pub(crate) clock: ManualClock,
    pub(crate) vault: Vault,
    /// Its key, as it is written down.
    pub(crate) written: String,
    /// What is found where the key should be.
    pub(crate) key: Key,
    pub(crate) address: String,
}

/// The settings of a site that people reach where it listens.
pub(crate) fn settings() -> SiteSettings {
    SiteSettings {
        public_url: None,
        trusted_proxies: Vec::new(),
        entry: Entry::SignIn,
        sessions: SessionTimes::default(),
        limit: Limit {
            requests: 1_000,
            window_seconds: 3_600,
        },
    }
}

/// Queries by a login of their own, where the engine has logins.
async fn query_settings(database: &TestDatabase) -> QuerySettings {
    QuerySettings {
        console: Some(testkit::console(database).await),
        limits: ConsoleLimits::default(),
        at_once: 2,
        at_once_each: 2,
        keep_seconds: 3_600,
    }
}

/// Bytes that are other ones each time, and the same ones in each test.
pub(crate) fn random() -> Random {
    let drawn = AtomicU64::new(0);
    Box::new(move || {
        let number = drawn.fetch_add(1, Ordering::Relaxed);
        Ok(Sha256::digest(number.to_le_bytes()).into())
    })
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
}

impl House {
    pub(crate) async fn new(database: TestDatabase) -> Self {
        Self::with_settings(database, settings()).await
    }

    /// The same, reached otherwise.
    pub(crate) async fn with_settings(database: TestDatabase, settings: SiteSettings) -> Self {
        let clock = ManualClock::starting_at("2026-03-04T10:00:00Z".parse().unwrap());
        let (vault, written) = Vault::generate();
        let written = written.expose_secret().to_owned();
        let key: Key = Arc::new(Mutex::new(Ok(Some(written.clone()))));
        let found = Arc::clone(&key);
        let door = Door::new(
            database.db.clone(),
            Inbox::open(&database.db).await.unwrap(),
            Arc::new(clock.clone()),
            Arc::new(Metrics::default()),
            Box::new(move || {
                let found = found.lock().unwrap().clone();
                let found = found.map(|key| key.map(|key| Vault::parse(&key).unwrap()));
                Box::pin(async move { found })
            }),
        );
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let queries = query_settings(&database).await;
        let site = Site {
            db: database.db.clone(),
            clock: Arc::new(clock.clone()),
            random: random(),
            actions: Arc::new(NoActions),
            door,
            queries,
            settings,
        };
        let serving = web::serve(listener, site, std::future::pending());
        tokio::spawn(serving);
        Self {
            database,
            clock,
            vault,
            written,
            key,
            address,
        }
    }

    /// The same with a connection to `acme` that has its secret.
    pub(crate) async fn with_acme(database: TestDatabase) -> Self {
        let house = Self::new(database).await;
        let acme = house.connect("acme", "acme").await;
        house.add_secret(acme, SECRET).await;
        house
    }

    pub(crate) fn now(&self) -> Instant {
        model::Clock::now(&self.clock)
    }

    pub(crate) async fn connect(&self, name: &str, workspace: &str) -> i64 {
        let db = &self.database.db;
        let base_url = "https://api.bitbucket.org/2.0";
        let made = db
            .ensure_connection(name, workspace, base_url, self.now())
            .await;
        made.unwrap().id
    }

    pub(crate) async fn add_secret(&self, connection: i64, secret: &str) -> i64 {
        let sealed = self
            .vault
            .seal(WEBHOOK_SECRET_PURPOSE, secret.as_bytes())
            .unwrap();
        let mut tx = self.database.db.write().await.unwrap();
        let id = tx
            .add_webhook_secret(connection, &sealed, self.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub(crate) async fn retire_secret(&self, id: i64) {
        let mut tx = self.database.db.write().await.unwrap();
        tx.retire_webhook_secret(id, self.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Sends a push that this secret signed.
    pub(crate) async fn push(&self, path: &str, secret: &str, body: &Value) -> Answer {
        let body = body.to_string().into_bytes();
        let signed = sign(&body, secret);
        self.post(
            path,
            &[("X-Event-Key", "repo:push"), ("X-Hub-Signature", &signed)],
            &body,
        )
        .await
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.request("POST", path, headers, body).await
    }

    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n",
            self.address,
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str("\r\n");
        self.exchange(&request, body).await
    }

    /// Sends a request as it is written.
    pub(crate) async fn raw(&self, request: &str) -> Answer {
        self.exchange(request, b"").await
    }

    async fn exchange(&self, request: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        // A door that has seen enough may close before it has seen all.
        let _ = stream.write_all(body).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            text: text.to_owned(),
        }
    }

    /// What is stored, the newest first.
    pub(crate) async fn stored(&self) -> Vec<StoredDelivery> {
        let all = DeliveryFilter {
            limit: 1_000,
            ..DeliveryFilter::default()
        };
        self.database.db.deliveries(&all).await.unwrap()
    }

    pub(crate) async fn drain(&self, store_text: bool) -> Drained {
        let options = InboxOptions {
            store_text,
            ..InboxOptions::default()
        };
        sync::inbox::drain(&self.database.db, &self.vault, &self.clock, &options)
            .await
            .unwrap()
    }
}

pub(crate) fn sign(body: &[u8], secret: &str) -> String {
    signature::sign(body, &SecretString::from(secret))
}

/// A push to a repository of `acme` that says next to nothing; `number` makes it one of its own.
pub(crate) fn empty_push(number: u64) -> Value {
    json!({
        "actor": null,
        "push": {"changes": []},
        "repository": {
            "uuid": REPOSITORY,
            "full_name": "acme/lander",
            "name": "lander",
            "workspace": {"uuid": WORKSPACE, "slug": "acme", "name": "Acme"},
        },
        "number": number,
    })
}
