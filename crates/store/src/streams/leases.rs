//! Who works on a stream: claims that hold while a run lives.

use model::{Id, Instant};

use super::{Record, Stream, StreamKey};
use crate::engine::{Db, WriteTx, on_pool, on_tx};
use crate::statements::*;
use crate::{At, StoreError};

/// The right of one run to write to the streams that it claimed.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Names the run.
    pub token: String,
    /// How long a claim holds without a sign of life.
    pub seconds: i64,
}

impl Db {
    /// The stream, made if it is not there, with a lease on it; `None` while another run holds it.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn claim_stream(
        &self,
        connection: i64,
        key: StreamKey<'_>,
        lease: &Lease,
        now: Instant,
    ) -> Result<Option<Stream>, StoreError> {
        let mut tx = self.write().await?;
        let claimed = tx.claim(connection, key, lease, now).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Several streams at once: all of them are claimed, or none and the result is `None`.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn claim_streams(
        &self,
        connection: i64,
        keys: &[StreamKey<'_>],
        lease: &Lease,
        now: Instant,
    ) -> Result<Option<Vec<Stream>>, StoreError> {
        let mut tx = self.write().await?;
        let mut streams = Vec::with_capacity(keys.len());
        for key in keys {
            match tx.claim(connection, *key, lease, now).await? {
                Some(stream) => streams.push(stream),
                // Dropping the transaction gives back what it had claimed.
                None => return Ok(None),
            }
        }
        tx.commit().await?;
        Ok(Some(streams))
    }

    /// Gives some of a run's claims back, after a look at them.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn release_streams(
        &self,
        streams: &[Id],
        lease: &Lease,
        now: Instant,
    ) -> Result<(), StoreError> {
        let ids = serde_json::to_string(streams)?;
        let mut tx = self.write().await?;
        let sql = tx.engine().sql(RELEASE_STREAMS);
        on_tx!(&mut tx, |db| {
            sqlx::query(sql)
                .bind(&lease.token)
                .bind(ids)
                .bind(At(now))
                .execute(db)
                .await?;
        });
        tx.commit().await
    }

    /// How many runs hold claims, this one's own included.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn live_runs(&self, now: Instant) -> Result<u32, StoreError> {
        let (runs,): (i64,) = on_pool!(self, |pool| sqlx::query_as(LIVE_RUNS)
            .bind(At(now))
            .fetch_one(pool)
            .await?);
        Ok(u32::try_from(runs).unwrap_or(u32::MAX))
    }

    /// A sign of life: the run's claims hold on.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn renew_leases(&self, lease: &Lease, now: Instant) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        on_tx!(&mut tx, |db| {
            sqlx::query(RENEW_LEASES)
                .bind(&lease.token)
                .bind(At(now.plus_seconds(lease.seconds)))
                .execute(db)
                .await?;
        });
        tx.commit().await
    }

    /// Gives all claims of the run back; `looked_at` where the run came to its end.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub async fn release_leases(
        &self,
        lease: &Lease,
        looked_at: Option<Instant>,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        on_tx!(&mut tx, |db| {
            sqlx::query(RELEASE_LEASES)
                .bind(&lease.token)
                .bind(looked_at.map(At))
                .execute(db)
                .await?;
        });
        tx.commit().await
    }
}

impl WriteTx {
    async fn claim(
        &mut self,
        connection: i64,
        key: StreamKey<'_>,
        lease: &Lease,
        now: Instant,
    ) -> Result<Option<Stream>, StoreError> {
        let id = key.id(connection);
        let until = now.plus_seconds(lease.seconds);
        let record: Option<Record> = on_tx!(self, |db| {
            sqlx::query(INSERT_STREAM)
                .bind(id.0)
                .bind(connection)
                .bind(key.stream)
                .bind(key.repository.map(|id| id.0))
                .bind(key.credential)
                .execute(&mut *db)
                .await?;
            let claimed = sqlx::query(CLAIM_STREAM)
                .bind(id.0)
                .bind(&lease.token)
                .bind(At(until))
                .bind(At(now))
                .execute(&mut *db)
                .await?
                .rows_affected();
            if claimed == 0 {
                None
            } else {
                let stream = sqlx::query_as(STREAM).bind(id.0);
                Some(stream.fetch_one(&mut *db).await?)
            }
        });
        record.map(Stream::try_from).transpose()
    }
}
