//! The walk through a parsed query.

use std::ops::ControlFlow;

use model::catalogue;
use sqlparser::ast::{
    Expr, ObjectName, ObjectNamePart, OrderBy, OrderByExpr, Query, Select, Statement, TableFactor,
    Value, ValueWithSpan, Visitor,
};

use super::scope::{Scopes, folded};
use super::{Dialect, clauses, expressions};
use crate::console::ConsoleError;
use crate::console::nearest::nearest;

/// What one check of a node says: nothing, or why the query is refused.
pub(super) type Verdict = Result<(), ConsoleError>;

/// Walks through a query and stops at the first thing that is not allowed.
#[derive(Debug)]
pub(super) struct Checker {
    dialect: Dialect,
    scopes: Scopes,
    parameters: usize,
}

impl Checker {
    /// `parameters` is how many there are: `$1` and so on.
    pub(super) fn new(dialect: Dialect, parameters: usize) -> Self {
        Self {
            dialect,
            scopes: Scopes::default(),
            parameters,
        }
    }

    /// Whether a parameter is one of those that were put in the place of variables.
    fn is_bound(&self, parameter: &str) -> bool {
        let number = parameter.strip_prefix('$').map(str::parse::<usize>);
        matches!(number, Some(Ok(number)) if (1..=self.parameters).contains(&number))
    }

    /// The names of all common table expressions that were met.
    pub(super) fn names(self) -> Vec<String> {
        self.scopes.met()
    }

    /// A name in FROM: a table of the catalogue, or a common table expression that is in scope.
    fn relation(&self, name: &ObjectName) -> Verdict {
        let own_schema = match self.dialect {
            Dialect::Sqlite => "main",
            Dialect::Postgres => "public",
        };
        let known = match name.0.as_slice() {
            [ObjectNamePart::Identifier(table)] => {
                let table = folded(table, self.dialect);
                self.scopes.knows(&table) || catalogue::table(&table).is_some()
            }
            [
                ObjectNamePart::Identifier(schema),
                ObjectNamePart::Identifier(table),
            ] => {
                folded(schema, self.dialect) == own_schema
                    && catalogue::table(&folded(table, self.dialect)).is_some()
            }
            _ => false,
        };
        if known {
            return Ok(());
        }
        let last = name.0.last().and_then(ObjectNamePart::as_ident);
        let tables = catalogue::tables().iter().map(|table| table.name);
        Err(ConsoleError::ForbiddenTable {
            name: name.to_string(),
            nearest: last
                .and_then(|last| nearest(&last.value, tables))
                .map(str::to_owned),
        })
    }
}

/// Refuses a part of a query.
pub(super) fn forbidden<T>(what: impl Into<String>) -> Result<T, ConsoleError> {
    Err(ConsoleError::Forbidden(what.into()))
}

/// The error is boxed, as the parser advises: the walk goes deep, and each step has room for one.
fn flow(verdict: Verdict) -> ControlFlow<Box<ConsoleError>> {
    match verdict {
        Ok(()) => ControlFlow::Continue(()),
        Err(refusal) => ControlFlow::Break(Box::new(refusal)),
    }
}

impl Visitor for Checker {
    type Break = Box<ConsoleError>;

    fn pre_visit_statement(&mut self, _: &Statement) -> ControlFlow<Self::Break> {
        // The first statement is the query itself; any other stands inside it.
        flow(if self.scopes.depth() == 0 {
            Ok(())
        } else {
            Err(ConsoleError::NotOneSelect)
        })
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        self.scopes.enter(query, self.dialect);
        flow(clauses::query(query))
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<Self::Break> {
        self.scopes.leave();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        flow(clauses::select(select))
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        flow(clauses::table_factor(factor))
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<Self::Break> {
        flow(self.relation(relation))
    }

    fn pre_visit_order_by(&mut self, order_by: &OrderBy) -> ControlFlow<Self::Break> {
        flow(clauses::order_by(order_by))
    }

    fn pre_visit_order_by_expr(&mut self, order_by: &OrderByExpr) -> ControlFlow<Self::Break> {
        flow(clauses::order_by_expr(order_by))
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        flow(expressions::expression(expr, self.dialect))
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<Self::Break> {
        flow(match &value.value {
            Value::Number(..)
            | Value::SingleQuotedString(_)
            | Value::EscapedStringLiteral(_)
            | Value::Boolean(_)
            | Value::Null => Ok(()),
            Value::Placeholder(name) if self.is_bound(name) => Ok(()),
            Value::Placeholder(_) => forbidden("parameters"),
            _ => forbidden(format!("the literal {value}")),
        })
    }
}
