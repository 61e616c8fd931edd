//! How answers are written.

pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod table;

use std::io::Write;

/// Says something on standard error. Where nobody listens, there is nobody to tell.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}
