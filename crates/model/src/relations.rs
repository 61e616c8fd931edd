//! Which columns name rows of other tables, as the catalogue's own words say.
//!
//! A meaning names the column that it stands for in parentheses, as in "The author
//! (`bitbucket_users.id`)", and so may the source of a column whose name ends in `_id`. Nothing is
//! listed twice, so that nothing here can be wrong without being wrong in the documents.

use crate::catalogue::{self, Kind};
use crate::table::{Column, Table};

/// A column that names a row of another table.
#[derive(Clone, Copy, Debug)]
pub struct Relation {
    /// The table that has the column.
    pub table: &'static Table,
    /// The column.
    pub column: &'static Column,
    /// The table whose row it names.
    pub to: &'static Table,
    /// The column there that has the same value.
    pub to_column: &'static Column,
}

/// What a column refers to; several where it depends on another column.
pub fn references(table: &'static Table, column: &'static Column) -> Vec<Relation> {
    let mut targets: Vec<&str> = column
        .meaning
        .split("(`")
        .skip(1)
        .filter_map(|rest| rest.split_once("`)"))
        .map(|(target, _)| target)
        .collect();
    if targets.is_empty() && column.kind == Kind::Id && column.name.ends_with("_id") {
        targets = column.source.split(", ").collect();
    }
    if targets.is_empty() && column.kind == Kind::Text && column.meaning.starts_with("The day of ")
    {
        targets.push("calendar.day");
    }
    let found = targets.into_iter().filter_map(|target| {
        let (to, name) = target.split_once('.')?;
        let to = catalogue::table(to)?;
        let to_column = to.column(name)?;
        let is_key = matches!(to_column.name, "id" | "day");
        let is_self = to.name == table.name && to_column.name == column.name;
        (is_key && !is_self).then_some(Relation {
            table,
            column,
            to,
            to_column,
        })
    });
    found.collect()
}

/// What a table's columns refer to.
pub fn references_of(table: &'static Table) -> Vec<Relation> {
    let columns = table.columns.iter();
    columns
        .flat_map(|column| references(table, column))
        .collect()
}

/// Which columns of other tables refer to a table.
pub fn referrers_of(table: &Table) -> Vec<Relation> {
    let tables = catalogue::tables().iter();
    tables
        .flat_map(|other| references_of(other))
        .filter(|relation| relation.to.name == table.name && relation.table.name != table.name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns whose row is not in one table alone, or in none that may be read.
    const ELSEWHERE: &[&str] = &[
        "source_table_id",
        "source_table_repo_id",
        "source_table_pull_id",
        "dx_user_id",
        "credential_id",
    ];

    #[test]
    fn every_id_that_names_a_row_says_of_which_table() {
        let mut silent = Vec::new();
        for table in catalogue::tables() {
            for column in table.columns {
                let names_a_row = column.kind == Kind::Id && column.name.ends_with("_id");
                if names_a_row
                    && !ELSEWHERE.contains(&column.name)
                    && references(table, column).is_empty()
                {
                    silent.push(format!("{}.{}", table.name, column.name));
                }
            }
        }
        assert_eq!(silent, [""; 0]);
    }

    #[test]
    fn relations_go_both_ways() {
        let pulls = catalogue::table("bitbucket_pulls").unwrap();
        let author = references(pulls, pulls.column("user_id").unwrap());
        assert_eq!(author.len(), 1);
        assert_eq!(author[0].to.name, "bitbucket_users");
        let users = catalogue::table("bitbucket_users").unwrap();
        assert!(
            referrers_of(users)
                .iter()
                .any(|one| one.table.name == "bitbucket_pulls" && one.column.name == "user_id")
        );
        let unified = catalogue::table("pull_requests").unwrap();
        let merged_on = references(unified, unified.column("merged_on").unwrap());
        assert_eq!(merged_on[0].to.name, "calendar");
    }
}
