//! What somebody may have meant.

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
