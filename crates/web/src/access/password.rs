//! Passwords: which are taken, and what is kept of them.

use std::sync::Arc;

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

/// The shortest that is taken, in characters.
const SHORTEST: usize = 12;

/// The longest that is taken, in bytes: more would only keep the hash busy.
const LONGEST: usize = 1_024;

/// A hash of nothing in particular: whoever gives a name that is unknown waits as long as others.
const OF_NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$d2luZGxhc3MgbmFtZXMgbm8$9jtkB1z6mhqwMDqzzQrgBDGGX6yq2eGdvB4QAIfBKqs";

/// Why a password is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PasswordFlaw {
    #[error(
        "A password has at least 12 characters. A sentence that nobody else says is a good one."
    )]
    Short,
    #[error("A password has at most 1,024 bytes.")]
    Long,
    #[error("A password must not be the name it goes with.")]
    Name,
    #[error("A password needs more than a few different characters.")]
    Plain,
    #[error("The two passwords are not the same.")]
    Different,
}

/// Whether a password may be chosen for a name.
pub(crate) fn check(
    name: &str,
    password: &SecretString,
    repeated: &SecretString,
) -> Result<(), PasswordFlaw> {
    let text = password.expose_secret();
    let mut different: Vec<char> = text.chars().collect();
    different.sort_unstable();
    different.dedup();
    if text != repeated.expose_secret() {
        Err(PasswordFlaw::Different)
    } else if text.len() > LONGEST {
        Err(PasswordFlaw::Long)
    } else if text.chars().count() < SHORTEST {
        Err(PasswordFlaw::Short)
    } else if text.trim().eq_ignore_ascii_case(name) {
        Err(PasswordFlaw::Name)
    } else if different.len() < 4 {
        Err(PasswordFlaw::Plain)
    } else {
        Ok(())
    }
}

/// Hashes and checks, a few at a time.
#[derive(Clone)]
pub(crate) struct Hasher(pub(crate) Arc<Semaphore>);

/// No hash could be made; the log says why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HashingFailed;

impl Hasher {
    /// The hash of a password, salted with `salt`.
    pub(crate) async fn hash(
        &self,
        password: SecretString,
        salt: [u8; 32],
    ) -> Result<String, HashingFailed> {
        self.run(move || {
            let salt = salt.get(..16).unwrap_or(&salt);
            let salt = SaltString::encode_b64(salt)?;
            let hash = argon2().hash_password(password.expose_secret().as_bytes(), &salt)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether it is the password; without a hash it takes as long, and is none.
    pub(crate) async fn is_right(
        &self,
        password: SecretString,
        hash: Option<String>,
    ) -> Result<bool, HashingFailed> {
        if password.expose_secret().len() > LONGEST {
            return Ok(false);
        }
        self.run(move || {
            let written = hash.as_deref().unwrap_or(OF_NOBODY);
            let parsed = PasswordHash::new(written)?;
            let bytes = password.expose_secret().as_bytes();
            let fits = argon2().verify_password(bytes, &parsed).is_ok();
            Ok(fits && hash.is_some())
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, argon2::password_hash::Error> + Send + 'static,
    ) -> Result<T, HashingFailed> {
        let Ok(_turn) = self.0.acquire().await else {
            return Err(HashingFailed);
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a password cannot be hashed");
                Err(HashingFailed)
            }
            Err(error) => {
                tracing::warn!(%error, "a password cannot be hashed");
                Err(HashingFailed)
            }
        }
    }
}

/// Argon2id as OWASP recommends it: 19 MiB, two passes, one lane.
fn argon2() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[test]
    fn passwords_that_are_easily_guessed_are_not_taken() {
        let checked = |text: &str| check("administrator", &secret(text), &secret(text));
        assert_eq!(checked("correct horse battery"), Ok(()));
        assert_eq!(checked("zwölf Zeichen"), Ok(()));
        assert_eq!(checked("eleven char"), Err(PasswordFlaw::Short));
        assert_eq!(checked("Administrator"), Err(PasswordFlaw::Name));
        assert_eq!(checked("aaaaaaaaaaaab"), Err(PasswordFlaw::Plain));
        assert_eq!(checked(&"long ".repeat(300)), Err(PasswordFlaw::Long));
        let other = check(
            "ada",
            &secret("correct horse battery"),
            &secret("correct horse"),
        );
        assert_eq!(other, Err(PasswordFlaw::Different));
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_nobody_has_none() {
        let hasher = Hasher(Arc::new(Semaphore::new(1)));
        let hash = hasher
            .hash(secret("correct horse battery"), [3; 32])
            .await
            .unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert_ne!(
            hash,
            hasher
                .hash(secret("correct horse battery"), [4; 32])
                .await
                .unwrap()
        );
        for (text, hash, fits) in [
            ("correct horse battery", Some(hash.clone()), true),
            ("correct horse batteri", Some(hash), false),
            ("correct horse battery", None, false),
        ] {
            assert_eq!(
                hasher.is_right(secret(text), hash).await.unwrap(),
                fits,
                "{text}"
            );
        }
        assert!(PasswordHash::new(OF_NOBODY).is_ok());
    }
}
