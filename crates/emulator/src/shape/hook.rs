//! Webhook subscriptions.

use serde_json::{Value, json};

use super::{Scene, date, encoded};
use crate::world::{Hook, Repository};

impl Scene<'_> {
    /// A subscription, without its secret.
    pub(crate) fn hook(&self, repository: Option<&Repository>, hook: &Hook) -> Value {
        let place = format!("/hooks/{}", encoded(&hook.uuid));
        let (subject_type, subject, path) = match repository {
            Some(found) => (
                "repository",
                self.repository_in_short(found),
                self.repository_path(found, &place),
            ),
            None => (
                "workspace",
                self.workspace_in_short(),
                format!("/workspaces/{}{place}", self.world.workspace.slug),
            ),
        };
        json!({
            "type": "webhook_subscription",
            "uuid": hook.uuid,
            "url": hook.url,
            "description": hook.description,
            "active": hook.active,
            "read_only": false,
            "skip_cert_verification": hook.skip_cert_verification,
            "source": null,
            "history_enabled": false,
            "secret_set": hook.secret.is_some(),
            "subject_type": subject_type,
            "subject": subject,
            "events": hook.events,
            "created_at": date::pipeline(hook.created_at),
            "links": { "self": self.api(&path) },
        })
    }
}
