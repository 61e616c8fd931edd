//! Marks on pull requests that have to be measured.

use model::Id;
use testkit::both_engines;

const HERE: Id = Id(1);
const ELSEWHERE: Id = Id(2);

both_engines! {
    async fn what_is_marked_stays_marked_until_it_was_measured(database) {
        let db = &database.db;
        let mut tx = db.write().await.unwrap();
        tx.mark_unmeasured(HERE, &[Id(30), Id(10), Id(20)]).await.unwrap();
        tx.mark_unmeasured(HERE, &[Id(20), Id(40)]).await.unwrap();
        tx.mark_unmeasured(ELSEWHERE, &[Id(50)]).await.unwrap();
        tx.mark_unmeasured(ELSEWHERE, &[]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.unmeasured_repositories().await.unwrap(), [HERE, ELSEWHERE]);

        let mut tx = db.write().await.unwrap();
        assert_eq!(tx.unmeasured(HERE, 3).await.unwrap(), [Id(10), Id(20), Id(30)]);
        tx.forget_unmeasured(HERE, &[Id(10), Id(20), Id(50)]).await.unwrap();
        assert_eq!(tx.unmeasured(HERE, 3).await.unwrap(), [Id(30), Id(40)]);
        drop(tx);

        let mut tx = db.write().await.unwrap();
        assert_eq!(tx.unmeasured(HERE, 9).await.unwrap().len(), 4, "the transaction was dropped");
        tx.forget_unmeasured(HERE, &[Id(10), Id(20), Id(30), Id(40)]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.unmeasured_repositories().await.unwrap(), [ELSEWHERE]);
    }
}
