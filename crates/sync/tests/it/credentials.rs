//! Connections with several credentials: how work spreads over them, and what becomes of it when
//! one of them fails.

use std::collections::BTreeSet;
use std::sync::Arc;

use bitbucket::{Client, ClientConfig, Silent};
use emulator::{Credential, RateLimit, World, WorldSpec};
use model::Instant;
use secrecy::SecretString;
use store::{AuthMethod, CredentialState, Db, NewCredential, Vault};
use sync::{ImportError, Quiet, StreamName, Summary, import};
use testkit::both_engines;

use crate::story::{Story, all_tables};
use crate::truth::assert_truth;

/// A connection whose credentials are stored, sealed as they are in earnest.
struct Stored {
    story: Story,
    vault: Vault,
    connection: i64,
}

impl Stored {
    async fn with(story: Story, tokens: &[&str]) -> Self {
        let (vault, _) = Vault::generate();
        let db = story.db();
        let now = story.now();
        let options = &story.options;
        let connection = db
            .ensure_connection(&options.name, &options.workspace, &options.base_url, now)
            .await
            .unwrap()
            .id;
        let mut tx = db.write().await.unwrap();
        for token in tokens {
            let secret = SecretString::from(*token);
            let signed = bitbucket::Credential::AccessToken {
                label: (*token).to_owned(),
                token: secret.clone(),
            };
            let sealed = sync::sealed_secret(&vault, &secret, None).unwrap();
            let credential = NewCredential {
                label: token,
                method: AuthMethod::ApiToken,
                sealed: &sealed,
                allowance: &signed.allowance(),
                hourly_limit: None,
                expires_at: None,
            };
            tx.insert_credential(connection, &credential, now)
                .await
                .unwrap()
                .unwrap();
        }
        tx.commit().await.unwrap();
        Self {
            story,
            vault,
            connection,
        }
    }

    async fn client(&self) -> Client {
        let stored = self.db().credentials(self.connection).await.unwrap();
        let holders = sync::holders(&stored, &self.vault, 1_000).unwrap();
        let base_url = url::Url::parse(&self.story.emulator.base_url()).unwrap();
        let workspace = self.story.options.workspace.clone();
        let config = ClientConfig::with_holders(base_url, workspace, holders);
        Client::new(config, Arc::new(self.story.clock.clone()), Arc::new(Silent)).unwrap()
    }

    fn db(&self) -> &Db {
        self.story.db()
    }

    async fn try_import(&self) -> Result<Summary, ImportError> {
        let clock = Arc::new(self.story.clock.clone());
        let options = self.story.options.clone();
        import(
            self.db(),
            self.client().await,
            clock,
            Arc::new(Quiet),
            options,
        )
        .await
    }

    async fn import(&self) -> Summary {
        let summary = self.try_import().await.unwrap();
        assert!(summary.complete, "{:?}", summary.problems);
        summary
    }

    /// Label and state of each credential.
    async fn states(&self) -> Vec<(String, CredentialState)> {
        let stored = self.db().credentials(self.connection).await.unwrap();
        stored
            .into_iter()
            .map(|one| (one.label, one.state))
            .collect()
    }
}

fn tokens(labels: &[&str]) -> Vec<Credential> {
    labels
        .iter()
        .map(|label| {
            Credential::workspace_access_token(*label)
                .labelled(*label)
                .limited_to(1_000)
        })
        .collect()
}

/// Eight hundred pull requests with every stream but one: more than 2,500 requests.
async fn large(labels: &[&str], concurrency: usize) -> Stored {
    let database = testkit::sqlite().await;
    let mut story = Story::of(database, |end| WorldSpec::uniform(5, 160, end), |_| {}).await;
    story.emulator.set_credentials(tokens(labels));
    story.emulator.set_rate_limit(RateLimit::default());
    story.only(&StreamName::ALL);
    story.options.streams.remove(&StreamName::PipelineSteps);
    story.options.concurrency = concurrency;
    Stored::with(story, labels).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_allowances_finish_at_once_what_one_has_to_wait_for() {
    let one = large(&["one"], 1).await;
    let began = one.story.now();
    let alone = one.import().await;
    let waited = one.story.now().seconds_since(began);
    assert!(alone.requests >= 2_500, "{}", alone.requests);
    assert!(waited >= 2 * 3_600, "one allowance took {waited} s");
    assert_eq!(one.story.emulator.throttled_requests(), 0);

    let three = large(&["one", "two", "three"], 1).await;
    let began = three.story.now();
    let shared = three.import().await;
    let took = three.story.now().seconds_since(began);
    println!(
        "{} requests: one allowance took {waited} s, three took {took} s",
        shared.requests
    );
    assert!(took < 3_600, "three allowances took {took} s");
    assert_eq!(three.story.emulator.throttled_requests(), 0);
    let spent: Vec<u64> = ["one", "two", "three"]
        .map(|label| three.story.emulator.requests_of(label))
        .to_vec();
    let (least, most) = (spent.iter().min().unwrap(), spent.iter().max().unwrap());
    assert!(most - least <= 20, "uneven: {spent:?}");
    // Each of the two others listed the repositories for itself.
    assert_eq!(shared.requests, alone.requests + 2);
    assert_truth(three.db(), &three.story.truth()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_credential_that_is_revoked_midway_is_quarantined_and_the_import_completes() {
    let stored = large(&["one", "two", "three"], 4).await;
    let emulator = Arc::clone(&stored.story.emulator);
    let revoke = async {
        while emulator.requests_of("two") < 200 {
            tokio::task::yield_now().await;
        }
        emulator.revoke("two");
    };
    let (summary, ()) = tokio::join!(stored.import(), revoke);
    assert!(summary.complete);
    assert_truth(stored.db(), &stored.story.truth()).await;
    let states = stored.states().await;
    let of = |label: &str| states.iter().find(|(name, _)| name == label).unwrap().1;
    assert_eq!(of("two"), CredentialState::Refused);
    assert_eq!(
        (of("one"), of("three")),
        (CredentialState::Ok, CredentialState::Ok)
    );
    let refused = emulator
        .requests()
        .iter()
        .filter(|request| request.status == 401)
        .count();
    // Those that were on their way when it was revoked, and no more.
    assert!((1..=4).contains(&refused), "{refused}");
}

both_engines! {
    async fn what_only_one_credential_sees_is_imported_and_stays(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        let names: Vec<String> = names(&story.emulator.world());
        let (left, right) = names.split_at(1);
        let of = |label: &str, seen: &[String]| {
            let seen: Vec<&str> = seen.iter().map(String::as_str).collect();
            Credential::workspace_access_token(label).labelled(label).seeing(&seen)
        };
        story.emulator.set_credentials(vec![of("left", left), of("right", right)]);
        let stored = Stored::with(story, &["left", "right"]).await;
        stored.import().await;
        assert_truth(stored.db(), &stored.story.truth()).await;

        // One of them is taken away and comes back: nothing is marked as gone meanwhile.
        let before = all_tables(stored.db()).await;
        stored.story.emulator.revoke("left");
        stored.story.clock.advance_seconds(7_200);
        let summary = stored.try_import().await.unwrap();
        let warned: BTreeSet<&str> = summary.warnings.iter().filter_map(|one| one.repository.as_deref()).collect();
        println!("{warned:?}");
        assert_eq!(warned.len(), 1, "what only the refused one sees cannot be read");
        let after = all_tables(stored.db()).await;
        assert_eq!(gone(&before), gone(&after));

        stored.story.emulator.reinstate("left");
        stored.story.clock.advance_seconds(7_200);
        stored.import().await;
    }
}

fn names(world: &World) -> Vec<String> {
    let repositories = world.repositories();
    repositories
        .iter()
        .map(|repository| repository.slug.clone())
        .collect()
}

/// The repositories that are marked as gone.
fn gone(tables: &std::collections::BTreeMap<&'static str, crate::story::Rows>) -> BTreeSet<i64> {
    tables["bitbucket_repositories"]
        .iter()
        .filter(|(_, row)| !row["deleted_at"].is_null())
        .map(|(id, _)| *id)
        .collect()
}

#[tokio::test]
async fn an_expired_credential_spends_nothing() {
    let database = testkit::sqlite().await;
    let story = Story::of(database, WorldSpec::small, |_| {}).await;
    story.emulator.set_credentials(tokens(&["one", "two"]));
    let stored = Stored::with(story, &["one", "two"]).await;
    let past: Instant = stored.story.now().plus_seconds(-60);
    let rows = stored.db().credentials(stored.connection).await.unwrap();
    let two = rows.iter().find(|row| row.label == "two").unwrap();
    let mut tx = stored.db().write().await.unwrap();
    let changed = NewCredential {
        label: "two",
        method: two.method,
        sealed: &two.sealed,
        allowance: &two.allowance,
        hourly_limit: None,
        expires_at: Some(past),
    };
    assert!(tx.replace_credential(two.id, &changed, past).await.unwrap());
    tx.commit().await.unwrap();
    stored.import().await;
    assert_eq!(stored.story.emulator.requests_of("two"), 0);
    assert_eq!(stored.states().await[1].1, CredentialState::Expired);
}

#[tokio::test]
async fn without_a_credential_that_is_accepted_the_connection_is_failing() {
    let database = testkit::sqlite().await;
    let story = Story::of(database, WorldSpec::small, |_| {}).await;
    story.emulator.set_credentials(tokens(&["one", "two"]));
    let stored = Stored::with(story, &["one", "two"]).await;
    for label in ["one", "two"] {
        stored.story.emulator.revoke(label);
    }
    let refused = stored.try_import().await.unwrap_err();
    assert!(
        matches!(refused, ImportError::InvalidCredentials(_)),
        "{refused}"
    );
    let name = &stored.story.options.name;
    let connection = stored.db().connection(name).await.unwrap().unwrap();
    assert_eq!(connection.state, store::ConnectionState::Failing);
    assert!(
        connection
            .problem
            .unwrap()
            .starts_with("invalid_credentials")
    );
    for label in ["one", "two"] {
        stored.story.emulator.reinstate(label);
    }
    stored.story.clock.advance_seconds(60);
    stored.import().await;
    let connection = stored.db().connection(name).await.unwrap().unwrap();
    assert_eq!(connection.state, store::ConnectionState::Verified);
    assert_eq!(connection.problem, None);
}
