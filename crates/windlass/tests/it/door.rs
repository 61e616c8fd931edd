//! Deliveries that come to the program that stays.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bitbucket::webhook::signature;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};
use store::{Db, DeliveryFilter, DeliveryOutcome, StoredDelivery};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::program::{Program, emulator};
use crate::serve::Serving;

const NAME: &str = "acme-rockets";

const SECRET: &str = "a secret of the tests";

/// How many senders there are.
const SENDERS: u64 = 8;

/// How many deliveries are answered with 200 between two kills, at most.
const BETWEEN_KILLS: u64 = 400;

/// How many kills on each engine; `WINDLASS_KILLS` asks for more.
fn kills_wanted() -> usize {
    let wanted = std::env::var("WINDLASS_KILLS").ok();
    wanted.and_then(|text| text.parse().ok()).unwrap_or(12)
}

/// A program whose connection has a secret, and reads nothing by itself.
async fn prepared(program: &Program, emulator: &emulator::Emulator, more: &[&str]) {
    program.add(emulator, more).await.succeeded();
    let mut import = vec!["import", NAME];
    import.extend(more);
    program.run(&import).await.succeeded();
    let mut set = vec!["webhook", "secret", "--set", "--connection", NAME];
    set.extend(more);
    program.with_input(&set, SECRET).await.succeeded();
    let mut pause = vec!["connection", "pause", NAME];
    pause.extend(more);
    program.run(&pause).await.succeeded();
}

/// A push that says nothing but its number, as it goes over the wire; and the request's UUID.
fn delivery(number: u64) -> (Vec<u8>, String) {
    let body = json!({
        "push": {"changes": []},
        "repository": {
            "uuid": "{a0000000-0000-4000-8000-000000000002}",
            "full_name": "acme-rockets/lander",
            "name": "lander",
        },
        "number": number,
    });
    let body = body.to_string();
    let signed = signature::sign(body.as_bytes(), &SECRET.to_owned().into());
    let uuid = format!("00000000-0000-4000-8000-{number:012x}");
    let head = format!(
        "POST /webhooks/bitbucket HTTP/1.1\r\nHost: localhost\r\nX-Event-Key: repo:push\r\n\
         X-Request-UUID: {uuid}\r\nX-Hub-Signature: {signed}\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    (head.into_bytes(), format!("{{{uuid}}}"))
}

/// The status that it is answered with; nothing where nobody answers.
async fn send(address: &str, request: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(request).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let text = String::from_utf8(answer).ok()?;
    text.split(' ').nth(1)?.parse().ok()
}

/// The requests that were answered with 200.
type Answered = Arc<Mutex<BTreeSet<String>>>;

/// Sends one delivery after the other to whatever address there is, until there is none any more.
async fn sender(first: u64, mut addresses: watch::Receiver<Option<String>>, answered: Answered) {
    for number in (first..).step_by(usize::try_from(SENDERS).unwrap()) {
        let Some(address) = addresses.borrow_and_update().clone() else {
            return;
        };
        let (request, uuid) = delivery(number);
        match send(&address, &request).await {
            Some(200) => {
                answered.lock().unwrap().insert(uuid);
            }
            Some(status) => panic!("answered with {status}"),
            // It was killed: the next one has another address.
            None => addresses.changed().await.unwrap(),
        }
    }
}

async fn stored(db: &Db) -> Vec<StoredDelivery> {
    let all = DeliveryFilter {
        limit: 1_000_000,
        ..DeliveryFilter::default()
    };
    db.deliveries(&all).await.unwrap()
}

async fn killed_at_random_moments(database: &str) {
    let (program, emulator) = (Program::new(), emulator().await);
    let more = ["--database", database];
    prepared(&program, &emulator, &more).await;

    let mut chance = ChaCha8Rng::seed_from_u64(1);
    let mut serving = Serving::start(&program, &more).await;
    let (addresses, known) = watch::channel(Some(serving.address().to_owned()));
    let answered = Answered::default();
    let mut senders = JoinSet::new();
    for first in 0..SENDERS {
        senders.spawn(sender(first, known.clone(), Arc::clone(&answered)));
    }
    let count = || answered.lock().unwrap().len();
    let mut interval = tokio::time::interval(Duration::from_millis(1));
    for _ in 0..kills_wanted() {
        let enough = count() + usize::try_from(1 + chance.next_u64() % BETWEEN_KILLS).unwrap();
        while count() < enough {
            interval.tick().await;
            if let Some(ended) = senders.try_join_next() {
                panic!("a sender gave up: {ended:?}");
            }
        }
        serving.kill().await;
        serving = Serving::start(&program, &more).await;
        addresses.send_replace(Some(serving.address().to_owned()));
    }
    addresses.send_replace(None);
    while let Some(ended) = senders.join_next().await {
        ended.unwrap();
    }
    serving.kill().await;

    let db = Db::open(database).await.unwrap();
    let answered = answered.lock().unwrap().clone();
    let found: Vec<String> = stored(&db)
        .await
        .into_iter()
        .filter_map(|delivery| delivery.request_uuid)
        .collect();
    let all: BTreeSet<String> = found.iter().cloned().collect();
    println!("{} answered, {} stored", answered.len(), found.len());
    assert_eq!(all.len(), found.len(), "none twice");
    let lost: Vec<&String> = answered.difference(&all).collect();
    assert!(lost.is_empty(), "{lost:?}");

    // And each is applied, whatever was under way when an end came.
    let serving = Serving::start(&program, &more).await;
    let mut interval = tokio::time::interval(Duration::from_millis(50));
    for _ in 0..2_400 {
        if db.count_waiting_deliveries().await.unwrap() == 0 {
            break;
        }
        interval.tick().await;
    }
    serving.kill().await;
    for delivery in stored(&db).await {
        let outcome = delivery.outcome;
        let known = matches!(outcome, DeliveryOutcome::Applied | DeliveryOutcome::Stale);
        assert!(known, "{outcome:?}: {:?}", delivery.problem);
    }
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_with_200_outlives_every_kill_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("windlass.db");
    killed_at_random_moments(&format!("sqlite://{}", file.display())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_with_200_outlives_every_kill_on_postgres() {
    let address = testkit::new_postgres_database().await;
    killed_at_random_moments(&address).await;
}

async fn comments(program: &Program) -> Value {
    let sql = "SELECT COUNT(*) AS comments FROM bitbucket_pull_comments";
    program
        .run(&["query", sql, "--format", "json"])
        .await
        .json()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_in_bitbucket_is_seen_by_a_query() {
    let (program, emulator) = (Program::new(), emulator().await);
    prepared(&program, &emulator, &[]).await;
    let serving = Serving::start(&program, &[]).await;
    let url = format!("http://{}/webhooks/bitbucket/{NAME}", serving.address());
    let before = comments(&program).await;
    {
        let mut world = emulator.world();
        world.subscribe(&url, Some(SECRET), &["pullrequest:comment_created"]);
        world
            .comment("mission-control", 1, "teo", "Is the hatch shut?")
            .unwrap();
    }
    // Nothing is read from Bitbucket meanwhile, so that the delivery alone can have brought it.
    let mut interval = tokio::time::interval(Duration::from_millis(50));
    let mut looks = 0;
    while comments(&program).await == before {
        interval.tick().await;
        looks += 1;
        assert!(looks < 600, "{:?}", emulator.sent_deliveries());
    }
    let accepted = "windlass_deliveries_total{connection=\"acme-rockets\",event=\"pullrequest:comment_created\",outcome=\"accepted\"} 1";
    let metrics = serving
        .until_metric("windlass_deliveries_applied_total{outcome=\"applied\"} 1")
        .await;
    assert!(metrics.contains(accepted), "{metrics}");
    assert!(
        metrics.contains("windlass_delivery_answer_seconds_count 1"),
        "{metrics}"
    );
    let (code, said) = serving.stop().await;
    assert_eq!(code, Some(0), "{said}");
}
