//! Documents that say what the program is, held against what it is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::program::Program;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

#[tokio::test]
async fn the_document_of_the_schema_is_up_to_date() {
    let made = Program::new()
        .run(&["schema", "--format", "markdown"])
        .await;
    made.succeeded();
    assert_eq!(
        read("docs/schema.md"),
        made.stdout,
        "run: cargo run -- schema --format markdown > docs/schema.md"
    );
}

#[tokio::test]
async fn the_schema_is_shown_table_by_table() {
    let program = Program::new();
    let all = program.run(&["schema"]).await;
    for table in model::catalogue::tables() {
        assert!(all.stdout.contains(table.name), "{}", table.name);
        let one = program.run(&["schema", table.name]).await;
        one.succeeded();
        for column in table.columns {
            assert!(one.stdout.contains(column.name), "{}", column.name);
        }
    }
    let json = program
        .run(&["schema", "pull_requests", "--format", "json"])
        .await
        .json();
    assert_eq!(json[0]["name"], "pull_requests");
    assert_eq!(json[0]["columns"][0]["type"], "id");
}

/// The names in `code` within a cell of a table.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_table_of_the_crates_is_true() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .unwrap();
    let members: BTreeSet<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let used: BTreeMap<&str, BTreeSet<&str>> = metadata
        .packages
        .iter()
        .map(|package| {
            let normal = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind == DependencyKind::Normal);
            let names = normal.map(|dependency| dependency.name.as_str());
            (package.name.as_str(), names.collect())
        })
        .collect();

    let document = read("ARCHITECTURE.md");
    let rows: Vec<Vec<&str>> = document
        .lines()
        .skip_while(|line| !line.starts_with("| crate |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut described = BTreeSet::new();
    for row in &rows {
        let [name, _, uses, never] = row.as_slice() else {
            panic!("a row has four cells: {row:?}")
        };
        let name = name.trim_matches('`');
        described.insert(name);
        let really = &used[name];
        let ours: BTreeSet<String> = really
            .intersection(&members)
            .map(|name| (*name).to_owned())
            .collect();
        assert_eq!(names(uses), ours, "what {name} uses");
        for forbidden in names(never) {
            assert!(
                !really.contains(forbidden.as_str()),
                "{name} uses {forbidden}"
            );
        }
    }
    assert_eq!(described, members);
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    let mut documents = vec![
        "README.md".into(),
        "ARCHITECTURE.md".into(),
        "CONTRIBUTING.md".into(),
    ];
    for folder in ["docs", "docs/decisions"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".md") {
                documents.push(format!("{folder}/{name}"));
            }
        }
    }
    for document in documents {
        let text = read(&document);
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let file = link.split('#').next().unwrap();
            let target = root().join(&document).parent().unwrap().join(file);
            assert!(target.exists(), "{document} links to {link}");
        }
    }
}

#[test]
fn the_document_of_the_configuration_shows_the_defaults() {
    let shown = read("docs/configuration.md");
    let defaults = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("default.toml"));
    let defaults = defaults.unwrap();
    assert!(
        shown.contains(defaults.trim()),
        "docs/configuration.md is to hold crates/windlass/default.toml word for word"
    );
}

/// The names in `code` within the first column of the tables of a document.
fn defined(document: &str) -> BTreeSet<String> {
    document
        .lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| line.trim_matches('|').split(" | ").next())
        .flat_map(names)
        // A column may be named with its table.
        .map(|name| match name.rsplit_once('.') {
            Some((_, column)) => column.to_owned(),
            None => name,
        })
        .collect()
}

/// What is in a unit of time or lines is measured or counted, and so is what `measure` gives. A twin
/// in business hours is defined with the other.
fn measures() -> BTreeSet<String> {
    let mut measures: BTreeSet<String> = measure::PullMeasures::COLUMNS
        .iter()
        .map(|name| (*name).to_owned())
        .collect();
    for table in model::catalogue::tables() {
        let measured = table
            .columns
            .iter()
            .filter(|column| matches!(column.unit, "s" | "lines"));
        measures.extend(measured.map(|column| column.name.to_owned()));
    }
    measures
}

#[test]
fn every_measure_is_defined_and_every_definition_is_of_a_column() {
    let document = read("docs/metrics.md");
    // What reports show has a table of its own, which the crate of reports looks after.
    let (columns_part, _) = document.split_once("## In reports").unwrap();
    let defined = defined(columns_part);
    let twin = |name: &str| name.strip_suffix("_business_hours").map(str::to_owned);
    let all = measures();
    for name in &all {
        let of = twin(name).unwrap_or_else(|| name.clone());
        assert!(
            defined.contains(&of),
            "docs/metrics.md does not define {name}"
        );
        assert!(all.contains(&of), "{name} is a twin of nothing");
    }
    let columns: BTreeSet<&str> = model::catalogue::tables()
        .iter()
        .flat_map(|table| table.columns.iter().map(|column| column.name))
        .collect();
    for name in &defined {
        assert!(
            columns.contains(name.as_str()),
            "docs/metrics.md defines {name}, which is no column"
        );
    }
    // The columns of the table under this heading, each of which has a twin.
    let durations = document
        .split("### How long things took")
        .nth(1)
        .and_then(|rest| rest.split("###").next())
        .unwrap();
    for line in durations
        .lines()
        .filter(|line| line.starts_with("| `") && line.matches('`').count() >= 2)
    {
        for name in line.split('|').nth(1).map(names).unwrap() {
            if name != "review_rounds" {
                assert!(all.contains(&format!("{name}_business_hours")), "{name}");
            }
        }
    }
}
