//! From page to page.

use bitbucket::{ClientError, Cursor, Listing, PullOrder};
use serde_json::{Value, json};

use crate::server::*;

fn pull(id: i64) -> Value {
    json!({
        "id": id,
        "created_on": "2026-03-01T10:00:00+00:00",
        "updated_on": "2026-03-01T10:00:00.000001+00:00",
    })
}

#[tokio::test]
async fn next_is_followed_exactly_as_given() {
    let server = Server::answering(|number, asked| {
        let host = asked.headers["host"].to_str().unwrap();
        let next = format!(
            "http://{host}/2.0/repositories/acme/website/pullrequests/activity?ctx=b8%2B6t%3D&a=%7Bx%7D"
        );
        match number {
            0 => Answer::json(&json!({ "pagelen": 50, "next": next, "values": [{}] })),
            _ => Answer::json(&json!({ "pagelen": 50, "next": "", "values": [] })),
        }
    })
    .await;
    let client = server.client();
    let first = client.page(&activity(), None).await.unwrap();
    assert_eq!((first.values, first.size), (1, None));
    let cursor = first.next.unwrap();
    // It is kept as text, and outlives a change of the API's address.
    assert!(!cursor.as_str().contains("127.0.0.1"));
    let kept = Cursor::from(cursor.to_string());
    let last = client.page(&activity(), Some(&kept)).await.unwrap();
    assert_eq!(last.next, None);
    assert_eq!(
        server.asked()[1].target,
        "/2.0/repositories/acme/website/pullrequests/activity?ctx=b8%2B6t%3D&a=%7Bx%7D"
    );
}

#[tokio::test]
async fn a_next_that_leads_elsewhere_is_refused_before_anything_is_sent() {
    for next in [
        "https://evil.example/2.0/repositories/acme/website/pullrequests?page=2",
        "http://{host}@evil.example/2.0/repositories/acme/website/pullrequests?page=2",
        "http://user:pass@{host}/2.0/repositories/acme/website/pullrequests?page=2",
        "http://127.0.0.1:1/2.0/repositories/acme/website/pullrequests?page=2",
        "http://{host}/2.0/repositories/acme/website/pullrequests/../src/main?page=2",
        "http://{host}/2.0/repositories/acme/website/src/main",
        "http://{host}/2.0/repositories/rival/website/pullrequests?page=2",
        "http://{host}/2.0/repositories/acme/wages/pullrequests?page=2",
        "http://{host}/internal/repositories/acme/website/pullrequests?page=2",
        "//evil.example/2.0/repositories/acme/website/pullrequests?page=2",
        "workspaces?nextPage",
        "{self}",
    ] {
        let server = Server::answering(move |_, asked| {
            let host = asked.headers["host"].to_str().unwrap();
            let next = next
                .replace("{self}", &format!("http://{host}{}", asked.target))
                .replace("{host}", host);
            Answer::json(&json!({ "next": next, "values": [pull(1)] }))
        })
        .await;
        let client = server.client();
        let error = client.page(&pulls(), None).await.unwrap_err();
        assert!(
            matches!(error, ClientError::ForeignNext { .. }),
            "{next}: {error}"
        );
        assert_eq!(server.asked().len(), 1, "{next}");
    }
}

#[tokio::test]
async fn a_kept_cursor_is_checked_again() {
    let server = Server::saying(vec![Answer::page(&[])]).await;
    let client = server.client();
    for cursor in [
        "",
        "2",
        "@evil.example/",
        ".evil.example/repositories/acme/website/pullrequests",
        "/repositories/acme/website/src/main",
        "/repositories/acme/website/pullrequests/../src",
        "https://evil.example/",
        "//evil.example/repositories/acme/website/pullrequests",
    ] {
        let cursor = Cursor::from(cursor.to_owned());
        let error = client.page(&pulls(), Some(&cursor)).await.unwrap_err();
        assert!(
            matches!(error, ClientError::ForeignNext { .. }),
            "{cursor}: {error}"
        );
    }
    for cursor in ["0", "-1", "/repositories/acme/website/pipelines/?page=2"] {
        let cursor = Cursor::from(cursor.to_owned());
        let error = client.page(&pipelines(), Some(&cursor)).await.unwrap_err();
        assert!(matches!(error, ClientError::ForeignNext { .. }), "{error}");
    }
    assert_eq!(server.asked().len(), 0);
}

#[tokio::test]
async fn pull_requests_are_asked_for_in_all_states_with_their_people() {
    let server = Server::saying(vec![Answer::page(&[pull(1)])]).await;
    let client = server.client();
    let listing = Listing::PullRequests {
        repository: website(),
        since: Some("2026-02-01T00:00:00.5Z".parse().unwrap()),
        order: PullOrder::Updated,
    };
    client.page(&listing, None).await.unwrap();
    let asked = &server.asked()[0];
    assert_eq!(
        asked.parameters("state"),
        ["OPEN", "MERGED", "DECLINED", "SUPERSEDED"]
    );
    assert_eq!(asked.parameters("pagelen"), ["50"]);
    assert_eq!(asked.parameters("sort"), ["updated_on"]);
    assert_eq!(
        asked.parameters("q"),
        ["updated_on>=2026-02-01T00:00:00.500000+00:00"]
    );
    assert!(asked.target.contains("%2B00%3A00"), "{}", asked.target);
    let fields = asked.parameters("fields").concat();
    let fields: Vec<&str> = fields.split(',').collect();
    for name in [
        "next",
        "size",
        "values.participants",
        "values.reviewers",
        "values.merge_commit.date",
        "values.author.uuid",
    ] {
        assert!(fields.contains(&name), "{name}");
    }
    for name in ["values.description", "values.summary", "values.rendered"] {
        assert!(!fields.contains(&name), "{name}");
    }
}

#[tokio::test]
async fn texts_are_asked_for_only_where_they_are_to_be_stored() {
    for store_text in [false, true] {
        let server = Server::saying(vec![Answer::page(&[])]).await;
        let mut config = server.config();
        config.store_text = store_text;
        let client = server.client_with(config);
        for listing in [pulls(), activity(), comments()] {
            client.page(&listing, None).await.unwrap();
        }
        for (asked, text) in server.asked().iter().zip([
            "values.description",
            "values.comment.content.raw",
            "values.content.raw",
        ]) {
            let fields = asked.parameters("fields").concat();
            assert_eq!(fields.split(',').any(|name| name == text), store_text);
        }
    }
}

#[tokio::test]
async fn pipelines_go_by_page_number_whatever_next_says() {
    // 250 runs; `next` is there, wrong, and has lost the order.
    let server = Server::answering(|_, asked| {
        assert!(
            asked
                .target
                .starts_with("/2.0/repositories/acme/website/pipelines/?")
        );
        assert_eq!(asked.parameters("sort"), ["-created_on"]);
        let page: i64 = asked.parameters("page")[0].parse().unwrap();
        let run = json!({
            "uuid": format!("{{bb-{page}}}"),
            "created_on": "2026-03-01T10:00:00.123456789Z",
        });
        Answer::json(&json!({
            "page": page, "pagelen": 100, "size": 250, "values": [run],
            "next": "https://bitbucket.org/!api/2.0/elsewhere?page=2",
        }))
    })
    .await;
    let client = server.client();
    let mut cursor = None;
    let mut pages = 0;
    loop {
        let page = client.page(&pipelines(), cursor.as_ref()).await.unwrap();
        pages += 1;
        assert_eq!(page.size, Some(250));
        let Some(next) = page.next else { break };
        cursor = Some(next);
    }
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn an_empty_object_ends_pipelines() {
    let run = json!({ "uuid": "{bb-1}", "created_on": "2026-03-01T10:00:00Z" });
    let server = Server::saying(vec![
        Answer::json(&json!({ "values": [run] })),
        Answer::json(&json!({})),
    ])
    .await;
    let client = server.client();
    let first = client.page(&pipelines(), None).await.unwrap();
    let second = client
        .page(&pipelines(), first.next.as_ref())
        .await
        .unwrap();
    assert_eq!((second.values, second.next), (0, None));
}

#[tokio::test]
async fn a_refused_page_length_is_left_out_from_then_on() {
    let server = Server::answering(|_, asked| {
        if asked.parameters("pagelen").is_empty() {
            Answer::page(&[pull(1)])
        } else {
            Answer::error(400, "Invalid pagelen")
        }
    })
    .await;
    let client = server.client();
    for _ in 0..2 {
        let page = client.page(&pulls(), None).await.unwrap();
        assert_eq!(page.batch.pulls.len(), 1);
    }
    let lengths: Vec<_> = server
        .asked()
        .iter()
        .map(|asked| asked.parameters("pagelen").len())
        .collect();
    assert_eq!(lengths, [1, 0, 0]);
    assert!(server.asked()[1].target.contains("state=OPEN&state=MERGED"));
}

#[tokio::test]
async fn a_page_length_that_is_refused_on_the_way_begins_the_walk_anew() {
    // Pages of a hundred, until they are refused.
    let server = Server::answering(|number, asked| {
        let page = asked.parameters("page").concat();
        if asked.parameters("pagelen").is_empty() {
            let run = json!({ "uuid": "{a877c319-dd8b-4664-9cde-4451ca55a320}", "created_on": "2026-03-02T09:00:00Z" });
            Answer::json(&json!({ "page": page, "pagelen": 1, "size": 3, "values": [run] }))
        } else if number == 0 {
            Answer::json(&json!({ "page": 1, "pagelen": 2, "size": 3, "values": [{}, {}] }))
        } else {
            Answer::error(400, "Invalid pagelen")
        }
    })
    .await;
    let client = server.client();
    let first = client.page(&pipelines(), None).await.unwrap();
    let refused = client.page(&pipelines(), first.next.as_ref()).await;
    assert!(
        matches!(refused, Err(ClientError::InvalidPage { .. })),
        "{refused:?}"
    );
    // From the beginning, and to the end in pages of one length, by another client too.
    let mut page = client.page(&pipelines(), None).await.unwrap();
    let mut read = page.values;
    while let Some(next) = page.next {
        let kept = Cursor::from(next.to_string());
        page = server
            .client()
            .page(&pipelines(), Some(&kept))
            .await
            .unwrap();
        read += page.values;
    }
    assert_eq!(read, 3);
    let asked = server.asked();
    let pages: Vec<String> = asked[2..]
        .iter()
        .map(|asked| asked.parameters("page").concat())
        .collect();
    assert_eq!(pages, ["1", "2", "3"]);
}

#[tokio::test]
async fn every_attempt_is_counted_by_endpoint() {
    let server = Server::saying(vec![Answer::text(502, ""), Answer::page(&[])]).await;
    let client = server.client();
    client.page(&pulls(), None).await.unwrap();
    client.clone().page(&Listing::Members, None).await.unwrap();
    let counts = client.requests_by_endpoint();
    assert_eq!(counts["/repositories/{workspace}/{repo}/pullrequests"], 2);
    assert_eq!(counts["/workspaces/{workspace}/members"], 1);
    let groups = client.holders().remove(0).groups;
    assert_eq!(
        (groups["repositories"].used, groups["workspaces"].used),
        (2, 1)
    );
}

#[tokio::test]
async fn a_page_tells_when_it_was_asked_for_and_what_time_the_server_has() {
    let server = Server::saying(vec![
        Answer::text(500, ""),
        Answer::page(&[]).with("date", "Mon, 02 Mar 2026 08:59:30 GMT"),
    ])
    .await;
    let page = server.client().page(&pulls(), None).await.unwrap();
    assert_eq!(page.observed_at, server.asked()[1].at);
    assert!(page.observed_at > start());
    assert_eq!(
        page.server_time,
        Some("2026-03-02T08:59:30Z".parse().unwrap())
    );
}

#[tokio::test]
async fn the_workspace_is_one_row() {
    let server = Server::saying(vec![
        Answer::json(&json!({
            "type": "workspace", "uuid": "{EE-1}", "slug": "acme", "name": "Acme",
            "is_private": true, "created_on": "2018-12-02T06:49:58.4+00:00",
            "links": { "html": { "href": "https://bitbucket.org/acme/" } },
        })),
        Answer::json(&json!({ "type": "workspace", "slug": "acme" })),
    ])
    .await;
    let client = server.client();
    let page = client.workspace().await.unwrap();
    let [row] = &page.batch.workspaces[..] else {
        panic!("{page:?}");
    };
    assert_eq!(row.source_id.as_value().unwrap(), "{ee-1}");
    assert_eq!(row.private.value(), Some(true));
    assert_eq!(server.asked()[0].target, "/2.0/workspaces/acme");
    let error = client.workspace().await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Undecodable { json_path, .. } if json_path == "uuid"),
        "{error}"
    );
}
