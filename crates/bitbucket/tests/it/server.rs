//! A server that answers as it is told, and remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use bitbucket::{
    Client, ClientConfig, Credential, Listing, Observer, Page, PullOrder, RepositoryRef, Waiting,
};
use model::{Clock, Id, Instant, ManualClock, Uuid};
use serde_json::{Value, json};

/// What the server answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Answer {
    pub(crate) fn json(body: &Value) -> Self {
        Self::new(200, "application/json", &body.to_string())
    }

    /// A page that ends its listing.
    pub(crate) fn page(values: &[Value]) -> Self {
        Self::json(&json!({ "pagelen": 50, "size": values.len(), "page": 1, "values": values }))
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::new(status, "text/plain", body)
    }

    pub(crate) fn error(status: u16, message: &str) -> Self {
        let body = json!({ "type": "error", "error": { "message": message } });
        Self::new(status, "application/json", &body.to_string())
    }

    pub(crate) fn new(status: u16, content_type: &str, body: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body: body.to_owned(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// What the server was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    /// What the clock showed.
    pub(crate) at: Instant,
}

impl Asked {
    /// A parameter of the query, decoded; all of them where it is repeated.
    pub(crate) fn parameters(&self, name: &str) -> Vec<String> {
        let url = url::Url::parse(&format!("http://x{}", self.target)).unwrap();
        url.query_pairs()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .collect()
    }
}

/// The server.
pub(crate) struct Server {
    pub(crate) base: String,
    pub(crate) clock: ManualClock,
    pub(crate) log: Arc<Log>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// What the client told its observer.
#[derive(Default)]
pub(crate) struct Log {
    pub(crate) waits: Mutex<Vec<(Instant, Waiting)>>,
}

impl Observer for Log {
    fn waiting(&self, until: Instant, why: Waiting) {
        self.waits.lock().unwrap().push((until, why));
    }
}

/// When every test begins.
pub(crate) fn start() -> Instant {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

impl Server {
    /// A server that answers the n-th request (from 0) as `answer` says.
    pub(crate) async fn answering(
        answer: impl Fn(usize, &Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/2.0", listener.local_addr().unwrap());
        let clock = ManualClock::starting_at(start());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let answer = Arc::new(answer);
        let (seen, shown) = (Arc::clone(&asked), clock.clone());
        let app = axum::Router::new().fallback(move |request: Request<Body>| {
            let request = Asked {
                target: request.uri().to_string(),
                headers: request.headers().clone(),
                at: shown.now(),
            };
            let number = {
                let mut seen = seen.lock().unwrap();
                seen.push(request.clone());
                seen.len() - 1
            };
            let answer = answer(number, &request);
            async move {
                let mut response = Response::builder().status(answer.status);
                for (name, value) in answer.headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(answer.body)).unwrap()
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            base,
            clock,
            log: Arc::default(),
            asked,
        }
    }

    /// A server that gives these answers one after another, and the last one for ever.
    pub(crate) async fn saying(answers: Vec<Answer>) -> Self {
        Self::answering(move |number, _| answers[number.min(answers.len() - 1)].clone()).await
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn config(&self) -> ClientConfig {
        config(&self.base)
    }

    pub(crate) fn client(&self) -> Client {
        self.client_with(self.config())
    }

    pub(crate) fn client_with(&self, config: ClientConfig) -> Client {
        Client::new(config, Arc::new(self.clock.clone()), self.log.clone()).unwrap()
    }
}

pub(crate) fn config(base: &str) -> ClientConfig {
    let credential = Credential::AccessToken {
        label: "Importer".to_owned(),
        token: "tok-en-1".to_owned().into(),
    };
    let mut config = ClientConfig::new(base.parse().unwrap(), "acme", credential);
    config.request_timeout = Duration::from_secs(10);
    config
}

pub(crate) fn uuid(text: &str) -> Uuid {
    Uuid::parse(text).unwrap()
}

pub(crate) fn website() -> RepositoryRef {
    RepositoryRef {
        uuid: uuid("{aa000000-0000-4000-8000-000000000001}"),
        full_name: "acme/website".to_owned(),
        workspace_id: Id::workspace(&uuid("{ee000000-0000-4000-8000-000000000001}")),
    }
}

pub(crate) fn pulls() -> Listing {
    Listing::PullRequests {
        repository: website(),
        since: None,
        order: PullOrder::Created,
    }
}

pub(crate) fn activity() -> Listing {
    Listing::RepositoryActivity {
        repository: website(),
    }
}

pub(crate) fn comments() -> Listing {
    Listing::PullComments {
        repository: website(),
        number: 7,
        since: None,
    }
}

pub(crate) fn pipelines() -> Listing {
    Listing::Pipelines {
        repository: website(),
    }
}

pub(crate) fn commits() -> Listing {
    Listing::Commits {
        repository: website(),
        revision: "main".to_owned(),
        exclude: None,
    }
}

pub(crate) fn pull_commits() -> Listing {
    Listing::PullCommits {
        repository: website(),
        number: 7,
        pull_updated_at: "2026-03-01T11:00:00Z".parse().unwrap(),
    }
}

pub(crate) fn steps() -> Listing {
    Listing::PipelineSteps {
        repository: website(),
        pipeline: uuid("{dd-1}"),
    }
}

pub(crate) fn environments() -> Listing {
    Listing::Environments {
        repository: website(),
    }
}

pub(crate) fn deployments() -> Listing {
    Listing::Deployments {
        repository: website(),
    }
}

/// One page with these records, as the client reads it.
pub(crate) async fn read(listing: &Listing, values: &[Value]) -> Page {
    read_with(listing, values, false).await
}

/// The same, with or without texts.
pub(crate) async fn read_with(listing: &Listing, values: &[Value], store_text: bool) -> Page {
    let server = Server::saying(vec![Answer::page(values)]).await;
    let mut config = server.config();
    config.store_text = store_text;
    server
        .client_with(config)
        .page(listing, None)
        .await
        .unwrap()
}
