//! The command that tries a request by hand.

use url::Url;

use crate::Credential;

/// A command for a POSIX shell that sends the same request once the placeholder is replaced. It
/// holds nothing of the credential.
pub(super) fn command(url: &Url, credential: &Credential, is_sent_on: bool) -> String {
    let login = match credential {
        Credential::AccessToken { .. } => "-H 'Authorization: Bearer YOUR_WORKSPACE_TOKEN'",
        Credential::ApiToken { .. } => "-u 'ATLASSIAN_ACCOUNT_EMAIL:API_TOKEN'",
    };
    let follow = if is_sent_on { "-L " } else { "" };
    let url = quoted(url.as_str());
    format!("curl {follow}{login} -H 'Accept: application/json' {url}")
}

/// A word of a command, whatever it holds.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_what_was_meant() {
        for word in [
            "https://api.example.org/2.0/repositories/acme?pagelen=1&sort=-updated_on",
            "https://o'brien.example/2.0/$(id)/`id`?a=b c;\"&x=!1",
        ] {
            let command = format!("printf %s {}", quoted(word));
            let output = std::process::Command::new("sh")
                .args(["-c", &command])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), word);
        }
    }
}
