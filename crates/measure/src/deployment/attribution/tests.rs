use super::*;

fn at(minute: i64) -> Instant {
    Instant::from_seconds(60 * minute)
}

/// A hash that only this number has.
fn hash(number: i64) -> String {
    format!("{number:0>12x}").chars().rev().collect()
}

/// A pull request that was merged at a minute, as a commit of that minute.
fn merge(pull: i64, minute: i64) -> Merge {
    Merge {
        pull: Id(pull),
        merged_at: at(minute),
        commit_sha: Some(hash(minute)),
        commit_at: Some(at(minute)),
        estimated: false,
    }
}

/// A deployment that ended at a minute, of the commit of another.
fn deployment(id: i64, minute: i64, commit: i64) -> CarryingDeployment {
    CarryingDeployment {
        id: Id(id),
        began_at: at(minute - 1),
        deployed_at: at(minute),
        commit_sha: Some(hash(commit)),
        commit_at: Some(at(commit)),
        named: None,
    }
}

fn unplaced(mut deployment: CarryingDeployment) -> CarryingDeployment {
    deployment.commit_at = None;
    deployment.commit_sha = None;
    deployment
}

fn story(deployments: &[CarryingDeployment], merges: &[Merge]) -> Vec<(i64, i64, &'static str)> {
    let shown = |carried: Vec<Carried>| {
        let mut shown: Vec<_> = carried
            .iter()
            .map(|one| (one.deployment.0, one.pull.0, one.by.as_str()))
            .collect();
        shown.sort_unstable();
        shown
    };
    let result = shown(carried(deployments, merges));
    let (mut back, mut merged) = (deployments.to_vec(), merges.to_vec());
    back.reverse();
    merged.reverse();
    assert_eq!(result, shown(carried(&back, &merged)), "in any order");
    result
}

#[test]
fn a_deployment_carries_what_its_commit_contains_and_no_earlier_one_had() {
    let merges = [merge(1, 10), merge(2, 20), merge(3, 30), merge(4, 40)];
    // The second is of the commit of 30, though 40 was merged before it ended.
    let deployments = [
        deployment(100, 12, 10),
        deployment(101, 45, 30),
        deployment(102, 60, 40),
    ];
    assert_eq!(
        story(&deployments, &merges),
        [
            // The first: only the very commit that was deployed.
            (100, 1, "commit"),
            (101, 2, "commit"),
            (101, 3, "commit"),
            (102, 4, "commit"),
        ]
    );
}

#[test]
fn nobody_knows_where_the_first_deployment_begins() {
    let merges = [merge(1, 10), merge(2, 20)];
    assert_eq!(story(&[unplaced(deployment(100, 30, 0))], &merges), []);
    assert_eq!(
        story(&[deployment(100, 30, 20)], &merges),
        [(100, 2, "commit")]
    );
}

#[test]
fn without_a_known_commit_the_time_of_the_merge_tells() {
    let merges = [
        merge(1, 10),
        merge(2, 20),
        merge(3, 29),
        merge(4, 30),
        merge(5, 40),
    ];
    let deployments = [
        unplaced(deployment(100, 11, 0)),
        // It began at 29: what was merged at 30 is not in it.
        unplaced(deployment(101, 30, 0)),
        unplaced(deployment(102, 50, 0)),
    ];
    assert_eq!(
        story(&deployments, &merges),
        [
            (101, 2, "time"),
            (101, 3, "time"),
            (102, 4, "time"),
            (102, 5, "time"),
        ]
    );
}

#[test]
fn a_merge_commit_that_was_never_seen_goes_by_its_time() {
    let mut unseen = merge(2, 20);
    unseen.commit_at = None;
    let deployments = [deployment(100, 5, 1), deployment(101, 30, 10)];
    assert_eq!(
        story(&deployments, &[merge(1, 10), unseen]),
        [(101, 1, "commit"), (101, 2, "time")]
    );
}

#[test]
fn going_back_carries_nothing_and_going_forth_again_only_what_is_new() {
    let merges = [merge(1, 10), merge(2, 20), merge(3, 30)];
    let deployments = [
        deployment(100, 5, 1),
        deployment(101, 25, 20),
        deployment(102, 26, 10),
        deployment(103, 35, 30),
    ];
    assert_eq!(
        story(&deployments, &merges),
        [(101, 1, "commit"), (101, 2, "commit"), (103, 3, "commit")]
    );
}

#[test]
fn what_is_named_is_carried_and_nothing_else() {
    let merges = [merge(1, 10), merge(2, 20), merge(3, 30)];
    let mut named = unplaced(deployment(101, 40, 0));
    // A whole hash names the commit of which twelve characters are known.
    named.named = Some(vec![format!("{}ffff", hash(20)), "unknown".to_owned()]);
    let deployments = [deployment(100, 5, 1), named, deployment(102, 50, 30)];
    assert_eq!(
        story(&deployments, &merges),
        [(101, 2, "commit"), (102, 1, "commit"), (102, 3, "commit")]
    );
}

#[test]
fn an_estimated_merge_goes_by_its_commit() {
    let mut late = merge(1, 10);
    (late.merged_at, late.estimated) = (at(500), true);
    let deployments = [deployment(100, 5, 1), deployment(101, 20, 15)];
    assert_eq!(story(&deployments, &[late]), [(101, 1, "commit")]);
}
