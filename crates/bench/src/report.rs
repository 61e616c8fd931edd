//! The table, and how it stands against what is aimed at.

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{CellAlignment, Table};

use crate::contender::{Contender, Finish};
use crate::tape::Served;

/// All runs of one contender at one latency.
pub(crate) struct Lane {
    /// Who ran.
    pub(crate) contender: Contender,
    /// How long each answer was held back.
    pub(crate) latency_millis: u64,
    /// The runs.
    pub(crate) finishes: Vec<Finish>,
    /// What the last of them asked for.
    pub(crate) served: Served,
}

impl Lane {
    /// The median of what the runs say; of an even number the lower of the two in the middle.
    fn median(&self, of: impl Fn(&Finish) -> f64) -> f64 {
        let mut values: Vec<f64> = self.finishes.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len().saturating_sub(1) / 2;
        values.get(middle).copied().unwrap_or(f64::NAN)
    }

    fn wall(&self) -> f64 {
        self.median(|finish| finish.used.wall)
    }

    fn shortest(&self) -> f64 {
        let walls = self.finishes.iter().map(|finish| finish.used.wall);
        walls.fold(f64::INFINITY, f64::min)
    }

    pub(crate) fn peak_megabytes(&self) -> f64 {
        let peaks = self.finishes.iter().map(|finish| finish.used.peak_bytes);
        megabytes(peaks.max().unwrap_or(0))
    }
}

/// Millions of bytes.
#[expect(clippy::cast_precision_loss, reason = "a figure for the eye")]
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Everything that was measured.
#[expect(clippy::cast_precision_loss, reason = "figures for the eye")]
pub(crate) fn table(lanes: &[Lane], pulls: usize) -> String {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header([
        "contender",
        "latency",
        "median s",
        "least s",
        "processor s",
        "peak MB",
        "requests",
        "per pull request",
        "records/s",
        "rows/s",
        "× floor",
    ]);
    for lane in lanes {
        let rows = lane.finishes.iter().find_map(|finish| finish.rows);
        let ratio = ratio(lanes, lane, &Contender::Floor);
        table.add_row([
            lane.contender.name().to_owned(),
            format!("{} ms", lane.latency_millis),
            format!("{:.3}", lane.wall()),
            format!("{:.3}", lane.shortest()),
            format!("{:.3}", lane.median(|finish| finish.used.processor)),
            format!("{:.1}", lane.peak_megabytes()),
            lane.served.requests.to_string(),
            format!("{:.3}", lane.served.requests as f64 / pulls.max(1) as f64),
            format!("{:.0}", lane.served.records as f64 / lane.wall()),
            rows.map_or_else(
                || "-".to_owned(),
                |rows| format!("{:.0}", rows as f64 / lane.wall()),
            ),
            ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// How many times as long a contender took as another one at the same latency.
fn ratio(lanes: &[Lane], lane: &Lane, other: &Contender) -> Option<f64> {
    let other = lanes.iter().find(|candidate| {
        candidate.contender == *other && candidate.latency_millis == lane.latency_millis
    })?;
    Some(lane.wall() / other.wall())
}

/// What is aimed at, and what came of it.
pub(crate) fn targets(lanes: &[Lane]) -> Vec<String> {
    let mut lines = Vec::new();
    let sqlite = lanes
        .iter()
        .filter(|lane| lane.contender == Contender::Sqlite);
    for lane in sqlite {
        let latency = lane.latency_millis;
        let most = match latency {
            0 => Some(2.5),
            50 => Some(1.3),
            _ => None,
        };
        if let (Some(most), Some(is)) = (most, ratio(lanes, lane, &Contender::Floor)) {
            lines.push(verdict(&format!("× floor at {latency} ms"), is, most));
        }
        if latency == 0 {
            let dlt = lanes
                .iter()
                .map(|lane| &lane.contender)
                .find(|contender| matches!(contender, Contender::Dlt(_)));
            if let Some(is) = dlt.and_then(|dlt| ratio(lanes, lane, dlt)) {
                lines.push(verdict("× dlt at 0 ms", is, 0.1));
            }
            lines.push(verdict("peak MB", lane.peak_megabytes(), 80.0));
        }
    }
    lines
}

/// One line for one aim.
pub(crate) fn verdict(what: &str, is: f64, most: f64) -> String {
    let verdict = if is <= most { "met" } else { "missed" };
    format!("windlass, SQLite, {what}: {is:.2}, aim at most {most}: {verdict}")
}
