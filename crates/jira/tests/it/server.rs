//! A server that answers as it is told, and remembers what it was asked.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response};
use jira::{JiraClient, JiraConfig, Site};
use model::{Clock, Instant, ManualClock};
use serde_json::{Value, json};

pub(crate) const EMAIL: &str = "ada@example.com";
pub(crate) const TOKEN: &str = "an-invented-api-token";

/// What the server answers.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &str, body: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body: body.as_bytes().to_vec(),
        }
    }

    pub(crate) fn json(body: &Value) -> Self {
        Self::new(200, "application/json;charset=UTF-8", &body.to_string())
    }

    pub(crate) fn refusal(status: u16, body: &Value) -> Self {
        Self {
            status,
            ..Self::json(body)
        }
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::new(status, "text/plain", body)
    }

    pub(crate) fn html(status: u16) -> Self {
        let page = "<!DOCTYPE html>\n<html><title>Log in</title></html>";
        Self::new(status, "text/html", page)
    }

    /// The account that asks.
    pub(crate) fn myself() -> Self {
        Self::json(&person(1))
    }

    /// These accounts.
    pub(crate) fn accounts(numbers: impl IntoIterator<Item = u64>) -> Self {
        Self::json(&numbers.into_iter().map(person).collect())
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// Somebody whose address may be seen.
pub(crate) fn person(number: u64) -> Value {
    json!({
        "self": format!("https://acme.atlassian.net/rest/api/3/user?accountId={}", account_id(number)),
        "accountId": account_id(number),
        "accountType": "atlassian",
        "emailAddress": format!("person{number}@example.com"),
        "avatarUrls": { "16x16": "https://avatars.example/16", "48x48": "https://avatars.example/48" },
        "displayName": format!("Person {number}"),
        "active": true,
        "timeZone": "Europe/Lisbon",
        "locale": "en_GB",
    })
}

pub(crate) fn account_id(number: u64) -> String {
    format!("712020:00000000-0000-4000-8000-{number:012}")
}

/// What the server was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    /// What the clock showed.
    pub(crate) at: Instant,
}

impl Asked {
    pub(crate) fn is_myself(&self) -> bool {
        self.target == "/jira/rest/api/3/myself"
    }

    /// Where the stretch begins that is asked for.
    pub(crate) fn start_at(&self) -> u64 {
        let (_, query) = self.target.split_once('?').unwrap();
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix("startAt="))
            .map_or(0, |number| number.parse().unwrap())
    }
}

/// The server.
pub(crate) struct Server {
    pub(crate) base: String,
    pub(crate) clock: ManualClock,
    asked: Arc<Mutex<Vec<Asked>>>,
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
        let base = format!("http://{}/jira", listener.local_addr().unwrap());
        let clock = ManualClock::starting_at(start());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let answer = Arc::new(answer);
        let (seen, shown) = (Arc::clone(&asked), clock.clone());
        let app = axum::Router::new().fallback(move |request: Request<Body>| {
            let request = Asked {
                method: request.method().to_string(),
                target: request.uri().to_string(),
                headers: request.headers().clone(),
                at: shown.now(),
            };
            let number = {
                let mut seen = seen.lock().unwrap();
                seen.push(request.clone());
                seen.len() - 1
            };
            let told = answer(number, &request);
            async move {
                let mut response = Response::builder().status(told.status);
                for (name, value) in told.headers {
                    response = response.header(name, value);
                }
                response.body(Body::from(told.body)).unwrap()
            }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { base, clock, asked }
    }

    /// A server that gives these answers in turn, the last one for ever.
    pub(crate) async fn saying(answers: Vec<Answer>) -> Self {
        Self::answering(move |number, _| answers[number.min(answers.len() - 1)].clone()).await
    }

    pub(crate) fn config(&self) -> JiraConfig {
        let site = Site::parse(&self.base).unwrap();
        JiraConfig {
            request_timeout: Duration::from_secs(20),
            ..JiraConfig::new(site, EMAIL, TOKEN.into())
        }
    }

    pub(crate) fn client(&self) -> JiraClient {
        self.client_of(self.config())
    }

    pub(crate) fn client_of(&self, config: JiraConfig) -> JiraClient {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        JiraClient::new(config, clock).unwrap()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The addresses that were asked for, without what stands before the API.
    pub(crate) fn targets(&self) -> Vec<String> {
        let behind = |asked: &Asked| asked.target.replace("/jira/rest/api/3", "");
        self.asked().iter().map(behind).collect()
    }
}
