//! Every address, and whom it answers. A route cannot be added without saying so.

use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, get, post};

use super::gate::{Gate, gate};
use crate::site::App;

/// Whom an address answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody.
    Stranger,
    /// Whoever has signed in.
    Viewer,
    /// Whoever may change things.
    Administrator,
    /// Programs with a token of this scope.
    Program(Scope),
}

/// What a token may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Reading what the pages show.
    Read,
    /// Changing what administrators may change, connections and people above all.
    Write,
    /// Telling of deployments and incidents.
    Deployments,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Deployments];

    /// The word in `api_tokens.scopes`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Deployments => "deployments",
        }
    }

    /// The scope that a word stands for.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// What it allows, for people.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Read => "read everything that viewers see",
            Self::Write => "change what administrators may change",
            Self::Deployments => "tell of deployments and incidents, and nothing else",
        }
    }
}

/// An address and whom it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteInfo {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The address, with names in braces left open.
    pub path: &'static str,
    /// Whom it answers.
    pub audience: Audience,
}

/// The addresses of the pages.
#[derive(Default)]
pub(crate) struct Routes {
    routes: Vec<(RouteInfo, MethodRouter<App>)>,
}

impl Routes {
    /// A page: reading it changes nothing.
    pub(crate) fn page<H, T>(self, audience: Audience, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add("GET", audience, path, get(handler))
    }

    /// A form that changes something.
    pub(crate) fn form<H, T>(self, audience: Audience, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add("POST", audience, path, post(handler))
    }

    fn add(
        mut self,
        method: &'static str,
        audience: Audience,
        path: &'static str,
        handler: MethodRouter<App>,
    ) -> Self {
        let info = RouteInfo {
            method,
            path,
            audience,
        };
        self.routes.push((info, handler));
        self
    }

    /// What there is.
    pub(crate) fn table(&self) -> Vec<RouteInfo> {
        self.routes.iter().map(|(info, _)| info.clone()).collect()
    }

    /// The router, each address behind its gate.
    pub(crate) fn into_router<H, T>(self, app: App, otherwise: H) -> Router
    where
        H: Handler<T, App>,
        T: 'static,
    {
        let mut router = Router::new();
        for (info, handler) in self.routes {
            let gate_of = Gate::new(app.clone(), info.audience);
            router = router.route(info.path, handler.layer(from_fn_with_state(gate_of, gate)));
        }
        let gate_of = Gate::new(app.clone(), Audience::Stranger);
        let otherwise = axum::routing::any(otherwise).layer(from_fn_with_state(gate_of, gate));
        router
            .fallback_service(otherwise.with_state(app.clone()))
            .with_state(app)
    }
}
