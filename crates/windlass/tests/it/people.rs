//! People and teams, as somebody at the command line meets them.

use emulator::Emulator;
use serde_json::Value;

use crate::program::{EMAIL, JIRA_TOKEN, Program, Ran, emulator};

/// A program that has imported the workspace and the site of Jira, each with what it needs.
async fn imported() -> (Program, Emulator) {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    let site = emulator.jira_base_url();
    let arguments = [
        "connection",
        "add",
        "jira_cloud",
        "--site",
        &site,
        "--email",
        EMAIL,
        "--name",
        "jira",
        "--token-stdin",
    ];
    program.with_input(&arguments, JIRA_TOKEN).await.succeeded();
    let both = program.run(&["import", "--json"]).await;
    both.succeeded();
    let summaries = both.json();
    assert_eq!(summaries.as_array().unwrap().len(), 2, "{summaries}");
    (program, emulator)
}

async fn json(program: &Program, arguments: &[&str]) -> Value {
    let ran = program.run(arguments).await;
    ran.succeeded();
    ran.json()
}

/// The people by their numbers, who have an address first.
async fn people(program: &Program) -> Vec<Value> {
    let mut people = json(program, &["people", "list", "--json"]).await;
    let mut people = std::mem::take(people.as_array_mut().unwrap());
    people.sort_by_key(|person| (person["email"].is_null(), person["id"].as_i64()));
    people
}

fn number(person: &Value) -> String {
    person["id"].to_string()
}

/// A UUID of an account that a person has in Bitbucket.
async fn account_of(program: &Program, person: &str) -> String {
    let shown = json(program, &["people", "show", person, "--json"]).await;
    let mut identities = shown["identities"].as_array().unwrap().iter();
    let of_bitbucket = identities.find(|one| one["source"] == "bitbucket").unwrap();
    of_bitbucket["account"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_and_somebodys_word_holds() {
    let (program, _emulator) = imported().await;
    let all = people(&program).await;
    assert!(
        all.iter().any(|person| person["timezone"].is_string()),
        "{all:?}"
    );
    let (one, other) = (number(&all[0]), number(&all[1]));
    let email = all[0]["email"].as_str().unwrap();
    let by_email = json(&program, &["people", "show", email, "--json"]).await;
    assert_eq!(by_email["id"], all[0]["id"]);
    for arguments in [
        &["people", "list"][..],
        &["people", "list", "--provisional"],
        &["people", "show", &one],
        &["people", "unmatched"],
        &["people", "suggest"],
        &["teams", "list"],
    ] {
        program.run(arguments).await.succeeded();
    }
    let missing = json(&program, &["people", "unmatched", "--json"]).await;
    let share = &missing["coverage"]["pull_requests"];
    assert!(
        share["with_person"].as_i64() <= share["all"].as_i64(),
        "{share}"
    );

    let account = account_of(&program, &one).await;
    program
        .run(&["people", "link", &account, &other])
        .await
        .succeeded();
    let shown = json(&program, &["people", "show", &other, "--json"]).await;
    let linked = |shown: &Value| {
        let identities = shown["identities"].as_array().unwrap();
        let mut of = identities
            .iter()
            .filter(|it| it["account"] == account.as_str());
        of.next().map(|it| it["matched_by"].clone())
    };
    assert_eq!(linked(&shown), Some("decision".into()), "{shown}");
    program
        .run(&["people", "unlink", &account])
        .await
        .succeeded();
    program.run(&["import", "--full"]).await.succeeded();
    let shown = json(&program, &["people", "show", &other, "--json"]).await;
    assert_eq!(linked(&shown), None, "{shown}");
    assert_eq!(shown["decisions"][0]["decision"], "link");

    program
        .run(&["people", "merge", &number(&all[2]), &other])
        .await
        .succeeded();
    let gone = program.run(&["people", "show", &number(&all[2])]).await;
    gone.refused(2, "there is no person");
    // The log of changes names nobody.
    let log = program.run(&["audit"]).await;
    assert!(
        log.stdout.contains("people.merge") && !log.stdout.contains('@'),
        "{log:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_can_be_said_to_be_a_programs() {
    let (program, _emulator) = imported().await;
    let all = people(&program).await;
    let account = account_of(&program, &number(&all[0])).await;
    let before = all.len();
    let marked = json(&program, &["people", "mark", &account, "ai_bot", "--json"]).await;
    assert_eq!(marked["person"], Value::Null);
    let sql = format!("SELECT type, bot FROM bitbucket_users WHERE source_id = '{account}'");
    let found = json(&program, &["query", &sql, "--format", "json"]).await;
    assert_eq!(found[0]["type"], "ai_bot");
    let linked = program
        .run(&["people", "link", &account, &number(&all[1])])
        .await;
    linked.refused(2, "is a program's account");
    program
        .run(&["people", "mark", &account, "human"])
        .await
        .succeeded();
    assert_eq!(people(&program).await.len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_people_and_teams_are_tried_before_they_are_written() {
    let (program, _emulator) = imported().await;
    let all = people(&program).await;
    let known = all[0]["email"].as_str().unwrap();
    let list = program.file(
        "people.csv",
        &format!("email,name,timezone,start_date,developer\n{known},Countess,Europe/Lisbon,2024-02-01,no\nnew@example.com,Newcomer,,,\n"),
    );
    let tried = json(&program, &["people", "import", &list, "--json"]).await;
    assert_eq!(
        (&tried["made"], &tried["changed"], &tried["applied"]),
        (&1.into(), &1.into(), &false.into())
    );
    assert_eq!(people(&program).await.len(), all.len());
    program
        .run(&["people", "import", &list, "--apply"])
        .await
        .succeeded();
    let again = json(&program, &["people", "import", &list, "--apply", "--json"]).await;
    assert_eq!(
        (&again["made"], &again["unchanged"]),
        (&0.into(), &2.into())
    );
    program.run(&["import", "--full"]).await.succeeded();
    let shown = json(&program, &["people", "show", known, "--json"]).await;
    assert_eq!(
        (&shown["name"], &shown["timezone"]),
        (&"Countess".into(), &"Europe/Lisbon".into())
    );
    assert_eq!(
        (&shown["started_on"], &shown["developer"]),
        (&"2024-02-01".into(), &false.into())
    );

    let list = program.file(
        "teams.json",
        &format!(
            r#"[{{"team": "Engines", "parent": "Everybody", "members": [
                {{"email": "{known}", "from": "2024-02-01", "to": "2025-06-30"}},
                {{"email": "{known}", "from": "2026-01-01"}},
                {{"email": "stranger@example.com"}}]}},
              {{"team": "Hulls", "parent": "Everybody"}}]"#
        ),
    );
    let tried = json(&program, &["teams", "import", &list, "--json"]).await;
    assert_eq!(
        tried["made"],
        serde_json::json!(["Engines", "Everybody", "Hulls"])
    );
    assert_eq!(
        tried["unknown"],
        serde_json::json!(["stranger@example.com"])
    );
    assert_eq!(
        json(&program, &["teams", "list", "--json"]).await,
        serde_json::json!([])
    );
    program
        .run(&["teams", "import", &list, "--apply"])
        .await
        .succeeded();
    let again = json(&program, &["teams", "import", &list, "--apply", "--json"]).await;
    assert_eq!(
        (&again["unchanged"], &again["made"]),
        (&2.into(), &serde_json::json!([]))
    );
    let engines = json(&program, &["teams", "show", "Engines", "--json"]).await;
    let days: Vec<_> = engines["people"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["from_on"].as_str().unwrap(), one["to_on"].as_str()))
        .collect();
    assert_eq!(
        days,
        [("2024-02-01", Some("2025-06-30")), ("2026-01-01", None)]
    );

    // One by one.
    program
        .run(&[
            "teams",
            "add",
            "Hulls",
            "--member",
            "new@example.com",
            "--from",
            "2025-01-01",
        ])
        .await
        .succeeded();
    let twice = program
        .run(&["teams", "add", "Hulls", "--member", "new@example.com"])
        .await;
    twice.refused(2, "at that time already");
    program
        .run(&[
            "teams",
            "remove",
            "Hulls",
            "--member",
            "new@example.com",
            "--on",
            "2025-03-31",
        ])
        .await
        .succeeded();
    program
        .run(&["teams", "remove", "Everybody"])
        .await
        .refused(2, "is part of Everybody");
    program.run(&["teams", "remove", "Hulls"]).await.succeeded();
    let sql = "SELECT name, flattened_parent, contributors FROM dx_teams WHERE deleted_at IS NULL ORDER BY name";
    let teams = json(&program, &["query", sql, "--format", "json"]).await;
    assert_eq!(
        teams[0]["flattened_parent"], "Everybody » Engines",
        "{teams}"
    );
    assert_eq!(teams[0]["contributors"], 1);
    let circle = program
        .run(&["teams", "add", "Everybody", "--parent", "Engines"])
        .await;
    circle.refused(2, "part of itself");

    // Yesterday is that of the account: it never is the same day in the first zone and in the second.
    let mut last = Vec::new();
    for (zone, team) in [("Pacific/Kiritimati", "East"), ("Etc/GMT+12", "West")] {
        program
            .run(&["settings", "set", "timezone", zone])
            .await
            .succeeded();
        let member = ["--member", "new@example.com", "--json"];
        let changed = async |command: &str| {
            json(&program, &[&["teams", command, team][..], &member].concat()).await
        };
        changed("add").await;
        last.push(
            changed("remove").await["to_on"]
                .as_str()
                .unwrap()
                .to_owned(),
        );
    }
    assert!(last[0] > last[1], "{last:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_that_cannot_be_meant_are_refused_with_their_place() {
    let (program, _emulator) = imported().await;
    let refused = async |command: &str, name: &str, text: &str, part: &str| {
        let list = program.file(name, text);
        program
            .run(&[command, "import", &list])
            .await
            .refused(2, part);
    };
    refused(
        "people",
        "a.csv",
        "email,nmae\na@example.com,Ada\n",
        "there is no column `nmae`",
    )
    .await;
    refused(
        "people",
        "b.csv",
        "email\nada\n",
        "record 1 of the list: the value of `email` is no address",
    )
    .await;
    refused(
        "people",
        "c.json",
        "[{\"email\": \"a@example.com\", \"timezone\": \"Mars\"}]",
        "time zone",
    )
    .await;
    refused("people", "d.json", "{", "no JSON array").await;
    refused(
        "teams",
        "e.csv",
        "team,email,from\nX,a@example.com,tomorrow\n",
        "2027-01-31",
    )
    .await;
    refused(
        "teams",
        "f.csv",
        "team,email,from,to\nX,a@example.com,2026-02-01,2026-01-01\n",
        "before the first",
    )
    .await;
    refused(
        "teams",
        "g.csv",
        "team,parent\nX,Y\nY,X\n",
        "part of itself",
    )
    .await;
    let unknown = program.run(&["people", "show", "Nobody At All"]).await;
    unknown.refused(2, "there is no person `Nobody At All`");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_forgotten_stays_so_through_imports_and_lists() {
    let (program, _emulator) = imported().await;
    let all = people(&program).await;
    let (id, email) = (
        number(&all[0]),
        all[0]["email"].as_str().unwrap().to_owned(),
    );
    let name = all[0]["name"].as_str().unwrap().to_owned();
    program
        .run(&["people", "forget", &id])
        .await
        .refused(2, "--yes");
    let told = json(&program, &["people", "forget", &id, "--yes", "--json"]).await;
    assert!(told["addresses"].as_i64() >= Some(1), "{told}");
    program.run(&["import", "--full"]).await.succeeded();
    let says_nothing = |ran: &Ran| {
        ran.succeeded();
        assert!(
            !ran.stdout.contains(&email) && !ran.stdout.contains(&name),
            "{ran:?}"
        );
    };
    for sql in [
        "SELECT * FROM users",
        "SELECT * FROM bitbucket_users",
        "SELECT * FROM jira_users",
        "SELECT author_name, author_email FROM bitbucket_commits",
        "SELECT * FROM identities",
    ] {
        says_nothing(&program.run(&["query", sql, "--format", "json"]).await);
    }
    says_nothing(&program.run(&["audit"]).await);
    let after = json(&program, &["people", "show", &id, "--json"]).await;
    assert_eq!(after["pull_requests"], all[0]["pull_requests"]);
    let list = program.file("again.csv", &format!("email,name\n{email},{name}\n"));
    program
        .run(&["people", "import", &list, "--apply"])
        .await
        .refused(2, "forgotten");
    // A new key keeps them away as well.
    program.run(&["secret-key", "rotate"]).await.succeeded();
    program.run(&["import", "--full"]).await.succeeded();
    says_nothing(
        &program
            .run(&["query", "SELECT * FROM users", "--format", "json"])
            .await,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jira_that_refuses_is_told_and_bitbucket_is_imported_nonetheless() {
    let (program, emulator) = imported().await;
    emulator.revoke(JIRA_TOKEN);
    let refused = program.run(&["import", "jira"]).await;
    refused.refused(4, "invalid_credentials: ");
    let both = program.run(&["import"]).await;
    both.refused(4, "invalid_credentials: ");
    assert!(both.stdout.contains("acme-rockets"), "{both:?}");
    let shown = json(&program, &["connection", "show", "jira", "--json"]).await;
    assert_eq!(shown["state"], "failing");
}
