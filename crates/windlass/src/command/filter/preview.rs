//! What a filter takes in and leaves out.

use std::io::{self, Write};

use serde::Serialize;
use store::{Connection, FilterMode, FilterRule, FilterSubject, Filterable};
use sync::RepositoryFilter;

use crate::output::table::{Align, plain};
use crate::progress::{count, grouped};
use crate::session::Session;

/// What a filter takes in and leaves out, for programs.
#[derive(Serialize)]
pub(in crate::command) struct Preview {
    mode: &'static str,
    pub(in crate::command) rules: Vec<Rule>,
    /// Whether any repository is known yet.
    pub(in crate::command) known: bool,
    pub(in crate::command) included: Vec<Repository>,
    pub(in crate::command) excluded: Vec<Repository>,
}

/// A line of a filter, for programs.
#[derive(Serialize)]
pub(in crate::command) struct Rule {
    subject: &'static str,
    pub(in crate::command) pattern: String,
    /// Whether any known repository fits it.
    pub(in crate::command) fits: bool,
}

/// A repository, for programs.
#[derive(Serialize)]
pub(in crate::command) struct Repository {
    #[serde(serialize_with = "as_text")]
    pub(in crate::command) id: i64,
    pub(in crate::command) uuid: String,
    pub(in crate::command) repository: String,
    project: Option<String>,
    /// Pull requests that are stored.
    pub(in crate::command) pull_requests: i64,
}

/// An id has more digits than every reader of JSON keeps.
fn as_text<S: serde::Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

impl Repository {
    pub(in crate::command) fn of(known: Filterable) -> Self {
        Self {
            id: known.id,
            uuid: known.source_id,
            repository: known.full_name,
            project: known.project_key,
            pull_requests: known.pull_requests,
        }
    }
}

impl Preview {
    /// What this filter makes of the repositories that are known.
    pub(in crate::command) async fn of(
        session: &Session,
        connection: &Connection,
        mode: FilterMode,
        rules: Vec<FilterRule>,
    ) -> anyhow::Result<Self> {
        let repositories = session.db.filterable(&connection.workspace).await?;
        let filter = RepositoryFilter::new(mode, rules.clone());
        let idle = filter.idle(&repositories);
        let rules = rules
            .iter()
            .map(|rule| Rule {
                subject: rule.subject.as_str(),
                pattern: rule.pattern.clone(),
                fits: !idle.contains(&rule),
            })
            .collect();
        let known = !repositories.is_empty();
        let (included, excluded): (Vec<_>, Vec<_>) = repositories
            .into_iter()
            .partition(|repository| filter.admits(repository));
        let shown = |all: Vec<Filterable>| all.into_iter().map(Repository::of).collect();
        Ok(Self {
            mode: mode.as_str(),
            rules,
            known,
            included: shown(included),
            excluded: shown(excluded),
        })
    }

    /// Whether something is stored of repositories that are out.
    pub(in crate::command) fn keeps_excluded_data(&self) -> bool {
        self.excluded
            .iter()
            .any(|repository| repository.pull_requests > 0)
    }

    pub(super) fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let number = |of: &[Repository]| count(of.len() as u64, "repository");
        writeln!(
            out,
            "{}: {} in, {} out",
            self.mode,
            number(&self.included),
            number(&self.excluded)
        )?;
        for rule in &self.rules {
            let note = if rule.fits || !self.known {
                ""
            } else {
                "  (fits nothing: is it misspelt?)"
            };
            writeln!(out, "  {} {}{note}", rule.subject, rule.pattern)?;
        }
        if !self.known {
            return writeln!(
                out,
                "No repository is known yet: the first import lists them, and the filter is held against them before anything of them is read"
            );
        }
        if self.mode == FilterMode::Allowlist.as_str() && self.included.is_empty() {
            writeln!(out, "Nothing is imported until the list names something")?;
        }
        let rows = [("in", &self.included), ("out", &self.excluded)]
            .into_iter()
            .flat_map(|(side, repositories)| {
                repositories.iter().map(move |one| {
                    vec![
                        side.to_owned(),
                        one.repository.clone(),
                        one.project.clone().unwrap_or_default(),
                        grouped(u64::try_from(one.pull_requests).unwrap_or(0)),
                    ]
                })
            });
        let header = ["", "repository", "project", "pull requests stored"];
        let align = [Align::Left, Align::Left, Align::Left, Align::Right];
        writeln!(out, "{}", plain(&header, &align, rows))
    }
}

/// Whether a repository is the one that somebody has written.
pub(in crate::command) fn is_written(repository: &Filterable, written: &str) -> bool {
    let rule = FilterRule {
        subject: FilterSubject::Repository,
        pattern: written.to_owned(),
    };
    RepositoryFilter::new(FilterMode::Allowlist, vec![rule]).admits(repository)
}
