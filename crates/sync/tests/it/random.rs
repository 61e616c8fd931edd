//! Worlds and mishaps drawn by chance: whatever goes wrong, the rows end right.
//!
//! Three things are known to be beyond what an ordinary import can find again, and a story in which
//! one happens ends with `--full`: entries that a feed leaves out for good and that no count shows
//! (an earlier push, a reviewer who was added), commits that a page without a size leaves out, and
//! the addresses of pull requests of a repository that was renamed. Not told at all is what nothing
//! finds: steps, or commits of a pull request, that a page leaves out, and a repository that goes
//! out of sight and comes back within one import.

pub(crate) mod acts;
pub(crate) mod chance;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use emulator::{Emulator, WorldSpec};
use model::ManualClock;
use sync::{Progress, StreamName, StreamProgress, import};

use crate::measures::assert_measures_since;
use crate::story::Story;
use crate::streams::{assert_more, first_commits};
use crate::truth::{assert_table, assert_truth_but_for_the_forgotten};
use acts::Acts;
use chance::Chance;
use model::rows::{DeploymentRow, EnvironmentRow};
use trouble::{Trouble, Undecodable};

/// How many stories are told on SQLite; every tenth is told on PostgreSQL too.
const STORIES: u64 = 100;

/// A number that the environment says instead of ours.
pub(crate) fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(usual)
}

/// The first seed; `WINDLASS_SEED` begins with another, to tell a story again that went wrong.
fn first_seed() -> u64 {
    number("WINDLASS_SEED", 1)
}

/// How many; `WINDLASS_STORIES` asks for more, or for one.
fn stories() -> u64 {
    number("WINDLASS_STORIES", STORIES)
}

/// What happens while an import is under way: one act after so many pages.
struct Meddler {
    emulator: Arc<Emulator>,
    clock: ManualClock,
    state: Mutex<(u64, Chance, Acts)>,
}

impl Progress for Meddler {
    fn advanced(&self, _: &StreamProgress) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, chance, acts) = &mut *state;
        if *left > 0 {
            *left -= 1;
            return;
        }
        *left = 3 + chance.below(20);
        self.clock.advance_seconds(1);
        acts.something(chance, &mut self.emulator.world(), true);
    }
}

/// A story under way.
struct Telling {
    story: Story,
    acts: Acts,
    run: u32,
    log: String,
}

impl Telling {
    /// Imports until it is complete; the mishaps are used up by then.
    async fn import_through(&mut self, meddling: Option<Chance>) {
        let meddler = meddling.map(|mut chance| {
            Arc::new(Meddler {
                emulator: Arc::clone(&self.story.emulator),
                clock: self.story.clock.clone(),
                state: Mutex::new((chance.below(20), chance, self.acts.clone())),
            })
        });
        for _ in 0..20 {
            self.run += 1;
            self.story.options.run_token = format!("run-{}", self.run);
            self.story.clock.advance_seconds(60);
            let progress: Arc<dyn Progress> = match &meddler {
                Some(meddler) => Arc::clone(meddler) as Arc<dyn Progress>,
                None => Arc::new(sync::Quiet),
            };
            let outcome = import(
                self.story.db(),
                self.story.client(),
                Arc::new(self.story.clock.clone()),
                progress,
                self.story.options.clone(),
            )
            .await;
            let complete = match outcome {
                Ok(summary) => {
                    let missing = (summary.problems, summary.warnings);
                    let _ = writeln!(self.log, "run {}: {missing:?}", self.run);
                    summary.complete && (missing.1.is_empty() || self.acts.pipelines_are_off())
                }
                // Without the listing of repositories there is nothing to do.
                Err(error) => {
                    let _ = writeln!(self.log, "run {}: {error}", self.run);
                    false
                }
            };
            if let Some(meddler) = &meddler {
                let state = meddler.state.lock().unwrap_or_else(PoisonError::into_inner);
                self.acts = state.2.clone();
            }
            if complete {
                return;
            }
        }
        panic!("the import never became complete");
    }
}

/// Tells the log of a story that fails, whatever fails it.
struct Confessing(Option<Telling>);

impl Drop for Confessing {
    fn drop(&mut self) {
        if let Some(telling) = &self.0
            && std::thread::panicking()
        {
            println!("{}{}", telling.log, telling.acts.log());
        }
    }
}

async fn tell(seed: u64, database: testkit::TestDatabase) {
    let mut chance = Chance::of(seed);
    let (repositories, pulls) = (1 + chance.below(3), 4 + chance.below(40));
    let spec = move |end| WorldSpec {
        seed,
        repositories: usize::try_from(repositories).unwrap(),
        pull_requests: usize::try_from(pulls).unwrap(),
        pipelines_per_repository: 9,
        ..WorldSpec::small(end)
    };
    let mut quirk = |many| chance.one_in(many);
    let (counted, unsorted, shuffled, loose) = (quirk(2), quirk(5), quirk(3), quirk(3));
    let (dated, odd_dates, bare) = (quirk(3), quirk(4), quirk(4));
    let story = Story::of(database, spec, |world| {
        world.quirks.count_deleted_comments = counted;
        world.quirks.sorted_pull_requests_fail = unsorted;
        world.quirks.shuffle_default_order = shuffled;
        world.quirks.loose_feed_order = loose;
        world.quirks.commits_by_date = dated;
        world.quirks.dates_in_every_form = odd_dates;
        world.quirks.bare_uuids_inside = bare;
    })
    .await;
    // What is found only once a day is left out where the story does not end a day later.
    let patient = chance.one_in(2);
    let per_row = chance.one_in(2);
    let trouble = Trouble::of(&mut chance, patient);
    let acts = Acts::of(&story.emulator.world(), patient);
    let log =
        format!("WINDLASS_SEED={seed} ({repositories} repositories, {pulls} pull requests)\n");
    println!("{}", log.trim_end());
    let mut telling = Confessing(Some(Telling {
        story,
        acts,
        run: 0,
        log,
    }));
    scenes(telling.0.as_mut().unwrap(), chance, trouble, per_row).await;
}

async fn scenes(telling: &mut Telling, mut chance: Chance, mut trouble: Trouble, per_row: bool) {
    telling.story.options.concurrency = usize::try_from(1 + chance.below(8)).unwrap();
    if per_row {
        telling.story.only(&StreamName::ALL);
    }
    if trouble.hangs {
        telling.story.request_timeout = Duration::from_millis(700);
    }
    let undecodable = match chance.one_in(3) {
        true => Undecodable::some(&mut chance, &telling.story.emulator.world()),
        false => Vec::new(),
    };
    let spoil = |telling: &Telling| {
        for record in &undecodable {
            telling.story.emulator.inject(record.fault());
        }
    };
    let _ = writeln!(telling.log, "undecodable: {undecodable:?}");
    spoil(telling);
    for _ in 0..1 + chance.below(3) {
        for _ in 0..chance.below(6) {
            let fault = trouble.mishap(&mut chance);
            let _ = writeln!(telling.log, "{fault:?}");
            telling.story.emulator.inject(fault);
        }
        let meddling = chance.one_in(3).then(|| chance.fork());
        telling.import_through(meddling).await;
        for _ in 0..chance.below(14) {
            let seconds = i64::try_from(60 + chance.below(20_000)).unwrap();
            telling.story.clock.advance_seconds(seconds);
            let mut world = telling.story.emulator.world();
            telling.acts.something(&mut chance, &mut world, false);
        }
    }
    telling.story.emulator.clear_faults();
    spoil(telling);
    telling.acts.put_back(&mut telling.story.emulator.world());
    if telling.acts.patient {
        telling.story.clock.advance_seconds(25 * 3600);
    }
    telling.story.options.full = trouble.lost_for_good || telling.acts.renamed;
    let _ = writeln!(
        telling.log,
        "{} full: {}",
        telling.story.now(),
        telling.story.options.full
    );
    telling.import_through(None).await;
    // Nothing new is nothing new.
    telling.story.options.full = false;
    telling.story.clock.advance_seconds(60);
    let summary = telling.story.try_import().await.unwrap();
    let rows = summary.all_rows();
    assert_eq!((rows.added, rows.changed), (0, 0), "{:?}", summary.rows);
    hold(telling, &undecodable, per_row).await;
}

/// Everything is as the world tells it, and set aside is what cannot be read.
async fn hold(telling: &Telling, undecodable: &[Undecodable], per_row: bool) {
    let (mut truth, mut more) = {
        let world = telling.story.emulator.world();
        (world.truth(), world.truth_of_more())
    };
    let mut wanted = BTreeSet::new();
    for record in undecodable {
        let is_listed = record.take_out_of(&mut truth, &mut more);
        if is_listed && (per_row || record.stream != "pipeline_steps") {
            wanted.insert((record.stream.to_owned(), record.uuid.clone()));
        }
    }
    let db = telling.story.db();
    assert_truth_but_for_the_forgotten(db, &truth).await;
    let first = match per_row {
        true => first_commits(&more),
        false => BTreeMap::new(),
    };
    assert_measures_since(db, &truth, &first).await;
    if per_row {
        assert_more(db, &truth, &more, telling.acts.forced).await;
    } else {
        assert_table(db, &more, &EnvironmentRow::TABLE).await;
        assert_table(db, &more, &DeploymentRow::TABLE).await;
    }
    let rejects = testkit::dump(db, &model::rows::RejectRow::TABLE).await;
    let set_aside: BTreeSet<(String, String)> = rejects
        .values()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap().to_owned();
            let key = text("natural_key");
            let uuid = key.rsplit_once(' ').map_or(key.as_str(), |(_, uuid)| uuid);
            (text("stream"), uuid.to_owned())
        })
        .collect();
    assert_eq!(set_aside, wanted);
}

/// Tells the stories of these seeds, two at a time and each in a thread of its own, so that it goes
/// the same way again; fails with all that went wrong.
fn tell_all(seeds: impl Iterator<Item = u64>, fresh: fn() -> Fresh) {
    let seeds: Vec<u64> = seeds.collect();
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let told = std::panic::catch_unwind(|| {
                        tokio::runtime::Builder::new_current_thread()
                            .enable_all()
                            .build()
                            .unwrap()
                            .block_on(async { tell(*seed, fresh().await).await });
                    });
                    if told.is_err() {
                        wrong.lock().unwrap().push(*seed);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "WINDLASS_SEED went wrong: {wrong:?}");
}

type Fresh = Pin<Box<dyn Future<Output = testkit::TestDatabase>>>;

#[test]
fn whatever_goes_wrong_the_rows_end_right_on_sqlite() {
    let seeds = first_seed()..first_seed() + stories();
    tell_all(seeds, || Box::pin(testkit::sqlite()));
}

#[test]
fn whatever_goes_wrong_the_rows_end_right_on_postgres() {
    let seeds = first_seed()..first_seed() + stories();
    tell_all(seeds.step_by(10), || Box::pin(testkit::postgres()));
}
