//! Whose turn it is with an open pull request, as far as that can be told from what is stored.

use store::{AskedReviewer, PullLine, Standing};

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingFor {
    /// The author finishes a draft.
    Draft,
    /// A reviewer: nobody else has reviewed it yet.
    Review,
    /// A reviewer again: the author pushed after the last review.
    AnotherReview,
    /// The author: changes were asked for, or there are comments that nothing was pushed after.
    Author,
    /// The author: the newest run on the newest commit failed.
    Build,
    /// The newest run on the newest commit is not over.
    Pipeline,
    /// Whoever merges: it is approved.
    Merge,
}

impl WaitingFor {
    /// In a few words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Draft => "the author (draft)",
            Self::Review => "a review",
            Self::AnotherReview => "another review",
            Self::Author => "the author",
            Self::Build => "the author (build failed)",
            Self::Pipeline => "the pipeline",
            Self::Merge => "the merge",
        }
    }
}

/// Whose turn it is; nothing where the pull request is closed. The first rule that fits counts.
pub fn waiting_for(
    pull: &PullLine,
    reviewers: &[AskedReviewer],
    standing: &Standing,
) -> Option<WaitingFor> {
    if pull.state.as_deref() != Some("OPEN") {
        return None;
    }
    let says = |state: &str| {
        reviewers
            .iter()
            .any(|one| one.state.as_deref() == Some(state))
    };
    Some(if pull.draft {
        WaitingFor::Draft
    } else if pull.first_review_at.is_none() {
        WaitingFor::Review
    } else if says("changes_requested") {
        WaitingFor::Author
    } else if matches!(standing.run_result.as_deref(), Some("FAILED" | "ERROR")) {
        WaitingFor::Build
    } else if matches!(
        standing.run_state.as_deref(),
        Some("PENDING" | "IN_PROGRESS")
    ) {
        WaitingFor::Pipeline
    } else if says("approved") {
        WaitingFor::Merge
    } else if standing.pushed_at > standing.reviewed_at {
        WaitingFor::AnotherReview
    } else {
        WaitingFor::Author
    })
}

#[cfg(test)]
mod tests {
    use model::{Id, Instant};

    use super::*;

    fn at(second: i64) -> Option<Instant> {
        Some(Instant::from_seconds(second))
    }

    fn open() -> PullLine {
        let now = Instant::from_seconds(0);
        PullLine {
            id: Id(1),
            repository: None,
            number: 1,
            title: None,
            state: Some("OPEN".to_owned()),
            draft: false,
            user_id: None,
            created_at: now,
            updated_at: now,
            closed_at: None,
            first_review_at: at(10),
            comment_count: None,
            size: None,
            cycle_time: None,
            deleted: false,
        }
    }

    fn says(state: &str) -> AskedReviewer {
        AskedReviewer {
            user_id: 7,
            asked: true,
            state: Some(state.to_owned()),
        }
    }

    #[test]
    fn the_first_rule_that_fits_counts() {
        let reviewed = Standing {
            reviewed_at: at(10),
            pushed_at: at(5),
            ..Standing::default()
        };
        let run = |state: &str, result: Option<&str>| Standing {
            run_state: Some(state.to_owned()),
            run_result: result.map(str::to_owned),
            ..reviewed.clone()
        };
        let of = |reviewers: &[AskedReviewer], standing: &Standing| {
            waiting_for(&open(), reviewers, standing)
        };
        let draft = PullLine {
            draft: true,
            ..open()
        };
        assert_eq!(waiting_for(&draft, &[], &reviewed), Some(WaitingFor::Draft));
        let new = PullLine {
            first_review_at: None,
            ..open()
        };
        let failed = run("COMPLETED", Some("FAILED"));
        assert_eq!(waiting_for(&new, &[], &failed), Some(WaitingFor::Review));
        let both = [says("approved"), says("changes_requested")];
        assert_eq!(of(&both, &reviewed), Some(WaitingFor::Author));
        assert_eq!(of(&[says("approved")], &failed), Some(WaitingFor::Build));
        let running = run("IN_PROGRESS", None);
        assert_eq!(
            of(&[says("approved")], &running),
            Some(WaitingFor::Pipeline)
        );
        let green = run("COMPLETED", Some("SUCCESSFUL"));
        assert_eq!(of(&[says("approved")], &green), Some(WaitingFor::Merge));
        assert_eq!(of(&[], &green), Some(WaitingFor::Author));
        let pushed = Standing {
            pushed_at: at(11),
            ..reviewed
        };
        assert_eq!(of(&[], &pushed), Some(WaitingFor::AnotherReview));
        let merged = PullLine {
            state: Some("MERGED".to_owned()),
            ..open()
        };
        assert_eq!(waiting_for(&merged, &[], &green), None);
    }
}
