//! A delivery as it arrives.

use std::time::UNIX_EPOCH;

use model::{Instant, Uuid};
use thiserror::Error;

use super::EventKey;

/// The longest event key that is taken for one; the longest known has 36 characters.
const LONGEST_KEY: usize = 100;

/// A delivery: what its headers say, and its body as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// What it is about (`X-Event-Key`).
    pub event: EventKey,
    /// The body, byte for byte: the signature is over it.
    pub body: Vec<u8>,
    /// When it happened, to the second (`X-Event-Time`, which is recorded but not documented).
    pub event_time: Option<Instant>,
    /// The webhook that sent it (`X-Hook-UUID`).
    pub hook_uuid: Option<Uuid>,
    /// The request (`X-Request-UUID`). Whether it stays the same when a delivery is tried again is
    /// not documented.
    pub request_uuid: Option<Uuid>,
    /// Which attempt this is, from 1 to 3 (`X-Attempt-Number`); 1 where it is not told.
    pub attempt: u32,
}

/// Why a delivery cannot be read. Nothing here quotes the delivery.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DeliveryError {
    /// The headers do not say what it is about.
    #[error("the request is no delivery of Bitbucket's: it has no usable X-Event-Key header")]
    NoEventKey,
    /// The body is no JSON object.
    #[error("the body of the {event} delivery is no JSON object")]
    NotAnObject {
        /// What it was said to be about.
        event: EventKey,
    },
    /// The body lacks something, or has something else there.
    #[error("the {event} delivery cannot be read at {json_path}: {reason}")]
    Undecodable {
        /// What it was said to be about.
        event: EventKey,
        /// Where in the body.
        json_path: String,
        /// What is wrong there.
        reason: String,
    },
}

impl Delivery {
    /// Reads the headers; `header` gives one by its name, in whatever case the name is asked for.
    /// The body is taken as it is.
    ///
    /// # Errors
    /// [`DeliveryError::NoEventKey`] when the key is missing, or is nothing that could be one.
    pub fn parse<'h>(
        header: impl Fn(&str) -> Option<&'h str>,
        body: Vec<u8>,
    ) -> Result<Self, DeliveryError> {
        let event = header("X-Event-Key")
            .map(str::trim)
            .filter(|key| is_a_key(key))
            .ok_or(DeliveryError::NoEventKey)?;
        Ok(Self {
            event: EventKey::parse(event),
            body,
            event_time: header("X-Event-Time").and_then(instant),
            hook_uuid: header("X-Hook-UUID").and_then(uuid),
            request_uuid: header("X-Request-UUID").and_then(uuid),
            attempt: header("X-Attempt-Number")
                .and_then(|number| number.trim().parse().ok())
                .unwrap_or(1),
        })
    }
}

/// Keys end up in logs and on pages: one that could be anything else than a key is none.
fn is_a_key(text: &str) -> bool {
    let is_of_a_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-' | '.');
    !text.is_empty() && text.len() <= LONGEST_KEY && text.chars().all(is_of_a_key)
}

fn uuid(text: &str) -> Option<Uuid> {
    let is_of_a_uuid = |c: char| c.is_ascii_hexdigit() || matches!(c, '-' | '{' | '}');
    let text = text.trim();
    (text.len() <= 40 && text.chars().all(is_of_a_uuid))
        .then(|| Uuid::parse(text))
        .flatten()
}

/// A date as headers write it.
fn instant(text: &str) -> Option<Instant> {
    let time = httpdate::parse_http_date(text.trim()).ok()?;
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    Some(Instant::from_seconds(since.as_secs().try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(headers: &[(&str, &'static str)]) -> Result<Delivery, DeliveryError> {
        let header = |name: &str| {
            let mut headers = headers.iter();
            headers
                .find(|(told, _)| told.eq_ignore_ascii_case(name))
                .map(|(_, value)| *value)
        };
        Delivery::parse(header, b"{}".to_vec())
    }

    #[test]
    fn the_headers_of_a_delivery_are_read() {
        let delivery = parse(&[
            ("x-event-key", "pullrequest:comment_created"),
            ("x-event-time", "Tue, 06 May 2025 10:59:07 GMT"),
            ("x-hook-uuid", "AA000000-0000-4000-8000-000000000001"),
            ("x-request-uuid", "bb000000-0000-4000-8000-000000000002"),
            ("x-attempt-number", "2"),
        ])
        .unwrap();
        let uuid = |text| Uuid::parse(text);
        assert_eq!(
            delivery,
            Delivery {
                event: EventKey::CommentCreated,
                body: b"{}".to_vec(),
                event_time: Some("2025-05-06T10:59:07Z".parse().unwrap()),
                hook_uuid: uuid("{aa000000-0000-4000-8000-000000000001}"),
                request_uuid: uuid("{bb000000-0000-4000-8000-000000000002}"),
                attempt: 2,
            }
        );
    }

    #[test]
    fn only_the_key_is_needed_and_odd_values_say_nothing() {
        let delivery = parse(&[
            ("X-Event-Key", " repo:push "),
            ("X-Event-Time", "yesterday"),
            ("X-Hook-UUID", "../../etc"),
            ("X-Request-UUID", ""),
            ("X-Attempt-Number", "many"),
        ])
        .unwrap();
        assert_eq!(delivery.event, EventKey::Push);
        assert_eq!((delivery.event_time, delivery.hook_uuid), (None, None));
        assert_eq!((delivery.request_uuid, delivery.attempt), (None, 1));
    }

    #[test]
    fn what_could_be_no_key_is_none() {
        let long: &'static str = Box::leak("a".repeat(101).into_boxed_str());
        for key in [
            "",
            "   ",
            "repo push",
            "repo:push\u{1b}[2J",
            "schlüssel",
            long,
        ] {
            assert_eq!(
                parse(&[("X-Event-Key", key)]),
                Err(DeliveryError::NoEventKey)
            );
        }
        assert_eq!(parse(&[]), Err(DeliveryError::NoEventKey));
    }
}
