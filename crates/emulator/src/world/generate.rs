//! Making a world from a spec.

mod cast;
mod pipelines;
mod rhythm;
mod story;
mod uniform;

use std::sync::Arc;

use model::{Clock, Instant};

use super::dice::Dice;
use super::spec::{Shape, WorldSpec};
use super::{JiraSite, Moment, World};
use cast::Cast;

/// Seconds in a month of thirty days and a half.
const MONTH: i64 = 2_635_200;

/// The first comment of a world; ids of comments are counted over the whole service.
const FIRST_COMMENT_ID: i64 = 412_000_317;

impl World {
    /// Makes the world that the spec describes. Its verbs act at the time that the clock shows.
    pub fn generate(spec: &WorldSpec, clock: Arc<dyn Clock>) -> Self {
        let mut dice = Dice::seeded(spec.seed);
        let starts_at = spec
            .ends_at
            .plus_seconds(-MONTH * i64::from(spec.months.max(1)));
        let cast = Cast::assemble(spec, starts_at, &mut dice);
        let mut world = Self {
            quirks: crate::Quirks::default(),
            jira: JiraSite::of(spec, &cast.workspace.uuid, &cast.accounts),
            shape: spec.shape,
            clock,
            workspace: cast.workspace.clone(),
            projects: cast.projects.clone(),
            accounts: cast.accounts.clone(),
            repositories: cast.repositories.clone(),
            hooks: Vec::new(),
            outbox: Arc::default(),
            origin: "http://127.0.0.1".to_owned(),
            dice: Dice::seeded(spec.seed ^ 0x5eed),
            next_comment_id: FIRST_COMMENT_ID,
            next_comment_ordinal: 1,
        };
        let shares = cast.shares(spec);
        for (repository, share) in world.repositories.iter_mut().zip(shares) {
            repository.pulls = match spec.shape {
                Shape::Uniform => {
                    uniform::pulls(&cast, repository, share, starts_at, spec, &mut dice)
                }
                _ => story::pulls(&cast, repository, share, starts_at, spec, &mut dice),
            };
            repository.pipelines = pipelines::of(&cast, repository, starts_at, spec, &mut dice);
            repository.generated_pulls = repository.pulls.len();
            repository.generated_pipelines = repository.pipelines.len();
            repository.rebuild_feed();
            let pushed = repository
                .pulls
                .iter()
                .map(|pull| pull.standing.updated_on)
                .max();
            repository.updated_on = pushed.unwrap_or(repository.updated_on).min(spec.ends_at);
        }
        world.number_comments(&mut dice);
        world
    }

    /// Gives comments their ids in the order in which they were written.
    fn number_comments(&mut self, dice: &mut Dice) {
        let mut places: Vec<(Instant, usize, Moment)> = Vec::new();
        for (index, repository) in self.repositories.iter().enumerate() {
            for pull in &repository.pulls {
                for (place, comment) in (0_u32..).zip(&pull.comments) {
                    let moment = Moment {
                        at: comment.created_on,
                        number: pull.number,
                        act: place,
                    };
                    places.push((comment.created_on, index, moment));
                }
            }
        }
        places.sort_unstable();
        for (_, index, moment) in places {
            let comment = self
                .repositories
                .get_mut(index)
                .and_then(|repository| repository.pull_request_mut(moment.number))
                .and_then(|pull| pull.comments.get_mut(moment.act as usize));
            if let Some(comment) = comment {
                comment.id = self.next_comment_id;
                comment.ordinal = self.next_comment_ordinal;
                self.next_comment_id += dice.between(1, 40);
                self.next_comment_ordinal += 1;
            }
        }
    }
}
