//! What happened to a pull request, in order.

use analysis::Directory;
use model::Instant;
use store::{At, PullStory, StoryComment, StoryDeployment, StoryEvent, StoryRun};

use super::time;
use crate::show::{self, Name};

/// Comments of one person that follow each other within so many seconds are one entry.
const TOGETHER: i64 = 1_800;
/// How many files an entry names.
const FILES: usize = 3;

/// An entry.
pub(super) struct Entry {
    pub(super) at: Instant,
    pub(super) who: Option<Name>,
    pub(super) tone: &'static str,
    /// What they did.
    pub(super) text: String,
    /// To what, or what they said.
    pub(super) detail: Option<Name>,
    pub(super) link: Option<String>,
}

/// Everything that is known to have happened, the first first.
pub(super) fn of(story: &PullStory, names: &Directory) -> Vec<Entry> {
    let pull = &story.pull;
    let name = |account: Option<i64>| Some(Name::of(&names.name(account)));
    let mut entries = Vec::new();
    let plain = |at, who, tone, text: &str| Entry {
        at,
        who,
        tone,
        text: text.to_owned(),
        detail: None,
        link: None,
    };
    if let Some(at) = At::instant(pull.first_commit_at) {
        entries.push(plain(at, None, "quiet", "First commit"));
    }
    let opened = At::instant(pull.created_at);
    if let Some(at) = opened {
        entries.push(plain(at, name(pull.user_id), "busy", "opened it"));
    }
    let mut ended = false;
    entries.extend(updates(&story.events, names, opened, &mut ended));
    if !ended && let Some(at) = At::instant(pull.closed_at) {
        let (text, tone) = match pull.state.as_deref() {
            Some("MERGED") => ("merged it", "good"),
            Some("SUPERSEDED") => ("closed it: it was superseded", "quiet"),
            _ => ("declined it", "bad"),
        };
        entries.push(plain(at, name(pull.closed_by_user_id), tone, text));
    }
    entries.extend(comments(&story.comments, names));
    entries.extend(story.runs.iter().filter_map(run));
    entries.extend(story.deployments.iter().filter_map(deployment));
    entries.sort_by_key(|entry| entry.at);
    entries
}

/// What updates and votes tell. Each update tells how things are then: what differs has changed.
fn updates(
    events: &[StoryEvent],
    names: &Directory,
    opened: Option<Instant>,
    ended: &mut bool,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut commit: Option<&str> = None;
    let mut target: Option<&str> = None;
    for event in events {
        let at = event.occurred_at.0;
        let mut add = |tone: &'static str, text: String, detail: Option<Name>| {
            entries.push(Entry {
                at,
                who: Some(Name::of(&names.name(event.user_id))),
                tone,
                text,
                detail,
                link: None,
            });
        };
        match event.kind.as_str() {
            "approval" => add("good", "approved".to_owned(), None),
            "changes_requested" => add("warn", "asked for changes".to_owned(), None),
            "unapproval" => add("quiet", "took the approval back".to_owned(), None),
            "change_request_removed" => {
                add(
                    "quiet",
                    "took the request for changes back".to_owned(),
                    None,
                );
            }
            _ => {
                let pushed = event.source_commit_sha.as_deref();
                if let Some(pushed) = pushed
                    && commit
                        .replace(pushed)
                        .is_some_and(|before| before != pushed)
                {
                    add("busy", "pushed".to_owned(), Some(Name::of(pushed)));
                }
                let moved = event.target_branch.as_deref();
                if let Some(moved) = moved
                    && target.replace(moved).is_some_and(|before| before != moved)
                {
                    add("quiet", "moved it to".to_owned(), Some(Name::of(moved)));
                }
                match event.draft_changed_to {
                    Some(true) => add("quiet", "made it a draft".to_owned(), None),
                    Some(false) => add("busy", "marked it ready for review".to_owned(), None),
                    None => {}
                }
                // Who was asked at the opening is told by the list of reviewers.
                for (list, text) in [
                    (&event.reviewers_added, "asked for a review by"),
                    (&event.reviewers_removed, "took off the reviewers"),
                ] {
                    if let Some(people) = people(list.as_deref(), names)
                        && opened.is_none_or(|opened| opened != at)
                    {
                        add("quiet", text.to_owned(), Some(Name::of(&people)));
                    }
                }
                match event.state.as_deref() {
                    Some("MERGED") if !*ended => {
                        *ended = true;
                        add("good", "merged it".to_owned(), None);
                    }
                    Some("DECLINED") if !*ended => {
                        *ended = true;
                        add("bad", "declined it".to_owned(), None);
                    }
                    Some("SUPERSEDED") if !*ended => {
                        *ended = true;
                        add("quiet", "closed it: it was superseded".to_owned(), None);
                    }
                    _ => {}
                }
            }
        }
    }
    entries
}

/// The names of the accounts in a JSON array of ids.
fn people(list: Option<&str>, names: &Directory) -> Option<String> {
    let ids: Vec<serde_json::Value> = serde_json::from_str(list?).ok()?;
    let found: Vec<String> = ids
        .iter()
        .filter_map(|id| id.as_i64().or_else(|| id.as_str()?.parse().ok()))
        .map(|id| names.name(Some(id)))
        .collect();
    (!found.is_empty()).then(|| found.join(", "))
}

/// Comments, with those together that one person wrote in one go.
fn comments(all: &[StoryComment], names: &Directory) -> Vec<Entry> {
    let mut groups: Vec<Vec<&StoryComment>> = Vec::new();
    for comment in all {
        let at = At::instant(comment.created_at);
        let goes_on = groups
            .last()
            .and_then(|group| group.last())
            .is_some_and(|last| {
                let gap = at
                    .zip(At::instant(last.created_at))
                    .map_or(0, |(at, before)| at.seconds_since(before));
                last.user_id == comment.user_id && gap <= TOGETHER
            });
        match groups.last_mut() {
            Some(group) if goes_on => group.push(comment),
            _ => groups.push(vec![comment]),
        }
    }
    groups
        .into_iter()
        .filter_map(|group| {
            let first = group.first()?;
            let count = i64::try_from(group.len()).unwrap_or(i64::MAX);
            let mut files: Vec<&str> = Vec::new();
            for path in group.iter().filter_map(|one| one.path.as_deref()) {
                if !files.contains(&path) {
                    files.push(path);
                }
            }
            let more = files.len().saturating_sub(FILES);
            let on = files
                .iter()
                .take(FILES)
                .copied()
                .collect::<Vec<_>>()
                .join(", ");
            let mut detail = first.content.clone().unwrap_or(on);
            if first.content.is_none() && more > 0 {
                detail.push_str(&format!(" and {more} more"));
            }
            let text = match (count, first.answers) {
                (1, true) => "answered a comment".to_owned(),
                (1, false) => "commented".to_owned(),
                _ => format!("wrote {}", show::counted(count, "comment")),
            };
            let on = if first.content.is_none() && !detail.is_empty() {
                " on"
            } else {
                ""
            };
            Some(Entry {
                at: At::instant(first.created_at)?,
                who: Some(Name::of(&names.name(first.user_id))),
                tone: "quiet",
                text: format!("{text}{on}"),
                detail: (!detail.is_empty()).then(|| Name::of(&detail)),
                link: first.source_url.as_deref().and_then(show::outside),
            })
        })
        .collect()
}

fn run(run: &StoryRun) -> Option<Entry> {
    let number = run
        .build_number
        .map_or(String::new(), |number| format!(" #{number}"));
    let again = if run.rerun == Some(true) {
        ", run again,"
    } else {
        ""
    };
    let (did, tone) = match run.result.as_deref() {
        Some("SUCCESSFUL") => ("succeeded", "good"),
        Some("FAILED" | "ERROR") => ("failed", "bad"),
        Some("STOPPED") => ("was stopped", "quiet"),
        Some("EXPIRED") => ("expired", "quiet"),
        _ => ("began", "busy"),
    };
    let after = run.duration.filter(|_| run.result.is_some());
    let after = after.map_or(String::new(), |seconds| format!(" after {}", time(seconds)));
    Some(Entry {
        at: At::instant(run.completed_at).or(At::instant(run.created_at))?,
        who: None,
        tone,
        text: format!("Pipeline{number}{again} {did}{after}"),
        detail: None,
        link: run.source_url.as_deref().and_then(show::outside),
    })
}

fn deployment(one: &StoryDeployment) -> Option<Entry> {
    let (did, tone) = match one.success {
        Some(true) => ("Deployed to", "good"),
        Some(false) => ("Deployment failed to", "bad"),
        None => ("Deploying to", "busy"),
    };
    Some(Entry {
        at: At::instant(one.deployed_at)?,
        who: None,
        tone,
        text: did.to_owned(),
        detail: Some(Name::of(one.environment.as_deref().unwrap_or("(unknown)"))),
        link: one.source_url.as_deref().and_then(show::outside),
    })
}
