//! Expressions: operators, casts and calls.

use sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArgumentClause, FunctionArgumentList, FunctionArguments, ObjectName, ObjectNamePart,
    TypedString, UnaryOperator,
};

use super::Dialect;
use super::functions::may_call;
use super::scope::folded;
use super::types::may_cast_to;
use super::visit::{Verdict, forbidden};
use crate::console::ConsoleError;

/// One expression; those inside it are asked about on their own.
pub(super) fn expression(expr: &Expr, dialect: Dialect) -> Verdict {
    match expr {
        Expr::Identifier(_)
        | Expr::CompoundIdentifier(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..)
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { any: false, .. }
        | Expr::ILike { any: false, .. }
        | Expr::SimilarTo { .. }
        | Expr::AtTimeZone { .. }
        | Expr::Extract { .. }
        | Expr::Ceil { .. }
        | Expr::Floor { .. }
        | Expr::Position { .. }
        | Expr::Substring { .. }
        | Expr::Trim { .. }
        | Expr::Overlay { .. }
        | Expr::Nested(_)
        | Expr::Value(_)
        | Expr::Case { .. }
        | Expr::Exists { .. }
        | Expr::Subquery(_)
        | Expr::GroupingSets(_)
        | Expr::Cube(_)
        | Expr::Rollup(_)
        | Expr::Tuple(_)
        | Expr::Array(_)
        | Expr::Interval(_)
        | Expr::Wildcard(_)
        | Expr::QualifiedWildcard(..) => Ok(()),
        Expr::BinaryOp { op, .. }
        | Expr::AnyOp { compare_op: op, .. }
        | Expr::AllOp { compare_op: op, .. } => binary(op),
        Expr::UnaryOp { op, .. } => match op {
            UnaryOperator::Plus
            | UnaryOperator::Minus
            | UnaryOperator::Not
            | UnaryOperator::BitwiseNot => Ok(()),
            _ => forbidden(format!("the operator {op}")),
        },
        Expr::Cast {
            kind: CastKind::Cast | CastKind::DoubleColon,
            data_type,
            format: None,
            ..
        } => cast(data_type),
        Expr::TypedString(TypedString {
            data_type,
            uses_odbc_syntax: false,
            ..
        }) => cast(data_type),
        Expr::Collate { collation, .. } if collation.0.len() == 1 => Ok(()),
        Expr::CompoundFieldAccess { access_chain, .. }
            if access_chain
                .iter()
                .all(|access| matches!(access, AccessExpr::Subscript(_))) =>
        {
            Ok(())
        }
        Expr::Function(function) => call(function, dialect),
        _ => forbidden(format!("the expression {}", shortened(expr))),
    }
}

fn binary(op: &BinaryOperator) -> Verdict {
    match op {
        BinaryOperator::Plus
        | BinaryOperator::Minus
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo
        | BinaryOperator::StringConcat
        | BinaryOperator::Gt
        | BinaryOperator::Lt
        | BinaryOperator::GtEq
        | BinaryOperator::LtEq
        | BinaryOperator::Eq
        | BinaryOperator::NotEq
        | BinaryOperator::And
        | BinaryOperator::Or
        | BinaryOperator::BitwiseOr
        | BinaryOperator::BitwiseAnd
        | BinaryOperator::BitwiseXor
        | BinaryOperator::Glob
        | BinaryOperator::PGBitwiseXor
        | BinaryOperator::PGBitwiseShiftLeft
        | BinaryOperator::PGBitwiseShiftRight
        | BinaryOperator::PGExp
        | BinaryOperator::PGOverlap
        | BinaryOperator::PGRegexMatch
        | BinaryOperator::PGRegexIMatch
        | BinaryOperator::PGRegexNotMatch
        | BinaryOperator::PGRegexNotIMatch
        | BinaryOperator::PGLikeMatch
        | BinaryOperator::PGILikeMatch
        | BinaryOperator::PGNotLikeMatch
        | BinaryOperator::PGNotILikeMatch
        | BinaryOperator::PGStartsWith
        | BinaryOperator::Arrow
        | BinaryOperator::LongArrow
        | BinaryOperator::HashArrow
        | BinaryOperator::HashLongArrow
        | BinaryOperator::AtArrow
        | BinaryOperator::ArrowAt
        | BinaryOperator::Question
        | BinaryOperator::QuestionAnd
        | BinaryOperator::QuestionPipe
        | BinaryOperator::Overlaps => Ok(()),
        _ => forbidden(format!("the operator {op}")),
    }
}

fn cast(data_type: &sqlparser::ast::DataType) -> Verdict {
    if may_cast_to(data_type) {
        Ok(())
    } else {
        forbidden(format!("the type {data_type}"))
    }
}

/// A call of a function that is on the list, in plain form.
fn call(function: &Function, dialect: Dialect) -> Verdict {
    let Function {
        name,
        uses_odbc_syntax,
        parameters,
        args,
        within_group: _, // expressions, which are asked about on their own
        filter: _,
        null_treatment: _,
        over: _,
    } = function;
    let refused = || ConsoleError::ForbiddenFunction {
        name: name.to_string(),
    };
    if !callable(name, dialect) {
        return Err(refused());
    }
    if *uses_odbc_syntax || *parameters != FunctionArguments::None {
        return Err(refused());
    }
    let FunctionArgumentList {
        duplicate_treatment: _,
        args,
        clauses,
    } = match args {
        FunctionArguments::None => return Ok(()),
        FunctionArguments::List(list) => list,
        FunctionArguments::Subquery(_) => return Err(refused()),
    };
    for arg in args {
        let arg = match arg {
            FunctionArg::Unnamed(arg) | FunctionArg::Named { arg, .. } => arg,
            // `make_interval(days => 3)`: the name is an expression to the parser.
            FunctionArg::ExprNamed {
                name: Expr::Identifier(_),
                arg,
                ..
            } => arg,
            FunctionArg::ExprNamed { .. } => return Err(refused()),
        };
        if matches!(arg, FunctionArgExpr::WildcardWithOptions(_)) {
            return Err(refused());
        }
    }
    let plain = clauses.iter().all(|clause| {
        matches!(
            clause,
            FunctionArgumentClause::OrderBy(_) | FunctionArgumentClause::IgnoreOrRespectNulls(_)
        )
    });
    if plain { Ok(()) } else { Err(refused()) }
}

fn callable(name: &ObjectName, dialect: Dialect) -> bool {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] => may_call(&folded(name, dialect), dialect),
        _ => false,
    }
}

/// The beginning of an expression, for a message.
fn shortened(expr: &Expr) -> String {
    let text = expr.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
