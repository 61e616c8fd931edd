//! `windlass report`.

mod list;
mod text;

use std::io;

use analysis::{Query, ReportName, Today};

use crate::cli::{Global, QueryFormat, ReportArguments};
use crate::output::json;
use crate::session::Session;

pub(super) async fn run(global: &Global, arguments: &ReportArguments) -> anyhow::Result<()> {
    let out = &mut io::stdout().lock();
    let name = arguments
        .name
        .as_deref()
        .map(ReportName::parse)
        .transpose()?;
    let Some(name) = name.filter(|_| !arguments.list) else {
        return list::write(name, arguments.format, out);
    };
    let session = Session::open(global).await?;
    let today = Today::load(&session.db, session.now()).await?;
    let query = Query::parse(name, &arguments.asked(), today.date())?;
    let report = analysis::run(&session.db, &query, &today).await?;
    match arguments.format {
        QueryFormat::Table => Ok(text::write(&report, !arguments.measures.is_empty(), out)?),
        QueryFormat::Csv => Ok(report.write_csv(out)?),
        QueryFormat::Json => json::write(&report, out),
    }
}
