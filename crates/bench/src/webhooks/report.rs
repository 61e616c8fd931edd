//! The figures, and how they stand against what is aimed at.

use std::fmt;
use std::time::Duration;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

use super::sender::Sent;

/// Deliveries a second, at the least, with several clients.
const AIM_RATE: f64 = 2_000.0;

/// Milliseconds until an answer, at the most, of 99 in 100.
const AIM_ANSWER: f64 = 50.0;

/// Milliseconds until a query sees a change, at the most.
const AIM_SIGHT: f64 = 1_000.0;

/// One engine with so many clients.
pub(crate) struct Lane {
    pub(crate) engine: &'static str,
    pub(crate) clients: usize,
    pub(crate) sent: Sent,
    /// How long after the last answer everything was applied.
    pub(crate) applied_after: Duration,
}

/// Everything that was measured.
#[derive(Default)]
pub(crate) struct Figures {
    /// How often the disk can be told to keep something, a second; before each engine.
    pub(crate) syncs: Vec<f64>,
    pub(crate) lanes: Vec<Lane>,
    /// How long it took until a query saw a change, the shortest first.
    pub(crate) sights: Vec<(&'static str, Vec<Duration>)>,
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let syncs: Vec<String> = self.syncs.iter().map(|rate| format!("{rate:.0}")).collect();
        writeln!(
            formatter,
            "fdatasync of 4 KiB a second: {}\n",
            syncs.join(", ")
        )?;
        let mut table = Table::new();
        table.load_style(ASCII_MARKDOWN).set_header([
            "engine",
            "clients",
            "deliveries",
            "a second",
            "p50 ms",
            "p99 ms",
            "most ms",
            "all applied after s",
        ]);
        for lane in &self.lanes {
            let sent = &lane.sent;
            table.add_row([
                lane.engine.to_owned(),
                lane.clients.to_string(),
                sent.answers.len().to_string(),
                format!("{:.0}", sent.rate()),
                format!("{:.1}", millis(sent.within(500))),
                format!("{:.1}", millis(sent.within(990))),
                format!("{:.1}", millis(sent.within(1000))),
                format!("{:.2}", lane.applied_after.as_secs_f64()),
            ]);
        }
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        writeln!(formatter, "{table}\n")?;
        for (engine, sights) in &self.sights {
            let at = |position: usize| sights.get(position).copied().map_or(f64::NAN, millis);
            let (middle, last) = (sights.len() / 2, sights.len().saturating_sub(1));
            writeln!(
                formatter,
                "{engine}: a query sees a change after {:.0} ms (median), {:.0} ms (longest): {}",
                at(middle),
                at(last),
                verdict(at(last) <= AIM_SIGHT)
            )?;
        }
        for lane in self.lanes.iter().filter(|lane| lane.clients > 1) {
            let (rate, answer) = (lane.sent.rate(), millis(lane.sent.within(990)));
            writeln!(
                formatter,
                "{}, {} clients: at least {AIM_RATE} a second: {}; p99 below {AIM_ANSWER} ms: {}",
                lane.engine,
                lane.clients,
                verdict(rate >= AIM_RATE),
                verdict(answer < AIM_ANSWER)
            )?;
        }
        Ok(())
    }
}

fn verdict(met: bool) -> &'static str {
    if met { "met" } else { "missed" }
}
