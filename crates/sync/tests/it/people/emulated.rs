//! Who is who in whole worlds that the emulator serves, which knows the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use emulator::WorldSpec;
use jira::{JiraClient, JiraConfig, Site};
use serde_json::Value;
use store::{Connection, ConnectionKind, Db, Evidence, IdentitySource, RunReason};
use sync::people::{BotNames, Decider, Subject, match_people};
use sync::{JiraImportError, JiraOptions, JiraSummary, StreamName, import_jira};
use testkit::both_engines;

use crate::story::{EMAIL, JIRA_TOKEN, Story, TOKEN};

pub(super) async fn evidence(db: &Db) -> Evidence {
    db.evidence().await.unwrap()
}

async fn connection(story: &Story) -> Connection {
    let db = story.db();
    let base = story.emulator.jira_base_url();
    let mut tx = db.write().await.unwrap();
    tx.insert_connection(
        ConnectionKind::JiraCloud,
        "jira",
        "site",
        &base,
        story.now(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    db.connection("jira").await.unwrap().unwrap()
}

pub(super) async fn try_jira(story: &Story, token: &str) -> Result<JiraSummary, JiraImportError> {
    story.clock.advance_seconds(60);
    let site = Site::parse(&story.emulator.jira_base_url()).unwrap();
    let clock = Arc::new(story.clock.clone());
    let config = JiraConfig::new(site, EMAIL, token.to_owned().into());
    let client = JiraClient::new(config, clock.clone()).unwrap();
    let options = JiraOptions {
        run_token: "jira-1".to_owned(),
        reason: RunReason::Asked,
        bots: BotNames::default(),
    };
    import_jira(
        story.db(),
        &client,
        clock,
        &connection(story).await,
        options,
    )
    .await
}

/// What a match came to, beside the truth.
#[derive(Debug, Default)]
struct Report {
    /// Human accounts that are known here.
    humans: usize,
    /// Of these the ones with a person whose address is known.
    matched: BTreeSet<String>,
}

/// Holds every identity against the truth: no person has two people's things.
async fn report(story: &Story) -> Report {
    let truth = story.emulator.world().whole_truth();
    let mut owner: BTreeMap<(IdentitySource, String), String> = BTreeMap::new();
    for person in truth["people"].as_array().unwrap() {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let name = text(&person["bitbucket_uuid"]);
        owner.insert((IdentitySource::Bitbucket, name.clone()), name.clone());
        if let Some(id) = person["account_id"].as_str() {
            owner.insert((IdentitySource::Jira, id.to_owned()), name.clone());
        }
        for email in person["emails"].as_array().unwrap() {
            let email = text(email).to_lowercase();
            owner.insert((IdentitySource::Email, email), name.clone());
        }
    }
    let evidence = evidence(story.db()).await;
    let mut people: BTreeMap<i64, String> = BTreeMap::new();
    for identity in &evidence.identities {
        let key = (identity.source, identity.account.clone());
        let Some(name) = owner.get(&key) else {
            panic!("{} is nobody's", identity.account)
        };
        let first = people.entry(identity.user).or_insert_with(|| name.clone());
        assert_eq!(first, name, "{} is another one's", identity.account);
    }
    let mut report = Report::default();
    let humans: BTreeSet<&str> = truth["people"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|person| person["bitbucket_uuid"].as_str())
        .collect();
    for account in &evidence.accounts {
        if !humans.contains(account.source_id.as_str()) {
            continue;
        }
        report.humans += 1;
        let identity = evidence
            .identities
            .iter()
            .find(|one| one.source == IdentitySource::Bitbucket && one.account == account.source_id)
            .unwrap_or_else(|| panic!("{} has no person", account.source_id));
        let person = evidence
            .people
            .iter()
            .find(|person| person.id == identity.user)
            .unwrap();
        if !person.provisional {
            report.matched.insert(account.source_id.clone());
        }
    }
    report
}

both_engines! {
    async fn in_the_demo_world_commits_find_nine_of_ten_and_jira_the_rest_and_nobody_is_wrong(database) {
        let mut story = Story::of(database, WorldSpec::demo, |_| {}).await;
        let members: String = "/workspaces/{workspace}/members".to_owned();
        let requests = story.requests_of_import().await;
        let listing = story.emulator.world().members().count().div_ceil(100);
        let before = report(&story).await;
        assert!(
            before.matched.len() * 10 >= before.humans * 9,
            "{} of {}", before.matched.len(), before.humans
        );
        assert!(requests[&members] <= u64::try_from(listing).unwrap() + 1, "{requests:?}");
        // The same again asks for no address that was asked for.
        story.only(&[StreamName::Workspace, StreamName::Repositories, StreamName::Members]);
        story.options.full = true;
        let again = story.requests_of_import().await;
        assert_eq!(again[&members], u64::try_from(listing).unwrap());

        let summary = try_jira(&story, JIRA_TOKEN).await.unwrap();
        assert!(summary.requests <= 3, "{summary:?}");
        let report = report(&story).await;
        {
            let world = story.emulator.world();
            let truth = world.whole_truth();
            for shown in truth["jira_users"].as_array().unwrap() {
                let account = world.accounts().iter().find(|account| {
                    account.account_id.as_deref() == shown["account_id"].as_str()
                });
                if let (Some(account), Some(_)) = (account, shown["email"].as_str()) {
                    assert!(report.matched.contains(&account.uuid), "{}", account.display_name);
                }
            }
        }
        assert!(report.matched.is_superset(&before.matched));
        // Nothing is new: nothing is written.
        let again = try_jira(&story, JIRA_TOKEN).await.unwrap();
        assert!(!again.people.changed_anything(), "{:?}", again.people);
    }

    async fn who_may_not_ask_for_addresses_imports_everything_else(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.credential = bitbucket::Credential::ApiToken {
            label: "test".to_owned(),
            email: EMAIL.to_owned(),
            token: secrecy::SecretString::from(TOKEN),
        };
        let summary = story.import().await;
        assert!(summary.people.people_made > 0);
        report(&story).await;
        // Nor is it asked again at once.
        story.options.full = true;
        let requests = story.requests_of_import().await;
        assert_eq!(requests["/workspaces/{workspace}/members"], 1, "{requests:?}");
    }

    async fn a_site_refuses_in_three_ways_that_are_told_apart(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        let refused = try_jira(&story, "another-token").await.unwrap_err();
        assert!(matches!(refused, JiraImportError::InvalidCredentials(_)), "{refused}");
        let connection = story.db().connection("jira").await.unwrap().unwrap();
        assert_eq!(connection.state, store::ConnectionState::Failing);
        assert!(connection.problem.unwrap().starts_with("invalid_credentials"));
        // Nobody was marked as gone, and the right token mends it.
        assert!(try_jira(&story, JIRA_TOKEN).await.unwrap().accounts.added > 0);
        let connection = story.db().connection("jira").await.unwrap().unwrap();
        assert_eq!(connection.state, store::ConnectionState::Verified);
        assert_eq!(connection.problem, None);
    }

    async fn decisions_survive_an_import_of_everything_anew(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.import().await;
        try_jira(&story, JIRA_TOKEN).await.unwrap();
        let held = evidence(story.db()).await;
        let of = |source| {
            let mut of_source = held.identities.iter().filter(move |one| one.source == source);
            of_source.next().cloned().unwrap()
        };
        let one = of(IdentitySource::Jira);
        let account = held.identities.iter()
            .find(|other| other.source == IdentitySource::Bitbucket && other.user != one.user)
            .cloned().unwrap();
        let bots = BotNames::default();
        let decider = Decider { name: "somebody", clock: &story.clock, bots: &bots };
        let mut tx = story.db().write().await.unwrap();
        tx.lock_people().await.unwrap();
        let subject = Subject { source: account.source, account: &account.account };
        decider.link(&mut tx, one.user, subject).await.unwrap();
        let subject = Subject { source: one.source, account: &one.account };
        decider.unlink(&mut tx, one.user, subject).await.unwrap();
        tx.commit().await.unwrap();
        let decided = evidence(story.db()).await.identities;
        let user_of = |all: &[store::Identity], which: &store::Identity| {
            all.iter()
                .find(|identity| (identity.source, &identity.account) == (which.source, &which.account))
                .map(|identity| identity.user)
        };
        assert_eq!(user_of(&decided, &account), Some(one.user));
        assert_ne!(user_of(&decided, &one), Some(one.user));
        story.options.full = true;
        story.import().await;
        try_jira(&story, JIRA_TOKEN).await.unwrap();
        let settled = match_people(story.db(), &bots, &story.clock).await.unwrap();
        assert!(!settled.changed_anything(), "{settled:?}");
        let after = evidence(story.db()).await.identities;
        assert_eq!(user_of(&after, &account), Some(one.user));
        assert_eq!(user_of(&after, &one), user_of(&decided, &one));
    }

    async fn the_unified_views_name_the_person(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.import().await;
        try_jira(&story, JIRA_TOKEN).await.unwrap();
        let sql = "SELECT u.name, CAST(COUNT(*) AS TEXT) FROM pull_requests p JOIN users u ON u.id = p.user_id
            WHERE p.user_id = p.dx_user_id GROUP BY u.name ORDER BY u.name";
        let found: Vec<(String, String)> = rows(story.db(), sql).await;
        let world = story.emulator.world();
        let truth = world.truth();
        let mut expected: BTreeMap<String, usize> = BTreeMap::new();
        for pull in truth["bitbucket_pulls"].as_array().unwrap() {
            let author = pull["user"].as_str().unwrap_or_default();
            let account = world.accounts().iter().find(|account| account.uuid == author);
            if let Some(account) = account.filter(|one| one.kind == emulator::AccountKind::User) {
                *expected.entry(account.display_name.clone()).or_default() += 1;
            }
        }
        let expected: Vec<(String, String)> = expected
            .into_iter()
            .map(|(name, count)| (name, count.to_string()))
            .collect();
        assert_eq!(found, expected);
        for view in ["pull_request_reviews", "pull_request_commits", "pipeline_runs", "deployments"] {
            let sql = format!("SELECT '{view}', CAST(COUNT(user_id) AS TEXT) FROM {view} WHERE dx_user_id = user_id");
            let found: Vec<(String, String)> = rows(story.db(), &sql).await;
            let per_row = view == "pull_request_commits";
            assert!(per_row || found[0].1 != "0", "{view}");
        }
    }
}

async fn rows(db: &Db, sql: &str) -> Vec<(String, String)> {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match db {
        Db::Sqlite { read, .. } => sqlx::query_as(sql).fetch_all(read).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
    }
}
