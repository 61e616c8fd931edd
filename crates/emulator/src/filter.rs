//! The `q` and `sort` parameters.

mod parse;

use std::cmp::Ordering;

use model::Instant;

use crate::answer::Answer;
use crate::request::Request;
use parse::{Comparison, Expression, Operator};

/// The value of a field, or a value written in a query.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Null,
    Bool(bool),
    Number(i64),
    Text(String),
    Time(Instant),
    /// A field with several values, such as all reviewers: any of them may match.
    Any(Vec<Operand>),
}

impl Operand {
    pub(crate) fn text(value: impl Into<String>) -> Self {
        Self::Text(value.into())
    }

    pub(crate) fn maybe(value: Option<impl Into<String>>) -> Self {
        value.map_or(Self::Null, |value| Self::Text(value.into()))
    }

    pub(crate) fn count(value: u64) -> Self {
        Self::Number(i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// How two values compare; None when they cannot be compared.
    fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Null, Self::Null) => Some(Ordering::Equal),
            (Self::Bool(one), Self::Bool(two)) => Some(one.cmp(two)),
            (Self::Number(one), Self::Number(two)) => Some(one.cmp(two)),
            (Self::Text(one), Self::Text(two)) => Some(one.cmp(two)),
            (Self::Time(one), Self::Time(two)) => Some(one.cmp(two)),
            // Dates may be quoted.
            (Self::Time(one), Self::Text(two)) => Some(one.cmp(&two.parse().ok()?)),
            _ => None,
        }
    }
}

/// Something that can be asked for the value of a field by name.
pub(crate) trait Searchable {
    /// None when there is no such field to search by.
    fn field(&self, name: &str) -> Option<Operand>;
}

/// A parsed `q` and `sort`.
#[derive(Debug, Default)]
pub(crate) struct Query {
    filter: Option<Expression>,
    sort: Option<(String, bool)>,
}

impl Query {
    pub(crate) fn of(request: &Request) -> Result<Self, Answer> {
        let filter = match request
            .parameter("q")
            .map(str::trim)
            .filter(|text| !text.is_empty())
        {
            None => None,
            Some(text) => Some(parse::expression(text).map_err(|message| {
                Answer::error(400, format!("Invalid query string: {message}"))
            })?),
        };
        let sort = request
            .parameter("sort")
            .filter(|text| !text.is_empty())
            .map(|text| {
                text.strip_prefix('-')
                    .map_or((text.to_owned(), false), |name| (name.to_owned(), true))
            });
        Ok(Self { filter, sort })
    }

    /// Whether the filter says anything about this field.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        self.filter
            .as_ref()
            .is_some_and(|filter| filter.mentions(name))
    }

    pub(crate) fn sorts(&self) -> bool {
        self.sort.is_some()
    }

    /// The texts of a filter that is nothing but `field IN ("…", "…")`.
    pub(crate) fn only_in(&self, field: &str) -> Option<Vec<&str>> {
        let Some(Expression::Comparison(comparison)) = &self.filter else {
            return None;
        };
        if comparison.field != field || comparison.operator != Operator::In {
            return None;
        }
        let texts = comparison.values.iter().map(|value| match value {
            Operand::Text(text) => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// Whether anything is filtered by.
    pub(crate) fn filters(&self) -> bool {
        self.filter.is_some()
    }

    /// The items that match, in the order that is asked for, else in the one that they came in.
    pub(crate) fn select<T: Searchable + Copy>(&self, items: Vec<T>) -> Result<Vec<T>, Answer> {
        let mut chosen = Vec::new();
        for item in items {
            if self
                .filter
                .as_ref()
                .map_or(Ok(true), |filter| holds(filter, &item))?
            {
                chosen.push(item);
            }
        }
        let Some((name, descending)) = &self.sort else {
            return Ok(chosen);
        };
        let mut keyed = Vec::with_capacity(chosen.len());
        for item in chosen {
            let key = item
                .field(name)
                .ok_or_else(|| Answer::error(400, format!("Invalid sort attribute: {name}")))?;
            keyed.push((key, item));
        }
        keyed.sort_by(|(one, _), (two, _)| {
            let order = one.compare(two).unwrap_or(Ordering::Equal);
            if *descending { order.reverse() } else { order }
        });
        Ok(keyed.into_iter().map(|(_, item)| item).collect())
    }
}

fn holds(expression: &Expression, item: &impl Searchable) -> Result<bool, Answer> {
    Ok(match expression {
        Expression::And(one, two) => holds(one, item)? && holds(two, item)?,
        Expression::Or(one, two) => holds(one, item)? || holds(two, item)?,
        Expression::Comparison(comparison) => {
            let name = &comparison.field;
            let found = item.field(name).ok_or_else(|| {
                Answer::error(400, format!("Field \"{name}\" does not support filtering"))
            })?;
            if matches!(found, Operand::Time(_))
                && let Some(Operand::Text(text)) = comparison.values.first()
                && text.parse::<Instant>().is_err()
            {
                return Err(Answer::error(
                    400,
                    format!("Invalid date for field \"{name}\""),
                ));
            }
            compare(comparison, &found)
        }
    })
}

fn compare(comparison: &Comparison, found: &Operand) -> bool {
    if let Operand::Any(several) = found {
        return several.iter().any(|one| compare(comparison, one));
    }
    let any = |test: fn(Option<Ordering>) -> bool| {
        comparison
            .values
            .iter()
            .any(|value| test(found.compare(value)))
    };
    let contains = || match (found, comparison.values.first()) {
        (Operand::Text(text), Some(Operand::Text(part))) => {
            text.to_lowercase().contains(&part.to_lowercase())
        }
        _ => false,
    };
    match comparison.operator {
        Operator::Equal | Operator::In => any(|order| order == Some(Ordering::Equal)),
        Operator::NotEqual | Operator::NotIn => !any(|order| order == Some(Ordering::Equal)),
        Operator::Greater => any(|order| order == Some(Ordering::Greater)),
        Operator::GreaterOrEqual => any(|order| order.is_some_and(Ordering::is_ge)),
        Operator::Less => any(|order| order == Some(Ordering::Less)),
        Operator::LessOrEqual => any(|order| order.is_some_and(Ordering::is_le)),
        Operator::Contains => contains(),
        Operator::ContainsNot => !contains(),
    }
}
