//! Pipelines.

use serde_json::{Value, json};

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::paging;
use crate::world::Pipeline;

impl Call<'_> {
    /// Oldest first, unless sorted; `q` does nothing. The `next` forgets `sort` and `fields`, so
    /// that following it from a newest-first page gives the oldest ones.
    pub(super) fn pipelines(&self) -> Outcome {
        let repository = self.find_built_repository()?;
        let quirks = &self.world().quirks;
        self.check_slash()?;
        let mut found: Vec<&Pipeline> = repository.pipelines.iter().collect();
        match self.request.parameter("sort") {
            Some("-created_on" | "-run_creation_date") => found.reverse(),
            Some("created_on" | "run_creation_date" | "creator.uuid" | "-creator.uuid") | None => {}
            Some(other) => {
                return Err(Answer::error(
                    400,
                    format!("Invalid sort attribute: {other}"),
                ));
            }
        }
        let mut page = paging::numbered(self.request, &found, 100, |pipeline| {
            self.scene.pipeline(repository, pipeline)
        })?;
        let number = paging::number(self.request)?;
        let is_empty = page
            .get("values")
            .and_then(Value::as_array)
            .is_none_or(Vec::is_empty);
        if is_empty && number > 1 && quirks.empty_object_past_the_end {
            return Ok(Answer::ok(json!({})));
        }
        if let Some(next) = page.get_mut("next") {
            let number = (number + 1).to_string();
            *next = self
                .request
                .address_with("page", &number, &["sort", "fields"])
                .into();
        }
        self.shown(&page, &[])
    }

    pub(super) fn pipeline(&self) -> Outcome {
        let (repository, pipeline) = self.find_pipeline()?;
        self.shown(&self.scene.pipeline(repository, pipeline), &[])
    }
}
