//! Reports over the stored measures.
//!
//! A report is a [`Query`] run on a database: [`run`] asks for the rows that it is about, folded by
//! `store::Question`, and makes a [`Report`] of them, the one structure that every reader shows.
//! What is counted is in `facts`, what is shown in `measures`, which of both make a report in
//! `reports`. [`measures`] is the list that `docs/metrics.md` defines.

mod ask;
mod behind;
mod book;
mod cells;
mod chosen;
mod collector;
mod counting;
mod csv;
mod distribution;
mod error;
mod facts;
mod figure;
mod freshness;
mod grouping;
mod measures;
mod names;
mod nearest;
mod pack;
mod period;
mod pulls;
mod query;
mod report;
mod reports;
mod run;
mod shown;
mod waiting;
mod words;
mod work;

pub use behind::{Behind, Listed};
pub use chosen::chosen_repositories;
pub use distribution::{Bucket, Distribution};
pub use error::AnalysisError;
pub use figure::{Figure, Number, Spread};
pub use freshness::Freshness;
pub use grouping::Grouping;
pub use measures::{Measure, Unit, measures};
pub use names::{Directory, Who};
pub use pack::{pack, pack_from};
pub use period::{Granularity, Period};
pub use pulls::{DayKind, PullList, PullState, PullsAsked, PullsQuery, list_pulls};
pub use query::{Asked, Bots, Filters, Query, Range};
pub use report::{Group, Piece, Report};
pub use reports::ReportName;
pub use run::{Today, run};
pub use shown::{FEW, change, shown, whole_number};
pub use waiting::{WaitingFor, waiting_for};
pub use work::{Work, work_of_accounts};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_report_shows_only_measures_that_are_listed_and_all_of_them_are_shown() {
        for report in ReportName::ALL {
            assert!(report.measures().count() > 3, "{}", report.as_str());
            assert_eq!(
                report.measures().count(),
                report.plan_length(),
                "{} names a measure that is not listed",
                report.as_str()
            );
        }
        for measure in measures() {
            let shown = ReportName::ALL
                .into_iter()
                .any(|report| report.measures().any(|one| one.name == measure.name));
            assert!(shown, "{} is in no report", measure.name);
        }
    }
}
