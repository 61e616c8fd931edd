//! The most similar name, for "did you mean".

/// The candidate with the smallest edit distance to `name`, unless even that one is too different
/// to have been meant: more than a third of the letters would have to change.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let name = name.to_lowercase();
    candidates
        .map(|candidate| (strsim::levenshtein(&name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| distance * 3 <= candidate.len().max(name.len()))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn what_is_too_different_was_not_meant() {
        let names = || ["bitbucket_pulls", "pull_requests", "repos"].into_iter();
        assert_eq!(nearest("bitbucket_pull", names()), Some("bitbucket_pulls"));
        assert_eq!(nearest("Pull_Request", names()), Some("pull_requests"));
        assert_eq!(nearest("repo", names()), Some("repos"));
        assert_eq!(nearest("credentials", names()), None);
    }
}
