//! `windlass connection set`.

use store::{ConnectionKind, StreamSetting};
use sync::StreamName;

use super::change::report;
use super::described::StreamShown;
use crate::cli::{Global, SetArguments};
use crate::failure::{Exit, Failure};
use crate::session::Session;
use crate::stored;

pub(super) async fn run(global: &Global, arguments: &SetArguments) -> anyhow::Result<()> {
    let says_something = arguments.every.is_some()
        || arguments.not_before.is_some()
        || arguments.enable
        || arguments.disable
        || arguments.as_usual;
    if !says_something {
        let message = "say what to set: --every, --not-before, --enable, --disable or --as-usual";
        return Err(Failure::new(Exit::Usage, message).into());
    }
    let (name, stream) = (&arguments.connection, arguments.stream);
    if arguments.disable && stream == StreamName::Repositories {
        let message =
            "the stream repositories cannot be switched off: without it nothing is known to read";
        return Err(Failure::new(Exit::Usage, message).into());
    }
    let session = Session::open(global).await?;
    let connection = session.connection(name).await?;
    stored::require_kind(&connection, ConnectionKind::BitbucketCloud)?;
    let before = session
        .db
        .stream_settings(connection.id)
        .await?
        .into_iter()
        .find(|setting| setting.stream == stream.as_str() && !arguments.as_usual)
        .unwrap_or_default();
    let enabled = match (arguments.enable, arguments.disable) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => before.enabled,
    };
    let setting = StreamSetting {
        stream: stream.as_str().to_owned(),
        enabled,
        interval_seconds: arguments.every.or(before.interval_seconds),
        not_before: arguments.not_before.or(before.not_before),
    };
    let shown = StreamShown {
        stream: setting.stream.clone(),
        enabled: setting.enabled,
        interval_seconds: setting.interval_seconds,
        not_before: setting.not_before,
    };
    let words = shown.words();
    let detail = Some(format!("{stream}: {words}"));
    let entry = session.entry("connection.set", format!("connection {name}"), detail);
    let mut tx = session.db.write().await?;
    tx.set_stream_setting(connection.id, &setting).await?;
    tx.audit(&entry).await?;
    tx.commit().await?;
    report(
        &session,
        name,
        arguments.json,
        &format!("{stream} of {name}: {words}"),
    )
    .await
}
