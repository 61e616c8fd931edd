//! Incidents.

use model::{Id, Instant};
use serde::Deserialize;

use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::deployments::*;
use crate::{At, StoreError};

/// An incident that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIncident {
    /// What whoever opens it calls it.
    pub reference_id: String,
    /// The service that suffers.
    pub service: String,
    /// The environment; nothing for any that is production.
    pub environment: Option<String>,
    /// What happened.
    pub title: Option<String>,
    /// The deployment that brought it, where one is named.
    pub deployment_id: Option<Id>,
    /// When it began.
    pub opened_at: Instant,
    /// Its page.
    pub source_url: Option<String>,
}

/// An incident as it is stored.
#[derive(Clone, Debug, Deserialize)]
pub struct IncidentRecord {
    /// Its number.
    pub id: Id,
    /// What whoever opened it calls it.
    pub reference_id: String,
    /// The service that suffered.
    pub service: String,
    /// The environment.
    pub environment: Option<String>,
    /// What happened.
    pub title: Option<String>,
    /// The deployment that was named.
    pub named_deployment_id: Option<Id>,
    /// When it began.
    pub opened_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// Its page.
    pub source_url: Option<String>,
    /// The deployment that brought it.
    pub deployment_id: Option<Id>,
    /// When it was over.
    pub restored_at: Option<Instant>,
    /// Seconds until then.
    pub time_to_restore: Option<i64>,
}

impl WriteTx {
    /// Keeps a new incident, and notes that its service has to be measured. The result is its
    /// number; nothing when there is one of this reference.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn open_incident(
        &mut self,
        incident: &NewIncident,
    ) -> Result<Option<Id>, StoreError> {
        let opened: Option<(i64,)> = on_tx!(self, |db| sqlx::query_as(OPEN_INCIDENT)
            .bind(&incident.reference_id)
            .bind(&incident.service)
            .bind(&incident.environment)
            .bind(&incident.title)
            .bind(incident.deployment_id.map(|id| id.0))
            .bind(At(incident.opened_at))
            .bind(&incident.source_url)
            .fetch_optional(db)
            .await?);
        if opened.is_some() {
            self.mark_service_unmeasured(&incident.service).await?;
        }
        Ok(opened.map(|(id,)| Id(id)))
    }

    /// Closes an incident, and notes that its service has to be measured; false when there is none
    /// of this reference.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn close_incident(
        &mut self,
        reference: &str,
        closed_at: Instant,
    ) -> Result<bool, StoreError> {
        let closed: Option<(String,)> = on_tx!(self, |db| sqlx::query_as(CLOSE_INCIDENT)
            .bind(reference)
            .bind(At(closed_at))
            .fetch_optional(db)
            .await?);
        let Some((service,)) = closed else {
            return Ok(false);
        };
        self.mark_service_unmeasured(&service).await?;
        Ok(true)
    }
}

impl Db {
    /// The incidents, the latest first.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn incidents(&self) -> Result<Vec<IncidentRecord>, StoreError> {
        let sql = self.engine().sql(INCIDENTS);
        let (list,): (String,) = on_pool!(self, |pool| sqlx::query_as(sql).fetch_one(pool).await?);
        let mut incidents: Vec<IncidentRecord> = serde_json::from_str(&list)?;
        incidents.sort_by_key(|incident| std::cmp::Reverse((incident.opened_at, incident.id)));
        Ok(incidents)
    }
}
