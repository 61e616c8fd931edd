//! What Bitbucket refuses, slows down or garbles.

use emulator::{Credential, Fault, FaultKind, RateLimit, WorldSpec};
use serde_json::json;
use sync::{ImportError, StreamName};
use testkit::both_engines;

use crate::story::{EMAIL, Story, TOKEN};
use crate::truth::assert_truth;

both_engines! {
    async fn a_used_up_hour_makes_work_wait_and_loses_nothing(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.emulator.set_rate_limit(RateLimit { limit: 5, ..RateLimit::default() });
        // The client does not know how little it may: no header says so to an API token.
        story.hourly_limit = 1_000;
        story.credential = bitbucket::Credential::ApiToken {
            label: "test".to_owned(),
            email: EMAIL.to_owned(),
            token: TOKEN.into(),
        };
        let before = story.now();
        story.import().await;
        let hours = story.now().seconds_since(before) / 3600;
        println!("with 5 requests an hour the import took {hours} hours");
        assert!(hours >= 1);
        let refused = story.emulator.requests().iter().filter(|request| request.status == 429).count();
        assert!(refused > 0);
        assert_truth(story.db(), &story.truth()).await;
    }

    async fn a_budget_keeps_the_limit_from_being_met_at_all(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.emulator.set_rate_limit(RateLimit { limit: 10, ..RateLimit::default() });
        story.hourly_limit = 10;
        // One at a time: a clock that jumps while requests are on their way makes them late.
        story.options.concurrency = 1;
        story.import().await;
        // Another process of the same hour knows what was spent.
        story.import().await;
        let refused = story.emulator.requests().iter().filter(|request| request.status == 429).count();
        assert_eq!(refused, 0);
        assert_truth(story.db(), &story.truth()).await;
    }

    async fn a_wrong_token_stops_the_import(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.emulator.set_credentials(vec![Credential::workspace_access_token("another")]);
        let refused = story.try_import().await.unwrap_err();
        assert!(matches!(refused, ImportError::InvalidCredentials(_)), "{refused}");
        assert!(!refused.to_string().contains(TOKEN));
    }

    async fn an_unknown_workspace_is_told(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.options.workspace = "nobodys".to_owned();
        let refused = story.try_import().await.unwrap_err();
        assert!(matches!(refused, ImportError::NoWorkspace(_)), "{refused}");
    }

    async fn a_name_that_another_workspace_has_is_refused(database) {
        let mut story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.import().await;
        story.options.workspace = "another".to_owned();
        let refused = story.try_import().await.unwrap_err();
        assert!(matches!(refused, ImportError::NameTaken { .. }), "{refused}");
        let connections = story.db().connections().await.unwrap();
        assert_eq!(connections.len(), 1);
    }

    async fn a_missing_scope_stops_its_stream_and_no_other(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        let known = Credential::workspace_access_token(TOKEN).without_scope("pipeline");
        story.emulator.set_credentials(vec![known]);
        let summary = story.try_import().await.unwrap();
        assert!(!summary.complete);
        let of_pipelines = [StreamName::Pipelines, StreamName::Environments, StreamName::Deployments];
        for stream in of_pipelines {
            assert!(summary.problems.iter().any(|problem| problem.stream == stream));
        }
        assert!(summary.problems.iter().all(|problem| of_pipelines.contains(&problem.stream)
            && problem.refused && problem.problem.contains("scope pipeline")), "{:?}", summary.problems);
        // The next run, with the scope, brings what was missing.
        story.emulator.set_credentials(vec![Credential::workspace_access_token(TOKEN)]);
        story.import().await;
        assert_truth(story.db(), &story.truth()).await;
    }

    async fn a_repository_without_pipelines_is_a_warning(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        let off = FaultKind::Status(404, "Not Found".to_owned());
        story.emulator.inject(Fault::on("/pipelines/", off).always());
        let summary = story.import().await;
        assert_eq!(summary.warnings.len(), 4, "{:?}", summary.warnings);
        assert!(summary.warnings.iter().all(|warning| warning.stream == StreamName::Pipelines));
    }

    async fn one_bad_record_is_set_aside_and_the_rest_goes_on(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        story.emulator.inject(Fault::on(
            "/mission-control/pullrequests?",
            FaultKind::BrokenRecord { index: 2, pointer: "/created_on".to_owned(), with: Some(json!(17)) },
        ));
        let summary = story.import().await;
        assert_eq!(summary.rejects, 1);
        let rejects = testkit::dump(story.db(), &model::rows::RejectRow::TABLE).await;
        let reject = rejects.values().next().unwrap();
        assert_eq!((reject["stream"].as_str(), reject["json_path"].as_str()), (Some("pull_requests"), Some("created_on")));
        assert!(reject["natural_key"].as_str().unwrap().contains('#'), "{reject:?}");
        let pulls = testkit::dump(story.db(), &model::rows::PullRow::TABLE).await;
        assert_eq!(pulls.len(), 59);
    }

    async fn garbage_and_failures_that_pass_are_tried_again(database) {
        let story = Story::of(database, WorldSpec::small, |_| {}).await;
        for (part, kind) in [
            ("/pullrequests?", FaultKind::Garbage),
            ("/activity", FaultKind::Truncated),
            ("/members", FaultKind::Status(500, "oops".to_owned())),
            ("/pipelines/", FaultKind::RateLimited),
        ] {
            story.emulator.inject(Fault::on(part, kind));
        }
        story.import().await;
        assert_truth(story.db(), &story.truth()).await;
    }
}
