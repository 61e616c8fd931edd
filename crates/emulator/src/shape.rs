//! The world as JSON, in the shapes that were recorded.

mod account;
mod activity;
mod comment;
mod commit;
mod date;
mod deployment;
mod event;
mod hook;
mod pipeline;
mod pull_request;
mod repository;
mod status;

pub use deployment::STEP_SECRET;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::request::BASE;
use crate::world::{Repository, World};

/// Where people look at things.
pub(crate) const SITE: &str = "https://bitbucket.org";

/// What a path segment may show as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// The world as seen from one address: links lead back to where the client came from.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) world: &'a World,
    pub(crate) origin: &'a str,
}

impl Scene<'_> {
    /// A link into the API.
    fn api(&self, path: &str) -> Value {
        json!({ "href": format!("{}{BASE}{path}", self.origin) })
    }

    /// The path of a repository in the API, with something behind it.
    fn repository_path(&self, repository: &Repository, rest: &str) -> String {
        format!("/repositories/{}{rest}", self.world.full_name(repository))
    }
}

/// A link for people.
fn site(path: &str) -> Value {
    json!({ "href": format!("{SITE}/{path}") })
}

/// A text with its rendering.
fn rendered(raw: &str) -> Value {
    let html = if raw.is_empty() {
        String::new()
    } else {
        format!("<p>{}</p>", escaped(raw))
    };
    json!({ "type": "rendered", "raw": raw, "markup": "markdown", "html": html })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
