//! Deployment rules.

use model::Instant;
use store::NewRule;

use super::Doing;

/// What a rule would make of what is stored.
#[derive(Clone, Debug, Default)]
pub struct RulePreview {
    /// What it fits, in a sentence.
    pub summary: String,
    /// What a reader should know of it: patterns that fit nothing, for example.
    pub warnings: Vec<String>,
    /// Environment, its type, service, and how many deployments.
    pub targets: Vec<(String, String, String, u64)>,
    /// The newest that it fits.
    pub samples: Vec<RuleSample>,
}

/// Something that a rule fits.
#[derive(Clone, Debug, Default)]
pub struct RuleSample {
    /// `workspace/repository`.
    pub repository: String,
    /// The name of the run.
    pub pipeline: Option<String>,
    /// The branch.
    pub branch: Option<String>,
    /// The step.
    pub step: Option<String>,
    /// When it ended.
    pub deployed_at: Option<Instant>,
    /// The environment that it would be deployed to.
    pub environment: String,
    /// The service.
    pub service: String,
}

/// What is done about deployment rules.
pub trait RuleActions: Send + Sync {
    /// Tries a rule on everything that is stored, and keeps nothing.
    fn test_rule(&self, rule: NewRule) -> Doing<'_, RulePreview>;

    /// Keeps a rule, and measures what it touches.
    fn add_rule(&self, rule: NewRule, actor: String) -> Doing<'_, ()>;

    /// Takes a rule away, and measures what it touched.
    fn remove_rule(&self, name: String, actor: String) -> Doing<'_, ()>;
}
