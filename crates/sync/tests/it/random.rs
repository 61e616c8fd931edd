//! Worlds and mishaps drawn by chance: whatever goes wrong, the rows end right.

use std::fmt::Write as _;

use emulator::{Fault, FaultKind, PipelineResult, World, WorldSpec};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::measures::assert_measures;
use crate::story::Story;
use crate::truth::assert_truth;

/// How many stories are told on SQLite; every tenth is told on PostgreSQL too.
const STORIES: u64 = 100;

/// The first one; `WINDLASS_SEED` begins with another, to tell a story again that went wrong.
fn first_seed() -> u64 {
    std::env::var("WINDLASS_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1)
}

struct Chance(ChaCha8Rng);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// A mishap that passes.
fn mishap(chance: &mut Chance) -> Fault {
    let part = *chance.pick(&[
        "",
        "/pullrequests?",
        "/pullrequests/activity",
        "/comments",
        "/pipelines/",
        "/members",
        "ctx=",
    ]);
    let kind = match chance.below(7) {
        0 => FaultKind::Status(500, "oops".to_owned()),
        1 => FaultKind::Status(503, "<html>down</html>".to_owned()),
        2 => FaultKind::RateLimited,
        3 => FaultKind::Garbage,
        4 => FaultKind::Truncated,
        5 => FaultKind::InvalidPage,
        _ => FaultKind::Latency { millis: 2_000 },
    };
    Fault::on(part, kind)
        .nth(1 + chance.below(6))
        .times(1 + chance.below(3))
}

/// Something that happens in the world; what is not possible is left out.
fn happens(chance: &mut Chance, world: &mut World) {
    let members: Vec<String> = world
        .members()
        .map(|account| account.uuid.clone())
        .collect();
    let (who, other) = (chance.pick(&members).clone(), chance.pick(&members).clone());
    let repositories: Vec<(String, u64)> = world
        .repositories()
        .iter()
        .map(|repository| {
            (
                repository.slug.clone(),
                repository.pull_requests().len() as u64,
            )
        })
        .filter(|(_, pulls)| *pulls > 0)
        .collect();
    let (repository, pulls) = chance.pick(&repositories).clone();
    let number = 1 + chance.below(pulls);
    let comments = world
        .repository(&repository)
        .and_then(|found| found.pull_request(number))
        .map(emulator::PullRequest::comment_ids)
        .unwrap_or_default();
    let repository = repository.as_str();
    // A verb that does not fit (a closed pull request, say) changes nothing and says so.
    let _ = match chance.below(14) {
        0 => world.open_pull_request(repository, &who).map(|_| ()),
        1 => world.open_draft(repository, &who).map(|_| ()),
        2 => world
            .comment(repository, number, &who, "a thought")
            .map(|_| ()),
        3 => world.approve(repository, number, &who),
        4 => world.unapprove(repository, number, &who),
        5 => world.request_changes(repository, number, &who),
        6 => world.push(repository, number, &who).map(|_| ()),
        7 => world.merge(repository, number, &who).map(|_| ()),
        8 => world.decline(repository, number, &who, "not now"),
        9 => world.change_reviewers(repository, number, &who, &[&other], &[]),
        10 if is_draft(world, repository, number) => world.mark_ready(repository, number, &who),
        11 if !comments.is_empty() => world.edit_comment(
            repository,
            number,
            *chance.pick(&comments),
            "another thought",
        ),
        12 if !comments.is_empty() => {
            world.resolve_comment(repository, number, *chance.pick(&comments), &who)
        }
        13 => world.start_pipeline(repository, &who).and_then(|uuid| {
            if chance.one_in(2) {
                world.finish_pipeline(repository, &uuid, PipelineResult::Successful)
            } else {
                Ok(())
            }
        }),
        _ => Ok(()),
    };
}

/// Only a draft can be made ready; the world would let anybody do so.
fn is_draft(world: &World, repository: &str, number: u64) -> bool {
    let uuid = world.repository(repository).map(|found| found.uuid.clone());
    let truth = world.truth();
    truth["bitbucket_pulls"]
        .as_array()
        .unwrap()
        .iter()
        .any(|row| {
            row["repository"].as_str() == uuid.as_deref()
                && row["number"].as_u64() == Some(number)
                && row["draft"] == true
        })
}

/// Imports until it is complete; the mishaps are used up by then.
async fn import_through(story: &mut Story, run: &mut u32, log: &mut String) {
    for _ in 0..12 {
        *run += 1;
        story.options.run_token = format!("run-{run}");
        story.clock.advance_seconds(60);
        let summary = story.try_import().await.unwrap();
        if summary.complete && summary.warnings.is_empty() {
            return;
        }
        let _ = writeln!(
            log,
            "not complete: {:?} {:?}",
            summary.problems, summary.warnings
        );
    }
    panic!("the import never became complete\n{log}");
}

async fn tell(seed: u64, database: testkit::TestDatabase) {
    let mut chance = Chance(ChaCha8Rng::seed_from_u64(seed));
    let mut log = format!("WINDLASS_SEED={seed}\n");
    println!("{log}");
    let (repositories, pulls) = (1 + chance.below(3), 4 + chance.below(40));
    let spec = move |end| WorldSpec {
        seed,
        repositories: usize::try_from(repositories).unwrap(),
        pull_requests: usize::try_from(pulls).unwrap(),
        ..WorldSpec::small(end)
    };
    let (counted, unsorted, shuffled, loose) = (
        chance.one_in(2),
        chance.one_in(5),
        chance.one_in(3),
        chance.one_in(3),
    );
    let mut story = Story::of(database, spec, |world| {
        world.quirks.count_deleted_comments = counted;
        world.quirks.sorted_pull_requests_fail = unsorted;
        world.quirks.shuffle_default_order = shuffled;
        world.quirks.loose_feed_order = loose;
    })
    .await;
    story.options.concurrency = usize::try_from(1 + chance.below(8)).unwrap();
    let mut run = 0;
    for _ in 0..1 + chance.below(3) {
        for _ in 0..chance.below(5) {
            let fault = mishap(&mut chance);
            let _ = writeln!(log, "{fault:?}");
            story.emulator.inject(fault);
        }
        import_through(&mut story, &mut run, &mut log).await;
        for _ in 0..chance.below(12) {
            story
                .clock
                .advance_seconds(i64::try_from(60 + chance.below(20_000)).unwrap());
            happens(&mut chance, &mut story.emulator.world());
        }
    }
    story.emulator.clear_faults();
    import_through(&mut story, &mut run, &mut log).await;
    let truth = story.truth();
    assert_truth(story.db(), &truth).await;
    assert_measures(story.db(), &truth).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_the_rows_end_right_on_sqlite() {
    for seed in (first_seed()..).take(usize::try_from(STORIES).unwrap()) {
        tell(seed, testkit::sqlite().await).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_the_rows_end_right_on_postgres() {
    for seed in (first_seed()..)
        .step_by(10)
        .take(usize::try_from(STORIES / 10).unwrap())
    {
        tell(seed, testkit::postgres().await).await;
    }
}
