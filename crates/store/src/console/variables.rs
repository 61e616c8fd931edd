//! The values that a query's `$names` are bound to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The most values that a query may be asked with, those of lists counted one by one.
pub const MAX_VALUES: usize = 1_000;

/// The longest text that is bound, in bytes.
pub const MAX_TEXT: usize = 10_000;

/// The variables of a query, by name without the dollar.
pub type Variables = BTreeMap<String, Variable>;

/// What a variable is bound to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Variable {
    /// One value.
    One(Scalar),
    /// Several, or none, for `IN ($name)`.
    List(Vec<Scalar>),
}

/// One value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A text, or an instant or a day as text.
    Text(String),
}

impl Scalar {
    /// What somebody has written into a field or on a command line: a number where it is written as
    /// one usually is, true or false, else a text.
    pub fn of_text(text: &str) -> Self {
        if let Ok(number) = text.parse::<i64>()
            && number.to_string() == text
        {
            return Self::Integer(number);
        }
        if let Ok(number) = text.parse::<f64>()
            && number.is_finite()
            && number.to_string() == text
        {
            return Self::Number(number);
        }
        match text {
            "true" => Self::Boolean(true),
            "false" => Self::Boolean(false),
            _ => Self::Text(text.to_owned()),
        }
    }

    /// As it is written in a field.
    pub fn to_text(&self) -> String {
        match self {
            Self::Boolean(value) => value.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

impl Variable {
    /// The value of a field: a value to a line where it may be a list.
    pub fn of_text(text: &str, list: bool) -> Self {
        if !list {
            return Self::One(Scalar::of_text(text));
        }
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Self::List(lines.map(Scalar::of_text).collect())
    }

    /// As it is written in a field.
    pub fn to_text(&self) -> String {
        match self {
            Self::One(value) => value.to_text(),
            Self::List(values) => {
                let lines: Vec<String> = values.iter().map(Scalar::to_text).collect();
                lines.join("\n")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_as_a_number_is_one() {
        for (text, expected) in [
            ("12", Scalar::Integer(12)),
            ("-3", Scalar::Integer(-3)),
            ("1.5", Scalar::Number(1.5)),
            ("true", Scalar::Boolean(true)),
            ("007", Scalar::Text("007".to_owned())),
            ("1e5", Scalar::Text("1e5".to_owned())),
            ("2026-01-01", Scalar::Text("2026-01-01".to_owned())),
            ("", Scalar::Text(String::new())),
            ("NaN", Scalar::Text("NaN".to_owned())),
        ] {
            assert_eq!(Scalar::of_text(text), expected, "{text}");
            assert_eq!(expected.to_text(), text);
        }
        let list = Variable::of_text("a\n 2 \n\n", true);
        assert_eq!(list.to_text(), "a\n2");
        let json = serde_json::to_string(&list).unwrap();
        assert_eq!(json, r#"["a",2]"#);
        assert_eq!(serde_json::from_str::<Variable>(&json).unwrap(), list);
    }
}
