//! Several credentials against a workspace that holds each to what it may do, see and spend.

use std::collections::BTreeSet;
use std::sync::Arc;

use bitbucket::verify::{Plan, verify};
use bitbucket::{
    Client, ClientConfig, Credential, Holder, Listing, PullOrder, RepositoryRef, Silent, Standing,
};
use emulator::{Emulator, Options, Shut, World, WorldSpec};
use model::verification::{Code, Outcome};
use model::{Id, ManualClock};

use crate::emulated::walk;
use crate::server::{start, uuid};

struct Place {
    emulator: Emulator,
    clock: ManualClock,
    workspace: String,
}

impl Place {
    async fn with(credentials: Vec<emulator::Credential>) -> Self {
        let clock = ManualClock::starting_at(start());
        let world = World::generate(&WorldSpec::small(start()), Arc::new(clock.clone()));
        let workspace = world.workspace_slug().to_owned();
        let options = Options::with_credentials(credentials);
        let emulator = Emulator::start(world, options).await.unwrap();
        Self {
            emulator,
            clock,
            workspace,
        }
    }

    /// A client whose holders have these tokens, numbered from 1.
    fn client(&self, tokens: &[&str], hourly_limit: u32) -> Client {
        let holder = |(index, token): (usize, &&str)| {
            let credential = Credential::AccessToken {
                label: (*token).to_owned(),
                token: (*token).to_owned().into(),
            };
            Holder::new(i64::try_from(index).unwrap() + 1, credential)
        };
        let holders = tokens.iter().enumerate().map(holder).collect();
        let base = self.emulator.base_url().parse().unwrap();
        let config = ClientConfig::with_holders(base, self.workspace.clone(), holders)
            .limited_to(hourly_limit);
        Client::new(config, Arc::new(self.clock.clone()), Arc::new(Silent)).unwrap()
    }
}

fn token(name: &str) -> emulator::Credential {
    emulator::Credential::workspace_access_token(name)
}

async fn repositories(client: &Client, holder: i64) -> Vec<RepositoryRef> {
    let page = client.page_as(holder, &Listing::Repositories, None).await;
    let page = page.unwrap();
    assert_eq!(page.next, None);
    page.batch
        .repositories
        .iter()
        .map(|row| RepositoryRef {
            uuid: uuid(row.source_id.as_value().unwrap()),
            full_name: row.full_name.clone().value().unwrap(),
            workspace_id: row.workspace_id.value().unwrap(),
        })
        .collect()
}

/// What a client brings of these repositories.
async fn bring(client: &Client, repositories: &[RepositoryRef]) -> BTreeSet<Id> {
    let mut ids = BTreeSet::new();
    for repository in repositories {
        let of = || repository.clone();
        let pulls = Listing::PullRequests {
            repository: of(),
            since: None,
            order: PullOrder::Created,
        };
        for listing in [
            pulls,
            Listing::RepositoryActivity { repository: of() },
            Listing::Pipelines { repository: of() },
        ] {
            for batch in walk(client, &listing).await {
                ids.extend(batch.pulls.iter().map(|row| row.id));
                ids.extend(batch.events.iter().map(|row| row.id));
                ids.extend(batch.pipelines.iter().map(|row| row.id));
            }
        }
    }
    ids
}

#[tokio::test]
async fn credentials_that_see_parts_bring_the_whole_though_one_is_revoked_meanwhile() {
    let place = Place::with(vec![
        token("whole"),
        token("left"),
        token("right"),
        token("dying"),
    ])
    .await;
    let whole = place.client(&["whole"], 1_000);
    let all = repositories(&whole, 1).await;
    assert!(all.len() >= 2, "{all:?}");
    let expected = bring(&whole, &all).await;
    let slugs: Vec<&str> = all.iter().map(RepositoryRef::slug).collect();
    let (one, others) = slugs.split_at(1);
    let seeing = |slugs: &[&str]| Some(slugs.iter().map(|slug| (*slug).to_owned()).collect());
    let set = |label: &str, slugs: &[&str]| {
        place
            .emulator
            .change_credential(label, |credential| credential.repositories = seeing(slugs));
    };
    set("left", one);
    set("right", others);

    // Nobody says who sees what: it is found out.
    let client = place.client(&["left", "right", "dying"], 1_000);
    assert_eq!(repositories(&client, 1).await.len(), 1);
    assert_eq!(repositories(&client, 2).await.len(), others.len());
    let first = bring(&client, &all[..1]).await;
    place.emulator.revoke("dying");
    let rest = bring(&client, &all[1..]).await;
    assert_eq!(&first | &rest, expected);
    let states = client.holders();
    assert!(
        matches!(&states[2].standing, Standing::Refused { .. }),
        "{states:#?}"
    );
    // One attempt found out that it is dead, and one of each that it does not see a repository.
    let requests = place.emulator.requests();
    let count = |status: u16, label: &str| {
        let of = |request: &&emulator::ServedRequest| {
            request.status == status && request.label.as_deref() == Some(label)
        };
        requests.iter().filter(of).count()
    };
    assert_eq!(count(401, "dying"), 1);
    assert!(count(404, "left") <= others.len());
    assert!(count(404, "right") <= one.len());
}

#[tokio::test]
async fn small_allowances_together_are_used_without_one_refusal() {
    let limit = 25;
    let place = Place::with(vec![
        token("whole"),
        token("a").limited_to(limit),
        token("b").limited_to(limit),
        token("c").limited_to(limit),
    ])
    .await;
    let whole = place.client(&["whole"], 1_000);
    let all = repositories(&whole, 1).await;
    let expected = bring(&whole, &all).await;
    let client = place.client(&["a", "b", "c"], u32::try_from(limit).unwrap());
    for _ in 0..6 {
        assert_eq!(bring(&client, &all).await, expected);
    }
    assert_eq!(place.emulator.throttled_requests(), 0);
    for label in ["a", "b", "c"] {
        assert!(place.emulator.requests_of(label) > 0, "{label}");
    }
}

#[tokio::test]
async fn a_verification_tells_what_a_workspace_of_its_own_ways_allows() {
    let scopes = [
        "account",
        "pipeline",
        "pullrequest",
        "repository",
        "webhook",
    ];
    let place = Place::with(vec![token("whole").with_scopes(&scopes)]).await;
    let client = place.client(&["whole"], 1_000);
    let plan = Plan::everything();
    let sound = verify(&client, 1, &plan).await.unwrap();
    assert!(
        sound
            .checks
            .iter()
            .all(|check| check.outcome == Outcome::Ok),
        "{sound:#?}"
    );
    let all = repositories(&client, 1).await;
    for repository in &all {
        let slug = repository.slug();
        place.emulator.world().switch_off_pipelines(slug).unwrap();
        place.emulator.world().switch_off_deployments(slug).unwrap();
    }
    let off = verify(&client, 1, &plan).await.unwrap();
    assert!(off.is_usable(), "{off:#?}");
    let warnings = off.checks.iter();
    let warnings = warnings.filter(|check| check.outcome == Outcome::Warning);
    assert!(warnings.count() >= 2, "{off:#?}");

    for how in [Shut::Forbidden, Shut::NotFound] {
        for repository in &all {
            place
                .emulator
                .world()
                .shut_repository(repository.slug(), how)
                .unwrap();
        }
        let shut = verify(&client, 1, &plan).await.unwrap();
        assert_eq!(
            shut.code,
            Some(Code::InvalidPermissions),
            "{how:?}: {shut:#?}"
        );
    }
    for repository in &all {
        place
            .emulator
            .world()
            .delete_repository(repository.slug())
            .unwrap();
    }
    let empty = verify(&client, 1, &plan).await.unwrap();
    assert_eq!(empty.code, Some(Code::NoResources), "{empty:#?}");
}
