//! A whole table, read back.

use std::collections::BTreeMap;

use model::catalogue::{Kind, Table};
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, ColumnIndex, Database, Decode, Row, Type};
use store::{At, Db};

/// The rows of a table by id, each an object of its columns, the same for both engines. Those of a
/// table without ids are numbered in the order of what is in them. Left out is `observed_at`: it says
/// when something was seen, not what.
///
/// # Panics
/// When the table cannot be read: the test cannot go on.
pub async fn dump(db: &Db, table: &Table) -> BTreeMap<i64, Map<String, Value>> {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
    let sql = format!("SELECT {} FROM {}", columns.join(", "), table.name);
    let rows = match db {
        Db::Sqlite { read, .. } => {
            sqlx::query(AssertSqlSafe(sql))
                .fetch_all(read)
                .await
                .map(|rows| {
                    rows.iter()
                        .map(|row| object(row, table))
                        .collect::<Vec<_>>()
                })
        }
        Db::Postgres(pool) => sqlx::query(AssertSqlSafe(sql))
            .fetch_all(pool)
            .await
            .map(|rows| rows.iter().map(|row| object(row, table)).collect()),
    };
    let mut rows = match rows {
        Ok(rows) => rows,
        Err(error) => panic!("{} cannot be read: {error}", table.name),
    };
    if table.column("id").is_none() {
        rows.sort_by_cached_key(|(_, row)| json!(row).to_string());
        for (number, (id, _)) in (0..).zip(&mut rows) {
            *id = number;
        }
    }
    rows.into_iter().collect()
}

fn object<'r, R>(row: &'r R, table: &Table) -> (i64, Map<String, Value>)
where
    R: Row,
    for<'n> &'n str: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    bool: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    At: Decode<'r, R::Database> + Type<R::Database>,
{
    let mut object = Map::new();
    let mut id = 0;
    for column in table.columns {
        let name = column.name;
        let value = match column.kind {
            Kind::Id | Kind::Integer => json!(get::<i64, R>(row, name)),
            Kind::Text => json!(get::<String, R>(row, name)),
            Kind::Boolean => json!(get::<bool, R>(row, name)),
            Kind::DateTime => json!(get::<At, R>(row, name).map(|at| at.0)),
        };
        if name == "id" {
            id = value.as_i64().unwrap_or(0);
        }
        if name != "observed_at" {
            object.insert(name.to_owned(), value);
        }
    }
    (id, object)
}

fn get<'r, T, R>(row: &'r R, name: &str) -> Option<T>
where
    R: Row,
    for<'n> &'n str: ColumnIndex<R>,
    T: Decode<'r, R::Database> + Type<R::Database>,
    R::Database: Database,
{
    match row.try_get::<Option<T>, _>(name) {
        Ok(value) => value,
        Err(error) => panic!("column {name}: {error}"),
    }
}
