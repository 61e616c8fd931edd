use super::*;

const WHO: &str = "token-1";

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(1_700_000_000 / 60 * 60 + seconds)
}

const PULLS: &str = "/repositories/{workspace}/{repo}/pullrequests";

fn demand(group: &str) -> Demand<'_> {
    Demand {
        group,
        endpoint: PULLS,
        withheld: 0,
    }
}

fn offer(allowance: &str) -> Offer<'_> {
    Offer {
        allowance,
        limit: 100,
    }
}

/// The reason why not, if it may not go.
fn ask(budget: &mut Budget, who: &str, group: &str, now: Instant) -> Option<Refusal> {
    budget
        .acquire(&[offer(who)], demand(group), now)
        .err()
        .map(Option::unwrap)
}

fn send(budget: &mut Budget, now: Instant) -> Option<Refusal> {
    ask(budget, WHO, "repositories", now)
}

fn usage(budget: &Budget, now: Instant) -> GroupUsage {
    budget.usage(WHO, 100, now)["repositories"]
}

#[test]
fn a_used_up_window_opens_as_its_oldest_minute_leaves_it() {
    let mut budget = Budget::new(3_600);
    for _ in 0..60 {
        assert_eq!(send(&mut budget, at(10)), None);
    }
    for _ in 0..38 {
        assert_eq!(send(&mut budget, at(300)), None);
    }
    // Two of a hundred are kept back.
    let opens = at(60 + 3_600);
    assert_eq!(send(&mut budget, at(301)), Some(Refusal::UsedUp(opens)));
    assert_eq!(
        send(&mut budget, opens.plus_millis(-1)),
        Some(Refusal::UsedUp(opens))
    );
    assert_eq!(send(&mut budget, opens), None);
    let left = usage(&budget, opens);
    assert_eq!((left.used, left.left), (39, 59));
}

#[test]
fn never_more_than_the_limit_in_any_hour() {
    let mut budget = Budget::new(3_600);
    let mut sent: Vec<Instant> = Vec::new();
    let mut now = at(0);
    while sent.len() < 500 {
        match send(&mut budget, now) {
            None => {
                sent.push(now);
                now = now.plus_millis(7_300);
            }
            Some(Refusal::UsedUp(until)) => {
                assert!(until > now);
                now = until;
            }
            other => panic!("{other:?}"),
        }
    }
    for (index, first) in sent.iter().enumerate() {
        let within = sent[index..]
            .iter()
            .filter(|other| other.seconds_since(*first) < 3_600)
            .count();
        assert!(within <= 100, "{within} requests from {first}");
    }
}

#[test]
fn groups_and_allowances_are_counted_apart() {
    let mut budget = Budget::new(3_600);
    for _ in 0..98 {
        send(&mut budget, at(0));
    }
    assert!(matches!(send(&mut budget, at(0)), Some(Refusal::UsedUp(_))));
    for (who, group) in [(WHO, "workspaces"), ("token-2", "repositories")] {
        assert_eq!(ask(&mut budget, who, group, at(0)), None);
    }
}

#[test]
fn a_rest_holds_for_the_group_and_is_never_shortened() {
    let mut budget = Budget::new(3_600);
    budget.rest(WHO, "repositories", at(500), at(0));
    budget.rest(WHO, "repositories", at(30), at(0));
    assert_eq!(send(&mut budget, at(499)), Some(Refusal::Resting(at(500))));
    assert_eq!(ask(&mut budget, WHO, "workspaces", at(0)), None);
    assert_eq!(send(&mut budget, at(500)), None);
}

#[test]
fn a_stated_limit_counts_if_it_is_the_smaller() {
    let mut budget = Budget::new(3_600);
    budget.limit_stated(WHO, "repositories", 10_000, at(0));
    assert_eq!(usage(&budget, at(0)).left, 98);
    budget.limit_stated(WHO, "repositories", 60, at(0));
    assert_eq!(usage(&budget, at(0)).left, 59);
}

#[test]
fn counts_outlive_the_process_and_are_shared() {
    let mut first = Budget::new(3_600);
    for _ in 0..40 {
        send(&mut first, at(0));
    }
    let stored = first.take_usage();
    assert_eq!(stored.len(), 1);
    assert_eq!(stored[0].requests, 40);
    assert_eq!(first.take_usage(), []);

    let mut second = Budget::new(3_600);
    second.restore_usage(stored.clone());
    second.restore_usage(stored.clone());
    for _ in 0..58 {
        assert_eq!(send(&mut second, at(90)), None);
    }
    assert!(matches!(
        send(&mut second, at(90)),
        Some(Refusal::UsedUp(_))
    ));
    // What was restored is not taken again.
    let fresh = second.take_usage();
    assert_eq!(fresh.iter().map(|count| count.requests).sum::<i64>(), 58);

    first.restore_usage(stored.into_iter().chain(fresh));
    assert!(matches!(send(&mut first, at(90)), Some(Refusal::UsedUp(_))));
}

#[test]
fn a_short_window_has_short_buckets() {
    let mut budget = Budget::new(5);
    for _ in 0..98 {
        assert_eq!(send(&mut budget, at(0)), None);
    }
    assert_eq!(send(&mut budget, at(0)), Some(Refusal::UsedUp(at(6))));
}

#[test]
fn what_was_taken_is_never_counted_twice_however_late_it_is_stored() {
    let mut ours = Budget::new(3_600);
    for _ in 0..10 {
        send(&mut ours, at(0));
    }
    let first = ours.take_usage();
    let theirs = |requests| MinuteCount {
        allowance: WHO.to_owned(),
        group: "repositories".to_owned(),
        endpoint: "/repositories/{workspace}".to_owned(),
        minute: at(0),
        requests,
    };
    // Nothing of ours is stored yet, and all that is may be ours.
    ours.restore_usage([theirs(7)]);
    assert_eq!(usage(&ours, at(1)).used, 10);
    for _ in 0..5 {
        send(&mut ours, at(2));
    }
    // Now it is, beside what they stored; in rows by endpoint.
    ours.restore_usage(first.iter().cloned().chain([theirs(7)]));
    assert_eq!(usage(&ours, at(3)).used, 22);
    let second = ours.take_usage();
    assert_eq!(second[0].requests, 5);
    ours.restore_usage(first.iter().cloned().chain([theirs(7)]));
    assert_eq!(usage(&ours, at(3)).used, 22);
    for _ in 0..3 {
        let stored = first.iter().chain(&second).cloned();
        ours.restore_usage(stored.chain([theirs(7), theirs(2)]));
        assert_eq!(usage(&ours, at(3)).used, 24);
    }
    assert_eq!(ours.take_usage(), []);
}

#[test]
fn requests_are_told_by_endpoint() {
    let mut budget = Budget::new(3_600);
    for (endpoint, times) in [("/a", 3), ("/b", 2)] {
        for _ in 0..times {
            budget.count(WHO, "repositories", endpoint, at(5));
        }
    }
    let told: Vec<_> = budget
        .take_usage()
        .into_iter()
        .map(|count| (count.endpoint, count.minute, count.requests))
        .collect();
    let expected = [("/a".to_owned(), at(0), 3), ("/b".to_owned(), at(0), 2)];
    assert_eq!(told, expected);
    assert_eq!(usage(&budget, at(5)).used, 5);
}

#[test]
fn the_allowance_with_most_left_pays() {
    let mut budget = Budget::new(3_600);
    let offers = [offer("a"), offer("b"), offer("a")];
    let pays = |budget: &mut Budget, now| budget.acquire(&offers, demand("repositories"), now);
    let paid: Vec<_> = (0..4).map(|_| pays(&mut budget, at(0)).unwrap()).collect();
    // Two holders of one allowance are no two allowances.
    assert_eq!(paid, [0, 1, 0, 1]);
    budget.rest("b", "repositories", at(50), at(0));
    for _ in 0..96 {
        assert_eq!(pays(&mut budget, at(0)), Ok(0));
    }
    // The earliest is waited for.
    let refusal = Some(Refusal::Resting(at(50)));
    assert_eq!(pays(&mut budget, at(0)), Err(refusal));
    assert_eq!(pays(&mut budget, at(50)), Ok(1));
    assert_eq!(budget.acquire(&[], demand("x"), at(0)), Err(None));
}

#[test]
fn what_is_old_leaves_a_part_to_what_is_new() {
    let mut budget = Budget::new(3_600);
    let backfill = Demand {
        withheld: 10,
        ..demand("repositories")
    };
    for _ in 0..90 {
        budget.acquire(&[offer(WHO)], backfill, at(0)).unwrap();
    }
    let opens = Refusal::UsedUp(at(3_660));
    assert_eq!(
        budget.acquire(&[offer(WHO)], backfill, at(1)),
        Err(Some(opens))
    );
    for _ in 0..8 {
        assert_eq!(send(&mut budget, at(1)), None);
    }
    assert_eq!(send(&mut budget, at(1)), Some(opens));
}

/// Requests of `processes` that share a store and send whatever they may, until none may; each
/// stores what it counted and learns what all stored, in an order that `dice` decides.
fn sent_by_all(processes: usize, limit: u32, mut dice: u64) -> i64 {
    let mut budgets = vec![Budget::new(3_600); processes];
    let mut store: Vec<MinuteCount> = Vec::new();
    for budget in &mut budgets {
        budget.set_sharers(u32::try_from(processes).unwrap());
    }
    let offers = [Offer {
        allowance: WHO,
        limit,
    }];
    let mut sent = 0;
    for _ in 0..60 {
        // Each refreshes once in a round, as it would every few seconds.
        let mut order: Vec<usize> = (0..processes).collect();
        for index in (1..processes).rev() {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            order.swap(
                index,
                usize::try_from((dice >> 33) % (index as u64 + 1)).unwrap(),
            );
        }
        for process in order {
            let budget = &mut budgets[process];
            store.extend(budget.take_usage());
            budget.restore_usage(store.iter().cloned());
            while budget
                .acquire(&offers, demand("repositories"), at(0))
                .is_ok()
            {
                sent += 1;
            }
        }
    }
    sent
}

#[test]
fn processes_that_share_an_allowance_use_it_up_and_do_not_pass_it() {
    for processes in [2, 3, 5, 8] {
        for seed in 0..50 {
            let sent = sent_by_all(processes, 1_000, seed);
            assert!(
                (960..=1_000).contains(&sent),
                "{processes} processes sent {sent} (seed {seed})"
            );
        }
    }
    // Fewer requests than processes: still not nothing.
    let sent = sent_by_all(8, 5, 1);
    assert!(sent >= 1, "{sent}");
}

#[test]
fn a_slice_that_is_used_up_is_asked_for_again_each_second() {
    let mut budget = Budget::new(3_600);
    budget.set_sharers(2);
    let mut sent = 0;
    while send(&mut budget, at(0)).is_none() {
        sent += 1;
    }
    // A third is what the other may have spent unheard of; the rest is shared.
    assert_eq!(sent, (98 - 98 / 3) / 2);
    assert_eq!(send(&mut budget, at(7)), Some(Refusal::SharedOut(at(8))));
    // The same number again is no news; what all stored is.
    budget.set_sharers(2);
    assert!(send(&mut budget, at(7)).is_some());
    budget.restore_usage([]);
    assert_eq!(send(&mut budget, at(8)), None);
    // Alone again, everything is ours.
    budget.set_sharers(1);
    for _ in 0..(98 - sent - 1) {
        assert_eq!(send(&mut budget, at(9)), None);
    }
    assert!(matches!(send(&mut budget, at(9)), Some(Refusal::UsedUp(_))));
}

#[test]
fn whoever_hears_nothing_for_a_window_begins_anew() {
    let mut budget = Budget::new(3_600);
    budget.set_sharers(2);
    while send(&mut budget, at(0)).is_none() {}
    assert!(send(&mut budget, at(3_600)).is_some());
    assert_eq!(send(&mut budget, at(3_661)), None);
}
