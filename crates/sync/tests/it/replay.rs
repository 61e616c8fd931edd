//! Real answers, replayed. They lie beside the checkout and are no part of the project.

use std::path::PathBuf;

use emulator::{Emulator, Options, Recordings};
use model::ManualClock;
use model::rows::{
    CommentRow, DeploymentRow, PipelineRow, PipelineStepRow, PullCommitRow, PullRow,
};
use std::sync::Arc;
use sync::StreamName;
use testkit::both_engines;

use crate::story::{Story, world_end};

/// The folder of the recordings, or nothing where they are not: then the test says so, and fails
/// where they must be.
fn recordings() -> Option<PathBuf> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings");
    let folder = std::env::var_os("WINDLASS_RECORDINGS")
        .map_or(beside, PathBuf::from)
        .join("devlake");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "the recordings are not at {}",
        folder.display()
    );
    println!(
        "left out: there are no recordings beside this checkout (WINDLASS_RECORDINGS names them)"
    );
    None
}

both_engines! {
    async fn the_recorded_repository_is_imported(database) {
        let Some(folder) = recordings() else { return };
        let clock = ManualClock::starting_at(world_end());
        let replayed = Recordings::load(&folder).unwrap();
        let emulator =
            Emulator::replay(replayed, Arc::new(clock.clone()), Options::default()).await.unwrap();
        let mut story = Story::with(database, clock, emulator, "likyh");
        story.only(&StreamName::ALL);
        let summary = story.import().await;
        assert_eq!(summary.rejects, 0);
        let pulls = testkit::dump(story.db(), &PullRow::TABLE).await;
        let in_state = |state: &str| pulls.values().filter(|row| row["state"] == state).count();
        assert_eq!((pulls.len(), in_state("OPEN"), in_state("MERGED")), (57, 30, 27));
        assert_eq!(testkit::dump(story.db(), &CommentRow::TABLE).await.len(), 18);
        assert_eq!(testkit::dump(story.db(), &PipelineRow::TABLE).await.len(), 22);
        let rows = async |table| testkit::dump(story.db(), table).await.len();
        assert_eq!(rows(&PipelineStepRow::TABLE).await, 35);
        assert_eq!(rows(&DeploymentRow::TABLE).await, 27);
        assert_eq!(rows(&PullCommitRow::TABLE).await, 8);
        let explained: Vec<i64> = summary.explained.iter().map(|explained| explained.number).collect();
        assert_eq!(explained, [1, 40, 42, 54]);
        println!("explained: {:#?}", summary.explained);
        println!("not recorded: {:?}", story.emulator.missed());

        story.emulator.reset_requests();
        let again = story.import().await;
        let rows = again.all_rows();
        assert_eq!((rows.added, rows.changed), (0, 0));
        assert_eq!(again.explained, summary.explained);
        let comments: Vec<String> = story
            .emulator
            .requests()
            .into_iter()
            .map(|request| request.path)
            .filter(|path| path.contains("/comments"))
            .collect();
        assert!(comments.is_empty(), "read again: {comments:?}");
    }
}
