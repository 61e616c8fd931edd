use crate::program::Program;

#[tokio::test]
async fn the_help_names_every_command_in_one_line() {
    let ran = Program::new().run(&["--help"]).await;
    ran.succeeded();
    let commands: Vec<&str> = ran
        .stdout
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .map(str::trim)
        .collect();
    assert_eq!(
        commands,
        [
            "demo         Import a made-up workspace and show what can be asked of it, in pages too",
            "connection   Add, list, check, change and remove connections",
            "credential   Add, list, replace, rename and remove the credentials of a connection",
            "filter       Say which repositories of a connection are imported",
            "import       Import a workspace of Bitbucket Cloud, or what is new in it",
            "serve        Import what is due, for as long as it runs",
            "webhook      Have Bitbucket tell at once what happens, and see what it told",
            "people       Say who is who: which accounts and addresses are one person's",
            "teams        Say who is and was in which team",
            "login        Say who may use the pages, and let somebody in",
            "status       Say how fresh and how complete everything is, and what deserves a look",
            "runs         List the runs of the import",
            "report       Show how work flows: pull requests, reviews, pipelines, deployments, people",
            "query        Answer one SELECT, read-only",
            "schema       Say what the tables and columns mean",
            "settings     Show and change what holds for the whole account: time zone, working time, holidays",
            "rules        Say which pipeline runs are deployments, and try it out before",
            "deployment   Tell of deployments outside Bitbucket, and list all",
            "incident     Tell when an incident begins and ends",
            "data         Delete imported data",
            "database     Set the database up for queries of people, and pack months for reports",
            "doctor       Check the configuration, the database and the connections, and say how to mend them",
            "audit        List the changes that people made",
            "secret-key   Show or change the key under which secrets are kept",
            "completions  Print the completion script of a shell",
            "help         Print this message or the help of the given subcommand(s)",
        ]
    );
}

#[tokio::test]
async fn every_command_takes_a_database_and_a_data_folder() {
    let program = Program::new();
    for command in [
        "demo",
        "connection",
        "connection add",
        "connection add bitbucket_cloud",
        "connection add jira_cloud",
        "connection list",
        "connection show",
        "connection verify",
        "connection set",
        "connection pause",
        "connection resume",
        "connection sync",
        "connection remove",
        "settings show",
        "settings set",
        "settings unset",
        "credential add",
        "credential list",
        "credential replace",
        "credential rename",
        "credential remove",
        "filter show",
        "filter set",
        "filter add",
        "filter remove",
        "import",
        "serve",
        "webhook register",
        "webhook list",
        "webhook verify",
        "webhook secret",
        "webhook rotate-secret",
        "webhook remove",
        "webhook curl",
        "webhook deliveries",
        "webhook show",
        "webhook replay",
        "login list",
        "login add",
        "login link",
        "login remove",
        "people list",
        "people show",
        "people unmatched",
        "people link",
        "people unlink",
        "people merge",
        "people suggest",
        "people import",
        "people mark",
        "people forget",
        "teams list",
        "teams show",
        "teams import",
        "teams add",
        "teams remove",
        "status",
        "runs",
        "report",
        "query",
        "schema",
        "rules list",
        "rules add",
        "rules test",
        "rules remove",
        "deployment record",
        "deployment list",
        "incident open",
        "incident close",
        "incident list",
        "data delete",
        "database grant-console",
        "database pack",
        "doctor",
        "audit",
        "secret-key show",
        "secret-key rotate",
        "completions",
    ] {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let ran = program.run(&words).await;
        ran.succeeded();
        for flag in ["--database", "--data-dir", "--config", "--verbose"] {
            assert!(ran.stdout.contains(flag), "{command} {flag}");
        }
    }
}

#[tokio::test]
async fn the_version_and_the_completions_are_there() {
    let program = Program::new();
    let version = program.run(&["-V"]).await;
    assert_eq!(
        version.stdout.trim(),
        format!("windlass {}", env!("CARGO_PKG_VERSION"))
    );
    for shell in ["bash", "zsh", "fish"] {
        let ran = program.run(&["completions", shell]).await;
        ran.succeeded();
        assert!(ran.stdout.contains("windlass") && ran.stdout.contains("doctor"));
    }
}
