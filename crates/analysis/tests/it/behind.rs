//! Whoever follows a figure finds the rows that it counts.

use analysis::{
    Asked, Behind, Figure, Group, Listed, Period, PullList, PullsAsked, PullsQuery, Query, Report,
    ReportName, Today, list_pulls, run,
};
use model::Instant;
use store::Db;
use testkit::both_engines;

use crate::world::World;

async fn today(db: &Db) -> Today {
    let now: Instant = "2027-07-01T12:00:00Z".parse().unwrap();
    Today::load(db, now).await.unwrap()
}

async fn report(db: &Db, name: ReportName, asked: &Asked) -> Report {
    let today = today(db).await;
    let query = Query::parse(name, asked, today.date()).unwrap();
    run(db, &query, &today).await.unwrap()
}

async fn listed(db: &Db, question: &[(&str, &str)]) -> PullList {
    let query = PullsQuery::parse(&PullsAsked::read(question.iter().copied())).unwrap();
    list_pulls(db, &query, &today(db).await).await.unwrap()
}

/// Holds the list behind a figure against it; the result is whether there was one to hold.
async fn hold(
    db: &Db,
    report: &Report,
    figure: &Figure,
    period: Period,
    group: Option<&Group>,
) -> bool {
    let Some(Behind {
        listed: Listed::PullRequests,
        question,
        exact: true,
    }) = report.behind(figure.measure, period, group)
    else {
        return false;
    };
    let question: Vec<(&str, &str)> = question
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let found = listed(db, &question).await;
    // A number of those that are open leads to themselves, anything else to all that it is made of.
    let is_part = [
        "draft_now",
        "waiting_for_review_now",
        "open_over_7_days",
        "open_over_30_days",
    ];
    let expected = if is_part.contains(&figure.measure) {
        figure.now.value.unwrap()
    } else {
        figure.now.rows as f64
    };
    assert_eq!(
        found.count.unwrap() as f64,
        expected,
        "{} of {:?} in {period:?}: {question:?}",
        figure.measure,
        group.map(|group| &group.name),
    );
    assert_eq!(found.lines.len() as f64, expected.min(50.0), "{question:?}");
    true
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

both_engines! {
    async fn a_list_has_as_many_rows_as_the_figure_that_leads_to_it(database) {
        let db = &database.db;
        World::generate(7).store(db).await;
        let mut held = 0;
        let narrowed = |asked: &mut Asked, number: usize| match number {
            1 => asked.projects = vec!["ONE".to_owned()],
            2 => asked.teams = vec!["Tide".to_owned()],
            3 => asked.bots = text("include"),
            4 => asked.authors = vec!["Human 101".to_owned(), "Person 8".to_owned()],
            _ => {}
        };
        for (name, grouping, number) in [
            (ReportName::PullRequests, "repository", 0),
            (ReportName::PullRequests, "project", 3),
            (ReportName::PullRequests, "team", 0),
            (ReportName::PullRequests, "author", 1),
            (ReportName::PullRequests, "branch", 4),
            (ReportName::PullRequests, "repository", 2),
            (ReportName::Reviews, "team", 0),
            (ReportName::Reviews, "author", 3),
            (ReportName::People, "person", 0),
            (ReportName::Repositories, "project", 0),
        ] {
            let mut asked = Asked {
                from: text("2027-04-11"),
                to: text("2027-06-20"),
                group_by: text(grouping),
                granularity: text("month"),
                ..Asked::default()
            };
            narrowed(&mut asked, number);
            let report = report(db, name, &asked).await;
            for figure in &report.total {
                held += usize::from(hold(db, &report, figure, report.period, None).await);
            }
            for group in &report.groups {
                for figure in &group.figures {
                    held += usize::from(hold(db, &report, figure, report.period, Some(group)).await);
                }
            }
            for figure in &report.series[1].figures {
                held += usize::from(hold(db, &report, figure, report.series[1].period, None).await);
            }
        }
        assert!(held > 500, "{held} figures were held");
    }

    async fn a_list_goes_on_where_the_page_before_ended(database) {
        let db = &database.db;
        let world = World::generate(8);
        world.store(db).await;
        for sort in ["updated", "opened", "oldest", "closed", "cycle-time", "size"] {
            let mut seen: Vec<i64> = Vec::new();
            let mut after = String::new();
            loop {
                let found = listed(db, &[("sort", sort), ("after", &after)]).await;
                seen.extend(found.lines.iter().map(|line| line.id.0));
                match found.next {
                    Some(next) => after = next,
                    None => break,
                }
            }
            let all = match sort {
                "closed" => world.pulls.iter().filter(|pull| pull.closed.is_some()).count(),
                "cycle-time" => world.pulls.iter().filter(|pull| pull.cycle_time.is_some()).count(),
                "size" => world.pulls.iter().filter(|pull| pull.size.is_some()).count(),
                _ => world.pulls.len(),
            };
            assert_eq!(seen.len(), all, "{sort}");
            let key = |id: &i64| {
                let pull = world.pulls.iter().find(|pull| pull.id == *id).unwrap();
                match sort {
                    "opened" => (pull.created.to_string(), 0),
                    "closed" => (pull.closed.unwrap().to_string(), 0),
                    "cycle-time" => (String::new(), pull.cycle_time.unwrap()),
                    "size" => (String::new(), pull.size.unwrap()),
                    _ => (pull.closed.unwrap_or(pull.created).to_string(), 0),
                }
            };
            if sort != "oldest" {
                assert!(seen.windows(2).all(|pair| key(&pair[0]) >= key(&pair[1])), "{sort}");
            }
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), all, "{sort}: each once");
        }
    }

    async fn words_numbers_and_names_are_found(database) {
        let db = &database.db;
        let world = World::generate(9);
        world.store(db).await;
        let ids = async |words: &str| -> Vec<i64> {
            let found = listed(db, &[("q", words), ("sort", "opened")]).await;
            assert_eq!(found.count, None);
            found.lines.iter().map(|line| line.id.0).collect()
        };
        assert!(ids("CHANGE 17 tide").await.contains(&17));
        assert!(ids("#17").await.contains(&17));
        for nothing in ["100%", "_hange", "' OR 1=1 --", "\u{202e}", "!"] {
            assert_eq!(ids(nothing).await, [] as [i64; 0], "{nothing}");
        }
        let named: Vec<i64> = ids("repo-3").await;
        assert!(!named.is_empty());
        for id in named {
            let pull = world.pulls.iter().find(|pull| pull.id == id).unwrap();
            assert_eq!(pull.repository, 3);
        }
        assert!(ids(&"x".repeat(10_000)).await.is_empty());
    }
}

#[test]
fn what_cannot_be_meant_is_said() {
    for (question, part) in [
        (("state", "opened"), "did you mean open?"),
        (("sort", "largest"), "There are updated, opened"),
        (("merged-from", "yesterday"), "write it as 2027-01-31"),
        (("older-than", "-3"), "no number of days"),
        (("with", "cycle-time"), "did you mean cycle_time?"),
    ] {
        let error = PullsQuery::parse(&PullsAsked::read([question])).unwrap_err();
        assert!(error.to_string().contains(part), "{question:?}: {error}");
    }
    // A place that nobody gave is the beginning.
    assert!(PullsQuery::parse(&PullsAsked::read([("after", "x~y")])).is_ok());
}
