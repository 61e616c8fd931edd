use std::path::Path;

use super::{Figure, WorkedExample, document};

#[test]
fn the_document_says_what_the_file_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/worked-example.md");
    let written = std::fs::read_to_string(path).unwrap();
    assert!(
        written == document(&WorkedExample::read()),
        "run: cargo run -p testkit --example worked_example > docs/worked-example.md"
    );
}

/// Microseconds after midnight.
fn clock(text: &str) -> i64 {
    let mut micros = 0;
    for (part, unit) in text.split(':').zip([3_600_000_000, 60_000_000, 1_000_000]) {
        let (whole, fraction) = part.split_once('.').unwrap_or((part, ""));
        micros += whole.parse::<i64>().unwrap() * unit;
        if !fraction.is_empty() {
            micros += format!("{fraction:0<6}").parse::<i64>().unwrap();
        }
    }
    micros
}

/// What the written sum comes to, in seconds.
fn added_up(sum: &str) -> i64 {
    let parts = sum
        .split(" + ")
        .map(|part| match part.split_once(" × 10 h") {
            Some((days, "")) => days.parse::<i64>().unwrap() * 36_000_000_000,
            _ => {
                let (_, hours) = part.split_once(' ').unwrap();
                let (from, to) = hours.split_once('–').unwrap();
                clock(to) - clock(from)
            }
        });
    parts.sum::<i64>() / 1_000_000
}

#[test]
fn the_business_hours_that_are_written_out_add_up() {
    let world = WorkedExample::read();
    let mut sums = 0;
    let mut check = |figure: &Figure, place: &str| {
        let (Some(business), Some(because)) = (figure.business, &figure.business_because) else {
            assert_eq!(figure.seconds, None, "{place}");
            return;
        };
        if because.contains('–') || because.contains('×') {
            assert_eq!(added_up(because), business, "{place}: {because}");
            sums += 1;
        } else {
            assert_eq!(business, 0, "{place}: {because}");
        }
    };
    for pull in &world.pull_requests {
        for (name, figure) in &pull.durations {
            check(figure, &format!("{name} of {}", pull.number));
        }
        for review in &pull.reviews {
            check(
                &review.time_since_request,
                &format!("a review of {}", pull.number),
            );
        }
    }
    assert!(sums > 250, "{sums}");
}
