//! The files that pages load. They are in the program, and their addresses change with their content,
//! so that browsers may keep them for ever.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// A file: its name, its kind, its content.
struct Asset {
    name: &'static str,
    kind: &'static str,
    content: &'static [u8],
}

macro_rules! asset {
    ($name:literal, $kind:literal) => {
        Asset {
            name: $name,
            kind: $kind,
            content: include_bytes!(concat!("../assets/", $name)),
        }
    };
}

const ASSETS: [Asset; 6] = [
    asset!("windlass.css", "text/css; charset=utf-8"),
    asset!("windlass.js", "text/javascript; charset=utf-8"),
    asset!("icon.svg", "image/svg+xml"),
    asset!("sql.js", "text/javascript; charset=utf-8"),
    // CodeMirror, MIT; assets/README.md says which versions.
    asset!("sql-editor.min.js", "text/javascript; charset=utf-8"),
    // Chart.js, MIT; assets/README.md says which version.
    asset!("chart.umd.min.js", "text/javascript; charset=utf-8"),
];

/// Name, name in the address, address.
static ADDRESSES: LazyLock<Vec<(&'static str, String, String)>> = LazyLock::new(|| {
    ASSETS
        .iter()
        .map(|asset| {
            let digest = format!("{:x}", Sha256::digest(asset.content));
            let digest = digest.get(..12).unwrap_or_default();
            let (stem, ending) = asset.name.rsplit_once('.').unwrap_or((asset.name, ""));
            let name = format!("{stem}.{digest}.{ending}");
            let address = format!("/assets/{name}");
            (asset.name, name, address)
        })
        .collect()
});

/// Where a file is found.
pub(crate) fn address(name: &str) -> &'static str {
    ADDRESSES
        .iter()
        .find(|(known, ..)| *known == name)
        .map_or("", |(.., address)| address)
}

/// `GET /assets/{name}`.
pub(crate) async fn serve(Path(name): Path<String>) -> Result<Response, Problem> {
    let known = ADDRESSES.iter().find(|(_, dated, _)| *dated == name);
    let asset = known.and_then(|(known, ..)| ASSETS.iter().find(|asset| asset.name == *known));
    let asset = asset.ok_or_else(|| Problem::no_such("There is no such file.", "/", "Overview"))?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ];
    Ok((headers, asset.content).into_response())
}
