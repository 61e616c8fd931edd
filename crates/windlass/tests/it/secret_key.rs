//! The key under which credentials are kept.

use std::fs;
use std::path::PathBuf;

use crate::program::{Program, Ran, emulator};

const NAME: &str = "acme-rockets";

fn key_file(program: &Program) -> PathBuf {
    program.folder.path().join("data/secret.key")
}

async fn works(program: &Program) {
    program
        .run(&["connection", "verify", NAME])
        .await
        .succeeded();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_is_made_once_for_its_owner_alone_and_rotated() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    let file = key_file(&program);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
    let first = fs::read_to_string(&file).unwrap();
    let rotated = program.run(&["secret-key", "rotate", "--json"]).await;
    rotated.succeeded();
    assert_eq!(rotated.json()["secrets"], 1);
    let second = fs::read_to_string(&file).unwrap();
    assert_ne!(first, second);
    assert!(!file.with_extension("key.old").exists());
    works(&program).await;
    let shown = program.run(&["secret-key", "show", "--json"]).await.json();
    assert_eq!(shown["name"], rotated.json()["to"]);
    assert_eq!(shown["opens_all"], true);

    // The old key opens nothing any more, and says so.
    fs::write(&file, &first).unwrap();
    program
        .run(&["connection", "verify", NAME])
        .await
        .refused(3, "it was sealed under the key");
    fs::remove_file(&file).unwrap();
    program
        .run(&["connection", "verify", NAME])
        .await
        .refused(3, "no secret key that opens them");
    // None is made in its place.
    assert!(!file.exists());
    fs::write(&file, "too short").unwrap();
    program
        .run(&["connection", "verify", NAME])
        .await
        .refused(3, "the secret key must be 32 bytes");
    fs::write(&file, second).unwrap();
    works(&program).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_was_interrupted_leaves_a_key_that_opens_everything() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.add(&emulator, &[]).await.succeeded();
    let (file, old) = (
        key_file(&program),
        key_file(&program).with_extension("key.old"),
    );
    let first = fs::read_to_string(&file).unwrap();
    let another = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    // Killed before the secrets were sealed anew.
    fs::write(&old, &first).unwrap();
    fs::write(&file, another).unwrap();
    works(&program).await;
    program.run(&["secret-key", "rotate"]).await.succeeded();
    assert!(!old.exists());
    works(&program).await;
    // Killed after that, before the old key was taken away.
    fs::write(&old, another).unwrap();
    works(&program).await;
    program.run(&["secret-key", "rotate"]).await.succeeded();
    assert!(!old.exists());
    works(&program).await;
    let log = program.run(&["audit", "--json"]).await.json();
    let rotations = log
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["action"] == "secret_key.rotate");
    assert_eq!(rotations.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_environment_is_changed_by_hand() {
    let (program, emulator) = (Program::new(), emulator().await);
    let first = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    let second = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddee00";
    let base_url = emulator.base_url();
    let run = async |arguments: &[&str], key: &str| {
        let mut command = program.command(arguments);
        command
            .env("WINDLASS_SECRET_KEY", key)
            .env("WINDLASS_BITBUCKET_TOKEN", crate::program::TOKEN);
        Ran::of(command.output().await.unwrap())
    };
    let add = [
        "connection",
        "add",
        "bitbucket_cloud",
        "--workspace",
        NAME,
        "--base-url",
        &base_url,
    ];
    run(&add, first).await.succeeded();
    assert!(!key_file(&program).exists());
    run(&["secret-key", "rotate"], first)
        .await
        .refused(3, "windlass secret-key rotate --new-key-file");
    let file = program.file("new.key", second);
    run(
        &["secret-key", "rotate", "--new-key-file", "not-there"],
        first,
    )
    .await
    .refused(3, "cannot be read from not-there");
    let rotated = run(&["secret-key", "rotate", "--new-key-file", &file], first).await;
    rotated.succeeded();
    assert!(
        rotated.stderr.contains("WINDLASS_SECRET_KEY now"),
        "{rotated:?}"
    );
    let verify = ["connection", "verify", NAME];
    run(&verify, second).await.succeeded();
    run(&verify, first)
        .await
        .refused(3, "it was sealed under the key");
    run(&verify, "nonsense")
        .await
        .refused(3, "must be 32 bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_may_be_in_a_file_of_ones_own() {
    let (program, emulator) = (Program::new(), emulator().await);
    program.file("windlass.toml", "secret_key_file = 'my.key'");
    program
        .add(&emulator, &[])
        .await
        .refused(3, "my.key is not there: make it with");
    program.file(
        "my.key",
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
    );
    program.add(&emulator, &[]).await.succeeded();
    assert!(!key_file(&program).exists());
    program.run(&["secret-key", "rotate"]).await.succeeded();
    works(&program).await;
}
