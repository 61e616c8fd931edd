//! Days and working time, worked out by hand; and compared with counting minute by minute.

use std::collections::BTreeMap;

use chrono::Timelike;
use model::Instant;
use serde_json::{Value, json};

use super::any_order::Dice;
use crate::{Calendar, CalendarSettings};

fn settings(stored: &Value) -> CalendarSettings {
    let stored: BTreeMap<String, Value> = serde_json::from_value(stored.clone()).unwrap();
    CalendarSettings::of(&stored).unwrap()
}

fn calendar(stored: &Value) -> Calendar {
    Calendar::new(settings(stored))
}

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// Hours, to be read with the arithmetic beside them.
fn hours(hours: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole seconds are written here"
    )]
    let seconds = (hours * 3600.0) as i64;
    seconds
}

#[test]
fn a_day_is_one_of_the_accounts_time_zone() {
    let berlin = calendar(&json!({"timezone": "Europe/Berlin"}));
    for (instant, day) in [
        ("2024-03-30T22:59:59Z", "2024-03-30"),
        ("2024-03-30T23:00:00Z", "2024-03-31"),
        // The clocks were put forward in between.
        ("2024-03-31T21:59:59Z", "2024-03-31"),
        ("2024-03-31T22:00:00Z", "2024-04-01"),
    ] {
        assert_eq!(berlin.day_of(at(instant)), day, "{instant}");
    }
    let usual = Calendar::new(CalendarSettings::default());
    assert_eq!(usual.day_of(at("2024-03-30T23:00:00Z")), "2024-03-30");
}

#[test]
fn working_time_leaves_out_nights_weekends_and_holidays() {
    // 2024-05-09 is a Thursday; the 10th a Friday, the 13th a Monday.
    let usual = calendar(&json!({"holidays": {"2024-05-09": "Ascension Day"}}));
    for (from, to, expected) in [
        // Friday 17:00–18:00 and Monday 08:00–09:00.
        ("2024-05-10T17:00:00Z", "2024-05-13T09:00:00Z", hours(2.0)),
        // All of it at night, and on a Saturday.
        ("2024-05-10T18:00:00Z", "2024-05-13T08:00:00Z", 0),
        ("2024-05-11T09:00:00Z", "2024-05-11T17:00:00Z", 0),
        // Wednesday 10:00–18:00, nothing of the holiday, Friday 08:00–08:30.
        ("2024-05-08T10:00:00Z", "2024-05-10T08:30:00Z", hours(8.5)),
        ("2024-05-09T08:00:00Z", "2024-05-09T18:00:00Z", 0),
        // Within one day, rounded down.
        ("2024-05-08T08:00:00.900Z", "2024-05-08T08:00:02.100Z", 1),
        // Backwards, nothing.
        ("2024-05-08T12:00:00Z", "2024-05-08T10:00:00Z", 0),
        // 2024 has 262 days from Monday to Friday, one of which is the holiday: 261 × 10 h.
        (
            "2024-01-01T00:00:00Z",
            "2025-01-01T00:00:00Z",
            hours(2610.0),
        ),
        // 2014 to 2023: 261 such days in a year, but 260 in 2017, 2022 and 2023 and 262 in 2020,
        // which makes 2 608 of 10 h each.
        (
            "2014-01-01T00:00:00Z",
            "2024-01-01T00:00:00Z",
            hours(26_080.0),
        ),
    ] {
        assert_eq!(
            usual.business_seconds(at(from), at(to), None),
            expected,
            "{from} to {to}"
        );
    }
}

#[test]
fn each_works_by_the_clock_on_their_own_wall() {
    let calendar = calendar(&json!({"timezone": "Europe/Berlin"}));
    let (from, to) = (at("2024-07-01T06:00:00Z"), at("2024-07-02T06:00:00Z"));
    for (timezone, expected) in [
        // 08:00 to 18:00 in Berlin, and nothing of the next day.
        (None, hours(10.0)),
        (Some("Europe/Berlin"), hours(10.0)),
        // In New York it is 02:00 to 02:00: one whole working day.
        (Some("America/New_York"), hours(10.0)),
        // In Kolkata it is 11:30 to 11:30: 6.5 h of Monday and 3.5 h of Tuesday.
        (Some("Asia/Kolkata"), hours(10.0)),
        // What is no time zone is not known: the account's.
        (Some("Middle-earth/Bree"), hours(10.0)),
    ] {
        assert_eq!(calendar.business_seconds(from, to, timezone), expected);
    }
    // From 06:00 to 12:00 UTC these differ.
    let noon = at("2024-07-01T12:00:00Z");
    for (timezone, expected, name) in [
        (None, hours(6.0), "Europe/Berlin"),
        (Some("America/New_York"), 0, "America/New_York"),
        (Some("Asia/Kolkata"), hours(6.0), "Asia/Kolkata"),
        (Some("Middle-earth/Bree"), hours(6.0), "Europe/Berlin"),
        // 15:00 to 21:00: until 18:00.
        (Some("Asia/Tokyo"), hours(3.0), "Asia/Tokyo"),
    ] {
        let hours = calendar.hours_in(timezone);
        assert_eq!(hours.seconds_between(from, noon), expected, "{timezone:?}");
        assert_eq!(hours.timezone(), name);
    }
}

#[test]
fn days_on_which_clocks_change_are_as_long_as_they_were() {
    let of = |window: &str, from: &str, to: &str, zone: &str| {
        let calendar = calendar(&json!({"working_days": ["mon-sun"], "working_hours": window}));
        calendar.business_seconds(at(from), at(to), Some(zone))
    };
    // Berlin puts its clocks forward from 02:00 to 03:00 on 2024-03-31 (01:00 UTC) and back from
    // 03:00 to 02:00 on 2024-10-27 (01:00 UTC).
    let spring = ("2024-03-30T23:00:00Z", "2024-03-31T22:00:00Z");
    let autumn = ("2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z");
    for (window, in_spring, in_autumn) in [
        ("00:00-24:00", 23.0, 25.0),
        ("08:00-18:00", 10.0, 10.0),
        ("01:00-04:00", 2.0, 4.0),
        // 02:30 never came in spring: from 03:00 to 04:00. In autumn from the first 02:30.
        ("02:30-04:00", 1.0, 2.5),
        // In spring until 03:00, which came after 01:59:59; in autumn until the second 02:30.
        ("01:00-02:30", 1.0, 2.5),
        // All of it was left out in spring.
        ("02:00-03:00", 0.0, 2.0),
    ] {
        let (from, to) = spring;
        assert_eq!(
            of(window, from, to, "Europe/Berlin"),
            hours(in_spring),
            "{window} in spring"
        );
        let (from, to) = autumn;
        assert_eq!(
            of(window, from, to, "Europe/Berlin"),
            hours(in_autumn),
            "{window} in autumn"
        );
    }
    // Whoever begins before and ends long after still has that hour more or less: the 366 days of
    // 2024 from 01:00 to 04:00, 3 h each, 1 h less in spring and 1 h more in autumn; half a year
    // of them ends between the two.
    let year = ("2023-12-31T23:00:00Z", "2024-12-31T23:00:00Z");
    assert_eq!(
        of("01:00-04:00", year.0, year.1, "Europe/Berlin"),
        hours(1098.0)
    );
    // January to June has 182 days: 546 h, less 1.
    assert_eq!(
        of(
            "01:00-04:00",
            year.0,
            "2024-06-30T22:00:00Z",
            "Europe/Berlin"
        ),
        hours(545.0)
    );
    // São Paulo had no midnight on 2018-11-04: the day began at 01:00 (03:00 UTC).
    assert_eq!(
        of(
            "00:00-24:00",
            "2018-11-04T03:00:00Z",
            "2018-11-05T02:00:00Z",
            "America/Sao_Paulo"
        ),
        hours(23.0)
    );
    // Samoa had no 2011-12-30: from Thursday 12:00 (UTC−10) to Saturday 12:00 (UTC+14) there are
    // 6 h of Thursday and 4 h of Saturday.
    assert_eq!(
        of(
            "08:00-18:00",
            "2011-12-29T22:00:00Z",
            "2011-12-30T22:00:00Z",
            "Pacific/Apia"
        ),
        hours(10.0)
    );
}

/// Counts the minutes at which the clock on the wall shows working time.
fn minute_by_minute(settings: &CalendarSettings, zone: &str, from: Instant, to: Instant) -> i64 {
    let zone: chrono_tz::Tz = zone.parse().unwrap();
    let mut minutes = 0;
    let mut at = from;
    while at < to {
        let local = at.to_chrono().with_timezone(&zone);
        let clock = i64::from(local.num_seconds_from_midnight());
        let (opens, closes) = settings.working_hours;
        if settings.is_working(local.date_naive()) && (opens..closes).contains(&clock) {
            minutes += 1;
        }
        at = at.plus_seconds(60);
    }
    minutes * 60
}

#[test]
fn working_time_is_what_counting_every_minute_gives() {
    let mut dice = Dice(2_024);
    // Days next to changes of clocks somewhere, and any other.
    let begins = [
        "2024-03-29T00:00:00Z",
        "2024-10-25T00:00:00Z",
        "2024-03-08T00:00:00Z",
        "2018-11-02T00:00:00Z",
        "2011-12-28T00:00:00Z",
        "2024-06-12T00:00:00Z",
    ];
    let zones = [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "Asia/Kolkata",
        "UTC",
    ];
    let windows = ["08:00-18:00", "00:00-24:00", "01:00-05:00", "09:30-17:15"];
    let days = ["mon-fri", "mon-sun", "sun-thu", "sat,sun"];
    let mut pick = |choices: &[&'static str]| {
        choices[usize::try_from(dice.below(choices.len() as u64)).unwrap()]
    };
    let mut found_some = 0;
    for round in 0..300_i64 {
        let (begin, zone) = (at(pick(&begins)), pick(&zones));
        let settings = settings(&json!({
            "working_days": [pick(&days)],
            "working_hours": pick(&windows),
            "holidays": {"2024-10-28": "", "2024-06-13": "", "2024-04-01": ""},
        }));
        let from = begin.plus_seconds(round * 577 / 60 * 60);
        let to = from.plus_seconds((round * 7_919 % 6_000) * 60);
        let counted = minute_by_minute(&settings, zone, from, to);
        let calendar = Calendar::new(settings.clone());
        assert_eq!(
            calendar.business_seconds(from, to, Some(zone)),
            counted,
            "{zone} from {from} to {to} by {settings:?}"
        );
        found_some += i64::from(counted > 0);
    }
    assert!(found_some > 100, "{found_some}");
}

#[test]
fn a_day_says_its_week_month_quarter_and_year_and_when_it_is() {
    let calendar = calendar(&json!({
        "timezone": "Europe/Berlin",
        "holidays": {"2024-12-25": "Christmas Day"},
    }));
    let days = calendar.years(2024, 2025);
    assert_eq!(days.len(), 366 + 365);
    let find = |day: &str| days.iter().find(|row| row.day == day).unwrap();
    let sunday = find("2024-03-31");
    assert_eq!(sunday.week, "2024-03-25");
    assert_eq!(sunday.month, "2024-03-01");
    assert_eq!(sunday.quarter, "2024-01-01");
    assert_eq!(sunday.year, "2024-01-01");
    assert!(!sunday.working);
    assert_eq!(sunday.starts_at, at("2024-03-30T23:00:00Z"));
    assert_eq!(sunday.ends_at, at("2024-03-31T22:00:00Z"));
    assert!(find("2024-12-24").working);
    assert!(!find("2024-12-25").working);
    // The last week of a year begins in it.
    assert_eq!(find("2025-01-01").week, "2024-12-30");
    assert_eq!(find("2025-05-15").quarter, "2025-04-01");
    for pair in days.windows(2) {
        assert_eq!(pair[0].ends_at, pair[1].starts_at, "{}", pair[0].day);
        assert_eq!(calendar.day_of(pair[1].starts_at), pair[1].day);
    }
    assert_eq!(days.iter().filter(|day| day.working).count(), 262 + 261 - 1);
}

#[test]
fn a_calendar_that_nobody_can_mean_is_refused_with_how_to_write_it() {
    let refused = |name: &str, words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        CalendarSettings::parse(name, &words).unwrap_err()
    };
    for (name, words, says) in [
        ("timezone", &["Berlin"][..], "Europe/Berlin"),
        ("timezone", &[][..], "IANA"),
        ("working_days", &["monday"][..], "mon-fri"),
        ("working_days", &[","][..], "at least one day"),
        ("working_hours", &["8-18"][..], "08:00-18:00"),
        ("working_hours", &["08:00-24:01"][..], "08:00-18:00"),
        ("working_hours", &["18:00-08:00"][..], "before it ends"),
        ("working_hours", &["08:+1-18:00"][..], "08:00-18:00"),
        ("holidays", &["2024-02-30 Nothing"][..], "no date"),
        (
            "holidays",
            &["2024-12-25 One", "2024-12-25 Two"][..],
            "twice",
        ),
    ] {
        let problem = refused(name, words);
        assert!(problem.contains(says), "{name} {words:?}: {problem}");
    }
}

#[test]
fn a_setting_is_stored_in_one_form_however_it_is_written() {
    let parse = |name: &str, words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        CalendarSettings::parse(name, &words).unwrap()
    };
    assert_eq!(
        parse("timezone", &["europe/BERLIN"]),
        json!("Europe/Berlin")
    );
    let sunday_to_thursday = json!(["mon", "tue", "wed", "thu", "sun"]);
    assert_eq!(parse("working_days", &["sun-thu"]), sunday_to_thursday);
    assert_eq!(
        parse("working_days", &["Mon,tue", "wed", "thu,sun"]),
        sunday_to_thursday
    );
    assert_eq!(
        parse("working_hours", &["9:00 - 24:00"]),
        json!("09:00-24:00")
    );
    assert_eq!(
        parse("holidays", &["2024-12-25  Christmas Day", "2024-01-01"]),
        json!({"2024-01-01": "", "2024-12-25": "Christmas Day"})
    );
    // What is stored reads as what was meant.
    let stored = json!({
        "timezone": "Asia/Kolkata",
        "working_days": sunday_to_thursday,
        "working_hours": "09:30-17:15",
        "holidays": {"2024-01-01": "", "2024-12-25": "Christmas Day"},
    });
    let read = settings(&stored);
    for name in CalendarSettings::NAMES {
        assert_eq!(read.value(name), stored[name]);
    }
    assert_eq!(read.working_hours, (34_200, 62_100));
    let invalid = BTreeMap::from([("timezone".to_owned(), json!(7))]);
    let error = CalendarSettings::of(&invalid).unwrap_err();
    assert!(error.to_string().contains("`timezone`"), "{error}");
}
