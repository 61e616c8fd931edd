//! The size of a pull request: sent on, page by page, and told even where there is none.

use bitbucket::{ClientError, Cursor, Listing, Page};
use model::rows::PullSizeRow;
use model::{Field, Id};
use serde_json::{Value, json};

use crate::server::*;

const FIRST: &str = "/2.0/repositories/acme/website/pullrequests/7/diffstat";
const SPEC: &str = "/2.0/repositories/acme/website/diffstat/acme/website:16182c4698fb%0D1fbd047cd123?from_pullrequest_id=7&topic=true";

fn file(added: i64, removed: i64) -> Value {
    json!({ "type": "diffstat", "status": "modified", "lines_added": added, "lines_removed": removed,
        "old": null, "new": { "path": "a secret path.rs" } })
}

fn sent_on(to: &str) -> Answer {
    Answer::text(302, "").with("location", to)
}

fn host(asked: &Asked) -> String {
    asked.headers["host"].to_str().unwrap().to_owned()
}

async fn size(server: &Server) -> Result<Page, ClientError> {
    server
        .client()
        .pull_size(&website(), 7, Some("16182c4698fb"))
        .await
}

fn only(page: &Page) -> PullSizeRow {
    assert_eq!(page.batch.rejects, []);
    let [row] = &page.batch.pull_sizes[..] else {
        panic!("{page:?}");
    };
    row.clone()
}

#[tokio::test]
async fn it_is_the_sum_of_all_pages_of_where_bitbucket_sends_on_to() {
    let server = Server::answering(|number, asked| match number {
        0 => sent_on(&format!("http://{}{SPEC}", host(asked))),
        1 => Answer::json(&json!({
            "pagelen": 3, "size": 5, "page": 1,
            "next": format!("http://{}{SPEC}&page=2", host(asked)),
            "values": [file(10, 1), file(0, 0), json!({ "type": "diffstat", "status": "added" })],
        })),
        _ => Answer::json(&json!({ "pagelen": 3, "size": 5, "page": 2,
            "values": [file(5, 2), json!({ "lines_added": 1.0, "lines_removed": null })] })),
    })
    .await;
    let client = server.client();
    let page = client
        .pull_size(&website(), 7, Some("16182c4698fb"))
        .await
        .unwrap();
    let mut expected = PullSizeRow::new(Id::pull_size(Id::pull(&website().uuid, 7)), start());
    expected.pull_id = Field::Value(Id::pull(&website().uuid, 7));
    expected.source_commit_sha = Field::Value("16182c4698fb".to_owned());
    expected.files = Field::Value(5);
    expected.additions = Field::Value(16);
    expected.deletions = Field::Value(3);
    expected.size = Field::Value(19);
    expected.problem = Field::Null;
    assert_eq!(only(&page), expected);
    assert_eq!((page.values, page.size, page.next), (5, Some(5), None));

    let asked = server.asked();
    assert!(asked[0].target.starts_with(FIRST), "{}", asked[0].target);
    // Paths are not even asked for; what Bitbucket sends on to is followed as it is.
    assert_eq!(
        asked[0].parameters("fields"),
        ["next,size,page,pagelen,values.lines_added,values.lines_removed"]
    );
    assert_eq!(asked[1].target, SPEC);
    assert_eq!(asked[2].target, format!("{SPEC}&page=2"));
    for asked in &asked {
        assert_eq!(asked.headers["authorization"], "Bearer tok-en-1");
    }
    let counts = client.requests_by_endpoint();
    let pull = "/repositories/{workspace}/{repo}/pullrequests/{id}/diffstat";
    assert_eq!(counts[pull], 1);
    assert_eq!(
        counts["/repositories/{workspace}/{repo}/diffstat/{spec}"],
        2
    );
    assert_eq!(client.holders()[0].groups["repositories"].used, 3);
}

#[tokio::test]
async fn every_documented_way_of_sending_on_is_followed() {
    for (status, to) in [
        (301, SPEC),
        (303, SPEC),
        (
            307,
            "http://{host}/2.0/repositories/%7BAA000000-0000-4000-8000-000000000001%7D/x",
        ),
        (
            308,
            "../../diffstat/fork-er/web.site:16182c4698fb%0D1fbd047cd123",
        ),
        (
            302,
            "/2.0/repositories/acme/website/diffstat/16182c4698fb..1fbd047cd123",
        ),
    ] {
        let server = Server::answering(move |number, asked| match number {
            0 => Answer::text(status, "").with("location", &to.replace("{host}", &host(asked))),
            _ => Answer::page(&[file(1, 1)]),
        })
        .await;
        if to.ends_with("/x") {
            assert!(size(&server).await.is_err());
            continue;
        }
        assert_eq!(only(&size(&server).await.unwrap()).size, Field::Value(2));
        assert_eq!(server.asked().len(), 2);
    }
    // An answer without being sent on is as good, and goes on at either address.
    let server = Server::answering(|number, asked| match number {
        0 => Answer::json(&json!({ "values": [file(1, 1)],
            "next": format!("http://{}{FIRST}?page=2", host(asked)) })),
        _ => Answer::page(&[file(1, 1)]),
    })
    .await;
    assert_eq!(only(&size(&server).await.unwrap()).size, Field::Value(4));
}

#[tokio::test]
async fn sent_on_to_anywhere_else_nothing_is_sent() {
    let elsewhere = Server::saying(vec![Answer::page(&[file(1, 1)])]).await;
    let stranger = elsewhere.base.trim_end_matches("/2.0").to_owned();
    for to in [
        format!("{stranger}{SPEC}"),
        format!("https://{{host}}{SPEC}"),
        format!("//evil.example{SPEC}"),
        format!("http://user:pass@{{host}}{SPEC}"),
        format!("http://{{host}}{SPEC}#x"),
        "http://{host}/2.0/repositories/acme/website/diff/16182c4698fb".to_owned(),
        "http://{host}/2.0/repositories/acme/website/src/16182c4698fb/x".to_owned(),
        "http://{host}/2.0/repositories/acme/website/patch/16182c4698fb".to_owned(),
        "http://{host}/2.0/repositories/acme/wages/diffstat/16182c4698fb".to_owned(),
        "http://{host}/2.0/repositories/rival/website/diffstat/16182c4698fb".to_owned(),
        "http://{host}/2.0/repositories/acme/website/diffstat/../src/16182c4698fb".to_owned(),
        "http://{host}/repositories/acme/website/diffstat/16182c4698fb".to_owned(),
        format!("http://{{host}}{FIRST}"),
        "http://{host}/account/signin/".to_owned(),
    ] {
        let server = Server::answering({
            let to = to.clone();
            move |_, asked| sent_on(&to.replace("{host}", &host(asked)))
        })
        .await;
        let error = size(&server).await.unwrap_err();
        assert!(
            matches!(error, ClientError::NotAllowed { .. }),
            "{to}: {error}"
        );
        assert!(!error.to_string().contains("16182c4698fb"), "{error}");
        assert_eq!(server.asked().len(), 1, "{to}");
    }
    assert_eq!(elsewhere.asked().len(), 0);
}

#[tokio::test]
async fn sent_on_for_ever_it_ends() {
    let server =
        Server::answering(|_, asked| sent_on(&format!("http://{}{SPEC}", host(asked)))).await;
    let error = size(&server).await.unwrap_err();
    assert!(matches!(error, ClientError::BadRequest { .. }), "{error}");
    assert_eq!(server.asked().len(), 4);

    let server = Server::saying(vec![Answer::text(302, "")]).await;
    let error = size(&server).await.unwrap_err();
    assert!(
        matches!(error, ClientError::BadRequest { status: 302, .. }),
        "{error}"
    );
    assert_eq!(server.asked().len(), 1);

    // Two pages that lead to each other.
    let server = Server::answering(|number, asked| {
        let next = format!("http://{}{SPEC}&page={}", host(asked), 2 + number % 2);
        Answer::json(&json!({ "next": next, "values": [file(1, 1)] }))
    })
    .await;
    let error = size(&server).await.unwrap_err();
    assert!(matches!(error, ClientError::ForeignNext { .. }), "{error}");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn that_bitbucket_cannot_tell_is_a_row_too() {
    let timeout = || Answer::new(555, "text/html", "<html>timed out</html>");
    for (answer, problem, requests) in [
        (
            Answer::error(400, "No common ancestor"),
            "no common ancestor",
            2,
        ),
        (
            Answer::error(400, "no common ancestor."),
            "no common ancestor",
            2,
        ),
        (Answer::error(404, "Changeset not found."), "not found", 2),
        (Answer::text(404, "Not Found"), "not found", 2),
        (timeout(), "timeout", 3),
    ] {
        for at_once in [false, true] {
            let last = answer.clone();
            let server = Server::answering(move |number, asked| match number {
                0 if !at_once => sent_on(&format!("http://{}{SPEC}", host(asked))),
                _ => last.clone(),
            })
            .await;
            let page = size(&server).await.unwrap();
            let row = only(&page);
            assert_eq!(row.problem, Field::Value(problem.to_owned()));
            assert_eq!(
                row.source_commit_sha,
                Field::Value("16182c4698fb".to_owned())
            );
            assert_eq!((row.files, row.size), (Field::Null, Field::Null));
            assert_eq!((row.additions, row.deletions), (Field::Null, Field::Null));
            let expected = if at_once { requests - 1 } else { requests };
            assert_eq!(server.asked().len(), expected, "{problem}");
        }
    }
    // Half a sum is none.
    let server = Server::answering(move |number, asked| match number {
        0 => Answer::json(&json!({ "values": [file(1, 1)],
            "next": format!("http://{}{SPEC}&page=2", host(asked)) })),
        _ => timeout(),
    })
    .await;
    assert_eq!(only(&size(&server).await.unwrap()).files, Field::Null);
}

#[tokio::test]
async fn a_computation_may_succeed_the_second_time() {
    let server = Server::answering(|number, asked| match number {
        0 => sent_on(&format!("http://{}{SPEC}", host(asked))),
        1 => Answer::text(555, ""),
        _ => Answer::page(&[file(4, 2)]),
    })
    .await;
    assert_eq!(only(&size(&server).await.unwrap()).size, Field::Value(6));
    // Not from the beginning.
    let targets: Vec<_> = server
        .asked()
        .into_iter()
        .map(|asked| asked.target)
        .collect();
    assert_eq!(targets[1..], [SPEC, SPEC]);
}

#[tokio::test]
async fn other_failures_are_errors() {
    for (answer, requests) in [
        (Answer::error(403, "Forbidden"), 1),
        (Answer::error(401, "Token is invalid"), 1),
        (Answer::error(400, "Invalid something"), 1),
        (Answer::error(503, "boom"), 5),
    ] {
        let server = Server::saying(vec![answer]).await;
        let error = size(&server).await.unwrap_err();
        assert_eq!(server.asked().len(), requests, "{error}");
    }
    // A scope that reaches the first address but not the second is named for the second.
    let server = Server::answering(|number, asked| match number {
        0 => sent_on(&format!("http://{}{SPEC}", host(asked))),
        _ => Answer::error(
            403,
            "Your credentials lack one or more required privilege scopes.",
        ),
    })
    .await;
    let error = size(&server).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Forbidden { endpoint, .. } if endpoint.ends_with("{spec}")),
        "{error}"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_read_leaves_no_wrong_sum_and_no_path() {
    let bad = json!({ "lines_added": "many words", "lines_removed": 0, "new": { "path": "a secret path.rs" } });
    let server = Server::saying(vec![Answer::page(&[file(1, 1), bad])]).await;
    let page = size(&server).await.unwrap();
    let [row] = &page.batch.pull_sizes[..] else {
        panic!("{page:?}");
    };
    assert_eq!(row.problem, Field::Value("unreadable".to_owned()));
    assert_eq!((&row.files, &row.size), (&Field::Null, &Field::Null));
    let [reject] = &page.batch.rejects[..] else {
        panic!("{page:?}");
    };
    assert_eq!(reject.stream, Field::Value("pull_sizes".to_owned()));
    assert_eq!(
        reject.natural_key,
        Field::Value("acme/website#7".to_owned())
    );
    let shown = format!("{reject:?}");
    assert!(
        !shown.contains("secret") && !shown.contains("words"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_version_that_is_not_known_is_said_not_to_be() {
    let server = Server::saying(vec![Answer::page(&[])]).await;
    let page = server
        .client()
        .pull_size(&website(), 7, None)
        .await
        .unwrap();
    let row = only(&page);
    assert_eq!(row.source_commit_sha, Field::Null);
    assert_eq!((row.files, row.size), (Field::Value(0), Field::Value(0)));
}

#[tokio::test]
async fn page_by_page_it_brings_no_rows_and_takes_no_foreign_cursor() {
    let listing = Listing::PullDiffstat {
        repository: website(),
        number: 7,
    };
    let server = Server::answering(|number, asked| match number {
        0 => sent_on(&format!("http://{}{SPEC}", host(asked))),
        _ => Answer::json(&json!({ "values": [file(1, 1)],
            "next": format!("http://{}{SPEC}&page=2", host(asked)) })),
    })
    .await;
    let client = server.client();
    let page = client.page(&listing, None).await.unwrap();
    assert_eq!(page.values, 1);
    assert!(page.batch.pull_sizes.is_empty());
    assert!(page.next.is_some());
    for cursor in [
        "/repositories/acme/website/src/16182c4698fb/x",
        "/repositories/acme/website/diff/16182c4698fb",
        "/repositories/acme/website/diffstat/main",
        "2",
    ] {
        let cursor = Cursor::from(cursor.to_owned());
        let error = client.page(&listing, Some(&cursor)).await.unwrap_err();
        assert!(matches!(error, ClientError::ForeignNext { .. }), "{error}");
    }
    assert_eq!(server.asked().len(), 2);
    // Only a diffstat is ever sent on.
    let server =
        Server::answering(|_, asked| sent_on(&format!("http://{}{SPEC}", host(asked)))).await;
    let error = server.client().page(&pulls(), None).await.unwrap_err();
    assert!(
        matches!(error, ClientError::BadRequest { status: 302, .. }),
        "{error}"
    );
}
