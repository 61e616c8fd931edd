//! Pages and partial answers.

use crate::stage::{Stage, column};

#[tokio::test]
async fn too_long_pages_are_refused_at_each_endpoints_own_maximum() {
    let stage = Stage::small().await;
    let repo = |rest: &str| stage.repo("mission-control", rest);
    for (path, max) in [
        ("/repositories/acme-rockets".to_owned(), 100),
        ("/workspaces/acme-rockets/members".to_owned(), 100),
        (repo("/pullrequests"), 50),
        (repo("/pullrequests/activity"), 50),
        (repo("/pullrequests/1/activity"), 50),
        (repo("/pullrequests/1/comments"), 100),
        (repo("/pipelines/"), 100),
    ] {
        assert_eq!(
            stage.get(&format!("{path}?pagelen={max}")).await.status,
            200,
            "{path}"
        );
        for wrong in [(max + 1).to_string(), "0".to_owned(), "many".to_owned()] {
            let reply = stage.get(&format!("{path}?pagelen={wrong}")).await;
            assert_eq!(
                (reply.status, reply.message()),
                (400, "Invalid pagelen".to_owned())
            );
        }
    }
}

#[tokio::test]
async fn size_is_told_only_where_it_is_told() {
    let stage = Stage::small().await;
    for (rest, told) in [
        ("/pullrequests", true),
        ("/pullrequests/1/comments", true),
        ("/pipelines/", true),
        ("/pullrequests/activity", false),
        ("/pullrequests/1/activity", false),
    ] {
        let page = stage.json(&stage.repo("mission-control", rest)).await;
        assert_eq!(page.get("size").is_some(), told, "{rest}");
        assert_eq!(page["pagelen"], 10, "{rest}");
    }
}

#[tokio::test]
async fn next_leads_through_everything_and_keeps_the_parameters() {
    let stage = Stage::small().await;
    let path = stage.repo(
        "mission-control",
        "/pullrequests?state=MERGED&state=OPEN&pagelen=4&sort=id",
    );
    let first = stage.json(&path).await;
    let next = first["next"].as_str().unwrap();
    assert!(next.starts_with(&stage.emulator.base_url()), "{next}");
    assert!(
        next.contains("state=MERGED&state=OPEN&pagelen=4&sort=id&page=2"),
        "{next}"
    );
    let all = stage.all(&path).await;
    assert_eq!(all.len() as u64, first["size"].as_u64().unwrap());
    let ids: Vec<u64> = all
        .iter()
        .map(|pull| pull["id"].as_u64().unwrap())
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    let second = stage.json(next).await;
    assert!(second["previous"].as_str().unwrap().contains("page=1"));
}

#[tokio::test]
async fn a_page_that_is_no_number_is_refused() {
    let stage = Stage::small().await;
    for page in ["0", "-1", "nonsense"] {
        let reply = stage
            .get(&stage.repo("mission-control", &format!("/pullrequests?page={page}")))
            .await;
        assert_eq!(
            (reply.status, reply.message()),
            (400, "Invalid page".to_owned())
        );
    }
    let path = stage.repo("mission-control", "/pullrequests/activity?ctx=nonsense");
    assert_eq!(stage.get(&path).await.message(), "Invalid page");
}

#[tokio::test]
async fn lists_leave_out_what_must_be_asked_for() {
    let stage = Stage::small().await;
    let list = |fields: &str| {
        stage.repo(
            "mission-control",
            &format!("/pullrequests?state=all&pagelen=50{fields}"),
        )
    };
    let usual = stage.json(&list("")).await;
    for hidden in ["participants", "reviewers", "rendered", "queued"] {
        assert!(usual["values"][0].get(hidden).is_none(), "{hidden}");
    }
    let asked = stage
        .json(&list(
            "&fields=%2Bvalues.participants,%2Bvalues.merge_commit.date,-values.links",
        ))
        .await;
    let first = &asked["values"][0];
    assert!(first["participants"].is_array() && first.get("reviewers").is_none());
    assert!(first.get("links").is_none() && asked["size"].is_number());
    let merged = asked["values"]
        .as_array()
        .unwrap()
        .iter()
        .find(|pull| pull["state"] == "MERGED");
    assert!(merged.unwrap()["merge_commit"]["date"].is_string());
    let detail = stage
        .json(&stage.repo("mission-control", "/pullrequests/1"))
        .await;
    for shown in ["participants", "reviewers", "rendered", "queued"] {
        assert!(detail.get(shown).is_some(), "{shown}");
    }
}

#[tokio::test]
async fn a_projection_without_next_drops_next() {
    let stage = Stage::small().await;
    let path = stage.repo(
        "mission-control",
        "/pullrequests?state=all&pagelen=2&fields=values.id",
    );
    let page = stage.json(&path).await;
    assert_eq!(
        page.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["values"]
    );
    assert_eq!(page["values"][0].as_object().unwrap().len(), 1);
    let with_next = stage
        .json(&format!("{path},next,values.reviewers.uuid"))
        .await;
    assert!(
        with_next["next"]
            .as_str()
            .unwrap()
            .contains("fields=values.id")
    );
    assert!(with_next["values"][0]["reviewers"].is_array());
    let wild = stage
        .json(&stage.repo(
            "mission-control",
            "/pullrequests?fields=values.*.display_name",
        ))
        .await;
    let author = &wild["values"][0]["author"];
    assert!(author.is_null() || author.as_object().unwrap().len() == 1);
}

#[tokio::test]
async fn uuids_stand_for_slugs() {
    let stage = Stage::small().await;
    let repositories = stage.all("/repositories/acme-rockets").await;
    for uuid in column(&repositories, "/uuid") {
        let path = uuid.replace('{', "%7B").replace('}', "%7D");
        let found = stage
            .json(&format!("/repositories/acme-rockets/{path}"))
            .await;
        assert_eq!(found["uuid"], uuid.as_str());
        let found = stage.json(&format!("/repositories/%7B%7D/{path}")).await;
        assert_eq!(found["uuid"], uuid.as_str());
    }
}
