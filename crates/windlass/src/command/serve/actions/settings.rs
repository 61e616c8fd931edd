//! What holds for the whole account, for the pages.

use serde_json::Value;
use sync::SETTINGS;
use web::{AccountSetting, Doing, SettingActions, SettingChanged};

use super::{PageActions, doing};
use crate::command::settings;

/// A value as a form has it: a list has a line for each.
fn written(value: &Value) -> String {
    match value {
        Value::Array(parts) if parts.is_empty() => String::new(),
        Value::Object(members) if members.is_empty() => String::new(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| {
                format!("{key} {}", settings::words(value))
                    .trim()
                    .to_owned()
            })
            .collect::<Vec<_>>()
            .join("\n"),
        other => settings::words(other),
    }
}

impl SettingActions for PageActions {
    fn settings(&self) -> Doing<'_, Vec<AccountSetting>> {
        doing(async move {
            let mut stored = self.session.db.settings().await?;
            let all = SETTINGS.iter().map(|setting| {
                let usual = setting.usual();
                let value = stored.remove(setting.name);
                AccountSetting {
                    name: setting.name.to_owned(),
                    meaning: setting.meaning.to_owned(),
                    example: setting.example.to_owned(),
                    value: written(value.as_ref().unwrap_or(&usual)),
                    usual: written(&usual),
                }
            });
            Ok(all.collect())
        })
    }

    fn set_setting(
        &self,
        name: String,
        value: Option<String>,
        actor: String,
    ) -> Doing<'_, SettingChanged> {
        let session = self.acting_as(actor);
        doing(async move {
            let setting = settings::named(&name)?;
            let value = match value {
                None => None,
                Some(text) => {
                    let lines: Vec<String> = text
                        .lines()
                        .map(str::trim)
                        .filter(|line| !line.is_empty())
                        .map(str::to_owned)
                        .collect();
                    Some(settings::parsed(setting, &lines)?)
                }
            };
            let changed = settings::decide(&session, setting, value.as_ref()).await?;
            let to_measure = session.db.count_unmeasured().await?;
            self.measure().await?;
            Ok(SettingChanged {
                changed,
                to_measure,
            })
        })
    }
}
