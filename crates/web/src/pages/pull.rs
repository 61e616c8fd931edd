//! One pull request: what it is, how long each part took, and what happened to it.

mod parts;
mod timeline;

use analysis::Directory;
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use model::{Id, Instant};
use store::{AskedReviewer, At, PullStory, StoryDeployment};

use super::pulls::{address_of, state_of};
use super::{go_to, segment};
use crate::access::Viewer;
use crate::address::Asking;
use crate::layout::{Frame, Page, Section, page};
use crate::problem::Problem;
use crate::show::{self, Name};
use crate::site::App;
use parts::Part;
use timeline::Entry;

/// How many entries of each kind are read.
const READ: i64 = 2_000;
/// How many entries a page has.
const SHOWN: usize = 200;

/// A measure of the pull request, with its name in the definitions.
struct Measured {
    measure: &'static str,
    label: &'static str,
    text: String,
}

struct Reviewer {
    name: Name,
    asked: bool,
    says: &'static str,
}

/// A deployment that carried it.
struct Deployed {
    environment: Name,
    service: Name,
    at: Option<Instant>,
    outcome: &'static str,
    after_merge: Option<String>,
    attributed_by: String,
}

#[derive(Template)]
#[template(path = "pull_request.html")]
struct PullPage {
    frame: Frame,
    title: Name,
    number: i64,
    repository: Name,
    list: String,
    state: (&'static str, &'static str),
    author: Name,
    is_bot: bool,
    source_branch: Name,
    target_branch: Name,
    created_at: Option<Instant>,
    closed_at: Option<Instant>,
    estimated: bool,
    unmeasured: bool,
    proof_note: Option<String>,
    outside: Option<String>,
    measured: Vec<Measured>,
    parts: Vec<Part>,
    total: Option<String>,
    is_over: bool,
    reviewers: Vec<Reviewer>,
    deployments: Vec<Deployed>,
    entries: Vec<Entry>,
    count: usize,
    first: usize,
    earlier: Option<String>,
    later: Option<String>,
    cut_short: bool,
}

/// The address that people can read, for whoever has a number only.
pub(super) async fn find(
    State(app): State<App>,
    _viewer: Viewer,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id: Id = id.parse().map(Id).map_err(|_| nowhere())?;
    let (repository, number) = app.db.place_of_pull(id).await?.ok_or_else(nowhere)?;
    let address = address_of(Some(&repository), number, id);
    if address == format!("/pull-requests/{}", id.0) {
        return Err(nowhere());
    }
    Ok(go_to(&address))
}

fn nowhere() -> Problem {
    Problem::no_such(
        "There is no such pull request, or it is not imported yet.",
        "/pull-requests",
        "Pull requests",
    )
}

pub(super) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path((workspace, repository, number)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Page {
    let full_name = format!("{workspace}/{repository}");
    let number: i64 = number.parse().map_err(|_| nowhere())?;
    let id = app.db.pull_by_number(&full_name, number).await?;
    let id = id.ok_or_else(nowhere)?;
    let story = app.db.pull_story(id, READ).await?.ok_or_else(nowhere)?;
    let names = Directory::load(&app.db).await?;
    let reviewers = app.db.reviewers_of(&[id]).await?;
    let reviewers = reviewers.get(&id.0).map_or(&[][..], Vec::as_slice);
    let asking = Asking::read(query.as_deref());
    let path = format!(
        "/pull-requests/{}/{}/{number}",
        segment(&workspace),
        segment(&repository)
    );
    page(&made(&story, &names, reviewers, &viewer, &asking, &path))
}

fn made(
    story: &PullStory,
    names: &Directory,
    reviewers: &[AskedReviewer],
    viewer: &Viewer,
    asking: &Asking,
    path: &str,
) -> PullPage {
    let pull = &story.pull;
    let now = viewer.reader.now;
    let entries = timeline::of(story, names);
    let count = entries.len();
    let first: usize = asking
        .get("from")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let first = first.min(count.saturating_sub(1));
    let shown: Vec<Entry> = entries.into_iter().skip(first).take(SHOWN).collect();
    let link = |from: usize| {
        let asking = Asking::default().with("from", &from.to_string());
        format!("{}#timeline", asking.address(path))
    };
    let title = pull.title.as_deref().unwrap_or("(no title)");
    let repository = pull.repository.as_deref().unwrap_or("(unknown)");
    let list = Asking::default().with("repository", repository);
    let is_over = pull.closed_at.is_some();
    let size = usize::try_from(READ).unwrap_or(usize::MAX);
    PullPage {
        frame: Frame::new(
            &viewer.reader,
            Some(Section::PullRequests),
            format!("#{} {}", pull.number, Name::of(title).plain()),
        ),
        title: Name::of(title),
        number: pull.number,
        list: list.address("/pull-requests"),
        repository: Name::of(repository),
        state: state_of(
            pull.state.as_deref(),
            pull.draft.unwrap_or(false),
            pull.deleted_at.is_some(),
        ),
        author: Name::of(&names.name(pull.user_id)),
        is_bot: names.is_bot(pull.user_id),
        source_branch: Name::of(pull.source_branch.as_deref().unwrap_or("(unknown)")),
        target_branch: Name::of(pull.target_branch.as_deref().unwrap_or("(unknown)")),
        created_at: At::instant(pull.created_at),
        closed_at: At::instant(pull.closed_at),
        estimated: pull.closed_at_estimated.unwrap_or(false),
        unmeasured: pull.unmeasured,
        proof_note: pull
            .proof_note
            .as_deref()
            .filter(|_| pull.proof.as_deref() == Some("explained"))
            .map(show::clean),
        outside: pull.source_url.as_deref().and_then(show::outside),
        measured: measured(story),
        parts: parts::of(pull, now),
        total: parts::total(pull, now).map(time),
        is_over,
        reviewers: reviewers.iter().map(|one| reviewer(one, names)).collect(),
        deployments: story.deployments.iter().map(deployed).collect(),
        earlier: (first > 0).then(|| link(first.saturating_sub(SHOWN))),
        later: (first + shown.len() < count).then(|| link(first + shown.len())),
        entries: shown,
        count,
        first: first + 1,
        cut_short: story.events.len() >= size || story.comments.len() >= size,
    }
}

/// Seconds as reports write them.
pub(super) fn time(seconds: i64) -> String {
    analysis::whole_number(seconds, analysis::Unit::Seconds)
}

fn measured(story: &PullStory) -> Vec<Measured> {
    let pull = &story.pull;
    let of = |measure, label, text: Option<String>| {
        text.map(|text| Measured {
            measure,
            label,
            text,
        })
    };
    let size = pull.size.map(|size| {
        let parts = pull.additions.zip(pull.deletions);
        let parts = parts
            .map(|(more, less)| format!(" (+{} −{})", show::grouped(more), show::grouped(less)));
        let files = pull
            .files
            .map(|files| format!(", {}", show::counted(files, "file")));
        format!(
            "{} lines{}{}",
            show::grouped(size),
            parts.unwrap_or_default(),
            files.unwrap_or_default()
        )
    });
    [
        of("cycle_time", "Cycle time", pull.cycle_time.map(time)),
        of(
            "open_to_merge",
            "Ready to merge",
            pull.ready_to_merge.map(time),
        ),
        of("size", "Size", size),
        of(
            "comments",
            "Comments",
            pull.comment_count.map(show::grouped),
        ),
        of(
            "review_rounds",
            "Review rounds",
            pull.review_rounds.map(show::grouped),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn reviewer(one: &AskedReviewer, names: &Directory) -> Reviewer {
    Reviewer {
        name: Name::of(&names.name(Some(one.user_id))),
        asked: one.asked,
        says: match one.state.as_deref() {
            Some("approved") => "approved",
            Some("changes_requested") => "asked for changes",
            _ => "",
        },
    }
}

fn deployed(one: &StoryDeployment) -> Deployed {
    Deployed {
        environment: Name::of(one.environment.as_deref().unwrap_or("(unknown)")),
        service: Name::of(one.service.as_deref().unwrap_or("(unknown)")),
        at: At::instant(one.deployed_at),
        outcome: match (one.success, one.rolled_back) {
            (_, Some(true)) => "rolled back",
            (Some(true), _) => "succeeded",
            (Some(false), _) => "failed",
            _ => "not over",
        },
        after_merge: one.merge_to_deploy.map(time),
        attributed_by: one.attributed_by.clone().unwrap_or_default(),
    }
}
