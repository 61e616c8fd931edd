//! Working time in one time zone.

use std::sync::Arc;

use chrono::{Datelike, Days, MappedLocalTime, NaiveDate, TimeZone};
use chrono_tz::{GapInfo, Tz};
use model::Instant;

use super::change;
use super::settings::{CalendarSettings, DAY_SECONDS};

const SECOND: i64 = 1_000_000;

/// The working time of people who live in one time zone.
///
/// A working day lasts from the first time that the clock on the wall shows its beginning to the
/// last time that it shows its end, so that a day on which clocks change within working hours is
/// as long as it really was. How clocks change is known for the years 1970 to 2100.
#[derive(Debug)]
pub struct BusinessHours {
    zone: Tz,
    /// Seconds after midnight, by the clock on the wall.
    opens: i64,
    closes: i64,
    /// How many of the first days of a week, Monday first, are worked on; by number of days.
    week: [i64; 8],
    /// The days that would be worked on otherwise, in order.
    holidays: Vec<i64>,
    /// Days on which clocks are changed, in order.
    changes: Arc<[i64]>,
    /// Working days that are longer or shorter for it: up to and including each, the microseconds
    /// that all of them have more than usual.
    deviations: Vec<(i64, i64)>,
}

impl BusinessHours {
    pub(super) fn new(settings: &CalendarSettings, zone: Tz) -> Self {
        let mut week = [0; 8];
        let mut count = 0;
        for (so_far, works) in week.iter_mut().skip(1).zip(settings.working_days) {
            count += i64::from(works);
            *so_far = count;
        }
        let mut hours = Self {
            zone,
            opens: settings.working_hours.0,
            closes: settings.working_hours.1,
            week,
            holidays: settings
                .holidays
                .keys()
                .filter(|date| settings.is_working_weekday(**date))
                .map(|date| day_number(*date))
                .collect(),
            changes: change::days(zone),
            deviations: Vec::new(),
        };
        hours.deviations = hours.find_deviations();
        hours
    }

    /// The time zone's IANA name.
    pub fn timezone(&self) -> &'static str {
        self.zone.name()
    }

    /// Seconds of working time from `from` to `to`, rounded down; 0 where `to` is the earlier one.
    pub fn seconds_between(&self, from: Instant, to: Instant) -> i64 {
        self.micros_between(from, to).div_euclid(SECOND)
    }

    /// The same in microseconds, for sums of several stretches.
    pub(crate) fn micros_between(&self, from: Instant, to: Instant) -> i64 {
        (self.worked_until(to) - self.worked_until(from)).max(0)
    }

    /// Microseconds of working time since the year 1: the same number of steps however long ago.
    fn worked_until(&self, at: Instant) -> i64 {
        let local = at.to_chrono().with_timezone(&self.zone).naive_local();
        let (date, day) = (local.date(), day_number(local.date()));
        let before = self.days_before(day) * self.usual() + self.deviation_before(day);
        if !self.is_working(day) {
            return before;
        }
        let today = if self.changes.binary_search(&day).is_ok() {
            let (opens, closes) = self.window(date);
            at.micros().clamp(opens, closes.max(opens)) - opens
        } else {
            let midnight = date.and_time(chrono::NaiveTime::MIN);
            let clock = (local - midnight).num_microseconds().unwrap_or(0);
            clock.clamp(self.opens * SECOND, self.closes * SECOND) - self.opens * SECOND
        };
        before + today
    }

    /// Microseconds of a working day on which no clock is changed.
    fn usual(&self) -> i64 {
        (self.closes - self.opens) * SECOND
    }

    /// How many working days there were before a day.
    fn days_before(&self, day: i64) -> i64 {
        let holidays = self.holidays.partition_point(|holiday| *holiday < day);
        let [.., whole_week] = self.week;
        let begun = usize::try_from(day.rem_euclid(7)).unwrap_or(0);
        let of_week = self.week.get(begun).copied().unwrap_or(0);
        day.div_euclid(7) * whole_week + of_week - i64::try_from(holidays).unwrap_or(0)
    }

    fn is_working(&self, day: i64) -> bool {
        self.days_before(day + 1) > self.days_before(day)
    }

    /// By how much the working days before a day were longer than usual.
    fn deviation_before(&self, day: i64) -> i64 {
        let count = self
            .deviations
            .partition_point(|(deviating, _)| *deviating < day);
        let last = count
            .checked_sub(1)
            .and_then(|last| self.deviations.get(last));
        last.map_or(0, |(_, micros)| *micros)
    }

    fn find_deviations(&self) -> Vec<(i64, i64)> {
        let mut deviations = Vec::new();
        let mut sum = 0;
        for day in self.changes.iter().filter(|day| self.is_working(**day)) {
            let Some(date) = date_of(*day) else { continue };
            let (opens, closes) = self.window(date);
            let deviation = (closes - opens).max(0) - self.usual();
            if deviation != 0 {
                sum += deviation;
                deviations.push((*day, sum));
            }
        }
        deviations
    }

    /// When work begins and ends on a date, in microseconds.
    fn window(&self, date: NaiveDate) -> (i64, i64) {
        let opens = first(self.zone, date, self.opens);
        let closes = if self.closes < DAY_SECONDS {
            last(self.zone, date, self.closes)
        } else {
            let next = date.checked_add_days(Days::new(1)).unwrap_or(date);
            first(self.zone, next, 0)
        };
        (opens.micros(), closes.micros())
    }
}

/// The number of a day: 0 is the first Monday of the calendar.
pub(super) fn day_number(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce()) - 1
}

fn date_of(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(day + 1).ok()?)
}

/// When the clock on the wall first shows this many seconds after midnight, or would have: where
/// it was put forward past that, when it was.
pub(super) fn first(zone: Tz, date: NaiveDate, seconds: i64) -> Instant {
    shown(zone, date, seconds, |early, _| early)
}

/// When it last shows this.
fn last(zone: Tz, date: NaiveDate, seconds: i64) -> Instant {
    shown(zone, date, seconds, |_, late| late)
}

fn shown(
    zone: Tz,
    date: NaiveDate,
    seconds: i64,
    choose: fn(chrono::DateTime<Tz>, chrono::DateTime<Tz>) -> chrono::DateTime<Tz>,
) -> Instant {
    let reading = date.and_time(chrono::NaiveTime::MIN) + chrono::TimeDelta::seconds(seconds);
    let at = match zone.from_local_datetime(&reading) {
        MappedLocalTime::Single(at) => at.to_utc(),
        MappedLocalTime::Ambiguous(early, late) => choose(early, late).to_utc(),
        MappedLocalTime::None => GapInfo::new(&reading, &zone)
            .and_then(|gap| gap.end)
            .map_or_else(|| reading.and_utc(), |end| end.to_utc()),
    };
    at.into()
}
