//! How often somebody may try to sign in.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ipnet::IpNet;
use model::{Clock, Instant};

/// How long failures count, in seconds.
const WINDOW: i64 = 900;

/// Failures from one address for one name: a person who mistypes needs fewer.
const FOR_A_NAME: u32 = 5;

/// Failures from one address for any names.
const FROM_AN_ADDRESS: u32 = 30;

/// Failures for one name from anywhere: guessing from many addresses ends here, and the name's owner
/// waits too, or comes by a link from the command line.
const FOR_A_NAME_FROM_ANYWHERE: u32 = 100;

/// How much is remembered at most; beyond that, what is over is forgotten.
const REMEMBERED: usize = 10_000;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Address(IpNet),
    Name(String),
    NameFrom(String, IpNet),
}

#[derive(Clone, Copy, Debug)]
struct Window {
    began: Instant,
    attempts: u32,
}

/// The attempts of late, of this process.
pub(crate) struct Attempts {
    clock: Arc<dyn Clock>,
    windows: Mutex<HashMap<Key, Window>>,
}

/// Too many attempts; in so many seconds there may be another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany {
    pub(crate) seconds: i64,
}

impl Attempts {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            windows: Mutex::default(),
        }
    }

    /// Counts an attempt before it is made, so that many at once do not slip through.
    pub(crate) fn begin(&self, name: &str, address: IpAddr) -> Result<(), TooMany> {
        let now = self.clock.now();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= REMEMBERED {
            windows.retain(|_, window| now.seconds_since(window.began) < WINDOW);
        }
        let keys = keys(name, address);
        for (key, limit) in &keys {
            if let Some(window) = windows.get(key) {
                let age = now.seconds_since(window.began);
                if age < WINDOW && window.attempts >= *limit {
                    return Err(TooMany {
                        seconds: WINDOW - age,
                    });
                }
            }
        }
        for (key, _) in keys {
            let window = windows.entry(key).or_insert(Window {
                began: now,
                attempts: 0,
            });
            if now.seconds_since(window.began) >= WINDOW {
                *window = Window {
                    began: now,
                    attempts: 0,
                };
            }
            window.attempts += 1;
        }
        Ok(())
    }

    /// The attempt succeeded: it counts no more, nor do the failures before it.
    pub(crate) fn succeeded(&self, name: &str, address: IpAddr) {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in keys(name, address) {
            match key {
                // Whoever knows one password must not buy guesses at others with it.
                Key::Address(_) | Key::Name(_) => {
                    if let Some(window) = windows.get_mut(&key) {
                        window.attempts = window.attempts.saturating_sub(1);
                    }
                }
                Key::NameFrom(..) => {
                    windows.remove(&key);
                }
            }
        }
    }
}

fn keys(name: &str, address: IpAddr) -> [(Key, u32); 3] {
    // Whoever has one IPv6 address has a whole network of them.
    let length = match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 64,
    };
    let network = IpNet::new(address, length)
        .unwrap_or_else(|_| IpNet::from(address))
        .trunc();
    let name: String = name.chars().take(100).collect();
    [
        (Key::Address(network), FROM_AN_ADDRESS),
        (Key::Name(name.clone()), FOR_A_NAME_FROM_ANYWHERE),
        (Key::NameFrom(name, network), FOR_A_NAME),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ManualClock;

    fn attempts() -> (ManualClock, Attempts) {
        let clock = ManualClock::starting_at("2026-03-04T10:00:00Z".parse().unwrap());
        (clock.clone(), Attempts::new(Arc::new(clock)))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn after_five_failures_a_name_waits_and_others_do_not() {
        let (clock, attempts) = attempts();
        let (here, there) = (address("192.0.2.7"), address("192.0.2.8"));
        for _ in 0..5 {
            attempts.begin("ada", here).unwrap();
            clock.advance_seconds(60);
        }
        assert_eq!(attempts.begin("ada", here), Err(TooMany { seconds: 600 }));
        attempts.begin("bob", here).unwrap();
        attempts.begin("ada", there).unwrap();
        clock.advance_seconds(600);
        attempts.begin("ada", here).unwrap();
    }

    #[test]
    fn success_forgives_a_name_and_not_an_address() {
        let (_, attempts) = attempts();
        let here = address("2001:db8::1");
        for turn in 0..30 {
            // Each from another address of the same network, and for another name.
            let from = address(&format!("2001:db8::{turn}"));
            attempts.begin(&format!("name {turn}"), from).unwrap();
        }
        assert!(attempts.begin("ada", here).is_err());
        attempts.succeeded("name 1", here);
        attempts.begin("ada", here).unwrap();
        assert!(attempts.begin("ada", here).is_err());
        let elsewhere = address("2001:db8:1::1");
        for _ in 0..4 {
            attempts.begin("ada", elsewhere).unwrap();
        }
        attempts.succeeded("ada", elsewhere);
        for _ in 0..5 {
            attempts.begin("ada", elsewhere).unwrap();
        }
        assert!(attempts.begin("ada", elsewhere).is_err());
    }

    #[test]
    fn guessing_from_everywhere_ends() {
        let (_, attempts) = attempts();
        for turn in 0..100_u8 {
            attempts
                .begin("ada", IpAddr::from([10, 0, turn, 1]))
                .unwrap();
        }
        assert!(attempts.begin("ada", address("192.0.2.7")).is_err());
    }
}
