//! The groups of a report.

use analysis::{Grouping, Report, Unit};

use super::{CHARTS, COLUMNS, Cell, DRAWN, GROUPS, GroupLine, Groups, behind, label};
use crate::address::Asking;
use crate::show::Name;

pub(super) fn groups(report: &Report, grouping: Grouping, asking: &Asking) -> Groups {
    let of_people = matches!(
        grouping,
        Grouping::Author | Grouping::Reviewer | Grouping::Person | Grouping::Pair
    );
    let chosen = report.measures.len() < report.report.measures().count();
    let shown = if chosen { CHARTS * 2 } else { COLUMNS };
    let total = report.groups.len();
    let first: usize = asking
        .get("groups-from")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let first = first.min(total.saturating_sub(1));
    let page = |from: usize| {
        asking
            .with("groups-from", &from.to_string())
            .address(&format!("/reports/{}", report.report.as_str()))
            + "#groups"
    };
    let figures = report
        .groups
        .first()
        .map_or(&[][..], |group| &group.figures);
    let drawn = figures
        .iter()
        .take(shown)
        .position(|one| one.now.spread.is_none() && one.unit == Unit::Count);
    let lines: Vec<GroupLine> = report
        .groups
        .iter()
        .skip(first)
        .take(GROUPS)
        .map(|group| GroupLine {
            name: Name::of(&group.name),
            cells: group
                .figures
                .iter()
                .take(shown)
                .map(|figure| {
                    Cell::headline(figure, behind(report, figure, report.period, Some(group)))
                })
                .collect(),
        })
        .collect();
    const PLACES: [&str; 12] = [
        "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12",
    ];
    Groups {
        by: grouping.as_str(),
        heads: figures
            .iter()
            .take(shown)
            .map(|figure| (figure.measure.to_owned(), label(figure.measure)))
            .collect(),
        drawn: drawn
            .filter(|_| !of_people && (2..=DRAWN).contains(&lines.len()))
            .and_then(|place| {
                let figure = figures.get(place)?;
                Some((label(figure.measure), *PLACES.get(place)?))
            }),
        of_people,
        earlier: (first > 0).then(|| page(first.saturating_sub(GROUPS))),
        later: (first + lines.len() < total).then(|| page(first + lines.len())),
        lines,
        total,
        first: first + 1,
    }
}
