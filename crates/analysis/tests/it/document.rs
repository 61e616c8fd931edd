//! The document of the numbers, held against the list in the code.

use std::path::Path;

use analysis::measures;

#[test]
fn the_document_defines_exactly_the_measures_of_reports() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let document = std::fs::read_to_string(path).unwrap();
    let written: Vec<&str> = document
        .lines()
        .skip_while(|line| *line != "## In reports")
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter(|line| line.starts_with("| `"))
        .collect();
    let expected: Vec<String> = measures()
        .iter()
        .map(|one| {
            let unit = one.unit.as_str();
            format!("| `{}` | {unit} | {} |", one.name, one.definition)
        })
        .collect();
    assert_eq!(
        written,
        expected,
        "the table in docs/metrics.md under \"In reports\" is to be:\n{}",
        expected.join("\n")
    );
}
