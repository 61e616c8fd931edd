//! Commits of a repository and of a pull request.

use serde_json::{Map, Value, json};

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::paging;
use crate::world::{Moment, Repository, UnknownRevision, World};

/// An unknown revision is told in two places.
fn unknown(revision: UnknownRevision) -> Answer {
    let shas = json!({ "shas": [revision.0] });
    Answer::json(
        404,
        json!({ "type": "error", "data": shas, "error": {
            "message": "Commit not found",
            "data": shas,
        }}),
    )
}

impl Call<'_> {
    /// Newest first. `q` and `sort` do nothing, and there is no `size`; `include` and `exclude` go
    /// into the token of the next page.
    pub(super) fn commits(&self) -> Outcome {
        let repository = self.find_repository()?;
        let length = paging::length_or(self.request, 30, 100)?;
        // A branch may have slashes in its name.
        let revision = self.request.segments.get(4..).unwrap_or_default().join("/");
        let scope = format!("{}/commits/{revision}", repository.uuid);
        let owned = |name| self.request.parameters(name).map(str::to_owned).collect();
        let (mut included, mut excluded): (Vec<String>, Vec<String>) =
            (owned("include"), owned("exclude"));
        let mut place = None;
        if let Some(token) = self.request.parameter("ctx") {
            let (token, names) = token.split_once('.').unwrap_or((token, ""));
            place = Some(paging::place(&scope, token).ok_or_else(Answer::invalid_page)?);
            let names = paging::unveiled(names).ok_or_else(Answer::invalid_page)?;
            let (include, exclude) = names.split_once('|').unwrap_or_default();
            let list = |text: &str| -> Vec<String> {
                text.split(' ')
                    .filter(|name| !name.is_empty())
                    .map(str::to_owned)
                    .collect()
            };
            (included, excluded) = (list(include), list(exclude));
        } else if self
            .request
            .parameter("page")
            .is_some_and(|page| page != "1")
        {
            return Err(Answer::invalid_page());
        }
        let number: usize = match self.request.parameter("page") {
            None => 1,
            Some(text) => text.parse().map_err(|_| Answer::invalid_page())?,
        };
        let names = paging::veiled(&format!("{}|{}", included.join(" "), excluded.join(" ")));
        if !revision.is_empty() {
            included.insert(0, revision);
        }
        let world = self.world();
        let mut found = world
            .commits_between(repository, &included, &excluded)
            .map_err(unknown)?;
        if world.quirks.commits_by_date {
            found = world.dated(repository, found);
        }
        let end = place.map_or(found.len(), |place| {
            found.partition_point(|one| *one < place)
        });
        let older = found.get(..end).unwrap_or_default();
        let (skipped, length_now) = self.request.window(0, length);
        let page: Vec<Moment> = self
            .repeated(&found, end, place.is_some())
            .into_iter()
            .chain(older.iter().rev().skip(skipped).take(length_now).copied())
            .collect();
        let mut envelope = Map::new();
        envelope.insert("pagelen".to_owned(), length.into());
        if let Some(last) = page.last().filter(|last| older.first() != Some(*last)) {
            let token = format!("{}.{names}", paging::token(&scope, last));
            let without = ["include", "exclude", "q", "sort", "page"];
            let next = self.request.address_with("ctx", &token, &without);
            envelope.insert(
                "next".to_owned(),
                format!("{next}&page={}", number + 1).into(),
            );
        }
        let values = self.whole_commits(repository, &page);
        envelope.insert("values".to_owned(), values.into());
        self.shown(&Value::Object(envelope), &[])
    }

    fn whole_commits(&self, repository: &Repository, places: &[Moment]) -> Vec<Value> {
        let world = self.world();
        places
            .iter()
            .filter_map(|place| {
                let place = world.undated(repository, place);
                let commit = world.commit(repository, &place)?;
                Some(self.scene.whole_commit(repository, &commit))
            })
            .collect()
    }

    /// One commit, by as much of its hash as makes it unique.
    pub(super) fn commit(&self) -> Outcome {
        let repository = self.find_repository()?;
        let world = self.world();
        let named = self.request.segment(4);
        let commit = world
            .commit_named(repository, named)
            .and_then(|place| world.commit(repository, &place))
            .ok_or_else(|| Answer::error(404, "Changeset not found."))?;
        self.shown(&self.scene.whole_commit(repository, &commit), &[])
    }

    /// Newest first; pages are named by opaque tokens, and there is no `size`.
    pub(super) fn pull_request_commits(&self) -> Outcome {
        let (repository, pull) = self.find_pull_request()?;
        let length = paging::length(self.request, 100)?;
        if World::commits_are_gone(pull) {
            return Err(Answer::error(
                404,
                "The source of this pull request is gone",
            ));
        }
        let places = self.world().places_of(repository, pull);
        let scope = format!("{}/{}/commits", repository.uuid, pull.number);
        let end = match self.request.parameter("page") {
            None => places.len(),
            Some(token) => {
                let place = paging::place(&scope, token).ok_or_else(Answer::invalid_page)?;
                places.partition_point(|one| one.act < place.act)
            }
        };
        let older = places.get(..end).unwrap_or_default();
        let (skipped, length_now) = self.request.window(0, length);
        let page: Vec<Moment> = self
            .repeated(&places, end, end < places.len())
            .into_iter()
            .chain(older.iter().rev().skip(skipped).take(length_now).copied())
            .collect();
        let mut envelope = Map::new();
        envelope.insert("pagelen".to_owned(), length.into());
        if let Some(last) = page.last().filter(|last| older.first() != Some(*last)) {
            let token = paging::token(&scope, last);
            let next = self.request.address_with("page", &token, &[]);
            envelope.insert("next".to_owned(), next.into());
        }
        let values = self.whole_commits(repository, &page);
        envelope.insert("values".to_owned(), values.into());
        self.shown(&Value::Object(envelope), &[])
    }
}
