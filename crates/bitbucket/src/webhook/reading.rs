//! From a delivery to what it tells.

use model::{Id, Instant};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Delivery, DeliveryError, EventKey, RepositoryMark, Told, WorkspaceMark};
use super::{pull, push, repository};
use crate::RepositoryRef;
use crate::decode::reject::Trouble;
use crate::normalise::Rows;
use crate::wire::account::Account;
use crate::wire::repository::Repository;

/// Reads a delivery that arrived at `received_at`. Descriptions and comments are among the rows
/// only if `store_text`. The same delivery read again tells the same, but for when it was seen where
/// Bitbucket does not say when it happened.
///
/// A key that is not applied tells nothing, whatever the body is.
///
/// # Errors
/// [`DeliveryError`] when the body is no JSON object, or lacks what its key promises. A commit of a
/// push that cannot be read is a reject among the rows instead, as it is in a listing.
pub fn read(
    delivery: &Delivery,
    received_at: Instant,
    store_text: bool,
) -> Result<Told, DeliveryError> {
    // A header is not signed: one from the future would keep every later answer from being newer.
    let observed_at = delivery
        .event_time
        .map_or(received_at, |time| time.min(received_at));
    let mut told = Told::nothing(observed_at);
    if !delivery.event.is_applied() {
        return Ok(told);
    }
    let Ok(Value::Object(body)) = serde_json::from_slice(&delivery.body) else {
        return Err(DeliveryError::NotAnObject {
            event: delivery.event.clone(),
        });
    };
    let payload = Payload {
        event: &delivery.event,
        event_time: delivery.event_time,
        body: &body,
    };
    let mut rows = Rows::new(observed_at, store_text);
    tell(&payload, &mut rows, &mut told).map_err(|trouble| DeliveryError::Undecodable {
        event: delivery.event.clone(),
        json_path: trouble.path,
        reason: trouble.reason,
    })?;
    told.batch = rows.finish().batch;
    told.due.sort();
    told.due.dedup();
    Ok(told)
}

fn tell(payload: &Payload<'_>, rows: &mut Rows, told: &mut Told) -> Result<(), Trouble> {
    if *payload.event == EventKey::ProjectUpdated {
        return repository::project(payload, rows, told);
    }
    let mut record: Repository = payload.required("repository")?;
    told.renamed = repository::renamed(payload, &mut record);
    let home = home(&record, told);
    if *payload.event != EventKey::RepositoryDeleted {
        crate::normalise::repository::repository(record, rows);
    }
    match payload.event {
        EventKey::Push => push::push(payload, &home, rows, told),
        EventKey::CommitStatusCreated | EventKey::CommitStatusUpdated => {
            push::commit_status(payload, &home, told)
        }
        key if key.as_str().starts_with("repo:") => {
            repository::changed(payload, &home, told);
            Ok(())
        }
        _ => pull::pull_request(payload, &home, rows, told),
    }
}

/// Notes which workspace and repository it is about.
fn home(record: &Repository, told: &mut Told) -> RepositoryRef {
    let workspace = record.workspace.as_value();
    let uuid = workspace.and_then(|workspace| workspace.uuid.clone());
    let slug = workspace
        .and_then(|workspace| workspace.slug.as_value().cloned())
        .or_else(|| {
            let (slug, _) = record.full_name.split_once('/')?;
            Some(slug.to_owned())
        });
    let home = RepositoryRef {
        uuid: record.uuid.clone(),
        full_name: record.full_name.clone(),
        // Old payloads leave the workspace out; nothing within a repository is computed from it.
        workspace_id: uuid.as_ref().map_or(Id(0), Id::workspace),
    };
    told.workspace = slug.map(|slug| WorkspaceMark { uuid, slug });
    told.repository = Some(RepositoryMark {
        uuid: record.uuid.clone(),
        full_name: record.full_name.clone(),
    });
    home
}

/// The body of a delivery, member by member.
pub(super) struct Payload<'a> {
    pub(super) event: &'a EventKey,
    pub(super) event_time: Option<Instant>,
    pub(super) body: &'a Map<String, Value>,
}

impl Payload<'_> {
    /// A member, where it is there and not null.
    pub(super) fn member<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Trouble> {
        match self.body.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => crate::decode::read(value)
                .map(Some)
                .map_err(|trouble| trouble.within(name)),
        }
    }

    /// A member that this event cannot be read without.
    pub(super) fn required<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, Trouble> {
        self.member(name)?.ok_or_else(|| Trouble::missing(name))
    }

    /// Who did it. Nobody, a team and an app are all met; one that cannot be read is nobody.
    pub(super) fn actor(&self) -> Option<Account> {
        self.member("actor").ok().flatten()
    }
}
