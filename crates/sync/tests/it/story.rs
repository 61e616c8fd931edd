//! A world, an emulator that serves it, a database, and imports between them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bitbucket::{Client, ClientConfig, Credential, Silent};
use emulator::{Emulator, Options, World, WorldSpec};
use model::{Clock, Instant, ManualClock};
use secrecy::SecretString;
use serde_json::{Map, Value};
use store::Db;
use sync::{ImportError, ImportOptions, Quiet, StreamName, Summary, import};
use testkit::TestDatabase;

pub(crate) const TOKEN: &str = "an-invented-token-of-the-workspace";
pub(crate) const JIRA_TOKEN: &str = "an-invented-token-of-the-site";
pub(crate) const EMAIL: &str = "ada@example.com";

/// A table by id.
pub(crate) type Rows = BTreeMap<i64, Map<String, Value>>;

pub(crate) fn world_end() -> Instant {
    "2024-06-03T09:00:00Z".parse().unwrap()
}

pub(crate) struct Story {
    pub(crate) clock: ManualClock,
    pub(crate) emulator: Arc<Emulator>,
    pub(crate) database: TestDatabase,
    pub(crate) options: ImportOptions,
    pub(crate) credential: Credential,
    pub(crate) hourly_limit: u32,
    pub(crate) request_timeout: Duration,
}

impl Story {
    /// A world that the spec describes and that `shape` may change before anybody looks.
    pub(crate) async fn of(
        database: TestDatabase,
        spec: impl Fn(Instant) -> WorldSpec,
        shape: impl FnOnce(&mut World),
    ) -> Self {
        let clock = ManualClock::starting_at(world_end().plus_seconds(3600));
        let mut world = World::generate(&spec(world_end()), Arc::new(clock.clone()));
        shape(&mut world);
        let slug = world.workspace_slug().to_owned();
        let known = [
            emulator::Credential::workspace_access_token(TOKEN),
            emulator::Credential::api_token(EMAIL, TOKEN),
            emulator::Credential::jira_token(EMAIL, JIRA_TOKEN),
        ];
        let emulator = Emulator::start(world, Options::with_credentials(known))
            .await
            .unwrap();
        Self::with(database, clock, emulator, &slug)
    }

    pub(crate) fn with(
        database: TestDatabase,
        clock: ManualClock,
        emulator: Emulator,
        slug: &str,
    ) -> Self {
        let options = ImportOptions::new(slug, emulator.base_url(), "run-1");
        let credential = Credential::AccessToken {
            label: "test".to_owned(),
            token: SecretString::from(TOKEN),
        };
        Self {
            clock,
            emulator: Arc::new(emulator),
            database,
            options,
            credential,
            hourly_limit: 1000,
            request_timeout: Duration::from_secs(20),
        }
    }

    pub(crate) fn db(&self) -> &Db {
        &self.database.db
    }

    pub(crate) fn client(&self) -> Client {
        let base_url = url::Url::parse(&self.emulator.base_url()).unwrap();
        let config = ClientConfig {
            jitter_seed: 7,
            request_timeout: self.request_timeout,
            ..ClientConfig::new(
                base_url,
                self.options.workspace.clone(),
                self.credential.clone(),
            )
        }
        .limited_to(self.hourly_limit);
        Client::new(config, Arc::new(self.clock.clone()), Arc::new(Silent)).unwrap()
    }

    pub(crate) async fn try_import(&self) -> Result<Summary, ImportError> {
        let clock = Arc::new(self.clock.clone());
        import(
            self.db(),
            self.client(),
            clock,
            Arc::new(Quiet),
            self.options.clone(),
        )
        .await
    }

    /// An import that is complete, a minute after whatever was before.
    pub(crate) async fn import(&self) -> Summary {
        self.clock.advance_seconds(60);
        let summary = self.try_import().await.unwrap();
        assert!(summary.complete, "{:?}", summary.problems);
        summary
    }

    /// Only these streams from now on.
    pub(crate) fn only(&mut self, streams: &[StreamName]) {
        self.options.streams = BTreeSet::from_iter(streams.iter().copied());
    }

    /// The requests that an import made, by endpoint.
    pub(crate) async fn requests_of_import(&self) -> BTreeMap<String, u64> {
        self.emulator.reset_requests();
        self.import().await;
        self.emulator.requests_by_endpoint()
    }

    /// What the world does next, an hour later.
    pub(crate) fn later(&self, act: impl FnOnce(&mut World)) {
        self.clock.advance_seconds(3600);
        act(&mut self.emulator.world());
    }

    /// What an import has to give.
    pub(crate) fn truth(&self) -> Value {
        self.emulator.world().truth()
    }

    pub(crate) fn now(&self) -> Instant {
        self.clock.now()
    }
}

/// Every imported table and every unified view, without the numbers of people: who is seen first is
/// number one, and another history sees another one first.
pub(crate) async fn all_tables(db: &Db) -> BTreeMap<&'static str, Rows> {
    use model::catalogue::Group;
    let mut all = BTreeMap::new();
    for table in model::catalogue::tables() {
        if matches!(table.group, Group::Control | Group::People) {
            continue;
        }
        let mut rows = testkit::dump(db, table).await;
        if table.group == Group::Unified {
            let counted = db.count_rows(table).await.unwrap();
            assert_eq!(usize::try_from(counted), Ok(rows.len()), "{}", table.name);
        }
        if table.name.starts_with("dx_") {
            continue;
        }
        if table.group == Group::Unified {
            for row in rows.values_mut() {
                row.remove("user_id");
                row.remove("dx_user_id");
            }
        }
        all.insert(table.name, rows);
    }
    all
}

/// Fails with the first difference rather than with two whole databases.
pub(crate) fn assert_same(
    one: &BTreeMap<&'static str, Rows>,
    other: &BTreeMap<&'static str, Rows>,
) {
    for (table, rows) in one {
        let others = &other[table];
        assert_eq!(rows.len(), others.len(), "{table}");
        for (id, row) in rows {
            assert_eq!(Some(row), others.get(id), "{table}");
        }
    }
}
