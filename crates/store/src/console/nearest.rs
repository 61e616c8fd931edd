//! The most similar name, for "did you mean".

/// The candidate with the smallest edit distance to `name`, unless even that one is too different
/// to have been meant: more than a third of the letters would have to change.
pub(super) fn nearest<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<&'a str> {
    let name = name.to_lowercase();
    candidates
        .map(|candidate| (edit_distance(&name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| distance * 3 <= candidate.len().max(name.len()))
        .map(|(_, candidate)| candidate)
}

/// How many letters must be added, removed or replaced to turn one name into the other
/// (Levenshtein).
fn edit_distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.chars().count()).collect();
    for (position, letter) in one.chars().enumerate() {
        let mut next = vec![position + 1];
        let pairs = row.iter().zip(row.iter().skip(1));
        for ((replaced, removed), other_letter) in pairs.zip(other.chars()) {
            let replaced = replaced + usize::from(letter != other_letter);
            let added = next.last().copied().unwrap_or_default() + 1;
            next.push(replaced.min(removed + 1).min(added));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{edit_distance, nearest};

    #[test]
    fn distances_are_counted_in_letters() {
        for (one, other, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("pulls", "pulls", 0),
            ("füße", "fuße", 1),
        ] {
            assert_eq!(edit_distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn what_is_too_different_was_not_meant() {
        let names = || ["bitbucket_pulls", "pull_requests", "repos"].into_iter();
        assert_eq!(nearest("bitbucket_pull", names()), Some("bitbucket_pulls"));
        assert_eq!(nearest("Pull_Request", names()), Some("pull_requests"));
        assert_eq!(nearest("repo", names()), Some("repos"));
        assert_eq!(nearest("credentials", names()), None);
    }
}
