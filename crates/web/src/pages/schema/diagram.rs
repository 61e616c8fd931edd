//! How a table belongs to others, drawn: what it refers to on the right, what refers to it on the
//! left.

use std::collections::BTreeMap;

use model::catalogue::Table;
use model::relations::Relation;

/// Sizes, in the units of the picture.
const WIDTH: u32 = 760;
const BOX: (u32, u32) = (220, 30);
const GAP: u32 = 12;

/// How many tables stand on each side; more would be a carpet.
const MOST: usize = 9;

/// A table beside the one that the picture is about.
pub(super) struct Beside {
    pub(super) name: &'static str,
    /// The columns that tie the two together.
    pub(super) by: String,
    pub(super) y: u32,
}

impl Beside {
    pub(super) fn middle(&self) -> u32 {
        self.y + BOX.1 / 2
    }

    pub(super) fn baseline(&self) -> u32 {
        self.y + BOX.1 / 2 + 4
    }
}

/// The picture.
pub(super) struct Diagram {
    pub(super) left: Vec<Beside>,
    pub(super) right: Vec<Beside>,
    /// How many are left out on each side.
    pub(super) more: (usize, usize),
    pub(super) height: u32,
    pub(super) own_y: u32,
}

impl Diagram {
    pub(super) const WIDTH: u32 = WIDTH;
    pub(super) const BOX_WIDTH: u32 = BOX.0;
    pub(super) const BOX_HEIGHT: u32 = BOX.1;
    pub(super) const OWN_X: u32 = (WIDTH - BOX.0) / 2;
    pub(super) const RIGHT_X: u32 = WIDTH - BOX.0;
    pub(super) const OWN_END: u32 = (WIDTH + BOX.0) / 2;

    pub(super) fn of(table: &Table, references: &[Relation], referrers: &[Relation]) -> Self {
        let mut to: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
        for relation in references.iter().filter(|one| one.to.name != table.name) {
            to.entry(relation.to.name)
                .or_default()
                .push(relation.column.name);
        }
        let mut from: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
        for relation in referrers {
            from.entry(relation.table.name)
                .or_default()
                .push(relation.column.name);
        }
        let rows = to.len().min(MOST).max(from.len().min(MOST)).max(1);
        let rows = u32::try_from(rows).unwrap_or(1);
        let height = rows * (BOX.1 + GAP) + GAP;
        let more = (
            from.len().saturating_sub(MOST),
            to.len().saturating_sub(MOST),
        );
        Self {
            left: place(from, height),
            right: place(to, height),
            more,
            height,
            own_y: (height - BOX.1) / 2,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left.is_empty() && self.right.is_empty()
    }

    pub(super) fn own_middle(&self) -> u32 {
        self.own_y + BOX.1 / 2
    }

    pub(super) fn own_baseline(&self) -> u32 {
        self.own_middle() + 4
    }
}

fn place(tables: BTreeMap<&'static str, Vec<&str>>, height: u32) -> Vec<Beside> {
    let shown = u32::try_from(tables.len().min(MOST)).unwrap_or(0);
    let above = (height - shown * (BOX.1 + GAP)) / 2 + GAP / 2;
    let tables = tables.into_iter().take(MOST);
    let mut y = above;
    tables
        .map(|(name, by)| {
            let beside = Beside {
                name,
                by: by.join(", "),
                y,
            };
            y += BOX.1 + GAP;
            beside
        })
        .collect()
}
