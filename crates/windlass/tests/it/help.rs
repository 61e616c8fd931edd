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
            "demo         Import a made-up workspace and show what can be asked of it",
            "import       Import a workspace of Bitbucket Cloud, or what is new in it",
            "query        Answer one SELECT, read-only",
            "schema       Say what the tables and columns mean",
            "doctor       Check the configuration, the database and the connection, and say how to mend them",
            "completions  Print the completion script of a shell",
            "help         Print this message or the help of the given subcommand(s)",
        ]
    );
}

#[tokio::test]
async fn every_command_takes_a_database_and_a_data_folder() {
    let program = Program::new();
    for command in ["demo", "import", "query", "schema", "doctor", "completions"] {
        let ran = program.run(&[command, "--help"]).await;
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
