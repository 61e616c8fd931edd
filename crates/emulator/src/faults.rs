//! Failures on demand.
//!
//! A [`Fault`] says which requests it meets and what it does to them. A new kind of failure is a
//! new [`FaultKind`]: those that replace the answer belong in [`FaultKind::instead`], those that
//! spoil it in [`FaultKind::spoil`].

use serde_json::{Value, json};

use crate::answer::{Answer, Content};
use crate::request::Request;

/// One failure and the requests that it meets.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The requests.
    pub matches: Matches,
    /// The failure.
    pub kind: FaultKind,
}

/// Which requests a fault meets.
#[derive(Debug, Clone)]
pub struct Matches {
    /// A part of path and query, as they are on the wire. Everything contains an empty text.
    pub part: String,
    /// The first of the matching requests that fails, counted from 1.
    pub first: u64,
    /// How many fail from there on.
    pub times: u64,
}

/// What goes wrong.
#[derive(Debug, Clone)]
pub enum FaultKind {
    /// This status with this plain text, instead of the answer.
    Status(u16, String),
    /// 400 `Invalid page`, as for a stale cursor.
    InvalidPage,
    /// 429, although the allowance is not used up.
    RateLimited,
    /// 200 with something that is no JSON.
    Garbage,
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
    /// The answer comes this much later, by the emulator's clock.
    Latency {
        /// How much later.
        millis: i64,
    },
}

impl Fault {
    /// A fault on the first request whose path and query contain `part`.
    pub fn on(part: impl Into<String>, kind: FaultKind) -> Self {
        Self {
            matches: Matches {
                part: part.into(),
                first: 1,
                times: 1,
            },
            kind,
        }
    }

    /// On the nth matching request instead, counted from 1.
    #[must_use]
    pub fn nth(mut self, first: u64) -> Self {
        self.matches.first = first;
        self
    }

    /// On this many matching requests in a row.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.matches.times = times;
        self
    }

    /// On every matching request from the first on.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }
}

/// All faults with how often each was matched.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<(Fault, u64)>);

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(faults.into_iter().map(|fault| (fault, 0)).collect())
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What goes wrong with this request.
    pub(crate) fn meeting(&mut self, request: &Request) -> Vec<FaultKind> {
        let target = request.target();
        let mut met = Vec::new();
        for (fault, matched) in &mut self.0 {
            if !target.contains(&fault.matches.part) {
                continue;
            }
            *matched += 1;
            let last = fault.matches.first.saturating_add(fault.matches.times);
            if (fault.matches.first..last).contains(matched) {
                met.push(fault.kind.clone());
            }
        }
        met
    }
}

impl FaultKind {
    /// The answer that is given instead of the real one.
    pub(crate) fn instead(&self) -> Option<Answer> {
        match self {
            Self::Status(status, text) => Some(Answer::text(*status, text)),
            Self::InvalidPage => Some(Answer::invalid_page()),
            Self::RateLimited => Some(Answer::rate_limited()),
            Self::Garbage => Some(Answer {
                status: 200,
                body: Content::Text("text/html", "<html><body>We are back soon".to_owned()),
                headers: Vec::new(),
            }),
            Self::Truncated | Self::BrokenRecord { .. } | Self::Latency { .. } => None,
        }
    }

    /// What becomes of the real answer.
    pub(crate) fn spoil(&self, answer: &mut Answer) {
        match (self, &mut answer.body) {
            (
                Self::BrokenRecord {
                    index,
                    pointer,
                    with,
                },
                Content::Json(body),
            ) => {
                if let Some(record) = body.pointer_mut(&format!("/values/{index}")) {
                    break_record(record, pointer, with.as_ref());
                }
            }
            (Self::Truncated, Content::Json(body)) => {
                let text = body.to_string();
                let half = text.chars().take(text.chars().count() / 2).collect();
                answer.body = Content::Text("application/json; charset=utf-8", half);
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
