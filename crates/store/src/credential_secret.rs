//! What is secret in a credential, as it is sealed.

use secrecy::{ExposeSecret, SecretBox, SecretString};
use serde::{Deserialize, Serialize};

use crate::vault::{Vault, VaultError};
use crate::{AuthMethod, CREDENTIAL_PURPOSE};

/// What is secret in a credential: the token, and the e-mail address that an API token of a person
/// goes with.
#[derive(Clone, Debug)]
pub struct CredentialSecret {
    /// The address of the Atlassian account; `None` for an access token.
    pub email: Option<SecretString>,
    /// The token.
    pub token: SecretString,
}

/// The shape of the sealed text.
#[derive(Serialize, Deserialize)]
struct Sealed {
    email: Option<String>,
    token: String,
}

impl CredentialSecret {
    /// How requests are signed with it.
    pub fn method(&self) -> AuthMethod {
        match self.email {
            Some(_) => AuthMethod::BasicAuth,
            None => AuthMethod::ApiToken,
        }
    }

    /// The text for `credentials.sealed`.
    ///
    /// # Errors
    /// As [`Vault::seal`].
    pub fn seal(&self, vault: &Vault) -> Result<String, VaultError> {
        let sealed = Sealed {
            email: self.email.as_ref().map(|email| email.expose_secret().to_owned()),
            token: self.token.expose_secret().to_owned(),
        };
        let text = serde_json::to_vec(&sealed).map_err(|_| VaultError::Damaged)?;
        let text = SecretBox::new(Box::new(text));
        vault.seal(CREDENTIAL_PURPOSE, text.expose_secret())
    }

    /// Reads `credentials.sealed`.
    ///
    /// # Errors
    /// As [`Vault::open`].
    pub fn open(vault: &Vault, sealed: &str) -> Result<Self, VaultError> {
        let text = vault.open(CREDENTIAL_PURPOSE, sealed)?;
        let sealed: Sealed =
            serde_json::from_slice(text.expose_secret()).map_err(|_| VaultError::Damaged)?;
        Ok(Self {
            email: sealed.email.map(SecretString::from),
            token: SecretString::from(sealed.token),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_comes_back_and_is_not_shown() {
        let (vault, _) = Vault::generate();
        let secret = CredentialSecret {
            email: Some(SecretString::from("ada@example.com".to_owned())),
            token: SecretString::from("open-sesame".to_owned()),
        };
        let sealed = secret.seal(&vault).unwrap();
        assert!(!format!("{secret:?}{sealed}").contains("sesame"));
        let opened = CredentialSecret::open(&vault, &sealed).unwrap();
        assert_eq!(opened.token.expose_secret(), "open-sesame");
        assert_eq!(opened.method(), AuthMethod::BasicAuth);
        let garbled = vault.seal(CREDENTIAL_PURPOSE, b"no JSON").unwrap();
        assert_eq!(
            CredentialSecret::open(&vault, &garbled).unwrap_err(),
            VaultError::Damaged
        );
    }
}
