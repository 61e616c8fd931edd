//! Secrets that are shown by whoever wants to be let in, and what is kept of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The system gives no random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random numbers")]
pub struct NoRandomness;

/// Makes bytes that nobody can guess.
pub type Random = Box<dyn Fn() -> Result<[u8; 32], NoRandomness> + Send + Sync>;

/// What a secret is for. A digest for one purpose says nothing for another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Session,
    Link,
    Token,
    Csrf,
}

impl Purpose {
    fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Link => "link",
            Self::Token => "token",
            Self::Csrf => "csrf",
        }
    }
}

/// A secret of 256 bits, fit for cookies and addresses.
pub(crate) fn new(random: &Random) -> Result<String, NoRandomness> {
    Ok(URL_SAFE_NO_PAD.encode(random()?))
}

/// What is kept of a secret, or shown of it. Secrets of chance need no slow hash.
pub(crate) fn digest(purpose: Purpose, secret: &str) -> String {
    let digest = Sha256::new()
        .chain_update(b"windlass ")
        .chain_update(purpose.word())
        .chain_update(b"\0")
        .chain_update(secret)
        .finalize();
    URL_SAFE_NO_PAD.encode(digest)
}

/// Whether two texts are the same, in a time that says nothing of where they differ.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

/// What a link that lets somebody choose a password carries, and what is kept of it.
///
/// # Errors
/// The system gives no random numbers.
pub fn new_link(random: &Random) -> Result<(String, String), NoRandomness> {
    let secret = new(random)?;
    let kept = digest(Purpose::Link, &secret);
    Ok((secret, kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_for_one_purpose_and_tells_nothing() {
        let random: Random = Box::new(|| Ok([7; 32]));
        let secret = new(&random).unwrap();
        assert_eq!(secret.len(), 43);
        let session = digest(Purpose::Session, &secret);
        assert_ne!(session, digest(Purpose::Link, &secret));
        assert!(!session.contains(&secret));
        let (link, kept) = new_link(&random).unwrap();
        assert_eq!(kept, digest(Purpose::Link, &link));
        assert!(is_same("a", "a") && !is_same("a", "b") && !is_same("a", ""));
        let none: Random = Box::new(|| Err(NoRandomness));
        assert_eq!(new(&none), Err(NoRandomness));
    }
}
