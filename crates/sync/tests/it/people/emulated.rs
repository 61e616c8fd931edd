//! Who is who in whole worlds that the emulator serves, which knows the truth.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use emulator::WorldSpec;
use jira::{JiraClient, JiraConfig, Site};
use model::rows::UserType;
use secrecy::ExposeSecret;
use serde_json::Value;
use store::{Connection, ConnectionKind, Db, Evidence, IdentitySource, RunReason, Vault};
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
        vault: story.options.vault.clone(),
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
        let address = held.identities.iter()
            .find(|other| other.source == IdentitySource::Email && ![one.user, account.user].contains(&other.user))
            .cloned().unwrap();
        let bots = BotNames::default();
        let decider = Decider { name: "somebody", clock: &story.clock, bots: &bots };
        let mut tx = story.db().write().await.unwrap();
        tx.lock_people().await.unwrap();
        let subject = Subject { source: address.source, account: &address.account };
        decider.unlink(&mut tx, address.user, subject).await.unwrap();
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
        assert_ne!(user_of(&decided, &address), Some(address.user), "{address:?}");
        story.options.full = true;
        story.import().await;
        try_jira(&story, JIRA_TOKEN).await.unwrap();
        let settled = match_people(story.db(), &bots, &story.clock).await.unwrap();
        assert!(!settled.changed_anything(), "{settled:?}");
        let after = evidence(story.db()).await.identities;
        assert_eq!(user_of(&after, &account), Some(one.user));
        assert_eq!(user_of(&after, &one), user_of(&decided, &one));
        assert_eq!(user_of(&after, &address), user_of(&decided, &address));
    }

    async fn who_is_forgotten_has_no_name_anywhere_and_stays_so(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        let (vault, _) = Vault::generate();
        let vault = Arc::new(vault);
        story.import().await;
        try_jira(&story, JIRA_TOKEN).await.unwrap();
        let held = evidence(story.db()).await;
        // Somebody with commits, addresses and an account in Jira.
        let person = held.people.iter().find(|person| {
            let has = |source| held.identities.iter().any(|one| one.user == person.id && one.source == source);
            has(IdentitySource::Email) && has(IdentitySource::Jira) && has(IdentitySource::Bitbucket)
        }).unwrap().clone();
        let words = words_of(&story, &held, person.id);
        assert!(words.len() > 2, "{words:?}");
        let (name, email) = (person.name.clone().unwrap(), person.email.clone().unwrap());
        assert_ne!(found(&story, &vault, &words).await, [""; 0]);
        let before = totals(story.db()).await;
        tell_a_delivery(&story, &vault, &held, person.id).await;
        let entry = store::AuditEntry {
            occurred_at: story.now(),
            actor: format!("web ({email})"),
            action: "people.link".to_owned(),
            subject: format!("{name} and others"),
            detail: None,
        };
        let mut tx = story.db().write().await.unwrap();
        tx.audit(&entry).await.unwrap();
        tx.commit().await.unwrap();

        let bots = BotNames::default();
        let decider = Decider { name: "somebody", clock: &story.clock, bots: &bots };
        let mut tx = story.db().write().await.unwrap();
        tx.lock_people().await.unwrap();
        let forgotten = sync::people::forget(&mut tx, &held, person.id, &vault, &decider).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((forgotten.deliveries, forgotten.log_entries), (1, 1), "{forgotten:?}");
        assert_eq!(found(&story, &vault, &words).await, [""; 0]);
        assert_eq!(totals(story.db()).await, before);

        // Without the key nothing is written that could bring them back.
        story.options.full = true;
        story.clock.advance_seconds(60);
        let refused = story.try_import().await.unwrap_err();
        assert!(refused.to_string().contains("secret key"), "{refused}");
        story.options.vault = Some(Arc::clone(&vault));
        story.import().await;
        try_jira(&story, JIRA_TOKEN).await.unwrap();
        assert_eq!(found(&story, &vault, &words).await, [""; 0]);
        assert_eq!(totals(story.db()).await, before);
        let after = evidence(story.db()).await;
        let after = after.people.iter().find(|one| one.id == person.id).unwrap();
        assert!(after.forgotten_at.is_some());
        // Under another key as well.
        let (other, _) = Vault::generate();
        story.db().reseal(&vault, &other).await.unwrap();
        let other = Arc::new(other);
        story.options.vault = Some(Arc::clone(&other));
        story.import().await;
        assert_eq!(found(&story, &other, &words).await, [""; 0]);
    }

    async fn what_an_account_is_said_to_be_is_measured_at_once(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.import().await;
        let db = story.db();
        let measured = || async {
            (
                testkit::dump(db, &model::rows::PullRow::TABLE).await,
                testkit::dump(db, &model::rows::ReviewRow::TABLE).await,
            )
        };
        let before = measured().await;
        let sql = "SELECT u.source_id, CAST(COUNT(*) AS TEXT) FROM bitbucket_reviews r
            JOIN bitbucket_users u ON u.id = r.user_id GROUP BY u.source_id ORDER BY COUNT(*) DESC, u.source_id";
        let (reviewer, _) = rows(db, sql).await.swap_remove(0);
        let bots = BotNames::default();
        let decider = Decider { name: "somebody", clock: &story.clock, bots: &bots };
        for (kind, counts) in [(UserType::AiBot, false), (UserType::Human, true)] {
            let mut tx = db.write().await.unwrap();
            tx.lock_people().await.unwrap();
            decider.mark(&mut tx, &reviewer, kind).await.unwrap();
            tx.commit().await.unwrap();
            sync::measure_due(db, &story.clock, |_| {}).await.unwrap();
            // A program's reviews begin and end no span.
            assert_eq!(measured().await == before, counts, "{kind:?}");
        }
    }

    async fn the_unified_views_name_the_person(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.import().await;
        try_jira(&story, JIRA_TOKEN).await.unwrap();
        let sql = "SELECT u.name, CAST(COUNT(*) AS TEXT) FROM pull_requests p JOIN users u ON u.id = p.user_id
            WHERE p.user_id = p.dx_user_id GROUP BY u.name ORDER BY u.name";
        let found: Vec<(String, String)> = rows(story.db(), sql).await;
        let mut expected: BTreeMap<String, usize> = BTreeMap::new();
        {
            let world = story.emulator.world();
            for pull in world.truth()["bitbucket_pulls"].as_array().unwrap() {
                let author = pull["user"].as_str().unwrap_or_default();
                let account = world.accounts().iter().find(|account| account.uuid == author);
                if let Some(account) = account.filter(|one| one.kind == emulator::AccountKind::User) {
                    *expected.entry(account.display_name.clone()).or_default() += 1;
                }
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

/// Every name and address of a person, as the world knows them.
fn words_of(story: &Story, held: &Evidence, user: i64) -> Vec<String> {
    let world = story.emulator.world();
    let mut words = BTreeSet::new();
    for identity in held.identities.iter().filter(|one| one.user == user) {
        for account in world.accounts() {
            if account.uuid == identity.account {
                words.extend(account.emails.iter().map(|email| email.to_lowercase()));
                words.insert(account.display_name.to_lowercase());
            }
        }
    }
    words.into_iter().collect()
}

/// In which tables, kept deliveries and entries of the log one of the words stands.
async fn found(story: &Story, vault: &Vault, words: &[String]) -> Vec<String> {
    let mut places = Vec::new();
    let mut look = |place: &str, text: &str| {
        let text = text.to_lowercase();
        if let Some(word) = words.iter().find(|word| text.contains(*word)) {
            places.push(format!("{place}: {word}"));
        }
    };
    for table in model::catalogue::tables() {
        // What people wrote is not searched, and what has no id is looked at elsewhere.
        if table.column("id").is_some() {
            let rows = testkit::dump(story.db(), table).await;
            look(table.name, &serde_json::to_string(&rows).unwrap());
        }
    }
    for (address, _) in rows(story.db(), "SELECT address, '' FROM address_lookups").await {
        look("address_lookups", &address);
    }
    for entry in story.db().audit_log(100).await.unwrap() {
        look("audit_log", &format!("{entry:?}"));
    }
    let filter = store::DeliveryFilter {
        limit: 100,
        ..store::DeliveryFilter::default()
    };
    for delivery in story.db().deliveries(&filter).await.unwrap() {
        let body = vault.open(store::DELIVERY_PURPOSE, &delivery.body).unwrap();
        look(
            "webhook_deliveries",
            &String::from_utf8_lossy(body.expose_secret()),
        );
    }
    places
}

/// The numbers: per person, pull requests and reviews.
async fn totals(db: &Db) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for view in ["pull_requests", "pull_request_reviews", "pipeline_runs"] {
        let sql = format!(
            "SELECT '{view} ' || COALESCE(CAST(user_id AS TEXT), '-'), CAST(COUNT(*) AS TEXT) FROM {view} GROUP BY user_id ORDER BY 1"
        );
        all.extend(rows(db, &sql).await);
    }
    all
}

/// Keeps a delivery in which a person acts and has written a commit.
async fn tell_a_delivery(story: &Story, vault: &Vault, held: &Evidence, user: i64) {
    let identity = held
        .identities
        .iter()
        .find(|one| one.user == user && one.source == IdentitySource::Bitbucket)
        .unwrap();
    let person = held.people.iter().find(|person| person.id == user).unwrap();
    let (name, email) = (person.name.clone().unwrap(), person.email.clone().unwrap());
    let body = serde_json::json!({
        "actor": { "type": "user", "uuid": identity.account, "display_name": name, "nickname": name,
            "links": { "html": { "href": format!("https://bitbucket.org/{name}/") } } },
        "push": { "changes": [{ "commits": [{ "author": { "raw": format!("{name} <{email}>") } }] }] },
    })
    .to_string();
    let inbox = store::Inbox::open(story.db()).await.unwrap();
    inbox
        .accept(store::NewDelivery {
            connection_id: 1,
            received_at: story.now(),
            event_key: "repo:push".to_owned(),
            event_time: None,
            hook_uuid: None,
            request_uuid: None,
            attempt: Some(1),
            digest: "one".to_owned(),
            headers: "{}".to_owned(),
            size: i64::try_from(body.len()).unwrap(),
            body: vault
                .seal(store::DELIVERY_PURPOSE, body.as_bytes())
                .unwrap(),
            secret: None,
        })
        .await
        .unwrap();
}

async fn rows(db: &Db, sql: &str) -> Vec<(String, String)> {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    match db {
        Db::Sqlite { read, .. } => sqlx::query_as(sql).fetch_all(read).await.unwrap(),
        Db::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
    }
}
