//! Rules that say what deploys: regular expressions over what is known of a run or a deployment.

use std::fmt;

use regex::{Captures, Regex, RegexBuilder};

/// How much memory a compiled pattern may take. A pattern is written by people and matched against
/// every run.
const SIZE_LIMIT: usize = 1 << 20;

/// How long a pattern may be.
const LONGEST_PATTERN: usize = 1_000;

/// What an environment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EnvironmentType {
    /// For trying out.
    Test,
    /// The last one before production.
    Staging,
    /// For users.
    Production,
}

impl EnvironmentType {
    /// The word that Bitbucket uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Test => "Test",
            Self::Staging => "Staging",
            Self::Production => "Production",
        }
    }

    /// The type of this word, however it is written.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Test, Self::Staging, Self::Production]
            .into_iter()
            .find(|kind| kind.as_str().eq_ignore_ascii_case(word))
    }

    /// The type that an environment of this name most likely has, where nobody says: production
    /// for `prod…` and `live…`, staging for `stag…`, test for all others.
    pub fn of_name(name: &str) -> Self {
        let name = name.to_lowercase();
        if name.starts_with("prod") || name.starts_with("live") {
            Self::Production
        } else if name.starts_with("stag") {
            Self::Staging
        } else {
            Self::Test
        }
    }
}

/// A rule as it is written. A pattern that is missing fits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleText {
    /// For `workspace/repository`.
    pub repository: Option<String>,
    /// For the name of the run.
    pub pipeline: Option<String>,
    /// For the name of a step.
    pub step: Option<String>,
    /// For the branch or tag.
    pub branch: Option<String>,
    /// For the environment of a Bitbucket deployment.
    pub deployed_to: Option<String>,
    /// The environment that is deployed to.
    pub environment: Option<String>,
    /// What that is for.
    pub environment_type: Option<EnvironmentType>,
    /// The service that is deployed.
    pub service: Option<String>,
}

/// What a rule is held against.
#[derive(Clone, Copy, Debug, Default)]
pub struct Subject<'a> {
    /// `workspace/repository`.
    pub repository: &'a str,
    /// The name of the run, as `pipeline_runs.name` has it.
    pub pipeline: Option<&'a str>,
    /// The name of the step.
    pub step: Option<&'a str>,
    /// The branch or tag.
    pub branch: Option<&'a str>,
    /// The environment of a Bitbucket deployment.
    pub environment: Option<&'a str>,
}

/// What a rule says of what it fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The environment that is deployed to.
    pub environment: String,
    /// What that is for.
    pub environment_type: EnvironmentType,
    /// The service, where the rule names one.
    pub service: Option<String>,
}

/// A pattern that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// Which pattern: `pipeline` for example.
    pub pattern: &'static str,
    /// Where it goes wrong: the number of the character, from 1; 0 where no one place is to blame.
    pub position: usize,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "the pattern for {} is no regular expression: {}",
            self.pattern, self.reason
        )?;
        if self.position > 0 {
            write!(formatter, ", at character {}", self.position)?;
        }
        Ok(())
    }
}

impl std::error::Error for PatternError {}

/// A rule that is ready for use.
#[derive(Clone, Debug)]
pub struct Rule {
    text: RuleText,
    repository: Option<Regex>,
    pipeline: Option<Regex>,
    step: Option<Regex>,
    branch: Option<Regex>,
    deployed_to: Option<Regex>,
}

impl Rule {
    /// Makes a rule ready.
    ///
    /// # Errors
    /// The first pattern that is no regular expression, or too large.
    pub fn new(text: RuleText) -> Result<Self, PatternError> {
        Ok(Self {
            repository: compile("the repository", text.repository.as_deref())?,
            pipeline: compile("the pipeline", text.pipeline.as_deref())?,
            step: compile("the step", text.step.as_deref())?,
            branch: compile("the branch", text.branch.as_deref())?,
            deployed_to: compile("the environment", text.deployed_to.as_deref())?,
            text,
        })
    }

    /// As it is written.
    pub fn text(&self) -> &RuleText {
        &self.text
    }

    /// Whether it says what Bitbucket's own deployments are, and makes none.
    pub fn is_of_environments(&self) -> bool {
        self.deployed_to.is_some()
    }

    /// Whether it makes deployments of steps rather than of whole runs.
    pub fn is_of_steps(&self) -> bool {
        self.step.is_some() && !self.is_of_environments()
    }

    /// Which of its patterns fit this, each by itself.
    pub fn fitting(&self, subject: &Subject<'_>) -> Vec<(&'static str, bool)> {
        [
            ("repository", &self.repository, Some(subject.repository)),
            ("pipeline", &self.pipeline, subject.pipeline),
            ("step", &self.step, subject.step),
            ("branch", &self.branch, subject.branch),
            ("deployed-to", &self.deployed_to, subject.environment),
        ]
        .into_iter()
        .filter_map(|(name, pattern, text)| {
            let pattern = pattern.as_ref()?;
            Some((name, text.is_some_and(|text| pattern.is_match(text))))
        })
        .collect()
    }

    /// What it says of this; nothing where it does not fit. Patterns are looked for anywhere in the
    /// text. The groups `environment` and `service` of any pattern stand for what the rule does not
    /// say itself.
    pub fn target(&self, subject: &Subject<'_>) -> Option<Target> {
        let mut found = Found::default();
        found.look(self.repository.as_ref(), Some(subject.repository))?;
        found.look(self.pipeline.as_ref(), subject.pipeline)?;
        found.look(self.step.as_ref(), subject.step)?;
        found.look(self.branch.as_ref(), subject.branch)?;
        found.look(self.deployed_to.as_ref(), subject.environment)?;
        let environment = self
            .text
            .environment
            .clone()
            .or(found.environment)
            .or_else(|| subject.environment.map(str::to_owned));
        let environment_type = self.text.environment_type.unwrap_or_else(|| {
            environment
                .as_deref()
                .map_or(EnvironmentType::Production, EnvironmentType::of_name)
        });
        Some(Target {
            environment: environment.unwrap_or_else(|| environment_type.as_str().to_lowercase()),
            environment_type,
            service: self.text.service.clone().or(found.service),
        })
    }
}

#[derive(Default)]
struct Found {
    environment: Option<String>,
    service: Option<String>,
}

impl Found {
    /// `None` where the pattern does not fit.
    fn look(&mut self, pattern: Option<&Regex>, text: Option<&str>) -> Option<()> {
        let Some(pattern) = pattern else {
            return Some(());
        };
        let groups = pattern.captures(text?)?;
        let named = |name: &str, groups: &Captures<'_>| {
            groups
                .name(name)
                .map(|group| group.as_str().to_owned())
                .filter(|text| !text.is_empty())
        };
        self.environment = self
            .environment
            .take()
            .or_else(|| named("environment", &groups));
        self.service = self.service.take().or_else(|| named("service", &groups));
        Some(())
    }
}

fn compile(name: &'static str, pattern: Option<&str>) -> Result<Option<Regex>, PatternError> {
    let Some(pattern) = pattern else {
        return Ok(None);
    };
    let wrong = |position: usize, reason: String| PatternError {
        pattern: name,
        position,
        reason,
    };
    if pattern.len() > LONGEST_PATTERN {
        return Err(wrong(
            0,
            format!("it is longer than {LONGEST_PATTERN} characters"),
        ));
    }
    if let Err(error) = regex_syntax::parse(pattern) {
        return Err(match &error {
            regex_syntax::Error::Parse(error) => {
                wrong(error.span().start.column, error.kind().to_string())
            }
            regex_syntax::Error::Translate(error) => {
                wrong(error.span().start.column, error.kind().to_string())
            }
            _ => wrong(0, "it cannot be read".to_owned()),
        });
    }
    RegexBuilder::new(pattern)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(SIZE_LIMIT)
        .build()
        .map(Some)
        .map_err(|_| wrong(0, "it is too large".to_owned()))
}

#[cfg(test)]
mod tests;
