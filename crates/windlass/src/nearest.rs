//! What somebody may have meant.

use crate::failure::{Exit, Failure};

/// The most similar of `names`.
pub(crate) fn nearest<'a>(
    written: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = written.to_lowercase();
    names
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&written, name), name))
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

/// What is said of a name that nothing has: the most similar one with the command that lists all, or
/// `empty` where there is no name at all.
pub(crate) fn no_such<'a>(
    noun: &str,
    written: &str,
    names: impl IntoIterator<Item = &'a str>,
    all: &str,
    empty: &str,
) -> Failure {
    let advice = match nearest(written, names) {
        Some(nearest) => format!("did you mean {nearest}? `{all}` lists all"),
        None => empty.to_owned(),
    };
    Failure::new(
        Exit::Usage,
        format!("there is no {noun} `{written}`: {advice}"),
    )
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_most_similar_name_is_found() {
        let names = ["pull_requests", "pipelines", "members"];
        assert_eq!(nearest("pullrequest", names), Some("pull_requests"));
        assert_eq!(nearest("Pipeline", names), Some("pipelines"));
        assert_eq!(nearest("x", []), None);
    }
}
