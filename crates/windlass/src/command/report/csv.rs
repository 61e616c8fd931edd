//! A report as comma-separated values: one line for each figure of the whole, of each group and of
//! each piece of a series.

use std::io::Write;

use analysis::{Figure, Number, Period, Report};

const NAMES: [&str; 21] = [
    "report",
    "from",
    "to",
    "group_id",
    "group",
    "measure",
    "unit",
    "rows",
    "value",
    "median",
    "p75",
    "p90",
    "p95",
    "mean",
    "previous_rows",
    "previous_value",
    "previous_median",
    "previous_p75",
    "previous_p90",
    "previous_p95",
    "previous_mean",
];

/// Writes it with a line of names. What is of everything has no group.
pub(super) fn write(report: &Report, out: &mut dyn Write) -> anyhow::Result<()> {
    let mut writer = ::csv::Writer::from_writer(out);
    writer.write_record(NAMES)?;
    let mut figures = |period: Period, group: (&str, &str), figures: &[Figure]| {
        for figure in figures {
            let mut record = vec![
                report.report.as_str().to_owned(),
                period.from.to_string(),
                period.to.to_string(),
                group.0.to_owned(),
                group.1.to_owned(),
                figure.measure.to_owned(),
                figure.unit.as_str().to_owned(),
            ];
            record.extend(cells(Some(&figure.now)));
            record.extend(cells(figure.previous.as_ref()));
            writer.write_record(record)?;
        }
        Ok::<(), ::csv::Error>(())
    };
    let whole = ("", "");
    figures(report.period, whole, &report.total)?;
    for piece in &report.series {
        figures(piece.period, whole, &piece.figures)?;
    }
    for group in &report.groups {
        let of = (group.id.as_deref().unwrap_or_default(), group.name.as_str());
        figures(report.period, of, &group.figures)?;
        for piece in &group.series {
            figures(piece.period, of, &piece.figures)?;
        }
    }
    Ok(writer.flush()?)
}

fn cells(number: Option<&Number>) -> [String; 7] {
    let Some(number) = number else {
        return Default::default();
    };
    let value = number.value.map(|value| value.to_string());
    let [median, p75, p90, p95, mean] = match number.spread {
        None => Default::default(),
        Some(spread) => [
            spread.median.to_string(),
            spread.p75.to_string(),
            spread.p90.to_string(),
            spread.p95.to_string(),
            spread.mean.to_string(),
        ],
    };
    let rows = number.rows.to_string();
    [rows, value.unwrap_or_default(), median, p75, p90, p95, mean]
}
