use chrono::NaiveDate;
use store::{Condition, Days, Db, GroupBy, Key, Packing, Parameter, Part, Question};
use testkit::both_engines;

use crate::fold::{by, execute, sorted};

/// Two months: 40 reviews in January and 30 in March of 2027, one of no day, and one that no question
/// here is about.
const ROWS: &str = "INSERT INTO bitbucket_reviews
        (id, source_id, pull_id, repository_id, user_id, state, comment_count, created_on, time_since_request, observed_at)
    WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 69)
    SELECT i, 'n' || CAST(i AS TEXT), i, i % 3, CASE WHEN i % 5 = 0 THEN NULL ELSE 9000000000000000000 + i % 5 END, 'APPROVED', i,
        CASE WHEN i < 10 THEN '2027-01-0' || CAST(1 + i % 9 AS TEXT)
             WHEN i < 40 THEN '2027-01-3' || CAST(i % 2 AS TEXT)
             ELSE '2027-03-1' || CAST(i % 10 AS TEXT) END,
        CASE WHEN i % 7 = 0 THEN NULL ELSE i * 1000 END, '2027-01-02T03:04:05.000000Z' FROM n;
    INSERT INTO bitbucket_reviews (id, source_id, pull_id, repository_id, state, observed_at)
        VALUES (1000, 'none', 1000, 1, 'APPROVED', '2027-01-02T03:04:05.000000Z');
    INSERT INTO bitbucket_reviews (id, source_id, pull_id, repository_id, state, created_on, observed_at)
        VALUES (2000, 'other', 2000, 1, 'COMMENTED', '2027-01-03', '2027-01-02T03:04:05.000000Z')";

const TABLE: &str = "bitbucket_reviews";

fn packing(least_rows: usize) -> [Packing; 1] {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    [Packing {
        table: TABLE,
        from: "bitbucket_reviews v",
        day: "v.created_on",
        conditions: &["v.state <> 'COMMENTED'"],
        keys: owned(&["v.created_on", "v.repository_id", "v.user_id", "v.state"]),
        numbers: owned(&["v.comment_count", "v.time_since_request"]),
        least_rows,
    }]
}

fn question(from: &str, to: &str, conditions: Vec<Condition>) -> Question {
    let day = |text: &str| -> NaiveDate { text.parse().unwrap() };
    Question {
        group_by: by(&["v.repository_id", "v.user_id"]),
        sums: vec!["v.comment_count".to_owned()],
        values: vec!["v.time_since_request".to_owned()],
        from: "bitbucket_reviews v",
        days: Some(Days {
            column: "v.created_on",
            from: day(from),
            to: day(to),
        }),
        conditions: [vec![Condition::Holds("v.state <> 'COMMENTED'")], conditions].concat(),
    }
}

/// What packed months say, having been held against what the table says.
async fn ask(db: &Db, question: &Question) -> Vec<(Part, Vec<i64>)> {
    let folded = db.fold(question).await.unwrap();
    // Months were packed of rows of which this was not said.
    let mut of_table = question.clone();
    of_table.conditions.push(Condition::Holds("2 = 2"));
    let of_table = db.fold(&of_table).await.unwrap();
    assert_eq!(sorted(&folded[0]), sorted(&of_table[0]));
    sorted(&folded[0])
}

fn rows(parts: &[(Part, Vec<i64>)]) -> u64 {
    parts.iter().map(|(part, _)| part.rows).sum()
}

async fn pack_all(db: &Db, packings: &[Packing]) -> Vec<String> {
    let months = db.months_to_pack(packings).await.unwrap();
    db.pack_months(&months, packings).await.unwrap();
    months.into_iter().map(|(_, month)| month).collect()
}

both_engines! {
    async fn months_that_are_packed_answer_like_their_table(database) {
        let db = &database.db;
        execute(db, ROWS).await;
        assert_eq!(pack_all(db, &packing(1)).await, ["2027-03", "2027-01"]);
        assert!(db.months_to_pack(&packing(1)).await.unwrap().is_empty());
        let ids = |ids: &[i64]| Parameter::Ids(ids.to_vec());
        let user = 9_000_000_000_000_000_002;
        for (from, to, conditions, expected) in [
            ("2027-01-01", "2027-03-31", vec![], 70),
            ("2026-01-01", "2028-12-31", vec![], 70),
            ("2027-01-31", "2027-03-10", vec![], 15 + 3),
            ("2027-02-01", "2027-02-28", vec![], 0),
            ("2027-01-01", "2027-03-31", vec![Condition::OneOf("v.user_id", ids(&[user]))], 14),
            ("2027-01-01", "2027-03-31", vec![Condition::NoneOf("v.user_id", ids(&[user]))], 56),
            ("2027-01-01", "2027-03-31", vec![
                Condition::OneOf("v.state", Parameter::Texts(vec!["APPROVED".to_owned()])),
                Condition::OneOf("v.repository_id", ids(&[0, 7])),
            ], 24),
            ("2027-01-01", "2027-03-31", vec![Condition::OneOf("v.state", Parameter::Text("x' OR '1' = '1".to_owned()))], 0),
        ] {
            let parts = ask(db, &question(from, to, conditions)).await;
            assert_eq!(rows(&parts), expected, "{from} to {to}");
        }
        let whole = Question { group_by: by(&[]), ..question("2027-01-01", "2027-12-31", Vec::new()) };
        let [(part, values)] = &ask(db, &whole).await[..] else { panic!() };
        assert_eq!((part.keys.as_slice(), part.rows, part.sums.as_slice()), (&[] as &[Key], 70, &[69 * 70 / 2][..]));
        assert_eq!(values.len(), 60);
        // Nothing but how many there are, of whole months and of some of their days.
        for (from, to, expected) in [("2026-12-01", "2027-12-31", 70), ("2027-01-31", "2027-12-31", 45)] {
            let counted = Question { group_by: by(&[]), ..Question::default() };
            let asked = question(from, to, Vec::new());
            let counted = Question { from: asked.from, days: asked.days, conditions: asked.conditions, ..counted };
            let folded = db.fold(&counted).await.unwrap();
            assert_eq!(folded[0].parts[0].rows, expected, "{from} to {to}");
        }
    }

    async fn packed_months_are_what_is_read_until_their_table_changes(database) {
        let db = &database.db;
        execute(db, ROWS).await;
        pack_all(db, &packing(1)).await;
        let all = question("2027-01-01", "2027-03-31", Vec::new());
        let january = question("2027-01-01", "2027-01-31", Vec::new());
        execute(db, "UPDATE report_columns SET content = substr(content, 1, 3) WHERE month = '2027-03'").await;
        let damaged = db.fold(&all).await.unwrap_err();
        assert!(damaged.to_string().contains("damaged"), "{damaged}");
        assert_eq!(rows(&ask(db, &january).await), 40);

        execute(db, "DELETE FROM bitbucket_reviews WHERE id = 60").await;
        assert_eq!(rows(&ask(db, &all).await), 69);
        assert_eq!(pack_all(db, &packing(1)).await, ["2027-03"]);
        assert_eq!(rows(&ask(db, &all).await), 69);

        // A row that moves changes the month that it leaves, and the one that it comes to.
        execute(db, "UPDATE bitbucket_reviews SET created_on = '2027-03-31' WHERE id = 1").await;
        assert_eq!(rows(&ask(db, &january).await), 39);
        assert_eq!(rows(&ask(db, &all).await), 69);
        assert_eq!(pack_all(db, &packing(1)).await, ["2027-03", "2027-01"]);
        execute(db, "UPDATE bitbucket_reviews SET created_on = NULL WHERE id = 1").await;
        assert_eq!(pack_all(db, &packing(1)).await, ["2027-03"]);
        execute(db, "INSERT INTO bitbucket_reviews (id, source_id, pull_id, state, created_on, observed_at)
            VALUES (1001, 'late', 1001, 'APPROVED', '2027-02-02', '2027-01-02T03:04:05.000000Z')
            ON CONFLICT (id) DO UPDATE SET created_on = excluded.created_on").await;
        assert_eq!(pack_all(db, &packing(1)).await, ["2027-02"]);
        execute(db, "INSERT INTO bitbucket_reviews (id, source_id, pull_id, state, created_on, observed_at)
            VALUES (1001, 'late', 1001, 'APPROVED', '2027-01-03', '2027-01-02T03:04:05.000000Z')
            ON CONFLICT (id) DO UPDATE SET created_on = excluded.created_on").await;
        assert_eq!(rows(&ask(db, &all).await), 69);
        assert_eq!(pack_all(db, &packing(1)).await, ["2027-02", "2027-01"]);
        assert_eq!(rows(&ask(db, &all).await), 69);
    }

    async fn small_months_are_left_to_their_table_and_another_list_packs_anew(database) {
        let db = &database.db;
        execute(db, ROWS).await;
        pack_all(db, &packing(35)).await;
        execute(db, "UPDATE report_columns SET content = substr(content, 1, 3)").await;
        let march = question("2027-03-01", "2027-03-31", Vec::new());
        assert_eq!(rows(&ask(db, &march).await), 30);
        assert!(db.fold(&question("2027-01-01", "2027-01-31", Vec::new())).await.is_err());
        assert_eq!(pack_all(db, &packing(1)).await, ["2027-03", "2027-01"]);
        assert_eq!(rows(&ask(db, &question("2027-01-01", "2027-03-31", Vec::new())).await), 70);
        // Somebody began to pack and never came to the end.
        execute(db, "UPDATE report_packs SET packed_as = NULL WHERE month = '2027-01'").await;
        assert_eq!(pack_all(db, &packing(1)).await, ["2027-01"]);
        // What was never packed is read from the table.
        let other = Question { sums: vec!["v.id".to_owned()], ..march };
        assert_eq!(rows(&ask(db, &other).await), 30);
    }

    async fn rows_told_apart_in_several_ways_at_once_say_the_same_as_one_after_the_other(database) {
        let db = &database.db;
        execute(db, ROWS).await;
        // January is packed, March is not.
        pack_all(db, &packing(35)).await;
        let measured = [by(&["v.repository_id"]), by(&[])].concat();
        let counted = GroupBy {
            measured: false,
            ..by(&["v.user_id", "v.repository_id"]).remove(0)
        };
        let user = Condition::NoneOf("v.user_id", Parameter::Ids(vec![9_000_000_000_000_000_002]));
        let question = Question {
            group_by: [measured.clone(), vec![counted.clone()]].concat(),
            ..question("2027-01-01", "2027-03-31", vec![user])
        };
        let together = db.fold(&question).await.unwrap();
        let [of_repositories, of_all, of_users] = &together[..] else { panic!() };
        for (way, folded) in measured.iter().zip([of_repositories, of_all]) {
            let alone = Question { group_by: vec![way.clone()], ..question.clone() };
            assert_eq!(sorted(folded), ask(db, &alone).await);
        }
        assert_eq!((sorted(of_repositories).len(), rows(&sorted(of_all))), (3, 56));
        let also_measured = Question { group_by: by(&["v.user_id", "v.repository_id"]), ..question };
        let mut expected: Vec<Part> = ask(db, &also_measured).await.into_iter().map(|(part, _)| part).collect();
        expected.iter_mut().for_each(|part| part.sums.clear());
        let mut found = of_users.parts.clone();
        found.sort_by(|one, other| one.keys.cmp(&other.keys));
        assert_eq!((found, of_users.values.len()), (expected, 0));
    }

    async fn packing_by_several_at_once_while_rows_change_leaves_nothing_stale(database) {
        let db = &database.db;
        execute(db, ROWS).await;
        let packings = packing(1);
        let all = question("2027-01-01", "2027-03-31", Vec::new());
        for turn in 0..5 {
            let change = format!("UPDATE bitbucket_reviews SET comment_count = comment_count + 1 + {turn} WHERE id % 2 = 0");
            let (_, _, ()) = tokio::join!(
                pack_all(db, &packings),
                pack_all(db, &packings),
                execute(db, &change),
            );
            ask(db, &all).await;
        }
        pack_all(db, &packings).await;
        assert!(db.months_to_pack(&packings).await.unwrap().is_empty());
        assert_eq!(rows(&ask(db, &all).await), 70);
    }
}
