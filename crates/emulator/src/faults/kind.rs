//! The kinds of failure. Those that replace the answer belong in [`FaultKind::instead`], those that
//! spoil it in [`FaultKind::spoil`].

use model::Instant;
use serde_json::{Value, json};
use url::Url;

use crate::answer::{Answer, Content};
use crate::rate_limit::{self, RetryAfter};
use crate::request::Request;

/// What goes wrong.
#[derive(Debug, Clone)]
pub enum FaultKind {
    /// This status with this plain text, instead of the answer.
    Status(u16, String),
    /// 400 `Invalid page`, as for a stale cursor.
    InvalidPage,
    /// 400 `Invalid pagelen` where more than this is asked for: limits may change at any time.
    MaxPageLength(usize),
    /// 429, although the allowance is not used up.
    RateLimited,
    /// 429 that says when to come back.
    RateLimitedFor {
        /// In how many seconds.
        seconds: i64,
        /// How it says so.
        told: RetryAfter,
    },
    /// 200 with something that is no JSON.
    Garbage,
    /// A page for people, with this status.
    Html(u16),
    /// No answer ever, until the client gives up. The record of requests has it with status 0.
    Hang,
    /// The body is cut off in the middle.
    Truncated,
    /// In the record at `index` of the page, what stands at `pointer` is replaced, or removed.
    BrokenRecord {
        /// Place in `values`.
        index: usize,
        /// JSON pointer in the record, for example `/created_on`.
        pointer: String,
        /// What stands there instead; None removes it.
        with: Option<Value>,
    },
    /// The record with this UUID, wherever it is listed or asked for by itself, is broken likewise.
    BrokenOf {
        /// What stands at its `/uuid`; of a commit, what its `/hash` begins with.
        uuid: String,
        /// JSON pointer in the record.
        pointer: String,
        /// What stands there instead; None removes it.
        with: Option<Value>,
    },
    /// The page begins with the last row of the page before, as when a row came in between.
    RepeatedRow,
    /// The page leaves out its first row, as when a row before it went away in between.
    DroppedRow,
    /// The page's `next` is another one; a page without `next` gets one.
    Next(NextLink),
    /// The first record of the page has a text of so many characters; all else is as it was.
    Bloated {
        /// How long the text is.
        bytes: usize,
    },
    /// The answer comes this much later, by the emulator's clock.
    Latency {
        /// How much later.
        millis: i64,
    },
    /// The `Date` of the answer differs from the emulator's clock.
    ClockSkew {
        /// How much it is ahead.
        seconds: i64,
    },
}

/// A `next` that nobody should follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextLink {
    /// No address at all.
    Malformed,
    /// The same place at another host.
    OtherHost,
    /// The same place at another port of this host.
    OtherPort,
    /// The same place, but with a user and a password before the host.
    UserInfo,
    /// Exactly this text.
    Exactly(String),
}

impl NextLink {
    fn instead_of(&self, usual: &str) -> Option<String> {
        let mut address = Url::parse(usual).ok()?;
        match self {
            Self::Malformed => return Some("http://[nowhere/2.0?page".to_owned()),
            Self::Exactly(text) => return Some(text.clone()),
            Self::OtherHost => address.set_host(Some("elsewhere.example.net")).ok()?,
            Self::OtherPort => {
                let port = address.port().unwrap_or(80);
                address.set_port(Some(if port == 9 { 7 } else { 9 })).ok()?;
            }
            Self::UserInfo => {
                address.set_username("someone").ok()?;
                address.set_password(Some("else")).ok()?;
            }
        }
        Some(address.into())
    }
}

impl FaultKind {
    /// The answer that is given instead of the real one.
    pub(crate) fn instead(&self, request: &Request, now: Instant) -> Option<Answer> {
        let html = |status, text: &str| Answer {
            status,
            body: Content::Text("text/html", text.to_owned()),
            headers: Vec::new(),
        };
        match self {
            Self::Status(status, text) => Some(Answer::text(*status, text)),
            Self::InvalidPage => Some(Answer::invalid_page()),
            Self::MaxPageLength(most) => {
                let asked = request.parameter("pagelen")?.parse::<usize>().ok();
                asked
                    .is_none_or(|asked| asked > *most)
                    .then(|| Answer::error(400, "Invalid pagelen"))
            }
            Self::RateLimited => Some(Answer::rate_limited()),
            Self::RateLimitedFor { seconds, told } => {
                Some(rate_limit::refusal(*told, now, now.plus_seconds(*seconds)))
            }
            Self::Garbage => Some(html(200, "<html><body>We are back soon")),
            Self::Html(status) => Some(html(
                *status,
                "<!DOCTYPE html><html><body><h1>One moment, please</h1></body></html>",
            )),
            _ => None,
        }
    }

    /// What becomes of the real answer.
    pub(crate) fn spoil(&self, request: &Request, answer: &mut Answer) {
        let Content::Json(body) = &mut answer.body else {
            return;
        };
        match self {
            Self::BrokenRecord {
                index,
                pointer,
                with,
            } => {
                if let Some(record) = body.pointer_mut(&format!("/values/{index}")) {
                    break_record(record, pointer, with.as_ref());
                }
            }
            Self::BrokenOf {
                uuid,
                pointer,
                with,
            } => {
                let is_meant = |record: &Value| {
                    let text = |key| record.get(key).and_then(Value::as_str);
                    text("uuid") == Some(uuid)
                        || text("hash").is_some_and(|hash| hash.starts_with(uuid.as_str()))
                };
                if is_meant(body) {
                    break_record(body, pointer, with.as_ref());
                }
                let records = body.get_mut("values").and_then(Value::as_array_mut);
                records
                    .into_iter()
                    .flatten()
                    .filter(|record| is_meant(record))
                    .for_each(|record| break_record(record, pointer, with.as_ref()));
            }
            Self::Truncated => {
                let text = body.to_string();
                let half = text.chars().take(text.chars().count() / 2).collect();
                answer.body = Content::Text("application/json; charset=utf-8", half);
            }
            Self::Next(link) => {
                let usual = body.get("next").and_then(Value::as_str).map(str::to_owned);
                let usual = usual.unwrap_or_else(|| request.address_with("page", "2", &[]));
                if let (Value::Object(members), Some(next)) = (body, link.instead_of(&usual)) {
                    members.insert("next".to_owned(), next.into());
                }
            }
            Self::Bloated { bytes } => {
                if let Some(record) = body.pointer_mut("/values/0") {
                    bloat(record, *bytes);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn delay_millis(&self) -> i64 {
        match self {
            Self::Latency { millis } => *millis,
            _ => 0,
        }
    }

    /// How many rows too late a page begins.
    pub(crate) fn shift(&self) -> i64 {
        match self {
            Self::RepeatedRow => -1,
            Self::DroppedRow => 1,
            _ => 0,
        }
    }

    pub(crate) fn skew_seconds(&self) -> i64 {
        match self {
            Self::ClockSkew { seconds } => *seconds,
            _ => 0,
        }
    }

    pub(crate) fn hangs(&self) -> bool {
        matches!(self, Self::Hang)
    }
}

/// Puts a long text where a record has a text that people write, else beside all else.
fn bloat(record: &mut Value, bytes: usize) {
    let text = "x".repeat(bytes);
    for place in [
        "/content/raw",
        "/comment/content/raw",
        "/update/description",
        "/description",
        "/message",
    ] {
        if let Some(found) = record.pointer_mut(place) {
            *found = text.into();
            return;
        }
    }
    if let Value::Object(members) = record {
        members.insert("padding".to_owned(), text.into());
    }
}

fn break_record(record: &mut Value, pointer: &str, with: Option<&Value>) {
    if pointer.is_empty() {
        *record = with.cloned().unwrap_or_else(|| json!({}));
        return;
    }
    let Some((parent, name)) = pointer.rsplit_once('/') else {
        return;
    };
    if let Some(Value::Object(parent)) = record.pointer_mut(parent) {
        match with {
            Some(value) => {
                parent.insert(name.to_owned(), value.clone());
            }
            None => {
                parent.remove(name);
            }
        }
    }
}
