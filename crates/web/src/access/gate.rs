//! The gate in front of every page: who asks, whether they may, and whether a form is ours.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use chrono_tz::Tz;
use model::Instant;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use store::Role;
use url::form_urlencoded;

use super::client::{is_of_ours, is_to_loopback};
use super::cookies::Cookies;
use super::routes::{Audience, Scope};
use super::secret::{self, Purpose};
use super::visitor::{Program, Reader, ReaderParts, Visitor, csrf_of};
use crate::layout;
use crate::problem::Problem;
use crate::site::{App, Entry};

/// The longest form, in bytes.
const LONGEST_FORM: usize = 256 * 1024;

/// How often it is noted that a session or a token is used, in seconds.
const NOTED_EVERY: i64 = 60;

/// Where a page may take things from: from here, and nothing from elsewhere. Scripts and styles are
/// files alone, so that a text that slipped in unescaped could still do nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// What stands in front of an address.
#[derive(Clone)]
pub(crate) struct Gate {
    app: App,
    audience: Audience,
}

impl Gate {
    pub(super) fn new(app: App, audience: Audience) -> Self {
        Self { app, audience }
    }

    fn cookies(&self) -> Cookies {
        Cookies::new(self.app.settings.is_https())
    }

    async fn reader(&self, headers: &HeaderMap, path: String) -> Result<Reader, Problem> {
        let zone = self.cookies().zone(headers);
        let now = self.app.now();
        Ok(Reader::new(ReaderParts {
            visitor: self.visitor(headers, now).await?,
            theme: self.cookies().theme(headers),
            zone: zone.and_then(|name| name.parse::<Tz>().ok()),
            path,
            now,
        }))
    }

    async fn visitor(&self, headers: &HeaderMap, now: Instant) -> Result<Option<Visitor>, Problem> {
        if self.app.settings.entry == Entry::Automatic {
            return Ok(Some(Visitor {
                login: None,
                name: "demo".to_owned(),
                role: Role::Administrator,
                session: None,
                csrf: csrf_of(&self.app.own_secret),
            }));
        }
        let Some(secret) = self.cookies().session(headers) else {
            return Ok(None);
        };
        let digest = secret::digest(Purpose::Session, &secret);
        let times = self.app.settings.sessions;
        let Some(session) = self.app.db.session(&digest, now, times).await? else {
            return Ok(None);
        };
        if now.seconds_since(session.seen_at) >= NOTED_EVERY {
            let mut tx = self.app.db.write().await?;
            tx.see_session(&digest, now).await?;
            tx.commit().await?;
        }
        Ok(Some(Visitor {
            login: Some(session.login.id),
            name: session.login.name,
            role: session.login.role,
            session: Some(digest),
            csrf: csrf_of(&secret),
        }))
    }

    async fn program(&self, headers: &HeaderMap, scope: Scope) -> Result<Program, Problem> {
        let token = headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(Problem::NoToken)?;
        let now = self.app.now();
        let digest = secret::digest(Purpose::Token, token.trim());
        let token = self.app.db.api_token(&digest, now).await?;
        let token = token.ok_or(Problem::NoToken)?;
        if !token.scopes.iter().any(|held| held == scope.as_str()) {
            return Err(Problem::LacksScope(scope));
        }
        if token
            .used_at
            .is_none_or(|at| now.seconds_since(at) >= NOTED_EVERY)
        {
            let mut tx = self.app.db.write().await?;
            tx.see_api_token(token.id, now).await?;
            tx.commit().await?;
        }
        Ok(Program(std::sync::Arc::new(token)))
    }

    /// Whether the visitor may come in.
    fn admit(&self, request: &Request, reader: &Reader) -> Result<(), Problem> {
        match (self.audience, &reader.visitor) {
            (Audience::Stranger | Audience::Program(_), _) | (Audience::Viewer, Some(_)) => Ok(()),
            (Audience::Administrator, Some(visitor)) if visitor.is_administrator() => Ok(()),
            (Audience::Administrator, Some(_)) => Err(Problem::Forbidden),
            (Audience::Viewer | Audience::Administrator, None) => {
                Err(if request.method() == Method::GET {
                    Problem::SignInFirst(sign_in_address(&reader.path))
                } else {
                    Problem::SignedOut
                })
            }
        }
    }

    /// Whether one of our own pages sent the form, in the session of whoever sends it.
    async fn check_form(&self, request: Request, reader: &Reader) -> Result<Request, Problem> {
        if !is_of_ours(request.headers(), self.app.settings.public_url.as_ref()) {
            return Err(Problem::ForgedForm);
        }
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, LONGEST_FORM)
            .await
            .map_err(|_| Problem::LongForm)?;
        // A stranger has no session to abuse: signing in is kept from other sites by the origin.
        if let Some(visitor) = &reader.visitor
            && self.audience != Audience::Stranger
        {
            let token = form_urlencoded::parse(&body).find(|(name, _)| name == "csrf");
            if !token.is_some_and(|(_, token)| secret::is_same(&token, &visitor.csrf)) {
                return Err(Problem::ForgedForm);
            }
        }
        Ok(Request::from_parts(parts, Body::from(body)))
    }

    async fn pass(
        &self,
        mut request: Request,
        next: Next,
        reader: &Reader,
    ) -> Result<Response, Problem> {
        if let Audience::Program(scope) = self.audience {
            let program = self.program(request.headers(), scope).await?;
            request.extensions_mut().insert(program);
            return Ok(next.run(request).await);
        }
        self.admit(&request, reader)?;
        if request.method() == Method::POST {
            request = self.check_form(request, reader).await?;
        }
        request.extensions_mut().insert(reader.clone());
        Ok(next.run(request).await)
    }
}

/// Where somebody signs in who then goes on to a page.
fn sign_in_address(path: &str) -> String {
    if path == "/" {
        return "/sign-in".to_owned();
    }
    format!(
        "/sign-in?next={}",
        utf8_percent_encode(path, NON_ALPHANUMERIC)
    )
}

/// The middleware.
pub(crate) async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let mut response = answer(&gate, request, next).await;
    let headers = response.headers_mut();
    for (name, value) in [
        ("content-security-policy", CONTENT_SECURITY_POLICY),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
        ("x-frame-options", "DENY"),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    if gate.app.settings.is_https() {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    // What stands on a page is for whoever has signed in, and not for a cache.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn answer(gate: &Gate, request: Request, next: Next) -> Response {
    if gate.app.settings.entry == Entry::Automatic && !is_to_loopback(request.headers()) {
        let text = "this address is none of this machine's own; use http://127.0.0.1 or http://localhost\n";
        return (StatusCode::MISDIRECTED_REQUEST, text).into_response();
    }
    let is_program = matches!(gate.audience, Audience::Program(_));
    let path = request.uri().path_and_query();
    let path = path.map_or("/", |path| path.as_str()).to_owned();
    let reader = match gate.reader(request.headers(), path).await {
        Ok(reader) => reader,
        Err(problem) => return problem.plain(),
    };
    let response = match gate.pass(request, next, &reader).await {
        Ok(response) => response,
        Err(Problem::SignInFirst(address)) => return Redirect::to(&address).into_response(),
        Err(problem) => problem.into_response(),
    };
    // A handler says what is wrong; how that looks depends on who reads it.
    match response.extensions().get::<Problem>() {
        Some(problem) if is_program => problem.json(),
        Some(problem) => layout::problem_page(problem, &reader),
        None => response,
    }
}
