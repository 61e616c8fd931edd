//! Trying a connection out, and reckoning what its import costs.

use askama::Template;
use axum::extract::{Path, State};
use store::Connection;

use super::{address_of, find};
use crate::access::Administrator;
use crate::actions::Estimate;
use crate::layout::{Frame, Page, Section, page};
use crate::pages::new_connection::VerificationPart;
use crate::show::Name;
use crate::site::App;

#[derive(Template)]
#[template(path = "connection_verified.html")]
struct VerifiedPage {
    frame: Frame,
    connection: Connection,
    address: String,
    credentials: Vec<(String, VerificationPart)>,
}

pub(in crate::pages) async fn verify(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Page {
    let connection = find(&app, &name).await?;
    let actor = administrator.visitor.actor();
    let tried = app.actions.verify(connection.name.clone(), actor).await?;
    let credentials = tried
        .into_iter()
        .zip(1..)
        .map(|((label, verification), number)| {
            let part = VerificationPart {
                verification,
                number,
            };
            (label, part)
        });
    page(&VerifiedPage {
        frame: Frame::new(
            &administrator.reader,
            Some(Section::Connections),
            "Verification",
        ),
        address: address_of(&connection),
        credentials: credentials.collect(),
        connection,
    })
}

#[derive(Template)]
#[template(path = "connection_estimate.html")]
struct EstimatePage {
    frame: Frame,
    connection: Connection,
    address: String,
    estimate: Estimate,
}

impl EstimatePage {
    fn hours(&self) -> String {
        let hours = self.estimate.hours;
        if hours < 0.05 {
            "within this hour's allowance".to_owned()
        } else if hours < 1.0 {
            format!(
                "about {:.0} minutes of waiting for the allowance",
                hours * 60.0
            )
        } else {
            format!("about {hours:.1} hours of waiting for the allowance")
        }
    }
}

pub(in crate::pages) async fn estimate(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Page {
    let connection = find(&app, &name).await?;
    let estimate = app.actions.estimate(connection.name.clone()).await?;
    page(&EstimatePage {
        frame: Frame::new(
            &administrator.reader,
            Some(Section::Connections),
            "Estimate",
        ),
        address: address_of(&connection),
        connection,
        estimate,
    })
}
