//! `windlass incident`.

use std::io::{self, Write};

use model::{Id, Instant};
use serde::Serialize;
use store::{IncidentRecord, NewIncident};

use super::deployment::random_reference;
use super::rules::settle;
use crate::cli::{
    Global, IncidentCloseArguments, IncidentCommand, IncidentOpenArguments, ListArguments,
};
use crate::failure::{Exit, Failure};
use crate::moment;
use crate::nearest::{nearest, no_such};
use crate::output::table::{Align, plain};
use crate::output::{json, say};
use crate::progress::span;
use crate::session::Session;

pub(super) async fn run(global: &Global, command: &IncidentCommand) -> anyhow::Result<()> {
    match command {
        IncidentCommand::Open(arguments) => open(global, arguments).await,
        IncidentCommand::Close(arguments) => close(global, arguments).await,
        IncidentCommand::List(arguments) => list(global, arguments).await,
    }
}

/// An incident, for programs.
#[derive(Serialize)]
struct Shown<'a> {
    id: Id,
    reference: &'a str,
    service: &'a str,
    environment: Option<&'a str>,
    title: Option<&'a str>,
    opened_at: Instant,
    closed_at: Option<Instant>,
    url: Option<&'a str>,
    deployment_id: Option<String>,
    restored_at: Option<Instant>,
    time_to_restore: Option<i64>,
}

impl<'a> From<&'a IncidentRecord> for Shown<'a> {
    fn from(incident: &'a IncidentRecord) -> Self {
        Self {
            id: incident.id,
            reference: &incident.reference_id,
            service: &incident.service,
            environment: incident.environment.as_deref(),
            title: incident.title.as_deref(),
            opened_at: incident.opened_at,
            closed_at: incident.closed_at,
            url: incident.source_url.as_deref(),
            deployment_id: incident.deployment_id.map(|id| id.to_string()),
            restored_at: incident.restored_at,
            time_to_restore: incident.time_to_restore,
        }
    }
}

async fn open(global: &Global, arguments: &IncidentOpenArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let incident = NewIncident {
        reference_id: match &arguments.reference {
            Some(reference) => reference.clone(),
            None => random_reference()?,
        },
        service: service_of(&session, arguments).await?,
        environment: arguments.environment.clone(),
        title: arguments.title.clone(),
        deployment_id: arguments.deployment.map(Id),
        opened_at: arguments.opened_at.unwrap_or_else(|| session.now()),
        source_url: arguments.url.clone(),
    };
    let entry = session.entry(
        "incident.open",
        format!("incident {}", incident.reference_id),
        Some(incident.service.clone()),
    );
    let mut tx = session.db.write().await?;
    if tx.open_incident(&incident).await?.is_none() {
        let message = format!(
            "there is an incident `{}` already: give this one another --reference",
            incident.reference_id
        );
        return Err(Failure::new(Exit::Usage, message).into());
    }
    tx.audit(&entry).await?;
    tx.commit().await?;
    settle(&session).await?;
    show(&session, &incident.reference_id, arguments.json).await
}

/// The service that is named, or that of the deployment that is.
async fn service_of(
    session: &Session,
    arguments: &IncidentOpenArguments,
) -> anyhow::Result<String> {
    let of_deployment = match arguments.deployment {
        None => None,
        Some(id) => match session.db.service_of_deployment(Id(id)).await? {
            Some(service) => Some(service),
            None => {
                let message = format!(
                    "there is no deployment {id}: `windlass deployment list` shows the ids"
                );
                return Err(Failure::new(Exit::Usage, message).into());
            }
        },
    };
    match (&arguments.service, of_deployment) {
        (Some(named), Some(deployed)) if *named != deployed => {
            let message = format!("that deployment is one of {deployed}, not of {named}");
            Err(Failure::new(Exit::Usage, message).into())
        }
        (_, Some(deployed)) => Ok(deployed),
        (Some(named), None) => {
            let known = session.db.deployed_services().await?;
            if !known.contains(named) {
                let nearest = nearest(named, known.iter().map(String::as_str));
                let hint = nearest.map_or(String::new(), |nearest| {
                    format!(". Did you mean {nearest}?")
                });
                say(&format!(
                    "warning: no deployment of a service {named} is known, so that nothing is blamed for this{hint}"
                ));
            }
            Ok(named.clone())
        }
        (None, None) => Err(Failure::new(Exit::Usage, "give --service or --deployment").into()),
    }
}

async fn close(global: &Global, arguments: &IncidentCloseArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let reference = &arguments.reference;
    let incidents = session.db.incidents().await?;
    let Some(incident) = incidents
        .iter()
        .find(|incident| incident.reference_id == *reference)
    else {
        let names = incidents
            .iter()
            .map(|incident| incident.reference_id.as_str());
        let empty = "there is none. `windlass incident open` makes one";
        return Err(no_such(
            "incident",
            reference,
            names,
            "windlass incident list",
            empty,
        )
        .into());
    };
    let closed_at = arguments.closed_at.unwrap_or_else(|| session.now());
    if closed_at < incident.opened_at {
        let message = format!(
            "it began at {}, and cannot be over before",
            moment::shown(incident.opened_at)
        );
        return Err(Failure::new(Exit::Usage, message).into());
    }
    let entry = session.entry(
        "incident.close",
        format!("incident {reference}"),
        Some(incident.service.clone()),
    );
    let mut tx = session.db.write().await?;
    tx.close_incident(reference, closed_at).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    settle(&session).await?;
    show(&session, reference, arguments.json).await
}

async fn show(session: &Session, reference: &str, as_json: bool) -> anyhow::Result<()> {
    let incidents = session.db.incidents().await?;
    let mut shown = incidents
        .iter()
        .filter(|incident| incident.reference_id == reference);
    let Some(incident) = shown.next() else {
        return Ok(());
    };
    let out = &mut io::stdout().lock();
    if as_json {
        return json::write(&Shown::from(incident), out);
    }
    writeln!(
        out,
        "Incident {} of {}: {}",
        incident.reference_id,
        incident.service,
        state(incident)
    )?;
    if let Some(deployment) = incident.deployment_id {
        writeln!(out, "Brought by the deployment {deployment}")?;
    }
    Ok(())
}

fn state(incident: &IncidentRecord) -> String {
    match (incident.time_to_restore, incident.closed_at) {
        (Some(seconds), _) => format!("over after {}", span(seconds)),
        (None, Some(at)) => format!("closed at {}", moment::shown(at)),
        (None, None) => "open".to_owned(),
    }
}

async fn list(global: &Global, arguments: &ListArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let incidents = session.db.incidents().await?;
    let out = &mut io::stdout().lock();
    if arguments.json {
        let shown: Vec<Shown<'_>> = incidents.iter().map(Shown::from).collect();
        return json::write(&shown, out);
    }
    if incidents.is_empty() {
        writeln!(
            out,
            "No incident was told. `windlass incident open` tells of one"
        )?;
        return Ok(());
    }
    let rows = incidents.iter().map(|incident| {
        vec![
            moment::shown(incident.opened_at),
            incident.reference_id.clone(),
            incident.service.clone(),
            incident.environment.clone().unwrap_or_default(),
            state(incident),
            incident.title.clone().unwrap_or_default(),
        ]
    });
    let header = [
        "began",
        "reference",
        "service",
        "environment",
        "state",
        "title",
    ];
    writeln!(out, "{}", plain(&header, &[Align::Left], rows))?;
    Ok(())
}
