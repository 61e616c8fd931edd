//! A body as one record of a page, and as one alone: the first byte says of which listing.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((which, record)) = data.split_first() else {
        return;
    };
    let store_text = which & 0x80 != 0;
    let listing = fuzz::listing(*which);
    let body = [b"{\"values\":[", record, b"]}"].concat();
    if let Some(Ok(page)) = bitbucket::fuzzing::page(&listing, &body, store_text) {
        fuzz::check(&page);
        // Reading twice is the same as once.
        let again = bitbucket::fuzzing::page(&listing, &body, store_text);
        assert_eq!(
            format!("{:?}", Some(Ok::<_, ()>(page))),
            match again {
                Some(Ok(page)) => format!("{:?}", Some(Ok::<_, ()>(page))),
                other => format!("{other:?}"),
            }
        );
    }
    let repository = fuzz::repository();
    let single = fuzz::single(*which, &repository);
    match bitbucket::fuzzing::single(single, record, store_text) {
        Some(Ok(page)) => fuzz::check(&page),
        Some(Err(error)) => fuzz::check_error(&error),
        None => {}
    }
});
