//! Each way in which an answer can go wrong: the data ends whole, or the error is clear and nothing
//! is lost.

use std::time::Duration;

use emulator::{Fault, FaultKind, NextLink, RateLimit, RetryAfter, WorldSpec};
use model::rows::{CommentRow, EventRow, PullRow, ReviewRow};
use sync::StreamName;
use testkit::both_engines;

use crate::measures::assert_measures;
use crate::story::{Story, all_tables, assert_same};
use crate::truth::{assert_table, assert_truth};

/// Two repositories with several pages of everything.
fn paged(end: model::Instant) -> WorldSpec {
    WorldSpec {
        repositories: 2,
        pull_requests: 190,
        ..WorldSpec::small(end)
    }
}

/// A part of the address of each kind of listing.
const LISTINGS: [&str; 6] = [
    "/members",
    "/pullrequests?",
    "/activity",
    "/comments",
    "/pipelines/",
    "/commits",
];

async fn assert_right(story: &Story) {
    let truth = story.truth();
    assert_truth(story.db(), &truth).await;
    assert_measures(story.db(), &truth).await;
}

/// An import during which this goes wrong once with every kind of listing.
async fn once_everywhere(story: &Story, kind: &FaultKind) {
    for part in LISTINGS {
        story.emulator.inject(Fault::on(part, kind.clone()));
    }
    story.import().await;
    assert_right(story).await;
}

both_engines! {
    async fn what_passes_is_asked_for_again(database) {
        let mut story = Story::of(database, paged, |_| {}).await;
        story.options.full = true;
        for kind in [
            FaultKind::Status(500, "oops".to_owned()),
            FaultKind::Status(502, "<html>bad gateway</html>".to_owned()),
            FaultKind::Html(200),
            FaultKind::Html(502),
            FaultKind::Garbage,
            FaultKind::Truncated,
            FaultKind::RateLimited,
            FaultKind::RateLimitedFor { seconds: 90, told: RetryAfter::Missing },
            FaultKind::RateLimitedFor { seconds: 90, told: RetryAfter::Seconds },
            FaultKind::RateLimitedFor { seconds: 90, told: RetryAfter::HttpDate },
            FaultKind::RepeatedRow,
            FaultKind::Bloated { bytes: 2_000_000 },
            FaultKind::ClockSkew { seconds: 7_200 },
            FaultKind::ClockSkew { seconds: -7_200 },
        ] {
            println!("{kind:?}");
            once_everywhere(&story, &kind).await;
        }
    }

    async fn a_cursor_or_a_link_that_leads_nowhere_begins_the_walk_anew(database) {
        let mut story = Story::of(database, paged, |_| {}).await;
        story.options.full = true;
        for kind in [
            FaultKind::InvalidPage,
            FaultKind::Next(NextLink::Malformed),
            FaultKind::Next(NextLink::OtherHost),
            FaultKind::Next(NextLink::OtherPort),
            FaultKind::Next(NextLink::UserInfo),
        ] {
            println!("{kind:?}");
            story.emulator.inject(Fault::on("/activity", kind.clone()).nth(2));
            story.emulator.inject(Fault::on("/commits", kind.clone()));
            story.import().await;
            assert_right(&story).await;
        }
    }

    async fn a_link_that_leads_elsewhere_for_ever_fails_its_stream_and_no_other(database) {
        let mut story = Story::of(database, paged, |_| {}).await;
        let elsewhere = FaultKind::Next(NextLink::OtherHost);
        story.emulator.inject(Fault::on("/pullrequests/activity", elsewhere).always());
        let summary = story.try_import().await.unwrap();
        let failed: Vec<StreamName> =
            summary.problems.iter().map(|problem| problem.stream).collect();
        assert_eq!(failed, [StreamName::Activity, StreamName::Activity]);
        assert!(summary.problems[0].problem.contains("next page"), "{:?}", summary.problems);
        story.emulator.clear_faults();
        story.options.run_token = "run-2".to_owned();
        story.import().await;
        assert_right(&story).await;
    }

    async fn a_hanging_request_is_given_up_and_asked_again(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.request_timeout = Duration::from_millis(700);
        story.emulator.inject(Fault::on("/activity", FaultKind::Hang));
        story.emulator.inject(Fault::on("/pullrequests?", FaultKind::Hang));
        story.import().await;
        assert_right(&story).await;
    }

    async fn a_row_that_a_page_drops_is_found(database) {
        let mut story = Story::of(database, paged, |_| {}).await;
        story.options.full = true;
        for part in ["/members", "/pullrequests?", "/comments", "/pipelines/"] {
            println!("{part}");
            story.emulator.inject(Fault::on(part, FaultKind::DroppedRow).times(1));
            story.import().await;
            assert_right(&story).await;
        }
    }

    async fn a_comment_or_vote_that_the_feed_drops_is_found(database) {
        let story = Story::of(database, paged, |_| {}).await;
        story.emulator.inject(Fault::on("/pullrequests/activity", FaultKind::DroppedRow).times(4));
        story.import().await;
        let truth = story.truth();
        assert_table(story.db(), &truth, &CommentRow::TABLE).await;
        let other = Story::of(testkit::sqlite().await, paged, |_| {}).await;
        other.import().await;
        let (held, whole) = (
            testkit::dump(story.db(), &ReviewRow::TABLE).await,
            testkit::dump(other.db(), &ReviewRow::TABLE).await,
        );
        assert_eq!(held, whole);
    }

    async fn a_push_or_a_change_of_draft_that_the_feed_drops_is_found(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.import().await;
        let (repository, who) = {
            let world = story.emulator.world();
            let repository = world.repositories()[0].slug.clone();
            (repository, world.members().next().unwrap().uuid.clone())
        };
        let number = story.emulator.world().open_draft(&repository, &who).unwrap();
        story.import().await;
        story.later(|world| drop(world.push(&repository, number, &who).unwrap()));
        story.emulator.inject(Fault::on("/pullrequests/activity", FaultKind::DroppedRow));
        let own = format!("/pullrequests/{number}/activity");
        for what in ["a push", "a change of draft"] {
            story.emulator.reset_requests();
            let summary = story.import().await;
            assert_eq!(summary.explained, [], "{what}");
            let asked = story.emulator.requests().into_iter();
            assert_eq!(asked.filter(|request| request.path.ends_with(&own)).count(), 1, "{what}");
            assert_right(&story).await;
            story.later(|world| world.mark_ready(&repository, number, &who).unwrap());
            story.emulator.inject(Fault::on("/pullrequests/activity", FaultKind::DroppedRow));
        }
    }

    async fn a_feed_without_updates_is_made_up_for_where_it_can_be_told(database) {
        let story = Story::of(database, WorldSpec::small, |world| {
            world.quirks.feed_hides_updates = true;
        })
        .await;
        let summary = story.import().await;
        assert_eq!(summary.explained, []);
        let truth = story.truth();
        assert_table(story.db(), &truth, &CommentRow::TABLE).await;
        // The newest commit of each open pull request has its entry.
        let events = testkit::dump(story.db(), &EventRow::TABLE).await;
        for pull in testkit::dump(story.db(), &PullRow::TABLE).await.values() {
            let commit = &pull["source_commit_sha"];
            let told = |row: &serde_json::Map<String, serde_json::Value>| {
                row["pull_id"] == pull["id"] && row["source_commit_sha"] == *commit
            };
            assert!(pull["state"] != "OPEN" || commit.is_null() || events.values().any(told), "{pull:?}");
        }
    }

    async fn a_smaller_page_is_taken_when_bitbucket_insists(database) {
        let story = Story::of(database, paged, |_| {}).await;
        story.emulator.inject(Fault::on("", FaultKind::MaxPageLength(20)).always());
        story.import().await;
        assert_right(&story).await;
    }

    async fn dates_and_uuids_in_every_form_are_the_same_rows(database) {
        let odd = Story::of(database, paged, |world| {
            world.quirks.dates_in_every_form = true;
            world.quirks.bare_uuids_inside = true;
        })
        .await;
        odd.import().await;
        assert_right(&odd).await;
        let plain = Story::of(testkit::sqlite().await, paged, |_| {}).await;
        plain.import().await;
        assert_same(&all_tables(odd.db()).await, &all_tables(plain.db()).await);
    }

    async fn numbers_at_their_limits_are_kept(database) {
        let story = Story::of(database, WorldSpec::small, |world| {
            world.number_comments_from(i64::MAX - 1_000_000);
            world.number_pull_requests_from("mission-control", 2_147_483_000).unwrap();
        })
        .await;
        let (repository, who) = {
            let world = story.emulator.world();
            let repository = world.repository("mission-control").unwrap().slug.clone();
            (repository, world.members().next().unwrap().uuid.clone())
        };
        story.later(|world| {
            let number = world.open_pull_request(&repository, &who).unwrap();
            world.comment(&repository, number, &who, "far out").unwrap();
        });
        story.import().await;
        assert_right(&story).await;
    }

    async fn an_answer_of_forty_megabytes_is_taken(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.emulator.inject(Fault::on("/pullrequests?", FaultKind::Bloated { bytes: 40_000_000 }));
        story.import().await;
        assert_right(&story).await;
    }

    async fn a_limit_that_is_met_all_the_time_loses_nothing(database) {
        let mut story = Story::of(database, paged, |_| {}).await;
        let limit = RateLimit { limit: 7, retry_after: RetryAfter::HttpDate, ..RateLimit::default() };
        story.emulator.set_rate_limit(limit);
        story.options.concurrency = 3;
        story.import().await;
        assert_right(&story).await;
    }
}

#[tokio::test]
async fn a_merge_commit_that_cannot_be_read_is_set_aside_and_its_stream_ends() {
    let story = Story::of(testkit::sqlite().await, WorldSpec::small, |_| {}).await;
    let truth = story.truth();
    let pulls = truth["bitbucket_pulls"].as_array().unwrap();
    let sha = pulls
        .iter()
        .find_map(|row| row["merge_commit_sha"].as_str())
        .unwrap();
    let broken = FaultKind::BrokenOf {
        uuid: sha.to_owned(),
        pointer: "/hash".to_owned(),
        with: Some(serde_json::json!(7)),
    };
    story.emulator.inject(Fault::on("/commit", broken).always());
    let summary = story.import().await;
    assert_eq!(
        summary.rejects, 2,
        "in the listing and by itself: {summary:?}"
    );
    let asked = story.emulator.requests();
    let alone = format!("/commit/{sha}");
    assert_eq!(
        asked
            .iter()
            .filter(|one| one.path.ends_with(&alone))
            .count(),
        1
    );
}
