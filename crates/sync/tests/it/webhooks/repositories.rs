//! Repositories that come, are left out, or go.

use emulator::WorldSpec;
use model::rows::RepositoryRow;
use model::{Id, Uuid};
use store::{FilterMode, FilterRule, FilterSubject};
use sync::RepositoryFilter;
use testkit::both_engines;

use super::{Told, cast, due};

both_engines! {
    async fn a_repository_that_nobody_knows_yet_is_taken_in_and_listed(database) {
        let told = Told::of(database, WorldSpec::small).await;
        let (_, [author, other, _]) = cast(&told);
        let mut deliveries = told.later(|world| world.create_repository("brand-new"));
        // The first that is heard of it.
        deliveries.clear();
        deliveries.extend(told.later(|world| {
            world.add_commit("brand-new", &author).unwrap();
            let number = world.open_pull_request("brand-new", &author).unwrap();
            world.approve("brand-new", number, &other).unwrap();
        }));
        told.arrive(&deliveries).await;
        let repositories = testkit::dump(told.story.db(), &RepositoryRow::TABLE).await;
        assert!(repositories.values().any(|row| row["slug"] == "brand-new"));
        let (due, _) = due(&told).await;
        assert!(due.contains(&"repositories".to_owned()), "{due:?}");
        told.judge().await;
    }

    async fn a_repository_that_is_left_out_stays_left_out(database) {
        let mut told = Told::unimported(database, |end| WorldSpec::uniform(2, 20, end)).await;
        let (slugs, uuids): (Vec<String>, Vec<String>) = {
            let world = told.story.emulator.world();
            world.repositories().iter().map(|one| (one.slug.clone(), one.uuid.clone())).unzip()
        };
        let rules = vec![FilterRule { subject: FilterSubject::Repository, pattern: slugs[0].clone() }];
        told.story.options.filter = RepositoryFilter::new(FilterMode::Denylist, rules.clone());
        let mut tx = told.story.db().write().await.unwrap();
        tx.set_filter(told.connection, FilterMode::Denylist, &rules, told.story.now()).await.unwrap();
        tx.commit().await.unwrap();
        told.story.import().await;
        let before = crate::story::all_tables(told.story.db()).await;
        let (_, [author, _, _]) = cast(&told);
        let drained = told
            .hear(|world| {
                world.open_pull_request(&uuids[0], &author).unwrap();
                world.rename_repository(&uuids[0], &slugs[0].clone()).unwrap();
            })
            .await;
        assert_eq!((drained.filtered, drained.all()), (3, 3));
        crate::story::assert_same(&before, &crate::story::all_tables(told.story.db()).await);
        let drained = told.hear(|world| world.open_pull_request(&uuids[1], &author).unwrap()).await;
        assert_eq!((drained.filtered, drained.applied), (0, 2));
        told.judge().await;
    }

    async fn a_deleted_repository_is_looked_for_and_does_not_come_back(database) {
        let told = Told::of(database, |end| WorldSpec::uniform(2, 20, end)).await;
        let (repo, [author, _, _]) = cast(&told);
        let late = told.later(|world| world.open_pull_request(&repo, &author).unwrap());
        told.hear(|world| world.delete_repository(&repo).unwrap()).await;
        let (due, requested) = due(&told).await;
        assert!(requested && due.contains(&"repositories".to_owned()), "{due:?}");
        let id = Id::repository(&Uuid::parse(&repo).unwrap()).0;
        let deleted = async || {
            let rows = testkit::dump(told.story.db(), &RepositoryRow::TABLE).await;
            !rows[&id]["deleted_at"].is_null()
        };
        assert!(!deleted().await, "only an answer proves it");
        told.story.import().await;
        assert!(deleted().await);
        told.arrive(&late).await;
        told.story.import().await;
        assert!(deleted().await, "an old delivery brings nothing back");
    }
}
