//! Reading a `q`: comparisons joined by AND, OR and parentheses.

use super::Operand;

#[derive(Debug)]
pub(super) enum Expression {
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Comparison(Comparison),
}

#[derive(Debug)]
pub(super) struct Comparison {
    pub(super) field: String,
    pub(super) operator: Operator,
    /// One value; several after IN.
    pub(super) values: Vec<Operand>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Contains,
    ContainsNot,
    In,
    NotIn,
}

impl Expression {
    pub(super) fn mentions(&self, name: &str) -> bool {
        match self {
            Self::And(one, two) | Self::Or(one, two) => one.mentions(name) || two.mentions(name),
            Self::Comparison(comparison) => comparison.field == name,
        }
    }
}

pub(super) fn expression(text: &str) -> Result<Expression, String> {
    let mut reader = Reader {
        tokens: tokens(text)?,
        place: 0,
    };
    let expression = reader.alternatives()?;
    match reader.next() {
        None => Ok(expression),
        Some(token) => Err(format!("unexpected {token:?}")),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Comma,
    Operator(Operator),
    Quoted(String),
    Word(String),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let mut equals_follows = || letters.next_if_eq(&'=').is_some();
        tokens.push(match letter {
            space if space.is_whitespace() => continue,
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '=' => Token::Operator(Operator::Equal),
            '~' => Token::Operator(Operator::Contains),
            '>' if equals_follows() => Token::Operator(Operator::GreaterOrEqual),
            '>' => Token::Operator(Operator::Greater),
            '<' if equals_follows() => Token::Operator(Operator::LessOrEqual),
            '<' => Token::Operator(Operator::Less),
            '!' if equals_follows() => Token::Operator(Operator::NotEqual),
            '!' if letters.next_if_eq(&'~').is_some() => Token::Operator(Operator::ContainsNot),
            '"' => {
                let mut quoted = String::new();
                loop {
                    match letters.next() {
                        Some('"') => break,
                        Some('\\') => quoted.extend(letters.next()),
                        Some(letter) => quoted.push(letter),
                        None => return Err("a quote is not closed".to_owned()),
                    }
                }
                Token::Quoted(quoted)
            }
            letter if is_bare(letter) => {
                let mut word = String::from(letter);
                while let Some(letter) = letters.next_if(|letter| is_bare(*letter)) {
                    word.push(letter);
                }
                Token::Word(word)
            }
            letter => return Err(format!("unexpected {letter:?}")),
        });
    }
    Ok(tokens)
}

fn is_bare(letter: char) -> bool {
    letter.is_alphanumeric() || "._-:+".contains(letter)
}

struct Reader {
    tokens: Vec<Token>,
    place: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.place)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.place).cloned();
        self.place += 1;
        token
    }

    fn takes(&mut self, word: &str) -> bool {
        let found =
            matches!(self.peek(), Some(Token::Word(found)) if found.eq_ignore_ascii_case(word));
        self.place += usize::from(found);
        found
    }

    fn alternatives(&mut self) -> Result<Expression, String> {
        let mut expression = self.conjunction()?;
        while self.takes("OR") {
            expression = Expression::Or(expression.into(), self.conjunction()?.into());
        }
        Ok(expression)
    }

    fn conjunction(&mut self) -> Result<Expression, String> {
        let mut expression = self.single()?;
        while self.takes("AND") {
            expression = Expression::And(expression.into(), self.single()?.into());
        }
        Ok(expression)
    }

    fn single(&mut self) -> Result<Expression, String> {
        if self.peek() == Some(&Token::Open) {
            self.place += 1;
            let expression = self.alternatives()?;
            return match self.next() {
                Some(Token::Close) => Ok(expression),
                _ => Err("a parenthesis is not closed".to_owned()),
            };
        }
        let Some(Token::Word(field)) = self.next() else {
            return Err("a field was expected".to_owned());
        };
        let operator = self.operator()?;
        let values = match operator {
            Operator::In | Operator::NotIn => self.list()?,
            _ => vec![self.value()?],
        };
        Ok(Expression::Comparison(Comparison {
            field,
            operator,
            values,
        }))
    }

    fn operator(&mut self) -> Result<Operator, String> {
        if self.takes("IN") {
            return Ok(Operator::In);
        }
        if self.takes("NOT") && self.takes("IN") {
            return Ok(Operator::NotIn);
        }
        match self.next() {
            Some(Token::Operator(operator)) => Ok(operator),
            _ => Err("an operator was expected".to_owned()),
        }
    }

    fn list(&mut self) -> Result<Vec<Operand>, String> {
        if self.next() != Some(Token::Open) {
            return Err("a list in parentheses was expected".to_owned());
        }
        let mut values = vec![self.value()?];
        loop {
            match self.next() {
                Some(Token::Comma) => values.push(self.value()?),
                Some(Token::Close) => return Ok(values),
                _ => return Err("a list is not closed".to_owned()),
            }
        }
    }

    fn value(&mut self) -> Result<Operand, String> {
        match self.next() {
            Some(Token::Quoted(text)) => Ok(Operand::Text(text)),
            Some(Token::Word(word)) => bare(&word),
            _ => Err("a value was expected".to_owned()),
        }
    }
}

/// Words that need no quotes: null, true, false, numbers and dates.
fn bare(word: &str) -> Result<Operand, String> {
    match word {
        "null" => return Ok(Operand::Null),
        "true" => return Ok(Operand::Bool(true)),
        "false" => return Ok(Operand::Bool(false)),
        _ => {}
    }
    if let Ok(number) = word.parse() {
        return Ok(Operand::Number(number));
    }
    word.parse()
        .map(Operand::Time)
        .map_err(|_| format!("{word:?} must be quoted"))
}
