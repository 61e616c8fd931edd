//! The form with which a report is asked for.

use analysis::{Asked, Directory, Granularity, Report, ReportName};
use chrono::NaiveDate;

use super::view::label;
use crate::address::Asking;
use crate::problem::Problem;
use crate::site::App;

/// How many names a field suggests: those of very many would be longer than the page.
const SUGGESTED: usize = 200;

/// One of a few words.
pub(super) struct Choice {
    pub(super) word: &'static str,
    pub(super) name: String,
    pub(super) chosen: bool,
}

/// A field for names of one kind: those that were given, and room for another.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) list: &'static str,
    pub(super) values: Vec<String>,
}

/// A range that is asked for often.
pub(super) struct Often {
    pub(super) name: &'static str,
    pub(super) address: String,
    pub(super) chosen: bool,
}

/// The form.
pub(super) struct Form {
    pub(super) path: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) all_time: bool,
    pub(super) ranges: Vec<Often>,
    pub(super) granularities: Vec<Choice>,
    pub(super) groupings: Vec<Choice>,
    pub(super) distributions: Vec<Choice>,
    pub(super) bots: Vec<Choice>,
    pub(super) measures: Vec<Choice>,
    pub(super) fields: Vec<Field>,
    pub(super) business_hours: bool,
    /// Whether anything is narrowed down.
    pub(super) narrowed: bool,
    pub(super) csv: String,
    pub(super) repositories: Vec<String>,
    pub(super) projects: Vec<String>,
    pub(super) teams: Vec<String>,
}

impl Form {
    pub(super) async fn load(
        app: &App,
        name: ReportName,
        asked: &Asked,
        asking: &Asking,
        report: Option<&Report>,
    ) -> Result<Self, Problem> {
        let names = Directory::load(&app.db).await?;
        let few = |mut names: Vec<String>| {
            names.truncate(SUGGESTED);
            names
        };
        let path = format!("/reports/{}", name.as_str());
        let period = report.map(|report| report.period);
        let written = |text: &Option<String>, day: Option<NaiveDate>| {
            text.clone()
                .or_else(|| day.map(|day| day.to_string()))
                .unwrap_or_default()
        };
        let chosen = |word: &str, text: &Option<String>| text.as_deref() == Some(word);
        let plain = |word: &'static str, chosen| Choice {
            word,
            name: spoken(word),
            chosen,
        };
        let grouping = report.and_then(|report| report.grouping);
        let fields = fields(name, asked);
        let exact = match &asked.granularity {
            Some(word) => asking.with("granularity", word),
            None => asking.without("granularity"),
        };
        Ok(Self {
            csv: exact
                .without("distribution")
                .address(&format!("{path}.csv")),
            from: if asked.all_time {
                String::new()
            } else {
                written(&asked.from, period.map(|one| one.from))
            },
            to: if asked.all_time {
                String::new()
            } else {
                written(&asked.to, period.map(|one| one.to))
            },
            all_time: asked.all_time,
            ranges: ranges(asked, asking, &path, report),
            granularities: Granularity::ALL
                .into_iter()
                .map(|one| plain(one.as_str(), chosen(one.as_str(), &asked.granularity)))
                .chain([plain("none", asked.granularity.is_none())])
                .collect(),
            groupings: [plain("none", grouping.is_none())]
                .into_iter()
                .chain(
                    name.groupings()
                        .iter()
                        .map(|one| plain(one.as_str(), grouping == Some(*one))),
                )
                .collect(),
            distributions: report
                .iter()
                .flat_map(|report| &report.distributions)
                .map(|one| Choice {
                    word: one.measure,
                    name: label(one.measure),
                    chosen: asking.get("distribution") == Some(one.measure),
                })
                .collect(),
            bots: [
                ("exclude", "are left out"),
                ("include", "count"),
                ("only", "alone count"),
            ]
            .into_iter()
            .map(|(word, text)| Choice {
                word,
                name: text.to_owned(),
                chosen: chosen(word, &asked.bots) || word == "exclude" && asked.bots.is_none(),
            })
            .collect(),
            measures: name
                .measures()
                .map(|measure| Choice {
                    word: measure.name,
                    name: label(measure.name),
                    chosen: asked.measures.iter().any(|one| one == measure.name),
                })
                .collect(),
            narrowed: fields.iter().any(|field| !field.values.is_empty())
                || !asked.measures.is_empty()
                || asked.business_hours
                || asked.bots.as_deref().is_some_and(|bots| bots != "exclude"),
            fields,
            business_hours: asked.business_hours,
            repositories: few(names.repositories()),
            projects: few(names.projects()),
            teams: few(names.teams()),
            path,
        })
    }
}

/// The fields that a report can be narrowed down by.
fn fields(name: ReportName, asked: &Asked) -> Vec<Field> {
    let field = |name, label, list, values: &Vec<String>| Field {
        name,
        label,
        list,
        values: values.clone(),
    };
    let mut fields = vec![
        field("project", "Project", "projects", &asked.projects),
        field(
            "repository",
            "Repository",
            "repositories",
            &asked.repositories,
        ),
    ];
    let of_people = !matches!(
        name,
        ReportName::Pipelines | ReportName::Deployments | ReportName::Repositories
    );
    if of_people {
        fields.push(field("team", "Team", "teams", &asked.teams));
        fields.push(field("author", "Author", "", &asked.authors));
    }
    if matches!(name, ReportName::Reviews | ReportName::People) {
        fields.push(field("reviewer", "Reviewer", "", &asked.reviewers));
    }
    if !matches!(name, ReportName::Deployments | ReportName::Repositories) {
        fields.push(field("target-branch", "Branch", "", &asked.branches));
    }
    if matches!(name, ReportName::Deployments | ReportName::Dora) {
        fields.push(field("environment", "Environment", "", &asked.environments));
        fields.push(field("service", "Service", "", &asked.services));
    }
    fields
}

fn ranges(asked: &Asked, asking: &Asking, path: &str, report: Option<&Report>) -> Vec<Often> {
    let plain = asking
        .without("from")
        .without("to")
        .without("all-time")
        .without("granularity");
    let is_usual = asked.from.is_none() && asked.to.is_none() && !asked.all_time;
    let mut ranges = vec![Often {
        name: "30 days",
        address: plain.address(path),
        chosen: is_usual,
    }];
    let yesterday = report.filter(|_| is_usual).map(|report| report.period.to);
    let yesterday = yesterday.or_else(|| report.map(|report| report.period.to));
    for (name, days) in [("90 days", 90), ("A year", 365)] {
        let from = yesterday.and_then(|day| day.checked_sub_days(chrono::Days::new(days - 1)));
        let Some((from, to)) = from.zip(yesterday) else {
            continue;
        };
        let (from, to) = (from.to_string(), to.to_string());
        ranges.push(Often {
            name,
            chosen: asked.from.as_deref() == Some(from.as_str())
                && asked.to.as_deref() == Some(to.as_str()),
            address: plain.with("from", &from).with("to", &to).address(path),
        });
    }
    ranges.push(Often {
        name: "All time",
        address: plain.with("all-time", "yes").address(path),
        chosen: asked.all_time,
    });
    ranges
}

fn spoken(word: &str) -> String {
    match word {
        "none" => "nothing".to_owned(),
        "pair" => "who reviews whom".to_owned(),
        other => other.to_owned(),
    }
}

/// A page shows a series unless it is told not to: pieces that are as long as suits the range.
pub(super) fn choose_granularity(asked: &mut Asked, today: NaiveDate) {
    match asked.granularity.as_deref() {
        Some("none") => asked.granularity = None,
        Some(_) => {}
        None => {
            let day = |text: &Option<String>| {
                text.as_deref()
                    .and_then(|text| text.parse::<NaiveDate>().ok())
            };
            let days = match (day(&asked.from), day(&asked.to)) {
                _ if asked.all_time => i64::MAX,
                (Some(from), to) => (to.unwrap_or(today) - from).num_days(),
                _ => 30,
            };
            let word = match days {
                ..=14 => "day",
                15..=200 => "week",
                _ => "month",
            };
            asked.granularity = Some(word.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_as_long_as_suits_the_range() {
        let today: NaiveDate = "2027-03-31".parse().unwrap();
        let chosen = |from: &str, word: &str| {
            let mut asked = Asked::read([("from", from), ("granularity", word)]);
            choose_granularity(&mut asked, today);
            asked.granularity
        };
        assert_eq!(chosen("", "").as_deref(), Some("week"));
        assert_eq!(chosen("2027-03-20", "").as_deref(), Some("day"));
        assert_eq!(chosen("2027-01-01", "").as_deref(), Some("week"));
        assert_eq!(chosen("2026-01-01", "").as_deref(), Some("month"));
        assert_eq!(chosen("2026-01-01", "day").as_deref(), Some("day"));
        assert_eq!(chosen("", "none"), None);
    }
}
