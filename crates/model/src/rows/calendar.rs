//! The days of the account's calendar.

use super::describe;
use crate::Instant;

describe! {
    /// The days of the account's calendar, as the settings make them: of every year that has data,
    /// and of the present one. What a day is (`…_on` in other tables) joins here for its week,
    /// month, quarter and year, each named by its first day.
    CALENDAR is "calendar" in Settings, from "settings" {
        day: String, "", "", "The day in the account's time zone, as `YYYY-MM-DD`.";
        week: String, "", "day", "The Monday of its week.";
        month: String, "", "day", "The first day of its month.";
        quarter: String, "", "day", "The first day of its quarter.";
        year: String, "", "day", "The first day of its year.";
        working: bool, "", "working_days, holidays", "Whether it is worked on.";
        starts_at: Instant, "", "timezone", "When it begins.";
        ends_at: Instant, "", "timezone", "When the next one begins.";
    }
}

/// A row of `calendar`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CalendarDay {
    /// The day in the account's time zone, as `YYYY-MM-DD`.
    pub day: String,
    /// The Monday of its week.
    pub week: String,
    /// The first day of its month.
    pub month: String,
    /// The first day of its quarter.
    pub quarter: String,
    /// The first day of its year.
    pub year: String,
    /// Whether it is worked on.
    pub working: bool,
    /// When it begins.
    pub starts_at: Instant,
    /// When the next one begins.
    pub ends_at: Instant,
}
