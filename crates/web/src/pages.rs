//! The pages.

mod account;
mod connection;
mod connections;
mod deployments;
mod new_connection;
mod overview;
mod people;
mod pipelines;
mod pull;
mod pull_state;
mod pulls;
mod reports;
mod repositories;
mod rules;
mod schema;
mod selection;
mod settings;
mod setup;
mod sign_in;
mod sql;
mod teams;
mod tokens;

pub(crate) use schema::Counts;
pub use setup::check_name as check_login_name;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::access::{Audience, RouteInfo, Routes, Scope};
use crate::assets;
use crate::problem::Problem;
use crate::site::App;

/// Every address of the pages, and whom it answers.
pub(crate) fn routes() -> Routes {
    let (stranger, viewer, administrator) = (
        Audience::Stranger,
        Audience::Viewer,
        Audience::Administrator,
    );
    let routes = Routes::default()
        .page(stranger, "/assets/{name}", assets::serve)
        .page(stranger, "/sign-in", sign_in::show)
        .form(stranger, "/sign-in", sign_in::sign_in)
        .page(stranger, "/setup/{link}", setup::show)
        .form(stranger, "/setup/{link}", setup::set_up)
        .form(stranger, "/appearance", account::set_appearance)
        .form(viewer, "/sign-out", sign_in::sign_out)
        .page(viewer, "/account", account::show)
        .form(viewer, "/account/password", account::change_password)
        .page(
            Audience::Program(Scope::Read),
            "/api/auth.info",
            tokens::auth_info,
        )
        .page(viewer, "/", overview::show)
        .page(viewer, "/schema", schema::show)
        .page(viewer, "/schema/{table}", schema::table);
    let routes = reports(routes, viewer);
    let routes = queries(routes, viewer);
    let routes = connections(routes, viewer, administrator);
    let routes = places(routes, viewer);
    let routes = people_and_teams(routes, viewer, administrator);
    let routes = account_settings(routes, administrator);
    routes
        .page(administrator, "/settings", settings::show)
        .page(administrator, "/settings/audit", settings::audit)
        .page(administrator, "/settings/logins", settings::logins)
        .form(administrator, "/settings/logins", settings::add_login)
        .form(
            administrator,
            "/settings/logins/{id}/role",
            settings::set_role,
        )
        .form(
            administrator,
            "/settings/logins/{id}/link",
            settings::new_link,
        )
        .form(
            administrator,
            "/settings/logins/{id}/remove",
            settings::remove_login,
        )
        .page(administrator, "/settings/tokens", tokens::show)
        .form(administrator, "/settings/tokens", tokens::add)
        .form(
            administrator,
            "/settings/tokens/{id}/revoke",
            tokens::revoke,
        )
}

fn reports(routes: Routes, viewer: Audience) -> Routes {
    routes
        .page(viewer, "/reports", reports::list)
        .page(viewer, "/reports/definitions", reports::definitions)
        .page(viewer, "/reports/{name}", reports::show)
        .page(viewer, "/pull-requests", pulls::show)
        .page(viewer, "/pull-requests/{id}", pull::find)
        .page(
            viewer,
            "/pull-requests/{workspace}/{repository}/{number}",
            pull::show,
        )
}

fn places(routes: Routes, viewer: Audience) -> Routes {
    routes
        .page(viewer, "/repositories", repositories::show)
        .page(
            viewer,
            "/repositories/{workspace}/{slug}",
            repositories::show_one,
        )
        .page(viewer, "/pipelines", pipelines::show)
        .page(viewer, "/pipelines/steps", pipelines::steps)
        .page(viewer, "/deployments", deployments::show)
        .page(viewer, "/deployments/{id}", deployments::show_one)
}

fn people_and_teams(routes: Routes, viewer: Audience, administrator: Audience) -> Routes {
    routes
        .page(viewer, "/people", people::show)
        .page(viewer, "/people/unmatched", people::unmatched)
        .page(viewer, "/people/{id}", people::show_one)
        .form(administrator, "/people/link", people::accept)
        .form(administrator, "/people/unlink", people::reject)
        .page(viewer, "/teams", teams::show)
        .page(viewer, "/teams/{id}", teams::show_one)
        .form(administrator, "/teams/{id}/members", teams::add_member)
        .form(
            administrator,
            "/teams/{id}/members/{person}/remove",
            teams::remove_member,
        )
        .page(administrator, "/teams/import", teams::import_form)
        .form(administrator, "/teams/import", teams::import)
}

fn account_settings(routes: Routes, administrator: Audience) -> Routes {
    routes
        .page(
            administrator,
            "/settings/working-hours",
            settings::working_hours,
        )
        .form(
            administrator,
            "/settings/working-hours/{name}",
            settings::set_setting,
        )
        .page(administrator, "/settings/bots", settings::bots)
        .form(administrator, "/settings/bots", settings::mark_bot)
        .page(administrator, "/settings/rules", rules::show)
        .form(administrator, "/settings/rules", rules::add)
        .form(
            administrator,
            "/settings/rules/{name}/remove",
            rules::remove,
        )
}

fn queries(routes: Routes, viewer: Audience) -> Routes {
    routes
        .page(viewer, "/sql", sql::show)
        .form(viewer, "/sql", sql::run)
        .page(viewer, "/sql/completions", sql::completions)
        .page(viewer, "/sql/history", sql::history)
        .page(viewer, "/sql/ready/{slug}", sql::ready)
        .page(viewer, "/sql/saved/{id}", sql::saved)
        .form(viewer, "/sql/saved/{id}/remove", sql::remove)
        .page(viewer, "/sql/runs/{id}", sql::run_page)
        .page(viewer, "/sql/runs/{id}/result", sql::result_part)
        .page(viewer, "/sql/runs/{id}/csv", sql::csv)
        .form(viewer, "/sql/runs/{id}/cancel", sql::cancel)
}

fn connections(routes: Routes, viewer: Audience, administrator: Audience) -> Routes {
    routes
        .page(viewer, "/connections", connections::show)
        .page(administrator, "/connections/add", new_connection::choose)
        .page(
            administrator,
            "/connections/add/{kind}",
            new_connection::show,
        )
        .form(
            administrator,
            "/connections/add/{kind}",
            new_connection::add,
        )
        .page(viewer, "/connections/{name}", connection::show)
        .page(viewer, "/connections/{name}/progress", connection::progress)
        .page(
            viewer,
            "/connections/{name}/streams/{stream}",
            connection::stream,
        )
        .page(viewer, "/connections/{name}/rejects", connection::rejects)
        .page(
            viewer,
            "/connections/{name}/deliveries",
            connection::deliveries,
        )
        .form(
            administrator,
            "/connections/{name}/pause",
            connection::pause,
        )
        .form(
            administrator,
            "/connections/{name}/resume",
            connection::resume,
        )
        .form(administrator, "/connections/{name}/sync", connection::sync)
        .form(
            administrator,
            "/connections/{name}/verify",
            connection::verify,
        )
        .form(
            administrator,
            "/connections/{name}/estimate",
            connection::estimate,
        )
        .page(
            administrator,
            "/connections/{name}/filter",
            connection::filter,
        )
        .form(
            administrator,
            "/connections/{name}/filter",
            connection::set_filter,
        )
        .page(
            administrator,
            "/connections/{name}/credentials/add",
            connection::new_credential,
        )
        .form(
            administrator,
            "/connections/{name}/credentials/add",
            connection::add_credential,
        )
        .form(
            administrator,
            "/connections/{name}/credentials/{label}/remove",
            connection::remove_credential,
        )
        .page(
            administrator,
            "/connections/{name}/webhook",
            connection::webhook,
        )
        .form(
            administrator,
            "/connections/{name}/webhook/register",
            connection::register_webhook,
        )
        .form(
            administrator,
            "/connections/{name}/webhook/secret",
            connection::webhook_secret,
        )
        .form(
            administrator,
            "/connections/{name}/webhook/remove",
            connection::remove_webhook,
        )
        .form(
            administrator,
            "/connections/{name}/deliveries/{id}/replay",
            connection::replay,
        )
        .page(
            administrator,
            "/connections/{name}/remove",
            connection::confirm_removal,
        )
        .form(
            administrator,
            "/connections/{name}/remove",
            connection::remove,
        )
}

/// Every address of the pages, and whom it answers.
pub fn route_table() -> Vec<RouteInfo> {
    routes().table()
}

/// The router of the pages.
pub(crate) fn router(app: App) -> Router {
    routes().into_router(app, nowhere)
}

async fn nowhere() -> Problem {
    Problem::no_such(
        "There is no page at this address. It may be misspelt, or the thing that it was about is gone.",
        "/",
        "Overview",
    )
}

/// Sends the browser to a page after a form has done its work.
fn go_to(address: &str) -> Response {
    (StatusCode::SEE_OTHER, Redirect::to(address)).into_response()
}

/// The shares of a coverage, for a template.
pub(crate) fn people_shares(coverage: &crate::actions::Coverage) -> [people::ShownShare; 3] {
    people::shares(coverage)
}

/// An address elsewhere, if it is one that a link may have.
pub(crate) fn outside(url: Option<&str>) -> Option<String> {
    let url = url::Url::parse(url?).ok()?;
    matches!(url.scheme(), "https" | "http").then(|| url.to_string())
}

/// A part of an address, from a name.
pub(crate) fn segment(name: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    utf8_percent_encode(name, KEPT).to_string()
}

/// A path of this site, from what a form or an address says; anything else is the overview.
fn own_path(text: Option<&str>) -> String {
    text.filter(|path| path.starts_with('/'))
        .filter(|path| !path.starts_with("//") && !path.contains('\\'))
        .filter(|path| !path.chars().any(char::is_control))
        .unwrap_or("/")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(own_path(Some("/connections?a=b")), "/connections?a=b");
        for elsewhere in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "evil",
            "",
            "/\n/x",
        ] {
            assert_eq!(own_path(Some(elsewhere)), "/", "{elsewhere}");
        }
        assert_eq!(own_path(None), "/");
        assert_eq!(outside(Some("javascript:alert(1)")), None);
        assert_eq!(outside(Some("not an address")), None);
        let page = "https://bitbucket.org/a/b";
        assert_eq!(outside(Some(page)).as_deref(), Some(page));
        assert_eq!(segment("a b/ü"), "a%20b%2F%C3%BC");
    }
}
