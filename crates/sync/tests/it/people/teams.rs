//! Who comes into a team, and who goes.

use model::Instant;
use store::{Db, PersonValues, WriteTx};
use sync::people::{MembershipError, join_team, leave_team};
use testkit::both_engines;

/// A team, and two people in a transaction that may change who is in it.
async fn team(db: &Db) -> (WriteTx, i64, [i64; 2]) {
    let now: Instant = "2026-03-02T10:00:00Z".parse().unwrap();
    let mut tx = db.write().await.unwrap();
    tx.lock_people().await.unwrap();
    let team = tx.make_team("Engines", now).await.unwrap();
    let people = [PersonValues::default(), PersonValues::default()];
    let made = tx.make_people(&people, now).await.unwrap().made;
    (tx, team, [made[0], made[1]])
}

type Days = (i64, Option<String>, Option<String>);

/// Who was in it, from when to when.
async fn days(tx: &mut WriteTx) -> Vec<Days> {
    let (_, members) = tx.teams().await.unwrap();
    let members = members.into_iter();
    members
        .map(|one| (one.user_id, one.from_on, one.to_on))
        .collect()
}

fn told(person: i64, from: Option<&str>, to: Option<&str>) -> Days {
    (person, from.map(str::to_owned), to.map(str::to_owned))
}

both_engines! {
    async fn nobody_is_in_a_team_twice_on_one_day(database) {
        let (mut tx, team, [ada, bob]) = team(&database.db).await;
        let (first, last) = (Some("2026-03-01"), Some("2026-03-31"));
        join_team(&mut tx, team, ada, first, last).await.unwrap();
        join_team(&mut tx, team, bob, None, None).await.unwrap();
        for (from, to) in [
            (None, None),
            (None, first),
            (last, None),
            (Some("2026-03-10"), Some("2026-03-20")),
            (Some("2026-02-01"), Some("2026-04-30")),
        ] {
            let refused = join_team(&mut tx, team, ada, from, to).await.unwrap_err();
            assert!(matches!(refused, MembershipError::InIt), "{from:?} {to:?} {refused}");
        }
        let refused = join_team(&mut tx, team, ada, last, first).await.unwrap_err();
        assert!(matches!(refused, MembershipError::Backwards { .. }), "{refused}");
        join_team(&mut tx, team, ada, None, Some("2026-02-28")).await.unwrap();
        join_team(&mut tx, team, ada, Some("2026-04-01"), None).await.unwrap();
        assert_eq!(days(&mut tx).await, [
            told(ada, None, Some("2026-02-28")),
            told(ada, first, last),
            told(ada, Some("2026-04-01"), None),
            told(bob, None, None),
        ]);
    }

    async fn whoever_leaves_is_known_to_the_last_day_and_never_comes_again(database) {
        let (mut tx, team, [ada, bob]) = team(&database.db).await;
        let (first, last) = (Some("2026-03-01"), Some("2026-03-31"));
        join_team(&mut tx, team, ada, first, last).await.unwrap();
        join_team(&mut tx, team, ada, Some("2026-05-01"), None).await.unwrap();
        join_team(&mut tx, team, bob, None, None).await.unwrap();
        leave_team(&mut tx, team, ada, "2026-03-15").await.unwrap();
        let until = told(ada, first, Some("2026-03-15"));
        assert_eq!(days(&mut tx).await, [until, told(bob, None, None)]);
        let refused = leave_team(&mut tx, team, ada, "2026-03-15").await.unwrap_err();
        assert!(matches!(refused, MembershipError::NotInIt(_)), "{refused}");
        // A last day before the first takes it back.
        leave_team(&mut tx, team, ada, "2026-02-28").await.unwrap();
        leave_team(&mut tx, team, bob, "2026-02-28").await.unwrap();
        assert_eq!(days(&mut tx).await, [told(bob, None, Some("2026-02-28"))]);
    }
}
