//! The account's calendar as a transaction sees it.

use measure::{Calendar, CalendarSettings};
use model::Instant;
use store::{StoreError, WriteTx};

/// The years that a calendar can have: a date outside of them is a mistake of whoever wrote it, and
/// no reason for a million days.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2100;

/// The calendar, and which years of it are in the database.
#[derive(Debug)]
pub(crate) struct AccountCalendar {
    pub(crate) calendar: Calendar,
    covered: Option<(i32, i32)>,
}

impl AccountCalendar {
    /// The calendar of the settings. From here on they do not change in this transaction.
    pub(crate) async fn load(tx: &mut WriteTx) -> Result<Self, StoreError> {
        tx.begin_measuring().await?;
        let measuring = tx.measuring().await?;
        let settings = CalendarSettings::of(&measuring.settings)
            .map_err(|invalid| StoreError::Setting(invalid.to_string()))?;
        let covered = measuring
            .days
            .and_then(|(first, last)| Some((year_of(&first)?, year_of(&last)?)));
        Ok(Self {
            calendar: Calendar::new(settings),
            covered,
        })
    }

    /// Sees to it that the table `calendar` has the years of these days, those between them, and
    /// the present one.
    pub(crate) async fn cover<'d>(
        &mut self,
        tx: &mut WriteTx,
        days: impl IntoIterator<Item = &'d str>,
        now: Instant,
    ) -> Result<(), StoreError> {
        let present = year_of(&self.calendar.day_of(now));
        let years = days.into_iter().filter_map(year_of).chain(present);
        let (mut first, mut last) = self.covered.unwrap_or((i32::MAX, i32::MIN));
        for year in years.filter(|year| YEARS.contains(year)) {
            first = first.min(year);
            last = last.max(year);
        }
        if first > last || self.covered == Some((first, last)) {
            return Ok(());
        }
        tx.add_calendar_days(&self.calendar.years(first, last))
            .await?;
        self.covered = Some((first, last));
        Ok(())
    }

    /// Makes the table anew by the settings, with the years that it had.
    pub(crate) async fn renew(tx: &mut WriteTx, now: Instant) -> Result<(), StoreError> {
        let mut renewed = Self::load(tx).await?;
        tx.clear_calendar().await?;
        if let Some((first, last)) = renewed.covered.take() {
            let ends = [first, last].map(|year| format!("{year:04}"));
            renewed
                .cover(tx, ends.iter().map(String::as_str), now)
                .await?;
        }
        Ok(())
    }
}

fn year_of(day: &str) -> Option<i32> {
    day.get(..4)?.parse().ok()
}
