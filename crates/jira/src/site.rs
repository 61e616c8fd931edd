//! Which Jira: read from what people paste.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use crate::JiraError;

/// The address below which a Jira Cloud site answers, such as `https://acme.atlassian.net` or, for
/// tokens with scopes, `https://api.atlassian.com/ex/jira/<cloud id>`.
///
/// Only addresses of Atlassian and of this machine are taken: the credential is sent with every
/// request, and a misspelt name belongs to somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site(Url);

/// Where scoped tokens are accepted.
const GATEWAY: &str = "api.atlassian.com";

/// The ends of the names of Jira Cloud sites.
const ENDINGS: [&str; 2] = [".atlassian.net", ".jira.com"];

impl Site {
    /// Reads `acme`, `acme.atlassian.net`, any page of the site as a browser shows it, or the
    /// address for tokens with scopes. Plain `http` is taken for this machine only.
    ///
    /// # Errors
    /// [`JiraError::Site`] says what to paste instead; it does not repeat what was pasted.
    pub fn parse(pasted: &str) -> Result<Self, JiraError> {
        let text = pasted.trim();
        if text.is_empty() {
            return refused("it is empty");
        }
        if text.contains('@') {
            return refused(
                "it has an `@`: neither an e-mail address nor a user belongs into the site's address",
            );
        }
        if is_a_name(text) && !is_a_name_of_this_machine(text) {
            return Self::parse(&format!("https://{text}.atlassian.net"));
        }
        let url = match text.split_once("://") {
            Some(_) => Url::parse(text),
            None if is_this_machine_unschemed(text) => Url::parse(&format!("http://{text}")),
            None => Url::parse(&format!("https://{text}")),
        };
        let Ok(url) = url else {
            return refused("it cannot be read as an address");
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && is_this_machine(&url)) {
            return refused("it must begin with https: a credential is sent with every request");
        }
        if is_this_machine(&url) {
            return Self::of(&url, url.path().trim_end_matches('/'));
        }
        let host = url.host_str().unwrap_or_default().trim_end_matches('.');
        if url.port().is_some() {
            return refused("Jira Cloud has no port in its address");
        }
        if host == GATEWAY {
            return Self::of(&url, &format!("/ex/jira/{}", cloud_id(&url)?));
        }
        let name = ENDINGS.iter().find_map(|ending| host.strip_suffix(ending));
        match name {
            Some(name) if is_a_name(name) => Self::of(&url, ""),
            Some(_) => refused("before `.atlassian.net` stands one name"),
            None if ENDINGS
                .iter()
                .any(|ending| ending.strip_prefix('.') == Some(host)) =>
            {
                refused("the name of the site is missing before `.atlassian.net`")
            }
            None if host.ends_with("atlassian.com") || host == "bitbucket.org" => refused(
                "that is not the address of a Jira site, which a browser shows while Jira is open",
            ),
            None => refused(
                "it is not at Atlassian: sites of Jira Cloud end in `.atlassian.net`; Jira Server and Data Center are not read",
            ),
        }
    }

    /// The site at this scheme, host and port, below this path.
    fn of(url: &Url, path: &str) -> Result<Self, JiraError> {
        let mut site = url.clone();
        site.set_path(path);
        site.set_query(None);
        site.set_fragment(None);
        if let Some(host) = site.host_str().filter(|host| host.ends_with('.')) {
            let bare = host.trim_end_matches('.').to_owned();
            if site.set_host(Some(&bare)).is_err() {
                return refused("it cannot be read as an address");
            }
        }
        Ok(Self(site))
    }

    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Whether requests stay on this machine.
    pub(crate) fn is_this_machine(&self) -> bool {
        is_this_machine(&self.0)
    }

    /// Whether it is the address for tokens with scopes.
    pub(crate) fn is_gateway(&self) -> bool {
        self.0.path().contains("/ex/jira/")
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }
}

impl FromStr for Site {
    type Err = JiraError;

    fn from_str(text: &str) -> Result<Self, JiraError> {
        Self::parse(text)
    }
}

impl fmt::Display for Site {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

fn refused<T>(reason: &'static str) -> Result<T, JiraError> {
    Err(JiraError::Site(reason))
}

/// The cloud id in an address of the gateway: a UUID.
fn cloud_id(url: &Url) -> Result<String, JiraError> {
    let mut parts = url.path_segments().into_iter().flatten();
    let id = match (parts.next(), parts.next(), parts.next()) {
        (Some("ex"), Some("jira"), Some(id)) => id.to_ascii_lowercase(),
        _ => String::new(),
    };
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    if lengths == [8, 4, 4, 4, 12] && id.chars().all(|c| c == '-' || c.is_ascii_hexdigit()) {
        return Ok(id);
    }
    refused(
        "after `https://api.atlassian.com/ex/jira/` stands the cloud id, which `https://<site>/_edge/tenant_info` shows",
    )
}

/// One name of a host: what stands before `.atlassian.net`.
fn is_a_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !text.is_empty() && text.len() <= 63 && text.chars().all(plain) && !text.starts_with('-')
}

fn is_a_name_of_this_machine(text: &str) -> bool {
    text.eq_ignore_ascii_case("localhost")
}

/// Whether an address without a scheme is one of this machine.
fn is_this_machine_unschemed(text: &str) -> bool {
    Url::parse(&format!("http://{text}")).is_ok_and(|url| is_this_machine(&url))
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOUD_ID: &str = "1a2b3c4d-0000-4e5f-8a9b-0123456789ab";

    #[test]
    fn what_people_paste_is_read() {
        let acme = "https://acme.atlassian.net";
        let gateway = format!("https://api.atlassian.com/ex/jira/{CLOUD_ID}");
        for (pasted, site) in [
            ("acme", acme),
            (" ACME\n", acme),
            ("acme.atlassian.net", acme),
            ("acme.atlassian.net/", acme),
            ("Acme.Atlassian.Net.", acme),
            ("https://acme.atlassian.net", acme),
            ("https://acme.atlassian.net:443/", acme),
            (
                "https://acme.atlassian.net/jira/software/c/projects/WEB?x=1#top",
                acme,
            ),
            ("acme.atlassian.net/rest/api/3", acme),
            ("https://old-acme.jira.com", "https://old-acme.jira.com"),
            (gateway.as_str(), gateway.as_str()),
            (
                &format!("api.atlassian.com/ex/jira/{CLOUD_ID}/"),
                gateway.as_str(),
            ),
            (&format!("{gateway}/rest/api/3/myself"), gateway.as_str()),
            (
                &gateway.to_uppercase().replace("/EX/JIRA", "/ex/jira"),
                gateway.as_str(),
            ),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost:8080/jira/", "http://localhost:8080/jira"),
            ("localhost:8080", "http://localhost:8080"),
            ("localhost", "http://localhost"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            let read = Site::parse(pasted).unwrap_or_else(|error| panic!("{pasted}: {error}"));
            assert_eq!(read.as_str(), site, "{pasted}");
            assert_eq!(Site::parse(read.as_str()).unwrap(), read, "{pasted}, again");
        }
    }

    #[test]
    fn what_is_no_site_is_told_why_and_not_repeated() {
        for (pasted, reason) in [
            ("", "empty"),
            ("  ", "empty"),
            ("ada@example.com", "e-mail"),
            ("https://ada:sesame@acme.atlassian.net", "e-mail"),
            ("http://acme.atlassian.net", "https"),
            ("ftp://acme.atlassian.net", "https"),
            ("file:///etc/sesame", "https"),
            ("https://acme.atlassian.net:8443", "no port"),
            ("https://atlassian.net", "is missing"),
            ("https://a.b.atlassian.net", "one name"),
            ("https://.atlassian.net", "one name"),
            (
                "https://admin.atlassian.com/o/1",
                "not the address of a Jira site",
            ),
            (
                "https://bitbucket.org/acme",
                "not the address of a Jira site",
            ),
            ("https://api.atlassian.com", "cloud id"),
            ("https://api.atlassian.com/ex/jira/acme", "cloud id"),
            (
                "https://api.atlassian.com/ex/confluence/1a2b3c4d-0000-4e5f-8a9b-0123456789ab",
                "cloud id",
            ),
            ("https://jira.sesame.example", "Data Center"),
            ("https://acme.atlasian.net", "Data Center"),
            ("https://acme.atlassian.net.example", "Data Center"),
            ("https://evilatlassian.net", "Data Center"),
            ("http://192.168.0.7:8080", "https"),
            ("two words", "read as an address"),
            ("https://", "read as an address"),
        ] {
            let error = match Site::parse(pasted) {
                Ok(site) => panic!("{pasted} was read as {site}"),
                Err(error) => error.to_string(),
            };
            assert!(error.contains(reason), "{pasted}: {error}");
            assert!(error.contains("acme.atlassian.net"), "{pasted}: {error}");
            assert!(!error.contains("sesame"), "{pasted}: {error}");
        }
    }
}
