//! What the reports show, explained.

use std::io::Write;

use analysis::{Measure, ReportName};
use serde::Serialize;

use crate::cli::QueryFormat;
use crate::output::json;
use crate::output::table::{Align, plain};

/// A report, for programs.
#[derive(Serialize)]
struct Listed {
    report: ReportName,
    title: &'static str,
    groupings: Vec<&'static str>,
    measures: Vec<&'static Measure>,
}

/// Writes the list of one report, or of all.
pub(super) fn write(
    name: Option<ReportName>,
    format: QueryFormat,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let names: Vec<ReportName> = match name {
        Some(name) => vec![name],
        None => ReportName::ALL.to_vec(),
    };
    let listed: Vec<Listed> = names.into_iter().map(listed).collect();
    match format {
        QueryFormat::Json => json::write(&listed, out),
        QueryFormat::Csv => {
            let mut writer = ::csv::Writer::from_writer(out);
            writer.write_record(["report", "measure", "unit", "definition"])?;
            for one in &listed {
                for measure in &one.measures {
                    writer.write_record([
                        one.report.as_str(),
                        measure.name,
                        measure.unit.as_str(),
                        measure.definition,
                    ])?;
                }
            }
            Ok(writer.flush()?)
        }
        QueryFormat::Table => {
            for (number, one) in listed.iter().enumerate() {
                if number > 0 {
                    writeln!(out)?;
                }
                writeln!(out, "{}: {}", one.report.as_str(), one.title)?;
                writeln!(out, "  --group-by {}", one.groupings.join(", "))?;
                let rows = one.measures.iter().map(|measure| {
                    vec![
                        measure.name.to_owned(),
                        measure.unit.as_str().to_owned(),
                        measure.definition.replace('`', ""),
                    ]
                });
                let align = [Align::Left, Align::Left, Align::Left];
                writeln!(
                    out,
                    "{}",
                    plain(&["measure", "unit", "meaning"], &align, rows)
                )?;
            }
            Ok(())
        }
    }
}

fn listed(report: ReportName) -> Listed {
    Listed {
        report,
        title: report.title(),
        groupings: report.groupings().iter().map(|one| one.as_str()).collect(),
        measures: report.measures().collect(),
    }
}
