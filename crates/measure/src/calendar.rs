//! The account's calendar: which day an instant is on, and how much working time lies between two.
//!
//! Days are those of the account's time zone. Working time is that of a person where their time
//! zone is known: of a pull request's author, of a review's reviewer. Everything here is made from
//! [`CalendarSettings`] alone.

mod change;
mod hours;
mod settings;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{Datelike, Days, NaiveDate};
use chrono_tz::Tz;
use model::Instant;
use model::rows::CalendarDay;

pub use hours::BusinessHours;
pub use settings::{CalendarSettings, InvalidSetting};

/// A calendar that is ready for use.
#[derive(Debug)]
pub struct Calendar {
    settings: CalendarSettings,
    account: Arc<BusinessHours>,
    /// By the names of time zones as they were asked for: a workspace has a handful.
    zones: Mutex<HashMap<String, Arc<BusinessHours>>>,
}

impl Calendar {
    /// The calendar of these settings.
    pub fn new(settings: CalendarSettings) -> Self {
        let account = Arc::new(BusinessHours::new(&settings, settings.timezone));
        Self {
            settings,
            account,
            zones: Mutex::default(),
        }
    }

    /// What it was made from.
    pub fn settings(&self) -> &CalendarSettings {
        &self.settings
    }

    /// The day on which an instant is in the account's time zone, as `YYYY-MM-DD`.
    pub fn day_of(&self, at: Instant) -> String {
        self.date_of(at).to_string()
    }

    /// The same as a date.
    pub fn date_of(&self, at: Instant) -> NaiveDate {
        at.to_chrono()
            .with_timezone(&self.settings.timezone)
            .date_naive()
    }

    /// When a day begins in the account's time zone: where clocks leave midnight out, at the first
    /// time that there is.
    pub fn begins(&self, date: NaiveDate) -> Instant {
        hours::first(self.settings.timezone, date, 0)
    }

    /// The working time of whoever lives in this time zone (an IANA name); the account's where none
    /// is known, or none of that name.
    pub fn hours_in(&self, timezone: Option<&str>) -> Arc<BusinessHours> {
        let Some(name) = timezone else {
            return Arc::clone(&self.account);
        };
        let mut zones = self.zones.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(hours) = zones.get(name) {
            return Arc::clone(hours);
        }
        let hours = match name.parse::<Tz>() {
            Ok(zone) if zone != self.settings.timezone => {
                Arc::new(BusinessHours::new(&self.settings, zone))
            }
            _ => Arc::clone(&self.account),
        };
        zones.insert(name.to_owned(), Arc::clone(&hours));
        hours
    }

    /// Seconds of working time from `from` to `to`, rounded down; 0 where `to` is the earlier one.
    pub fn business_seconds(&self, from: Instant, to: Instant, timezone: Option<&str>) -> i64 {
        self.hours_in(timezone).seconds_between(from, to)
    }

    /// The rows of the table `calendar` for whole years, both included.
    pub fn years(&self, first: i32, last: i32) -> Vec<CalendarDay> {
        let Some(start) = NaiveDate::from_ymd_opt(first, 1, 1) else {
            return Vec::new();
        };
        start
            .iter_days()
            .take_while(|date| date.year() <= last)
            .map(|date| self.row(date))
            .collect()
    }

    fn row(&self, date: NaiveDate) -> CalendarDay {
        let zone = self.settings.timezone;
        let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
        let (starts_at, ends_at) = (hours::first(zone, date, 0), hours::first(zone, next, 0));
        let monday = u64::from(date.weekday().num_days_from_monday());
        let first_of = |month0: u32| {
            date.with_day(1)
                .and_then(|first| first.with_month0(month0))
                .unwrap_or(date)
                .to_string()
        };
        CalendarDay {
            day: date.to_string(),
            week: date
                .checked_sub_days(Days::new(monday))
                .unwrap_or(date)
                .to_string(),
            month: first_of(date.month0()),
            quarter: first_of(date.month0() / 3 * 3),
            year: first_of(0),
            // A day that a time zone left out (Samoa did so) has no time to work in.
            working: self.settings.is_working(date) && starts_at < ends_at,
            starts_at,
            ends_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_when_the_accounts_clocks_say_so() {
        let begins = |zone: &str, day: &str| {
            let settings = CalendarSettings {
                timezone: zone.parse().unwrap(),
                ..CalendarSettings::default()
            };
            Calendar::new(settings)
                .begins(day.parse().unwrap())
                .to_string()
        };
        assert_eq!(
            begins("Europe/Berlin", "2027-03-02"),
            "2027-03-01T23:00:00.000000Z"
        );
        // Clocks in Santiago went from 24:00 to 01:00.
        assert_eq!(
            begins("America/Santiago", "2026-09-06"),
            "2026-09-06T04:00:00.000000Z"
        );
    }
}
