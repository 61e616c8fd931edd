//! A month of a world of which most is told: late, twice, out of order, to somebody who is killed.

use std::pin::Pin;
use std::task::{Context, Poll};

use emulator::{DeliveryFaults, WorldSpec};
use model::rows::EventRow;
use serde_json::Value;
use sync::inbox::drain;
use testkit::both_engines;

use super::Told;
use crate::random::acts::Acts;
use crate::random::chance::Chance;
use crate::random::number;

const DAY: u64 = 24 * 3600;

/// Work that is killed when it has been polled so many times.
struct Killed<F> {
    work: Pin<Box<F>>,
    polls_left: u64,
}

impl<F: Future> Future for Killed<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls_left == 0 {
            return Poll::Ready(None);
        }
        self.polls_left -= 1;
        self.work.as_mut().poll(context).map(Some)
    }
}

both_engines! {
    // `WINDLASS_MONTH` lives another month.
    async fn a_month_of_deliveries_ends_as_a_first_import(database) {
        live(database, number("WINDLASS_MONTH", 31)).await;
    }
}

async fn live(database: testkit::TestDatabase, seed: u64) {
    let mut chance = Chance::of(seed);
    let told = Told::of(database, WorldSpec::small).await;
    let mut acts = Acts::of(&told.story.emulator.world(), true);
    told.story.emulator.set_delivery_faults(DeliveryFaults {
        seed,
        duplicated_percent: 10,
        reordered_percent: 30,
        lost_percent: 10,
        ..DeliveryFaults::default()
    });
    let began = told.story.now();
    let (mut arrived, mut kills, mut withdrawals) = (0, 0, 0);
    let mut late = Vec::new();
    while told.story.now().seconds_since(began) < i64::try_from(30 * DAY).unwrap() {
        for _ in 0..1 + chance.below(8) {
            let seconds = i64::try_from(1 + chance.below(DAY / 8)).unwrap();
            told.story.clock.advance_seconds(seconds);
            acts.everyday(&mut chance, &mut told.story.emulator.world());
        }
        let mut deliveries = told.story.emulator.take_deliveries();
        // Some are on their way for longer than others.
        deliveries.append(&mut late);
        for place in (1..deliveries.len()).rev() {
            let other = usize::try_from(chance.below(place as u64 + 1)).unwrap();
            deliveries.swap(place, other);
        }
        let on_their_way = usize::try_from(chance.below(3))
            .unwrap()
            .min(deliveries.len());
        late = deliveries.split_off(deliveries.len() - on_their_way);
        for delivery in &deliveries {
            told.accept(delivery).await;
            arrived += 1;
        }
        let work = Box::pin(drain(
            told.story.db(),
            &told.vault,
            &told.story.clock,
            &told.options,
        ));
        if chance.one_in(2) {
            let polls_left = 1 + chance.below(60);
            match (Killed { work, polls_left }).await {
                None => kills += 1,
                Some(drained) => drop(drained.unwrap()),
            }
        } else {
            work.await.unwrap();
        }
    }
    for delivery in &late {
        told.accept(delivery).await;
    }
    told.drain().await;
    let lost = told.story.emulator.sent_deliveries().len();
    let all = told.all().await;
    let failed: Vec<_> = all.iter().filter(|one| one.problem.is_some()).collect();
    assert!(failed.is_empty(), "{failed:?}");
    println!("{arrived} deliveries arrived, {lost} were lost, {kills} drains were killed");
    assert!(arrived > 100 && lost > 10 && kills > 5);
    told.judge().await;
    assert!(told.missed().await > 0, "what was lost is counted");
    // Of every vote that was told to be withdrawn, its end is known.
    let events = testkit::dump(told.story.db(), &EventRow::TABLE).await;
    for delivery in &all {
        let kind = match delivery.event_key.as_str() {
            "pullrequest:unapproved" => "unapproval",
            "pullrequest:changes_request_removed" => "changes_request_removed",
            _ => continue,
        };
        let body = told
            .vault
            .open(store::DELIVERY_PURPOSE, &delivery.body)
            .unwrap();
        let body: Value =
            serde_json::from_slice(secrecy::ExposeSecret::expose_secret(&body)).unwrap();
        let uuid = |value: &Value| model::Uuid::parse(value.as_str().unwrap()).unwrap();
        let number = body["pullrequest"]["id"].as_i64().unwrap();
        let pull = model::Id::pull(&uuid(&body["repository"]["uuid"]), number).0;
        let at: model::Instant = body["pullrequest"]["updated_on"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let known = events.values().any(|row| {
            let occurred: model::Instant = row["occurred_at"].as_str().unwrap().parse().unwrap();
            row["pull_id"] == pull && row["kind"] == kind && occurred.seconds_since(at).abs() <= 1
        });
        assert!(known, "{kind} of {pull} at {at}");
        withdrawals += 1;
    }
    assert!(withdrawals > 0);
}
