use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use emulator::{Fault, FaultKind};

use crate::program::{API_TOKEN, EMAIL, Program, Ran, TOKEN, emulator};
use crate::serve::Serving;

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

/// A secret in every spelling in which it might slip out.
fn spellings(secret: &str) -> Vec<String> {
    let encoded: String = secret.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let usual: String = secret
        .chars()
        .map(|c| match c {
            '@' => "%40".to_owned(),
            c => c.to_string(),
        })
        .collect();
    // In the middle of a longer text Base64 looks otherwise, by where it begins; the letters at
    // either end depend on what stands beside it.
    let shifted = (0..3).map(|shift| {
        let text = format!("{}{secret}", "x".repeat(shift));
        let all = STANDARD.encode(text);
        all.get(4..all.len() - 4).unwrap().to_owned()
    });
    [secret.to_owned(), encoded, usual]
        .into_iter()
        .chain(shifted)
        .collect()
}

/// Collects the arguments of every process of this program until it is told to stop.
fn watch_arguments(
    stop: Arc<AtomicBool>,
) -> (std::thread::JoinHandle<()>, Arc<Mutex<BTreeSet<String>>>) {
    let seen = Arc::new(Mutex::new(BTreeSet::new()));
    let collected = Arc::clone(&seen);
    let program = env!("CARGO_BIN_EXE_windlass");
    let watcher = std::thread::spawn(move || {
        while !stop.load(Ordering::Relaxed) {
            for process in std::fs::read_dir("/proc").unwrap().flatten() {
                let Ok(arguments) = std::fs::read(process.path().join("cmdline")) else {
                    continue;
                };
                let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
                if arguments.starts_with(program) {
                    collected.lock().unwrap().insert(arguments);
                }
            }
            std::thread::yield_now();
        }
    });
    (watcher, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_of_a_connection_tells_no_secret_anywhere() {
    let emulator = emulator().await;
    let program = Program::new();
    let stop = Arc::new(AtomicBool::new(false));
    let (watcher, arguments) = watch_arguments(Arc::clone(&stop));
    let mut everything = String::new();
    let mut note = |ran: Ran| {
        everything.push_str(&ran.stdout);
        everything.push_str(&ran.stderr);
    };
    let loud = ["-vvv"];
    note(program.add(&emulator, &["-vvv", "--json"]).await);
    let add = [
        "credential",
        "add",
        "acme-rockets",
        "--token-stdin",
        "--json",
        "-vvv",
        "--email",
        EMAIL,
    ];
    note(program.with_input(&add, API_TOKEN).await);
    for command in [
        &["import", "acme-rockets", "--json"][..],
        &["import", "--full"],
        &["import", "--estimate", "--json"],
        &["connection", "list", "--json"],
        &["connection", "show", "acme-rockets"],
        &["credential", "list", "acme-rockets", "--json"],
        &["connection", "verify", "acme-rockets"],
        &["connection", "verify", "acme-rockets", "--json"],
        &["status", "--json"],
        &["status"],
        &["runs", "--json"],
        &["audit", "--json"],
        &["doctor"],
        &["secret-key", "rotate"],
        &["secret-key", "show", "--json"],
    ] {
        let output = program
            .command(command.iter().chain(&loud))
            .env("WINDLASS_LOG", "trace")
            .output();
        note(Ran::of(output.await.unwrap()));
    }
    let serving = Serving::start(&program, &loud).await;
    program
        .run(&["connection", "sync", "acme-rockets"])
        .await
        .succeeded();
    everything.push_str(&serving.stop().await.1);
    // Now both are refused, by a server that repeats what it was sent.
    emulator.set_credentials(vec![]);
    emulator.inject(Fault::on(
        "/workspaces",
        FaultKind::Status(403, format!("Bearer {TOKEN} Basic {EMAIL}:{API_TOKEN}")),
    ));
    for command in [
        &["connection", "verify", "acme-rockets", "--json"][..],
        &["import", "acme-rockets"],
        &["doctor"],
        &["status", "--json"],
        &["audit"],
    ] {
        let output = program.command(command.iter().chain(&loud)).output();
        let ran = Ran::of(output.await.unwrap());
        everything.push_str(&ran.stdout);
        everything.push_str(&ran.stderr);
    }
    stop.store(true, Ordering::Relaxed);
    watcher.join().unwrap();
    let arguments = arguments.lock().unwrap();
    assert!(arguments.len() > 10, "no process was seen: {arguments:?}");
    everything.extend(arguments.iter().map(String::as_str));
    assert!(everything.len() > 20_000);

    let key = std::fs::read_to_string(program.folder.path().join("data/secret.key")).unwrap();
    let mut searched = vec![("what it said", everything.into_bytes())];
    for name in ["windlass.db", "windlass.db-wal", "windlass.db-shm"] {
        if let Ok(bytes) = std::fs::read(program.folder.path().join("data").join(name)) {
            searched.push((name, bytes));
        }
    }
    for secret in [TOKEN, API_TOKEN, key.trim()] {
        for spelling in spellings(secret) {
            for (place, bytes) in &searched {
                let found = bytes
                    .windows(spelling.len())
                    .any(|window| window == spelling.as_bytes());
                assert!(!found, "{spelling} in {place}");
            }
        }
    }
    // The address was given on the command line, where everybody may see it; it is nowhere else.
    for (place, bytes) in searched.iter().skip(1) {
        let found = bytes
            .windows(EMAIL.len())
            .any(|window| window == EMAIL.as_bytes());
        assert!(!found, "the address in {place}");
    }
}
