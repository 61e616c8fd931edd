//! Actions that notice that they were asked for, and do nothing.

mod places;

pub(crate) use places::HOSTILE;

use model::verification::{Check, Code, Outcome, Verification};
use secrecy::{ExposeSecret, SecretString};
use store::{FilterMode, FilterRule};
use web::{ActionError, Actions, Doing, Estimate, FilterPreview, NewConnection, NewSecret, Tried};

/// A token that is taken for a right one.
pub(crate) const RIGHT: &str = "the right token";

/// Asks nobody.
pub(crate) struct NoActions;

fn tried(new: &NewSecret, name: &str) -> Tried {
    let is_right = new.token.expose_secret() == RIGHT;
    let check = Check {
        endpoint: "/repositories/{workspace}".to_owned(),
        path: "/repositories/acme".to_owned(),
        status: Some(if is_right { 200 } else { 401 }),
        outcome: if is_right {
            Outcome::Ok
        } else {
            Outcome::Failed
        },
        code: (!is_right).then_some(Code::InvalidCredentials),
        what: "It was asked for repositories.".to_owned(),
        mend: if is_right { "" } else { "Make a new token." }.to_owned(),
        missing_scopes: Vec::new(),
        curl: "curl <TOKEN>".to_owned(),
    };
    Tried {
        verification: Verification::of(vec![check]),
        kept_as: is_right.then(|| name.to_owned()),
    }
}

fn done<'a, T: Send + 'a>(result: Result<T, ActionError>) -> Doing<'a, T> {
    Box::pin(std::future::ready(result))
}

impl Actions for NoActions {
    fn usual_base_url(&self) -> String {
        "https://api.bitbucket.org/2.0".to_owned()
    }

    fn webhook_url(&self) -> Option<String> {
        None
    }

    fn add_connection(&self, new: NewConnection, _: String) -> Doing<'_, Tried> {
        done(Ok(tried(&new.secret, &new.target)))
    }

    fn add_credential(&self, _: String, new: NewSecret, _: String) -> Doing<'_, Tried> {
        done(Ok(tried(&new, "credential 2")))
    }

    fn verify(&self, _: String, _: String) -> Doing<'_, Vec<(String, Verification)>> {
        done(Ok(Vec::new()))
    }

    fn estimate(&self, _: String) -> Doing<'_, Estimate> {
        done(Err(ActionError::Failed("nobody counts here".to_owned())))
    }

    fn preview_filter(
        &self,
        _: String,
        _: FilterMode,
        _: Vec<FilterRule>,
    ) -> Doing<'_, FilterPreview> {
        done(Ok(FilterPreview::default()))
    }

    fn set_filter(&self, _: String, _: FilterMode, _: Vec<FilterRule>, _: String) -> Doing<'_, ()> {
        done(Ok(()))
    }

    fn register_webhook(&self, _: String, _: Option<String>, _: String) -> Doing<'_, ()> {
        done(Ok(()))
    }

    fn remove_webhook(&self, _: String, _: String) -> Doing<'_, ()> {
        done(Ok(()))
    }

    fn make_webhook_secret(&self, _: String, _: String) -> Doing<'_, SecretString> {
        done(Ok(SecretString::from("made".to_owned())))
    }
}
