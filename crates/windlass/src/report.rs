//! What an import came to, in words and for programs.

use std::io::{self, Write};

use serde::Serialize;
use sync::people::Settled;
use sync::{JiraSummary, StreamName, StreamProblem, Summary};

use crate::failure::{Exit, Failure};
use crate::memory;
use crate::output::json;
use crate::output::table::{Align, plain};
use crate::progress::{count, grouped};

/// What was imported.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Imported {
    /// A workspace of Bitbucket.
    Workspace(Summary),
    /// The accounts of a site of Jira.
    Site(JiraSummary),
}

impl Imported {
    /// Writes the summary for people.
    pub(crate) fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let summary = match self {
            Self::Workspace(summary) => return write_text(summary, out),
            Self::Site(summary) => summary,
        };
        let accounts = summary.accounts;
        writeln!(
            out,
            "{}: {} new, {} changed, {} as before in {}, {:.1} s",
            summary.site,
            count(accounts.added, "account"),
            grouped(accounts.changed),
            grouped(accounts.unchanged),
            count(summary.requests, "request"),
            summary.seconds
        )?;
        write_people(summary.people, out)
    }

    /// What is missing from it.
    pub(crate) fn shortfall(&self, streams: &[StreamName]) -> Option<Failure> {
        match self {
            Self::Workspace(summary) => shortfall(summary, streams),
            Self::Site(_) => None,
        }
    }
}

/// What became of people.
fn write_people(people: Settled, out: &mut dyn Write) -> io::Result<()> {
    if people.changed_anything() {
        writeln!(
            out,
            "\nPeople: {} new, {} found to be others; of accounts and addresses {} matched, {} nobody's any more",
            grouped(people.people_made),
            grouped(people.people_merged),
            grouped(people.identities_set),
            grouped(people.identities_removed),
        )?;
    }
    Ok(())
}

/// A summary for programs.
#[derive(Serialize)]
struct ForPrograms<'a, T> {
    #[serde(flatten)]
    summary: &'a T,
    peak_memory_bytes: Option<u64>,
}

/// Writes the summary as one JSON object.
pub(crate) fn write_json<T: Serialize>(summary: &T, out: &mut dyn Write) -> anyhow::Result<()> {
    let report = ForPrograms {
        summary,
        peak_memory_bytes: memory::peak_bytes(),
    };
    serde_json::to_writer_pretty(&mut *out, &report).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// Writes several summaries as one JSON array.
pub(crate) fn write_json_of_all<T: Serialize>(
    summaries: &[T],
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let peak_memory_bytes = memory::peak_bytes();
    let reports: Vec<ForPrograms<'_, T>> = summaries
        .iter()
        .map(|summary| ForPrograms {
            summary,
            peak_memory_bytes,
        })
        .collect();
    json::write(&reports, out)
}

/// Writes the summary for people.
pub(crate) fn write_text(summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "{}: {} in {}, {:.1} s",
        summary.workspace,
        count(summary.repositories, "repository"),
        count(summary.requests, "request"),
        summary.seconds
    )?;
    if !summary.rows.is_empty() {
        let rows = summary.rows.iter().map(|(table, counts)| {
            vec![
                table.clone(),
                grouped(counts.added),
                grouped(counts.changed),
                grouped(counts.unchanged),
            ]
        });
        let header = ["table", "added", "changed", "unchanged"];
        let align = [Align::Left, Align::Right, Align::Right, Align::Right];
        writeln!(out, "\n{}", plain(&header, &align, rows))?;
    }
    if !summary.requests_by_endpoint.is_empty() {
        let rows = summary
            .requests_by_endpoint
            .iter()
            .map(|(endpoint, requests)| vec![endpoint.clone(), grouped(*requests)]);
        let align = [Align::Left, Align::Right];
        writeln!(out, "\n{}", plain(&["endpoint", "requests"], &align, rows))?;
    }
    write_people(summary.people, out)?;
    if summary.rejects > 0 {
        writeln!(
            out,
            "\n{} could not be read and was left out: the table import_rejects says which and why",
            count(summary.rejects, "record")
        )?;
    }
    section(out, "Not offered by Bitbucket:", &summary.warnings)?;
    section(out, "Not complete:", &summary.problems)?;
    if !summary.explained.is_empty() {
        writeln!(out, "\nBitbucket's own counts disagree here, for good:")?;
        for explained in &summary.explained {
            writeln!(
                out,
                "  {} #{}: {}",
                explained.repository, explained.number, explained.difference
            )?;
        }
    }
    Ok(())
}

fn section(out: &mut dyn Write, title: &str, problems: &[StreamProblem]) -> io::Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    for problem in problems {
        writeln!(out, "  {}", sentence(problem))?;
    }
    Ok(())
}

fn sentence(problem: &StreamProblem) -> String {
    match &problem.repository {
        Some(repository) => format!("{} of {repository}: {}", problem.stream, problem.problem),
        None => format!("{}: {}", problem.stream, problem.problem),
    }
}

/// Why the import is no success, if it is none. `streams` are those that were asked for; none means
/// all.
pub(crate) fn shortfall(summary: &Summary, streams: &[StreamName]) -> Option<Failure> {
    let asked = |stream| streams.is_empty() || streams.contains(&stream);
    if let Some(first) = summary.problems.first() {
        let exit = if summary.problems.iter().any(|problem| problem.refused) {
            Exit::Refused
        } else {
            Exit::Failed
        };
        let code = if first.refused {
            "invalid_permissions: "
        } else {
            ""
        };
        let more = match summary.problems.len() {
            1 => String::new(),
            several => format!(" And {} more, see above.", several - 1),
        };
        let message = format!(
            "{code}the import is not complete: {}{more}",
            sentence(first)
        );
        return Some(Failure::new(exit, message));
    }
    if summary.repositories > 0 {
        return None;
    }
    if asked(StreamName::Repositories) {
        return Some(Failure::new(
            Exit::Refused,
            format!(
                "no_resources: the credential sees no repository in the workspace `{}`. Give it access to repositories, or check the workspace's name",
                summary.workspace
            ),
        ));
    }
    let needs_repositories =
        |stream: &StreamName| !matches!(stream, StreamName::Workspace | StreamName::Members);
    streams.iter().any(needs_repositories).then(|| {
        Failure::new(
            Exit::Failed,
            "no repository is known yet: import the stream repositories first, or all of them",
        )
    })
}
