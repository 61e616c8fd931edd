//! What a query is asked with, as fields of a form and of an address.

use store::console::{Variable, Variables, Wanted};

/// What a form or an address says: names and values.
#[derive(Clone, Debug, Default)]
pub(super) struct Pairs(pub(super) Vec<(String, String)>);

impl Pairs {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The value of a variable.
    fn variable(&self, name: &str) -> Option<&str> {
        self.get(&format!("v_{name}"))
    }

    /// The same as values are kept.
    pub(super) fn of(variables: &Variables) -> Self {
        let pairs = variables.iter();
        Self(
            pairs
                .map(|(name, value)| (format!("v_{name}"), value.to_text()))
                .collect(),
        )
    }
}

/// A variable in the form.
pub(super) struct Field {
    pub(super) name: String,
    /// Whether it takes several values, one to a line.
    pub(super) list: bool,
    pub(super) value: String,
}

impl Field {
    pub(super) fn all(wanted: &[Wanted], given: &Pairs) -> Vec<Self> {
        let wanted = wanted.iter();
        wanted
            .map(|one| Self {
                value: given.variable(&one.name).unwrap_or_default().to_owned(),
                name: one.name.clone(),
                list: one.list,
            })
            .collect()
    }
}

/// The values of the variables that a query has, and the names of those without one.
pub(super) fn values(wanted: &[Wanted], given: &Pairs) -> (Variables, Vec<String>) {
    let (mut values, mut missing) = (Variables::new(), Vec::new());
    for one in wanted {
        match given.variable(&one.name) {
            Some(text) => {
                // Browsers send the ends of lines as two characters.
                let value = Variable::of_text(&text.replace("\r\n", "\n"), one.list);
                values.insert(one.name.clone(), value);
            }
            None => missing.push(one.name.clone()),
        }
    }
    (values, missing)
}
