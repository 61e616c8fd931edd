//! Which accounts are programs.

use model::rows::{AccountType, UserType};
use wildmatch::WildMatch;

/// Names by which programs are known. They hold for the whole of a name or nickname, whatever the
/// case; `*` and `?` stand for others.
#[derive(Clone, Debug, Default)]
pub struct BotNames {
    bots: Vec<WildMatch>,
    ai_bots: Vec<WildMatch>,
    ai_apps: Vec<WildMatch>,
}

impl BotNames {
    /// `bots` and `ai_bots` are names that any account may have; `ai_apps` hold for accounts of apps
    /// alone, since people have such names too.
    pub fn new(bots: &[String], ai_bots: &[String], ai_apps: &[String]) -> Self {
        let patterns = |names: &[String]| {
            names
                .iter()
                .map(|name| WildMatch::new_case_insensitive(name.trim()))
                .collect()
        };
        Self {
            bots: patterns(bots),
            ai_bots: patterns(ai_bots),
            ai_apps: patterns(ai_apps),
        }
    }

    /// What an account is, as far as its type and its names tell: a name alone never makes a person
    /// of an app.
    pub(crate) fn type_of(&self, account_type: Option<&str>, names: [Option<&str>; 2]) -> UserType {
        let is_among = |patterns: &[WildMatch]| {
            names
                .iter()
                .flatten()
                .any(|name| patterns.iter().any(|pattern| pattern.matches(name.trim())))
        };
        let is_app = account_type == Some(AccountType::AppUser.as_str());
        if is_among(&self.ai_bots) || (is_app && is_among(&self.ai_apps)) {
            UserType::AiBot
        } else if is_app || is_among(&self.bots) {
            UserType::Bot
        } else {
            UserType::Human
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_known_by_its_account_or_by_the_whole_of_its_name() {
        let names = |list: &[&str]| {
            list.iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>()
        };
        let known = BotNames::new(
            &names(&["renovate", "*[bot]"]),
            &names(&["rovo dev*"]),
            &names(&["claude*"]),
        );
        let of = |kind, name: &str| known.type_of(kind, [Some(name), None]);
        let (user, app) = (Some("user"), Some("app_user"));
        assert_eq!(of(user, "Renovate"), UserType::Bot);
        assert_eq!(of(user, "deps[bot]"), UserType::Bot);
        assert_eq!(of(user, "Renovate Ferrari"), UserType::Human);
        assert_eq!(of(user, "Rovo Dev Agent"), UserType::AiBot);
        // An app with a person's name is an app, and a person with an app's name a person.
        assert_eq!(of(app, "Maria Lopez"), UserType::Bot);
        assert_eq!(of(app, "Claude Code"), UserType::AiBot);
        assert_eq!(of(user, "Claude Martin"), UserType::Human);
        assert_eq!(of(None, "Somebody"), UserType::Human);
        assert_eq!(known.type_of(user, [None, Some("RENOVATE")]), UserType::Bot);
    }
}
