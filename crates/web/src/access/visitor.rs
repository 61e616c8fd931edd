//! Who asks, and how they like their pages.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use chrono_tz::Tz;
use model::Instant;
use store::{ApiToken, AuditEntry, Role};

use super::secret::{self, Purpose};
use crate::problem::Problem;

/// Somebody who was let in.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    /// Whose login it is; nothing where people come in by themselves.
    pub(crate) login: Option<i64>,
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The session's digest; nothing where there is none.
    pub(crate) session: Option<String>,
    /// What every form carries.
    pub(crate) csrf: String,
}

impl Visitor {
    pub(crate) fn is_administrator(&self) -> bool {
        self.role == Role::Administrator
    }

    /// How the log of changes calls them.
    pub(crate) fn actor(&self) -> String {
        format!("{} (page)", self.name)
    }

    /// The entry of the log for a change that they make.
    pub(crate) fn entry(
        &self,
        now: Instant,
        action: &str,
        subject: String,
        detail: Option<String>,
    ) -> AuditEntry {
        AuditEntry {
            occurred_at: now,
            actor: self.actor(),
            action: action.to_owned(),
            subject,
            detail,
        }
    }
}

/// What the forms of a session carry: it tells nothing of the session's secret.
pub(super) fn csrf_of(session_secret: &str) -> String {
    secret::digest(Purpose::Csrf, session_secret)
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system has it.
    #[default]
    Auto,
    Light,
    Dark,
}

impl Theme {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| theme.as_str() == text)
    }
}

/// Whoever reads a page, let in or not.
#[derive(Clone, Debug)]
pub(crate) struct Reader(Arc<ReaderParts>);

#[derive(Debug)]
pub(crate) struct ReaderParts {
    pub(crate) visitor: Option<Visitor>,
    pub(crate) theme: Theme,
    /// The zone of their clock, once the browser has told it.
    pub(crate) zone: Option<Tz>,
    /// The path and query of the page.
    pub(crate) path: String,
    pub(crate) now: Instant,
}

impl Reader {
    pub(super) fn new(parts: ReaderParts) -> Self {
        Self(Arc::new(parts))
    }

    /// Whether they may change things.
    pub(crate) fn is_administrator(&self) -> bool {
        let visitor = self.visitor.as_ref();
        visitor.is_some_and(Visitor::is_administrator)
    }

    /// The same reader later.
    pub(crate) fn at(&self, now: Instant) -> Self {
        Self(Arc::new(ReaderParts {
            visitor: self.visitor.clone(),
            theme: self.theme,
            zone: self.zone,
            path: self.path.clone(),
            now,
        }))
    }
}

impl std::ops::Deref for Reader {
    type Target = ReaderParts;

    fn deref(&self) -> &ReaderParts {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        // Whatever is not behind the gate has none.
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(Problem::Forbidden)
    }
}

/// A visitor who may look. A handler that takes one answers nobody else.
pub(crate) struct Viewer {
    pub(crate) reader: Reader,
    pub(crate) visitor: Visitor,
}

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let reader = Reader::from_request_parts(parts, state).await?;
        let visitor = reader.visitor.clone().ok_or(Problem::Forbidden)?;
        Ok(Self { reader, visitor })
    }
}

/// A visitor who may change things. A handler that takes one answers nobody else.
pub(crate) struct Administrator {
    pub(crate) reader: Reader,
    pub(crate) visitor: Visitor,
}

impl<S: Sync> FromRequestParts<S> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Viewer { reader, visitor } = Viewer::from_request_parts(parts, state).await?;
        if !visitor.is_administrator() {
            return Err(Problem::Forbidden);
        }
        Ok(Self { reader, visitor })
    }
}

/// A program with a token that has the scope which the route names.
#[derive(Clone, Debug)]
pub(crate) struct Program(pub(crate) Arc<ApiToken>);

impl<S: Sync> FromRequestParts<S> for Program {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(Problem::Forbidden)
    }
}
