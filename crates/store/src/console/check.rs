//! What a person's SQL may be. Whatever is not known to be harmless is refused.

mod clauses;
mod expressions;
mod functions;
mod scope;
mod types;
mod visit;

#[cfg(test)]
mod tests;

use sqlparser::ast::{Statement, Visit};
use sqlparser::dialect::{Dialect as Grammar, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer};

use super::{ConsoleError, one_line};
pub(super) use functions::sqlite_may_call;

/// Whose SQL is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite's.
    Sqlite,
    /// PostgreSQL's.
    Postgres,
}

/// A query that may be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    sql: String,
    names: Vec<String>,
}

impl Checked {
    /// The query, written out from what was parsed and checked.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The names of its common table expressions, as the engine compares them.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }
}

/// The longest text that is read at all, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// The most tokens that can build a nested expression: everything but commas, dots and literals, of
/// which a list of values may have many. It bounds the depth of what the parser builds: `1+1+1…` is
/// nested as deeply as it is long, and walking it takes stack.
const MAX_NESTING_TOKENS: usize = 3_000;

/// The parser's own bound on nested parentheses and subqueries.
const MAX_PARENTHESES: usize = 60;

/// Checks that `sql` is one query that may be run.
///
/// # Errors
/// It is no SQL, not one query, or has a part that is not allowed; the error says which.
pub fn check(sql: &str, dialect: Dialect) -> Result<Checked, ConsoleError> {
    let grammar: &dyn Grammar = match dialect {
        Dialect::Sqlite => &SQLiteDialect {},
        Dialect::Postgres => &PostgreSqlDialect {},
    };
    let statement = only_statement(sql, grammar)?;
    let mut visitor = visit::Checker::new(dialect);
    if let std::ops::ControlFlow::Break(refusal) = statement.visit(&mut visitor) {
        return Err(*refusal);
    }
    Ok(Checked {
        sql: statement.to_string(),
        names: visitor.names(),
    })
}

/// The one query of the text.
fn only_statement(sql: &str, grammar: &dyn Grammar) -> Result<Statement, ConsoleError> {
    // SQLite would stop reading at U+0000, and no SQL has one.
    if sql.len() > MAX_BYTES || sql.contains('\0') {
        return Err(ConsoleError::TooComplex);
    }
    let tokens = Tokenizer::new(grammar, sql)
        .tokenize_with_location()
        .map_err(|error| ConsoleError::Syntax(one_line(&error.to_string())))?;
    let nesting = tokens.iter().filter(|token| can_nest(&token.token)).count();
    if nesting > MAX_NESTING_TOKENS {
        return Err(ConsoleError::TooComplex);
    }
    let parsed = Parser::new(grammar)
        .with_recursion_limit(MAX_PARENTHESES)
        .with_tokens_with_locations(tokens)
        .parse_statements()
        .map_err(|error| match error {
            ParserError::RecursionLimitExceeded => ConsoleError::TooComplex,
            ParserError::TokenizerError(message) | ParserError::ParserError(message) => {
                ConsoleError::Syntax(one_line(&message))
            }
        })?;
    let mut statements = parsed.into_iter();
    match (statements.next(), statements.next()) {
        (Some(statement @ Statement::Query(_)), None) => Ok(statement),
        _ => Err(ConsoleError::NotOneSelect),
    }
}

/// Whether a token can make the parsed query deeper.
fn can_nest(token: &Token) -> bool {
    !matches!(
        token,
        Token::Whitespace(_)
            | Token::Comma
            | Token::Period
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::EOF
    )
}
