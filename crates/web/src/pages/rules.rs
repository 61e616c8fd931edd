//! Deployment rules: what of the pipelines counts as a deployment. Every rule can be seen at work
//! before it is kept.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use store::{DeploymentRule, NewRule};

use super::go_to;
use crate::access::{Administrator, Reader};
use crate::actions::{ActionError, RulePreview};
use crate::layout::{Frame, Section, page};
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

/// What a pattern is held against: the name of its field, what it is called, an example.
const PATTERNS: [(&str, &str, &str); 5] = [
    (
        "pipeline",
        "Name of the run",
        "^custom: deploy-(?<environment>.+)",
    ),
    ("branch", "Branch or tag", "^main$"),
    ("step", "Name of a step", "^Deploy"),
    ("repository", "Repository", "^acme/shop-(?<service>.+)$"),
    (
        "deployed_to",
        "Environment of a Bitbucket deployment",
        "^eu-.*",
    ),
];

const TYPES: [&str; 3] = ["Production", "Staging", "Test"];

/// What a rule says, in a sentence.
pub(super) fn in_words(rule: &NewRule) -> String {
    let patterns = [
        ("run", &rule.pipeline_pattern),
        ("branch", &rule.branch_pattern),
        ("step", &rule.step_pattern),
        ("repository", &rule.repository_pattern),
        ("deployed to", &rule.environment_pattern),
    ];
    let fits: Vec<String> = patterns
        .into_iter()
        .filter_map(|(name, pattern)| pattern.as_ref().map(|pattern| format!("{name} {pattern}")))
        .collect();
    let mut text = fits.join(", ");
    let targets = [
        ("environment", &rule.environment),
        ("type", &rule.environment_type),
        ("service", &rule.service),
    ];
    let is: Vec<String> = targets
        .into_iter()
        .filter_map(|(name, target)| target.as_ref().map(|target| format!("{name} {target}")))
        .collect();
    if !is.is_empty() {
        text.push_str(&format!(" → {}", is.join(", ")));
    }
    Name::of(&text).plain()
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RuleForm {
    name: String,
    pipeline: String,
    branch: String,
    step: String,
    repository: String,
    deployed_to: String,
    environment: String,
    environment_type: String,
    service: String,
    /// Which button was pressed: `preview` or `keep`.
    then: String,
}

fn said(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl RuleForm {
    fn rule(&self) -> NewRule {
        NewRule {
            name: self.name.trim().to_owned(),
            repository_pattern: said(&self.repository),
            pipeline_pattern: said(&self.pipeline),
            step_pattern: said(&self.step),
            branch_pattern: said(&self.branch),
            environment_pattern: said(&self.deployed_to),
            environment: said(&self.environment),
            environment_type: said(&self.environment_type),
            service: said(&self.service),
        }
    }

    fn value(&self, name: &str) -> &str {
        match name {
            "pipeline" => &self.pipeline,
            "branch" => &self.branch,
            "step" => &self.step,
            "repository" => &self.repository,
            _ => &self.deployed_to,
        }
    }
}

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    frame: Frame,
    rules: Vec<DeploymentRule>,
    form: RuleForm,
    preview: Option<RulePreview>,
    problem: Option<String>,
    done: Option<&'static str>,
}

impl RulesPage {
    fn reader(&self) -> &Reader {
        &self.frame.reader
    }

    fn patterns(&self) -> [(&'static str, &'static str, &'static str); 5] {
        PATTERNS
    }

    fn types(&self) -> [(&'static str, bool); 3] {
        TYPES.map(|kind| (kind, self.form.environment_type == kind))
    }
}

async fn page_of(
    app: &App,
    administrator: &Administrator,
    form: RuleForm,
    outcome: Result<Option<RulePreview>, String>,
    done: Option<&'static str>,
) -> Result<Response, Problem> {
    let (preview, problem, status) = match outcome {
        Ok(preview) => (preview, None, StatusCode::OK),
        Err(problem) => (None, Some(problem), StatusCode::UNPROCESSABLE_ENTITY),
    };
    let html = page(&RulesPage {
        frame: Frame::new(
            &administrator.reader,
            Some(Section::Settings),
            "Deployment rules",
        ),
        rules: app.db.deployment_rules().await?,
        form,
        preview,
        problem,
        done,
    })?;
    Ok((status, html).into_response())
}

#[derive(Deserialize)]
pub(super) struct RulesQuery {
    done: Option<String>,
}

pub(super) async fn show(
    State(app): State<App>,
    administrator: Administrator,
    Query(query): Query<RulesQuery>,
) -> Result<Response, Problem> {
    let done = match query.done.as_deref() {
        Some("kept") => Some("The rule is kept, and everything that it touches is measured by it."),
        Some("removed") => {
            Some("The rule is taken away, and everything is as if it had never been there.")
        }
        _ => None,
    };
    page_of(&app, &administrator, RuleForm::default(), Ok(None), done).await
}

pub(super) async fn add(
    State(app): State<App>,
    administrator: Administrator,
    Form(form): Form<RuleForm>,
) -> Result<Response, Problem> {
    let rule = form.rule();
    let outcome = if form.then == "keep" {
        if rule.name.is_empty() {
            Err("A rule needs a name, so that you know it again.".to_owned())
        } else {
            let actor = administrator.visitor.actor();
            match app.actions.add_rule(rule, actor).await {
                Ok(()) => return Ok(go_to("/settings/rules?done=kept")),
                Err(error) => Err(told(error)?),
            }
        }
    } else {
        match app.actions.test_rule(rule).await {
            Ok(preview) => Ok(Some(preview)),
            Err(error) => Err(told(error)?),
        }
    };
    page_of(&app, &administrator, form, outcome, None).await
}

/// What a form says that was refused; what failed is a problem of its own.
fn told(error: ActionError) -> Result<String, Problem> {
    match error {
        ActionError::Refused(text) => Ok(text),
        failed @ ActionError::Failed(_) => Err(failed.into()),
    }
}

pub(super) async fn remove(
    State(app): State<App>,
    administrator: Administrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let actor = administrator.visitor.actor();
    app.actions.remove_rule(name, actor).await?;
    Ok(go_to("/settings/rules?done=removed"))
}
