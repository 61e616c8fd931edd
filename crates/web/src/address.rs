//! Addresses of pages with a question, and the question of a page.

use url::form_urlencoded::{Serializer, parse};

/// The names and values that a page was asked with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asking(Vec<(String, String)>);

impl Asking {
    /// Reads what stands behind the `?` of an address.
    pub(crate) fn read(query: Option<&str>) -> Self {
        let pairs = parse(query.unwrap_or_default().as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// These names and values.
    pub(crate) fn of<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The last value of a name that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let all = self
            .pairs()
            .filter(|(one, value)| *one == name && !value.is_empty());
        all.last().map(|(_, value)| value)
    }

    /// The same question with other values of one name: none for an empty one.
    pub(crate) fn with(&self, name: &str, value: &str) -> Self {
        let mut pairs = self.without(name).0;
        if !value.is_empty() {
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Self(pairs)
    }

    /// The same question without a name, and without empty values.
    pub(crate) fn without(&self, name: &str) -> Self {
        let pairs = self.0.iter();
        let kept = pairs.filter(|(one, value)| one != name && !value.is_empty());
        Self(kept.cloned().collect())
    }

    /// The address of a page asked like this.
    pub(crate) fn address(&self, path: &str) -> String {
        address(path, self.pairs())
    }
}

/// The address of a page with a question.
pub(crate) fn address<'a>(
    path: &str,
    question: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> String {
    let query = Serializer::new(String::new())
        .extend_pairs(question)
        .finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_changed_in_one_place_and_nothing_else_is_lost() {
        let asking = Asking::read(Some("project=A+B&project=C&from=&sort=size"));
        assert_eq!(asking.get("project"), Some("C"));
        assert_eq!(asking.get("from"), None);
        let changed = asking.with("sort", "a&b=\"<");
        assert_eq!(
            changed.address("/x"),
            "/x?project=A+B&project=C&sort=a%26b%3D%22%3C"
        );
        assert_eq!(
            asking.without("project").without("sort").address("/x"),
            "/x"
        );
    }
}
