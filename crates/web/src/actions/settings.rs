//! What holds for the whole account.

use super::Doing;

/// A setting.
#[derive(Clone, Debug)]
pub struct AccountSetting {
    /// Its name.
    pub name: String,
    /// What it says.
    pub meaning: String,
    /// How it is written.
    pub example: String,
    /// What it is, as a person writes it; a list has a line for each.
    pub value: String,
    /// What it is where nobody has set it.
    pub usual: String,
}

/// What came of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettingChanged {
    /// Whether it is another value now.
    pub changed: bool,
    /// How many pull requests are to be measured again.
    pub to_measure: u64,
}

/// What is done about settings of the account.
pub trait SettingActions: Send + Sync {
    /// All of them.
    fn settings(&self) -> Doing<'_, Vec<AccountSetting>>;

    /// Sets one, or makes it as usual again (`None`); what depends on it is measured anew.
    fn set_setting(
        &self,
        name: String,
        value: Option<String>,
        actor: String,
    ) -> Doing<'_, SettingChanged>;
}
