//! How a pull request comes about, is reviewed and ends.

mod review;

use std::sync::Arc;

use model::Instant;

use super::super::act::{Act, Deed, ReviewerChange};
use super::super::dice::Dice;
use super::super::names;
use super::super::pull_request::{Opening, PullRequest, Side};
use super::super::repository::Repository;
use super::super::spec::{Shape, WorldSpec};
use super::super::{AccountId, AccountKind};
use super::cast::Cast;
use super::rhythm;

/// The pull requests of one repository, in the order in which they were opened.
pub(super) fn pulls(
    cast: &Cast,
    repository: &Repository,
    count: usize,
    starts_at: Instant,
    spec: &WorldSpec,
    dice: &mut Dice,
) -> Vec<PullRequest> {
    let mut openings: Vec<(Instant, AccountId)> = (0..count)
        .map(|_| {
            let author = author(cast, starts_at, spec, dice);
            let ahead = cast.hours_ahead(author);
            (
                rhythm::busy_time(dice, starts_at, spec.ends_at, ahead),
                author,
            )
        })
        .collect();
    openings.sort_unstable();
    (1_u64..)
        .zip(openings)
        .map(|(number, (created_on, author))| {
            Story::begin(cast, repository, number, created_on, author, spec, dice).tell()
        })
        .collect()
}

/// People write most; bots and the team some. Who has left wrote only early: such an author is
/// replaced when the opening's date is known to be later.
fn author(cast: &Cast, starts_at: Instant, spec: &WorldSpec, dice: &mut Dice) -> AccountId {
    let odd = spec.shape == Shape::Odd;
    if dice.chance(if odd { 12 } else { 5 })
        && let Some(bot) = dice.pick(&cast.bots)
    {
        return *bot;
    }
    if dice.chance(if odd { 6 } else { 1 })
        && let Some(team) = cast.team
    {
        return team;
    }
    let people = cast.present(starts_at);
    // Some people do far more than others.
    let reach = people.len() - dice.below(people.len());
    people
        .get(dice.below(reach))
        .copied()
        .unwrap_or(AccountId(0))
}

struct Story<'a> {
    cast: &'a Cast,
    dice: &'a mut Dice,
    pull: PullRequest,
    /// How far the story has got.
    now: Instant,
    ends_at: Instant,
    odd: bool,
    author: AccountId,
}

impl<'a> Story<'a> {
    fn begin(
        cast: &'a Cast,
        repository: &Repository,
        number: u64,
        created_on: Instant,
        author: AccountId,
        spec: &WorldSpec,
        dice: &'a mut Dice,
    ) -> Self {
        let odd = spec.shape == Shape::Odd;
        let gone = |id: AccountId| {
            cast.people
                .iter()
                .any(|(person, left)| *person == id && left.is_some_and(|left| left <= created_on))
        };
        let present = cast.present(created_on);
        let author = if gone(author) {
            dice.pick(&present).copied().unwrap_or(author)
        } else {
            author
        };
        let oddity = |turn: u64| odd && number % 11 == turn;
        let reviewers: Vec<AccountId> = {
            let wanted = dice.weighted(&[6, 40, 38, 16]);
            let others: Vec<_> = present.iter().copied().filter(|id| *id != author).collect();
            dice.shuffled(&others).into_iter().take(wanted).collect()
        };
        let object = dice.word(&names::OBJECTS);
        let title = format!(
            "{} {object}{}",
            dice.word(&names::VERBS),
            dice.word(&names::TAILS)
        );
        let branch = format!(
            "{}/{}-{number}",
            dice.word(&["feature", "fix", "chore"]),
            object
        )
        .replace(' ', "-");
        let fork_gone = oddity(3) || dice.chance(1);
        let from_fork = repository.parent.is_some() && dice.chance(30);
        let source = Side {
            repository: match repository.parent {
                _ if fork_gone => None,
                Some(parent) if from_fork => Some(parent),
                _ => Some(repository.id),
            },
            branch: (!(fork_gone && number.is_multiple_of(2))).then(|| branch.into()),
            commit: (!fork_gone || number.is_multiple_of(3)).then(|| dice.hex(40).into()),
        };
        let destination = Side {
            repository: Some(repository.id),
            branch: repository.main_branch.as_deref().map(Arc::from),
            commit: (!oddity(5)).then(|| dice.hex(40).into()),
        };
        let opened = Opening {
            title: title.into(),
            description: Arc::from(dice.word(&names::DESCRIPTIONS)),
            author: (!oddity(7) && !dice.chance(u32::from(odd))).then_some(author),
            created_on: if oddity(9) {
                Instant::from_seconds(created_on.micros() / 1_000_000)
            } else {
                created_on
            },
            draft: oddity(2) || dice.chance(9),
            reviewers,
            source,
            destination,
            close_source_branch: dice.chance(80),
            task_count: if dice.chance(12) {
                dice.between(1, 3).unsigned_abs()
            } else {
                0
            },
        };
        let wait = dice.between(15, 90);
        let pull = PullRequest::open(number, opened, wait);
        let now = pull.acts.last().map_or(created_on, |act| act.at);
        Self {
            cast,
            dice,
            pull,
            now,
            ends_at: spec.ends_at,
            odd,
            author,
        }
    }

    fn tell(mut self) -> PullRequest {
        if self.pull.standing.draft {
            self.wait(5 * 3_600, self.author);
            if self.happens(4, 40) {
                self.push();
            }
            // Some drafts stay drafts.
            if self.dice.chance(90) || self.pull.number % 11 == 2 {
                self.act(Some(self.author), Deed::DraftChanged(false));
            }
        }
        if self.happens(6, 6) {
            self.change_reviewers();
        }
        if self.happens(8, 5) {
            self.retitle();
        }
        self.review();
        // People correct themselves while the talk goes on; only an odd world does so after its
        // end, where the last date is then one that no entry explains.
        if self.odd {
            self.end();
            self.second_thoughts();
        } else {
            self.second_thoughts();
            self.end();
        }
        self.pull
    }

    /// True by chance, and in the odd world in turn, so that everything occurs.
    fn happens(&mut self, turn: u64, percent: u32) -> bool {
        let by_chance = self.dice.chance(percent);
        by_chance || (self.odd && self.pull.number % 11 == turn)
    }

    /// Lets time pass until this account gets round to it.
    fn wait(&mut self, median_seconds: i64, account: AccountId) {
        let after = self
            .now
            .plus_seconds(self.dice.seconds_around(median_seconds).max(1));
        let is_person = self
            .cast
            .accounts
            .get(account.0 as usize)
            .is_some_and(|account| account.kind == AccountKind::User);
        self.now = if is_person {
            rhythm::working_time(self.dice, after, self.cast.hours_ahead(account))
        } else {
            self.dice.with_micros(after)
        };
    }

    /// Lets a few milliseconds pass: what is sent together is noted almost at once.
    fn blink(&mut self) {
        let micros = self.dice.between(3_000, 400_000);
        self.now = Instant::from_micros(self.now.micros() + micros);
    }

    /// Records an act unless the history has ended.
    fn act(&mut self, by: Option<AccountId>, deed: Deed) -> bool {
        let happens = self.now <= self.ends_at;
        if happens {
            self.pull.record(Act {
                at: self.now,
                by,
                deed,
            });
        }
        happens
    }

    fn push(&mut self) {
        let commit = self.dice.hex(40);
        self.act(Some(self.author), Deed::Pushed(commit.into()));
    }

    /// Only who is still a member is ever taken out, so that everybody named stays reachable.
    fn change_reviewers(&mut self) {
        self.wait(1_800, self.author);
        let members: Vec<AccountId> = self
            .cast
            .people
            .iter()
            .filter(|(id, left)| left.is_none() && *id != self.author)
            .map(|(id, _)| *id)
            .collect();
        let current = self.pull.standing.reviewers.clone();
        let mut change = ReviewerChange::default();
        if let Some(new) = self.dice.pick(&members)
            && !current.contains(new)
        {
            change.added.push(*new);
        }
        if let Some(old) = current.iter().find(|id| members.contains(id))
            && self.dice.chance(60)
        {
            change.removed.push(*old);
        }
        if !change.added.is_empty() || !change.removed.is_empty() {
            self.act(Some(self.author), Deed::ReviewersChanged(Box::new(change)));
        }
    }

    fn retitle(&mut self) {
        self.wait(900, self.author);
        let old = Arc::clone(&self.pull.standing.title);
        let new = Arc::from(format!("{old}, again"));
        self.act(Some(self.author), Deed::Retitled { old, new });
    }

    fn end(&mut self) {
        let closer = match self.pull.standing.reviewers.first() {
            Some(reviewer) if self.dice.chance(25) => *reviewer,
            _ => self.author,
        };
        let old = self.ends_at.seconds_since(self.now) > 20 * 86_400;
        let ways: [u32; 4] = if self.odd {
            [60, 14, 8, 18]
        } else {
            [87, 8, 1, 4]
        };
        let way = self.dice.weighted(&ways);
        // A draft is seldom merged; what has been open long enough gets closed after all.
        let way = match way {
            0 if self.pull.standing.draft => 1,
            3 if old && self.dice.chance(60) => 1,
            way => way,
        };
        if way == 3 {
            return;
        }
        self.wait(2 * 3_600, closer);
        let deed = match way {
            0 => Deed::Merged(self.dice.hex(40).into()),
            1 => Deed::Declined(Arc::from(self.dice.word(&names::REASONS))),
            _ => Deed::Superseded,
        };
        self.act(Some(closer), deed);
    }
}
