//! A world that is heard of.

use std::sync::Arc;

use emulator::{Delivery, DeliveryMode, World, WorldSpec};
use store::{
    DELIVERY_PURPOSE, DeliveryFilter, DeliveryOutcome, Inbox, NewDelivery, StoredDelivery, Vault,
    WebhookHook,
};
use sync::StreamName;
use sync::inbox::{Drained, InboxOptions, drain};
use testkit::TestDatabase;

use super::same::assert_as_fresh;
use crate::changes::fresh;
use crate::story::Story;

const URL: &str = "https://windlass.example.com/webhooks/bitbucket";

/// A story whose world tells of everything, and where that arrives.
pub(super) struct Told {
    pub(super) story: Story,
    pub(super) inbox: Inbox,
    pub(super) vault: Arc<Vault>,
    pub(super) connection: i64,
    pub(super) options: InboxOptions,
}

impl Told {
    /// A world that is imported, and heard from then on.
    pub(super) async fn of(
        database: TestDatabase,
        spec: impl Fn(model::Instant) -> WorldSpec,
    ) -> Self {
        let told = Self::unimported(database, spec).await;
        told.story.import().await;
        told
    }

    pub(super) async fn unimported(
        database: TestDatabase,
        spec: impl Fn(model::Instant) -> WorldSpec,
    ) -> Self {
        let events: Vec<&str> = bitbucket::webhook::EventKey::to_register()
            .map(bitbucket::webhook::EventKey::as_str)
            .collect();
        let mut story = Story::of(database, spec, |world| {
            world.subscribe(URL, Some("an invented secret"), &events);
        })
        .await;
        story.only(&StreamName::ALL);
        story.emulator.set_delivery_mode(DeliveryMode::Collect);
        let options = &story.options;
        let connection = story
            .db()
            .ensure_connection(
                &options.name,
                &options.workspace,
                &options.base_url,
                story.now(),
            )
            .await
            .unwrap()
            .id;
        let hook = WebhookHook {
            connection_id: connection,
            uuid: "{hook}".to_owned(),
            url: URL.to_owned(),
            registered_at: story.now(),
            verified_at: None,
        };
        let mut tx = story.db().write().await.unwrap();
        tx.set_webhook_hook(&hook).await.unwrap();
        tx.commit().await.unwrap();
        Self {
            inbox: Inbox::open(story.db()).await.unwrap(),
            vault: Arc::new(Vault::generate().0),
            connection,
            options: InboxOptions::default(),
            story,
        }
    }

    /// What happens in the world an hour later, and what is told of it.
    pub(super) fn later<T>(&self, act: impl FnOnce(&mut World) -> T) -> Vec<Delivery> {
        self.story.later(|world| {
            act(world);
        });
        self.story.emulator.take_deliveries()
    }

    pub(super) async fn accept(&self, delivery: &Delivery) {
        let body = self.vault.seal(DELIVERY_PURPOSE, &delivery.body).unwrap();
        let header = |name: &str| delivery.header(name);
        let parsed = bitbucket::webhook::Delivery::parse(header, delivery.body.to_vec()).unwrap();
        self.inbox
            .accept(NewDelivery {
                connection_id: self.connection,
                received_at: self.story.now(),
                event_key: delivery.event.clone(),
                event_time: parsed.event_time,
                hook_uuid: None,
                request_uuid: None,
                attempt: Some(1),
                digest: NewDelivery::digest_of(&delivery.event, &delivery.body),
                headers: "{}".to_owned(),
                body,
                size: i64::try_from(delivery.body.len()).unwrap(),
                secret: None,
            })
            .await
            .unwrap();
    }

    pub(super) async fn drain(&self) -> Drained {
        drain(
            self.story.db(),
            &self.vault,
            &self.story.clock,
            &self.options,
        )
        .await
        .unwrap()
    }

    /// These deliveries arrive and are applied; nothing is asked of Bitbucket.
    pub(super) async fn arrive(&self, deliveries: &[Delivery]) -> Drained {
        self.story.emulator.reset_requests();
        for delivery in deliveries {
            self.accept(delivery).await;
        }
        let drained = self.drain().await;
        assert_eq!(drained.failed, 0, "{:?}", self.log().await);
        assert!(self.story.emulator.requests().is_empty());
        drained
    }

    /// Something happens, and all that is told of it arrives.
    pub(super) async fn hear<T>(&self, act: impl FnOnce(&mut World) -> T) -> Drained {
        let deliveries = self.later(act);
        assert!(!deliveries.is_empty(), "nothing was told");
        self.arrive(&deliveries).await
    }

    /// The log: keys and outcomes, the oldest first.
    pub(super) async fn log(&self) -> Vec<(String, DeliveryOutcome, Option<String>)> {
        let all = self.all().await;
        all.into_iter()
            .map(|one| (one.event_key, one.outcome, one.problem))
            .collect()
    }

    pub(super) async fn all(&self) -> Vec<StoredDelivery> {
        let filter = DeliveryFilter {
            limit: 10_000,
            ..DeliveryFilter::default()
        };
        let mut all = self.story.db().deliveries(&filter).await.unwrap();
        all.reverse();
        all
    }

    /// How many changes polling found that no delivery announced.
    pub(super) async fn missed(&self) -> i64 {
        let workspace = &self.story.options.workspace;
        let misses = self
            .story
            .db()
            .webhook_misses(workspace, model::Instant::EARLIEST)
            .await
            .unwrap();
        misses.iter().map(|one| one.found).sum()
    }

    /// After one import more, the rows are those of a first import of the same world.
    pub(super) async fn judge(&self) {
        self.story.clock.advance_seconds(25 * 3600);
        self.story.import().await;
        let other = Story {
            clock: self.story.clock.clone(),
            emulator: std::sync::Arc::clone(&self.story.emulator),
            database: fresh(&self.story.database).await,
            options: self.story.options.clone(),
            credential: self.story.credential.clone(),
            hourly_limit: self.story.hourly_limit,
            request_timeout: self.story.request_timeout,
        };
        other.import().await;
        assert_as_fresh(self.story.db(), other.db()).await;
    }

    /// Something happens a minute later rather than an hour, and all that is told of it arrives.
    pub(super) async fn later_at_once(&self, act: impl FnOnce(&mut World)) {
        self.story.clock.advance_seconds(60);
        act(&mut self.story.emulator.world());
        let deliveries = self.story.emulator.take_deliveries();
        self.arrive(&deliveries).await;
    }
}
