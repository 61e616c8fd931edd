use emulator::{Fault, FaultKind};

use crate::program::{API_TOKEN, EMAIL, Program, Ran, TOKEN, emulator};

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_ever_shown_however_much_is_logged() {
    let emulator = emulator().await;
    // A proxy that repeats what it was sent is the worst that can happen.
    emulator.inject(Fault::on(
        "/members",
        FaultKind::Status(403, format!("Bearer {TOKEN} Basic {EMAIL}:{API_TOKEN}")),
    ));
    let base_url = emulator.base_url();
    let program = Program::new();
    let database = "postgres://ann:s3cret-password@127.0.0.1:1/nothing";
    let mut everything = String::new();
    for (arguments, token) in [
        (&["import"][..], TOKEN),
        (&["import", "--full", "--json"], TOKEN),
        (&["import", "--email", EMAIL], API_TOKEN),
        (&["import", "--database", database], TOKEN),
        (&["doctor"], TOKEN),
        (&["doctor", "--email", EMAIL], TOKEN),
        (&["doctor", "--database", database], TOKEN),
    ] {
        let output = program
            .command(arguments)
            .args([
                "-vvv",
                "--workspace",
                "acme-rockets",
                "--base-url",
                &base_url,
            ])
            .env("WINDLASS_BITBUCKET_TOKEN", token)
            .env("WINDLASS_LOG", "trace")
            .output();
        let ran = Ran::of(output.await.unwrap());
        everything.push_str(&ran.stdout);
        everything.push_str(&ran.stderr);
    }
    let of_database = std::fs::read(program.folder.path().join("data/windlass.db")).unwrap();
    everything.push_str(&String::from_utf8_lossy(&of_database));
    assert!(everything.len() > 10_000);
    for secret in [TOKEN, API_TOKEN, EMAIL, "s3cret-password"] {
        let found = everything.find(secret).map(|at| {
            let from = everything.floor_char_boundary(at.saturating_sub(200));
            &everything[from..at]
        });
        assert_eq!(found, None, "{secret}");
    }
}
