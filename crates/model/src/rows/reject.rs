//! Records that could not be read.

use super::table;
use crate::{Field, Id, Instant};

table! {
    /// A record that could not be read: set aside so that the rest goes on. The record itself is
    /// never kept, only where in it the trouble lies.
    RejectRow is "import_rejects", newest by LastWritten, from "any answer" {
        Key stream: String, "", "", "The stream that met it.";
        Key repository_id: Id, "", "", "The repository (`bitbucket_repositories.id`); NULL outside one.";
        Key natural_key: String, "", "", "What Bitbucket calls the record, as far as it could be read.";
        Key json_path: String, "", "", "Where in the record the trouble lies.";
        Content reason: String, "", "", "What was expected there.";
    }
    derived {}
}

impl RejectRow {
    /// A rejected record; the same trouble met again is the same row.
    pub fn of(
        stream: &str,
        repository: Option<Id>,
        natural_key: &str,
        json_path: &str,
        reason: &str,
        observed_at: Instant,
    ) -> Self {
        let scope = repository.map(|id| id.to_string()).unwrap_or_default();
        let id = Id::of("import_rejects", &[stream, &scope, natural_key, json_path]);
        let mut row = Self::new(id, observed_at);
        row.stream = Field::Value(stream.to_owned());
        row.repository_id = repository.into();
        row.natural_key = Field::Value(natural_key.to_owned());
        row.json_path = Field::Value(json_path.to_owned());
        row.reason = Field::Value(reason.to_owned());
        row
    }
}
