//! Search over tables, columns, and what they mean.

use model::catalogue::{Column, Table, tables};

use super::in_short;

/// How many finds a page has.
const MOST: usize = 60;

/// A table or column that fits.
pub(super) struct Found {
    pub(super) table: &'static Table,
    /// The column; nothing where the table itself fits.
    pub(super) column: Option<&'static Column>,
    pub(super) meaning: &'static str,
    /// The less, the better it fits.
    rank: u8,
}

impl Found {
    pub(super) fn address(&self) -> String {
        match self.column {
            Some(column) => format!("/schema/{}#{}", self.table.name, column.name),
            None => format!("/schema/{}", self.table.name),
        }
    }

    pub(super) fn name(&self) -> String {
        match self.column {
            Some(column) => format!("{}.{}", self.table.name, column.name),
            None => self.table.name.to_owned(),
        }
    }
}

/// How well words fit a name with its meaning; nothing where one of them is missing.
fn rank(words: &[String], name: &str, texts: &[&str]) -> Option<u8> {
    let name = name.to_lowercase();
    let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    let mut rank = 0;
    for word in words {
        rank += if name == *word {
            0
        } else if name.starts_with(word.as_str()) {
            1
        } else if name.contains(word.as_str()) {
            2
        } else if texts.iter().any(|text| text.contains(word.as_str())) {
            4
        } else {
            return None;
        };
    }
    Some(rank)
}

/// What fits all of the words, the best first, and how many more there are.
pub(super) fn search(sought: &str) -> (Vec<Found>, usize) {
    let words: Vec<String> = sought
        .split(|c: char| c.is_whitespace() || c == '.')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let mut found = Vec::new();
    if words.is_empty() {
        return (found, 0);
    }
    for table in tables() {
        if let Some(rank) = rank(&words, table.name, &[table.meaning]) {
            found.push(Found {
                table,
                column: None,
                meaning: in_short(table),
                rank,
            });
        }
        for column in table.columns {
            let texts = [column.meaning, column.source, table.name];
            // A word that fits the table alone says nothing of the column.
            let own = [column.name, column.meaning, column.source];
            let fits_itself = words
                .iter()
                .any(|word| own.iter().any(|text| text.to_lowercase().contains(word)));
            if let Some(rank) = rank(&words, column.name, &texts).filter(|_| fits_itself) {
                found.push(Found {
                    table,
                    column: Some(column),
                    meaning: column.meaning,
                    rank,
                });
            }
        }
    }
    found.sort_by_key(|one| one.rank);
    let more = found.len().saturating_sub(MOST);
    found.truncate(MOST);
    (found, more)
}

#[cfg(test)]
mod tests {
    use super::search;

    #[test]
    fn the_best_comes_first() {
        let names = |sought: &str| -> Vec<String> {
            search(sought).0.iter().map(super::Found::name).collect()
        };
        assert_eq!(names("pull_requests")[0], "pull_requests");
        assert!(names("cycle_time").contains(&"pull_requests.cycle_time".to_owned()));
        assert_eq!(
            names("pull_requests.cycle_time")[0],
            "pull_requests.cycle_time"
        );
        assert!(
            names("first approval").contains(&"pull_requests.open_to_first_approval".to_owned())
        );
        assert_eq!(names("nothing of the kind"), [""; 0]);
        assert_eq!(names(" "), [""; 0]);
        assert!(search("the").1 > 0);
    }
}
