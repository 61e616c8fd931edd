//! Where deliveries go.

use store::WebhookHook;
use url::Url;

use crate::config::Settings;
use crate::failure::{Exit, Failure};

/// Where `windlass serve` takes deliveries.
const PATH: &str = "/webhooks/bitbucket";

/// The address that was written: on the command line, else in the configuration.
pub(super) fn written(argument: Option<&str>, settings: &Settings) -> Result<Option<Url>, Failure> {
    let written = argument.or(settings.webhooks.public_url.as_deref());
    written.map(of).transpose()
}

/// The failure of a command that needs an address.
pub(super) fn missing() -> Failure {
    Failure::configuration(
        "no address: say with --url where this machine is reached from the internet, such as https://windlass.example.com, or write it into the configuration as webhooks.public_url",
    )
}

/// Where a webhook that is registered delivers.
pub(super) fn registered(hook: Option<&WebhookHook>) -> Option<Url> {
    hook.and_then(|hook| Url::parse(&hook.url).ok())
}

/// Completes an address: whoever names a machine alone means the door on it.
fn of(written: &str) -> Result<Url, Failure> {
    let wrong = |why: &str| {
        Failure::new(
            Exit::Usage,
            format!(
                "`{written}` is no address for deliveries: {why}. It is written as https://windlass.example.com"
            ),
        )
    };
    let mut url = Url::parse(written.trim()).map_err(|error| wrong(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("it must begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it must not name a user"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it must end with its path"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    let is_whole = path.ends_with(PATH) || path.contains(&format!("{PATH}/"));
    url.set_path(&if is_whole {
        path
    } else {
        format!("{path}{PATH}")
    });
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_door_is_found_behind_any_address() {
        for (written, expected) in [
            ("https://w.example", "https://w.example/webhooks/bitbucket"),
            ("https://w.example/", "https://w.example/webhooks/bitbucket"),
            (
                "https://w.example/inner",
                "https://w.example/inner/webhooks/bitbucket",
            ),
            (
                "https://w.example/webhooks/bitbucket/",
                "https://w.example/webhooks/bitbucket",
            ),
            (
                "https://w.example/webhooks/bitbucket/acme",
                "https://w.example/webhooks/bitbucket/acme",
            ),
            (
                " http://127.0.0.1:8080 ",
                "http://127.0.0.1:8080/webhooks/bitbucket",
            ),
        ] {
            assert_eq!(of(written).unwrap().as_str(), expected);
        }
        for wrong in [
            "w.example",
            "ftp://w.example",
            "https://a:b@w.example",
            "https://w.example/?a=b",
            "",
        ] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
