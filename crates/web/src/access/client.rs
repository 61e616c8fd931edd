//! Who is at the other end, and whence a form was sent.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, header};
use ipnet::IpNet;
use url::Url;

/// The address of the client. What a proxy says of it counts if the proxy is trusted; further to the
/// left in the header stands what strangers may have written.
pub(crate) fn client_address(
    headers: &HeaderMap,
    extensions: &Extensions,
    trusted: &[IpNet],
) -> IpAddr {
    let peer = extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
    let mut address = peer.to_canonical();
    let forwarded = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect::<Vec<_>>()
        .join(",");
    for hop in forwarded.rsplit(',') {
        if !trusted.iter().any(|network| network.contains(&address)) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(before) => address = before.to_canonical(),
            Err(_) => break,
        }
    }
    address
}

/// Whether a page of ours sent the form, as far as the browser tells. Programs that are no browsers
/// tell nothing, and are stopped by the token that goes with the form.
pub(super) fn is_of_ours(headers: &HeaderMap, public_url: Option<&Url>) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else {
        return true;
    };
    let Ok(origin) = Url::parse(origin) else {
        return false;
    };
    let is_public = public_url.is_some_and(|url| url.origin() == origin.origin());
    let authority = origin.host_str().map(|host| match origin.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    });
    is_public || (authority.is_some() && authority.as_deref() == text(header::HOST.as_str()))
}

/// Whether a request is addressed to this machine by one of its own names. A page elsewhere can have
/// its name lead here, but not make the browser write another one.
pub(super) fn is_to_loopback(headers: &HeaderMap) -> bool {
    let Some(host) = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
    else {
        return false;
    };
    let Ok(url) = Url::parse(&format!("http://{host}/")) else {
        return false;
    };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                let name = axum::http::HeaderName::from_static(name);
                (name, value.parse().unwrap())
            })
            .collect()
    }

    #[test]
    fn the_client_is_who_the_last_trusted_proxy_says() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap()];
        let of = |peer: &str, forwarded: &str, trusted: &[IpNet]| {
            let mut extensions = Extensions::new();
            let peer: SocketAddr = peer.parse().unwrap();
            extensions.insert(ConnectInfo(peer));
            let headers = headers(&[("x-forwarded-for", forwarded)]);
            client_address(&headers, &extensions, trusted).to_string()
        };
        assert_eq!(
            of("10.0.0.1:5", "192.0.2.1, 192.0.2.2", &trusted),
            "192.0.2.2"
        );
        assert_eq!(
            of("10.0.0.1:5", "192.0.2.1, 10.0.0.2", &trusted),
            "192.0.2.1"
        );
        assert_eq!(of("10.0.0.1:5", "192.0.2.1, rubbish", &trusted), "10.0.0.1");
        assert_eq!(of("10.0.0.1:5", "192.0.2.1", &[]), "10.0.0.1");
        assert_eq!(of("192.0.2.9:5", "192.0.2.1", &trusted), "192.0.2.9");
        assert_eq!(
            of("[::ffff:10.0.0.1]:5", "2001:db8::1", &trusted),
            "2001:db8::1"
        );
    }

    #[test]
    fn a_form_of_another_site_is_not_ours() {
        let public: Url = "https://windlass.example".parse().unwrap();
        let ours = |pairs: &[(&'static str, &str)]| is_of_ours(&headers(pairs), Some(&public));
        assert!(ours(&[]));
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(!ours(&[("sec-fetch-site", "same-site")]));
        assert!(!ours(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://windlass.example")
        ]));
        assert!(ours(&[
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080")
        ]));
        assert!(ours(&[
            ("origin", "https://windlass.example"),
            ("host", "inner:8080")
        ]));
        for origin in [
            "null",
            "http://windlass.example",
            "https://windlass.example:444",
            "https://evil.example",
        ] {
            assert!(
                !ours(&[("origin", origin), ("host", "127.0.0.1:8080")]),
                "{origin}"
            );
        }
    }

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        for (host, expected) in [
            ("localhost:8080", true),
            ("127.0.0.1:8080", true),
            ("127.0.0.1", true),
            ("[::1]:8080", true),
            ("evil.example:8080", false),
            ("localhost.evil.example", false),
            ("192.0.2.1", false),
            ("", false),
        ] {
            assert_eq!(
                is_to_loopback(&headers(&[("host", host)])),
                expected,
                "{host}"
            );
        }
    }
}
