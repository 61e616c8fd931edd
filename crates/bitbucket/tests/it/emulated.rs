//! A whole workspace of every oddity, as the emulator serves it, against the emulator's truth.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bitbucket::{Client, ClientConfig, Credential, Cursor, Listing, PullOrder, RepositoryRef};
use emulator::{Emulator, Options, World, WorldSpec};
use model::rows::{Batch, EventKind, EventRow, Row};
use model::{Id, Instant, ManualClock};
use serde_json::{Value, json};

use crate::server::{Log, start, uuid};

/// Everything of the workspace, through every listing.
struct Imported {
    truth: Value,
    repositories: Vec<RepositoryRef>,
    batches: Vec<Batch>,
    /// Events and comments of the feeds of repositories and of single pull requests.
    feed: [BTreeSet<Id>; 2],
}

async fn import() -> Imported {
    let clock = ManualClock::starting_at(start());
    let world = World::generate(&WorldSpec::small(start()), Arc::new(clock.clone()));
    let (truth, workspace) = (world.truth(), world.workspace_slug().to_owned());
    let options =
        Options::with_credentials([emulator::Credential::workspace_access_token("s3cret")]);
    let emulator = Emulator::start(world, options).await.unwrap();
    let credential = Credential::AccessToken {
        label: "Importer".to_owned(),
        token: "s3cret".to_owned().into(),
    };
    let base = emulator.base_url().parse().unwrap();
    let mut config = ClientConfig::new(base, workspace, credential);
    config.store_text = true;
    let client = Client::new(config, Arc::new(clock), Arc::new(Log::default())).unwrap();

    let mut batches = vec![client.workspace().await.unwrap().batch];
    batches.extend(walk(&client, &Listing::Members).await);
    let listed = walk(&client, &Listing::Repositories).await;
    let mut repositories = Vec::new();
    for row in listed.iter().flat_map(|batch| &batch.repositories) {
        repositories.push(RepositoryRef {
            uuid: uuid(row.source_id.as_value().unwrap()),
            full_name: row.full_name.clone().value().unwrap(),
            workspace_id: row.workspace_id.value().unwrap(),
        });
    }
    batches.extend(listed);
    let mut feed = [BTreeSet::new(), BTreeSet::new()];
    for repository in &repositories {
        let of = || repository.clone();
        let pulls = Listing::PullRequests {
            repository: of(),
            since: None,
            order: PullOrder::Created,
        };
        let pulls = walk(&client, &pulls).await;
        let activity = walk(&client, &Listing::RepositoryActivity { repository: of() }).await;
        feed[0].extend(happenings(&activity));
        batches.extend(activity);
        for row in pulls.iter().flat_map(|batch| &batch.pulls) {
            let number = row.number.value().unwrap();
            let activity = Listing::PullActivity {
                repository: of(),
                number,
            };
            let activity = walk(&client, &activity).await;
            feed[1].extend(happenings(&activity));
            let comments = Listing::PullComments {
                repository: of(),
                number,
                since: None,
            };
            batches.extend(activity);
            batches.extend(walk(&client, &comments).await);
        }
        batches.extend(pulls);
        batches.extend(walk(&client, &Listing::Pipelines { repository: of() }).await);
    }
    Imported {
        truth,
        repositories,
        batches,
        feed,
    }
}

fn happenings(batches: &[Batch]) -> impl Iterator<Item = Id> {
    batches.iter().flat_map(|batch| {
        let events = batch.events.iter().map(|row| row.id);
        events.chain(batch.comments.iter().map(|row| row.id))
    })
}

/// Walks a listing to its end.
pub(crate) async fn walk(client: &Client, listing: &Listing) -> Vec<Batch> {
    let mut batches = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        let page = client.page(listing, cursor.as_ref()).await.unwrap();
        assert_eq!(page.batch.rejects, [], "{listing:?}");
        batches.push(page.batch);
        cursor = page.next;
        if cursor.is_none() {
            return batches;
        }
    }
}

/// The rows of a table by id, as JSON; a row that was seen twice keeps what either sight said.
pub(crate) fn table<R: Row>(
    batches: &[Batch],
    rows: impl Fn(&Batch) -> &[R],
) -> BTreeMap<Id, Value> {
    let mut table: BTreeMap<Id, Value> = BTreeMap::new();
    for row in batches.iter().flat_map(rows) {
        let told = serde_json::to_value(row).unwrap();
        let known = table.entry(row.id()).or_insert_with(|| json!({}));
        for (name, value) in told.as_object().unwrap() {
            known[name] = value.clone();
        }
    }
    table
}

/// Compares the columns that both have; a truth's null is also met by what was never told.
pub(crate) fn compare(name: &str, truth: &Value, row: Option<&Value>) {
    let row = row.unwrap_or_else(|| panic!("{name}: nothing imported for {truth}"));
    for (column, value) in truth.as_object().unwrap() {
        let Some(imported) = row.get(column) else {
            continue;
        };
        let same = match (value.as_str(), imported.as_str()) {
            (Some(one), Some(other)) => {
                let dates = (one.parse::<Instant>(), other.parse::<Instant>());
                one == other || matches!(dates, (Ok(one), Ok(other)) if one == other)
            }
            _ => value == imported,
        };
        assert!(
            same,
            "{name}.{column}: {imported} instead of {value} in {truth}"
        );
    }
}

pub(crate) fn rows<'t>(truth: &'t Value, table: &str) -> &'t [Value] {
    truth[table].as_array().unwrap()
}

#[tokio::test]
async fn an_import_through_every_listing_is_the_truth() {
    let imported = import().await;
    let (truth, batches) = (&imported.truth, &imported.batches);
    let key = |row: &Value| uuid(row["source_id"].as_str().unwrap());

    let workspaces = table(batches, |batch| &batch.workspaces);
    for row in rows(truth, "bitbucket_workspaces") {
        compare("workspaces", row, workspaces.get(&Id::workspace(&key(row))));
    }
    let projects = table(batches, |batch| &batch.projects);
    for row in rows(truth, "bitbucket_projects") {
        compare("projects", row, projects.get(&Id::project(&key(row))));
    }
    let repositories = table(batches, |batch| &batch.repositories);
    assert_eq!(repositories.len(), imported.repositories.len());
    for row in rows(truth, "bitbucket_repositories") {
        compare(
            "repositories",
            row,
            repositories.get(&Id::repository(&key(row))),
        );
    }
    let users = table(batches, |batch| &batch.users);
    for row in rows(truth, "bitbucket_users") {
        compare("users", row, users.get(&Id::user(&key(row))));
    }
    let members = table(batches, |batch| &batch.members);
    let active = rows(truth, "bitbucket_users").iter();
    assert_eq!(
        members.len(),
        active.filter(|row| row["active"] == true).count()
    );
    let pipelines = table(batches, |batch| &batch.pipelines);
    assert_eq!(pipelines.len(), rows(truth, "bitbucket_pipelines").len());
    for row in rows(truth, "bitbucket_pipelines") {
        let imported = pipelines.get(&Id::pipeline(&key(row)));
        let mut row = row.clone();
        if !row["pull_number"].is_null() {
            // We call the source branch of such a run its ref, the emulator does not.
            row.as_object_mut().unwrap().remove("ref_name");
        }
        compare("pipelines", &row, imported);
    }

    let of = |row: &Value, number: &str| {
        let repository = uuid(row["repository"].as_str().unwrap());
        Id::pull(&repository, row[number].as_i64().unwrap())
    };
    let pulls = table(batches, |batch| &batch.pulls);
    assert_eq!(pulls.len(), rows(truth, "bitbucket_pulls").len());
    for row in rows(truth, "bitbucket_pulls") {
        compare("pulls", row, pulls.get(&of(row, "number")));
    }
    let reviewers = table(batches, |batch| &batch.reviewers);
    assert_eq!(
        reviewers.len(),
        rows(truth, "bitbucket_pull_reviewers").len()
    );
    let comments = table(batches, |batch| &batch.comments);
    assert_eq!(comments.len(), rows(truth, "bitbucket_pull_comments").len());
    for row in rows(truth, "bitbucket_pull_comments") {
        let id: i64 = row["source_id"].as_str().unwrap().parse().unwrap();
        let mut row = row.clone();
        row["source_id"] = json!(id);
        compare("comments", &row, comments.get(&Id::comment(id)));
    }
    let events = table(batches, |batch| &batch.events);
    let mut told: BTreeMap<Id, Vec<&Value>> = BTreeMap::new();
    for row in rows(truth, "bitbucket_pull_events") {
        let kind = EventKind::parse(row["kind"].as_str().unwrap()).unwrap();
        let user = row["user"].as_str().map(|user| Id::user(&uuid(user)));
        let at = row["occurred_at"].as_str().unwrap().parse().unwrap();
        let row_of = EventRow::of(of(row, "number"), kind, user, at, start());
        told.entry(row_of.id).or_default().push(row);
    }
    assert_eq!(events.len(), told.len());
    for (id, rows) in told {
        // Entries have no id: of two at the same microsecond by the same account one is kept.
        if let [row] = rows[..] {
            compare("events", row, events.get(&id));
        }
    }
    // Both feeds tell the same.
    assert_eq!(imported.feed[0], imported.feed[1]);
    assert_eq!(imported.feed[0].len(), events.len() + comments.len());
}
