//! Each way to fail that `docs/errors.md` lists: its code, and one line that says what to do.

use emulator::Credential;
use store::Db;

use crate::program::{EMAIL, Program, Ran, TOKEN, emulator};

async fn ran(command: &mut tokio::process::Command) -> Ran {
    Ran::of(command.output().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_or_wrong_in_the_configuration_is_3() {
    let program = Program::new();
    program
        .run(&["import", "--workspace", "acme-rockets"])
        .await
        .refused(
            3,
            "no token: put it in the variable WINDLASS_BITBUCKET_TOKEN",
        );
    program
        .run(&["import"])
        .await
        .refused(3, "no workspace: name it with --workspace");
    program
        .run(&["import", "--workspace", "x", "--token-file", "not-there"])
        .await
        .refused(3, "the token cannot be read from the file not-there");

    for (base_url, part) in [
        ("nonsense", "`nonsense` is no address of an API"),
        ("http://example.com/2.0", "must begin with https"),
        ("ftp://example.com", "must begin with https"),
    ] {
        ran(program
            .command(["import", "--workspace", "x", "--base-url", base_url])
            .env("WINDLASS_BITBUCKET_TOKEN", TOKEN))
        .await
        .refused(3, part);
    }
    // Nothing was made for it.
    assert!(!program.folder.path().join("data").exists());

    program
        .run(&["query", "SELECT 1", "--database", "mysql://x"])
        .await
        .refused(3, "use sqlite://FILE or postgres://");
    program
        .run(&["query", "SELECT 1", "--config", "not-there.toml"])
        .await
        .refused(3, "the configuration file not-there.toml cannot be read");
    ran(program.command(["doctor"]).env("WINDLASS_DATABSE", "x"))
        .await
        .refused(3, "did you mean WINDLASS_DATABASE?");
    program.file("windlass.toml", "[bitbuket]\nemail = 'a@b'");
    program.run(&["query", "SELECT 1"]).await.refused(
        3,
        "unknown key `bitbuket.email`: did you mean `bitbucket.email`?",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_on_the_command_line_is_2() {
    let program = Program::new();
    for (arguments, part) in [
        (
            &["import", "--stream", "pull_request"][..],
            "did you mean pull_requests?",
        ),
        (&["schema", "pull_request"], "did you mean pull_requests?"),
        (&["imprt"], "unrecognized subcommand"),
        (&["query"], "required arguments"),
    ] {
        let ran = program.run(arguments).await;
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(part), "{ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_bitbucket_refuses_is_4() {
    let (program, emulator) = (Program::new(), emulator().await);
    ran(program
        .import(&emulator, &[])
        .env("WINDLASS_BITBUCKET_TOKEN", "wrong"))
    .await
    .refused(4, "invalid_credentials: ");
    // An access token as if it were an API token.
    ran(&mut program.import(&emulator, &["--email", EMAIL]))
        .await
        .refused(4, "invalid_credentials: ");
    let base_url = emulator.base_url();
    ran(program
        .command(["import", "--workspace", "nobody", "--base-url", &base_url])
        .env("WINDLASS_BITBUCKET_TOKEN", TOKEN))
    .await
    .refused(4, "no_resources: the workspace `nobody` does not exist");

    let poor = Credential::workspace_access_token(TOKEN).with_scopes(&["account"]);
    emulator.set_credentials(vec![poor]);
    ran(&mut program.import(&emulator, &[]))
        .await
        .refused(4, "invalid_permissions: ");

    let half = Credential::workspace_access_token(TOKEN).without_scope("pipeline");
    emulator.set_credentials(vec![half]);
    let half = ran(&mut program.import(&emulator, &["--json"])).await;
    half.refused(
        4,
        "invalid_permissions: the import is not complete: pipelines",
    );
    assert!(half.stderr.contains("Add the scope pipeline"), "{half:?}");
    // The other streams are there nevertheless.
    let summary = half.json();
    assert_eq!(summary["complete"], false);
    assert_eq!(summary["rows"]["bitbucket_pulls"]["added"], 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_ready_is_5() {
    let (program, emulator) = (Program::new(), emulator().await);
    program
        .run(&["query", "SELECT 1"])
        .await
        .refused(5, "yet: fill it with `windlass import`");

    for address in [
        "sqlite:///dev/null/windlass.db",
        "sqlite:///proc/windlass.db",
        "postgres://nobody@127.0.0.1:1/nothing",
    ] {
        ran(&mut program.import(&emulator, &["--database", address]))
            .await
            .refused(5, "cannot be opened");
    }
    let noise = program.file("noise.db", &"this is no database ".repeat(100));
    ran(&mut program.import(&emulator, &["--database", &format!("sqlite://{noise}")]))
        .await
        .refused(5, "database");

    let database = testkit::sqlite().await;
    let read_only = format!("{}?mode=ro", database.address);
    ran(&mut program.import(&emulator, &["--database", &read_only]))
        .await
        .refused(5, "cannot be written");

    let Db::Sqlite { write, .. } = &database.db else {
        unreachable!()
    };
    sqlx::query(
        "INSERT INTO _sqlx_migrations SELECT 999999, 'from the future', installed_on, success, checksum, execution_time \
         FROM _sqlx_migrations LIMIT 1",
    )
    .execute(write)
    .await
    .unwrap();
    database.db.close().await;
    for arguments in [&["query", "SELECT 1"][..], &["doctor"]] {
        let ran = program
            .run(&[arguments, &["--database", &database.address]].concat())
            .await;
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(all.contains("newer than this program"), "{ran:?}");
    }
    ran(&mut program.import(&emulator, &["--database", &database.address]))
        .await
        .refused(5, "the database is newer than this program");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_postgres_is_5() {
    let (program, emulator) = (Program::new(), emulator().await);
    let address = testkit::new_postgres_database().await;
    let read_only = format!("{address}?options=-c%20default_transaction_read_only%3Don");
    Db::open(&address).await.unwrap().close().await;
    ran(&mut program.import(&emulator, &["--database", &read_only]))
        .await
        .refused(5, "cannot be written");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_gives_the_three_codes() {
    let (program, emulator) = (Program::new(), emulator().await);
    let base_url = emulator.base_url();
    let doctor = async |workspace: &str, token: &str| {
        ran(program
            .command(["doctor", "--workspace", workspace, "--base-url", &base_url])
            .env("WINDLASS_BITBUCKET_TOKEN", token))
        .await
    };
    let healthy = doctor("acme-rockets", TOKEN).await;
    healthy.succeeded();
    assert!(
        healthy
            .stdout
            .contains("accepts the token; it sees 4 repositories"),
        "{healthy:?}"
    );

    for (ran, code) in [
        (doctor("acme-rockets", "wrong").await, "invalid_credentials"),
        (doctor("nobody", TOKEN).await, "no_resources"),
    ] {
        ran.refused(1, "1 problem, see above");
        assert!(ran.stdout.contains(code), "{ran:?}");
    }
    let poor = Credential::workspace_access_token(TOKEN).with_scopes(&["account"]);
    emulator.set_credentials(vec![poor]);
    let ran = doctor("acme-rockets", TOKEN).await;
    ran.refused(1, "1 problem, see above");
    assert!(ran.stdout.contains("invalid_permissions"), "{ran:?}");
}
