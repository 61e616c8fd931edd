//! What Bitbucket tells by itself, with polling as the judge.

mod month;
mod recorded;
mod repositories;
mod same;
mod told;

use std::time::Duration;

use emulator::{Anchor, Delivery, PipelineResult, World, WorldSpec};
use model::rows::{CommentRow, EventRow, PullRow, ReviewerRow};
use model::{Clock, Id, Uuid};
use store::{DELIVERY_PURPOSE, DeliveryOutcome, NewDelivery, Vault};
use sync::inbox::forget;
use sync::{Intervals, Pace, next_due};
use testkit::both_engines;

use crate::truth::assert_table;
use told::Told;

/// The first repository, and three of its people.
fn cast(told: &Told) -> (String, [String; 3]) {
    let world = told.story.emulator.world();
    let mut members = world.members().map(|account| account.uuid.clone());
    let mut member = || members.next().unwrap();
    let people = [member(), member(), member()];
    (world.repositories()[0].uuid.clone(), people)
}

both_engines! {
    async fn every_change_arrives_and_ends_as_polling_finds_it(database) {
        let told = Told::of(database, WorldSpec::small).await;
        let (repo, [author, other, third]) = cast(&told);
        let repo = repo.as_str();
        let db = told.story.db();
        let mut number = 0;
        told.hear(|world| number = world.open_draft(repo, &author).unwrap()).await;
        let id = Id::pull(&Uuid::parse(repo).unwrap(), i64::try_from(number).unwrap()).0;
        let pull = async || testkit::dump(db, &PullRow::TABLE).await.remove(&id).unwrap();
        assert_eq!((&pull().await["state"], &pull().await["draft"]), (&"OPEN".into(), &true.into()));
        told.hear(|world| world.mark_ready(repo, number, &author).unwrap()).await;
        assert_eq!(pull().await["draft"], false);
        told.hear(|world| world.retitle(repo, number, &author, "Better").unwrap()).await;
        assert_eq!(pull().await["title"], "Better");
        told.hear(|world| world.change_reviewers(repo, number, &author, &[&other, &third], &[]).unwrap()).await;
        assert_table(db, &told.story.truth(), &ReviewerRow::TABLE).await;
        told.hear(|world| world.approve(repo, number, &other).unwrap()).await;
        assert!(!pull().await["first_approval_at"].is_null());
        assert_table(db, &told.story.truth(), &ReviewerRow::TABLE).await;
        told.hear(|world| world.request_changes(repo, number, &third).unwrap()).await;
        told.hear(|world| world.withdraw_change_request(repo, number, &third).unwrap()).await;
        assert_table(db, &told.story.truth(), &ReviewerRow::TABLE).await;
        told.hear(|world| world.unapprove(repo, number, &other).unwrap()).await;
        told.hear(|world| world.push(repo, number, &author).unwrap()).await;
        told.hear(|world| world.force_push(repo, number, &author).unwrap()).await;
        let mut comment = 0;
        told.hear(|world| comment = world.comment(repo, number, &other, "why?").unwrap()).await;
        told.hear(|world| world.reply(repo, number, &author, "so", comment).unwrap()).await;
        let anchor = Anchor { path: "src/main.rs".to_owned(), from: None, to: Some(3) };
        told.hear(|world| world.comment_inline(repo, number, &other, "here", anchor).unwrap()).await;
        assert_table(db, &told.story.truth(), &CommentRow::TABLE).await;
        told.hear(|world| world.edit_comment(repo, number, comment, "why not?").unwrap()).await;
        assert_table(db, &told.story.truth(), &CommentRow::TABLE).await;
        told.hear(|world| world.resolve_comment(repo, number, comment, &author).unwrap()).await;
        told.hear(|world| world.reopen_comment(repo, number, comment).unwrap()).await;
        told.hear(|world| world.delete_comment(repo, number, comment).unwrap()).await;
        assert_table(db, &told.story.truth(), &CommentRow::TABLE).await;
        told.hear(|world| world.merge(repo, number, &author).unwrap()).await;
        assert_eq!(pull().await["state"], "MERGED");
        told.hear(|world| {
            let number = world.open_pull_request(repo, &author).unwrap();
            world.decline(repo, number, &author, "not now").unwrap();
        })
        .await;
        told.hear(|world| world.add_commit(repo, &author).unwrap()).await;
        told.hear(|world| {
            let uuid = world.start_pipeline(repo, &author).unwrap();
            world.finish_pipeline(repo, &uuid, PipelineResult::Failed).unwrap();
        })
        .await;
        told.hear(|world| world.create_repository("brand-new")).await;
        told.hear(|world| {
            let key = project_key(world);
            world.rename_project(&key, "Another name").unwrap();
        })
        .await;
        told.judge().await;
        assert_eq!(told.missed().await, 0, "every change was announced");
        // Bitbucket has forgotten both votes; their deliveries have not.
        let events = testkit::dump(db, &EventRow::TABLE).await;
        let kinds = |kind: &str| events.values().filter(|row| row["pull_id"] == id && row["kind"] == kind).count();
        assert_eq!((kinds("unapproval"), kinds("changes_request_removed")), (1, 1));
        assert_eq!((kinds("approval"), kinds("changes_requested")), (1, 1));
    }

    async fn doubled_shuffled_and_late_deliveries_end_the_same(database) {
        let told = Told::of(database, WorldSpec::small).await;
        let (repo, [author, other, _]) = cast(&told);
        let repo = repo.as_str();
        let mut deliveries = Vec::new();
        let mut number = 0;
        deliveries.extend(told.later(|world| number = world.open_pull_request(repo, &author).unwrap()));
        deliveries.extend(told.later(|world| world.approve(repo, number, &other).unwrap()));
        deliveries.extend(told.later(|world| world.retitle(repo, number, &author, "Second").unwrap()));
        deliveries.extend(told.later(|world| world.comment(repo, number, &other, "hm").unwrap()));
        deliveries.extend(told.later(|world| world.unapprove(repo, number, &other).unwrap()));
        deliveries.extend(told.later(|world| world.retitle(repo, number, &author, "Third").unwrap()));
        deliveries.extend(told.later(|world| world.merge(repo, number, &author).unwrap()));
        // The newest first, and each twice.
        deliveries.reverse();
        let twice: Vec<Delivery> = deliveries.iter().flat_map(|one| [one.clone(), one.clone()]).collect();
        let drained = told.arrive(&twice).await;
        assert_eq!(drained.all(), u64::try_from(deliveries.len()).unwrap());
        assert!(told.all().await.iter().all(|one| one.doubles == 1));
        let id = Id::pull(&Uuid::parse(repo).unwrap(), i64::try_from(number).unwrap()).0;
        let pulls = testkit::dump(told.story.db(), &PullRow::TABLE).await;
        assert_eq!((&pulls[&id]["title"], &pulls[&id]["state"]), (&"Third".into(), &"MERGED".into()));
        // What polling has found in the meantime makes them old news, and nothing else.
        told.story.import().await;
        let ids: Vec<i64> = told.all().await.iter().map(|one| one.id).collect();
        let before = crate::story::all_tables(told.story.db()).await;
        let mut tx = told.story.db().write().await.unwrap();
        tx.replay_deliveries(&ids).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(told.drain().await.all(), drained.all());
        crate::story::assert_same(&before, &crate::story::all_tables(told.story.db()).await);
        told.judge().await;
    }

    async fn what_a_payload_lacks_is_read_at_once(database) {
        let mut told = Told::of(database, WorldSpec::small).await;
        let (repo, [author, _, _]) = cast(&told);
        told.story.options.pace = Pace::Due(Intervals::default());
        assert!(told.story.requests_of_import().await.is_empty(), "nothing is due a minute later");
        told.later_at_once(|world| {
            world.open_pull_request(&repo, &author).unwrap();
            world.add_commit(&repo, &author).unwrap();
            let uuid = world.start_pipeline(&repo, &author).unwrap();
            world.finish_pipeline(&repo, &uuid, PipelineResult::Successful).unwrap();
        })
        .await;
        let (streams, requested) = due(&told).await;
        assert!(requested);
        assert_eq!(
            streams,
            ["activity", "comments", "commits", "pipeline_steps", "pipelines", "pull_commits", "pull_sizes"]
        );
        let requests = told.story.requests_of_import().await;
        println!("after a pull request, a push and a pipeline: {requests:?}");
        let asked = |part: &str| requests.iter().any(|(endpoint, _)| endpoint.ends_with(part));
        for part in ["/pullrequests/activity", "/pipelines", "/commits/{revision}", "/diffstat"] {
            assert!(asked(part) || part.contains('{'), "{part} of {requests:?}");
        }
        told.story.options.pace = Pace::Now;
        told.judge().await;
    }

    async fn texts_are_taken_out_of_what_is_kept(database) {
        let mut told = Told::of(database, WorldSpec::small).await;
        let (repo, [author, _, _]) = cast(&told);
        let kept = async |told: &Told| {
            let stored = told.all().await.pop().unwrap();
            let body = told.vault.open(DELIVERY_PURPOSE, &stored.body).unwrap();
            String::from_utf8(secrecy::ExposeSecret::expose_secret(&body).clone()).unwrap()
        };
        told.hear(|world| world.comment(&repo, 1, &author, "a word of mine").unwrap()).await;
        assert!(!kept(&told).await.contains("a word of mine"));
        told.options.store_text = true;
        told.hear(|world| world.comment(&repo, 1, &author, "another word").unwrap()).await;
        assert!(kept(&told).await.contains("another word"));
    }

    async fn what_cannot_be_read_is_kept_and_stops_nothing(database) {
        let told = Told::of(database, WorldSpec::small).await;
        let (repo, [author, _, _]) = cast(&told);
        let good = told.later(|world| world.comment(&repo, 1, &author, "a word").unwrap());
        let of = |event: &str, body: &'static str| Delivery {
            event: event.to_owned(),
            headers: vec![("X-Event-Key".to_owned(), event.to_owned())],
            body: body.into(),
            ..good[0].clone()
        };
        for bad in [of("repo:push", "not even JSON"), of("pullrequest:created", "{}"), of("issue:created", "{}"), of("repo:praised", "{}")] {
            told.accept(&bad).await;
        }
        // Sealed with a key that is not here.
        let other = Vault::generate().0.seal(DELIVERY_PURPOSE, b"{}").unwrap();
        told.inbox
            .accept(NewDelivery {
                connection_id: told.connection,
                received_at: told.story.now(),
                event_key: "repo:push".to_owned(),
                event_time: None,
                hook_uuid: None,
                request_uuid: None,
                attempt: None,
                digest: "another".to_owned(),
                headers: "{}".to_owned(),
                body: other,
                size: 2,
                secret: None,
            })
            .await
            .unwrap();
        told.accept(&good[0]).await;
        let drained = told.drain().await;
        assert_eq!((drained.failed, drained.ignored, drained.applied), (3, 2, 1));
        let log = told.log().await;
        let problems: Vec<bool> = log.iter().map(|(.., problem)| problem.is_some()).collect();
        assert_eq!(problems, [true, true, false, false, true, false]);
        assert!(log[1].2.as_deref().unwrap().contains("repository"), "{log:?}");
        // After thirty days nothing of it is left.
        told.story.clock.advance_seconds(31 * 86_400);
        assert_eq!(forget(told.story.db(), &told.options, told.story.now()).await.unwrap(), 6);
        assert!(told.log().await.is_empty());
    }

    async fn what_the_database_refuses_holds_nobody_up(database) {
        let told = Told::of(database, WorldSpec::small).await;
        let (repo, [author, other, _]) = cast(&told);
        // Of comments that come from now on it takes one, and no other.
        let text = "CREATE UNIQUE INDEX refusing ON bitbucket_pull_comments (deleted)
            WHERE created_at > '2024-06-03T10:00:00.000000Z'";
        match told.story.db() {
            store::Db::Sqlite { write, .. } => drop(sqlx::raw_sql(text).execute(write).await.unwrap()),
            store::Db::Postgres(pool) => drop(sqlx::raw_sql(text).execute(pool).await.unwrap()),
        }
        for (number, text) in [(1, "first"), (2, "second")] {
            for delivery in &told.later(|world| world.comment(&repo, number, &author, text).unwrap()) {
                told.accept(delivery).await;
            }
        }
        for delivery in &told.later(|world| world.open_pull_request(&repo, &other).unwrap()) {
            told.accept(delivery).await;
        }
        let drained = told.drain().await;
        assert_eq!((drained.failed, drained.applied), (1, 3), "{:?}", told.log().await);
        let (_, outcome, problem) = told.log().await.remove(1);
        assert_eq!(outcome, DeliveryOutcome::Failed);
        assert!(problem.unwrap().contains("the database failed"));
        assert_eq!(testkit::dump(told.story.db(), &CommentRow::TABLE).await.values()
            .filter(|row| row["created_at"].as_str() > Some("2024-06-03T10:00:00")).count(), 1);
    }

    async fn a_delivery_for_a_connection_that_is_gone_is_ignored(database) {
        let mut told = Told::of(database, WorldSpec::small).await;
        let (repo, [author, _, _]) = cast(&told);
        told.connection = 999;
        let drained = told.hear(|world| world.comment(&repo, 1, &author, "a word").unwrap()).await;
        assert_eq!((drained.ignored, drained.all()), (1, 1));
    }

    async fn polling_counts_what_no_delivery_announced(database) {
        let told = Told::of(database, WorldSpec::small).await;
        let (repo, [author, other, _]) = cast(&told);
        assert_eq!(told.missed().await, 0, "a first import finds nothing that should have been told");
        told.hear(|world| world.open_pull_request(&repo, &author).unwrap()).await;
        told.story.import().await;
        assert_eq!(told.missed().await, 0);
        let lost = told.later(|world| {
            world.open_pull_request(&repo, &author).unwrap();
            world.comment(&repo, 1, &other, "unheard").unwrap();
        });
        assert_eq!(lost.len(), 3);
        // Within a minute it might still come.
        told.story.clock.advance_seconds(5);
        told.story.import().await;
        assert_eq!(told.missed().await, 2);
        told.story.import().await;
        assert_eq!(told.missed().await, 2, "each is counted once");
        // Nothing is missed where nothing was registered.
        let mut tx = told.story.db().write().await.unwrap();
        tx.remove_webhook_hook(told.connection).await.unwrap();
        tx.commit().await.unwrap();
        told.later(|world| world.comment(&repo, 1, &other, "unheard again").unwrap());
        told.story.import().await;
        assert_eq!(told.missed().await, 2);
    }

    async fn what_arrives_is_told_to_whoever_waits_and_then_applied(database) {
        let told = Told::of(database, WorldSpec::small).await;
        let (repo, [author, _, _]) = cast(&told);
        let mut arrived = told.inbox.arrived();
        for number in 1..4 {
            arrived.borrow_and_update();
            for delivery in &told.later(|world| world.comment(&repo, number, &author, "a word").unwrap()) {
                told.accept(delivery).await;
            }
            tokio::time::timeout(Duration::from_secs(20), arrived.changed()).await.unwrap().unwrap();
            told.drain().await;
            assert_eq!(told.story.db().count_waiting_deliveries().await.unwrap(), 0);
        }
        assert!(told.all().await.iter().all(|one| one.outcome == DeliveryOutcome::Applied));
    }

    async fn several_drains_apply_each_delivery_once(database) {
        let told = Told::of(database, WorldSpec::small).await;
        let (repo, [author, other, _]) = cast(&told);
        let mut count = 0;
        for _ in 0..5 {
            let deliveries = told.later(|world| {
                let number = world.open_pull_request(&repo, &author).unwrap();
                world.approve(&repo, number, &other).unwrap();
            });
            count += deliveries.len();
            for delivery in &deliveries {
                told.accept(delivery).await;
            }
        }
        let (one, two, three) = tokio::join!(told.drain(), told.drain(), told.drain());
        assert_eq!(one.all() + two.all() + three.all(), u64::try_from(count).unwrap());
        assert_eq!((one.failed, two.failed, three.failed), (0, 0, 0));
        told.judge().await;
    }
}

/// The streams that were asked for, and whether the schedule sees it.
async fn due(told: &Told) -> (Vec<String>, bool) {
    let streams = told.story.db().streams(told.connection).await.unwrap();
    let mut names: Vec<String> = streams
        .into_iter()
        .filter(|stream| stream.requested_at > stream.tried_at.max(stream.completed_at))
        .map(|stream| stream.stream)
        .collect();
    names.sort();
    names.dedup();
    let due = next_due(
        told.story.db(),
        told.connection,
        &Intervals::default(),
        &told.story.options,
        &[None],
        told.story.clock.now(),
    )
    .await
    .unwrap();
    (names, due.requested)
}

fn project_key(world: &World) -> String {
    let truth = world.truth();
    let projects = truth["bitbucket_projects"].as_array().unwrap();
    projects[0]["key"].as_str().unwrap().to_owned()
}
