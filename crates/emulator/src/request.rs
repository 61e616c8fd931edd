//! A request as the endpoints see it.

use axum::body::Bytes;
use axum::extract::Request as HttpRequest;
use axum::http::header;
use percent_encoding::percent_decode_str;
use url::form_urlencoded;

/// Where all paths of the API begin.
pub(crate) const BASE: &str = "/2.0";

pub(crate) struct Request {
    pub(crate) method: String,
    /// As received, without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    /// The path below [`BASE`], decoded, without the empty end that a trailing slash makes.
    pub(crate) segments: Vec<String>,
    pub(crate) trailing_slash: bool,
    pub(crate) parameters: Vec<(String, String)>,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Bytes,
    /// Scheme and host by which the client knows us.
    pub(crate) origin: String,
    /// How many rows too late a page begins: a fault.
    pub(crate) shift: i64,
}

impl Request {
    pub(crate) fn of(http: &HttpRequest) -> Self {
        let header = |name| {
            http.headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned)
        };
        let path = http.uri().path().to_owned();
        let query = http.uri().query().unwrap_or_default().to_owned();
        let below = path.strip_prefix(BASE).unwrap_or(&path);
        let mut segments: Vec<String> = below
            .split('/')
            .skip(1)
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect();
        let trailing_slash = segments.last().is_some_and(String::is_empty);
        if trailing_slash {
            segments.pop();
        }
        let host = header(header::HOST).unwrap_or_else(|| "127.0.0.1".to_owned());
        Self {
            method: http.method().to_string(),
            segments,
            trailing_slash,
            parameters: form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            authorization: header(header::AUTHORIZATION),
            body: Bytes::new(),
            origin: format!("http://{host}"),
            path,
            query,
            shift: 0,
        }
    }

    /// The first value of a query parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every value of a query parameter that may be repeated.
    pub(crate) fn parameters<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.parameters
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn segment(&self, index: usize) -> &str {
        self.segments.get(index).map_or("", String::as_str)
    }

    /// Where a page begins and how many rows it has: as asked, unless a fault shifts its beginning.
    pub(crate) fn window(&self, skipped: usize, length: usize) -> (usize, usize) {
        let by = usize::try_from(self.shift.unsigned_abs()).unwrap_or(0);
        if self.shift < 0 {
            let back = by.min(skipped);
            (skipped - back, length + back)
        } else {
            (skipped + by, length.saturating_sub(by))
        }
    }

    /// Path and query, as matched by faults.
    pub(crate) fn target(&self) -> String {
        if self.query.is_empty() {
            self.path.clone()
        } else {
            format!("{}?{}", self.path, self.query)
        }
    }

    /// This address with one parameter set anew and some left out.
    pub(crate) fn address_with(&self, name: &str, value: &str, without: &[&str]) -> String {
        let kept = self
            .parameters
            .iter()
            .filter(|(key, _)| key != name && !without.contains(&key.as_str()))
            .map(|(key, value)| (key.as_str(), value.as_str()));
        let query: String = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .append_pair(name, value)
            .finish();
        format!("{}{}?{query}", self.origin, self.path)
    }
}
