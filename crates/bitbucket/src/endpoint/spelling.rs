//! How revisions and what is computed of them are spelled in addresses.

/// Whether this names a branch or a commit, and nothing that a server could take for a way up.
pub(super) fn is_revision(text: &str) -> bool {
    text.split('/')
        .all(|part| !part.is_empty() && part != "." && !part.contains(".."))
        && !text.contains('\\')
        && !text.chars().any(char::is_control)
}

/// Whether this is what a size is computed of: one commit, or two with a carriage return or two dots
/// between, perhaps after the name of the first one's repository (`acme/fork:1f2e…\r3d4c…`).
pub(super) fn is_spec(text: &str) -> bool {
    let commits = match text.split_once(':') {
        Some((repository, commits)) => {
            let named = repository
                .split_once('/')
                .is_some_and(|(workspace, slug)| is_name(workspace) && is_name(slug));
            if !named {
                return false;
            }
            commits
        }
        None => text,
    };
    let pair = commits
        .split_once('\r')
        .or_else(|| commits.split_once(".."));
    match pair {
        Some((source, destination)) => is_hash(source) && is_hash(destination),
        None => is_hash(commits),
    }
}

/// Whether this may be a workspace or repository in an address: a slug or a UUID in braces.
fn is_name(text: &str) -> bool {
    let bare = text
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'));
    match bare {
        Some(uuid) => !uuid.is_empty() && uuid.chars().all(|c| c.is_ascii_hexdigit() || c == '-'),
        None => {
            !text.is_empty()
                && !text.contains("..")
                && text != "."
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        }
    }
}

/// Whether this is a commit's hash, whole or abbreviated.
pub(crate) fn is_hash(text: &str) -> bool {
    (4..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit())
}
