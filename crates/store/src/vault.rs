//! Secrets at rest: sealed with XChaCha20-Poly1305 under a key that is not in the database.
//!
//! A sealed text is `v1.<name of the key>.<base64 of nonce and ciphertext>`. What it was sealed for
//! is authenticated with it, so that a text which is copied to another place does not open there.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::rand_core::RngCore;
use chacha20poly1305::aead::{Aead, KeyInit, OsRng, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretBox, SecretString};
use sha2::{Digest, Sha256};

/// The length of a key in bytes.
const KEY_BYTES: usize = 32;

/// The length of a nonce in bytes: long enough to be drawn by chance.
const NONCE_BYTES: usize = 24;

/// Why a secret could not be sealed or opened. None of these texts says anything of the secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The key is none.
    #[error(
        "the secret key must be 32 bytes, written as 64 hexadecimal digits or in base64. `openssl rand -base64 32` makes one"
    )]
    BadKey,
    /// It was sealed under another key.
    #[error(
        "it was sealed under the key {sealed_under}, and this is the key {held}. Give the right key in WINDLASS_SECRET_KEY or in the key file, or replace the credentials"
    )]
    OtherKey {
        /// The name of the key that it needs.
        sealed_under: String,
        /// The name of the key that is here.
        held: String,
    },
    /// It is damaged, or was sealed for another place.
    #[error("it is damaged and cannot be opened. Replace the credential")]
    Damaged,
}

/// A key that seals and opens secrets.
pub struct Vault {
    key: SecretBox<[u8; KEY_BYTES]>,
    name: String,
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Vault")
            .field("key", &self.name)
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// From a key as people write it: 64 hexadecimal digits, or base64 of 32 bytes.
    ///
    /// # Errors
    /// [`VaultError::BadKey`].
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let text = text.trim();
        let bytes = match text.len() {
            64 => hex::decode(text).ok(),
            _ => STANDARD.decode(text).ok(),
        };
        let key: [u8; KEY_BYTES] = bytes
            .ok_or(VaultError::BadKey)?
            .try_into()
            .map_err(|_| VaultError::BadKey)?;
        Ok(Self::of(key))
    }

    fn of(key: [u8; KEY_BYTES]) -> Self {
        let digest = Sha256::new()
            .chain_update(b"windlass key\0")
            .chain_update(key)
            .finalize();
        let mut name = hex::encode(digest);
        name.truncate(8);
        Self {
            key: SecretBox::new(Box::new(key)),
            name,
        }
    }

    /// A new key, and how it is written to a file.
    pub fn generate() -> (Self, SecretString) {
        let mut key = [0; KEY_BYTES];
        OsRng.fill_bytes(&mut key);
        let written = SecretString::from(STANDARD.encode(key));
        (Self::of(key), written)
    }

    /// What the key is called: it gives nothing away.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name of the key that a text was sealed under.
    pub fn key_of(sealed: &str) -> Option<&str> {
        let (key, _) = sealed.strip_prefix("v1.")?.split_once('.')?;
        Some(key)
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.key.expose_secret().into())
    }

    /// Seals a secret for one purpose (`credentials` for example): it opens for that alone.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] for a secret of more than 256 GB.
    pub fn seal(&self, purpose: &str, secret: &[u8]) -> Result<String, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        OsRng.fill_bytes(&mut nonce);
        let payload = Payload {
            msg: secret,
            aad: purpose.as_bytes(),
        };
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|_| VaultError::Damaged)?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        Ok(format!("v1.{}.{}", self.name, STANDARD.encode(bytes)))
    }

    /// Opens what was sealed for the same purpose.
    ///
    /// # Errors
    /// Another key sealed it, or it is damaged.
    pub fn open(&self, purpose: &str, sealed: &str) -> Result<SecretBox<Vec<u8>>, VaultError> {
        let (key, text) = sealed
            .strip_prefix("v1.")
            .and_then(|rest| rest.split_once('.'))
            .ok_or(VaultError::Damaged)?;
        if key != self.name {
            return Err(VaultError::OtherKey {
                sealed_under: key.to_owned(),
                held: self.name.clone(),
            });
        }
        let bytes = STANDARD.decode(text).map_err(|_| VaultError::Damaged)?;
        let (nonce, sealed) = bytes
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(VaultError::Damaged)?;
        let payload = Payload {
            msg: sealed,
            aad: purpose.as_bytes(),
        };
        let opened = self
            .cipher()
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| VaultError::Damaged)?;
        Ok(SecretBox::new(Box::new(opened)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    #[test]
    fn what_is_sealed_opens_for_its_purpose_and_key_alone() {
        let vault = Vault::parse(HEX).unwrap();
        let sealed = vault.seal("credentials", b"open sesame").unwrap();
        assert!(!sealed.contains("sesame"));
        assert_ne!(sealed, vault.seal("credentials", b"open sesame").unwrap());
        let opened = vault.open("credentials", &sealed).unwrap();
        assert_eq!(opened.expose_secret(), b"open sesame");
        assert_eq!(
            vault.open("deliveries", &sealed).unwrap_err(),
            VaultError::Damaged
        );
        let (other, _) = Vault::generate();
        assert_eq!(
            other.open("credentials", &sealed).unwrap_err(),
            VaultError::OtherKey {
                sealed_under: vault.name().to_owned(),
                held: other.name().to_owned()
            }
        );
    }

    #[test]
    fn one_changed_letter_does_not_open() {
        let vault = Vault::parse(HEX).unwrap();
        let sealed = vault.seal("credentials", b"open sesame").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(vault.open("credentials", &changed).is_err(), "{changed}");
        }
        for text in ["", "v1", "v1.", "v1.x", "v2.a.b"] {
            assert!(vault.open("credentials", text).is_err());
        }
    }

    #[test]
    fn a_key_is_written_in_hexadecimal_or_base64() {
        let (vault, written) = Vault::generate();
        let again = Vault::parse(&format!(" {}\n", written.expose_secret())).unwrap();
        assert_eq!(vault.name(), again.name());
        assert!(Vault::parse(HEX).is_ok());
        for bad in [
            "",
            "secret",
            &HEX[1..],
            &HEX.replace('f', "g"),
            &"ä".repeat(32),
        ] {
            assert_eq!(
                Vault::parse(bad).map(|vault| vault.name).unwrap_err(),
                VaultError::BadKey
            );
        }
        assert!(!format!("{vault:?}").contains(written.expose_secret()));
    }
}
