//! When people work.

use model::Instant;

use super::super::dice::Dice;

const DAY: i64 = 86_400;
const HOUR: i64 = 3_600;

/// Of a hundred, Monday first: how readily work starts on that day.
const WEEKDAYS: [u32; 7] = [92, 100, 100, 94, 70, 5, 3];

/// From eight in the morning to seven in the evening.
const HOURS: [u32; 12] = [3, 9, 13, 13, 7, 5, 10, 13, 12, 9, 5, 2];

fn weekday(local_seconds: i64) -> usize {
    // 1 January 1970 was a Thursday.
    usize::try_from((local_seconds.div_euclid(DAY) + 3).rem_euclid(7)).unwrap_or(0)
}

/// A time between two instants at which somebody would start something.
pub(super) fn busy_time(dice: &mut Dice, from: Instant, to: Instant, hours_ahead: i64) -> Instant {
    let days = (to.seconds_since(from) / DAY).max(1);
    let midnight = from.micros() / 1_000_000 / DAY * DAY;
    let mut day = 0;
    for _ in 0..24 {
        day = dice.between(0, days - 1);
        // The team grows: later days see more.
        let grown = 70 + 30 * day / days;
        let weight = WEEKDAYS
            .get(weekday(midnight + day * DAY))
            .copied()
            .unwrap_or(50);
        if dice.chance(weight) && dice.between(0, 99) < grown {
            break;
        }
    }
    let hour = 8 + i64::try_from(dice.weighted(&HOURS)).unwrap_or(0);
    let local = midnight + day * DAY + hour * HOUR + dice.between(0, HOUR - 1);
    let at = Instant::from_seconds(local - hours_ahead * HOUR)
        .max(from)
        .min(to.plus_seconds(-60));
    dice.with_micros(at)
}

/// The same time if somebody is at work then, else shortly after they come in next.
pub(super) fn working_time(dice: &mut Dice, at: Instant, hours_ahead: i64) -> Instant {
    let local = at.micros().div_euclid(1_000_000) + hours_ahead * HOUR;
    let day = local.div_euclid(DAY);
    let second = local.rem_euclid(DAY);
    let weekend = weekday(local) >= 5;
    // Now and then somebody looks in at night.
    if dice.chance(4) || (!weekend && (8 * HOUR + 1_800..19 * HOUR).contains(&second)) {
        return dice.with_micros(at);
    }
    let mut next = if !weekend && second < 9 * HOUR {
        day
    } else {
        day + 1
    };
    while weekday(next * DAY) >= 5 {
        next += 1;
    }
    let morning = next * DAY + 8 * HOUR + 1_800 + dice.between(0, 5_400);
    dice.with_micros(Instant::from_seconds(morning - hours_ahead * HOUR))
}
