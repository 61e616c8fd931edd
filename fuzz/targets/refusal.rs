//! A body as that of a refusal: the first two bytes are its status.
#![no_main]

use bitbucket::Credential;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [high, low, body @ ..] = data else { return };
    let status = 300 + u16::from_be_bytes([*high, *low]) % 300;
    let credential = Credential::AccessToken {
        label: "Importer".to_owned(),
        token: "s3cr3t-t0ken".to_owned().into(),
    };
    let words = bitbucket::fuzzing::refusal(status, body, &credential).to_string();
    assert!(!words.contains("s3cr3t-t0ken"), "{words}");
    assert!(!words.contains(['\n', '\r']), "{words}");
});
