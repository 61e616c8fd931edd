//! What every page has around it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use crate::access::{Reader, Theme};
use crate::assets;
use crate::problem::Problem;

/// A part of the site, as the navigation has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Overview,
    Reports,
    PullRequests,
    Repositories,
    Pipelines,
    Deployments,
    People,
    Teams,
    Sql,
    Schema,
    Connections,
    Settings,
}

impl Section {
    /// In the order of the navigation. What administrators alone see comes last.
    const ALL: [Self; 12] = [
        Self::Overview,
        Self::Reports,
        Self::PullRequests,
        Self::Repositories,
        Self::Pipelines,
        Self::Deployments,
        Self::People,
        Self::Teams,
        Self::Sql,
        Self::Schema,
        Self::Connections,
        Self::Settings,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Reports => "Reports",
            Self::PullRequests => "Pull requests",
            Self::Repositories => "Repositories",
            Self::Pipelines => "Pipelines",
            Self::Deployments => "Deployments",
            Self::People => "People",
            Self::Teams => "Teams",
            Self::Connections => "Connections",
            Self::Sql => "SQL",
            Self::Schema => "Schema",
            Self::Settings => "Settings",
        }
    }

    fn address(self) -> &'static str {
        match self {
            Self::Overview => "/",
            Self::Reports => "/reports",
            Self::PullRequests => "/pull-requests",
            Self::Repositories => "/repositories",
            Self::Pipelines => "/pipelines",
            Self::Deployments => "/deployments",
            Self::People => "/people",
            Self::Teams => "/teams",
            Self::Connections => "/connections",
            Self::Sql => "/sql",
            Self::Schema => "/schema",
            Self::Settings => "/settings",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Reports => "reports",
            Self::PullRequests => "pull-requests",
            Self::Repositories => "repositories",
            Self::Pipelines => "pipelines",
            Self::Deployments => "deployments",
            Self::People => "people",
            Self::Teams => "teams",
            Self::Connections => "connections",
            Self::Sql => "sql",
            Self::Schema => "schema",
            Self::Settings => "settings",
        }
    }

    fn is_for(self, reader: &Reader) -> bool {
        match self {
            Self::Settings => reader.is_administrator(),
            _ => reader.visitor.is_some(),
        }
    }
}

/// A line of the navigation.
pub(crate) struct NavItem {
    pub(crate) name: &'static str,
    pub(crate) address: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) current: bool,
}

/// What the layout needs of a page.
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) nav: Vec<NavItem>,
    pub(crate) reader: Reader,
    /// The name of whoever has signed in.
    pub(crate) name: Option<String>,
    /// What every form carries.
    pub(crate) csrf: String,
    pub(crate) css: &'static str,
    pub(crate) script: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) charts: &'static str,
    /// Whether there is a session to end.
    pub(crate) can_sign_out: bool,
}

impl Frame {
    pub(crate) fn new(reader: &Reader, section: Option<Section>, title: impl Into<String>) -> Self {
        let visitor = reader.visitor.as_ref();
        let nav = Section::ALL
            .into_iter()
            .filter(|one| one.is_for(reader))
            .map(|one| NavItem {
                name: one.name(),
                address: one.address(),
                icon: one.icon(),
                current: Some(one) == section,
            })
            .collect();
        Self {
            title: title.into(),
            nav,
            name: visitor.map(|visitor| visitor.name.clone()),
            csrf: visitor
                .map(|visitor| visitor.csrf.clone())
                .unwrap_or_default(),
            can_sign_out: visitor.is_some_and(|visitor| visitor.session.is_some()),
            css: assets::address("windlass.css"),
            script: assets::address("windlass.js"),
            icon: assets::address("icon.svg"),
            charts: assets::address("chart.umd.min.js"),
            reader: reader.clone(),
        }
    }

    pub(crate) fn theme(&self) -> &'static str {
        self.reader.theme.as_str()
    }

    /// The theme that the switch offers, in a word.
    pub(crate) fn other_themes(&self) -> Vec<(&'static str, &'static str, bool)> {
        [
            (Theme::Auto, "System"),
            (Theme::Light, "Light"),
            (Theme::Dark, "Dark"),
        ]
        .into_iter()
        .map(|(theme, name)| (theme.as_str(), name, theme == self.reader.theme))
        .collect()
    }
}

/// A page as it is answered.
pub(crate) type Page = Result<Html<String>, Problem>;

/// Writes a page.
pub(crate) fn page(template: &impl Template) -> Page {
    Ok(Html(template.render()?))
}

/// The status of a page with a form, which is refused where it says what is wrong with what came.
pub(crate) fn form_status(is_refused: bool) -> StatusCode {
    match is_refused {
        true => StatusCode::UNPROCESSABLE_ENTITY,
        false => StatusCode::OK,
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    frame: Frame,
    problem: &'a Problem,
}

/// The page of a problem.
pub(crate) fn problem_page(problem: &Problem, reader: &Reader) -> Response {
    let frame = Frame::new(reader, None, problem.title());
    let response = match page(&ProblemPage { frame, problem }) {
        Ok(html) => (problem.status(), html).into_response(),
        Err(_) => problem.plain(),
    };
    problem.with_headers(response)
}
