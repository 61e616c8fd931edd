//! What happens in Bitbucket between imports, and while one is under way.

use std::sync::{Arc, Mutex};

use emulator::{Fault, FaultKind, PipelineResult, World, WorldSpec};
use store::StreamState;
use sync::{Progress, StreamName, StreamProgress, import};
use testkit::both_engines;

use crate::measures::assert_measures;
use crate::story::{Story, all_tables, assert_same};
use crate::truth::assert_truth;

const ACTIVITY: &str = "/repositories/{workspace}/{repo}/pullrequests/activity";
const COMMENTS: &str = "/repositories/{workspace}/{repo}/pullrequests/{id}/comments";
const PULLS: &str = "/repositories/{workspace}/{repo}/pullrequests";

/// Requests of one kind in the last import.
fn sent(story: &Story, endpoint: &str) -> u64 {
    story
        .emulator
        .requests_by_endpoint()
        .get(endpoint)
        .copied()
        .unwrap_or(0)
}

async fn assert_right(story: &Story) {
    let truth = story.truth();
    assert_truth(story.db(), &truth).await;
    assert_measures(story.db(), &truth).await;
}

/// A comment that the feed hides, that was deleted, and whose author acted again leaves no trace in
/// any count or date that Bitbucket shows; it counts in no measure either. Everything else is there.
async fn assert_right_but_for_traceless(story: &Story) {
    let mut truth = story.truth();
    let held = testkit::dump(story.db(), &model::rows::CommentRow::TABLE).await;
    let comments = truth["bitbucket_pull_comments"].as_array_mut().unwrap();
    let all = comments.len();
    comments.retain(|row| {
        let id: i64 = row["source_id"].as_str().unwrap().parse().unwrap();
        row["deleted"] == false || held.contains_key(&model::Id::comment(id).0)
    });
    println!(
        "{} hidden and deleted comments leave no trace, of {all}",
        all - comments.len()
    );
    assert_truth(story.db(), &truth).await;
    assert_measures(story.db(), &truth).await;
}

/// A repository with its first pull request that is open and has a comment which is not deleted,
/// and that comment.
fn with_a_comment(world: &World) -> (String, u64, i64) {
    let truth = world.truth();
    let comments = truth["bitbucket_pull_comments"].as_array().unwrap();
    let comment = comments
        .iter()
        .find(|row| row["deleted"] == false && row["resolved_at"].is_null())
        .unwrap();
    (
        comment["repository"].as_str().unwrap().to_owned(),
        comment["number"].as_u64().unwrap(),
        comment["source_id"].as_str().unwrap().parse().unwrap(),
    )
}

/// The name of a member.
fn member(world: &World) -> String {
    world.members().next().unwrap().uuid.clone()
}

/// One repository in which an hour brings more than a page of entries, so that old ones lie deep.
fn deep(end: model::Instant) -> WorldSpec {
    WorldSpec::uniform(1, 60, end)
}

both_engines! {
    async fn comments_that_the_feed_hides_are_found(database) {
        let story = Story::of(database, WorldSpec::small, |world| {
            world.quirks.hide_every_nth_comment_from_feed = Some(7);
        })
        .await;
        let summary = story.import().await;
        let comments = sent(&story, COMMENTS);
        println!("every 7th comment hidden: {comments} of {} requests for comments", summary.requests);
        assert!(comments > 0);
        assert_eq!(summary.explained, []);
        assert_right_but_for_traceless(&story).await;
        // What was repaired once is not read again.
        let again = story.requests_of_import().await;
        assert_eq!(again.get(COMMENTS), None, "{again:?}");
    }

    async fn an_edited_comment_is_read_again(database) {
        let story = Story::of(database, deep, |_| {}).await;
        story.import().await;
        story.later(|world| {
            let (repository, number, id) = with_a_comment(world);
            world.edit_comment(&repository, number, id, "said better").unwrap();
        });
        let requests = story.requests_of_import().await;
        println!("a comment edited: {requests:?}");
        assert_eq!((requests[COMMENTS], requests.values().sum::<u64>()), (1, 8));
        assert_right(&story).await;
    }

    async fn a_resolved_comment_is_read_again_and_so_is_a_reopened_one(database) {
        let story = Story::of(database, deep, |_| {}).await;
        story.import().await;
        let (repository, number, id) = with_a_comment(&story.emulator.world());
        story.later(|world| {
            let who = member(world);
            world.resolve_comment(&repository, number, id, &who).unwrap();
        });
        let requests = story.requests_of_import().await;
        println!("a comment resolved: {requests:?}");
        assert_eq!(requests[COMMENTS], 1);
        assert_right(&story).await;
        story.later(|world| world.reopen_comment(&repository, number, id).unwrap());
        story.import().await;
        assert_right(&story).await;
    }

    async fn a_deleted_comment_is_read_again(database) {
        for counted in [false, true] {
            let story = Story::of(fresh(&database).await, deep, |world| {
                world.quirks.count_deleted_comments = counted;
            })
            .await;
            story.import().await;
            story.later(|world| {
                let (repository, number, id) = with_a_comment(world);
                world.delete_comment(&repository, number, id).unwrap();
            });
            let requests = story.requests_of_import().await;
            println!("a comment deleted (counted: {counted}): {requests:?}");
            assert_eq!(requests[COMMENTS], 1);
            assert_right(&story).await;
        }
    }

    async fn a_deletion_does_not_hide_behind_a_later_comment(database) {
        for counted in [false, true] {
            let story = Story::of(fresh(&database).await, deep, |world| {
                world.quirks.count_deleted_comments = counted;
            })
            .await;
            story.import().await;
            story.later(|world| {
                let (repository, number, id) = with_a_comment(world);
                let who = member(world);
                world.delete_comment(&repository, number, id).unwrap();
                world.comment(&repository, number, &who, "and another").unwrap();
            });
            let requests = story.requests_of_import().await;
            println!("a comment deleted and another added (counted: {counted}): {requests:?}");
            assert_eq!(requests[COMMENTS], 1);
            assert_right(&story).await;
        }
    }

    async fn a_pull_request_that_moves_to_another_page_during_the_walk_is_not_lost(database) {
        let story = Story::of(database, |end| WorldSpec::uniform(1, 170, end), |_| {}).await;
        story.clock.advance_seconds(60);
        story.emulator.reset_requests();
        let moving = Arc::new(Moving::of(&story));
        let clock = Arc::new(story.clock.clone());
        let db = story.db();
        let options = story.options.clone();
        let summary = import(db, story.client(), clock, moving.clone(), options).await.unwrap();
        assert!(summary.complete);
        assert!(moving.moved(), "nothing was moved while the walk was under way");
        println!("moved during the walk: {} pages of pull requests", sent(&story, PULLS));
        story.import().await;
        assert_right(&story).await;
    }

    async fn a_listing_that_fails_when_it_is_sorted_is_read_unsorted(database) {
        let story = Story::of(database, WorldSpec::small, |world| {
            world.quirks.sorted_pull_requests_fail = true;
            world.quirks.shuffle_default_order = true;
        })
        .await;
        story.import().await;
        assert_right(&story).await;
        story.later(|world| {
            let (repository, number, _) = with_a_comment(world);
            let who = member(world);
            world.comment(&repository, number, &who, "one more").unwrap();
        });
        story.import().await;
        assert_right(&story).await;
    }

    async fn a_stale_cursor_begins_the_walk_anew(database) {
        let story = Story::of(database, deep, |_| {}).await;
        story.emulator.inject(Fault::on("ctx=", FaultKind::InvalidPage).nth(3));
        story.import().await;
        println!("a stale cursor: {} pages of the feed", sent(&story, ACTIVITY));
        assert_right(&story).await;
    }

    async fn votes_reviewers_names_and_members_change(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        let (repository, author, other, third) = {
            let world = story.emulator.world();
            let mut members = world.members().map(|account| account.uuid.clone());
            let repository = world.repositories()[0].slug.clone();
            (repository, members.next().unwrap(), members.next().unwrap(), members.next().unwrap())
        };
        story.import().await;
        let number = story.emulator.world().open_draft(&repository, &author).unwrap();
        story.later(|world| {
            world.change_reviewers(&repository, number, &author, &[&other, &third], &[]).unwrap();
        });
        story.later(|world| world.mark_ready(&repository, number, &author).unwrap());
        story.later(|world| world.approve(&repository, number, &other).unwrap());
        story.import().await;
        assert_right(&story).await;
        story.later(|world| world.unapprove(&repository, number, &other).unwrap());
        story.later(|world| world.change_reviewers(&repository, number, &author, &[], &[&third]).unwrap());
        story.later(|world| {
            world.rename_person(&author, "Somebody Else").unwrap();
            world.remove_member(&third).unwrap();
        });
        story.import().await;
        assert_right(&story).await;
        story.later(|world| {
            world.push(&repository, number, &author).unwrap();
        });
        story.later(|world| world.request_changes(&repository, number, &other).unwrap());
        story.later(|world| world.approve(&repository, number, &other).unwrap());
        story.later(|world| {
            world.merge(&repository, number, &other).unwrap();
        });
        story.import().await;
        assert_right(&story).await;
    }

    async fn pipelines_end_after_they_were_first_seen(database) {
        let story = Story::of(database, deep, |_| {}).await;
        let repository = story.emulator.world().repositories()[0].slug.clone();
        let who = member(&story.emulator.world());
        story.later(|world| {
            world.start_pipeline(&repository, &who).unwrap();
        });
        let uuid = story.emulator.world().start_pipeline(&repository, &who).unwrap();
        story.import().await;
        assert_right(&story).await;
        story.later(|world| {
            world.finish_pipeline(&repository, &uuid, PipelineResult::Failed).unwrap();
            world.start_pipeline(&repository, &who).unwrap();
        });
        story.import().await;
        assert_right(&story).await;
    }

    async fn a_run_that_is_cut_short_goes_on_where_it_was(database) {
        let mut story = Story::of(database, |end| WorldSpec::uniform(2, 120, end), |_| {}).await;
        // Three pages of the first feed come, then nothing does.
        story.emulator.inject(Fault::on("/activity", FaultKind::Status(503, "down".to_owned())).nth(4).always());
        story.clock.advance_seconds(60);
        let summary = story.try_import().await.unwrap();
        assert!(!summary.complete);
        let streams = story.db().streams(1).await.unwrap();
        assert!(streams.iter().any(|stream| stream.state == StreamState::Failed && stream.cursor.is_some()));
        story.emulator.clear_faults();
        story.emulator.reset_requests();
        story.options.run_token = "run-2".to_owned();
        story.import().await;
        let pages = sent(&story, ACTIVITY);
        println!("after the failure: {pages} pages of the feeds, of 30");
        assert!(pages <= 27, "finished pages were fetched again: {pages}");
        assert_right(&story).await;
    }

    async fn any_order_of_streams_ends_in_the_same_rows(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        for streams in [
            &[StreamName::Workspace, StreamName::Repositories][..],
            &[StreamName::Activity],
            &[StreamName::Pipelines],
            &[StreamName::PullRequests],
            &[StreamName::Deployments],
            &[StreamName::Commits, StreamName::Environments],
            &[StreamName::Members],
            &[StreamName::Comments],
        ] {
            story.only(streams);
            story.import().await;
        }
        assert_right(&story).await;
        let other = Story::of(fresh(&story.database).await, WorldSpec::small, |_| {}).await;
        other.import().await;
        assert_same(&all_tables(story.db()).await, &all_tables(other.db()).await);
    }
}

/// Another database of the same engine.
pub(crate) async fn fresh(database: &testkit::TestDatabase) -> testkit::TestDatabase {
    if database.address.starts_with("sqlite") {
        testkit::sqlite().await
    } else {
        testkit::postgres().await
    }
}

/// Comments on the pull request that was updated first, as soon as the first page of pull requests
/// is there: it moves to the end of the listing.
struct Moving {
    world: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Moving {
    fn of(story: &Story) -> Self {
        let emulator = Arc::clone(&story.emulator);
        let act = move || {
            let mut world = emulator.world();
            let (repository, number) = {
                let truth = world.truth();
                let pulls = truth["bitbucket_pulls"].as_array().unwrap();
                let first = pulls
                    .iter()
                    .min_by_key(|row| row["updated_at"].as_str())
                    .unwrap();
                (
                    first["repository"].as_str().unwrap().to_owned(),
                    first["number"].as_u64().unwrap(),
                )
            };
            let who = member(&world);
            world
                .comment(&repository, number, &who, "moving on")
                .unwrap();
        };
        Self {
            world: Mutex::new(Some(Box::new(act))),
        }
    }

    fn moved(&self) -> bool {
        self.world.lock().unwrap().is_none()
    }
}

impl Progress for Moving {
    fn advanced(&self, progress: &StreamProgress) {
        if progress.stream == StreamName::PullRequests
            && progress.requests == 1
            && let Some(act) = self.world.lock().unwrap().take()
        {
            act();
        }
    }
}
