//! `windlass webhook verify`.

use std::io;

use bitbucket::hooks::Trial;
use model::{Instant, Uuid};
use serde::Serialize;
use serde_json::json;
use store::{Connection, DeliveryFilter, StoredDelivery};
use url::Url;

use super::{address, connection, secrets};
use crate::cli::{Global, HookUrlArguments};
use crate::credential::random;
use crate::failure::{Exit, Failure};
use crate::output::{json as for_programs, say};
use crate::session::Session;

/// What the delivery is about. It is none of Bitbucket's keys, so that nothing is applied.
const EVENT: &str = "windlass:trial";

/// What came of it, for programs.
#[derive(Serialize)]
struct Verified<'a> {
    connection: &'a str,
    url: &'a str,
    delivery_id: String,
    arrived_at: Instant,
    milliseconds: i64,
}

pub(super) async fn run(global: &Global, arguments: &HookUrlArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let connection = connection(&session, arguments.hook.connection.as_deref()).await?;
    let name = &connection.name;
    let hook = session.db.webhook_hook(connection.id).await?;
    let settings = &session.config.settings;
    let url = match (&arguments.url, address::registered(hook.as_ref())) {
        (None, Some(url)) => url,
        (url, _) => address::written(url.as_deref(), settings)?.ok_or_else(address::missing)?,
    };
    let vault = secrets::vault(&session).await?;
    let Some(secret) = secrets::newest(&session, &vault, &connection).await? else {
        return Err(Failure::new(
            Exit::Usage,
            format!("{name} has no webhook secret yet: `windlass webhook register` makes one"),
        )
        .into());
    };
    let number = number()?;
    let workspace = &connection.workspace;
    let body = json!({
        "repository": { "full_name": format!("{workspace}/trial"), "workspace": { "slug": workspace } },
        "trial": number,
    });
    let trial = Trial {
        url: url.clone(),
        event: EVENT.to_owned(),
        request_uuid: number.clone(),
        body: body.to_string().into_bytes(),
        extra_ca: None,
    };
    let sent_at = session.now();
    let answer = trial.send(&secret.text).await;
    let took = session.now().millis_since(sent_at);
    let problem = match answer {
        Ok(200) => None,
        Ok(status) => Some(refusal(status, &url)),
        Err(error) => Some(format!(
            "nothing was delivered to {url}: {error}. Is `windlass serve` running, and does that address lead to what it listens at?"
        )),
    };
    if let Some(problem) = problem {
        return Err(Failure::new(Exit::Failed, problem).into());
    }
    let Some(delivery) = arrived(&session, &connection, &number).await? else {
        return Err(Failure::new(
            Exit::Failed,
            format!("{url} took the delivery, and it did not arrive in this database: another program, or `windlass serve` with another database, answers there"),
        )
        .into());
    };
    if let Some(mut hook) = hook.filter(|hook| hook.url == url.as_str()) {
        hook.verified_at = Some(delivery.received_at);
        let mut tx = session.db.write().await?;
        tx.set_webhook_hook(&hook).await?;
        tx.commit().await?;
    }
    if arguments.hook.json {
        let verified = Verified {
            connection: name,
            url: url.as_str(),
            delivery_id: delivery.id.to_string(),
            arrived_at: delivery.received_at,
            milliseconds: took,
        };
        return for_programs::write(&verified, &mut io::stdout().lock());
    }
    say(&format!(
        "A signed delivery to {url} arrived, and was answered within {took} ms"
    ));
    Ok(())
}

/// The delivery, which was on the disk before it was answered.
async fn arrived(
    session: &Session,
    connection: &Connection,
    number: &str,
) -> Result<Option<StoredDelivery>, store::StoreError> {
    let filter = DeliveryFilter {
        connection: Some(connection.id),
        event: Some(EVENT.to_owned()),
        limit: 100,
        ..DeliveryFilter::default()
    };
    let number = Uuid::parse(number);
    let deliveries = session.db.deliveries(&filter).await?;
    let is_it = |delivery: &StoredDelivery| {
        let request = delivery.request_uuid.as_deref().and_then(Uuid::parse);
        request.is_some() && request == number
    };
    Ok(deliveries.into_iter().find(is_it))
}

/// What an answer other than 200 means, and what to do.
fn refusal(status: u16, url: &Url) -> String {
    let why = match status {
        300..=399 => {
            "it sends on elsewhere, where Bitbucket does not follow: register the address that it leads to"
        }
        401 => "whoever answers does not know the secret: `windlass serve` must use this database",
        403 => {
            "what answers refuses the workspace, or a proxy in front of it asks for a sign-in: let /webhooks/bitbucket pass"
        }
        404 | 405 => {
            "there is no door for deliveries: the proxy must pass /webhooks/bitbucket on to `windlass serve` as it is"
        }
        413 => "a proxy on the way takes no body of this size: deliveries have up to 256 KB",
        502..=504 => {
            "nothing answers behind it, or the database cannot take it: is `windlass serve` running?"
        }
        _ => "this is no answer of `windlass serve`",
    };
    format!("the delivery was not taken: {url} answers with status {status}: {why}")
}

/// A UUID that no other delivery has.
fn number() -> anyhow::Result<String> {
    let (high, low) = (random()?, random()?);
    Ok(format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0xfff,
        low & 0xffff_ffff_ffff
    ))
}
