//! One deployment, with all that it carried.

use askama::Template;
use axum::extract::{Path, State};
use model::Id;
use store::{CarriedPull, ListedDeployment};

use super::Outcome;
use crate::access::{Reader, Viewer};
use crate::layout::{Frame, Page, Section, page};
use crate::pages::outside;
use crate::pages::repositories::address_of;
use crate::pages::selection::Selection;
use crate::problem::Problem;
use crate::show::Name;
use crate::site::App;

/// How many pull requests a page has.
const SIZE: i64 = 100;

#[derive(Template)]
#[template(path = "deployment.html")]
struct DeploymentPage {
    frame: Frame,
    one: ListedDeployment,
    outcome: Outcome,
    source_url: Option<String>,
    repository: Option<String>,
    pulls: Vec<CarriedPull>,
    next: Option<String>,
    first: Option<String>,
}

impl DeploymentPage {
    fn reader(&self) -> &Reader {
        &self.frame.reader
    }

    /// Why it is known to be a deployment.
    fn source(&self) -> String {
        let name = self.one.source_name.as_deref();
        let name = name.map(|name| Name::of(name).plain());
        match (self.one.source.as_str(), name) {
            ("rule", Some(rule)) => format!("by the rule {rule}"),
            ("rule", None) => "by a rule".to_owned(),
            ("pushed", _) => "told from outside".to_owned(),
            (_, Some(release)) => format!("from Bitbucket, release {release}"),
            (_, None) => "from Bitbucket".to_owned(),
        }
    }
}

pub(in crate::pages) async fn show(
    State(app): State<App>,
    viewer: Viewer,
    Path(id): Path<String>,
    selection: Selection,
) -> Page {
    let found = match id.parse::<i64>() {
        Ok(id) => app.db.listed_deployment(Id(id)).await?,
        Err(_) => None,
    };
    let one = found.ok_or_else(|| {
        Problem::no_such(
            "There is no such deployment, or it is not over. A rule that made it may have been taken away.",
            "/deployments",
            "Deployments",
        )
    })?;
    let start = selection.number("start").unwrap_or(0);
    let start = i64::try_from(start).unwrap_or(0);
    let mut carried = app.db.carried_pulls(&[one.id], start, SIZE).await?;
    let pulls = carried.remove(&one.id).unwrap_or_default();
    let end = start.saturating_add(i64::try_from(pulls.len()).unwrap_or(0));
    let path = format!("/deployments/{}", one.id);
    page(&DeploymentPage {
        frame: Frame::new(&viewer.reader, Some(Section::Deployments), "Deployment"),
        outcome: Outcome::of(&one),
        source_url: outside(one.source_url.as_deref()),
        repository: one.repository.as_deref().map(address_of),
        next: (end < one.pull_count).then(|| format!("{path}?start={end}")),
        first: (start > 0).then_some(path),
        one,
        pulls,
    })
}
