//! Webhook deliveries: what the world tells to whoever subscribed.
//!
//! The world puts a delivery into its [`Outbox`] for each subscription that wants to hear of a
//! change. From there a task sends them, or a test takes them and brings them where it wants.

mod faults;
mod outbox;
mod sender;

use axum::body::Bytes;
use hmac::{Hmac, Mac};
use model::Instant;
use sha2::Sha256;

pub use faults::DeliveryFaults;
pub(crate) use outbox::Outbox;
pub use outbox::{DeliveryMode, Sent, SentAs};
pub(crate) use sender::Sender;

/// Longer bodies are never sent, and nobody is told.
pub(crate) const LONGEST_BODY: usize = 256 * 1024;

/// One request to one subscriber.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Where it goes.
    pub url: String,
    /// The key of its event, as `X-Event-Key` has it.
    pub event: String,
    /// All headers that it has when it is sent, in their order.
    pub headers: Vec<(String, String)>,
    /// The bytes that are signed.
    pub body: Bytes,
}

/// What a delivery is about, before it is written down.
pub(crate) struct Notice<'a> {
    pub(crate) url: &'a str,
    pub(crate) event: &'a str,
    pub(crate) at: Instant,
    pub(crate) hook_uuid: &'a str,
    pub(crate) request_uuid: &'a str,
    pub(crate) secret: Option<&'a str>,
    pub(crate) body: Bytes,
}

impl Delivery {
    pub(crate) fn of(notice: Notice<'_>) -> Self {
        let bare = |uuid: &str| uuid.trim_matches(['{', '}']).to_owned();
        let mut headers = vec![
            ("Content-Type", "application/json".to_owned()),
            ("User-Agent", "Bitbucket-Webhooks/2.0".to_owned()),
            ("X-Event-Key", notice.event.to_owned()),
            (
                "X-Event-Time",
                httpdate::fmt_http_date(notice.at.to_chrono().into()),
            ),
            ("X-Hook-UUID", bare(notice.hook_uuid)),
            ("X-Request-UUID", bare(notice.request_uuid)),
            ("X-Attempt-Number", "1".to_owned()),
        ];
        if let Some(secret) = notice.secret {
            let signature = signature(secret, &notice.body);
            headers.push(("X-Hub-Signature", format!("sha256={signature}")));
        }
        Self {
            url: notice.url.to_owned(),
            event: notice.event.to_owned(),
            headers: headers
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            body: notice.body,
        }
    }

    /// The value of a header, however it is written.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn set_header(&mut self, name: &str, value: String) {
        for (known, old) in &mut self.headers {
            if known.eq_ignore_ascii_case(name) {
                value.clone_into(old);
            }
        }
    }
}

/// HMAC-SHA256 in hexadecimal digits.
fn signature(secret: &str, body: &[u8]) -> String {
    // A key may have any length, so that this cannot fail.
    Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(body);
            hex::encode(mac.finalize().into_bytes())
        },
    )
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn signatures_are_those_of_the_standard() {
        // RFC 4231, test cases 2 and 6.
        assert_eq!(
            signature("Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let long = "\u{2a}".repeat(131);
        assert_eq!(signature(&long, b"x").len(), 64);
    }
}
