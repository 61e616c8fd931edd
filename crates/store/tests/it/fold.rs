use store::{Condition, Db, Folded, GroupBy, Key, Parameter, Part, Question};
use testkit::both_engines;

pub(crate) async fn execute(db: &Db, script: &str) {
    let script = sqlx::AssertSqlSafe(script.to_owned());
    match db {
        Db::Sqlite { write, .. } => sqlx::raw_sql(script).execute(write).await.map(|_| ()),
        Db::Postgres(pool) => sqlx::raw_sql(script).execute(pool).await.map(|_| ()),
    }
    .unwrap();
}

const ROWS: &str = "INSERT INTO bitbucket_pulls
        (id, repository_id, number, user_id, state, draft, merged_at, cycle_time, comment_count, observed_at) VALUES
    (1, 1, 1, 7, 'MERGED', TRUE, '2027-01-02T03:04:05.000000Z', 30, 1, '2027-01-02T03:04:05.000000Z'),
    (2, 1, 2, 7, 'MERGED', TRUE, '2027-01-02T03:04:05.000000Z', 10, NULL, '2027-01-02T03:04:05.000000Z'),
    (3, 1, 3, 8, 'MERGED', FALSE, NULL, NULL, 5, '2027-01-02T03:04:05.000000Z'),
    (4, 2, 4, NULL, NULL, NULL, NULL, 20, 6, '2027-01-02T03:04:05.000000Z')";

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// Rows told apart like this, with all that is to be known of them.
pub(crate) fn by(keys: &[&str]) -> Vec<GroupBy> {
    vec![GroupBy {
        keys: owned(keys),
        measured: true,
    }]
}

async fn fold(db: &Db, question: &Question) -> Vec<(Part, Vec<i64>)> {
    let folded = db.fold(question).await.unwrap();
    let [folded] = &folded[..] else {
        panic!("{folded:?}")
    };
    sorted(folded)
}

/// The parts in the order of their keys, each with its values in order.
pub(crate) fn sorted(folded: &Folded) -> Vec<(Part, Vec<i64>)> {
    let [column] = &folded.values[..] else {
        panic!("{folded:?}")
    };
    let mut parts: Vec<(Part, Vec<i64>)> = folded
        .parts
        .iter()
        .zip(&column.of_parts)
        .map(|(part, of_part)| {
            let mut values = column.values[of_part.clone()].to_vec();
            values.sort_unstable();
            (part.clone(), values)
        })
        .collect();
    parts.sort_by(|one, other| one.0.keys.cmp(&other.0.keys));
    parts
}

both_engines! {
    async fn rows_are_folded_by_keys_of_every_kind(database) {
        execute(&database.db, ROWS).await;
        let question = Question {
            group_by: by(&["p.user_id", "p.state", "p.draft", "p.merged_at"]),
            sums: owned(&["p.comment_count", "CASE WHEN p.draft THEN 1 ELSE 0 END"]),
            values: owned(&["p.cycle_time"]),
            from: "bitbucket_pulls p",
            days: None,
            conditions: Vec::new(),
        };
        let text = |text: &str| Key::Text(text.to_owned());
        let part = |keys: [Key; 4], rows, sums: [i64; 2], values: &[i64]| {
            (Part { keys: keys.to_vec(), rows, sums: sums.to_vec() }, values.to_vec())
        };
        assert_eq!(
            fold(&database.db, &question).await,
            [
                part([Key::Null, Key::Null, Key::Null, Key::Null], 1, [6, 0], &[20]),
                part(
                    [Key::Integer(7), text("MERGED"), Key::Integer(1), text("2027-01-02T03:04:05.000000Z")],
                    2, [1, 2], &[10, 30],
                ),
                part([Key::Integer(8), text("MERGED"), Key::Integer(0), Key::Null], 1, [5, 0], &[]),
            ]
        );
    }

    async fn a_question_without_keys_has_one_part_even_of_nothing(database) {
        let question = |state: &str| Question {
            group_by: by(&[]),
            sums: owned(&["p.comment_count"]),
            values: owned(&["p.cycle_time"]),
            from: "bitbucket_pulls p",
            conditions: vec![
                Condition::OneOf("p.state", Parameter::Text(state.to_owned())),
                Condition::OneOf("p.user_id", Parameter::Ids(vec![7, 9])),
                Condition::OneOf("p.state", Parameter::Texts(vec!["MERGED".to_owned()])),
            ],
            ..Question::default()
        };
        execute(&database.db, ROWS).await;
        let part = |rows, sum, values: &[i64]| {
            (Part { keys: Vec::new(), rows, sums: vec![sum] }, values.to_vec())
        };
        assert_eq!(fold(&database.db, &question("MERGED")).await, [part(2, 1, &[10, 30])]);
        let hostile = question("x' OR '1' = '1");
        assert_eq!(fold(&database.db, &hostile).await, [part(0, 0, &[])]);
    }
}
