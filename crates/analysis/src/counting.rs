//! Counting: asking for all rows that a report is about, in pieces side by side.

use std::collections::HashMap;
use std::num::NonZero;

use futures_util::{StreamExt, TryStreamExt, stream};
use store::{Db, GroupBy};

use crate::AnalysisError;
use crate::ask::{Manner, Narrowing, Purpose, Reading, Task, by_person};
use crate::cells::{Cells, Layout};
use crate::collector::{Collector, GroupId};
use crate::names::{People, Places};
use crate::period::Period;
use crate::query::Query;
use crate::run::Today;

/// A range of fewer days than that is asked for at once: beginning costs more than it gains.
const WORTH_DIVIDING: i64 = 120;

/// What is counted, of which days.
pub(crate) struct Counting<'a> {
    pub(crate) db: &'a Db,
    pub(crate) query: &'a Query,
    pub(crate) layout: &'a Layout,
    pub(crate) narrowing: &'a Narrowing,
    pub(crate) people: &'a People,
    pub(crate) places: &'a Places,
    pub(crate) today: &'a Today,
    /// Days, and whether they belong to the period before.
    pub(crate) pieces: Vec<(Period, bool)>,
}

/// What was counted.
pub(crate) struct Counted {
    /// The groups, by their numbers.
    pub(crate) groups: Vec<GroupId>,
    pub(crate) cells: Cells,
}

impl Counting<'_> {
    /// Counts everything, told apart in each of these manners: what is packed is read once for all.
    pub(crate) async fn count<const N: usize>(
        &self,
        manners: [Manner; N],
    ) -> Result<[Counted; N], AnalysisError> {
        let mut collectors = manners.map(|manner| Collector {
            manner,
            narrowing: self.narrowing,
            people: self.people,
            places: self.places,
            calendar: &self.today.calendar,
            groups: Vec::new(),
            numbers: HashMap::new(),
            cells: Cells::default(),
            last_piece: None,
        });
        let mut answers = stream::iter(self.tasks(&manners))
            .map(|task| async move {
                let folded = self.db.fold(&task.question).await?;
                Ok::<_, AnalysisError>((task, folded))
            })
            // One more than can be read at once: what is read is put together in the meantime.
            .buffer_unordered(at_once() + 1);
        while let Some((task, folded)) = answers.try_next().await? {
            for (reading, folded) in task.readings.iter().zip(folded) {
                if let Some(collector) = collectors.get_mut(reading.collector) {
                    collector.take(&task, reading, folded);
                }
            }
        }
        Ok(collectors.map(|collector| Counted {
            groups: collector.groups,
            cells: collector.cells,
        }))
    }

    fn tasks(&self, manners: &[Manner]) -> Vec<Task> {
        let mut tasks = Vec::new();
        for (number, facts) in self.layout.facts.iter().copied().enumerate() {
            let mut ways = Vec::new();
            for (collector, manner) in manners.iter().enumerate() {
                let mut add = |purpose| {
                    let way = Reading::of(facts, collector, *manner, purpose, self.narrowing);
                    ways.push(way);
                };
                add(Purpose::Figures);
                if !by_person(*manner, self.narrowing) && self.query.counts_people_of(facts) {
                    add(Purpose::People);
                }
            }
            let ways: (Vec<Reading>, Vec<GroupBy>) = ways.into_iter().unzip();
            let mut ask = |days| {
                let (facts, ways) = ((number, facts), ways.clone());
                tasks.push(Task::new(facts, days, ways, self.query, self.narrowing));
            };
            if facts.day.is_none() {
                ask((None, false));
                continue;
            }
            for (days, previous) in &self.pieces {
                ask((Some(*days), *previous));
            }
        }
        tasks
    }
}

/// How many questions are asked side by side.
fn at_once() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    processors.clamp(1, 8)
}

/// Both periods, cut where somebody's team changes, and into as many pieces as can be read side by
/// side.
pub(crate) fn pieces(
    period: Period,
    previous: Option<Period>,
    people: Option<&People>,
) -> Vec<(Period, bool)> {
    let changes = people.map(People::changes).unwrap_or_default();
    let mut pieces = Vec::new();
    for (period, previous) in [(Some(period), false), (previous, true)] {
        let Some(period) = period else { continue };
        let mut cuts = changes.clone();
        if period.days() >= WORTH_DIVIDING {
            let parts = i64::try_from(at_once()).unwrap_or(1);
            cuts.extend(period.even_cuts(parts));
        }
        pieces.extend(period.cut(cuts).into_iter().map(|piece| (piece, previous)));
    }
    pieces
}
