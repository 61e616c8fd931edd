//! From the addresses that an import asked for to the order in which they have to be asked.

/// How many parts of a path come before what belongs to a repository: nothing, `2.0`,
/// `repositories`, the workspace, the repository.
const OF_A_REPOSITORY: usize = 5;

/// The workspace and the list of its repositories come first, one after the other. After that each
/// listing is a chain, since a page is known only from the page before it, and listings go side by
/// side. What an import asks of single pull requests, one after the other, is one chain too.
pub(crate) fn stages(asked: &[String]) -> Vec<Vec<Vec<String>>> {
    let first = asked
        .iter()
        .position(|address| of_a_repository(address))
        .unwrap_or(asked.len());
    let (before, after) = asked.split_at(first);
    let (members, before): (Vec<String>, Vec<String>) = before
        .iter()
        .cloned()
        .partition(|address| path(address).ends_with("/members"));
    let mut chains: Vec<(String, Vec<String>)> = Vec::new();
    for address in members.into_iter().chain(after.iter().cloned()) {
        let name = listing(&address);
        match chains.iter_mut().find(|(known, _)| *known == name) {
            Some((_, chain)) => chain.push(address),
            None => chains.push((name, vec![address])),
        }
    }
    vec![
        vec![before],
        chains.into_iter().map(|(_, chain)| chain).collect(),
    ]
}

fn path(address: &str) -> &str {
    address.split('?').next().unwrap_or(address)
}

fn of_a_repository(address: &str) -> bool {
    let path = path(address).trim_end_matches('/');
    path.starts_with("/2.0/repositories/") && path.split('/').count() > OF_A_REPOSITORY
}

/// The path, with numbers, UUIDs and hashes left out.
fn listing(address: &str) -> String {
    let parts: Vec<&str> = path(address)
        .split('/')
        .enumerate()
        .map(|(index, part)| {
            let digits = part.bytes().filter(u8::is_ascii_digit).count();
            let names_one = !part.is_empty() && digits * 3 >= part.len();
            if index >= OF_A_REPOSITORY && names_one {
                "*"
            } else {
                part
            }
        })
        .collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listing_is_a_chain_behind_the_list_of_repositories() {
        let asked = [
            "/2.0/workspaces/w",
            "/2.0/repositories/w?page=1",
            "/2.0/workspaces/w/members",
            "/2.0/repositories/w/a/pullrequests?page=1",
            "/2.0/repositories/w/b/pullrequests?page=1",
            "/2.0/repositories/w/a/pullrequests?page=2",
            "/2.0/repositories/w/a/pullrequests/1/comments",
            "/2.0/repositories/w/a/pullrequests/22/comments",
        ]
        .map(str::to_owned);
        let lengths: Vec<Vec<usize>> = stages(&asked)
            .iter()
            .map(|stage| stage.iter().map(Vec::len).collect())
            .collect();
        assert_eq!(lengths, [vec![2], vec![1, 2, 1, 2]]);
    }
}
