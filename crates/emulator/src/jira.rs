//! Jira Cloud's REST API 3, as far as it tells who is who.
//!
//! It is served beside Bitbucket: at `/rest/api/3` as by a site of its own, and at
//! `/ex/jira/{cloudId}/rest/api/3` as by Atlassian's common address, where scoped tokens belong.

use model::Instant;
use serde_json::{Map, Value, json};

use crate::access::Credential;
use crate::answer::{Answer, Content};
use crate::request::Request;
use crate::shape::encoded;
use crate::world::{JiraSite, JiraUser, JiraUserKind, Shown, World};

/// The most accounts of one page; who asks for more gets so many.
const MOST_RESULTS: usize = 1_000;

/// Either of these lets a scoped token read people.
const SCOPES: [&str; 2] = ["read:jira-user", "read:user:jira"];

/// Where a request leads.
pub(crate) struct Place<'a> {
    /// Named where the address goes by the common host.
    cloud_id: Option<&'a str>,
    /// Below `/rest/api/3`.
    rest: Vec<&'a str>,
}

impl<'a> Place<'a> {
    /// None for what does not belong to Jira.
    pub(crate) fn of(request: &'a Request) -> Option<Self> {
        if !request.path.starts_with("/rest/") && !request.path.starts_with("/ex/jira/") {
            return None;
        }
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["rest", "api", "3", rest @ ..] => Some(Self {
                cloud_id: None,
                rest: rest.to_vec(),
            }),
            ["ex", "jira", cloud_id, "rest", "api", "3", rest @ ..] => Some(Self {
                cloud_id: Some(cloud_id),
                rest: rest.to_vec(),
            }),
            _ => None,
        }
    }

    /// The endpoint, for the record of requests.
    pub(crate) fn template(&self) -> &'static str {
        match self.rest.as_slice() {
            ["myself"] => "/rest/api/3/myself",
            ["users"] => "/rest/api/3/users",
            ["users", "search"] => "/rest/api/3/users/search",
            _ => "unknown",
        }
    }

    /// The answer. A credential that is not known, or no longer, counts as nobody at all: a search
    /// finds nothing then, and does not say why.
    pub(crate) fn answer(
        &self,
        world: &World,
        request: &Request,
        credential: Option<&Credential>,
        now: Instant,
    ) -> Answer {
        let site = &world.jira;
        if self.cloud_id.is_some_and(|id| id != site.cloud_id) {
            return Answer::json(404, json!({ "code": 404, "message": "Not found" }));
        }
        if request.method != "GET" {
            return refusal(405, "The method is not allowed here.");
        }
        let alive = |credential: &&Credential| credential.check_alive(now).is_ok();
        let asker = credential.filter(alive);
        // Scoped tokens are good at the common address alone, and for what they were granted.
        let scoped = asker.filter(|asker| !asker.scopes.is_empty());
        let asker = match (scoped, self.cloud_id) {
            (Some(_), None) => None,
            (Some(scoped), Some(_)) if !granted(scoped) => {
                let message = "Unauthorized; scope does not match";
                return Answer::json(401, json!({ "code": 401, "message": message }));
            }
            _ => asker,
        };
        let origin = &request.origin;
        match self.rest.as_slice() {
            ["myself"] => match asker {
                Some(asker) => Answer::ok(myself(site, origin, asker)),
                None => unauthenticated(credential.is_some() || request.authorization.is_some()),
            },
            ["users"] | ["users", "search"] => match asker {
                Some(asker) if asker.browses_users => users(site, request),
                Some(_) => refusal(403, "You do not have permission to browse users."),
                None => Answer::ok(json!([])),
            },
            _ => {
                let text = format!("The emulator does not know {}", request.target());
                Answer::text(501, text)
            }
        }
    }
}

fn granted(credential: &Credential) -> bool {
    let scopes = &credential.scopes;
    scopes.iter().any(|scope| SCOPES.contains(&scope.as_str()))
}

fn refusal(status: u16, message: &str) -> Answer {
    Answer::json(status, json!({ "errorMessages": [message], "errors": {} }))
}

fn unauthenticated(tried: bool) -> Answer {
    let reason = if tried {
        "AUTHENTICATED_FAILED"
    } else {
        "AUTHENTICATION_DENIED"
    };
    let message = "Client must be authenticated to access this resource.";
    let body = json!({ "message": message, "status-code": 401 });
    let realm = "OAuth realm=\"https%3A%2F%2Fjira.example.net\"".to_owned();
    Answer {
        status: 401,
        body: Content::Json(body),
        headers: vec![
            ("www-authenticate", realm),
            ("x-seraph-loginreason", reason.to_owned()),
        ],
    }
}

/// A bare list. It holds as many places of the site's list as were asked for, and places that are
/// not shown leave it shorter; it is empty only at the end.
fn users(site: &JiraSite, request: &Request) -> Answer {
    let number = |name: &str, usual: usize| match request.parameter(name) {
        None => Ok(usual),
        Some(text) => text.parse::<usize>().map_err(|_| {
            let message = format!("The value of {name} is not a number.");
            refusal(400, &message)
        }),
    };
    let (start, length) = match (number("startAt", 0), number("maxResults", 50)) {
        (Ok(start), Ok(length)) => (start, length.min(MOST_RESULTS)),
        (Err(refusal), _) | (_, Err(refusal)) => return refusal,
    };
    let places = places(site);
    let asked = places.iter().skip(start);
    let mut page: Vec<&JiraUser> = asked.clone().take(length).copied().flatten().collect();
    if page.is_empty() && length > 0 {
        page.extend(asked.copied().flatten().next());
    }
    let page = page
        .into_iter()
        .map(|user| shown(user, &request.origin, false))
        .collect();
    Answer::ok(Value::Array(page))
}

/// The list with the places that are not shown.
fn places(site: &JiraSite) -> Vec<Option<&JiraUser>> {
    let mut places = Vec::new();
    for user in &site.users {
        if site
            .hide_every_nth
            .is_some_and(|nth| (places.len() + 1).is_multiple_of(nth.max(2)))
        {
            places.push(None);
        }
        places.push(Some(user));
    }
    places
}

/// Who asks: everybody sees the own address. Whoever has a token has an account, also where the
/// world knows nobody of this address.
fn myself(site: &JiraSite, origin: &str, credential: &Credential) -> Value {
    let address = credential.allowance();
    let known = site
        .users
        .iter()
        .find(|user| user.email.as_deref() == Some(address));
    let made_up = || JiraUser {
        account_id: "5d0000000000000000000001".to_owned(),
        kind: JiraUserKind::Atlassian,
        display_name: "Importer".to_owned(),
        active: true,
        email: Some(address.to_owned()),
        email_shown: Shown::Plainly,
        time_zone: Some("Etc/UTC".to_owned()),
    };
    let user = known.cloned().unwrap_or_else(made_up);
    shown(&user, origin, true)
}

fn shown(user: &JiraUser, origin: &str, own: bool) -> Value {
    let place = encoded(&user.account_id);
    let avatars: Map<String, Value> = ["16x16", "24x24", "32x32", "48x48"]
        .into_iter()
        .map(|size| {
            let href = format!("https://avatars.example.net/{place}/{size}");
            (size.to_owned(), json!(href))
        })
        .collect();
    let mut value = json!({
        "self": format!("{origin}/rest/api/3/user?accountId={place}"),
        "accountId": user.account_id,
        "accountType": user.kind.word(),
        "displayName": user.display_name,
        "active": user.active,
        "avatarUrls": avatars,
    });
    let Value::Object(members) = &mut value else {
        return value;
    };
    let shown = if own {
        Shown::Plainly
    } else {
        user.email_shown
    };
    let email = match shown {
        Shown::Plainly => user.email.as_ref().map(|email| json!(email)),
        Shown::Omitted => None,
        Shown::Null => Some(Value::Null),
        Shown::Empty => Some(json!("")),
    };
    if let Some(email) = email {
        members.insert("emailAddress".to_owned(), email);
    }
    if let Some(zone) = &user.time_zone {
        members.insert("timeZone".to_owned(), json!(zone));
    }
    if user.kind == JiraUserKind::Atlassian {
        members.insert("locale".to_owned(), json!("en_US"));
    }
    value
}
