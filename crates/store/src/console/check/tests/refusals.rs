//! Attempts at getting more than a SELECT.

use super::{BOTH, Dialect, check};
use crate::console::ConsoleError;

fn refusal(sql: &str, dialect: Dialect) -> ConsoleError {
    match check(sql, dialect) {
        Ok(checked) => panic!("{dialect:?} allows {sql} as {}", checked.sql()),
        Err(error) => error,
    }
}

#[test]
fn anything_but_one_query_is_refused() {
    for sql in [
        "",
        ";",
        "-- nothing",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE repos",
        "SELECT 1; -- \nDELETE FROM repos",
        "SELECT 1 /* ; */; DELETE FROM repos",
        "INSERT INTO repos VALUES (1)",
        "INSERT INTO repos SELECT * FROM repos",
        "UPDATE repos SET name = 'x'",
        "DELETE FROM repos",
        "DELETE FROM repos RETURNING *",
        "CREATE TABLE x (a INT)",
        "CREATE TABLE x AS SELECT 1",
        "CREATE VIEW x AS SELECT 1",
        "ALTER TABLE repos ADD COLUMN x INT",
        "DROP TABLE repos",
        "TRUNCATE repos",
        "BEGIN",
        "COMMIT",
        "ROLLBACK; DROP TABLE repos",
        "ATTACH DATABASE '/tmp/x' AS x",
        "PRAGMA table_info(repos)",
        "PRAGMA writable_schema = 1",
        "VACUUM INTO '/tmp/x'",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE DELETE FROM repos",
        "SET ROLE postgres",
        "RESET ROLE",
        "COPY repos TO '/tmp/x'",
        "COPY repos TO PROGRAM 'sh'",
        "COPY (SELECT 1) TO '/tmp/x'",
        "DO $$ BEGIN END $$",
        "CALL x()",
        "LOCK TABLE repos",
        "LISTEN x",
        "NOTIFY x",
        "PREPARE x AS SELECT 1",
        "EXECUTE x",
        "DECLARE x CURSOR FOR SELECT 1",
        "GRANT SELECT ON repos TO public",
        "ANALYZE repos",
        "WITH x AS (DELETE FROM repos RETURNING *) SELECT * FROM x",
        "WITH x AS (UPDATE repos SET name = 'x' RETURNING *) SELECT * FROM x",
        "WITH x AS (INSERT INTO repos VALUES (1) RETURNING *) SELECT * FROM x",
        "WITH x AS (SELECT 1) DELETE FROM repos",
        "WITH x AS (SELECT 1) INSERT INTO repos SELECT * FROM x",
        "SELECT * FROM (DELETE FROM repos RETURNING *) x",
        "SELECT (WITH x AS (DELETE FROM repos RETURNING id) SELECT id FROM x)",
        "SELECT * INTO x FROM repos",
        "SELECT * INTO TEMP x FROM repos",
        "SELECT * FROM repos FOR UPDATE",
        "SELECT * FROM repos FOR SHARE",
        "SELECT * FROM (SELECT * FROM repos FOR UPDATE) x",
        "SELECT * FROM repos FOR NO KEY UPDATE",
        "TABLE credentials",
        "TABLE repos",
        "SELECT 1 UNION TABLE credentials",
        "FROM repos",
        "SELECT $1",
        "SELECT ?",
        "SELECT :name",
    ] {
        for dialect in BOTH {
            refusal(sql, dialect);
        }
    }
}

#[test]
fn only_the_catalogues_tables_can_be_read() {
    for sql in [
        "SELECT * FROM credentials",
        "SELECT * FROM request_counts",
        "SELECT * FROM sync_sightings",
        "SELECT * FROM _sqlx_migrations",
        "SELECT * FROM sqlite_master",
        "SELECT * FROM sqlite_schema",
        "SELECT * FROM SQLITE_MASTER",
        "SELECT * FROM main.sqlite_schema",
        "SELECT * FROM sqlite_temp_schema",
        "SELECT * FROM dbstat",
        "SELECT * FROM pragma_table_info",
        "SELECT * FROM pg_catalog.pg_authid",
        "SELECT * FROM pg_class",
        "SELECT * FROM pg_shadow",
        "SELECT * FROM pg_stat_activity",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM other.bitbucket_pulls",
        "SELECT * FROM temp.bitbucket_pulls",
        "SELECT * FROM pg_temp.bitbucket_pulls",
        "SELECT * FROM windlass.public.bitbucket_pulls",
        "SELECT * FROM main.public.repos",
        "SELECT * FROM \"credentials\"",
        "SELECT * FROM \"public\".\"credentials\"",
        "SELECT * FROM CREDENTIALS",
        "SELECT * FROM \"repos; SELECT\"",
        "SELECT * FROM repos, credentials",
        "SELECT * FROM repos JOIN credentials ON true",
        "SELECT * FROM (repos CROSS JOIN credentials)",
        "SELECT * FROM (SELECT * FROM credentials) AS repos",
        "SELECT (SELECT secret FROM credentials)",
        "SELECT * FROM repos WHERE id IN (SELECT id FROM credentials)",
        "SELECT * FROM repos WHERE EXISTS (SELECT 1 FROM credentials)",
        "SELECT * FROM repos ORDER BY (SELECT 1 FROM credentials)",
        "SELECT * FROM repos LIMIT (SELECT 1 FROM credentials)",
        "SELECT * FROM repos GROUP BY (SELECT 1 FROM credentials)",
        "SELECT count(*) FILTER (WHERE EXISTS (SELECT 1 FROM credentials)) FROM repos",
        "SELECT sum(1) OVER (ORDER BY (SELECT 1 FROM credentials)) FROM repos",
        "SELECT sum(1) OVER w FROM repos WINDOW w AS (ORDER BY (SELECT 1 FROM credentials))",
        "SELECT CASE WHEN (SELECT 1 FROM credentials) = 1 THEN 1 END",
        "SELECT 1 UNION ALL SELECT 2 FROM credentials",
        "VALUES ((SELECT 1 FROM credentials))",
        "WITH x AS (SELECT * FROM credentials) SELECT * FROM x",
        // A name of the query's own hides a table only where it is in scope.
        "WITH x AS (SELECT 1) SELECT * FROM main.x",
        "SELECT * FROM (WITH credentials AS (SELECT 1) SELECT * FROM credentials) AS a, credentials",
        "SELECT (WITH credentials AS (SELECT 1) SELECT 1), (SELECT 1 FROM credentials)",
    ] {
        for dialect in BOTH {
            let error = refusal(sql, dialect);
            assert!(
                matches!(error, ConsoleError::ForbiddenTable { .. }),
                "{sql}: {error}"
            );
        }
    }
}

#[test]
fn a_common_table_expression_is_not_in_scope_before_it_is_made() {
    for sql in [
        "WITH credentials AS (SELECT * FROM credentials) SELECT * FROM credentials",
        "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a",
        "WITH a AS (WITH b AS (SELECT 1) SELECT * FROM b) SELECT * FROM b",
        "WITH \"Credentials\" AS (SELECT 1) SELECT * FROM credentials",
        "WITH credentials AS (SELECT 1) SELECT * FROM \"Credentials\"",
    ] {
        let error = refusal(sql, Dialect::Postgres);
        assert!(
            matches!(error, ConsoleError::ForbiddenTable { .. }),
            "{sql}: {error}"
        );
    }
}

#[test]
fn functions_that_reach_further_are_refused() {
    for call in [
        "load_extension('x')",
        "readfile('/etc/passwd')",
        "writefile('x', 'y')",
        "edit('x')",
        "zeroblob(1000000000)",
        "randomblob(1000000000)",
        "printf('%1000000000d', 1)",
        "format('%1000000000s', 'x')",
        "sqlite_compileoption_get(1)",
        "sqlite_version()",
        "last_insert_rowid()",
        "fts3_tokenizer('x')",
        "eval('x')",
        "pg_sleep(100)",
        "pg_sleep_for('1 day')",
        "PG_SLEEP(100)",
        "pg_catalog.pg_sleep(100)",
        "\"pg_sleep\"(100)",
        "pg_read_file('/etc/passwd')",
        "pg_read_binary_file('x')",
        "pg_ls_dir('/')",
        "pg_stat_file('x')",
        "lo_import('/etc/passwd')",
        "lo_export(1, 'x')",
        "lo_get(1)",
        "dblink('host=x', 'SELECT 1')",
        "dblink_exec('x')",
        "set_config('role', 'postgres', true)",
        "SET_CONFIG('role', 'postgres', true)",
        "current_setting('data_directory')",
        "query_to_xml('SELECT 1', true, true, '')",
        "table_to_xml('credentials', true, true, '')",
        "database_to_xml(true, true, '')",
        "xpath('/a', '<a/>')",
        "repeat('a', 1000000000)",
        "lpad('a', 1000000000)",
        "rpad('a', 1000000000)",
        "generate_series(1, 1000000000)",
        "pg_terminate_backend(1)",
        "pg_advisory_lock(1)",
        "nextval('x')",
        "setval('x', 1)",
        "pg_notify('a', 'b')",
        "has_table_privilege('x', 'y')",
        "to_regclass('credentials')",
        "regclass('credentials')",
        "pg_get_viewdef('repos')",
        "pg_relation_size('credentials')",
        "inet_server_addr()",
        "version()",
        "current_user",
        "session_user",
        "pg_logical_emit_message(true, 'a', 'b')",
        "my_own_function()",
        "public.my_own_function()",
        "main.count(1)",
        "{fn count(1)}",
    ] {
        for dialect in BOTH {
            let sql = format!("SELECT {call}");
            // A word that one parser takes for a column is no call, and the engine knows no such
            // column.
            let harmless = ["current_user", "session_user"].contains(&call);
            if harmless && check(&sql, dialect).is_ok() {
                continue;
            }
            refusal(&sql, dialect);
            if call.contains("sleep") {
                refusal(
                    &format!("SELECT id FROM repos WHERE {call} IS NULL"),
                    dialect,
                );
                refusal(&format!("SELECT id FROM repos ORDER BY {call}"), dialect);
                refusal(&format!("SELECT count({call}) FROM repos"), dialect);
                refusal(&format!("SELECT 1 OFFSET {call}"), dialect);
                refusal(&format!("SELECT id FROM repos GROUP BY {call}"), dialect);
                refusal(
                    &format!("SELECT DISTINCT ON ({call}) id FROM repos"),
                    dialect,
                );
                refusal(
                    &format!("SELECT 1 FROM repos AS a JOIN repos AS b ON {call}"),
                    dialect,
                );
            }
        }
    }
}

#[test]
fn functions_are_refused_in_from() {
    for sql in [
        "SELECT * FROM generate_series(1, 10)",
        "SELECT * FROM json_each('[1]')",
        "SELECT * FROM repos, json_each(repos.name)",
        "SELECT * FROM pragma_table_info('repos')",
        "SELECT * FROM pg_ls_dir('/')",
        "SELECT * FROM pg_ls_dir('/') WITH ORDINALITY",
        "SELECT * FROM ROWS FROM (pg_ls_dir('/'))",
        "SELECT * FROM dblink('x', 'y') AS t(a INT)",
        "SELECT * FROM LATERAL pg_ls_dir('/')",
        "SELECT * FROM unnest(ARRAY[1])",
        "SELECT * FROM TABLE(pg_ls_dir('/'))",
        "SELECT * FROM XMLTABLE('/a' PASSING '<a/>' COLUMNS b INT PATH 'b')",
        "SELECT * FROM count(1)",
        "SELECT * FROM repos TABLESAMPLE SYSTEM (10)",
    ] {
        for dialect in BOTH {
            refusal(sql, dialect);
        }
    }
}

#[test]
fn types_that_read_catalogs_or_grow_are_refused() {
    for sql in [
        "SELECT 'credentials'::regclass",
        "SELECT 'credentials'::REGCLASS::oid",
        "SELECT CAST('credentials' AS regclass)",
        "SELECT CAST('credentials' AS pg_catalog.regclass)",
        "SELECT regclass 'credentials'",
        "SELECT 'x'::regproc",
        "SELECT 'x'::regrole",
        "SELECT 'x'::\"regclass\"",
        "SELECT ARRAY['x']::regclass[]",
        "SELECT '<a/>'::xml",
        "SELECT 'x'::char(100000000)",
        "SELECT 'x'::bit(100000000)",
        "SELECT 'x'::repos",
    ] {
        for dialect in BOTH {
            refusal(sql, dialect);
        }
    }
}

#[test]
fn operators_by_another_name_are_refused() {
    for sql in [
        "SELECT 1 OPERATOR(pg_catalog.+) 2",
        "SELECT 1 OPERATOR(evil.+) 2",
        "SELECT * FROM repos ORDER BY id USING <",
        "SELECT title MATCH 'x' FROM pull_requests",
        "SELECT (repos).pg_sleep FROM repos",
        "SELECT U&'\\0041'",
        "SELECT $$text$$",
    ] {
        refusal(sql, Dialect::Postgres);
    }
    refusal("SELECT title MATCH 'x' FROM pull_requests", Dialect::Sqlite);
    refusal(
        "SELECT title REGEXP 'x' FROM pull_requests",
        Dialect::Sqlite,
    );
}
