//! Whether a delivery comes from who knows a secret.
//!
//! Bitbucket signs the raw body by HMAC-SHA256 and says so in the header `X-Hub-Signature` as
//! `sha256=` and the hexadecimal digest. A hook without a secret sends no such header.

use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use thiserror::Error;

/// The header that carries it.
pub const HEADER: &str = "X-Hub-Signature";

const PREFIX: &str = "sha256=";

/// Why a body is not taken for Bitbucket's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The header is not there: the hook has no secret.
    #[error(
        "the delivery is not signed: give the webhook a secret in Bitbucket, and the same one here"
    )]
    Missing,
    /// The header is nothing that Bitbucket writes.
    #[error("the delivery's signature is not of the form sha256=<64 hexadecimal digits>")]
    Malformed,
    /// No secret makes this signature of this body.
    #[error(
        "the delivery's signature fits none of the known secrets: the webhook's secret in Bitbucket is another one"
    )]
    Mismatch,
}

/// Finds the secret that signed `body`: its position among `secrets`, of which there are several
/// while one is being replaced. Digests are compared in constant time, and every secret is tried.
///
/// # Errors
/// What is wrong with the signature; no secrets at all are a [`SignatureError::Mismatch`].
pub fn verify(
    header: Option<&str>,
    body: &[u8],
    secrets: &[SecretString],
) -> Result<usize, SignatureError> {
    let told = header.ok_or(SignatureError::Missing)?;
    let told = digest_of(told).ok_or(SignatureError::Malformed)?;
    let mut found = None;
    for (position, secret) in secrets.iter().enumerate() {
        let fits =
            keyed(secret).is_some_and(|mac| mac.chain_update(body).verify_slice(&told).is_ok());
        if fits && found.is_none() {
            found = Some(position);
        }
    }
    found.ok_or(SignatureError::Mismatch)
}

/// The value of the header for `body`.
pub fn sign(body: &[u8], secret: &SecretString) -> String {
    let digest = keyed(secret).map(|mac| mac.chain_update(body).finalize().into_bytes());
    format!("{PREFIX}{}", digest.map(hex::encode).unwrap_or_default())
}

/// HMAC takes keys of any length, so there always is one. An empty key signs for everybody and is
/// none.
fn keyed(secret: &SecretString) -> Option<Hmac<Sha256>> {
    let key = secret.expose_secret().as_bytes();
    if key.is_empty() {
        return None;
    }
    Hmac::new_from_slice(key).ok()
}

fn digest_of(header: &str) -> Option<[u8; 32]> {
    let digits = header.trim().strip_prefix(PREFIX)?;
    let mut digest = [0; 32];
    hex::decode_to_slice(digits, &mut digest).ok()?;
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"{\"actor\": {\"type\": \"user\"}}";

    fn secrets(texts: &[&str]) -> Vec<SecretString> {
        texts.iter().map(|text| (*text).to_owned().into()).collect()
    }

    #[test]
    fn the_known_answer_of_the_algorithm_comes_out() {
        // The second case of RFC 4231.
        let signed = sign(b"what do ya want for nothing?", &"Jefe".to_owned().into());
        assert_eq!(
            signed,
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn any_of_several_secrets_may_have_signed() {
        let known = secrets(&["old", "new", "new"]);
        let signed = sign(BODY, &known[1]);
        assert_eq!(verify(Some(&signed), BODY, &known), Ok(1));
        assert_eq!(
            verify(
                Some(&signed.to_uppercase().replace("SHA", "sha")),
                BODY,
                &known
            ),
            Ok(1)
        );
        let signed = sign(BODY, &known[0]);
        assert_eq!(verify(Some(&signed), BODY, &known), Ok(0));
    }

    #[test]
    fn a_changed_body_another_secret_and_no_secret_do_not_fit() {
        let known = secrets(&["old", "new"]);
        let signed = sign(BODY, &known[0]);
        let mismatch = Err(SignatureError::Mismatch);
        let longer = [BODY, b"\n"].concat();
        assert_eq!(verify(Some(&signed), &longer, &known), mismatch);
        assert_eq!(verify(Some(&signed), BODY, &secrets(&["other"])), mismatch);
        assert_eq!(verify(Some(&signed), BODY, &[]), mismatch);
        for position in 7..signed.len() {
            let mut forged = signed.clone().into_bytes();
            forged[position] = if forged[position] == b'0' { b'1' } else { b'0' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(verify(Some(&forged), BODY, &known), mismatch, "{forged}");
        }
    }

    #[test]
    fn an_empty_secret_signs_nothing() {
        let empty = secrets(&[""]);
        assert_eq!(sign(BODY, &empty[0]), "sha256=");
        let anybody = "sha256=".to_owned() + &"0".repeat(64);
        let mismatch = Err(SignatureError::Mismatch);
        assert_eq!(verify(Some(&anybody), BODY, &empty), mismatch);
    }

    #[test]
    fn what_is_no_signature_is_refused_as_such() {
        let known = secrets(&["old"]);
        assert_eq!(verify(None, BODY, &known), Err(SignatureError::Missing));
        let digits = "0".repeat(64);
        for header in [
            "",
            "sha256=",
            "sha256=00",
            &digits,
            &format!("sha1={digits}"),
            &format!("sha256={digits}0"),
            &format!("sha256={}", "g".repeat(64)),
            &format!("sha256={}é", "0".repeat(62)),
            &format!("sha256={}é0", "0".repeat(62)),
        ] {
            let refused = verify(Some(header), BODY, &known);
            assert_eq!(refused, Err(SignatureError::Malformed), "{header}");
        }
    }
}
