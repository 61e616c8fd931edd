//! Addresses as people write them.

/// The one spelling of an address: without space around it, in lower case. Nothing where it is none.
pub fn normal(address: &str) -> Option<String> {
    let address = address.trim().to_lowercase();
    let (local, host) = address.rsplit_once('@')?;
    let is_odd =
        |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\\' | '<' | '>');
    (!local.is_empty() && !host.is_empty() && !address.contains(is_odd)).then_some(address)
}

/// Whether an address on a commit can say who somebody is: not one that a service made up, that
/// belongs to a program, or that only names a machine.
pub(crate) fn tells_a_person(address: &str) -> bool {
    may_be_a_persons(address) && !is_of_a_machine(address)
}

/// Whether an address only names a machine: whoever sat at it may have typed it.
pub(super) fn is_of_a_machine(address: &str) -> bool {
    let Some((_, host)) = address.rsplit_once('@') else {
        return false;
    };
    match host.rsplit_once('.') {
        None => true,
        Some((_, last)) => matches!(last, "local" | "localdomain" | "lan" | "internal"),
    }
}

/// Whether an address is neither one that a service made up nor a program's.
pub(super) fn may_be_a_persons(address: &str) -> bool {
    const NOBODYS: [&str; 7] = [
        "noreply",
        "no-reply",
        "no_reply",
        "donotreply",
        "do-not-reply",
        "nobody",
        "root",
    ];
    let Some((local, host)) = address.rsplit_once('@') else {
        return false;
    };
    let labels: Vec<&str> = host.split('.').collect();
    !NOBODYS.contains(&local)
        && !local.ends_with("[bot]")
        && !labels.iter().any(|label| NOBODYS.contains(label))
        && !labels.contains(&"bots")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_address_is_one() {
        assert_eq!(normal(" Ada@Example.ORG "), Some("ada@example.org".into()));
        for none in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "a b@example.org",
            "\"a\"@x.org",
            "<a@x.org>",
        ] {
            assert_eq!(normal(none), None, "{none}");
        }
    }

    #[test]
    fn what_a_service_or_a_machine_made_up_tells_nobody() {
        for address in [
            "1234+ada@users.noreply.example.com",
            "noreply@example.com",
            "no-reply@example.com",
            "renovate[bot]@example.com",
            "pipelines@bots.example.com",
            "ada@laptop",
            "ada@laptop.local",
            "root@build.example.com",
            "nonsense",
        ] {
            assert!(!tells_a_person(address), "{address}");
        }
        for address in [
            "ada@example.com",
            "ada+work@mail.example.com",
            "reply@example.com",
        ] {
            assert!(tells_a_person(address), "{address}");
        }
    }
}
