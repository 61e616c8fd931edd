//! What the calendar is made from, and how people write it.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use serde_json::{Value, json};

pub(super) const DAY_SECONDS: i64 = 86_400;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The account's time zone and working time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarSettings {
    /// The account's time zone: its days count, and its working time where a person's time zone is
    /// not known.
    pub timezone: Tz,
    /// Which days are worked on, Monday first.
    pub working_days: [bool; 7],
    /// Beginning and end of work, in seconds after midnight by the clock on the wall.
    pub working_hours: (i64, i64),
    /// Days that are not worked on, with their names.
    pub holidays: BTreeMap<NaiveDate, String>,
}

/// A value that is none of its setting's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidSetting {
    /// The setting.
    pub name: &'static str,
    /// What is wrong, and how it is written.
    pub problem: String,
}

impl std::fmt::Display for InvalidSetting {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "the setting `{}`: {}", self.name, self.problem)
    }
}

impl std::error::Error for InvalidSetting {}

impl Default for CalendarSettings {
    /// UTC, Monday to Friday from 08:00 to 18:00, no holidays.
    fn default() -> Self {
        Self {
            timezone: Tz::UTC,
            working_days: [true, true, true, true, true, false, false],
            working_hours: (8 * 3600, 18 * 3600),
            holidays: BTreeMap::new(),
        }
    }
}

impl CalendarSettings {
    /// The names of the settings that make a calendar.
    pub const NAMES: [&str; 4] = ["timezone", "working_days", "working_hours", "holidays"];

    /// The calendar of these stored values; what is not among them is as usual.
    ///
    /// # Errors
    /// A value is none of its setting's.
    pub fn of(stored: &BTreeMap<String, Value>) -> Result<Self, InvalidSetting> {
        let mut settings = Self::default();
        for name in Self::NAMES {
            if let Some(value) = stored.get(name) {
                settings
                    .set(name, value)
                    .map_err(|problem| InvalidSetting { name, problem })?;
            }
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &Value) -> Result<(), String> {
        let words = words(value)?;
        match name {
            "timezone" => self.timezone = parse_timezone(&words)?,
            "working_days" => self.working_days = parse_days(&words)?,
            "working_hours" => self.working_hours = parse_hours(&words)?,
            _ => self.holidays = parse_holidays(&words)?,
        }
        Ok(())
    }

    /// A setting's value as it is stored, from the words in which a person wrote it.
    ///
    /// # Errors
    /// What is wrong with them, and how the setting is written.
    pub fn parse(name: &str, words: &[String]) -> Result<Value, String> {
        let mut settings = Self::default();
        settings.set(name, &json!(words))?;
        Ok(settings.value(name))
    }

    /// A setting's value as it is stored.
    pub fn value(&self, name: &str) -> Value {
        match name {
            "timezone" => json!(self.timezone.name()),
            "working_days" => {
                let names = DAYS.iter().zip(self.working_days);
                json!(
                    names
                        .filter(|(_, works)| *works)
                        .map(|(name, _)| name)
                        .collect::<Vec<_>>()
                )
            }
            "working_hours" => {
                let (opens, closes) = self.working_hours;
                json!(format!("{}-{}", clock(opens), clock(closes)))
            }
            _ => {
                let days = self.holidays.iter();
                Value::Object(
                    days.map(|(date, name)| (date.to_string(), json!(name)))
                        .collect(),
                )
            }
        }
    }

    /// Whether a date is worked on.
    pub fn is_working(&self, date: NaiveDate) -> bool {
        self.is_working_weekday(date) && !self.holidays.contains_key(&date)
    }

    pub(super) fn is_working_weekday(&self, date: NaiveDate) -> bool {
        let index = date.weekday().num_days_from_monday() as usize;
        self.working_days.get(index).copied().unwrap_or(false)
    }
}

/// The words of a value: of a text itself, of a list its parts, of an object its lines.
fn words(value: &Value) -> Result<Vec<String>, String> {
    let text = |value: &Value| {
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| "texts are expected".to_owned())
    };
    match value {
        Value::Array(parts) => parts.iter().map(text).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| Ok(format!("{key} {}", text(value)?)))
            .collect(),
        one => Ok(vec![text(one)?]),
    }
}

fn parse_timezone(words: &[String]) -> Result<Tz, String> {
    const HOW: &str = "write the IANA name of a time zone, such as Europe/Berlin or UTC";
    let [name] = words else {
        return Err(HOW.to_owned());
    };
    let name = name.trim();
    chrono_tz::TZ_VARIANTS
        .into_iter()
        .find(|zone| zone.name().eq_ignore_ascii_case(name))
        .ok_or_else(|| format!("`{name}` is no time zone that is known: {HOW}"))
}

fn parse_days(words: &[String]) -> Result<[bool; 7], String> {
    const HOW: &str = "write days as mon,tue,wed or as a span such as mon-fri or sun-thu";
    let mut days = [false; 7];
    let parts = words.iter().flat_map(|word| word.split([',', ' ']));
    for part in parts.map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let index = |name: &str| {
            DAYS.iter()
                .position(|day| day.eq_ignore_ascii_case(name.trim()))
                .ok_or_else(|| format!("`{}` is no day: {HOW}", name.trim()))
        };
        let (first, last) = (index(first)?, index(last)?);
        let length = (last + 7 - first) % 7;
        for (index, works) in days.iter_mut().enumerate() {
            *works |= (index + 7 - first) % 7 <= length;
        }
    }
    if days.contains(&true) {
        Ok(days)
    } else {
        Err(format!("at least one day has to be worked on: {HOW}"))
    }
}

fn parse_hours(words: &[String]) -> Result<(i64, i64), String> {
    const HOW: &str = "write beginning and end as 08:00-18:00; the day ends at 24:00";
    let text = words.join("");
    let wrong = || format!("`{}` are no working hours: {HOW}", text.trim());
    let (opens, closes) = text.split_once('-').ok_or_else(wrong)?;
    let opens = parse_clock(opens).ok_or_else(wrong)?;
    let closes = parse_clock(closes).ok_or_else(wrong)?;
    if opens >= closes {
        return Err(format!("work has to begin before it ends: {HOW}"));
    }
    Ok((opens, closes))
}

/// `08:30` as seconds after midnight, 24:00 included.
fn parse_clock(text: &str) -> Option<i64> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let is_short = |digits: &str| {
        matches!(digits.len(), 1 | 2) && digits.bytes().all(|digit| digit.is_ascii_digit())
    };
    if !is_short(hours) || minutes.len() != 2 || !is_short(minutes) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    let seconds = hours * 3600 + minutes * 60;
    (minutes < 60 && seconds <= DAY_SECONDS).then_some(seconds)
}

fn clock(seconds: i64) -> String {
    format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
}

fn parse_holidays(words: &[String]) -> Result<BTreeMap<NaiveDate, String>, String> {
    const HOW: &str = "write each as a date and its name, such as \"2026-12-25 Christmas Day\"";
    let mut holidays = BTreeMap::new();
    for word in words.iter().map(|word| word.trim()) {
        if word.is_empty() {
            continue;
        }
        let (date, name) = word.split_once(char::is_whitespace).unwrap_or((word, ""));
        let parsed = NaiveDate::parse_from_str(date, "%Y-%m-%d")
            .ok()
            .filter(|parsed| parsed.to_string() == date)
            .ok_or_else(|| format!("`{date}` is no date: {HOW}"))?;
        if holidays.insert(parsed, name.trim().to_owned()).is_some() {
            return Err(format!("{date} is there twice: {HOW}"));
        }
    }
    Ok(holidays)
}
