//! `$name` in a query: each place becomes a parameter of its own.
//!
//! The places are found by the parser, so that a dollar in a text or a comment is just that. A value
//! never becomes part of the text: a list in `IN ($names)` becomes as many parameters as it has
//! values.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Statement, Value, ValueWithSpan, VisitMut, VisitorMut};

use super::Wanted;
use crate::console::ConsoleError;
use crate::console::variables::{MAX_TEXT, MAX_VALUES, Scalar, Variable, Variables};

/// Stands around the number of a parameter while the query is written out. No query has it.
pub(super) const MARK: char = '\u{1}';

/// The name of a variable, if a parameter is one.
fn name_of(parameter: &str) -> Option<&str> {
    parameter
        .strip_prefix('$')
        .filter(|name| name.starts_with(|first: char| first.is_alphabetic() || first == '_'))
}

fn placeholder(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Value(ValueWithSpan {
            value: Value::Placeholder(name),
            ..
        }) => name_of(name),
        _ => None,
    }
}

/// The variables of a statement.
pub(super) fn wanted(statement: &mut Statement) -> Vec<Wanted> {
    let mut finder = Finder(Vec::new());
    let _ = statement.visit(&mut finder);
    finder.0
}

struct Finder(Vec<Wanted>);

impl Finder {
    fn add(&mut self, name: &str, list: bool) {
        match self.0.iter_mut().find(|one| one.name == name) {
            // Where it is to be one value anywhere, it is one everywhere.
            Some(known) => known.list &= list,
            None => self.0.push(Wanted {
                name: name.to_owned(),
                list,
            }),
        }
    }
}

impl VisitorMut for Finder {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if let Expr::InList { list, .. } = expr {
            // What is found here is taken out, so that it is not found again below as a single value.
            list.retain(|item| match placeholder(item) {
                Some(name) => {
                    self.add(name, true);
                    false
                }
                None => true,
            });
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
        if let Value::Placeholder(name) = &value.value
            && let Some(name) = name_of(name)
        {
            self.add(name, false);
        }
        ControlFlow::Continue(())
    }
}

/// Puts parameters in the place of variables; the result is what they are bound to, in order.
pub(super) fn bind(
    statement: &mut Statement,
    variables: &Variables,
) -> Result<Vec<(String, Scalar)>, ConsoleError> {
    let mut binder = Binder {
        variables,
        values: Vec::new(),
        missing: Vec::new(),
    };
    if let ControlFlow::Break(refusal) = statement.visit(&mut binder) {
        return Err(*refusal);
    }
    if !binder.missing.is_empty() {
        return Err(ConsoleError::MissingVariables(binder.missing));
    }
    Ok(binder.values)
}

struct Binder<'a> {
    variables: &'a Variables,
    values: Vec<(String, Scalar)>,
    missing: Vec<String>,
}

impl Binder<'_> {
    /// The next parameter, bound to this value.
    fn parameter(&mut self, name: &str, value: &Scalar) -> Result<Value, ConsoleError> {
        let too_long =
            matches!(value, Scalar::Text(text) if text.len() > MAX_TEXT || text.contains('\0'));
        if self.values.len() >= MAX_VALUES || too_long {
            return Err(ConsoleError::TooManyValues);
        }
        self.values.push((name.to_owned(), value.clone()));
        Ok(Value::Placeholder(format!(
            "{MARK}{}{MARK}",
            self.values.len()
        )))
    }

    fn expand(&mut self, expr: &mut Expr) -> Result<(), ConsoleError> {
        let Expr::InList { list, negated, .. } = expr else {
            return Ok(());
        };
        let mut items = Vec::with_capacity(list.len());
        let variables = self.variables;
        for item in list.drain(..) {
            let name = placeholder(&item).map(str::to_owned);
            match name
                .as_ref()
                .and_then(|name| Some((name, variables.get(name)?)))
            {
                Some((name, Variable::List(values))) => {
                    for value in values {
                        let value = self.parameter(name, value)?;
                        items.push(Expr::Value(value.into()));
                    }
                }
                _ => items.push(item),
            }
        }
        if items.is_empty() {
            // Nothing is in no list, everything is not.
            *expr = Expr::Value(Value::Boolean(*negated).into());
        } else {
            *list = items;
        }
        Ok(())
    }

    fn replace(&mut self, value: &mut ValueWithSpan) -> Result<(), ConsoleError> {
        let Value::Placeholder(written) = &value.value else {
            return Ok(());
        };
        if written.starts_with(MARK) {
            return Ok(());
        }
        let Some(name) = name_of(written).map(str::to_owned) else {
            return Err(ConsoleError::Forbidden(format!(
                "the parameter {written}, since a variable is a dollar and a name, such as $since"
            )));
        };
        match self.variables.get(&name) {
            Some(Variable::One(scalar)) => value.value = self.parameter(&name, scalar)?,
            Some(Variable::List(_)) => return Err(ConsoleError::MisplacedList(name)),
            None if self.missing.contains(&name) => {}
            None => self.missing.push(name),
        }
        Ok(())
    }
}

fn flow(outcome: Result<(), ConsoleError>) -> ControlFlow<Box<ConsoleError>> {
    match outcome {
        Ok(()) => ControlFlow::Continue(()),
        Err(refusal) => ControlFlow::Break(Box::new(refusal)),
    }
}

impl VisitorMut for Binder<'_> {
    type Break = Box<ConsoleError>;

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        flow(self.expand(expr))
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<Self::Break> {
        flow(self.replace(value))
    }
}

/// The text of a statement, cut at its parameters: text, the number of a parameter, text, and so on.
pub(super) fn pieces(statement: &Statement) -> Vec<String> {
    let text = statement.to_string();
    text.split(MARK).map(str::to_owned).collect()
}

/// Writes the parameters as `$1` and so on.
pub(super) fn number(statement: &mut Statement) {
    struct Numbering;
    impl VisitorMut for Numbering {
        type Break = ();
        fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<()> {
            if let Value::Placeholder(written) = &mut value.value
                && written.starts_with(MARK)
            {
                *written = format!("${}", written.trim_matches(MARK));
            }
            ControlFlow::Continue(())
        }
    }
    let _ = statement.visit(&mut Numbering);
}
