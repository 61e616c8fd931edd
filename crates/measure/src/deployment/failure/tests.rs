use super::*;

fn at(minute: i64) -> Instant {
    Instant::from_seconds(60 * minute)
}

fn deployment(id: i64, minute: i64, success: bool, commit: i64) -> Outcome {
    Outcome {
        id: Id(id),
        repository: Some(Id(1)),
        environment: "production".to_owned(),
        production: true,
        deployed_at: at(minute),
        success,
        commit_sha: Some(format!("{commit:0>12}")),
        commit_at: Some(at(commit)),
    }
}

fn incident(id: i64, opened: i64, closed: Option<i64>) -> Incident {
    Incident {
        id: Id(id),
        environment: None,
        named: None,
        opened_at: at(opened),
        closed_at: closed.map(at),
    }
}

/// A failure: its id, whether it was rolled back, its incident, minutes to restore.
type Failed = (i64, bool, Option<i64>, Option<i64>);

/// The failures as (id, rolled back, incident, minutes to restore), whatever order they come in.
fn story(deployments: &[Outcome], incidents: &[Incident]) -> (Vec<Failed>, Vec<IncidentOutcome>) {
    let look = |deployments: &[Outcome], incidents: &[Incident]| {
        let (failures, mut outcomes) = failures(deployments, incidents);
        assert_eq!(failures.len(), deployments.len());
        let mut failed: Vec<_> = failures
            .into_iter()
            .filter(|one| one.failed)
            .map(|one| {
                let minutes = one.time_to_restore.map(|seconds| seconds / 60);
                (
                    one.id.0,
                    one.rolled_back,
                    one.incident.map(|id| id.0),
                    minutes,
                )
            })
            .collect();
        failed.sort_unstable();
        outcomes.sort_by_key(|outcome| outcome.id);
        (failed, outcomes)
    };
    let result = look(deployments, incidents);
    let (mut back, mut reversed) = (deployments.to_vec(), incidents.to_vec());
    back.reverse();
    reversed.reverse();
    assert_eq!(result, look(&back, &reversed), "in any order");
    result
}

#[test]
fn each_failed_deployment_waits_for_the_next_good_one() {
    let (failed, _) = story(
        &[
            deployment(1, 10, true, 1),
            deployment(2, 20, false, 2),
            deployment(3, 30, false, 3),
            deployment(4, 45, true, 4),
            deployment(5, 50, false, 5),
        ],
        &[],
    );
    assert_eq!(
        failed,
        [
            (2, false, None, Some(25)),
            (3, false, None, Some(15)),
            (5, false, None, None)
        ]
    );
}

#[test]
fn a_return_to_an_older_commit_is_a_rollback() {
    let (failed, _) = story(
        &[
            deployment(1, 10, true, 1),
            deployment(2, 20, true, 9),
            deployment(3, 32, true, 1),
            deployment(4, 40, true, 1),
        ],
        &[],
    );
    assert_eq!(failed, [(2, true, None, Some(12))]);

    // A hash that is seen again tells it where no place in the branch is known.
    let unplaced = |mut deployment: Outcome| {
        deployment.commit_at = None;
        deployment
    };
    let (failed, _) = story(
        &[
            unplaced(deployment(1, 10, true, 5)),
            unplaced(deployment(2, 20, true, 9)),
            unplaced(deployment(3, 32, true, 5)),
            unplaced(deployment(4, 40, true, 3)),
        ],
        &[],
    );
    assert_eq!(failed, [(2, true, None, Some(12))]);
}

#[test]
fn going_forth_again_is_no_rollback_of_the_rollback() {
    for placed in [true, false] {
        let commits = [5, 9, 5, 9];
        let deployments: Vec<Outcome> = (1..)
            .zip(commits)
            .map(|(id, commit)| {
                let mut deployment = deployment(id, 10 * id, true, commit);
                deployment.commit_at = deployment.commit_at.filter(|_| placed);
                deployment
            })
            .collect();
        let (failed, _) = story(&deployments, &[]);
        assert_eq!(failed, [(2, true, None, Some(10))]);
    }
}

#[test]
fn an_incident_is_the_failure_of_the_last_successful_deployment_before_it() {
    let deployments = [
        deployment(1, 10, true, 1),
        deployment(2, 20, true, 2),
        deployment(3, 22, false, 3),
        deployment(4, 60, true, 4),
    ];
    let (failed, outcomes) = story(&deployments, &[incident(7, 30, None)]);
    assert_eq!(
        failed,
        [(2, false, Some(7), Some(30)), (3, false, None, Some(38))]
    );
    assert_eq!(outcomes[0].deployment, Some(Id(2)));
    assert_eq!(outcomes[0].time_to_restore, Some(30 * 60));

    // Closed before the next deployment, it is over then.
    let (failed, outcomes) = story(&deployments, &[incident(7, 30, Some(35))]);
    assert_eq!(failed[0], (2, false, Some(7), Some(5)));
    assert_eq!(outcomes[0].restored_at, Some(at(35)));
    // The end that came first counts.
    let (failed, _) = story(&deployments, &[incident(7, 30, Some(300))]);
    assert_eq!(failed[0], (2, false, Some(7), Some(30)));
}

#[test]
fn an_incident_is_blamed_on_nobody_else() {
    let staging = |mut deployment: Outcome| {
        (deployment.environment, deployment.production) = ("staging".to_owned(), false);
        deployment
    };
    let deployments = [
        deployment(1, 10, true, 1),
        staging(deployment(2, 20, true, 2)),
        staging(deployment(3, 50, true, 3)),
    ];
    let (failed, outcomes) = story(&deployments, &[incident(7, 30, None)]);
    assert_eq!(failed, [(1, false, Some(7), None)]);
    assert_eq!(outcomes[0].time_to_restore, None);

    let mut in_staging = incident(7, 30, None);
    in_staging.environment = Some("Staging".to_owned());
    assert_eq!(
        story(&deployments, &[in_staging]).0,
        [(2, false, Some(7), Some(20))]
    );

    let mut named = incident(7, 30, None);
    named.named = Some(Id(3));
    let (failed, outcomes) = story(&deployments, &[named]);
    assert_eq!(failed, [(3, false, Some(7), None)]);
    assert_eq!(outcomes[0].deployment, Some(Id(3)));

    // Nothing was deployed before: nobody is blamed, and the next good one ends it.
    let (failed, outcomes) = story(&deployments, &[incident(7, 5, None)]);
    assert_eq!(failed, []);
    assert_eq!(
        (outcomes[0].deployment, outcomes[0].time_to_restore),
        (None, Some(300))
    );
}

#[test]
fn a_stream_is_mended_by_itself_alone() {
    let mut elsewhere = deployment(2, 30, true, 2);
    elsewhere.repository = Some(Id(2));
    let (failed, _) = story(&[deployment(1, 10, false, 1), elsewhere], &[]);
    assert_eq!(failed, [(1, false, None, None)]);
}
