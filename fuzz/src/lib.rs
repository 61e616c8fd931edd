//! What the targets have in common: every listing, and what must hold of whatever was read.

use bitbucket::fuzzing::Single;
use bitbucket::webhook::{Delivery, DeliveryError, EventKey};
use bitbucket::{ClientError, Listing, Page, PullOrder, RepositoryRef};
use model::rows::Batch;
use model::{Id, Instant, Uuid};

/// The repository that everything belongs to.
pub fn repository() -> RepositoryRef {
    let uuid = |text| Uuid::parse(text).expect("a UUID");
    RepositoryRef {
        uuid: uuid("{aa000000-0000-4000-8000-000000000001}"),
        full_name: "acme/website".to_owned(),
        workspace_id: Id::workspace(&uuid("{ee000000-0000-4000-8000-000000000001}")),
    }
}

/// The listing that a byte stands for.
pub fn listing(which: u8) -> Listing {
    let repository = repository();
    match which % 13 {
        0 => Listing::Repositories,
        1 => Listing::Members,
        2 => Listing::PullRequests {
            repository,
            since: None,
            order: PullOrder::Created,
        },
        3 => Listing::RepositoryActivity { repository },
        4 => Listing::PullActivity {
            repository,
            number: 7,
        },
        5 => Listing::PullComments {
            repository,
            number: 7,
            since: None,
        },
        6 => Listing::Pipelines { repository },
        7 => Listing::Commits {
            repository,
            revision: "feature/a b".to_owned(),
            exclude: None,
        },
        8 => Listing::PullCommits {
            repository,
            number: 7,
            pull_updated_at: Instant::from_seconds(1_700_000_000),
        },
        9 => Listing::PipelineSteps {
            repository,
            pipeline: Uuid::parse("{dd-1}").expect("a UUID"),
        },
        10 => Listing::Environments { repository },
        11 => Listing::Deployments { repository },
        _ => Listing::PullDiffstat {
            repository,
            number: 7,
        },
    }
}

/// The single record that a byte stands for.
pub fn single(which: u8, repository: &RepositoryRef) -> Single<'_> {
    match which % 5 {
        0 => Single::Workspace,
        1 => Single::Repository,
        2 => Single::PullRequest(repository),
        3 => Single::Commit(repository, "0123"),
        _ => Single::Pipeline(repository),
    }
}

/// The delivery of a body that a byte stands for.
pub fn delivery(which: u8, body: &[u8]) -> Delivery {
    let keys = EventKey::ALL;
    let which = usize::from(which & 0x7f);
    Delivery {
        event: keys[which % keys.len()].clone(),
        body: body.to_vec(),
        event_time: (which >= keys.len()).then(|| Instant::from_seconds(1_600_000_000)),
        hook_uuid: None,
        request_uuid: None,
        attempt: 1,
    }
}

/// What must hold of every page.
pub fn check(page: &Page) {
    for row in &page.batch.commits {
        let sha = row.sha.as_value().expect("every commit has a hash");
        assert_eq!(row.id, Id::commit(&repository().uuid, sha));
    }
    check_batch(&page.batch);
}

/// What must hold of all rows, wherever they come from.
pub fn check_batch(batch: &Batch) {
    for row in &batch.rejects {
        let told = [&row.natural_key, &row.json_path, &row.reason];
        for words in told.into_iter().filter_map(|words| words.as_value()) {
            ours(words);
        }
    }
    for row in &batch.commits {
        let sha = row.sha.as_value().expect("every commit has a hash");
        let sha12 = row.sha12.as_value().expect("and what it begins with");
        assert!(sha.len() == 40 && sha.starts_with(sha12.as_str()) && sha12.len() == 12);
    }
    for place in &batch.pull_commits {
        let mut commits = batch.commits.iter();
        assert!(commits.any(|row| Some(row.id) == place.commit_id.value()));
    }
    writable(batch);
}

/// What must hold of every error.
pub fn check_error(error: &ClientError) {
    match error {
        ClientError::Undecodable {
            json_path, reason, ..
        } => {
            ours(json_path);
            ours(reason);
        }
        other => panic!("{other:?}"),
    }
}

/// What must hold of every error of a delivery.
pub fn check_delivery_error(error: &DeliveryError) {
    match error {
        DeliveryError::Undecodable {
            json_path, reason, ..
        } => {
            ours(json_path);
            ours(reason);
        }
        DeliveryError::NotAnObject { .. } => {}
        DeliveryError::NoEventKey => panic!("there was a key"),
    }
}

/// Our own words have no letter beyond ASCII and no end of line, and are few: a word of a record
/// in them would show sooner or later.
fn ours(words: &str) {
    assert!(words.len() <= 250, "{words}");
    assert!(words.chars().all(|c| (' '..='~').contains(&c)), "{words}");
}

/// Every row can be written down.
fn writable(batch: &Batch) {
    macro_rules! write {
        ($($rows:ident),+) => {
            $(for row in &batch.$rows {
                serde_json::to_string(row).expect("a row is plain");
            })+
        };
    }
    write!(
        workspaces,
        projects,
        repositories,
        users,
        members,
        pulls,
        reviewers,
        events,
        comments,
        pipelines,
        steps,
        environments,
        deployments,
        commits,
        pull_commits,
        pull_sizes,
        rejects
    );
}
