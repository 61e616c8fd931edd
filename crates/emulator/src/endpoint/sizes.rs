//! How much a pull request changes: a redirection, and what it leads to.

use serde_json::Value;

use super::Call;
use crate::answer::{Answer, Content, Outcome};
use crate::paging;
use crate::request::BASE;
use crate::world::{Size, short};

impl Call<'_> {
    /// Leads to the two commits that are compared.
    pub(super) fn pull_request_diffstat(&self) -> Outcome {
        let (repository, pull) = self.find_pull_request()?;
        let Some(source) = pull.standing.source_commit.as_deref() else {
            return Err(Answer::error(
                404,
                "The source of this pull request is gone",
            ));
        };
        let destination = pull.opened.destination.commit.as_deref();
        let name = self.world().full_name(repository);
        let place = format!(
            "{}{BASE}/repositories/{name}/diffstat/{name}:{}%0D{}?from_pullrequest_id={}",
            self.request.origin,
            short(source),
            short(destination.unwrap_or("000000000000")),
            pull.number,
        );
        Ok(Answer {
            status: 302,
            body: Content::Text("text/html; charset=utf-8", String::new()),
            headers: vec![("location", place)],
        })
    }

    /// The files that differ between two commits.
    pub(super) fn diffstat(&self) -> Outcome {
        let repository = self.find_repository()?;
        let spec = self.request.segments.get(4..).unwrap_or_default().join("/");
        let spec = spec.rsplit(':').next().unwrap_or_default();
        let (to, from) = spec
            .split_once('\r')
            .or_else(|| spec.split_once(".."))
            .unwrap_or((spec, ""));
        if self.world().commit_named(repository, to).is_none() {
            return Err(Answer::error(404, "Changeset not found."));
        }
        let files = match self.world().size_at(repository, short(to)) {
            Size::Files(files) => files,
            Size::NoCommonAncestor => return Err(Answer::error(400, "No common ancestor")),
            Size::Timeout => return Err(Answer::text(555, "Timeout")),
            Size::NotFound => return Err(Answer::error(404, "Changeset not found.")),
        };
        let page: Value = paging::numbered_by(self.request, &files, 500, 500, |file| {
            self.scene.changed_file(repository, (from, to), file)
        })?;
        self.shown(&page, &[])
    }
}
