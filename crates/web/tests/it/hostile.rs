//! Names from outside that would like to be more than names.

use store::Role;
use testkit::both_engines;

use crate::house::House;

both_engines! {
    async fn a_hostile_name_is_shown_harmlessly_everywhere(database) {
        let house = House::new(database).await;
        let ada = house.login("ada", Role::Administrator).await;
        let long = format!("long{}", "x".repeat(10_000));
        let names = [
            "<script>alert(1)</script>",
            "\"><img src=x onerror=alert(1)>",
            "\u{202e}gnp.exe",
            "' OR 1=1 --",
            "{{ 7 * 7 }}",
            "a/../../b?c#d",
            long.as_str(),
        ];
        for name in names {
            house.connect(name, name).await;
        }
        let list = ada.get(&house, "/connections").await;
        let mut pages = vec![ada.get(&house, "/").await];
        // Each is reached by the link that the list has.
        let links: Vec<&str> = list
            .text
            .split("href=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .filter(|link| link.starts_with("/connections/") && !link.ends_with("/add"))
            .collect();
        assert_eq!(links.len(), names.len(), "{links:?}");
        for link in links {
            for more in ["", "/rejects", "/deliveries", "/filter", "/webhook", "/remove", "/credentials/add"] {
                let page = ada.get(&house, &format!("{link}{more}")).await;
                assert_eq!(page.status, 200, "{link}{more}");
                pages.push(page);
            }
        }
        pages.push(list);
        for page in pages {
            assert!(!page.text.contains("<script>"), "{}", page.text);
            assert!(!page.text.contains("<img"), "{}", page.text);
            assert!(!page.text.contains('\u{202e}'), "{}", page.text);
        }
    }
}
