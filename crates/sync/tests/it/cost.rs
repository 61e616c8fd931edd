//! Requests are the currency.

use emulator::WorldSpec;
use testkit::both_engines;

use crate::story::Story;

both_engines! {
    async fn a_thousand_pull_requests_cost_few_requests(database) {
        let story = Story::of(database, |end| WorldSpec::uniform(4, 250, end), |_| {}).await;
        let requests = story.requests_of_import().await;
        let total: u64 = requests.values().sum();
        println!("first import of 1,000 pull requests: {total} requests {requests:#?}");
        assert!(total <= 200, "{requests:#?}");

        let requests = story.requests_of_import().await;
        let total: u64 = requests.values().sum();
        println!("an increment with nothing new: {total} requests {requests:#?}");
        assert!(total <= 2 * 4 + 5, "{requests:#?}");
    }
}
