//! Who is who: the rules, each by itself. People and addresses are invented.

mod emulated;
mod recorded;
mod teams;
mod town;

use model::rows::UserType;
use store::{IdentitySource, MatchedBy};
use town::Town;

#[test]
fn an_account_that_nothing_is_known_of_has_a_person_of_its_own() {
    let mut town = Town::default();
    town.account("ada").named("Ada Lovelace");
    town.settle();
    let ada = town.person("ada").unwrap();
    assert_eq!(ada.name.as_deref(), Some("Ada Lovelace"));
    assert!(ada.provisional);
    assert_eq!(town.reason("ada"), Some(MatchedBy::Account));
}

#[test]
fn jira_gives_the_same_atlassian_account_its_address_and_time_zone() {
    let mut town = Town::default();
    town.account("ada").named("ada99").atlassian("aa:1");
    town.jira("aa:1")
        .named("Ada Lovelace")
        .email("Ada@Example.org")
        .zone("Europe/London");
    town.settle();
    let ada = town.person("ada").unwrap();
    assert_eq!(ada.name.as_deref(), Some("Ada Lovelace"));
    assert_eq!(ada.email.as_deref(), Some("ada@example.org"));
    assert_eq!(ada.timezone.as_deref(), Some("Europe/London"));
    assert!(!ada.provisional);
    assert_eq!(town.reason("ada"), Some(MatchedBy::Jira));
    assert_eq!(town.owner("ada@example.org"), Some(ada.id));
}

#[test]
fn a_hidden_address_leaves_the_account_matched_and_the_person_provisional() {
    let mut town = Town::default();
    town.account("ada").atlassian("aa:1");
    town.jira("aa:1").named("Ada Lovelace");
    town.settle();
    assert_eq!(town.reason("ada"), Some(MatchedBy::Jira));
    assert!(town.person("ada").unwrap().provisional);
}

#[test]
fn apps_and_customers_of_jira_are_nobody() {
    let mut town = Town::default();
    town.account("ada").atlassian("aa:1");
    town.jira("aa:1").kind("customer").email("ada@example.org");
    town.jira("aa:2").kind("app").email("bot@example.org");
    town.commits("ada@example.org", None, 3);
    town.settle();
    assert_eq!(town.reason("ada"), Some(MatchedBy::Account));
    assert_eq!(town.owner("ada@example.org"), None);
    assert_eq!(town.people().len(), 1);
}

#[test]
fn an_address_beside_one_account_is_its_persons() {
    let mut town = Town::default();
    town.account("ada");
    town.commits("Ada@example.org", Some("ada"), 3);
    town.commits("ada@home.example.org", Some("ada"), 1);
    // A made-up one, of a service or a machine, tells nobody.
    town.commits("77+ada@users.noreply.example.com", Some("ada"), 9);
    town.commits("ada@laptop", Some("ada"), 9);
    town.settle();
    let ada = town.person("ada").unwrap();
    assert_eq!(ada.email.as_deref(), Some("ada@example.org"));
    assert_eq!(town.reason("ada"), Some(MatchedBy::Commit));
    assert_eq!(town.owner("ada@home.example.org"), Some(ada.id));
    assert_eq!(town.owner("77+ada@users.noreply.example.com"), None);
    assert_eq!(town.owner("ada@laptop"), None);
}

#[test]
fn an_address_beside_two_accounts_is_nobodys_and_a_suggestion() {
    let mut town = Town::default();
    town.account("ada");
    town.account("bob");
    town.commits("team@example.org", Some("ada"), 3);
    town.commits("team@example.org", Some("bob"), 1);
    town.settle();
    assert_eq!(town.owner("team@example.org"), None);
    assert_ne!(town.number("ada"), town.number("bob"));
    assert!(town.person("ada").unwrap().provisional);
    assert_eq!(town.suggested(), [("bob", "ada", "shared_address")]);
}

#[test]
fn a_programs_commits_under_somebodys_address_make_it_nobodys_unless_vouched_for() {
    let mut town = Town::default();
    town.account("ada").atlassian("aa:1");
    town.account("deploy").kind("app_user").named("Maria Lopez");
    town.commits("ada@example.org", Some("ada"), 3);
    town.commits("ada@example.org", Some("deploy"), 1);
    town.settle();
    assert_eq!(town.owner("ada@example.org"), None);
    assert_eq!(town.type_of("deploy"), Some(UserType::Bot));
    assert_eq!(town.person("deploy"), None);
    town.jira("aa:1").email("ada@example.org");
    town.settle();
    assert_eq!(town.owner("ada@example.org"), town.number("ada"));
}

#[test]
fn the_same_name_is_a_suggestion_and_never_more() {
    let mut town = Town::default();
    town.account("one").named("Maria Lopez");
    town.account("two").named("maria  LOPEZ");
    town.account("gone").named("Former user");
    town.account("gone-too").named("Former user");
    town.commits("maria@example.org", None, 2)
        .named("Maria Lopez");
    town.settle();
    assert_eq!(town.people().len(), 4);
    assert_eq!(
        town.suggested(),
        [
            ("two", "one", "name"),
            ("maria@example.org", "one", "name"),
            ("maria@example.org", "two", "name"),
        ]
    );
}

#[test]
fn the_filter_of_members_finds_whose_an_address_is() {
    let mut town = Town::default();
    town.account("ada");
    town.commits("ada@example.org", None, 4);
    town.lookup("ada@example.org", Some("ada"));
    town.settle();
    assert_eq!(town.reason("ada"), Some(MatchedBy::Members));
    assert_eq!(
        town.person("ada").unwrap().email.as_deref(),
        Some("ada@example.org")
    );
}

#[test]
fn the_same_verified_address_in_two_sources_is_one_person() {
    let mut town = Town::default();
    // Bitbucket vouches for the address today, and Jira shows it for an account of another id.
    town.account("ada").atlassian("aa:1");
    town.jira("bb:2")
        .named("Ada Lovelace")
        .email("ada@example.org");
    town.lookup("ada@example.org", Some("ada"));
    town.settle();
    assert_eq!(
        town.number_of(IdentitySource::Jira, "bb:2"),
        town.number("ada")
    );
    // Somebody named a person by an address, which Jira shows too.
    let bob = town.imported("bob@example.org");
    town.jira("cc:3").email("bob@example.org");
    town.settle();
    assert_eq!(town.number_of(IdentitySource::Jira, "cc:3"), Some(bob));
}

#[test]
fn an_address_that_went_to_somebody_else_links_nobody() {
    let mut town = Town::default();
    // Alex Smith left, and the address went to Alex Jones, who has no account in Bitbucket.
    town.account("smith").named("Alex Smith").atlassian("aa:1");
    town.jira("bb:2")
        .named("Alex Jones")
        .email("alex@example.org");
    town.commits("alex@example.org", Some("smith"), 40);
    town.settle();
    assert_ne!(
        town.number_of(IdentitySource::Jira, "bb:2"),
        town.number("smith")
    );
    assert!(town.person("smith").unwrap().provisional);
    // Later with an account in Bitbucket as well.
    town.account("jones").named("Alex Jones").atlassian("bb:2");
    town.settle();
    assert_eq!(town.owner("alex@example.org"), town.number("jones"));
    assert_ne!(town.number("jones"), town.number("smith"));
}

#[test]
fn two_accounts_of_jira_with_one_address_are_not_told_apart_by_it() {
    let mut town = Town::default();
    town.account("ada").atlassian("aa:1");
    town.jira("aa:1").email("shared@example.org");
    town.jira("bb:2").email("shared@example.org");
    town.commits("shared@example.org", None, 1);
    town.settle();
    assert_eq!(town.owner("shared@example.org"), None);
    assert_eq!(town.number_of(IdentitySource::Jira, "bb:2"), None);
    assert_eq!(town.person("ada").unwrap().email, None);
}

#[test]
fn one_person_with_two_accounts_is_told_by_somebody() {
    let mut town = Town::default();
    town.account("old").named("Ada");
    town.account("new").named("Ada Lovelace");
    town.commits("ada@example.org", Some("old"), 2);
    town.commits("ada@example.org", Some("new"), 2);
    town.settle();
    assert_eq!(town.owner("ada@example.org"), None);
    let ada = town.number("old").unwrap();
    let other = town.number("new").unwrap();
    town.decide(ada, "old", true);
    town.decide(ada, "new", true);
    town.settle();
    assert_eq!(town.number("new"), Some(ada));
    assert_eq!(town.reason("new"), Some(MatchedBy::Decision));
    // Both carry it, and both are the same person.
    assert_eq!(town.owner("ada@example.org"), Some(ada));
    assert!(town.people().iter().all(|person| person.id != other));
}

#[test]
fn somebodys_no_stays_and_goes_before_every_other_reason() {
    let mut town = Town::default();
    town.account("ada").atlassian("aa:1");
    town.jira("aa:1").email("ada@example.org");
    town.commits("ada@example.org", Some("ada"), 5);
    town.settle();
    let person = town.number("ada").unwrap();
    town.decide(person, "ada", false);
    for _ in 0..3 {
        town.settle();
        let other = town.number("ada").unwrap();
        assert_ne!(other, person);
        assert_eq!(town.number_of(IdentitySource::Jira, "aa:1"), Some(person));
        assert_eq!(town.owner("ada@example.org"), Some(person));
        assert!(town.person("ada").unwrap().provisional);
        assert_eq!(town.people().len(), 2);
    }
    // The only account that somebody had, taken away: both go on.
    let mut town = Town::default();
    town.account("ada");
    town.settle();
    let person = town.number("ada").unwrap();
    town.decide(person, "ada", false);
    town.settle();
    let other = town.number("ada").unwrap();
    assert_ne!(other, person);
    town.settle();
    assert_eq!(town.number("ada"), Some(other));
}

#[test]
fn somebodys_yes_stays_through_everything_that_says_otherwise() {
    let mut town = Town::default();
    let bob = town.imported("bob@example.org");
    town.account("ada").atlassian("aa:1");
    town.settle();
    town.decide(bob, "ada", true);
    town.jira("aa:1")
        .named("Ada Lovelace")
        .email("ada@example.org");
    town.settle();
    assert_eq!(town.number("ada"), Some(bob));
    // The address that somebody gave them stays theirs first.
    assert_eq!(
        town.person("ada").unwrap().email.as_deref(),
        Some("bob@example.org")
    );
    assert_eq!(town.owner("ada@example.org"), Some(bob));
}

#[test]
fn a_person_named_by_an_address_is_found_by_commits_later() {
    let mut town = Town::default();
    let ada = town.imported("ada@example.org");
    town.settle();
    assert_eq!(town.owner("ada@example.org"), Some(ada));
    town.account("ada").named("ada99");
    town.settle();
    let provisional = town.number("ada").unwrap();
    assert_ne!(provisional, ada);
    town.commits("ada@example.org", Some("ada"), 2);
    town.settle();
    assert_eq!(town.number("ada"), Some(ada));
    assert_eq!(town.people().len(), 1, "{provisional} is who {ada} is");
}

#[test]
fn a_person_keeps_the_number_while_an_account_of_theirs_is_there() {
    let mut town = Town::default();
    town.account("ada").named("Ada").atlassian("aa:1");
    town.account("bob").named("Bob");
    town.settle();
    let (ada, bob) = (town.number("ada"), town.number("bob"));
    town.jira("aa:1")
        .named("Ada Lovelace")
        .email("ada@example.org");
    town.account("aaron").named("Aaron");
    town.settle();
    assert_eq!((town.number("ada"), town.number("bob")), (ada, bob));
    // Renamed, deactivated, closed: the same person, under the last name that was known.
    town.change("ada", |account| account.name = Some("Countess".into()));
    town.forget_jira();
    town.settle();
    assert_eq!(town.number("ada"), ada);
    assert_eq!(
        town.person("ada").unwrap().name.as_deref(),
        Some("Countess")
    );
    town.change("ada", |account| {
        account.name = Some("Former user".into());
        account.active = false;
    });
    town.settle();
    assert_eq!(town.number("ada"), ada);
    let ada = town.person("ada").unwrap();
    assert_eq!(ada.name.as_deref(), Some("Countess"));
    assert!(!ada.active);
}

#[test]
fn what_somebody_says_an_account_is_goes_before_its_type_and_name() {
    let mut town = Town::default();
    town.account("renovate").named("Renovate");
    town.account("release").kind("app_user").named("Release");
    town.account("claude").kind("app_user").named("Claude");
    town.settle();
    assert_eq!(town.type_of("renovate"), Some(UserType::Bot));
    assert_eq!(town.type_of("claude"), Some(UserType::AiBot));
    town.say("renovate", UserType::Human);
    town.say("release", UserType::AiBot);
    town.settle();
    assert_eq!(town.type_of("renovate"), Some(UserType::Human));
    assert!(town.person("renovate").is_some());
    assert_eq!(town.type_of("release"), Some(UserType::AiBot));
    // A human who turns out to be a program has no person any more.
    town.say("renovate", UserType::Bot);
    town.settle();
    assert_eq!(town.person("renovate"), None);
}

#[test]
fn settling_again_changes_nothing() {
    let mut town = Town::misleading();
    town.settle();
    let once = town.clone();
    town.settle();
    assert_eq!(town.identities(), once.identities());
    assert_eq!(town.people(), once.people());
}

#[test]
fn a_world_that_is_made_to_mislead_yields_no_wrong_link() {
    let mut town = Town::misleading();
    town.settle();
    town.assert_nobody_is_wrong();
    // Whatever order things come to be known in.
    for turn in 0..24 {
        let mut town = Town::misleading();
        town.reveal_step_by_step(turn);
        town.assert_nobody_is_wrong();
    }
}
