//! The two kinds of paging: by number, and by an opaque place in a feed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::Instant;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::request::Request;
use crate::world::Moment;

/// How many records a page of an endpoint may have. More is 400 `Invalid pagelen`.
pub(crate) const DEFAULT_LENGTH: usize = 10;

pub(crate) fn length(request: &Request, max: usize) -> Result<usize, Answer> {
    length_or(request, DEFAULT_LENGTH, max)
}

/// The same where pages are of another length by default.
pub(crate) fn length_or(request: &Request, usual: usize, max: usize) -> Result<usize, Answer> {
    match request.parameter("pagelen") {
        None => Ok(usual),
        Some(text) => text
            .parse()
            .ok()
            .filter(|length| (1..=max).contains(length))
            .ok_or_else(|| Answer::error(400, "Invalid pagelen")),
    }
}

pub(crate) fn number(request: &Request) -> Result<usize, Answer> {
    match request.parameter("page") {
        None => Ok(1),
        Some(text) => text
            .parse()
            .ok()
            .filter(|page| *page >= 1)
            .ok_or_else(Answer::invalid_page),
    }
}

/// A numbered page of `items`, with `size`, `next` and `previous`.
pub(crate) fn numbered<T>(
    request: &Request,
    items: &[T],
    max: usize,
    render: impl FnMut(&T) -> Value,
) -> Result<Value, Answer> {
    numbered_by(request, items, DEFAULT_LENGTH, max, render)
}

/// The same where pages are of another length by default.
pub(crate) fn numbered_by<T>(
    request: &Request,
    items: &[T],
    usual: usize,
    max: usize,
    render: impl FnMut(&T) -> Value,
) -> Result<Value, Answer> {
    let length = length_or(request, usual, max)?;
    let page = number(request)?;
    let skipped = length.saturating_mul(page - 1);
    let (from, count) = request.window(skipped, length);
    let values: Vec<Value> = items.iter().skip(from).take(count).map(render).collect();
    let mut envelope = Map::new();
    envelope.insert("size".to_owned(), items.len().into());
    envelope.insert("page".to_owned(), page.into());
    envelope.insert("pagelen".to_owned(), length.into());
    if skipped.saturating_add(length) < items.len() {
        let next = request.address_with("page", &(page + 1).to_string(), &[]);
        envelope.insert("next".to_owned(), next.into());
    }
    if page > 1 {
        let previous = request.address_with("page", &(page - 1).to_string(), &[]);
        envelope.insert("previous".to_owned(), previous.into());
    }
    envelope.insert("values".to_owned(), Value::Array(values));
    Ok(Value::Object(envelope))
}

/// Mixed into tokens so that nobody is tempted to read or to make one.
const VEIL: u8 = 0x5a;

/// The token of the place after this entry. It names the entry, not a count, so that it keeps its
/// meaning while new entries come in.
pub(crate) fn token(scope: &str, moment: &Moment) -> String {
    let text = format!(
        "{}|{}|{}|{}",
        moment.at.micros(),
        moment.number,
        moment.act,
        check(scope)
    );
    veiled(&text)
}

/// A text that nobody can read.
pub(crate) fn veiled(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text.bytes().map(|byte| byte ^ VEIL).collect::<Vec<_>>())
}

/// What [`veiled`] was given.
pub(crate) fn unveiled(token: &str) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    String::from_utf8(bytes.into_iter().map(|byte| byte ^ VEIL).collect()).ok()
}

/// The entry that a token names; None if it is none of ours, or that of another feed.
pub(crate) fn place(scope: &str, token: &str) -> Option<Moment> {
    let text = unveiled(token)?;
    let mut parts = text.split('|');
    let moment = Moment {
        at: Instant::from_micros(parts.next()?.parse().ok()?),
        number: parts.next()?.parse().ok()?,
        act: parts.next()?.parse().ok()?,
    };
    (parts.next()?.parse() == Ok(check(scope))).then_some(moment)
}

/// A small number that differs between feeds.
fn check(scope: &str) -> u32 {
    scope.bytes().fold(17, |sum: u32, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    })
}
