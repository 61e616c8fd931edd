//! `windlass people list`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use analysis::{Work, work_of_accounts};
use serde::Serialize;
use store::{Evidence, IdentitySource};

use crate::cli::{Global, PeopleListArguments};
use crate::output::json;
use crate::output::table::{Align, plain};
use crate::session::Session;

/// A person, for programs.
#[derive(Serialize)]
struct Listed {
    id: i64,
    name: Option<String>,
    email: Option<String>,
    timezone: Option<String>,
    started_on: Option<String>,
    developer: bool,
    provisional: bool,
    active: bool,
    accounts: usize,
    pull_requests: i64,
    reviews: i64,
    commits: i64,
}

/// What each person did, by their accounts and, of commits without an account, by their addresses.
pub(crate) fn work_of_people(
    evidence: &Evidence,
    work: &[(Option<model::Id>, Work)],
) -> BTreeMap<i64, Work> {
    let mut people: BTreeMap<i64, Work> = BTreeMap::new();
    let of_account: BTreeMap<_, i64> = evidence
        .identities
        .iter()
        .filter(|identity| identity.source == IdentitySource::Bitbucket)
        .filter_map(|identity| Some((identity.row?, identity.user)))
        .collect();
    for (account, work) in work {
        if let Some(user) = account.and_then(|account| of_account.get(&account)) {
            *people.entry(*user).or_default() += *work;
        }
    }
    let of_address: BTreeMap<&str, i64> = evidence
        .identities
        .iter()
        .filter(|identity| identity.source == IdentitySource::Email)
        .map(|identity| (identity.account.as_str(), identity.user))
        .collect();
    for commit in &evidence.commits {
        let address = sync::people::address::normal(&commit.address);
        let (None, Some(address)) = (commit.account, address) else {
            continue;
        };
        if let Some(user) = of_address.get(address.as_str()) {
            people.entry(*user).or_default().commits += commit.commits;
        }
    }
    people
}

pub(super) async fn run(global: &Global, arguments: &PeopleListArguments) -> anyhow::Result<()> {
    let session = Session::open(global).await?;
    let evidence = session.db.evidence().await?;
    let work = work_of_people(
        &evidence,
        &work_of_accounts(&session.db, session.now()).await?,
    );
    let listed: Vec<Listed> = evidence
        .people
        .iter()
        .filter(|person| !arguments.provisional || person.provisional)
        .map(|person| {
            let work = work.get(&person.id).copied().unwrap_or_default();
            Listed {
                id: person.id,
                name: person.name.clone(),
                email: person.email.clone(),
                timezone: person.timezone.clone(),
                started_on: person.started_on.clone(),
                developer: person.developer,
                provisional: person.provisional,
                active: person.active,
                accounts: evidence
                    .identities
                    .iter()
                    .filter(|one| one.user == person.id && one.source != IdentitySource::Email)
                    .count(),
                pull_requests: work.pull_requests,
                reviews: work.reviews,
                commits: work.commits,
            }
        })
        .collect();
    let out = &mut io::stdout().lock();
    if arguments.json {
        return json::write(&listed, out);
    }
    let rows = listed.into_iter().map(|one| {
        vec![
            one.id.to_string(),
            one.name.unwrap_or_else(|| "(forgotten)".to_owned()),
            one.email.unwrap_or_else(|| "(not known)".to_owned()),
            one.timezone.unwrap_or_default(),
            if one.active { "" } else { "left" }.to_owned(),
            one.pull_requests.to_string(),
            one.reviews.to_string(),
            one.commits.to_string(),
        ]
    });
    let header = [
        "id",
        "name",
        "address",
        "time zone",
        "",
        "pull requests",
        "reviews",
        "commits",
    ];
    let (left, right) = (Align::Left, Align::Right);
    let align = [right, left, left, left, left, right, right, right];
    writeln!(out, "{}", plain(&header, &align, rows))?;
    Ok(())
}
