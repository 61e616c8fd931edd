//! Values for the eye: instants, spans, numbers, and names from outside.

use std::borrow::Borrow;
use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use chrono::{DateTime, Datelike};
use chrono_tz::Tz;
use model::Instant;

use crate::access::Reader;

/// The longest name that is shown in full, in characters: longer ones are cut.
const LONGEST_NAME: usize = 160;

/// An instant in the reader's zone; the exact one shows when it is pointed at.
#[derive(Template)]
#[template(
    source = r#"<time datetime="{{ exact }}" title="{{ full }}"{% if ago %} data-fixed{% endif %}>{{ text }}</time>"#,
    ext = "html"
)]
pub(crate) struct When {
    exact: String,
    full: String,
    text: String,
    ago: bool,
}

impl HtmlSafe for When {}

/// A name from outside: kept from writing into its surroundings, whatever direction it is written in,
/// and cut where nobody would read on.
#[derive(Template)]
#[template(
    source = r#"<bdi{% if cut %} title="cut short"{% endif %}>{{ text }}</bdi>"#,
    ext = "html"
)]
pub(crate) struct Name {
    text: String,
    cut: bool,
}

impl HtmlSafe for Name {}

impl Name {
    pub(crate) fn of(text: &str) -> Self {
        let mut characters = text.chars().map(visible);
        let mut text: String = characters.by_ref().take(LONGEST_NAME).collect();
        let cut = characters.next().is_some();
        if cut {
            text.push('…');
        }
        if text.trim().is_empty() {
            text = "(no name)".to_owned();
        }
        Self { text, cut }
    }
}

/// What cannot be seen must not change what can.
fn visible(c: char) -> char {
    if c.is_control() || is_invisible(c) {
        '\u{fffd}'
    } else {
        c
    }
}

/// A text for the value of a field, exactly: what cannot be seen is written as a number.
#[derive(Debug)]
pub(crate) struct Exact(String);

impl HtmlSafe for Exact {}

impl Exact {
    pub(crate) fn of(text: &str) -> Self {
        let mut escaped = String::with_capacity(text.len());
        for c in text.chars() {
            if matches!(c, '&' | '<' | '>' | '"' | '\'') || visible(c) != c && c != '\0' {
                escaped.push_str(&format!("&#{};", u32::from(c)));
            } else {
                escaped.push(c);
            }
        }
        Self(escaped)
    }
}

impl fmt::Display for Exact {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// An address elsewhere that may be followed; nothing for what leads anywhere but to a page.
pub(crate) fn outside(address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    (url.scheme() == "https" && url.has_host()).then(|| url.to_string())
}

/// A sentence that may hold names from outside.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// Marks and overrides of direction, and spaces without width.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

impl Name {
    /// The text alone, for where there is no markup.
    pub(crate) fn plain(&self) -> String {
        self.text.clone()
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Name").field(&self.text).finish()
    }
}

impl Reader {
    /// An instant to the minute.
    pub(crate) fn when(&self, at: &Instant) -> When {
        self.time(*at, self.to_the_minute(*at), false)
    }

    /// How long ago an instant was.
    pub(crate) fn ago(&self, at: &Instant) -> When {
        let seconds = self.now.seconds_since(*at);
        let text = if seconds < 0 {
            format!("in {}", span(-seconds))
        } else if seconds < 10 {
            "just now".to_owned()
        } else {
            format!("{} ago", span(seconds))
        };
        self.time(*at, text, true)
    }

    /// The time of an instant within its day.
    pub(crate) fn clock(&self, at: &Instant) -> When {
        self.time(*at, self.local(*at).format("%H:%M").to_string(), true)
    }

    /// The name of the reader's zone.
    pub(crate) fn zone_name(&self) -> &'static str {
        self.zone.unwrap_or(Tz::UTC).name()
    }

    fn local(&self, at: Instant) -> DateTime<Tz> {
        at.to_chrono().with_timezone(&self.zone.unwrap_or(Tz::UTC))
    }

    fn to_the_minute(&self, at: Instant) -> String {
        let local = self.local(at);
        let zone = if self.zone.is_none() { " UTC" } else { "" };
        format!(
            "{} {} {}, {}{zone}",
            local.day(),
            month(local.month()),
            local.year(),
            local.format("%H:%M")
        )
    }

    fn time(&self, at: Instant, text: String, ago: bool) -> When {
        let utc = at.to_chrono().format("%Y-%m-%d %H:%M:%S UTC").to_string();
        let full = match (ago, self.zone) {
            (true, Some(_)) => format!("{} · {utc}", self.to_the_minute(at)),
            _ => utc,
        };
        When {
            exact: at.to_string(),
            full,
            text,
            ago,
        }
    }
}

fn month(number: u32) -> &'static str {
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let index = usize::try_from(number.saturating_sub(1)).unwrap_or(0);
    names.get(index).copied().unwrap_or("")
}

/// A span of time in its largest unit or two.
pub(crate) fn span(seconds: impl Borrow<i64>) -> String {
    let seconds = *seconds.borrow();
    let of = |number: i64, unit: &str| {
        format!(
            "{} {unit}{}",
            grouped(number),
            if number == 1 { "" } else { "s" }
        )
    };
    match seconds.max(0) {
        seconds @ 0..60 => of(seconds, "second"),
        seconds @ 60..3_600 => of(seconds / 60, "minute"),
        seconds @ 3_600..172_800 => of(seconds / 3_600, "hour"),
        seconds => of(seconds / 86_400, "day"),
    }
}

/// A number in groups of three.
pub(crate) fn grouped(number: impl Borrow<i64>) -> String {
    let number = *number.borrow();
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('−');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The same of what cannot be negative.
pub(crate) fn count(number: impl Borrow<u64>) -> String {
    grouped(i64::try_from(*number.borrow()).unwrap_or(i64::MAX))
}

/// A number and what is counted: `1 request`, `2 requests`, `1 repository`, `2 repositories`, `2 people`.
pub(crate) fn counted(number: impl Borrow<i64>, noun: &str) -> String {
    let number = *number.borrow();
    let number_text = grouped(number);
    if number == 1 {
        return format!("{number_text} {noun}");
    }
    if noun == "person" {
        return format!("{number_text} people");
    }
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{number_text} {stem}ies"),
        _ => format!("{number_text} {noun}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_keeps_what_was_written_and_lets_nothing_out() {
        let shown = Exact::of("\"><b>\u{202e}Ü&").to_string();
        assert_eq!(shown, "&#34;&#62;&#60;b&#62;&#8238;Ü&#38;");
    }

    #[test]
    fn only_pages_elsewhere_are_led_to() {
        for address in [
            "javascript:alert(1)",
            "http://a.example/",
            "data:text/html,x",
            "//x",
        ] {
            assert_eq!(outside(address), None, "{address}");
        }
        assert!(outside("https://bitbucket.org/a/b").is_some());
    }

    #[test]
    fn a_name_from_outside_stays_within_its_bounds() {
        let shown = |text: &str| Name::of(text).to_string();
        assert_eq!(
            shown("<script>alert(1)</script>"),
            "<bdi>&#60;script&#62;alert(1)&#60;/script&#62;</bdi>"
        );
        assert_eq!(
            shown("a\u{202e}b\u{200b}c\nd"),
            "<bdi>a\u{fffd}b\u{fffd}c\u{fffd}d</bdi>"
        );
        assert_eq!(shown(" "), "<bdi>(no name)</bdi>");
        let long = shown(&"x".repeat(10_000));
        assert!(long.len() < 250 && long.contains("x…</bdi>"), "{long}");
    }

    #[test]
    fn numbers_and_spans_are_easily_read() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(-1_000), "−1,000");
        assert_eq!(counted(1, "repository"), "1 repository");
        assert_eq!(counted(2, "repository"), "2 repositories");
        assert_eq!(counted(0, "request"), "0 requests");
        assert_eq!(counted(3, "person"), "3 people");
        assert_eq!(span(1), "1 second");
        assert_eq!(span(3_599), "59 minutes");
        assert_eq!(span(7_200), "2 hours");
        assert_eq!(span(200_000), "2 days");
    }
}
