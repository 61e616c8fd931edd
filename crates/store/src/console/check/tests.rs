//! What may be run and what may not.

mod refusals;

use super::*;
use crate::console::variables::Variable;

fn check(sql: &str, dialect: Dialect) -> Result<Checked, ConsoleError> {
    super::check(sql, dialect, &Variables::new())
}

const BOTH: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];

fn run(sql: &str, dialect: Dialect) -> String {
    match check(sql, dialect) {
        Ok(checked) => checked.sql().to_owned(),
        Err(error) => panic!("{dialect:?} refuses {sql}: {error}"),
    }
}

/// Queries as people write them, fit for both engines.
const PLAIN: &[&str] = &[
    "SELECT 1",
    "VALUES (1, 'a'), (2, 'b')",
    "SELECT * FROM bitbucket_pulls",
    "SELECT p.* FROM bitbucket_pulls AS p",
    "SELECT p.id, p.title AS t FROM bitbucket_pulls p WHERE p.state IN ('OPEN', 'MERGED') LIMIT 5 OFFSET 2",
    "SELECT count(*), avg(open_to_merge) FROM pull_requests GROUP BY repo_id HAVING count(*) > 3",
    "SELECT r.name, count(DISTINCT p.id) FILTER (WHERE p.draft) FROM repos AS r LEFT JOIN pull_requests AS p ON p.repo_id = r.id GROUP BY r.name ORDER BY 2 DESC NULLS LAST",
    "SELECT id, row_number() OVER (PARTITION BY repo_id ORDER BY created ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM pull_requests",
    "SELECT id, lag(id) OVER w FROM pull_requests WINDOW w AS (ORDER BY created)",
    "WITH a AS (SELECT id FROM repos), b AS (SELECT id FROM a) SELECT * FROM a JOIN b USING (id)",
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 10) SELECT n FROM t",
    "SELECT id FROM repos UNION SELECT id FROM pull_requests EXCEPT SELECT id FROM pipeline_runs",
    "SELECT (SELECT max(created) FROM pull_requests AS p WHERE p.repo_id = r.id) FROM repos AS r WHERE EXISTS (SELECT 1 FROM pipeline_runs AS x WHERE x.repo_id = r.id)",
    "SELECT CASE WHEN draft THEN 'draft' ELSE coalesce(state, '?') END FROM pull_requests",
    "SELECT title FROM pull_requests WHERE title LIKE 'Fix%' AND NOT title LIKE '%it''s%' ESCAPE '!'",
    "SELECT CAST(open_to_merge AS REAL) / 3600 FROM pull_requests WHERE created BETWEEN '2024-01-01' AND '2025-01-01'",
    "SELECT substr(title, 1, 10) || '…', length(title), upper(title), replace(title, 'a', 'b') FROM pull_requests",
    "SELECT x.n FROM (SELECT count(*) AS n FROM repos) AS x CROSS JOIN (repos AS r JOIN pull_requests AS p ON p.repo_id = r.id)",
    "SELECT id FROM bitbucket_reviews WHERE dismissed_at IS NOT NULL AND (user_id <> 1 OR user_id IS NULL)",
];

const OF_SQLITE: &[&str] = &[
    "SELECT group_concat(name, ', ') FROM repos",
    "SELECT date(created), strftime('%Y-%m', created), julianday(created) FROM pull_requests",
    "SELECT reviewers_added ->> '$[0]', json_extract(reviewers_added, '$[0]') FROM bitbucket_pull_events",
    "SELECT ifnull(title, ''), iif(draft, 1, 0) FROM main.bitbucket_pulls WHERE title GLOB 'Fix*'",
    "SELECT `id`, [title] FROM \"bitbucket_pulls\" LIMIT 5, 10",
    "SELECT title COLLATE NOCASE FROM BitBucket_Pulls",
    "WITH t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t LIMIT 3) SELECT * FROM t",
];

const OF_POSTGRES: &[&str] = &[
    "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY open_to_merge) FROM pull_requests",
    "SELECT date_trunc('week', created), count(*) FROM pull_requests GROUP BY 1",
    "SELECT created::date, now() - created, EXTRACT(epoch FROM now() - created)::bigint FROM pull_requests",
    "SELECT created AT TIME ZONE 'Europe/Berlin' FROM public.pull_requests WHERE created > now() - INTERVAL '30 days'",
    "SELECT DISTINCT ON (repo_id) repo_id, created FROM pull_requests ORDER BY repo_id, created DESC",
    "SELECT reviewers_added::jsonb ->> 0 FROM bitbucket_pull_events",
    "SELECT title ILIKE 'fix%', title ~* '^fix' FROM pull_requests FETCH FIRST 5 ROWS ONLY",
    "SELECT string_agg(name, ', ' ORDER BY name) FROM repos",
    "SELECT r.name, x.n FROM repos AS r, LATERAL (SELECT count(*) AS n FROM pull_requests AS p WHERE p.repo_id = r.id) AS x",
    "SELECT state, draft, count(*) FROM pull_requests GROUP BY ROLLUP (state, draft)",
    "SELECT id = ANY (ARRAY[1, 2]), (ARRAY['a', 'b'])[1] FROM repos",
    "SELECT DATE '2024-01-01', TIMESTAMP '2024-01-01 00:00', E'a\\nb', current_date",
    "SELECT make_interval(days => 3)",
    "SELECT \"id\" FROM \"bitbucket_pulls\" WHERE created_at >= '2024-01-01'::timestamptz",
];

#[test]
fn what_people_write_is_allowed_and_keeps_its_meaning() {
    let of_both = BOTH
        .iter()
        .flat_map(|dialect| PLAIN.iter().map(move |sql| (*dialect, *sql)));
    let of_sqlite = OF_SQLITE.iter().map(|sql| (Dialect::Sqlite, *sql));
    let of_postgres = OF_POSTGRES.iter().map(|sql| (Dialect::Postgres, *sql));
    for (dialect, sql) in of_both.chain(of_sqlite).chain(of_postgres) {
        let written = run(sql, dialect);
        // What is run is what was parsed: reading it again gives the same query.
        assert_eq!(
            only_statement(&written, dialect).unwrap(),
            only_statement(sql, dialect).unwrap(),
            "{sql}"
        );
    }
}

#[test]
fn comments_and_a_last_semicolon_are_left_out() {
    for dialect in BOTH {
        assert_eq!(
            run(
                "/* all */ SELECT id -- the ids\nFROM repos; -- done",
                dialect
            ),
            "SELECT id FROM repos"
        );
        assert_eq!(
            run("SELECT '-- no comment', '/* nor this */', 'a;b'", dialect),
            "SELECT '-- no comment', '/* nor this */', 'a;b'"
        );
    }
}

#[test]
fn a_quote_inside_a_text_stays_inside() {
    for dialect in BOTH {
        assert_eq!(run(r"SELECT 'it''s \'", dialect), r"SELECT 'it''s \'");
    }
    let escaped = run(r"SELECT E'it\'s \\ '", Dialect::Postgres);
    assert_eq!(
        only_statement(&escaped, Dialect::Postgres)
            .unwrap()
            .to_string(),
        escaped
    );
}

#[test]
fn what_would_read_differently_when_written_again_is_refused() {
    for dialect in BOTH {
        // Written again, two signs would be a comment, and ISNULL the name of a column.
        for sql in [
            "SELECT - -1",
            "SELECT - - - 1",
            "SELECT ~ ~1",
            "SELECT title ISNULL FROM repos",
        ] {
            let error = check(sql, dialect).unwrap_err();
            assert!(
                matches!(error, ConsoleError::Forbidden(_)),
                "{sql}: {error}"
            );
        }
        for (sql, written) in [
            ("SELECT 1 - - 1, -(-1)", "SELECT 1 - -1, -(-1)"),
            (
                "SELECT a NOTNULL AS b FROM repos",
                "SELECT a IS NOT NULL AS b FROM repos",
            ),
            (
                "SELECT 1 AS \"a\"\"b\", 'ü€'",
                "SELECT 1 AS \"a\"\"b\", 'ü€'",
            ),
            ("SELECT 1 AS \"isnull\"", "SELECT 1 AS \"isnull\""),
        ] {
            assert_eq!(run(sql, dialect), written);
        }
    }
}

#[test]
fn a_long_list_of_values_is_fine_and_a_deep_expression_is_not() {
    for dialect in BOTH {
        let ids: Vec<String> = (0..20_000).map(|id| id.to_string()).collect();
        run(
            &format!("SELECT * FROM repos WHERE id IN ({})", ids.join(", ")),
            dialect,
        );
        run(&format!("SELECT 1{}", " + 1".repeat(1_000)), dialect);
        // The deepest of each kind that passes must not exhaust the stack.
        for (start, step, end) in [
            ("SELECT 1", " + 1", ""),
            ("SELECT ", "- ", "1"),
            ("SELECT ", "NOT ", "1"),
            ("SELECT 1", "::int", ""),
            ("SELECT 1", " IS NULL", ""),
            ("SELECT 1", " NOTNULL", ""),
            ("SELECT 1", " COLLATE b", ""),
            ("SELECT 1", " UNION SELECT 1", ""),
            ("SELECT 1 FROM repos", " JOIN repos", ""),
            ("SELECT ", "(", "1"),
            ("SELECT ", "CASE WHEN ", "1"),
            ("SELECT x", "[1]", ""),
            ("SELECT x", ".a", ""),
            ("", "SELECT (", ""),
            ("WITH a AS (", "WITH a AS (", ""),
        ] {
            for count in [100, 700, 1_400, 2_900, 10_000, 100_000] {
                let sql = format!("{start}{}{end}", step.repeat(count));
                let _ = check(&sql, dialect);
            }
        }
        let deep = format!("SELECT 1{}", " + 1".repeat(5_000));
        assert_eq!(check(&deep, dialect), Err(ConsoleError::TooComplex));
        let nested = format!("SELECT {}1{}", "(".repeat(500), ")".repeat(500));
        assert_eq!(check(&nested, dialect), Err(ConsoleError::TooComplex));
        assert_eq!(
            check(&" ".repeat(300_000), dialect),
            Err(ConsoleError::TooComplex)
        );
        assert_eq!(
            check("SELECT 1\0; DROP TABLE repos", dialect),
            Err(ConsoleError::TooComplex)
        );
    }
}

#[test]
fn errors_say_in_one_line_what_to_do() {
    let message = |sql: &str| check(sql, Dialect::Sqlite).unwrap_err().to_string();
    assert_eq!(
        message("SELECT * FROM bitbucket_pull"),
        "there is no table bitbucket_pull to read (did you mean bitbucket_pulls?); \
         `windlass schema` lists those that there are"
    );
    assert_eq!(
        message("SELECT * FROM xyzzy"),
        "there is no table xyzzy to read; `windlass schema` lists those that there are"
    );
    assert!(message("SELEKT 1").starts_with("the SQL cannot be read: "));
    assert!(message("SELECT load_extension('x')").contains("the function load_extension"));
    assert!(message("DROP TABLE repos").contains("exactly one SELECT"));
    for sql in [
        "SELEKT 1",
        "SELECT 'a\nb",
        "SELECT 1;\nSELECT 2",
        "SELECT *\nFROM a",
    ] {
        assert!(!message(sql).contains('\n'), "{sql}");
    }
}

fn with(pairs: &[(&str, Variable)]) -> Variables {
    let pairs = pairs.iter().cloned();
    pairs
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn list(values: &[i64]) -> Variable {
    Variable::List(values.iter().copied().map(Scalar::Integer).collect())
}

#[test]
fn variables_become_parameters_and_nothing_else_does() {
    let variables = with(&[
        (
            "since",
            Variable::One(Scalar::Text("2026-01-01' OR 1=1 --".to_owned())),
        ),
        ("ids", list(&[7, 8, 9])),
        ("none", list(&[])),
        ("n", Variable::One(Scalar::Integer(5))),
    ]);
    for dialect in BOTH {
        let checked = |sql: &str| super::check(sql, dialect, &variables);
        let one = checked(
            "SELECT '$since', id -- $since\nFROM repos WHERE created >= $since AND id + $n IN ($ids, 3) /* $n */ LIMIT $n",
        )
        .unwrap();
        let bound: Vec<&str> = one.values().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(bound.len(), 6, "{bound:?}");
        assert!(
            !one.sql().contains("1=1") && one.sql().contains("'$since'"),
            "{}",
            one.sql()
        );
        // Whatever the order in which they were met, each stands where its variable did.
        let named = one.sql_with(|number| format!("<{}>", one.values()[number - 1].0));
        assert!(named.contains("created >= <since>"), "{named}");
        assert!(
            named.contains("id + <n> IN (<ids>, <ids>, <ids>, 3)"),
            "{named}"
        );
        assert!(named.ends_with("LIMIT <n>"), "{named}");

        let empty = checked("SELECT 1 WHERE 1 IN ($none) OR 2 NOT IN ($none)").unwrap();
        assert_eq!(empty.sql(), "SELECT 1 WHERE false OR true");
        for (sql, refusal) in [
            (
                "SELECT $other, $another, $other",
                ConsoleError::MissingVariables(vec!["other".into(), "another".into()]),
            ),
            ("SELECT $ids", ConsoleError::MisplacedList("ids".into())),
        ] {
            assert_eq!(checked(sql), Err(refusal), "{sql}");
        }
        for sql in [
            "SELECT $1",
            "SELECT ?",
            "SELECT ?1",
            "SELECT :n",
            "SELECT @n",
            "SELECT $n.x",
            "SELECT * FROM $n",
            "SELECT \u{1}1\u{1}",
        ] {
            assert!(checked(sql).is_err(), "{sql}");
        }
        let many: Vec<i64> = (0..1_001).collect();
        let many = with(&[("many", list(&many))]);
        let refused = super::check("SELECT 1 WHERE 1 IN ($many)", dialect, &many);
        assert_eq!(refused, Err(ConsoleError::TooManyValues));

        let found = wanted(
            "SELECT $a WHERE 1 IN ($b) AND 2 IN ($a) AND '$c' = $b_2",
            dialect,
        )
        .unwrap();
        let found: Vec<(&str, bool)> = found
            .iter()
            .map(|one| (one.name.as_str(), one.list))
            .collect();
        assert_eq!(found, [("a", false), ("b", true), ("b_2", false)]);
    }
}
