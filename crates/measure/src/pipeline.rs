//! What is measured of pipeline runs.

use model::{Id, Instant};

/// How a run ended, as far as it says whether the branch works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// `SUCCESSFUL`.
    Green,
    /// `FAILED` or `ERROR`.
    Red,
    /// Not over, stopped or expired: nothing is known.
    Neither,
}

impl RunOutcome {
    /// The outcome that these words of `bitbucket_pipelines` mean.
    pub fn of(state: Option<&str>, result: Option<&str>) -> Self {
        match (state, result) {
            (Some("COMPLETED"), Some("SUCCESSFUL")) => Self::Green,
            (Some("COMPLETED"), Some("FAILED" | "ERROR")) => Self::Red,
            _ => Self::Neither,
        }
    }
}

/// A run of the default branch, among the others of its selector.
#[derive(Clone, Debug)]
pub struct SeriesRun {
    /// The run.
    pub id: Id,
    /// When it was started.
    pub created_at: Instant,
    /// When it ended.
    pub completed_at: Option<Instant>,
    /// How it ended.
    pub outcome: RunOutcome,
}

/// The seconds from a run's beginning to that of its first step; NULL where no step is known.
pub fn queue_time(created_at: Instant, first_step_at: Option<Instant>) -> Option<i64> {
    first_step_at.map(|at| at.seconds_since(created_at).max(0))
}

/// For each run, in any order, the seconds from its end to the end of the next green one, if it is
/// the first red one after a green one (or the first one that says anything at all).
pub fn times_to_green(runs: &[SeriesRun]) -> Vec<(Id, Option<i64>)> {
    let mut ordered: Vec<&SeriesRun> = runs.iter().collect();
    ordered.sort_unstable_by_key(|run| (run.created_at, run.id));
    let mut times = Vec::with_capacity(ordered.len());
    let mut next_green: Option<Instant> = None;
    // From the newest to the oldest, so that the next green one is known; whether a run is the
    // first red one is seen when the one before it is.
    let mut red: Option<(usize, Option<i64>)> = None;
    for run in ordered.iter().rev() {
        match run.outcome {
            RunOutcome::Neither => times.push((run.id, None)),
            RunOutcome::Green => {
                settle(&mut times, red.take());
                times.push((run.id, None));
                next_green = run.completed_at;
            }
            RunOutcome::Red => {
                let seconds = match (run.completed_at, next_green) {
                    (Some(from), Some(to)) => Some(to.seconds_since(from).max(0)),
                    _ => None,
                };
                times.push((run.id, None));
                red = Some((times.len() - 1, seconds));
            }
        }
    }
    settle(&mut times, red);
    times
}

fn settle(times: &mut [(Id, Option<i64>)], red: Option<(usize, Option<i64>)>) {
    if let Some((_, time)) = red.as_ref().and_then(|(index, _)| times.get_mut(*index)) {
        *time = red.and_then(|(_, seconds)| seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(id: i64, minute: i64, outcome: RunOutcome) -> SeriesRun {
        let created_at = Instant::from_seconds(60 * minute);
        SeriesRun {
            id: Id(id),
            created_at,
            completed_at: Some(created_at.plus_seconds(30)),
            outcome,
        }
    }

    fn times(runs: &[SeriesRun]) -> Vec<(i64, i64)> {
        let mut times: Vec<(i64, i64)> = times_to_green(runs)
            .into_iter()
            .filter_map(|(id, seconds)| Some((id.0, seconds?)))
            .collect();
        times.sort_unstable();
        times
    }

    #[test]
    fn only_the_first_failure_of_a_stretch_is_timed() {
        use RunOutcome::{Green, Neither, Red};
        let story = [
            run(1, 0, Red),
            run(2, 10, Red),
            run(3, 20, Green),
            run(4, 30, Neither),
            run(5, 40, Red),
            run(6, 50, Neither),
            run(7, 60, Green),
            run(8, 70, Green),
            run(9, 80, Red),
        ];
        // 1 is the first there is: from 0:30 to 20:30. 5 follows green: from 40:30 to 60:30. 9 is
        // not mended yet.
        let expected = vec![(1, 1_200), (5, 1_200)];
        assert_eq!(times(&story), expected);
        let mut backwards = story.to_vec();
        backwards.reverse();
        assert_eq!(times(&backwards), expected);
        assert_eq!(times_to_green(&story).len(), story.len());
    }

    #[test]
    fn a_green_run_that_ended_before_the_failure_leaves_nothing_to_wait_for() {
        let mut red = run(1, 0, RunOutcome::Red);
        red.completed_at = Some(Instant::from_seconds(9_000));
        assert_eq!(times(&[red, run(2, 1, RunOutcome::Green)]), [(1, 0)]);
    }

    #[test]
    fn a_run_waits_from_its_beginning_to_that_of_its_first_step() {
        let created = Instant::from_seconds(100);
        assert_eq!(queue_time(created, Some(created.plus_seconds(7))), Some(7));
        assert_eq!(queue_time(created, Some(created.plus_seconds(-7))), Some(0));
        assert_eq!(queue_time(created, None), None);
    }

    #[test]
    fn what_was_stopped_says_nothing_of_the_branch() {
        let of = |result| RunOutcome::of(Some("COMPLETED"), Some(result));
        assert_eq!(of("SUCCESSFUL"), RunOutcome::Green);
        assert_eq!(of("FAILED"), RunOutcome::Red);
        assert_eq!(of("ERROR"), RunOutcome::Red);
        assert_eq!(of("STOPPED"), RunOutcome::Neither);
        assert_eq!(of("EXPIRED"), RunOutcome::Neither);
        assert_eq!(
            RunOutcome::of(Some("IN_PROGRESS"), None),
            RunOutcome::Neither
        );
    }
}
