//! The list of what may be requested, and the check that every request passes.

use reqwest::{Method, Request};
use url::Url;

use crate::{JiraError, Site};

/// What this client may ask for; there is no other way to send a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// The account that asks.
    Myself,
    /// A stretch of the listing of accounts.
    Users { start_at: u64, most: u64 },
}

/// All that may be requested: everything else is refused before it is sent.
const ALLOWED: [&str; 2] = ["/rest/api/3/myself", "/rest/api/3/users/search"];

impl Endpoint {
    /// Its address behind the site's, without a query.
    pub(crate) fn path(self) -> &'static str {
        let [myself, users] = ALLOWED;
        match self {
            Self::Myself => myself,
            Self::Users { .. } => users,
        }
    }

    /// Its address behind the site's.
    pub(crate) fn target(self) -> String {
        match self {
            Self::Myself => self.path().to_owned(),
            Self::Users { start_at: 0, most } => format!("{}?maxResults={most}", self.path()),
            Self::Users { start_at, most } => {
                format!("{}?startAt={start_at}&maxResults={most}", self.path())
            }
        }
    }

    /// Its whole address.
    pub(crate) fn url(self, site: &Site) -> Result<Url, JiraError> {
        Url::parse(&format!("{site}{}", self.target())).map_err(|_| JiraError::NotAllowed {
            endpoint: self.path(),
            reason: "its address cannot be written",
        })
    }
}

/// Lets a request through that reads something from the list, at the site, and does nothing else.
///
/// # Errors
/// [`JiraError::NotAllowed`] says in what it differs.
pub(crate) fn admit(request: &Request, endpoint: Endpoint, site: &Site) -> Result<(), JiraError> {
    differs(request, site).map_or(Ok(()), |reason| {
        Err(JiraError::NotAllowed {
            endpoint: endpoint.path(),
            reason,
        })
    })
}

fn differs(request: &Request, site: &Site) -> Option<&'static str> {
    let (url, site) = (request.url(), site.url());
    if request.method() != Method::GET || request.body().is_some() {
        return Some("it does not only read");
    }
    if url.origin() != site.origin() {
        return Some("it leads to another site");
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Some("its address has more than a path and a query");
    }
    let path = url.path().strip_prefix(site.path().trim_end_matches('/'));
    if !path.is_some_and(|path| ALLOWED.contains(&path)) {
        return Some("its path is another");
    }
    let is_a_stretch = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        ["startAt", "maxResults"].contains(&&*name) && value.parse::<u64>().is_ok()
    };
    (!url.query_pairs().all(is_a_stretch)).then_some("its query is another")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(method: Method, url: &str) -> Option<&'static str> {
        let site =
            Site::parse("https://api.atlassian.com/ex/jira/1a2b3c4d-0000-4e5f-8a9b-0123456789ab");
        differs(
            &Request::new(method, Url::parse(url).unwrap()),
            &site.unwrap(),
        )
    }

    #[test]
    fn only_the_two_addresses_of_the_site_are_read() {
        let site = "https://api.atlassian.com/ex/jira/1a2b3c4d-0000-4e5f-8a9b-0123456789ab";
        for allowed in [
            "/rest/api/3/myself",
            "/rest/api/3/users/search?maxResults=1",
            "/rest/api/3/users/search?startAt=1000&maxResults=1000",
        ] {
            assert_eq!(refusal(Method::GET, &format!("{site}{allowed}")), None);
        }
        for (method, url, reason) in [
            (
                Method::POST,
                format!("{site}/rest/api/3/myself"),
                "does not only read",
            ),
            (
                Method::GET,
                format!("{site}/rest/api/3/search"),
                "path is another",
            ),
            (
                Method::GET,
                format!("{site}/rest/api/3/myself/../issue/X-1"),
                "path is another",
            ),
            (
                Method::GET,
                format!("{site}/rest/api/3/myself/"),
                "path is another",
            ),
            (
                Method::GET,
                format!("{site}/rest/api/3/users/search?query=ada"),
                "query is another",
            ),
            (
                Method::GET,
                format!("{site}/rest/api/3/users/search?startAt=-1"),
                "query is another",
            ),
            (
                Method::GET,
                site.replace("api.", "api2.") + "/rest/api/3/myself",
                "another site",
            ),
            (
                Method::GET,
                site.replace("https", "http") + "/rest/api/3/myself",
                "another site",
            ),
            (
                Method::GET,
                "https://api.atlassian.com/rest/api/3/myself".to_owned(),
                "path is another",
            ),
            (
                Method::GET,
                site.replace("//", "//ada:x@") + "/rest/api/3/myself",
                "more than a path",
            ),
        ] {
            let refused = refusal(method, &url).unwrap_or_else(|| panic!("{url} was let through"));
            assert!(refused.contains(reason), "{url}: {refused}");
        }
    }

    #[test]
    fn addresses_are_written_below_the_site() {
        let site = Site::parse("http://localhost:8080/jira/").unwrap();
        let users = Endpoint::Users {
            start_at: 1_000,
            most: 500,
        };
        assert_eq!(
            users.url(&site).unwrap().as_str(),
            "http://localhost:8080/jira/rest/api/3/users/search?startAt=1000&maxResults=500"
        );
    }
}
