//! What a person's SQL may be. Whatever is not known to be harmless is refused.

mod booleans;
mod clauses;
mod expressions;
mod functions;
mod scope;
mod types;
mod variables;
mod visit;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use sqlparser::ast::{Statement, Visit};
use sqlparser::dialect::{Dialect as Grammar, PostgreSqlDialect, SQLiteDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer};

use super::variables::{Scalar, Variables};
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
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    sql: String,
    pieces: Vec<String>,
    values: Vec<(String, Scalar)>,
    names: Vec<String>,
    booleans: Vec<bool>,
}

impl Checked {
    /// The query, written out from what was parsed and checked. Parameters are `$1`, `$2` and so on,
    /// each in one place.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// What the parameters are bound to, each with the name of its variable.
    pub(super) fn values(&self) -> &[(String, Scalar)] {
        &self.values
    }

    /// The query with something else in the place of each parameter, by its number.
    pub(super) fn sql_with(&self, parameter: impl Fn(usize) -> String) -> String {
        let mut sql = String::with_capacity(self.sql.len() * 2);
        for (at, piece) in self.pieces.iter().enumerate() {
            match piece.parse() {
                Ok(number) if at % 2 == 1 => sql.push_str(&parameter(number)),
                _ => sql.push_str(piece),
            }
        }
        sql
    }

    /// The names of its common table expressions, as the engine compares them.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Which of its columns are booleans, by position, where SQLite would not tell; it may be empty.
    pub(super) fn booleans(&self) -> &[bool] {
        &self.booleans
    }
}

/// The longest text that is read at all, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// The most tokens that can build a nested expression: everything but commas, dots and literals, of
/// which a list of values may have many. It bounds the depth of what the parser builds: `1+1+1…` is
/// nested as deeply as it is long, and walking it takes stack.
const MAX_NESTING_TOKENS: usize = 3_000;

/// The most joins. The parser takes a chain of JOIN without ON as deeply nested, unbounded.
const MAX_JOINS: usize = 100;

/// The parser's own bound on nested parentheses and subqueries.
const MAX_PARENTHESES: usize = 60;

/// The stack that the work gets: the deepest that these bounds let through was seen to need less than
/// 8 MiB in a build without optimisation, which is more than a thread usually has. Only what is
/// touched is ever taken from the system.
const STACK_BYTES: usize = 32 * 1024 * 1024;

/// A variable that a query has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its name, without the dollar.
    pub name: String,
    /// Whether it stands in `IN ($name)`, where it may be a list.
    pub list: bool,
}

/// Checks that `sql` is one query that may be run with these variables.
///
/// # Errors
/// It is no SQL, not one query, has a part that is not allowed, or a variable without a value; the
/// error says which.
pub fn check(sql: &str, dialect: Dialect, variables: &Variables) -> Result<Checked, ConsoleError> {
    with_stack(sql, || check_here(sql, dialect, variables))
}

/// The variables of a query, in the order in which it first names them.
///
/// # Errors
/// It is no SQL, or not one query.
pub fn wanted(sql: &str, dialect: Dialect) -> Result<Vec<Wanted>, ConsoleError> {
    with_stack(sql, || {
        Ok(variables::wanted(&mut only_statement(sql, dialect)?))
    })
}

/// Does something that takes a large stack.
fn with_stack<T: Send>(
    sql: &str,
    work: impl FnOnce() -> Result<T, ConsoleError> + Send,
) -> Result<T, ConsoleError> {
    // SQLite would stop reading at U+0000, and no SQL has one; the other marks parameters below.
    if sql.len() > MAX_BYTES || sql.contains(['\0', variables::MARK]) {
        return Err(ConsoleError::TooComplex);
    }
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .name("console check".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .map_err(|error| ConsoleError::engine(&error.to_string()))?
            .join()
            .unwrap_or(Err(ConsoleError::TooComplex))
    })
}

/// The same on this thread's stack.
fn check_here(sql: &str, dialect: Dialect, variables: &Variables) -> Result<Checked, ConsoleError> {
    let mut statement = only_statement(sql, dialect)?;
    let values = variables::bind(&mut statement, variables)?;
    let pieces = variables::pieces(&statement);
    variables::number(&mut statement);
    let mut visitor = visit::Checker::new(dialect, values.len());
    if let ControlFlow::Break(refusal) = statement.visit(&mut visitor) {
        return Err(*refusal);
    }
    let sql = statement.to_string();
    // The parser could write something that reads differently (`- -1` as a comment); then what was
    // checked is not what would run.
    if only_statement(&sql, dialect).as_ref() != Ok(&statement) {
        return visit::forbidden("a spelling that cannot be written again exactly");
    }
    let booleans = match (&statement, dialect) {
        (Statement::Query(query), Dialect::Sqlite) => booleans::of(query),
        _ => Vec::new(),
    };
    Ok(Checked {
        sql,
        pieces,
        values,
        names: visitor.names(),
        booleans,
    })
}

/// The one query of the text.
fn only_statement(sql: &str, dialect: Dialect) -> Result<Statement, ConsoleError> {
    let grammar: &dyn Grammar = match dialect {
        Dialect::Sqlite => &SQLiteDialect {},
        Dialect::Postgres => &PostgreSqlDialect {},
    };
    let tokens = Tokenizer::new(grammar, sql)
        .tokenize_with_location()
        .map_err(|error| ConsoleError::Syntax(one_line(&error.to_string())))?;
    let nesting = tokens.iter().filter(|token| can_nest(&token.token)).count();
    let joins = tokens.iter().filter(|token| is_join(&token.token)).count();
    if nesting > MAX_NESTING_TOKENS || joins > MAX_JOINS {
        return Err(ConsoleError::TooComplex);
    }
    if tokens.iter().any(|token| is_isnull(&token.token)) {
        return visit::forbidden("ISNULL (IS NULL is the same)");
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

/// The parser takes ISNULL for the name of a column, where the engines take it for a test.
fn is_isnull(token: &Token) -> bool {
    matches!(token, Token::Word(word)
        if word.quote_style.is_none() && word.value.eq_ignore_ascii_case("isnull"))
}

fn is_join(token: &Token) -> bool {
    matches!(token, Token::Word(word) if word.keyword == Keyword::JOIN)
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
            | Token::Placeholder(_)
            | Token::EOF
    )
}
