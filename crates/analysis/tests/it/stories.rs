//! What reports promise.

use std::collections::{BTreeMap, BTreeSet};

use analysis::{Asked, Figure, Query, Report, ReportName, Today, run};
use chrono::NaiveDate;
use model::Instant;
use store::Db;
use testkit::both_engines;

use crate::naive::{figure, share, spread, value};
use crate::world::{Pull, World, day, execute, project_of, today};

const FROM: &str = "2027-04-11";
const TO: &str = "2027-06-20";

async fn ask(db: &Db, report: ReportName, asked: &Asked) -> Report {
    try_to_ask(db, report, asked).await.unwrap()
}

async fn try_to_ask(
    db: &Db,
    report: ReportName,
    asked: &Asked,
) -> Result<Report, analysis::AnalysisError> {
    let now: Instant = "2027-07-01T12:00:00Z".parse().unwrap();
    let today = Today::load(db, now).await?;
    let query = Query::parse(report, asked, today.date())?;
    run(db, &query, &today).await
}

fn asked() -> Asked {
    Asked {
        from: Some(FROM.to_owned()),
        to: Some(TO.to_owned()),
        ..Asked::default()
    }
}

fn by(grouping: &str) -> Asked {
    Asked {
        group_by: Some(grouping.to_owned()),
        ..asked()
    }
}

fn within(day: Option<NaiveDate>, from: NaiveDate, to: NaiveDate) -> bool {
    day.is_some_and(|day| from <= day && day <= to)
}

/// Holds the figures of some pull requests against those made plainly.
fn compare(
    figures: &[Figure],
    world: &World,
    wanted: impl Fn(&Pull, NaiveDate) -> bool,
    case: &str,
) {
    let period = (day(FROM), day(TO));
    let before = (day("2027-01-30"), day("2027-04-10"));
    for (which, (from, to)) in [(0, period), (1, before)] {
        let of = |end: fn(&Pull) -> Option<NaiveDate>| -> Vec<&Pull> {
            let pulls = world.pulls.iter();
            pulls
                .filter(|pull| within(end(pull), from, to))
                .filter(|pull| wanted(pull, end(pull).unwrap()))
                .collect()
        };
        let merged = of(|pull| pull.merged);
        let closed = of(|pull| pull.closed);
        let number = |name: &str| {
            let found = figure(figures, name);
            match which {
                0 => found.now.clone(),
                _ => found.previous.clone().unwrap(),
            }
        };
        let context = format!("{case}, from {from}");
        assert_eq!(
            number("merged").value,
            Some(merged.len() as f64),
            "{context}"
        );
        assert_eq!(number("merged").rows, merged.len() as u64, "{context}");
        let opened = of(|pull| Some(pull.created)).len();
        assert_eq!(number("opened").value, Some(opened as f64), "{context}");
        let of_closed = closed.iter().filter(|pull| pull.state == "MERGED").count();
        assert_eq!(
            number("merge_rate").value,
            share(of_closed, closed.len()),
            "{context}"
        );
        for (name, values) in [
            (
                "cycle_time",
                merged.iter().filter_map(|pull| pull.cycle_time).collect(),
            ),
            (
                "pickup_time",
                merged.iter().filter_map(|pull| pull.pickup_time).collect(),
            ),
            (
                "size",
                merged
                    .iter()
                    .filter_map(|pull| pull.size)
                    .collect::<Vec<i64>>(),
            ),
        ] {
            assert_eq!(number(name), spread(values), "{name}, {context}");
        }
    }
}

both_engines! {
    async fn figures_of_pull_requests_are_those_of_their_rows(database) {
        let world = World::generate(1);
        world.store(&database.db).await;
        let db = &database.db;
        let human = |pull: &Pull| !world.is_bot(pull.author);

        let whole = ask(db, ReportName::PullRequests, &asked()).await;
        compare(&whole.total, &world, |pull, _| human(pull), "whole");
        let developers: BTreeSet<_> = world
            .pulls
            .iter()
            .filter(|pull| human(pull) && within(pull.merged, day(FROM), day(TO)))
            .filter(|pull| pull.author != Some(7))
            .filter_map(|pull| world.who(pull.author).map(|who| (who, pull.id)))
            .collect();
        let heads: BTreeSet<_> = developers.iter().map(|(who, _)| who).collect();
        assert_eq!(
            value(&whole.total, "merged_per_developer"),
            share(developers.len(), heads.len())
        );
        let open: Vec<&Pull> = world
            .pulls
            .iter()
            .filter(|pull| pull.state == "OPEN" && human(pull))
            .collect();
        assert_eq!(value(&whole.total, "open_now"), Some(open.len() as f64));
        let waiting = open.iter().filter(|pull| !pull.draft && pull.first_review.is_none()).count();
        assert_eq!(value(&whole.total, "waiting_for_review_now"), Some(waiting as f64));
        let ages = open.iter().map(|pull| (today() - pull.created).num_days()).collect();
        assert_eq!(figure(&whole.total, "open_age").now, spread(ages));

        let grouped = ask(db, ReportName::PullRequests, &by("repository")).await;
        assert_eq!(grouped.total, whole.total);
        assert_eq!(grouped.groups.len(), 6);
        for group in &grouped.groups {
            let id: i64 = group.id.as_ref().unwrap().parse().unwrap();
            assert_eq!(group.name, format!("acme/repo-{id}"));
            compare(&group.figures, &world, |pull, _| human(pull) && pull.repository == id, &group.name);
        }
        let grouped = ask(db, ReportName::PullRequests, &by("project")).await;
        for group in &grouped.groups {
            let id: Option<i64> = group.id.as_ref().map(|id| id.parse().unwrap());
            compare(&group.figures, &world, |pull, _| human(pull) && project_of(pull.repository) == id, &group.name);
        }
        let grouped = ask(db, ReportName::PullRequests, &by("team")).await;
        assert_eq!(
            grouped.groups.iter().map(|group| group.name.as_str()).collect::<Vec<_>>(),
            ["(no team)", "Cove", "Reef", "Tide"]
        );
        for group in &grouped.groups {
            let id: Option<i64> = group.id.as_ref().map(|id| id.parse().unwrap());
            compare(&group.figures, &world, |pull, day| human(pull) && world.team_on(pull.author, day) == id, &group.name);
        }
        let grouped = ask(db, ReportName::PullRequests, &by("author")).await;
        for group in &grouped.groups {
            let name = (group.name != "(unknown)").then(|| group.name.clone());
            compare(&group.figures, &world, |pull, _| human(pull) && world.who(pull.author) == name, &group.name);
        }
    }

    async fn groups_and_pieces_of_a_series_add_up_to_the_whole(database) {
        let world = World::generate(2);
        world.store(&database.db).await;
        for report in ReportName::ALL {
            let none = ask(&database.db, report, &by("none")).await;
            assert!(none.groups.is_empty());
            for grouping in report.groupings() {
                let whole = ask(&database.db, report, &by(grouping.as_str())).await;
                for measure in ["opened", "merged", "closed", "reviews", "approvals", "runs", "runs_failed", "open_now"] {
                    let Some(total) = whole.total.iter().find(|one| one.measure == measure) else { continue };
                    let of_groups = whole.groups.iter().filter_map(|group| {
                        group.figures.iter().find(|one| one.measure == measure)
                    });
                    let of_groups: Vec<_> = of_groups.collect();
                    if of_groups.is_empty() {
                        continue;
                    }
                    let context = format!("{measure} of {} by {}", report.as_str(), grouping.as_str());
                    let sum: f64 = of_groups.iter().filter_map(|one| one.now.value).sum();
                    assert_eq!(Some(sum), total.now.value, "{context}");
                    let before: f64 = of_groups.iter().filter_map(|one| one.previous.as_ref()?.value).sum();
                    let total_before = total.previous.as_ref().and_then(|one| one.value);
                    assert_eq!(before, total_before.unwrap_or(0.0), "{context}, before");
                }
            }
            for granularity in ["day", "week", "month"] {
                let asked = Asked { granularity: Some(granularity.to_owned()), ..by("none") };
                let series = ask(&database.db, report, &asked).await;
                assert_eq!(series.total, none.total, "{} by {granularity}", report.as_str());
                for figure in &series.total {
                    let rows: Vec<u64> = series.series.iter().filter_map(|piece| {
                        piece.figures.iter().find(|one| one.measure == figure.measure)
                    }).map(|one| one.now.rows).collect();
                    // The rows behind the load of people are people.
                    if figure.previous.is_some() && figure.measure != "review_load" {
                        assert_eq!(rows.iter().sum::<u64>(), figure.now.rows, "{} by {granularity}", figure.measure);
                    }
                }
            }
        }
    }

    async fn series_and_groups_asked_for_apart_say_the_same(database) {
        let world = World::generate(9);
        world.store(&database.db).await;
        let today = Today::load(&database.db, "2027-07-01T12:00:00Z".parse().unwrap()).await.unwrap();
        for report in ReportName::ALL {
            for grouping in report.groupings() {
                let asked = Asked { granularity: Some("month".to_owned()), ..by(grouping.as_str()) };
                let mut query = Query::parse(report, &asked, today.date()).unwrap();
                let mut together = run(&database.db, &query, &today).await.unwrap();
                query.series_of_groups = false;
                let apart = run(&database.db, &query, &today).await.unwrap();
                assert!(apart.groups.iter().all(|group| group.series.is_empty()));
                together.groups.iter_mut().for_each(|group| group.series.clear());
                assert_eq!(
                    serde_json::to_value(apart).unwrap(),
                    serde_json::to_value(together).unwrap(),
                    "{} by {}", report.as_str(), grouping.as_str()
                );
            }
        }
    }

    async fn figures_of_reviews_are_those_of_their_rows(database) {
        let world = World::generate(3);
        world.store(&database.db).await;
        let report = ask(&database.db, ReportName::Reviews, &by("pair")).await;
        let mut turnaround = Vec::new();
        let mut pairs: BTreeMap<(Option<String>, Option<String>), Vec<i64>> = BTreeMap::new();
        let mut load: BTreeMap<String, i64> = BTreeMap::new();
        for review in &world.reviews {
            if world.is_bot(review.reviewer) || !within(Some(review.day), day(FROM), day(TO)) {
                continue;
            }
            turnaround.push(review.turnaround);
            let reviewer = world.who(review.reviewer);
            if let Some(reviewer) = &reviewer {
                *load.entry(reviewer.clone()).or_default() += 1;
            }
            pairs.entry((reviewer, world.who(review.author))).or_default().push(review.turnaround);
        }
        assert_eq!(value(&report.total, "reviews"), Some(turnaround.len() as f64));
        assert_eq!(figure(&report.total, "review_turnaround").now, spread(turnaround));
        assert_eq!(value(&report.total, "reviewers"), Some(load.len() as f64));
        assert_eq!(figure(&report.total, "review_load").now, spread(load.values().copied().collect()));
        let mut most: Vec<i64> = load.into_values().collect();
        most.sort_unstable_by(|one, other| other.cmp(one));
        let fifth: i64 = most.iter().take(most.len().div_ceil(5)).sum();
        assert_eq!(
            value(&report.total, "busiest_fifth"),
            Some(fifth as f64 / most.iter().sum::<i64>() as f64)
        );
        let unreviewed = world.pulls.iter().filter(|pull| !world.is_bot(pull.author) && within(pull.merged, day(FROM), day(TO)));
        let (unreviewed, merged): (Vec<&Pull>, Vec<&Pull>) = unreviewed.partition(|pull| {
            pull.first_review.is_none() || pull.pickup_time > pull.ready_to_merge
        });
        assert_eq!(
            value(&report.total, "unreviewed_merges"),
            share(unreviewed.len(), unreviewed.len() + merged.len())
        );
        for group in &report.groups {
            let (reviewer, author) = group.name.split_once(" → ").unwrap();
            let known = |name: &str| (name != "(unknown)").then(|| name.to_owned());
            // A bot may be reviewed, and is called by the name of its account.
            let values = pairs.remove(&(known(reviewer), known(author))).unwrap_or_default();
            assert_eq!(figure(&group.figures, "review_turnaround").now, spread(values), "{}", group.name);
        }
        assert_eq!(pairs.into_keys().next(), None);
    }

    async fn figures_of_pipelines_are_those_of_their_rows(database) {
        let world = World::generate(4);
        world.store(&database.db).await;
        let report = ask(&database.db, ReportName::Pipelines, &asked()).await;
        let runs: Vec<_> = world.runs.iter().filter(|run| within(Some(run.day), day(FROM), day(TO))).collect();
        let count = |results: &[&str]| {
            runs.iter().filter(|run| run.result.is_some_and(|one| results.contains(&one))).count()
        };
        assert_eq!(value(&report.total, "runs"), Some(runs.len() as f64));
        assert_eq!(
            value(&report.total, "success_rate"),
            share(count(&["SUCCESSFUL"]), count(&["SUCCESSFUL", "FAILED", "ERROR"]))
        );
        assert_eq!(value(&report.total, "runs_stopped"), Some(count(&["STOPPED"]) as f64));
        assert_eq!(value(&report.total, "build_minutes"), Some(runs.len() as f64));
        let reruns = runs.iter().filter(|run| run.rerun).count();
        assert_eq!(value(&report.total, "rerun_rate"), share(reruns, runs.len()));
        let durations = runs.iter().filter(|run| run.result != Some("STOPPED")).map(|run| run.duration).collect();
        assert_eq!(figure(&report.total, "pipeline_duration").now, spread(durations));
    }

    async fn what_a_report_is_narrowed_down_to_is_all_that_counts(database) {
        let world = World::generate(5);
        world.store(&database.db).await;
        let db = &database.db;
        let text = |text: &str| vec![text.to_owned()];
        let human = |pull: &Pull| !world.is_bot(pull.author);
        for (case, asked, wanted) in [
            ("repository", Asked { repositories: text("repo-2"), ..asked() },
                &(|pull: &Pull, _| human(pull) && pull.repository == 2) as &dyn Fn(&Pull, NaiveDate) -> bool),
            ("project", Asked { projects: text("TWO"), ..asked() },
                &|pull, _| human(pull) && project_of(pull.repository) == Some(12)),
            ("both", Asked { projects: text("ONE"), repositories: text("acme/repo-4"), ..asked() },
                &|_, _| false),
            ("branch", Asked { branches: text("release"), ..asked() },
                &|pull, _| human(pull) && pull.branch == "release"),
            ("two accounts of one author", Asked { authors: text("Human 101"), ..asked() },
                &|pull, _| matches!(pull.author, Some(1 | 2))),
            ("team with those below", Asked { teams: text("tide"), ..asked() },
                &|pull, day| matches!(world.team_on(pull.author, day), Some(1 | 3))),
            ("bots too", Asked { bots: Some("include".to_owned()), ..asked() }, &|_, _| true),
            ("bots only", Asked { bots: Some("only".to_owned()), ..asked() }, &|pull, _| !human(pull)),
        ] {
            let report = ask(db, ReportName::PullRequests, &asked).await;
            compare(&report.total, &world, wanted, case);
        }
        let business = Asked { business_hours: true, ..asked() };
        let report = ask(db, ReportName::PullRequests, &business).await;
        let values = world.pulls.iter().filter(|pull| human(pull) && within(pull.merged, day(FROM), day(TO)));
        assert_eq!(
            figure(&report.total, "cycle_time").now,
            spread(values.filter_map(|pull| pull.cycle_time_business).collect())
        );
    }

    async fn nothing_is_no_zero(database) {
        let report = ask(&database.db, ReportName::PullRequests, &asked()).await;
        assert_eq!(value(&report.total, "merged"), Some(0.0));
        assert_eq!(value(&report.total, "merge_rate"), None);
        assert_eq!(figure(&report.total, "cycle_time").now.spread, None);
        assert_eq!(report.freshness.complete_to, None);
        let all = Asked { all_time: true, ..Asked::default() };
        for name in ReportName::ALL {
            let report = ask(&database.db, name, &all).await;
            assert_eq!(report.period.days(), 1, "{}", name.as_str());
            assert_eq!(report.previous, None);
        }
    }

    async fn all_time_begins_with_the_first_row(database) {
        let world = World::generate(6);
        world.store(&database.db).await;
        let all = Asked { all_time: true, group_by: Some("repository".to_owned()), ..Asked::default() };
        let report = ask(&database.db, ReportName::PullRequests, &all).await;
        assert_eq!(Some(report.period.from), world.pulls.iter().map(|pull| pull.created).min());
        assert_eq!(report.period.to, today());
        let values = world.pulls.iter().filter(|pull| !world.is_bot(pull.author));
        assert_eq!(
            figure(&report.total, "cycle_time").now,
            spread(values.filter_map(|pull| pull.cycle_time).collect())
        );
    }

    async fn the_account_says_when_yesterday_was(database) {
        let db = &database.db;
        let report = ask(db, ReportName::PullRequests, &Asked::default()).await;
        assert_eq!(report.period.to.to_string(), "2027-06-30", "at noon of 1 July in UTC");
        let mut tx = db.write().await.unwrap();
        let now = "2027-07-01T12:00:00Z".parse().unwrap();
        tx.set_setting("timezone", &"Pacific/Auckland".into(), now).await.unwrap();
        tx.commit().await.unwrap();
        let report = ask(db, ReportName::PullRequests, &Asked::default()).await;
        assert_eq!(report.period.to.to_string(), "2027-07-01", "at midnight of 2 July in Auckland");
    }

    async fn a_name_that_nothing_has_gets_the_nearest(database) {
        let world = World::generate(7);
        world.store(&database.db).await;
        let db = &database.db;
        let text = |text: &str| vec![text.to_owned()];
        for (asked, says) in [
            (Asked { repositories: text("acme/repo2"), ..asked() }, "did you mean acme/repo-"),
            (Asked { teams: text("Teid"), ..asked() }, "did you mean Tide?"),
            (Asked { authors: text("Humen 101"), ..asked() }, "did you mean Human 101?"),
        ] {
            let error = try_to_ask(db, ReportName::PullRequests, &asked).await.unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
        let error = try_to_ask(db, ReportName::Pipelines, &Asked { authors: text("Human 101"), ..asked() }).await;
        assert!(error.unwrap_err().to_string().contains("cannot be narrowed down by author"));
        let reviews = Asked { branches: text("main"), ..asked() };
        let report = ask(db, ReportName::Reviews, &reviews).await;
        assert!(report.total.iter().all(|one| one.measure != "reviews"));
        assert!(report.notes[0].contains("reviews"), "{:?}", report.notes);
    }

    async fn a_report_says_how_fresh_it_is(database) {
        let row = |id: i64, stream: &str, completed: &str| format!(
            "INSERT INTO sync_streams (id, connection_id, stream, state, completed_at) VALUES ({id}, 1, '{stream}', 'complete', {completed});"
        );
        let script = [
            row(1, "pull_requests", "'2027-06-02T00:00:00.000000Z'"),
            row(2, "activity", "'2027-06-01T00:00:00.000000Z'"),
            row(3, "comments", "'2027-06-03T00:00:00.000000Z'"),
            row(4, "pipelines", "NULL"),
        ];
        execute(&database.db, &script.concat()).await;
        let report = ask(&database.db, ReportName::PullRequests, &asked()).await;
        assert_eq!(report.freshness.complete_to, Some("2027-06-01T00:00:00Z".parse().unwrap()));
        let report = ask(&database.db, ReportName::Pipelines, &asked()).await;
        assert_eq!((report.freshness.complete_to, report.freshness.incomplete), (None, 1));
    }
}
