//! What FROM brings in.

use sqlparser::ast::{Join, JoinConstraint, JoinOperator, TableAlias, TableFactor, TableWithJoins};

use super::{Column, Relation, Scope, columns_of, fold, last};

/// Adds what a part of FROM brings in, in the order of `*`.
pub(super) fn add_joined(item: &TableWithJoins, scope: Scope<'_>, relations: &mut Vec<Relation>) {
    let first = relations.len();
    add(&item.relation, scope, relations);
    for Join {
        relation,
        join_operator,
        ..
    } in &item.joins
    {
        let before = relations.len();
        add(relation, scope, relations);
        // Of the columns that a join is by, `*` shows those of the left side alone.
        let hidden: Vec<String> = match constraint(join_operator) {
            Some(JoinConstraint::Using(names)) => names.iter().filter_map(last).collect(),
            Some(JoinConstraint::Natural) => relations
                .iter()
                .take(before)
                .skip(first)
                .flat_map(|relation| relation.columns.iter().flatten())
                .map(|column| column.name.clone())
                .collect(),
            _ => Vec::new(),
        };
        for columns in relations
            .iter_mut()
            .skip(before)
            .filter_map(|joined| joined.columns.as_mut())
        {
            columns.retain(|column| !hidden.contains(&column.name));
        }
    }
}

fn constraint(operator: &JoinOperator) -> Option<&JoinConstraint> {
    match operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint)
        | JoinOperator::CrossJoin(constraint) => Some(constraint),
        _ => None,
    }
}

fn add(factor: &TableFactor, scope: Scope<'_>, relations: &mut Vec<Relation>) {
    match factor {
        TableFactor::Table { name, alias, .. } => {
            let Some(table) = last(name) else { return };
            let columns = scope.relation_columns(&table);
            relations.push(match alias {
                Some(alias) => named(alias, columns),
                None => Relation {
                    name: table,
                    columns,
                },
            });
        }
        TableFactor::Derived {
            subquery, alias, ..
        } => {
            let columns = columns_of(subquery, scope);
            relations.push(match alias {
                Some(alias) => named(alias, columns),
                None => Relation {
                    name: String::new(),
                    columns,
                },
            });
        }
        TableFactor::NestedJoin {
            table_with_joins, ..
        } => {
            add_joined(table_with_joins, scope, relations);
        }
        _ => relations.push(Relation {
            name: String::new(),
            columns: None,
        }),
    }
}

/// A relation under its alias, which may name the columns anew.
pub(super) fn named(alias: &TableAlias, mut columns: Option<Vec<Column>>) -> Relation {
    for (column, renamed) in columns.iter_mut().flatten().zip(&alias.columns) {
        column.name = fold(&renamed.name);
    }
    Relation {
        name: fold(&alias.name),
        columns,
    }
}
