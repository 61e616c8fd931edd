//! Pull requests and their comments.

use super::Call;
use crate::answer::{Answer, Outcome};
use crate::filter::{Operand, Query, Searchable};
use crate::paging;
use crate::world::{AccountId, Comment, PullRequest, World};

/// What a list leaves out unless `fields` names it.
const HIDDEN_IN_LISTS: [&str; 5] = [
    "values.participants",
    "values.reviewers",
    "values.rendered",
    "values.queued",
    "values.merge_commit.date",
];

#[derive(Clone, Copy)]
struct SearchedPull<'a>(&'a World, &'a PullRequest);

#[derive(Clone, Copy)]
struct SearchedComment<'a>(&'a World, &'a PullRequest, &'a Comment);

impl Searchable for SearchedPull<'_> {
    fn field(&self, name: &str) -> Option<Operand> {
        let Self(world, pull) = self;
        let (opened, standing) = (&pull.opened, &pull.standing);
        if let Some(field) = name.strip_prefix("author.") {
            return account_field(world, opened.author, field);
        }
        if let Some(field) = name.strip_prefix("closed_by.") {
            return account_field(world, standing.closed_by, field);
        }
        if let Some(field) = name.strip_prefix("reviewers.") {
            let each = standing.reviewers.iter();
            let values: Option<Vec<_>> = each
                .map(|user| account_field(world, Some(*user), field))
                .collect();
            return values.map(Operand::Any);
        }
        let repository = |side: &crate::world::Side| {
            Operand::maybe(
                world
                    .repository_by_id(side.repository)
                    .map(|repository| world.full_name(repository)),
            )
        };
        Some(match name {
            "id" => Operand::count(pull.number),
            "title" => Operand::text(&*standing.title),
            "description" => Operand::text(&*opened.description),
            "state" => Operand::text(standing.state.word()),
            "draft" => Operand::Bool(standing.draft),
            "created_on" => Operand::Time(opened.created_on),
            "updated_on" => Operand::Time(standing.updated_on),
            "comment_count" => Operand::count(world.comment_count(standing)),
            "task_count" => Operand::count(opened.task_count),
            "source.branch.name" => Operand::maybe(opened.source.branch.as_deref()),
            "destination.branch.name" => Operand::maybe(opened.destination.branch.as_deref()),
            "source.repository.full_name" => repository(&opened.source),
            "destination.repository.full_name" => repository(&opened.destination),
            _ => return None,
        })
    }
}

impl Searchable for SearchedComment<'_> {
    fn field(&self, name: &str) -> Option<Operand> {
        let Self(world, pull, comment) = self;
        if let Some(field) = name.strip_prefix("user.") {
            return account_field(world, comment.user, field);
        }
        let parent = || pull.comments.get(comment.parent? as usize);
        Some(match name {
            "id" => Operand::Number(comment.id),
            "created_on" => Operand::Time(comment.created_on),
            "updated_on" => Operand::Time(comment.updated_on),
            "deleted" => Operand::Bool(comment.deleted),
            "content.raw" => Operand::text(&*comment.text),
            "inline.path" => {
                Operand::maybe(comment.anchor.as_ref().map(|anchor| anchor.path.as_str()))
            }
            "parent" | "parent.id" => {
                parent().map_or(Operand::Null, |parent| Operand::Number(parent.id))
            }
            _ => return None,
        })
    }
}

fn account_field(world: &World, id: Option<AccountId>, field: &str) -> Option<Operand> {
    let account = world.account(id);
    Some(match field {
        "uuid" => Operand::maybe(account.map(|account| &account.uuid)),
        "account_id" => Operand::maybe(account.and_then(|account| account.account_id.as_ref())),
        "nickname" => Operand::maybe(account.and_then(|account| account.nickname.as_ref())),
        "display_name" => Operand::maybe(account.map(|account| &account.display_name)),
        _ => return None,
    })
}

impl Call<'_> {
    pub(super) fn pull_requests(&self) -> Outcome {
        let repository = self.find_repository()?;
        let world = self.world();
        let query = Query::of(self.request)?;
        if query.sorts() && world.quirks.sorted_pull_requests_fail {
            return Err(Answer::error(500, "An internal error occurred"));
        }
        let states = self.states(&query)?;
        let mut candidates: Vec<_> = repository
            .pulls
            .iter()
            .filter(|pull| {
                states
                    .as_ref()
                    .is_none_or(|states| states.contains(&pull.standing.state.word()))
            })
            .map(|pull| SearchedPull(world, pull))
            .collect();
        if world.quirks.shuffle_default_order {
            // Any fixed order that follows nothing will do.
            candidates.sort_by_key(|item| item.1.number.wrapping_mul(0x9e37_79b9) % 1_009);
        } else if !query.sorts() {
            candidates.sort_by_key(|item| std::cmp::Reverse(item.1.standing.updated_on));
        }
        let found = query.select(candidates)?;
        let page = paging::numbered(self.request, &found, 50, |SearchedPull(_, pull)| {
            self.scene.pull_request(repository, pull)
        })?;
        self.shown(&page, &HIDDEN_IN_LISTS)
    }

    /// The states that are asked for; None for all. Open ones only, unless something is said
    /// about states.
    fn states(&self, query: &Query) -> Result<Option<Vec<&'static str>>, Answer> {
        let mut states = Vec::new();
        for asked in self.request.parameters("state") {
            states.push(match asked.to_uppercase().as_str() {
                "ALL" => return Ok(None),
                "OPEN" => "OPEN",
                "MERGED" => "MERGED",
                "DECLINED" => "DECLINED",
                "SUPERSEDED" => "SUPERSEDED",
                _ => return Err(Answer::error(400, format!("Invalid state: {asked}"))),
            });
        }
        Ok(match (states.is_empty(), query.mentions("state")) {
            (true, true) => None,
            (true, false) => Some(vec!["OPEN"]),
            (false, _) => Some(states),
        })
    }

    pub(super) fn pull_request(&self) -> Outcome {
        let (repository, pull) = self.find_pull_request()?;
        self.shown(
            &self.scene.pull_request(repository, pull),
            &["merge_commit.date"],
        )
    }

    pub(super) fn comments(&self) -> Outcome {
        let (repository, pull) = self.find_pull_request()?;
        let world = self.world();
        let all: Vec<_> = pull
            .comments
            .iter()
            .map(|comment| SearchedComment(world, pull, comment))
            .collect();
        let found = Query::of(self.request)?.select(all)?;
        let page = paging::numbered(
            self.request,
            &found,
            100,
            |SearchedComment(_, _, comment)| self.scene.comment(repository, pull, comment),
        )?;
        self.shown(&page, &[])
    }
}
