//! A text as the `next` of a page: the first byte says of which listing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use url::Url;

fuzz_target!(|data: &[u8]| {
    let Some((which, next)) = data.split_first() else {
        return;
    };
    let Ok(next) = std::str::from_utf8(next) else {
        return;
    };
    let base = Url::parse("https://api.bitbucket.org/2.0").expect("an address");
    let listing = fuzz::listing(*which);
    // Also what stands behind the API's address, to be past the beginning sooner.
    for next in [
        next.to_owned(),
        format!("https://api.bitbucket.org/2.0{next}"),
    ] {
        let Ok((cursor, url)) = bitbucket::fuzzing::next(&base, "acme", &listing, &next) else {
            continue;
        };
        assert_eq!(url.scheme(), "https");
        assert_eq!(url.host_str(), Some("api.bitbucket.org"));
        assert_eq!(
            (url.port(), url.username(), url.password()),
            (None, "", None)
        );
        assert!(cursor.as_str().starts_with('/'), "{cursor}");
        // Nothing that returns what is in files.
        let path = url.path().to_lowercase();
        assert!(path.starts_with("/2.0/"), "{path}");
        let parts: Vec<_> = path.split('/').collect();
        if listing.repository().is_some() {
            assert!(
                [
                    "pullrequests",
                    "pipelines",
                    "commits",
                    "diffstat",
                    "environments",
                    "deployments"
                ]
                .contains(&parts[5]),
                "{path}"
            );
        }
        for part in ["..", "%2e%2e", "src", "diff", "patch", "raw"] {
            assert!(!parts.contains(&part), "{path}");
        }
    }
});
