use std::fs;

use tempfile::TempDir;

use super::*;

fn global() -> Global {
    Global {
        database: None,
        data_dir: Some("/nowhere".into()),
        config: None,
        verbose: 0,
    }
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn load(file: &str, pairs: &[(&str, &str)], global: &Global) -> Result<Config, String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(FILE_NAME);
    fs::write(&path, file).unwrap();
    Config::from_parts(global, None, variables(pairs), &path).map_err(|error| error.to_string())
}

#[test]
fn flags_beat_the_environment_which_beats_the_file_which_beats_the_defaults() {
    let workspace = |file: &str, pairs: &[(&str, &str)], flag: Option<&str>| {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(FILE_NAME);
        fs::write(&path, file).unwrap();
        let connection = ConnectionArguments {
            base_url: flag.map(str::to_owned),
            ..ConnectionArguments::default()
        };
        let config =
            Config::from_parts(&global(), Some(&connection), variables(pairs), &path).unwrap();
        config.settings.bitbucket.base_url
    };
    let file = "[bitbucket]\nbase_url = \"file\"";
    let environment = [("WINDLASS_BITBUCKET__BASE_URL", "environment")];
    assert_eq!(workspace("", &[], None), "https://api.bitbucket.org/2.0");
    assert_eq!(workspace(file, &[], None), "file");
    assert_eq!(workspace(file, &environment, None), "environment");
    assert_eq!(workspace(file, &environment, Some("flag")), "flag");
}

#[test]
fn an_unknown_key_is_an_error_that_names_the_nearest_right_one() {
    let error = load("[import]\nconcurency = 3", &[], &global()).unwrap_err();
    assert!(
        error.ends_with(
            "has the unknown key `import.concurency`: did you mean `import.concurrency`?"
        )
    );
    let error = load("datadir = 'x'", &[], &global()).unwrap_err();
    assert!(
        error.ends_with("`datadir`: did you mean `data_dir`?"),
        "{error}"
    );
    let error = load("", &[("WINDLASS_IMPORT_CONCURRENCY", "3")], &global()).unwrap_err();
    assert_eq!(
        error,
        "the variable WINDLASS_IMPORT_CONCURRENCY is no setting: did you mean WINDLASS_IMPORT__CONCURRENCY?"
    );
}

#[test]
fn what_is_wrong_with_a_value_is_one_line() {
    for (file, part) in [
        ("import = 3", "import"),
        ("[import]\nconcurrency = 'many'", "import.concurrency"),
        ("[import\nconcurrency = 1", "cannot be read"),
    ] {
        let error = load(file, &[], &global()).unwrap_err();
        assert!(error.contains(part) && !error.contains('\n'), "{error}");
    }
    let error = load("", &[("WINDLASS_IMPORT__CONCURRENCY", "s3cret")], &global()).unwrap_err();
    assert_eq!(
        error,
        "the variable WINDLASS_IMPORT__CONCURRENCY must be a number"
    );
}

#[test]
fn variables_that_are_no_settings_are_left_alone() {
    let config = load(
        "",
        &[
            ("WINDLASS_BITBUCKET_TOKEN", "x"),
            ("WINDLASS_LOG", "x"),
            ("WINDLASS_TEST_POSTGRES", "x"),
            ("WINDLASS_IMPORT__LEASE_SECONDS", ""),
            ("WINDLASS_BITBUCKET__WORKSPACE", "123"),
            ("WINDLASS_BITBUCKET__STORE_TEXT", "true"),
            ("PATH", "x"),
        ],
        &global(),
    )
    .unwrap();
    assert_eq!(config.settings.bitbucket.workspace.as_deref(), Some("123"));
    assert!(config.settings.bitbucket.store_text);
    assert_eq!(config.settings.import.lease_seconds, 20);
    assert_eq!(
        config.variables,
        [
            "WINDLASS_BITBUCKET__STORE_TEXT",
            "WINDLASS_BITBUCKET__WORKSPACE"
        ]
    );
}

#[test]
fn every_key_is_shown_in_the_defaults() {
    let defaults = Figment::from(Toml::string(DEFAULTS));
    let json = serde_json::to_value(extract(&defaults).unwrap()).unwrap();
    let sections = json.as_object().unwrap();
    for (name, value) in sections {
        let names: Vec<&String> = match value {
            serde_json::Value::Object(entries) => entries.keys().collect(),
            _ => vec![name],
        };
        for name in names {
            let shown = DEFAULTS.lines().any(|line| {
                line.trim_start_matches('#')
                    .starts_with(&format!("{name} = "))
            });
            assert!(shown, "{name} is not in default.toml");
        }
    }
}

#[test]
fn the_database_is_a_file_in_the_data_folder_unless_another_is_given() {
    let config = load("", &[], &global()).unwrap();
    assert_eq!(
        config.database("windlass.db").unwrap(),
        "sqlite:///nowhere/windlass.db"
    );
    let odd = Global {
        data_dir: Some("/a?b%c".into()),
        ..global()
    };
    let config = load("", &[], &odd).unwrap();
    assert_eq!(config.database("d.db").unwrap(), "sqlite:///a%3Fb%25c/d.db");
    let given = Global {
        database: Some("sqlite://x.db".to_owned()),
        ..global()
    };
    let config = load("database = 'sqlite://y.db'", &[], &given).unwrap();
    assert_eq!(config.database("d.db").unwrap(), "sqlite://x.db");
}
