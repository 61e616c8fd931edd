//! `WINDLASS_…` variables.

use figment::Figment;

use super::keys::{Keys, Kind};
use crate::failure::Failure;

const PREFIX: &str = "WINDLASS_";

/// Variables with this beginning that are not settings: the secrets, the log, and what the tests
/// use.
const OTHERS: [&str; 10] = [
    crate::credential::VARIABLE,
    crate::credential::JIRA_VARIABLE,
    crate::secret_key::VARIABLE,
    crate::telemetry::VARIABLE,
    "WINDLASS_TEST_POSTGRES",
    "WINDLASS_TEST_CHROMEDRIVER",
    "WINDLASS_TEST_AXE",
    "WINDLASS_TEST_PICTURES",
    "WINDLASS_RECORDINGS",
    "WINDLASS_SPEC",
];

/// The variables that may be settings. One that is not UTF-8 is none.
pub(super) fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// What the variables say, and the names of those that say something. An empty one says nothing.
pub(super) fn read(
    keys: &Keys,
    variables: Vec<(String, String)>,
) -> Result<(Vec<String>, Figment), Failure> {
    let mut used = Vec::new();
    let mut figment = Figment::new();
    for (variable, value) in variables {
        let Some(name) = variable.strip_prefix(PREFIX) else {
            continue;
        };
        if OTHERS.contains(&variable.as_str()) || value.is_empty() {
            continue;
        }
        let key = name.to_lowercase().replace("__", ".");
        let Some(kind) = keys.kind(&key) else {
            return Err(unknown(keys, &variable, &key));
        };
        figment = match kind {
            Kind::Text => figment.merge((key, value)),
            Kind::Number => match value.parse::<u32>() {
                Ok(number) => figment.merge((key, number)),
                Err(_) => match value.parse::<f64>() {
                    Ok(number) => figment.merge((key, number)),
                    Err(_) => return Err(wrong(&variable, "a number")),
                },
            },
            Kind::Boolean => match value.parse::<bool>() {
                Ok(boolean) => figment.merge((key, boolean)),
                Err(_) => return Err(wrong(&variable, "true or false")),
            },
        };
        used.push(variable);
    }
    used.sort();
    Ok((used, figment))
}

/// The value stays out of the message: it may be a secret that was put in the wrong place.
fn wrong(variable: &str, expected: &str) -> Failure {
    Failure::configuration(format!("the variable {variable} must be {expected}"))
}

fn unknown(keys: &Keys, variable: &str, key: &str) -> Failure {
    let nearest = keys
        .nearest(key)
        .map(|key| format!("{PREFIX}{}", key.to_uppercase().replace('.', "__")))
        .unwrap_or_default();
    Failure::configuration(format!(
        "the variable {variable} is no setting: did you mean {nearest}?"
    ))
}
