//! Members, and the one way from an address to an account.

use emulator::{Credential, WorldSpec};
use serde_json::Value;

use crate::stage::{Reply, Stage, TOKEN, column, end};

const MEMBERS: &str = "/workspaces/acme-rockets/members";

fn by_addresses(addresses: &[&str], fields: &str) -> String {
    let quoted: Vec<String> = addresses.iter().map(|one| format!("\"{one}\"")).collect();
    let filter = format!("user.email IN ({})", quoted.join(","));
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("q", &filter)
        .append_pair("fields", fields)
        .append_pair("pagelen", "100")
        .finish();
    format!("{MEMBERS}?{query}")
}

fn values(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["values"].as_array().unwrap().clone()
}

#[tokio::test]
async fn members_are_found_by_the_addresses_that_one_knows() {
    let stage = Stage::small().await;
    let (main, alias, uuid) = {
        let world = stage.emulator.world();
        let kofi = world
            .members()
            .find(|one| one.nickname.as_deref() == Some("kofi"));
        let kofi = kofi.unwrap();
        (
            kofi.emails[0].clone(),
            kofi.emails[2].clone(),
            kofi.uuid.clone(),
        )
    };
    let marta = "Marta.Lindqvist@Acme-Rockets.example.com";
    let wanted = [marta, main.as_str(), "nobody@example.com"];
    let found = values(
        &stage
            .get(&by_addresses(&wanted, "+values.user.email"))
            .await,
    );
    let emails = column(&found, "/user/email");
    assert_eq!(emails, [marta.to_lowercase(), main]);
    assert_eq!(found[1]["user"]["uuid"], uuid);
    assert_eq!(found[1]["type"], "workspace_membership");
    // Only the address that one knew is told.
    let found = values(
        &stage
            .get(&by_addresses(&[&alias], "+values.user.email"))
            .await,
    );
    assert_eq!(found[0]["user"]["email"], alias.as_str());
    let narrow = "values.user.email,values.user.account_id";
    let found = values(&stage.get(&by_addresses(&[&alias], narrow)).await);
    assert_eq!(found[0]["user"].as_object().unwrap().len(), 2);
    let found = values(&stage.get(&by_addresses(&[&alias], "+values.links")).await);
    assert_eq!(found[0]["user"].get("email"), None);
}

#[tokio::test]
async fn without_the_filter_no_address_is_told() {
    let stage = Stage::small().await;
    let path = format!("{MEMBERS}?pagelen=100&fields=%2Bvalues.user.email");
    let found = values(&stage.get(&path).await);
    assert!(found.len() > 3);
    assert!(!serde_json::to_string(&found).unwrap().contains('@'));
}

#[tokio::test]
async fn who_has_left_is_found_by_no_address() {
    let stage = Stage::small().await;
    let address = stage.emulator.world().accounts()[1].emails[0].clone();
    let path = by_addresses(&[&address], "+values.user.email");
    assert_eq!(values(&stage.get(&path).await).len(), 1);
    stage.emulator.world().remove_member("teo").unwrap();
    assert!(values(&stage.get(&path).await).is_empty());
}

#[tokio::test]
async fn ninety_addresses_are_enough_and_other_filters_are_none() {
    let stage = Stage::small().await;
    let many: Vec<String> = (0..91).map(|n| format!("p{n}@example.com")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(values(&stage.get(&by_addresses(&many[..90], "values")).await).is_empty());
    assert_eq!(stage.get(&by_addresses(&many, "values")).await.status, 400);
    for filter in [
        "user.email = \"a@example.com\"",
        "user.nickname IN (\"teo\")",
        "user.email IN (\"a@example.com\") OR user.email IN (\"b@example.com\")",
        "user.email IN (1)",
        "user.email IN (",
    ] {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("q", filter)
            .finish();
        let reply = stage.get(&format!("{MEMBERS}?{query}")).await;
        assert_eq!(reply.status, 400, "{filter}");
        assert!(!reply.message().is_empty(), "{filter}");
    }
}

#[tokio::test]
async fn addresses_are_for_the_workspace_and_its_administrators() {
    let person = Credential::api_token("teo.vasquez@acme-rockets.example.com", "person");
    let person = person.with_scope("read:user:bitbucket");
    let administrator = Credential::api_token("marta@example.com", "administrator");
    let administrator = administrator.of_administrator();
    let of_project = Credential::project_access_token("project", "FLIGHT").with_scope("account");
    let stage = Stage::with(&WorldSpec::small(end()), |options| {
        options
            .credentials
            .extend([person.clone(), administrator.clone(), of_project.clone()]);
    })
    .await;
    let path = by_addresses(
        &["teo.vasquez@acme-rockets.example.com"],
        "+values.user.email",
    );
    for (credential, status) in [
        (&Credential::workspace_access_token(TOKEN), 200),
        (&administrator, 200),
        (&person, 403),
        (&of_project, 403),
    ] {
        let sent = credential.authorization();
        assert_eq!(stage.get_as(Some(&sent), &path).await.status, status);
        assert_eq!(stage.get_as(Some(&sent), MEMBERS).await.status, 200);
    }
    let me = stage
        .get_as(Some(&person.authorization()), "/user")
        .await
        .json();
    assert_eq!(me["nickname"], "teo");
    assert_eq!(me.get("email"), None);
}
