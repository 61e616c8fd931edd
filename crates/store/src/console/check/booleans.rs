//! Which columns of a query are booleans.
//!
//! SQLite has none: a comparison gives 0 or 1, and so does a column declared BOOLEAN. PostgreSQL
//! gives true or false for both. So that one query has one answer, this finds out which columns
//! PostgreSQL would call boolean: those that the catalogue does, and comparisons. Where it cannot
//! tell, the number stays a number.

mod from;

use model::catalogue::{self, Kind};
use sqlparser::ast::{
    BinaryOperator, Cte, DataType, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident,
    ObjectName, ObjectNamePart, Query, Select, SelectItem, SelectItemQualifiedWildcardKind,
    SetExpr, UnaryOperator, Value,
};

/// A column of a table, a subquery or the result.
#[derive(Clone, Debug)]
struct Column {
    name: String,
    boolean: bool,
}

/// Something in FROM or WITH under the name that it has there. Columns are `None` when unknown.
#[derive(Clone, Debug)]
struct Relation {
    name: String,
    columns: Option<Vec<Column>>,
}

/// What names mean at one place: the innermost scope first, then those around it.
#[derive(Clone, Copy)]
struct Scope<'a> {
    around: Option<&'a Scope<'a>>,
    relations: &'a [Relation],
    expressions: &'a [Relation],
}

/// The most columns that are followed. SQLite takes fewer, and `SELECT *, *` doubles them each time.
const MAX_COLUMNS: usize = 2_000;

/// Which columns of the query's result are booleans, by position; empty when the columns are not
/// known.
pub(super) fn of(query: &Query) -> Vec<bool> {
    let nowhere = Scope {
        around: None,
        relations: &[],
        expressions: &[],
    };
    columns_of(query, nowhere)
        .unwrap_or_default()
        .into_iter()
        .map(|column| column.boolean)
        .collect()
}

fn columns_of(query: &Query, around: Scope<'_>) -> Option<Vec<Column>> {
    let mut expressions: Vec<Relation> = Vec::new();
    for Cte { alias, query, .. } in query.with.iter().flat_map(|with| &with.cte_tables) {
        let scope = Scope {
            around: Some(&around),
            relations: &[],
            expressions: &expressions,
        };
        let columns = columns_of(query, scope);
        expressions.push(from::named(alias, columns));
    }
    let scope = Scope {
        around: Some(&around),
        relations: &[],
        expressions: &expressions,
    };
    body(&query.body, scope)
}

fn body(body_of: &SetExpr, scope: Scope<'_>) -> Option<Vec<Column>> {
    match body_of {
        SetExpr::Select(of) => select(of, scope),
        SetExpr::Query(query) => columns_of(query, scope),
        // Both sides have the same types; the left one has no reference to the query itself.
        SetExpr::SetOperation { left, .. } => body(left, scope),
        SetExpr::Values(values) => {
            let row = values.rows.first()?;
            let column = |value: &Expr| Column {
                name: String::new(),
                boolean: is_boolean(value, scope),
            };
            Some(row.iter().map(column).collect())
        }
        _ => None,
    }
}

fn select(of: &Select, around: Scope<'_>) -> Option<Vec<Column>> {
    let mut relations: Vec<Relation> = Vec::new();
    for item in &of.from {
        from::add_joined(item, around, &mut relations);
    }
    let scope = Scope {
        around: Some(&around),
        relations: &relations,
        expressions: &[],
    };
    let mut columns = Vec::with_capacity(of.projection.len());
    for item in &of.projection {
        match item {
            SelectItem::UnnamedExpr(expr) => columns.push(Column {
                name: own_name(expr),
                boolean: is_boolean(expr, scope),
            }),
            SelectItem::ExprWithAlias { expr, alias } => columns.push(Column {
                name: fold(alias),
                boolean: is_boolean(expr, scope),
            }),
            SelectItem::Wildcard(_) => {
                for relation in &relations {
                    columns.extend(relation.columns.clone()?);
                }
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                let name = last(name)?;
                let relation = relations.iter().find(|relation| relation.name == name)?;
                columns.extend(relation.columns.clone()?);
            }
            _ => return None,
        }
        if columns.len() > MAX_COLUMNS {
            return None;
        }
    }
    Some(columns)
}

impl Scope<'_> {
    /// The columns of the table or common table expression of this name.
    fn relation_columns(&self, name: &str) -> Option<Vec<Column>> {
        let found = self
            .expressions
            .iter()
            .rfind(|relation| relation.name == name);
        match (found, self.around) {
            (Some(relation), _) => relation.columns.clone(),
            (None, Some(around)) => around.relation_columns(name),
            (None, None) => catalogue::table(name).map(|table| {
                let columns = table.columns.iter().map(|column| Column {
                    name: column.name.to_owned(),
                    boolean: column.kind == Kind::Boolean,
                });
                columns.collect()
            }),
        }
    }

    /// Whether the column of this name is a boolean; `None` when there is no such column.
    fn column(&self, relation: Option<&str>, name: &str) -> Option<bool> {
        self.relations
            .iter()
            .filter(|candidate| relation.is_none_or(|wanted| wanted == candidate.name))
            .find_map(|candidate| {
                candidate
                    .columns
                    .iter()
                    .flatten()
                    .find(|column| column.name == name)
            })
            .map(|column| column.boolean)
            .or_else(|| self.around?.column(relation, name))
    }
}

/// Whether PostgreSQL would call the value of the expression a boolean.
fn is_boolean(expr: &Expr, scope: Scope<'_>) -> bool {
    match expr {
        Expr::Identifier(name) => scope.column(None, &fold(name)).unwrap_or_default(),
        Expr::CompoundIdentifier(parts) => match parts.as_slice() {
            [.., relation, name] => scope
                .column(Some(&fold(relation)), &fold(name))
                .unwrap_or_default(),
            _ => false,
        },
        Expr::Nested(inner) => is_boolean(inner, scope),
        Expr::Value(value) => matches!(value.value, Value::Boolean(_)),
        Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::Exists { .. }
        | Expr::UnaryOp {
            op: UnaryOperator::Not,
            ..
        }
        | Expr::Cast {
            data_type: DataType::Bool | DataType::Boolean,
            ..
        } => true,
        Expr::BinaryOp { op, .. } => matches!(
            op,
            BinaryOperator::Gt
                | BinaryOperator::Lt
                | BinaryOperator::GtEq
                | BinaryOperator::LtEq
                | BinaryOperator::Eq
                | BinaryOperator::NotEq
                | BinaryOperator::And
                | BinaryOperator::Or
                | BinaryOperator::Glob
        ),
        Expr::Subquery(query) => columns_of(query, scope)
            .is_some_and(|columns| columns.first().is_some_and(|column| column.boolean)),
        Expr::Case {
            conditions,
            else_result,
            ..
        } => {
            let results = conditions.iter().map(|when| &when.result);
            all_boolean(results.chain(else_result.as_deref()), scope)
        }
        // These give back one of their arguments.
        Expr::Function(function) if is_named(&function.name, &["coalesce", "ifnull"]) => {
            match &function.args {
                FunctionArguments::List(list) => {
                    let values = list.args.iter().filter_map(|arg| match arg {
                        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value),
                        _ => None,
                    });
                    all_boolean(values, scope)
                }
                _ => false,
            }
        }
        _ => false,
    }
}

/// Whether all values that are not NULL are booleans, and there is one.
fn all_boolean<'a>(values: impl Iterator<Item = &'a Expr>, scope: Scope<'_>) -> bool {
    let mut some = false;
    for value in values {
        if matches!(value, Expr::Value(value) if value.value == Value::Null) {
            continue;
        }
        if !is_boolean(value, scope) {
            return false;
        }
        some = true;
    }
    some
}

fn is_named(name: &ObjectName, names: &[&str]) -> bool {
    last(name).is_some_and(|name| names.contains(&name.as_str()))
}

/// The name that a column without an alias has.
fn own_name(expr: &Expr) -> String {
    match expr {
        Expr::Identifier(name) => fold(name),
        Expr::CompoundIdentifier(parts) => parts.last().map(fold).unwrap_or_default(),
        _ => String::new(),
    }
}

fn last(name: &ObjectName) -> Option<String> {
    name.0.last().and_then(ObjectNamePart::as_ident).map(fold)
}

/// SQLite ignores case.
fn fold(name: &Ident) -> String {
    name.value.to_ascii_lowercase()
}
