//! A report as comma-separated values: one line for each figure of the whole, of each group and of
//! each piece of a series.

use std::io::{self, Write};

use crate::figure::{Figure, Number};
use crate::period::Period;
use crate::report::Report;

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

impl Report {
    /// Writes it as comma-separated values, with a line of names. What is of everything has no
    /// group.
    ///
    /// # Errors
    /// What is written to refuses.
    pub fn write_csv(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut writer = ::csv::Writer::from_writer(out);
        writer.write_record(NAMES)?;
        let mut figures = |period: Period, group: (&str, &str), figures: &[Figure]| {
            for figure in figures {
                let mut record = vec![
                    self.report.as_str().to_owned(),
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
        figures(self.period, whole, &self.total)?;
        for piece in &self.series {
            figures(piece.period, whole, &piece.figures)?;
        }
        for group in &self.groups {
            let of = (group.id.as_deref().unwrap_or_default(), group.name.as_str());
            figures(self.period, of, &group.figures)?;
            for piece in &group.series {
                figures(piece.period, of, &piece.figures)?;
            }
        }
        writer.flush()
    }
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
