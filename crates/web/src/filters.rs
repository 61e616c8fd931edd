//! The form that narrows a page down. It is sent as an address, so that what it shows can be shared.

use askama::Template;
use askama::filters::HtmlSafe;

use crate::show::clean;

/// One thing that can be narrowed down by.
pub(crate) struct Field {
    name: &'static str,
    label: &'static str,
    value: String,
    kind: FieldKind,
}

enum FieldKind {
    Day,
    /// Anything, with what is known to be there.
    Text(Vec<String>),
    /// One of these: word and name.
    Choice(Vec<(String, String)>),
}

impl Field {
    pub(crate) fn day(name: &'static str, label: &'static str, value: impl Into<String>) -> Self {
        Self::new(name, label, value, FieldKind::Day)
    }

    /// Free text, with what is there as suggestions.
    pub(crate) fn text(
        name: &'static str,
        label: &'static str,
        value: impl Into<String>,
        known: Vec<String>,
    ) -> Self {
        // What cannot be seen cannot be chosen.
        let visible = known.into_iter().filter(|one| clean(one) == *one);
        Self::new(name, label, value, FieldKind::Text(visible.collect()))
    }

    /// One of a few; none is any.
    pub(crate) fn choice(
        name: &'static str,
        label: &'static str,
        value: impl Into<String>,
        known: Vec<(String, String)>,
    ) -> Self {
        Self::new(name, label, value, FieldKind::Choice(known))
    }

    fn new(
        name: &'static str,
        label: &'static str,
        value: impl Into<String>,
        kind: FieldKind,
    ) -> Self {
        Self {
            name,
            label,
            value: value.into(),
            kind,
        }
    }

    fn is(&self, word: &str) -> bool {
        self.value == word
    }

    /// Whether something was chosen that is not on the list.
    fn is_other(&self, known: &[(String, String)]) -> bool {
        !self.value.is_empty() && !known.iter().any(|(word, _)| *word == self.value)
    }
}

/// The form.
#[derive(Template)]
#[template(path = "parts/filters.html")]
pub(crate) struct FilterForm {
    pub(crate) action: String,
    pub(crate) fields: Vec<Field>,
}

impl HtmlSafe for FilterForm {}
