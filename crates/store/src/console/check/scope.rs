//! Which names stand for common table expressions at which place.
//!
//! A name in `FROM` is one only where it is in scope; elsewhere the same name is a table, and
//! `WITH credentials AS (SELECT * FROM credentials) …` must not hide that.

use sqlparser::ast::{Ident, Query};

use super::Dialect;

/// The names in scope while a query is walked through, outermost first.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    frames: Vec<Frame>,
    met: Vec<String>,
}

/// One query that is being walked through.
#[derive(Debug)]
struct Frame {
    /// The names of its common table expressions, in order.
    names: Vec<String>,
    /// How many of them are in scope.
    visible: usize,
    /// How many of their queries have been walked through.
    walked: usize,
}

impl Scopes {
    /// Enters a query.
    pub(super) fn enter(&mut self, query: &Query, dialect: Dialect) {
        let names: Vec<String> = query
            .with
            .iter()
            .flat_map(|with| &with.cte_tables)
            .map(|cte| folded(&cte.alias.name, dialect))
            .collect();
        self.met.extend(names.iter().cloned());
        // In SQLite the word RECURSIVE changes nothing.
        let recursive =
            dialect == Dialect::Sqlite || query.with.as_ref().is_some_and(|with| with.recursive);
        let visible = if recursive { names.len() } else { 0 };
        self.frames.push(Frame {
            names,
            visible,
            walked: 0,
        });
    }

    /// Leaves the query that was entered last.
    ///
    /// The walk goes through the common table expressions of a query first and in order, so the
    /// first queries that are left below it are theirs; each is in scope from then on.
    pub(super) fn leave(&mut self) {
        self.frames.pop();
        if let Some(parent) = self.frames.last_mut() {
            parent.walked = parent.names.len().min(parent.walked + 1);
            parent.visible = parent.visible.max(parent.walked);
        }
    }

    /// Whether the name stands for a common table expression here.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.frames.iter().any(|frame| {
            frame
                .names
                .iter()
                .take(frame.visible)
                .any(|known| known == name)
        })
    }

    /// Every name that was met, in scope or not.
    pub(super) fn met(self) -> Vec<String> {
        self.met
    }

    /// How deeply the walk is inside queries.
    pub(super) fn depth(&self) -> usize {
        self.frames.len()
    }
}

/// A name as the engine compares it: SQLite ignores case, PostgreSQL only where it is not quoted.
pub(super) fn folded(name: &Ident, dialect: Dialect) -> String {
    if dialect == Dialect::Postgres && name.quote_style.is_some() {
        name.value.clone()
    } else {
        name.value.to_ascii_lowercase()
    }
}
