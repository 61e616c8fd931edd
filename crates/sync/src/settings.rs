//! What an administrator sets for the whole account, and what has to be done again when it changes.

use measure::CalendarSettings;
use model::Instant;
use serde_json::Value;
use store::{AuditEntry, Db, StoreError};

use crate::calendar::AccountCalendar;

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub meaning: &'static str,
    /// How it is written.
    pub example: &'static str,
}

/// Every setting that there is.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: "timezone",
        meaning: "The account's time zone: what a day is, and business hours where a person's time zone is not known",
        example: "Europe/Berlin",
    },
    Setting {
        name: "working_days",
        meaning: "The days of the week that have business hours",
        example: "mon-fri",
    },
    Setting {
        name: "working_hours",
        meaning: "When business hours begin and end, by the clock of the person or the account",
        example: "08:00-18:00",
    },
    Setting {
        name: "holidays",
        meaning: "Days without business hours, each with its name",
        example: "\"2026-12-25 Christmas Day\" \"2026-12-26 Boxing Day\"",
    },
];

/// The setting of this name.
pub fn setting(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

impl Setting {
    /// The value as it is stored, from the words in which a person wrote it.
    ///
    /// # Errors
    /// What is wrong with them, and how the setting is written.
    pub fn parse(&self, words: &[String]) -> Result<Value, String> {
        CalendarSettings::parse(self.name, words)
    }

    /// The value where nobody set any.
    pub fn usual(&self) -> Value {
        CalendarSettings::default().value(self.name)
    }
}

/// Sets a setting, or makes it as usual again (`None`), with what goes by it: the calendar is made
/// anew, and every pull request is marked to be measured. All of it is one transaction. False says
/// that it had that value already, and that nothing was done.
///
/// # Errors
/// Whatever the database says.
pub async fn change_setting(
    db: &Db,
    setting: &Setting,
    value: Option<&Value>,
    entry: &AuditEntry,
    now: Instant,
) -> Result<bool, StoreError> {
    let mut tx = db.write().await?;
    // Before anything is read: of two who change settings at once one waits for the other here.
    tx.mark_all_unmeasured().await?;
    let before = tx.measuring().await?.settings.remove(setting.name);
    let usual = setting.usual();
    if before.as_ref().unwrap_or(&usual) == value.unwrap_or(&usual) {
        return Ok(false);
    }
    match value {
        Some(value) => tx.set_setting(setting.name, value, now).await?,
        None => tx.unset_setting(setting.name).await?,
    }
    AccountCalendar::renew(&mut tx, now).await?;
    tx.audit(entry).await?;
    tx.commit().await?;
    Ok(true)
}
