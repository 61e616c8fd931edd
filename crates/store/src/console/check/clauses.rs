//! The clauses of a query. Every member of the parser's structures is named, so that a new version
//! of the parser that knows a new clause does not let it through unseen.

use sqlparser::ast::{
    Distinct, Fetch, GroupByExpr, Join, JoinOperator, LimitClause, NamedWindowDefinition, OrderBy,
    OrderByExpr, OrderByKind, OrderByOptions, OrderBySort, Query, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, TableAlias, TableFactor, TableWithJoins, Values,
    WildcardAdditionalOptions,
};

use super::visit::{Verdict, forbidden};
use crate::console::ConsoleError;

/// A query: WITH, a body, ORDER BY, LIMIT and FETCH, and nothing else.
pub(super) fn query(query: &Query) -> Verdict {
    let Query {
        with,
        body,
        order_by: _, // has a check of its own
        limit_clause,
        fetch,
        locks,
        for_clause,
        settings,
        format_clause,
        pipe_operators,
    } = query;
    if !locks.is_empty() {
        return forbidden("FOR UPDATE and FOR SHARE");
    }
    if for_clause.is_some() || settings.is_some() || format_clause.is_some() {
        return forbidden("FOR, SETTINGS and FORMAT after a query");
    }
    if !pipe_operators.is_empty() {
        return forbidden("the operator |>");
    }
    if let Some(LimitClause::LimitOffset { limit_by, .. }) = limit_clause
        && !limit_by.is_empty()
    {
        return forbidden("LIMIT … BY");
    }
    if let Some(Fetch { percent: true, .. }) = fetch {
        return forbidden("FETCH … PERCENT");
    }
    for cte in with.iter().flat_map(|with| &with.cte_tables) {
        if cte.from.is_some() {
            return forbidden("FROM after a common table expression");
        }
        alias(Some(&cte.alias))?;
    }
    bodies(body)
}

/// The body of a query: SELECT or VALUES, or several of them put together.
fn bodies(body: &SetExpr) -> Verdict {
    // Not recursive: a long chain of UNION is nested as deeply as it is long.
    let mut left_over = vec![body];
    while let Some(body) = left_over.pop() {
        match body {
            // Their contents have checks of their own.
            SetExpr::Select(_) | SetExpr::Query(_) => {}
            SetExpr::Values(Values {
                explicit_row: false,
                value_keyword: false,
                rows: _,
            }) => {}
            SetExpr::SetOperation {
                left,
                right,
                op: _,
                set_quantifier: _,
            } => {
                left_over.push(left);
                left_over.push(right);
            }
            SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => {
                return Err(ConsoleError::NotOneSelect);
            }
            SetExpr::Values(_) => return forbidden("VALUE and ROW"),
            SetExpr::Table(_) => return forbidden("TABLE instead of SELECT"),
        }
    }
    Ok(())
}

/// A SELECT.
pub(super) fn select(select: &Select) -> Verdict {
    let Select {
        select_token: _,
        optimizer_hints,
        distinct,
        select_modifiers,
        top,
        top_before_distinct: _,
        projection,
        exclude,
        into,
        from,
        lateral_views,
        prewhere,
        selection: _, // expressions have checks of their own
        connect_by,
        group_by,
        cluster_by,
        distribute_by,
        sort_by,
        having: _,
        named_window,
        qualify,
        window_before_qualify: _,
        value_table_mode,
        flavor,
    } = select;
    if into.is_some() {
        return forbidden("SELECT … INTO");
    }
    let foreign = !optimizer_hints.is_empty()
        || select_modifiers.is_some()
        || top.is_some()
        || exclude.is_some()
        || !lateral_views.is_empty()
        || prewhere.is_some()
        || !connect_by.is_empty()
        || !cluster_by.is_empty()
        || !distribute_by.is_empty()
        || !sort_by.is_empty()
        || qualify.is_some()
        || value_table_mode.is_some()
        || *flavor != SelectFlavor::Standard;
    if foreign {
        return forbidden("clauses of other databases' SQL");
    }
    match distinct {
        None | Some(Distinct::All | Distinct::Distinct | Distinct::On(_)) => {}
    }
    match group_by {
        GroupByExpr::Expressions(_, modifiers) if modifiers.is_empty() => {}
        _ => return forbidden("GROUP BY ALL and GROUP BY … WITH"),
    }
    for item in projection {
        select_item(item)?;
    }
    for TableWithJoins {
        relation: _,
        joins: joined,
    } in from
    {
        joins(joined)?;
    }
    for NamedWindowDefinition(_name, _window) in named_window {}
    Ok(())
}

fn select_item(item: &SelectItem) -> Verdict {
    let options = match item {
        SelectItem::UnnamedExpr(_) | SelectItem::ExprWithAlias { .. } => return Ok(()),
        SelectItem::Wildcard(options)
        | SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(_), options) => {
            options
        }
        SelectItem::ExprWithAliases { .. }
        | SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(_), _) => {
            return forbidden("this kind of column in a SELECT");
        }
    };
    let WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike: None,
        opt_exclude: None,
        opt_except: None,
        opt_replace: None,
        opt_rename: None,
        opt_alias: None,
    } = options
    else {
        return forbidden("options after *");
    };
    Ok(())
}

/// What stands in FROM. Names of tables have a check of their own.
pub(super) fn table_factor(factor: &TableFactor) -> Verdict {
    match factor {
        TableFactor::Table {
            name: _,
            alias: named,
            args,
            with_hints,
            version,
            with_ordinality,
            partitions,
            json_path,
            sample,
            index_hints,
        } => {
            if args.is_some() {
                return forbidden("functions in FROM");
            }
            let plain = with_hints.is_empty()
                && version.is_none()
                && !with_ordinality
                && partitions.is_empty()
                && json_path.is_none()
                && sample.is_none()
                && index_hints.is_empty();
            if !plain {
                return forbidden("options after a table");
            }
            alias(named.as_ref())
        }
        TableFactor::Derived {
            lateral: _,
            subquery: _,
            alias: named,
            sample: None,
        } => alias(named.as_ref()),
        TableFactor::NestedJoin {
            table_with_joins,
            alias: named,
        } => {
            joins(&table_with_joins.joins)?;
            alias(named.as_ref())
        }
        _ => forbidden("anything but tables and subqueries in FROM"),
    }
}

fn joins(joins: &[Join]) -> Verdict {
    for Join {
        relation: _,
        global,
        join_operator,
    } in joins
    {
        match join_operator {
            JoinOperator::Join(_)
            | JoinOperator::Inner(_)
            | JoinOperator::Left(_)
            | JoinOperator::LeftOuter(_)
            | JoinOperator::Right(_)
            | JoinOperator::RightOuter(_)
            | JoinOperator::FullOuter(_)
            | JoinOperator::CrossJoin(_)
                if !global => {}
            _ => return forbidden("this kind of join"),
        }
    }
    Ok(())
}

/// The name given to a table or common table expression, and perhaps to its columns.
fn alias(alias: Option<&TableAlias>) -> Verdict {
    let Some(TableAlias {
        explicit: _,
        name: _,
        columns,
        at,
    }) = alias
    else {
        return Ok(());
    };
    if at.is_some() || columns.iter().any(|column| column.data_type.is_some()) {
        return forbidden("types in the name of a table");
    }
    Ok(())
}

/// ORDER BY.
pub(super) fn order_by(order_by: &OrderBy) -> Verdict {
    match order_by {
        OrderBy {
            kind: OrderByKind::Expressions(_),
            interpolate: None,
        } => Ok(()),
        _ => forbidden("ORDER BY ALL and INTERPOLATE"),
    }
}

/// One expression of an ORDER BY.
pub(super) fn order_by_expr(order_by: &OrderByExpr) -> Verdict {
    let OrderByExpr {
        expr: _,
        options: OrderByOptions {
            sort,
            nulls_first: _,
        },
        with_fill,
    } = order_by;
    match (sort, with_fill) {
        (None | Some(OrderBySort::Asc | OrderBySort::Desc), None) => Ok(()),
        _ => forbidden("ORDER BY … USING and WITH FILL"),
    }
}
