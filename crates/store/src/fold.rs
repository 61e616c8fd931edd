//! Folding many rows into few groups: what a report asks of the database.
//!
//! A [`Question`] is one SELECT, the same text for both engines: each of its rows tells the group
//! that it belongs to (keys), what it adds (sums) and what was measured (values). The answer has
//! one [`Part`] per group, and every value, since only whoever has all values of all groups can
//! say a percentile of any of them. The values of a part stand together in a column: there may be
//! nearly as many groups as rows, and a list for each would cost more than what is in it. Parts of
//! one group can be merged without loss, so that a long range may be asked in pieces, side by side.
//! Rows may be told apart in several ways at once: reading them is most of the work.
//!
//! Months that are packed (see `packs`) are read as they are packed, which is many times as quick.
//! The rest is asked of the tables. There PostgreSQL folds by itself (`GROUP BY` with `array_agg`);
//! SQLite runs in this process and can hand rows over faster than it can fold them: they are folded
//! here. An engine that is neither would be asked as PostgreSQL is, with its own name for a list of
//! values.

mod answer;
mod combinations;
mod groups;
mod packed;
mod postgres;
mod sqlite;

use std::ops::Range;

use chrono::NaiveDate;
use serde::Serialize;

use crate::StoreError;
use crate::engine::Db;

pub(crate) use groups::index;
pub(crate) use postgres::key as postgres_key;
pub use sqlite::FoldReaders;

/// What is asked: a SELECT in parts, made of the program's own text alone. What others wrote comes
/// as parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// Ways to tell the rows apart. Each is answered by itself.
    pub group_by: Vec<GroupBy>,
    /// Whole numbers that are added up; NULL adds nothing.
    pub sums: Vec<String>,
    /// Whole numbers that are kept, each; NULL is none.
    pub values: Vec<String>,
    /// Tables with their joins.
    pub from: &'static str,
    /// The days that rows count for; all rows without it, those of no day too.
    pub days: Option<Days>,
    /// What must hold of each row.
    pub conditions: Vec<Condition>,
}

/// A way to tell rows apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupBy {
    /// What tells the groups apart: whole numbers and texts.
    pub keys: Vec<String>,
    /// Whether sums and values are wanted too, and not only how many rows there are.
    pub measured: bool,
}

/// Rows of these days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The column with the day, a text such as `2027-01-31`.
    pub column: &'static str,
    /// The first day.
    pub from: NaiveDate,
    /// The last day.
    pub to: NaiveDate,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// What the program's own text says.
    Holds(&'static str),
    /// The column is not NULL.
    Known(&'static str),
    /// The column is one of these.
    OneOf(&'static str, Parameter),
    /// The column is none of these, or NULL.
    NoneOf(&'static str, Parameter),
}

/// A value that is asked with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameter {
    /// A text.
    Text(String),
    /// A list of ids; its place in the text is written `{ids?}`.
    Ids(Vec<i64>),
    /// A list of texts; its place is written `{texts?}`.
    Texts(Vec<String>),
}

/// What tells a group from the others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Key {
    /// NULL.
    Null,
    /// A whole number, or a boolean as 0 or 1.
    Integer(i64),
    /// A text.
    Text(String),
}

/// The answer to one way to tell rows apart: groups, and what was measured of their rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folded {
    /// One for each group.
    pub parts: Vec<Part>,
    /// One column for each of [`Question::values`]; none where nothing was to be measured.
    pub values: Vec<Column>,
}

/// What was measured, in no order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// The values of all parts. There is room between them that means nothing.
    pub values: Vec<i64>,
    /// Where those of each part are.
    pub of_parts: Vec<Range<usize>>,
}

/// The rows of one group, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The group, one key for each of [`GroupBy::keys`].
    pub keys: Vec<Key>,
    /// How many rows.
    pub rows: u64,
    /// One for each of [`Question::sums`]; none where nothing was to be measured.
    pub sums: Vec<i64>,
}

impl Condition {
    /// The column whose words are tested.
    fn column(&self) -> Option<&str> {
        match self {
            Self::Holds(_) | Self::Known(_) => None,
            Self::OneOf(column, _) | Self::NoneOf(column, _) => Some(column),
        }
    }

    /// As it is written, with its parameter, which is added to `parameters`.
    fn sql(&self, parameters: &mut Vec<String>) -> Result<String, StoreError> {
        let mut listed = |parameter: &Parameter| {
            parameters.push(parameter.bound()?);
            let number = parameters.len();
            Ok::<_, StoreError>(match parameter {
                Parameter::Text(_) => format!("(${number})"),
                Parameter::Ids(_) => format!("{{ids${number}}}"),
                Parameter::Texts(_) => format!("{{texts${number}}}"),
            })
        };
        Ok(match self {
            Self::Holds(text) => (*text).to_owned(),
            Self::Known(column) => format!("{column} IS NOT NULL"),
            Self::OneOf(column, parameter) => format!("{column} IN {}", listed(parameter)?),
            Self::NoneOf(column, parameter) => {
                format!(
                    "({column} IS NULL OR {column} NOT IN {})",
                    listed(parameter)?
                )
            }
        })
    }
}

impl Parameter {
    /// As it is bound: lists are JSON.
    pub(crate) fn bound(&self) -> Result<String, StoreError> {
        Ok(match self {
            Self::Text(text) => text.clone(),
            Self::Ids(ids) => serde_json::to_string(ids)?,
            Self::Texts(texts) => serde_json::to_string(texts)?,
        })
    }
}

impl Question {
    /// Every key, once.
    fn keys(&self) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for key in self.group_by.iter().flat_map(|one| &one.keys) {
            if !keys.contains(&key.as_str()) {
                keys.push(key);
            }
        }
        keys
    }

    /// Where among them those of one way to tell rows apart are.
    fn places_of(&self, group_by: &GroupBy) -> Vec<usize> {
        let all = self.keys();
        let keys = group_by.keys.iter();
        keys.filter_map(|key| all.iter().position(|one| one == key))
            .collect()
    }

    /// The SELECT of its rows of these days, the same on every engine but for the marks, and its
    /// parameters.
    fn rows(&self, days: Option<Days>) -> Result<(String, Vec<String>), StoreError> {
        let sums = self.sums.iter().map(String::as_str).collect();
        let values = self.values.iter().map(String::as_str).collect();
        let named = [(self.keys(), 'k'), (sums, 's'), (values, 'v')];
        let columns: Vec<String> = named
            .iter()
            .flat_map(|(texts, letter)| {
                let texts = texts.iter().enumerate();
                texts.map(move |(number, text)| format!("{text} AS {letter}{number}"))
            })
            .collect();
        let columns = if columns.is_empty() {
            "1 AS one".to_owned()
        } else {
            columns.join(", ")
        };
        let mut parameters = Vec::new();
        let mut conditions = vec!["1 = 1".to_owned()];
        if let Some(Days { column, from, to }) = days {
            parameters.extend([from.to_string(), to.to_string()]);
            conditions.push(format!("{column} >= $1 AND {column} <= $2"));
        }
        for condition in &self.conditions {
            conditions.push(condition.sql(&mut parameters)?);
        }
        let sql = format!(
            "SELECT {columns} FROM {} WHERE {}",
            self.from,
            conditions.join(" AND ")
        );
        Ok((sql, parameters))
    }

    /// The statement that folds in one way, for an engine that does so by itself.
    fn folded(&self, group_by: &GroupBy, rows: &str) -> String {
        let keys = self.places_of(group_by).into_iter();
        let keys: Vec<String> = keys.map(|number| format!("k{number}")).collect();
        let mut columns = keys.clone();
        columns.push("COUNT(*) AS n".to_owned());
        if group_by.measured {
            let sums = 0..self.sums.len();
            columns.extend(
                sums.map(|number| {
                    format!("CAST(COALESCE(SUM(s{number}), 0) AS BIGINT) AS s{number}")
                }),
            );
            let values = 0..self.values.len();
            columns.extend(values.map(|number| format!("{{values v{number}}} AS v{number}")));
        }
        let groups = if keys.is_empty() {
            String::new()
        } else {
            format!(" GROUP BY {}", keys.join(", "))
        };
        format!("SELECT {} FROM ({rows}) folded{groups}", columns.join(", "))
    }
}

impl Db {
    /// Folds the rows of a question into its groups: one answer for each way to tell them apart,
    /// in order. One without keys has one part, which is empty where there is no row.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn fold(&self, question: &Question) -> Result<Vec<Folded>, StoreError> {
        match self {
            Self::Sqlite { fold, .. } => sqlite::fold(fold.clone(), question.clone()).await,
            Self::Postgres(pool) => postgres::fold(pool, question).await,
        }
    }

    /// The groups of rows that these keys tell apart, and how many rows each has.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn groups(
        &self,
        keys: &[&str],
        from: &'static str,
        conditions: Vec<Condition>,
    ) -> Result<Vec<Part>, StoreError> {
        let question = Question {
            group_by: vec![GroupBy {
                keys: keys.iter().map(|key| (*key).to_owned()).collect(),
                measured: false,
            }],
            from,
            conditions,
            ..Question::default()
        };
        let folded = self.fold(&question).await?;
        Ok(folded.into_iter().flat_map(|one| one.parts).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_number_their_parameters_and_values_never_enter_the_text() {
        let question = Question {
            group_by: vec![
                GroupBy {
                    keys: vec!["t.a".to_owned()],
                    measured: true,
                },
                GroupBy {
                    keys: vec!["t.c".to_owned(), "t.a".to_owned()],
                    measured: false,
                },
            ],
            sums: vec!["1".to_owned()],
            values: vec!["t.b".to_owned()],
            from: "t",
            days: Some(Days {
                column: "t.day",
                from: "2027-01-01".parse().unwrap(),
                to: "2027-01-31".parse().unwrap(),
            }),
            conditions: vec![
                Condition::Holds("NOT t.c"),
                Condition::Known("t.d"),
                Condition::NoneOf("t.user_id", Parameter::Ids(vec![1, 2])),
                Condition::OneOf("t.branch", Parameter::Texts(vec!["'main'".to_owned()])),
            ],
        };
        let (rows, parameters) = question.rows(question.days).unwrap();
        assert_eq!(
            rows,
            "SELECT t.a AS k0, t.c AS k1, 1 AS s0, t.b AS v0 FROM t WHERE 1 = 1 \
             AND t.day >= $1 AND t.day <= $2 AND NOT t.c AND t.d IS NOT NULL \
             AND (t.user_id IS NULL OR t.user_id NOT IN {ids$3}) AND t.branch IN {texts$4}"
        );
        assert_eq!(
            parameters,
            ["2027-01-01", "2027-01-31", "[1,2]", "[\"'main'\"]"]
        );
        assert_eq!(
            question.folded(&question.group_by[0], "X"),
            "SELECT k0, COUNT(*) AS n, CAST(COALESCE(SUM(s0), 0) AS BIGINT) AS s0, \
             {values v0} AS v0 FROM (X) folded GROUP BY k0"
        );
        assert_eq!(
            question.folded(&question.group_by[1], "X"),
            "SELECT k1, k0, COUNT(*) AS n FROM (X) folded GROUP BY k1, k0"
        );
    }
}
