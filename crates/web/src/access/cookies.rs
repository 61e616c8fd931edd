//! The cookies: who somebody is, and how they like their pages.

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite, time::Duration};

use super::visitor::Theme;

/// The cookies of a site, hardened as far as its address allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookies {
    is_https: bool,
}

impl Cookies {
    pub(crate) fn new(is_https: bool) -> Self {
        Self { is_https }
    }

    /// A browser takes a name with this beginning only over https, for this host, and for all paths.
    fn session_name(self) -> &'static str {
        if self.is_https {
            "__Host-windlass"
        } else {
            "windlass"
        }
    }

    /// The secret of a session that came with a request.
    pub(crate) fn session(self, headers: &HeaderMap) -> Option<String> {
        find(headers, self.session_name())
    }

    /// The theme that was chosen.
    pub(crate) fn theme(self, headers: &HeaderMap) -> Theme {
        find(headers, "theme")
            .and_then(|text| Theme::parse(&text))
            .unwrap_or_default()
    }

    /// The time zone that the reader's browser has told.
    pub(crate) fn zone(self, headers: &HeaderMap) -> Option<String> {
        find(headers, "zone")
    }

    /// The header that sets the session's secret; without one the header that takes it away.
    pub(crate) fn set_session(self, secret: Option<&str>) -> HeaderValue {
        let mut cookie = Cookie::build((self.session_name(), secret.unwrap_or("").to_owned()))
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_https)
            .path("/");
        if secret.is_none() {
            cookie = cookie.max_age(Duration::ZERO);
        }
        value(&cookie.build())
    }

    /// The header that keeps the theme.
    pub(crate) fn set_theme(self, theme: Theme) -> HeaderValue {
        let cookie = Cookie::build(("theme", theme.as_str()))
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.is_https)
            .path("/")
            .max_age(Duration::days(400));
        value(&cookie.build())
    }
}

fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name)
        .map(|cookie| cookie.value().to_owned())
        .filter(|value| !value.is_empty() && value.len() <= 200)
}

fn value(cookie: &Cookie<'_>) -> HeaderValue {
    // What we set is base64 and words: no value of ours fails here.
    HeaderValue::from_str(&cookie.to_string()).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_session_is_for_this_host_and_for_no_script() {
        let safe = Cookies::new(true).set_session(Some("abc"));
        assert_eq!(
            safe.to_str().unwrap(),
            "__Host-windlass=abc; HttpOnly; SameSite=Lax; Secure; Path=/"
        );
        let plain = Cookies::new(false);
        assert_eq!(
            plain.set_session(Some("abc")).to_str().unwrap(),
            "windlass=abc; HttpOnly; SameSite=Lax; Path=/"
        );
        assert!(
            plain
                .set_session(None)
                .to_str()
                .unwrap()
                .contains("Max-Age=0")
        );
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, "theme=dark; windlass=abc".parse().unwrap());
        assert_eq!(plain.session(&headers).as_deref(), Some("abc"));
        assert_eq!(plain.theme(&headers), Theme::Dark);
        assert_eq!(Cookies::new(true).session(&headers), None);
    }
}
