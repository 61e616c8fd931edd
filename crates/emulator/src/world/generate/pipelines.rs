//! Runs of pipelines along the history of a repository.

use model::Instant;

use super::super::dice::Dice;
use super::super::pipeline::{Pipeline, PipelineResult, PipelineState, Selector, Target};
use super::super::repository::Repository;
use super::super::spec::{Shape, WorldSpec};
use super::super::{AccountId, PullRequest};
use super::cast::Cast;

const RESULTS: [PipelineResult; 5] = [
    PipelineResult::Successful,
    PipelineResult::Failed,
    PipelineResult::Stopped,
    PipelineResult::Error,
    PipelineResult::Expired,
];

pub(super) fn of(
    cast: &Cast,
    repository: &Repository,
    starts_at: Instant,
    spec: &WorldSpec,
    dice: &mut Dice,
) -> Vec<Pipeline> {
    let count = match spec.shape {
        _ if repository.main_branch.is_none() => 0,
        Shape::Lifelike => spec.pipelines_per_repository * (60 + dice.below(90)) / 100,
        _ => spec.pipelines_per_repository,
    };
    let span = spec.ends_at.seconds_since(starts_at);
    let mut pipelines: Vec<Pipeline> = (0..count)
        .map(|index| {
            let share = span * index as i64 / count.max(1) as i64;
            let evenly = starts_at.plus_seconds(share + dice.between(0, 3_000));
            let pull = repository
                .pulls
                .get(index * repository.pulls.len() / count.max(1));
            pipeline(
                cast,
                repository,
                pull,
                evenly.min(spec.ends_at.plus_seconds(-30)),
                spec,
                dice,
            )
        })
        .collect();
    pipelines.sort_by_key(|pipeline| pipeline.created_on);
    for (number, pipeline) in (1_u64..).zip(&mut pipelines) {
        pipeline.build_number = number;
    }
    if spec.shape == Shape::Odd {
        leave_unfinished(&mut pipelines);
    }
    pipelines
}

fn pipeline(
    cast: &Cast,
    repository: &Repository,
    pull: Option<&PullRequest>,
    evenly: Instant,
    spec: &WorldSpec,
    dice: &mut Dice,
) -> Pipeline {
    let main = repository.main_branch.clone().unwrap_or_default();
    let branch = |kind, pattern: Option<&str>| {
        Some(Selector {
            kind,
            pattern: pattern.map(str::to_owned),
        })
    };
    let main_branch = Target::Ref {
        ref_type: "branch",
        ref_name: main,
    };
    let by = |pull: &PullRequest| pull.opened.author;
    let closed = pull.and_then(|pull| Some((pull.standing.closed_at?, pull.standing.closed_by)));
    let way = if spec.shape == Shape::Uniform {
        1
    } else {
        dice.weighted(&[42, 42, 5, 4, 4, 3])
    };
    let (created_on, creator, target, selector, trigger) = match (way, pull, closed) {
        (0, Some(pull), _) => (
            pull.opened.created_on.plus_seconds(4),
            by(pull),
            Target::PullRequest(pull.number),
            branch("pull-requests", Some("**")),
            "PUSH",
        ),
        (1, _, Some((at, user))) => (
            at.plus_seconds(3),
            user,
            main_branch,
            branch("default", None),
            "PUSH",
        ),
        (2, ..) => (
            evenly,
            None,
            main_branch,
            branch("custom", Some("nightly")),
            "SCHEDULED",
        ),
        (3, ..) => {
            let creator = person(cast, evenly, dice);
            (
                evenly,
                creator,
                Target::Commit,
                branch("custom", Some("replay-launch")),
                "MANUAL",
            )
        }
        (4, ..) => {
            let tag = format!("v{}.{}", dice.below(4), dice.below(30));
            let target = Target::Ref {
                ref_type: "tag",
                ref_name: tag,
            };
            let creator = cast
                .bots
                .first()
                .copied()
                .or_else(|| person(cast, evenly, dice));
            (evenly, creator, target, branch("tags", Some("v*")), "PUSH")
        }
        (5, ..) => (
            evenly,
            person(cast, evenly, dice),
            main_branch,
            None,
            "MANUAL",
        ),
        _ => {
            let creator = person(cast, evenly, dice);
            (
                evenly,
                creator,
                main_branch,
                branch("branches", Some("main")),
                "PUSH",
            )
        }
    };
    let created_on = digits(dice, created_on);
    let seconds = dice.seconds_around(260).max(9);
    let completed_on = digits(dice, created_on.plus_seconds(seconds).plus_millis(612));
    let over = completed_on <= spec.ends_at;
    let unknown = dice.hex(40);
    let base = pull.and_then(|pull| pull.opened.destination.commit.as_deref());
    let known = match (way, pull) {
        (0, Some(pull)) => pull.opened.source.commit.as_deref(),
        (1, Some(pull)) => pull.standing.merge_commit.as_deref().or(base),
        (3, _) => None,
        _ => base,
    };
    let commit = known.map_or(unknown, str::to_owned);
    let result = RESULTS.get(dice.weighted(&[81, 13, 3, 2, 1])).copied();
    let seconds = if over { seconds.unsigned_abs() } else { 0 };
    Pipeline {
        uuid: dice.uuid(),
        build_number: 0,
        run_number: if dice.chance(4) { 2 } else { 1 },
        creator,
        created_on,
        completed_on: over.then_some(completed_on),
        state: match result {
            Some(result) if over => PipelineState::Completed(result),
            _ => PipelineState::InProgress("RUNNING"),
        },
        duration_in_seconds: seconds,
        build_seconds_used: seconds * dice.between(1, 3).unsigned_abs(),
        target,
        selector,
        commit,
        trigger,
    }
}

fn person(cast: &Cast, at: Instant, dice: &mut Dice) -> Option<AccountId> {
    let people = cast.present(at);
    dice.pick(&people).copied()
}

/// Dates of pipelines are written with as few digits as they need, from none to six.
fn digits(dice: &mut Dice, at: Instant) -> Instant {
    let grain = match dice.weighted(&[70, 12, 12, 6]) {
        0 => 1,
        1 => 10,
        2 => 1_000,
        _ => 1_000_000,
    };
    Instant::from_micros(at.micros() / grain * grain)
}

/// The odd world's last pipelines are in every unfinished state.
fn leave_unfinished(pipelines: &mut [Pipeline]) {
    let states = [
        PipelineState::Pending,
        PipelineState::InProgress("HALTED"),
        PipelineState::InProgress("PAUSED"),
        PipelineState::InProgress("RUNNING"),
    ];
    for (pipeline, state) in pipelines.iter_mut().rev().zip(states) {
        pipeline.state = state;
        pipeline.completed_on = None;
        pipeline.duration_in_seconds = 0;
        pipeline.build_seconds_used = 0;
    }
}
