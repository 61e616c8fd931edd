//! A running emulator with a client that knows its credential.

use std::sync::{Arc, Once};

use emulator::{Credential, Emulator, Options, World, WorldSpec};
use model::{Instant, ManualClock};
use reqwest::header::{AUTHORIZATION, HeaderMap};
use serde_json::Value;

pub(crate) const TOKEN: &str = "token-of-the-tests";

/// When the tests' history ends: a Wednesday morning.
pub(crate) fn end() -> Instant {
    "2026-03-04T10:00:00Z".parse().unwrap()
}

pub(crate) struct Stage {
    pub(crate) emulator: Emulator,
    pub(crate) clock: ManualClock,
    client: reqwest::Client,
    unfollowing: reqwest::Client,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn message(&self) -> String {
        self.json()["error"]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// Without this the client finds no cryptography, though it never uses any here.
fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        rustls::crypto::ring::default_provider()
            .install_default()
            .unwrap();
    });
    reqwest::Client::new()
}

/// One that shows redirections instead of following them.
fn unfollowing() -> reqwest::Client {
    let builder = reqwest::Client::builder();
    builder
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

impl Stage {
    /// The small world, full of oddities.
    pub(crate) async fn small() -> Self {
        Self::with(&WorldSpec::small(end()), |_| {}).await
    }

    pub(crate) async fn with(spec: &WorldSpec, adjust: impl FnOnce(&mut Options)) -> Self {
        let clock = ManualClock::starting_at(end());
        let world = World::generate(spec, Arc::new(clock.clone()));
        let mut options = Options::with_credentials([Credential::workspace_access_token(TOKEN)]);
        options.rate_limit.limit = 100_000;
        adjust(&mut options);
        let emulator = Emulator::start(world, options).await.unwrap();
        Self {
            emulator,
            clock,
            client: client(),
            unfollowing: unfollowing(),
        }
    }

    pub(crate) async fn replaying(recordings: emulator::Recordings) -> Self {
        let clock = ManualClock::starting_at(end());
        let shared = Arc::new(clock.clone());
        let emulator = Emulator::replay(recordings, shared, Options::default())
            .await
            .unwrap();
        Self {
            emulator,
            clock,
            client: client(),
            unfollowing: unfollowing(),
        }
    }

    /// GET with the stage's token; a path below the base, or a whole address.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.get_as(Some(&format!("Bearer {TOKEN}")), path).await
    }

    pub(crate) async fn get_as(&self, authorization: Option<&str>, path: &str) -> Reply {
        self.send(&self.client, authorization, path).await.unwrap()
    }

    /// GET with the stage's token, not following redirections.
    pub(crate) async fn unfollowed(&self, path: &str) -> Reply {
        self.unfollowed_as(&format!("Bearer {TOKEN}"), path).await
    }

    pub(crate) async fn unfollowed_as(&self, authorization: &str, path: &str) -> Reply {
        let sent = self.send(&self.unfollowing, Some(authorization), path);
        sent.await.unwrap()
    }

    /// A request with a body, which may be empty.
    pub(crate) async fn ask(
        &self,
        credential: &Credential,
        method: &str,
        path: &str,
        body: &str,
    ) -> Reply {
        let address = format!("{}{path}", self.emulator.base_url());
        let request = self.client.request(method.parse().unwrap(), address);
        let request = request.header(AUTHORIZATION, credential.authorization());
        let response = request.body(body.to_owned()).send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        Reply {
            status,
            headers,
            text,
        }
    }

    async fn send(
        &self,
        client: &reqwest::Client,
        authorization: Option<&str>,
        path: &str,
    ) -> reqwest::Result<Reply> {
        let address = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.emulator.base_url())
        };
        let mut request = client.get(address);
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Reply {
            status,
            headers,
            text: response.text().await?,
        })
    }

    /// The body of a GET that must succeed.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text);
        reply.json()
    }

    /// All values of a list, by following `next`.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut values = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(address) = next {
            let page = self.json(&address).await;
            values.extend(page["values"].as_array().unwrap().iter().cloned());
            next = page["next"].as_str().map(str::to_owned);
        }
        values
    }

    /// The path of a repository.
    pub(crate) fn repo(&self, slug: &str, rest: &str) -> String {
        format!("/repositories/acme-rockets/{slug}{rest}")
    }
}

/// One member of every value, as text.
pub(crate) fn column(values: &[Value], pointer: &str) -> Vec<String> {
    values
        .iter()
        .map(|value| plain(value.pointer(pointer).unwrap_or(&Value::Null)))
        .collect()
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
