//! How big a world is to be, and of what kind.

use model::Instant;

/// What a generated world is like. The same spec makes the same world, to the byte.
#[derive(Debug, Clone)]
pub struct WorldSpec {
    /// Where chance starts.
    pub seed: u64,
    /// The slug of the workspace.
    pub workspace: String,
    /// How many repositories, special ones included.
    pub repositories: usize,
    /// How many pull requests in all repositories together.
    pub pull_requests: usize,
    /// How many people, of whom some have left.
    pub people: usize,
    /// How many bots.
    pub bots: usize,
    /// About how many pipelines in each repository.
    pub pipelines_per_repository: usize,
    /// How many months of history.
    pub months: u32,
    /// When the history ends: nothing happens later.
    pub ends_at: Instant,
    /// What the history is like.
    pub shape: Shape,
}

/// What the history of a world is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Believable rhythms and delays, oddities as seldom as in life.
    Lifelike,
    /// As lifelike, with every oddity occurring several times.
    Odd,
    /// Every pull request alike: two opening updates, two comments, one approval, one merge; no
    /// oddities at all. For counting requests.
    Uniform,
}

impl WorldSpec {
    /// A team's eighteen months, for demonstrations.
    pub fn demo(ends_at: Instant) -> Self {
        Self {
            seed: 1,
            workspace: "acme-rockets".to_owned(),
            repositories: 12,
            pull_requests: 2_500,
            people: 25,
            bots: 3,
            pipelines_per_repository: 100,
            months: 18,
            ends_at,
            shape: Shape::Lifelike,
        }
    }

    /// A small world in which every oddity occurs, for tests.
    pub fn small(ends_at: Instant) -> Self {
        Self {
            repositories: 4,
            pull_requests: 60,
            people: 8,
            bots: 2,
            pipelines_per_repository: 24,
            months: 3,
            shape: Shape::Odd,
            ..Self::demo(ends_at)
        }
    }

    /// Pull requests that are all alike, for counting requests.
    pub fn uniform(repositories: usize, pull_requests_each: usize, ends_at: Instant) -> Self {
        Self {
            repositories,
            pull_requests: repositories * pull_requests_each,
            people: 12,
            bots: 0,
            pipelines_per_repository: 10,
            months: 6,
            shape: Shape::Uniform,
            ..Self::demo(ends_at)
        }
    }
}
