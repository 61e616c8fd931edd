//! `windlass import --estimate`: what a first import would cost, asked with at most two requests
//! for each repository beside the listing of them.
//!
//! What Bitbucket counts is asked for. What it does not count is reckoned from that by what is
//! usual, and marked as such.

use std::collections::BTreeSet;
use std::io::{self, Write};

use bitbucket::{Client, ClientError, HolderState, Listing, PullOrder, RepositoryRef, Standing};
use model::Uuid;
use serde::Serialize;
use sync::StreamName;

use crate::config::Settings;
use crate::output::json;
use crate::output::table::{Align, plain};
use crate::progress::{count, grouped, span};

/// Records on a page: Bitbucket's most for pull requests and their activity, and for the rest.
const SHORT_PAGE: u64 = 50;
const LONG_PAGE: u64 = 100;

/// Entries of activity that a pull request usually has.
const ENTRIES: u64 = 8;

/// Commits of the default branch to a pull request, usually.
const COMMITS: u64 = 4;

/// Of so many pull requests one disagrees with the feed, and is asked about by itself, twice.
const REPAIRED: u64 = 100;

/// To so many pipeline runs there is one deployment, usually.
const RUNS: u64 = 4;

/// What a first import would cost.
#[derive(Debug, Serialize)]
pub(in crate::command) struct Estimate {
    workspace: String,
    pub(in crate::command) repositories: u64,
    /// Requests in all.
    pub(in crate::command) requests: u64,
    /// Requests an hour of all credentials together.
    pub(in crate::command) requests_an_hour: u64,
    /// How many of them are left of this hour.
    left_now: u64,
    /// How long it would take because of them, in hours.
    pub(in crate::command) hours: f64,
    pub(in crate::command) streams: Vec<Line>,
    /// What asking has cost.
    spent: u64,
}

/// What a stream would cost.
#[derive(Debug, Serialize)]
pub(in crate::command) struct Line {
    pub(in crate::command) stream: StreamName,
    /// Records; nothing where nobody knows.
    pub(in crate::command) records: Option<u64>,
    pub(in crate::command) requests: u64,
    hours: f64,
    /// Whether Bitbucket has told how many records there are; otherwise it is what is usual.
    counted: bool,
}

/// What was counted.
#[derive(Default)]
struct Counted {
    repositories: u64,
    members: u64,
    pulls: u64,
    pull_pages: u64,
    runs: u64,
    run_pages: u64,
}

/// Asks, and reckons.
pub(super) async fn make(
    client: &Client,
    workspace: &str,
    streams: &BTreeSet<StreamName>,
    settings: &Settings,
) -> anyhow::Result<Estimate> {
    let counted = ask(client, streams).await?;
    let holders = client.holders();
    let (an_hour, left_now) = allowed(&holders, settings);
    let lines: Vec<Line> = streams
        .iter()
        .map(|stream| line(*stream, &counted, an_hour))
        .collect();
    let requests = lines.iter().map(|line| line.requests).sum();
    Ok(Estimate {
        workspace: workspace.to_owned(),
        repositories: counted.repositories,
        requests,
        requests_an_hour: an_hour,
        left_now,
        hours: hours(requests.saturating_sub(left_now), an_hour),
        streams: lines,
        spent: client.requests_by_endpoint().values().sum(),
    })
}

async fn ask(client: &Client, streams: &BTreeSet<StreamName>) -> anyhow::Result<Counted> {
    let mut counted = Counted::default();
    if streams.contains(&StreamName::Members) {
        counted.members = size(client, &Listing::Members).await?;
    }
    let mut cursor = None;
    loop {
        let page = client.page(&Listing::Repositories, cursor.as_ref()).await?;
        for row in &page.batch.repositories {
            let uuid = row.source_id.as_value().and_then(|uuid| Uuid::parse(uuid));
            let (Some(uuid), Some(full_name), Some(workspace_id)) = (
                uuid,
                row.full_name.as_value().cloned(),
                row.workspace_id.as_value().copied(),
            ) else {
                continue;
            };
            let repository = RepositoryRef {
                uuid,
                full_name,
                workspace_id,
            };
            counted.repositories += 1;
            ask_about(client, streams, repository, &mut counted).await?;
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(counted);
        }
    }
}

async fn ask_about(
    client: &Client,
    streams: &BTreeSet<StreamName>,
    repository: RepositoryRef,
    counted: &mut Counted,
) -> anyhow::Result<()> {
    use StreamName::{
        Activity, Comments, PipelineSteps, Pipelines, PullCommits, PullRequests, PullSizes,
    };
    let any = |names: &[StreamName]| names.iter().any(|name| streams.contains(name));
    if any(&[PullRequests, Activity, Comments, PullSizes, PullCommits]) {
        let pulls = Listing::PullRequests {
            repository: repository.clone(),
            since: None,
            order: PullOrder::Created,
        };
        let pulls = size(client, &pulls).await?;
        counted.pulls += pulls;
        counted.pull_pages += pages(pulls, SHORT_PAGE);
    }
    if any(&[Pipelines, PipelineSteps, StreamName::Deployments]) {
        let runs = size(client, &Listing::Pipelines { repository }).await?;
        counted.runs += runs;
        counted.run_pages += pages(runs, LONG_PAGE);
    }
    Ok(())
}

/// How many records a listing has; none where Bitbucket does not offer it.
async fn size(client: &Client, listing: &Listing) -> anyhow::Result<u64> {
    match client.size_of(listing).await {
        Ok(size) => Ok(size.unwrap_or(0)),
        Err(
            ClientError::NotFound { .. } | ClientError::Forbidden { .. } | ClientError::Gone { .. },
        ) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// The pages of a listing; an empty one has one.
fn pages(records: u64, length: u64) -> u64 {
    records.div_ceil(length).max(1)
}

fn line(stream: StreamName, counted: &Counted, an_hour: u64) -> Line {
    let Counted {
        repositories,
        members,
        pulls,
        pull_pages,
        runs,
        run_pages,
    } = *counted;
    let commits = pulls * COMMITS;
    let entries = pulls * ENTRIES;
    let (records, requests, is_counted) = match stream {
        StreamName::Workspace => (Some(1), 1, true),
        StreamName::Repositories => (Some(repositories), pages(repositories, LONG_PAGE), true),
        StreamName::Members => (Some(members), pages(members, LONG_PAGE), true),
        StreamName::PullRequests => (Some(pulls), pull_pages, true),
        StreamName::Activity => (None, entries / SHORT_PAGE + repositories, false),
        StreamName::Comments => (None, pulls.div_ceil(REPAIRED) * 2, false),
        StreamName::Pipelines => (Some(runs), run_pages, true),
        StreamName::Commits => (None, commits / LONG_PAGE + repositories, false),
        StreamName::Environments => (None, repositories, false),
        StreamName::Deployments => (None, runs / RUNS / LONG_PAGE + repositories, false),
        StreamName::PullSizes | StreamName::PullCommits => (Some(pulls), pulls, true),
        StreamName::PipelineSteps => (Some(runs), runs, true),
    };
    Line {
        stream,
        records,
        requests,
        hours: hours(requests, an_hour),
        counted: is_counted,
    }
}

/// Requests an hour of all allowances together, and what is left of this hour.
fn allowed(holders: &[HolderState], settings: &Settings) -> (u64, u64) {
    let mut seen = BTreeSet::new();
    let (mut an_hour, mut left) = (0, 0);
    for holder in holders {
        let is_used = !matches!(
            holder.standing,
            Standing::Refused { .. } | Standing::Expired { .. }
        );
        if !is_used || !seen.insert(&holder.allowance) {
            continue;
        }
        let group = holder.groups.get("repositories");
        let usual = i64::from(settings.bitbucket.hourly_limit);
        let (used, left_here) = group.map_or((0, usual), |group| (group.used, group.left));
        an_hour += u64::try_from(used + left_here).unwrap_or(0);
        left += u64::try_from(left_here).unwrap_or(0);
    }
    (an_hour.max(1), left)
}

fn hours(requests: u64, an_hour: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a figure for the eye")]
    let hours = requests as f64 / an_hour.max(1) as f64;
    (hours * 100.0).round() / 100.0
}

/// Writes estimates.
pub(super) fn write(estimates: &[Estimate], as_json: bool) -> anyhow::Result<()> {
    let out = &mut io::stdout().lock();
    if as_json {
        return json::write(&estimates, out);
    }
    for estimate in estimates {
        estimate.write_text(out)?;
    }
    Ok(())
}

impl Estimate {
    fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.streams.iter().map(|line| {
            let records = line.records.map_or_else(String::new, grouped);
            let how = if line.counted {
                "counted"
            } else {
                "as is usual"
            };
            vec![
                line.stream.as_str().to_owned(),
                records,
                grouped(line.requests),
                format!("{:.2}", line.hours),
                how.to_owned(),
            ]
        });
        let header = ["stream", "records", "requests", "hours", ""];
        let (left, right) = (Align::Left, Align::Right);
        let align = [left, right, right, right, left];
        writeln!(out, "{}", plain(&header, &align, rows))?;
        #[expect(clippy::cast_possible_truncation, reason = "a figure for the eye")]
        let wait = span((self.hours * 3_600.0) as i64);
        writeln!(
            out,
            "\n{}: about {} for {}, at {} an hour, of which {} are left now: {}",
            self.workspace,
            count(self.requests, "request"),
            count(self.repositories, "repository"),
            grouped(self.requests_an_hour),
            grouped(self.left_now),
            if self.hours == 0.0 {
                "nothing has to be waited for".to_owned()
            } else {
                format!("about {wait} of waiting for the limit")
            }
        )?;
        writeln!(out, "Asking this has cost {}", count(self.spent, "request"))
    }
}
