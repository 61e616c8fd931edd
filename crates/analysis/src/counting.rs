//! Counting: asking for all rows that a report is about, in pieces side by side.

use std::collections::HashMap;
use std::num::NonZero;

use futures_util::{StreamExt, TryStreamExt, stream};
use store::Db;

use crate::AnalysisError;
use crate::ask::{Collector, GroupId, Manner, Narrowing, Purpose, Task, by_person};
use crate::cells::{Cells, Layout};
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
    /// Counts everything once, told apart like this.
    pub(crate) async fn count(&self, manner: Manner) -> Result<Counted, AnalysisError> {
        let mut collector = Collector {
            manner,
            narrowing: self.narrowing,
            people: self.people,
            places: self.places,
            calendar: &self.today.calendar,
            groups: Vec::new(),
            numbers: HashMap::new(),
            cells: Cells::default(),
        };
        let mut answers = stream::iter(self.tasks(manner))
            .map(|task| async move {
                let folded = self.db.fold(&task.question).await?;
                Ok::<_, AnalysisError>((task, folded))
            })
            .buffer_unordered(at_once());
        while let Some((task, folded)) = answers.try_next().await? {
            collector.take(&task, folded);
        }
        Ok(Counted {
            groups: collector.groups,
            cells: collector.cells,
        })
    }

    fn tasks(&self, manner: Manner) -> Vec<Task> {
        let needed = self.query.needed();
        let mut tasks = Vec::new();
        for (number, facts) in self.layout.facts.iter().copied().enumerate() {
            let apart = !by_person(manner, self.narrowing) && self.query.counts_people_of(facts);
            let purposes = [Some(Purpose::Figures), apart.then_some(Purpose::People)];
            for purpose in purposes.into_iter().flatten() {
                let mut ask = |days| {
                    let facts = (number, facts);
                    let task = Task::new(purpose, &needed, facts, days, manner, self.narrowing);
                    tasks.push(task);
                };
                if facts.day.is_none() {
                    ask((None, false));
                    continue;
                }
                for (days, previous) in &self.pieces {
                    ask((Some(*days), *previous));
                }
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
