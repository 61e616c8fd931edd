//! The two activities: of a pull request and of a whole repository.

use serde_json::{Map, Value};

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::paging;
use crate::world::{Moment, Repository};

const MAX_LENGTH: usize = 50;

impl Call<'_> {
    pub(super) fn repository_activity(&self) -> Outcome {
        let repository = self.find_repository()?;
        self.feed(repository, &repository.uuid, &repository.feed, |moment| {
            self.world().feed_shows(repository, moment)
        })
    }

    pub(super) fn pull_request_activity(&self) -> Outcome {
        let (repository, pull) = self.find_pull_request()?;
        let mut moments: Vec<Moment> = pull.moments().collect();
        moments.sort_unstable();
        let scope = format!("{}/{}", repository.uuid, pull.number);
        self.feed(repository, &scope, &moments, |_| true)
    }

    /// The last row of the page before, where a fault repeats it.
    pub(super) fn repeated(
        &self,
        oldest_first: &[Moment],
        end: usize,
        follows: bool,
    ) -> Vec<Moment> {
        let repeats = follows && self.request.shift < 0;
        oldest_first
            .get(end)
            .filter(|_| repeats)
            .into_iter()
            .copied()
            .collect()
    }

    /// A page of entries, newest first. `q` and `sort` do nothing here, and there is no `size`.
    fn feed(
        &self,
        repository: &Repository,
        scope: &str,
        oldest_first: &[Moment],
        shows: impl Fn(&Moment) -> bool,
    ) -> Outcome {
        let length = paging::length(self.request, MAX_LENGTH)?;
        let end = match self.request.parameter("ctx") {
            None => oldest_first.len(),
            Some(token) => {
                let place = paging::place(scope, token).ok_or_else(Answer::invalid_page)?;
                oldest_first.partition_point(|moment| *moment < place)
            }
        };
        let older = oldest_first.get(..end).unwrap_or_default();
        let (skipped, count) = self.request.window(0, length);
        let mut shown = older
            .iter()
            .rev()
            .filter(|moment| shows(moment))
            .skip(skipped);
        let follows = self.request.parameter("ctx").is_some();
        let mut page = self.repeated(oldest_first, end, follows);
        page.extend(shown.by_ref().take(count).copied());
        let last = page.last().copied();
        let more = shown.next().is_some();
        if self.world().quirks.loose_feed_order {
            page.sort_by_key(|moment| {
                let second = moment.at.micros().div_euclid(1_000_000);
                (std::cmp::Reverse(second), moment.at.micros() % 7)
            });
        }
        let values: Vec<Value> = page
            .iter()
            .filter_map(|moment| self.scene.entry(repository, moment))
            .collect();
        let mut envelope = Map::new();
        envelope.insert("pagelen".to_owned(), length.into());
        if let (true, Some(last)) = (more, last) {
            let token = paging::token(scope, &last);
            let next = self.request.address_with("ctx", &token, &[]);
            envelope.insert("next".to_owned(), next.into());
        }
        envelope.insert("values".to_owned(), Value::Array(values));
        self.shown(&Value::Object(envelope), &[])
    }
}
