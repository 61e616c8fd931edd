//! A body as a delivery: the first byte says of which key and whether texts are stored.
#![no_main]

use bitbucket::webhook::{self, Delivery, DeliveryError, Told};
use libfuzzer_sys::fuzz_target;
use model::Instant;

fuzz_target!(|data: &[u8]| {
    let Some((which, body)) = data.split_first() else {
        return;
    };
    let delivery = fuzz::delivery(*which, body);
    let received_at = Instant::from_seconds(1_700_000_000);
    let read = |delivery: &Delivery, text| webhook::read(delivery, received_at, text);
    let told = read(&delivery, which & 0x80 != 0);
    match &told {
        Ok(told) => fuzz::check_batch(&told.batch),
        Err(error) => fuzz::check_delivery_error(error),
    }
    let plain = |told: Result<Told, DeliveryError>| format!("{told:?}");
    // Reading twice is the same as once.
    let again = plain(read(&delivery, which & 0x80 != 0));
    assert_eq!(plain(told), again);
    let Some(redacted) = webhook::redact(body) else {
        return;
    };
    assert_eq!(webhook::redact(&redacted).as_ref(), Some(&redacted));
    // Without texts nothing is lost by taking them out.
    let bare = read(&delivery, false);
    if let Ok(told) = &bare {
        for comment in &told.batch.comments {
            assert!(comment.content.is_absent());
        }
        for pull in &told.batch.pulls {
            assert!(pull.description.is_absent());
        }
        let kept = Delivery {
            body: redacted,
            ..delivery
        };
        assert_eq!(plain(bare), plain(read(&kept, false)));
    }
});
