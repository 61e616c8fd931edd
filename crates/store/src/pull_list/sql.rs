//! The statements of the list of pull requests.

use model::Instant;

use super::{Clause, LOOKED_THROUGH, PullLine, PullOrder, PullSearch, PullWord};
use crate::StoreError;

/// A value that is bound.
pub(super) enum Bound {
    Text(String),
    At(Instant),
    Integer(i64),
}

impl PullOrder {
    /// The column that it goes by.
    fn column(self) -> &'static str {
        match self {
            Self::Updated => "p.updated_at",
            Self::Opened | Self::Oldest => "p.created_at",
            Self::Closed => "p.closed_at",
            Self::CycleTime => "p.cycle_time",
            Self::Size => "p.size",
        }
    }

    pub(super) fn is_time(self) -> bool {
        !matches!(self, Self::CycleTime | Self::Size)
    }

    fn bound(self, key: i64) -> Bound {
        if self.is_time() {
            Bound::At(Instant::from_micros(key))
        } else {
            Bound::Integer(key)
        }
    }

    pub(super) fn key_of(self, line: &PullLine) -> i64 {
        match self {
            Self::Updated => line.updated_at.micros(),
            Self::Opened | Self::Oldest => line.created_at.micros(),
            Self::Closed => line.closed_at.map_or(0, Instant::micros),
            Self::CycleTime => line.cycle_time.unwrap_or(0),
            Self::Size => line.size.unwrap_or(0),
        }
    }
}

/// A statement that grows, and what is bound to it.
#[derive(Default)]
pub(super) struct Text {
    pub(super) sql: String,
    pub(super) bounds: Vec<Bound>,
}

impl Text {
    /// The place of another value.
    fn bind(&mut self, bound: Bound) -> String {
        self.bounds.push(bound);
        format!("${}", self.bounds.len())
    }

    fn and(&mut self, condition: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
    }

    fn clause(&mut self, clause: &Clause) -> Result<(), StoreError> {
        let mut text = String::new();
        let mut parts = clause.text.split('?');
        text.push_str(parts.next().unwrap_or_default());
        for (part, parameter) in parts.zip(&clause.parameters) {
            text.push_str(&self.bind(Bound::Text(parameter.bound()?)));
            text.push_str(part);
        }
        self.and(&text);
        Ok(())
    }

    fn word(&mut self, word: &PullWord) -> Result<(), StoreError> {
        let pattern = self.bind(Bound::Text(containing(&word.text)));
        // Lowering is the engine's own on both sides: what it does not know it leaves alone twice.
        let mut ways = vec![format!("LOWER(p.title) LIKE LOWER({pattern}) ESCAPE '!'")];
        for (column, ids) in [
            ("p.user_id", &word.accounts),
            ("p.repository_id", &word.repositories),
        ] {
            if !ids.is_empty() {
                let ids = self.bind(Bound::Text(serde_json::to_string(ids)?));
                ways.push(format!("{column} IN {{ids{ids}}}"));
            }
        }
        if let Some(number) = word.number {
            let number = self.bind(Bound::Integer(number));
            ways.push(format!("p.number = {number}"));
        }
        self.and(&format!("({})", ways.join(" OR ")));
        Ok(())
    }
}

/// The pattern of what contains a text.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

impl PullSearch {
    /// The rows that the order has and the conditions leave, as ` FROM … WHERE …`.
    fn body(&self, text: &mut Text, with_place: bool) -> Result<(), StoreError> {
        let order = self.order;
        text.sql.push_str(" FROM bitbucket_pulls p WHERE 1 = 1");
        if !matches!(
            order,
            PullOrder::Updated | PullOrder::Opened | PullOrder::Oldest
        ) {
            text.and(&format!("{} IS NOT NULL", order.column()));
        }
        if let Some((of, from, before)) = self.within {
            let (from, before) = (text.bind(Bound::At(from)), text.bind(Bound::At(before)));
            let column = of.column();
            text.and(&format!("{column} >= {from} AND {column} < {before}"));
        }
        for clause in &self.clauses {
            text.clause(clause)?;
        }
        if let Some(place) = self.after.filter(|_| with_place) {
            let key = text.bind(order.bound(place.key));
            let id = text.bind(Bound::Integer(place.id));
            let sign = if order == PullOrder::Oldest { '>' } else { '<' };
            text.and(&format!("({}, p.id) {sign} ({key}, {id})", order.column()));
        }
        Ok(())
    }

    fn sorted(&self) -> String {
        let direction = if self.order == PullOrder::Oldest {
            "ASC"
        } else {
            "DESC"
        };
        format!(
            " ORDER BY {} {direction}, p.id {direction}",
            self.order.column()
        )
    }

    pub(super) fn page(&self) -> Result<Text, StoreError> {
        let mut text = Text {
            sql: "SELECT p.id AS id, r.full_name AS repository, p.number AS number, p.title AS title,
                    p.state AS state, p.draft AS draft, p.user_id AS user_id, p.created_at AS created_at,
                    p.updated_at AS updated_at, p.closed_at AS closed_at,
                    p.first_review_at AS first_review_at, p.comment_count AS comment_count, p.size AS size,
                    p.cycle_time AS cycle_time, p.deleted_at IS NOT NULL AS deleted
                FROM (SELECT p.*"
                .to_owned(),
            bounds: Vec::new(),
        };
        self.body(&mut text, true)?;
        text.sql.push_str(&self.sorted());
        let within = if self.words.is_empty() {
            self.limit + 1
        } else {
            LOOKED_THROUGH
        };
        let limit = text.bind(Bound::Integer(within));
        text.sql.push_str(&format!(
            " LIMIT {limit}) p
            LEFT JOIN bitbucket_repositories r ON r.id = p.repository_id WHERE 1 = 1"
        ));
        for word in &self.words {
            text.word(word)?;
        }
        text.sql.push_str(&self.sorted());
        let limit = text.bind(Bound::Integer(self.limit + 1));
        text.sql.push_str(&format!(" LIMIT {limit}"));
        Ok(text)
    }

    /// The last row that a page with words has looked at, if it gave up there.
    pub(super) fn end(&self) -> Result<Text, StoreError> {
        let order = self.order;
        let mut text = Text {
            sql: format!("SELECT {} AS key, p.id AS id", order.column()),
            bounds: Vec::new(),
        };
        self.body(&mut text, true)?;
        text.sql.push_str(&self.sorted());
        let last = text.bind(Bound::Integer(LOOKED_THROUGH - 1));
        text.sql.push_str(&format!(" LIMIT 1 OFFSET {last}"));
        Ok(text)
    }

    pub(super) fn count(&self, at_most: i64) -> Result<Text, StoreError> {
        let mut text = Text {
            sql: "SELECT COUNT(*) FROM (SELECT 1 AS one".to_owned(),
            bounds: Vec::new(),
        };
        self.body(&mut text, false)?;
        let limit = text.bind(Bound::Integer(at_most));
        text.sql.push_str(&format!(" LIMIT {limit}) counted"));
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::Parameter;
    use crate::pull_list::PullPlace;

    #[test]
    fn a_word_is_looked_for_as_it_is_written() {
        assert_eq!(containing("50%_of!"), "%50!%!_of!!%");
    }

    #[test]
    fn what_others_wrote_never_enters_the_text() {
        let search = PullSearch {
            clauses: vec![Clause::within(
                "(1 = 1",
                vec![Clause::new(
                    "p.target_branch IN {texts?}",
                    vec![Parameter::Texts(vec!["'; DROP TABLE x".to_owned()])],
                )],
                ")",
            )],
            words: vec![PullWord {
                text: "x' OR 1=1".to_owned(),
                ..PullWord::default()
            }],
            after: Some(PullPlace { key: 1, id: 2 }),
            limit: 50,
            ..PullSearch::default()
        };
        for text in [search.page().unwrap(), search.end().unwrap()] {
            assert!(!text.sql.contains("DROP") && !text.sql.contains("OR 1=1"));
            assert!(
                text.sql.contains("(p.updated_at, p.id) < ($2, $3)"),
                "{}",
                text.sql
            );
        }
        assert!(!search.count(7).unwrap().sql.contains("LOWER"));
    }
}
