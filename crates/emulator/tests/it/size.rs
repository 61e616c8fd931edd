//! How much pull requests change.

use std::collections::BTreeMap;

use emulator::{Credential, WorldSpec};

use crate::stage::{Stage, TOKEN, end};

#[tokio::test]
async fn sizes_are_the_truth_behind_a_redirection() {
    let stage = Stage::small().await;
    let truth = stage.emulator.world().truth_of_more();
    let mut problems: BTreeMap<String, usize> = BTreeMap::new();
    let (mut empty, mut long) = (0, 0);
    for row in truth["bitbucket_pull_sizes"].as_array().unwrap() {
        let (repository, number) = (row["repository"].as_str().unwrap(), &row["number"]);
        let place = repository.replace('{', "%7B").replace('}', "%7D");
        let path = stage.repo(&place, &format!("/pullrequests/{number}/diffstat"));
        let hop = stage.unfollowed(&path).await;
        let problem = row["problem"].as_str().unwrap_or("none");
        *problems.entry(problem.to_owned()).or_default() += 1;
        if problem == "not found" {
            assert_eq!(hop.status, 404);
            continue;
        }
        assert_eq!(hop.status, 302);
        let target = hop.header("location").unwrap().to_owned();
        assert!(target.starts_with(&stage.emulator.base_url()), "{target}");
        assert!(
            target.contains("%0D") && target.contains(row["source_commit_sha"].as_str().unwrap())
        );
        let reply = stage.get(&target).await;
        match problem {
            "timeout" => assert_eq!(reply.status, 555),
            "no common ancestor" => {
                assert_eq!(
                    (reply.status, reply.message()),
                    (400, "No common ancestor".to_owned())
                );
            }
            _ => {
                let files = stage.all(&target).await;
                assert_eq!(reply.json()["size"], row["files"]);
                assert_eq!(row["files"], files.len());
                let sum = |name: &str| {
                    files
                        .iter()
                        .map(|file| file[name].as_u64().unwrap())
                        .sum::<u64>()
                };
                assert_eq!(row["additions"], sum("lines_added"));
                assert_eq!(row["deletions"], sum("lines_removed"));
                assert_eq!(row["size"], sum("lines_added") + sum("lines_removed"));
                empty += usize::from(files.is_empty());
                long += usize::from(files.len() > 500);
            }
        }
    }
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(empty > 0 && long > 0);
}

#[tokio::test]
async fn the_redirection_needs_one_scope_and_its_target_another() {
    let token = Credential::api_token("marta@example.com", "t")
        .with_scopes(&["read:pullrequest:bitbucket"]);
    let name = token.authorization();
    let stage = Stage::with(&WorldSpec::small(end()), |options| {
        options.credentials = vec![Credential::workspace_access_token(TOKEN), token];
    })
    .await;
    let path = stage.repo("mission-control", "/pullrequests/1/diffstat");
    let hop = stage.unfollowed_as(&name, &path).await;
    assert_eq!(hop.status, 302);
    let target = stage
        .get_as(Some(&name), hop.header("location").unwrap())
        .await;
    assert_eq!(target.status, 403);
    assert_eq!(
        target.json()["error"]["detail"]["required"][0],
        "read:repository:bitbucket"
    );
}
