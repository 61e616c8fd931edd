//! What an administrator sets for the whole account, and the calendar that is made from it.

use std::collections::BTreeMap;

use model::Instant;
use model::rows::CalendarDay;
use model::rows::calendar::CALENDAR;
use serde_json::Value;
use sqlx::AssertSqlSafe;

use crate::engine::{Db, Engine, WriteTx, on_pool, on_tx};
use crate::statements::*;
use crate::{At, StoreError};

/// What measures go by, as one transaction sees it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measuring {
    /// The settings that were made, by name.
    pub settings: BTreeMap<String, Value>,
    /// The first and the last day of the calendar; nothing while it is empty.
    pub days: Option<(String, String)>,
}

fn calendar_columns() -> Vec<&'static str> {
    CALENDAR.columns.iter().map(|column| column.name).collect()
}

/// Writes the days of parameter 1 that are not there.
pub(crate) fn calendar_sql(engine: Engine) -> String {
    let columns = calendar_columns();
    format!(
        "INSERT INTO calendar ({names}) SELECT {names} FROM ({rows}) n WHERE 1 = 1 ON CONFLICT (day) DO NOTHING",
        names = columns.join(", "),
        rows = engine.rows(&CALENDAR, &columns),
    )
}

fn parsed(records: Vec<(String, String)>) -> Result<BTreeMap<String, Value>, StoreError> {
    records
        .into_iter()
        .map(|(name, value)| Ok((name, serde_json::from_str(&value)?)))
        .collect()
}

impl Db {
    /// The value of a setting, as it was set; `None` where it is as usual.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn setting(&self, name: &str) -> Result<Option<Value>, StoreError> {
        let found: Option<(String,)> = on_pool!(self, |pool| sqlx::query_as(SETTING)
            .bind(name)
            .fetch_optional(pool)
            .await?);
        Ok(match found {
            Some((value,)) => Some(serde_json::from_str(&value)?),
            None => None,
        })
    }

    /// Every setting that was made, by name.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn settings(&self) -> Result<BTreeMap<String, Value>, StoreError> {
        parsed(on_pool!(self, |pool| sqlx::query_as(SETTINGS)
            .fetch_all(pool)
            .await?))
    }
}

impl WriteTx {
    /// What measures go by.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn measuring(&mut self) -> Result<Measuring, StoreError> {
        let sql = self.engine().sql(MEASURING);
        let (settings, first, last): (String, Option<String>, Option<String>) =
            on_tx!(self, |db| sqlx::query_as(sql).fetch_one(db).await?);
        Ok(Measuring {
            settings: parsed(serde_json::from_str(&settings)?)?,
            days: first.zip(last),
        })
    }

    /// Sets a setting. What goes by it is the caller's to bring up to date in the same transaction.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn set_setting(
        &mut self,
        name: &str,
        value: &Value,
        now: Instant,
    ) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(SET_SETTING)
                .bind(name)
                .bind(value.to_string())
                .bind(At(now))
                .execute(db)
                .await?;
        });
        Ok(())
    }

    /// Makes a setting as usual again.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn unset_setting(&mut self, name: &str) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(UNSET_SETTING).bind(name).execute(db).await?;
        });
        Ok(())
    }

    /// Adds days to the calendar; those that are there stay as they are.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn add_calendar_days(&mut self, days: &[CalendarDay]) -> Result<(), StoreError> {
        let sql = AssertSqlSafe(calendar_sql(self.engine()));
        let json = serde_json::to_string(days)?;
        on_tx!(self, |db| {
            sqlx::query(sql).bind(json).execute(db).await?;
        });
        Ok(())
    }

    /// Empties the calendar, to be made anew.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn clear_calendar(&mut self) -> Result<(), StoreError> {
        on_tx!(self, |db| {
            sqlx::query(CLEAR_CALENDAR).execute(db).await?;
        });
        Ok(())
    }
}
