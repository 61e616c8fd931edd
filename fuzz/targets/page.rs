//! A whole body as a page: the first byte says of which listing.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((which, body)) = data.split_first() else {
        return;
    };
    let listing = fuzz::listing(*which);
    match bitbucket::fuzzing::page(&listing, body, which & 0x80 != 0) {
        Some(Ok(page)) => fuzz::check(&page),
        Some(Err(error)) => fuzz::check_error(&error),
        None => {}
    }
});
