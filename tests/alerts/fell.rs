//! Rule A, "fell by more than 20 points in 7 days": tables A1 to A5, fleet, stale sources.

use halescore::alerts::{Cause, Decimal, FellFrom, Moved, State};

use super::series::{Series, decimal, number, rule_a, rule_a_from};

/// A1, day by day: 20.0 is not enough and 20.1 is; the fall is not over when the window rolls past it.
#[test]
fn capability_115_a_fall_of_20_does_not_open_one_of_20_1_does_and_half_of_it_made_good_resolves() {
    let rows = Series::daily("70.0*7 50.0 49.9*8 60.0*14").by(&rule_a());
    assert_eq!(rows.states(), "1-8 ok, 9-18 open, 19-25 cooldown, 26-30 ok");
    assert_eq!(rows.events(), "9 opened, 19 resolved");
    let base = |day| rows.on(day).base_day.map(|base| base - number(0));
    assert_eq!(
        (1..=9).map(base).collect::<Vec<_>>(),
        [None, Some(1), Some(1), Some(1), Some(1), Some(1), Some(1), Some(1), Some(2)]
    );
    let changes =
        [(2, "0"), (8, "-20"), (9, "-20.1"), (14, "-20.1"), (15, "-0.1"), (16, "0"), (17, "10.1"), (26, "0")];
    for (day, change) in changes {
        assert_eq!(rows.on(day).change, Some(decimal(change)), "day {day}");
    }
    assert_eq!((17..=19).map(|day| rows.on(day).clear_run).collect::<Vec<_>>(), [1, 2, 0]);
    let opened = rows.on(9);
    assert_eq!((opened.level, opened.opened_on, opened.run), (1, Some(number(9)), 1));
    assert_eq!(opened.words.as_deref(), Some("fell 20.1 in 7 days, from 70.0 to 49.9"));
    assert!(rows.on(1).is_not_evaluable && !rows.on(2).is_not_evaluable);
}

/// 59.95 is half way: 59.9 is not there yet, 60.0 is.
#[test]
fn a_fall_clears_from_exactly_half_of_it_on() {
    let rows = |back: &str| Series::daily(&format!("70.0*7 50.0 49.9*8 {back}*4")).by(&rule_a());
    assert_eq!(rows("59.9").on(20).state, Some(State::Open));
    assert_eq!(rows("60.0").on(20).state, Some(State::Cooldown));
    // Down from 70 to 49.8 is 20.2: half way is 59.9.
    let even = Series::daily("70.0*7 49.8*9 59.9*4").by(&rule_a());
    assert_eq!(even.on(20).state, Some(State::Cooldown));
}

/// A2: comparisons are on the decimals that are published.
#[test]
fn capability_115_falls_are_compared_as_decimals_rounded_half_away_from_zero() {
    let opens = |from: f64, to: f64, digits: u8| {
        let rounded = |score| Decimal::rounded(score, digits).expect("a score");
        let (from, to) = (rounded(from), rounded(to));
        let mut series = Series::daily("70*7 50");
        series.0.iter_mut().for_each(|told| {
            told.seen = halescore::alerts::Seen::Score(if told.day < 8 { from } else { to });
        });
        series.by(&rule_a()).on(8).state == Some(State::Open)
    };
    assert!(!opens(32.2, 12.2, 1), "20.000000000000004 in doubles");
    assert!(!opens(70.04, 50.00, 1));
    assert!(opens(70.05, 50.00, 1), "70.1 to 50.0");
    assert!(!opens(70.04, 50.05, 1), "70.0 to 50.1");
    let false_openings = (0..=800).filter(|step| {
        let score = f64::from(200 + step) / 10.0;
        opens(score, score - 20.0, 1)
    });
    assert_eq!(false_openings.count(), 0, "20.0 to 100.0 by tenths, each 20.0 down");
}

/// A3: from the same day of the week before, or from the highest since.
#[test]
fn capability_115_a_fall_is_from_the_day_before_the_window_or_from_its_highest() {
    let series = Series::daily("60*4 85*3 62*13");
    let rows = series.by(&rule_a());
    assert_eq!(rows.events(), "12 opened");
    assert_eq!(rows.on(8).change, Some(decimal("2")));
    assert_eq!(rows.on(12).change, Some(decimal("-23")));
    assert_eq!((11..=15).map(|day| rows.on(day).run).collect::<Vec<_>>(), [0, 1, 2, 3, 0]);
    assert_eq!(series.by(&rule_a_from(FellFrom::High)).events(), "8 opened");
}

/// A4: what is unknown is stepped over, inwards, and nothing opens without a day to compare with.
#[test]
fn capability_115_a_fall_is_from_the_earliest_known_day_where_the_first_is_not() {
    let rows = Series::daily("? 72*6 50 ?*2 50*10").by(&rule_a());
    assert_eq!(rows.events(), "8 opened");
    assert_eq!(rows.on(8).base_day, Some(number(2)));
    assert_eq!(rows.on(8).change, Some(decimal("-22")));
    assert_eq!((9..=11).map(|day| rows.on(day).unknown_days).collect::<Vec<_>>(), [1, 2, 0]);
    assert_eq!(
        (11..=15).map(|day| rows.on(day).base_day).collect::<Vec<_>>(),
        [4, 5, 6, 7, 8].map(|day| Some(number(day)))
    );
    assert_eq!(
        (11..=15).map(|day| rows.on(day).run > 0).collect::<Vec<_>>(),
        [true, true, true, true, false]
    );
    let nothing_before = Series::daily("?*7 50*2").by(&rule_a());
    assert!(nothing_before.on(8).is_not_evaluable);
    assert_eq!(nothing_before.states(), "1-9 ok");
    assert!(nothing_before.on(9).base_day == Some(number(8)) && !nothing_before.on(9).is_not_evaluable);
}

/// A5: what stays is the new level.
#[test]
fn a_fall_that_stays_expires_after_28_days_without_a_cooldown() {
    let rows = Series::daily("70.0*7 50.0 49.9*40").by(&rule_a());
    assert_eq!(rows.states(), "1-8 ok, 9-36 open, 37-48 ok");
    assert_eq!(rows.events(), "9 opened, 37 expired");
}

/// The days of an alert are counted from when people were last told of it.
#[test]
fn a_fall_that_goes_on_expires_28_days_after_it_was_last_worse() {
    let rows = Series::daily("70.0*7 50.0 49.9*8 39.9 39.8*40").by(&rule_a());
    assert_eq!(rows.events(), "9 opened, 18 escalated, 46 expired");
    assert_eq!(rows.on(18).level, 2);
    assert_eq!(
        rows.on(18).words.as_deref(),
        Some("fell 20.1 in 7 days, from 70.0 to 49.9; worse: -10.1 since it opened")
    );
}

/// Half of the fall is made good while the fall from the week before still lies in the window: the same fall opens nothing.
#[test]
fn a_fall_that_resolved_within_its_window_opens_no_second_alert() {
    let rows = Series::daily("90*7 30 60*20").by(&rule_a());
    assert_eq!(rows.events(), "8 opened, 11 resolved");
    assert_eq!(rows.states(), "1-7 ok, 8-10 open, 11-17 cooldown, 18-28 ok");
}

#[test]
fn a_fall_is_told_over_the_days_that_lie_between() {
    let a_day = Series::daily("?*6 72.4 50*3").by(&rule_a());
    for day in [8, 10] {
        assert_eq!(a_day.on(day).words.as_deref(), Some("fell 22.4 in a day, from 72.4 to 50.0"), "{day}");
    }
    let high = Series::daily("60*4 85*3 62").by(&rule_a_from(FellFrom::High));
    assert_eq!(high.on(8).words.as_deref(), Some("fell 23.0 in 3 days, from 85.0 to 62.0"));
}

/// A score without a rounding is compared with all of its digits; words have so many that people can read them.
#[test]
fn a_score_without_a_rounding_falls_by_all_of_its_digits() {
    let rule = halescore::alerts::Rule { digits: 10, shown: 3, ..rule_a() };
    assert_eq!(Series::daily("70.0001*7 50.0001").by(&rule).events(), "");
    let rows = Series::daily("70.1234*7 49").by(&rule);
    assert_eq!(rows.on(8).words.as_deref(), Some("fell 21.123 in 7 days, from 70.123 to 49"));
    assert_eq!(Series::daily("70.0002*7 50.0001").by(&rule).events(), "8 opened");
}

/// Section 7: where everybody falls, each is asked of what it fell beyond them.
#[test]
fn what_everybody_fell_is_nobodys_and_what_one_fell_beyond_it_is() {
    let fell = |by: &str, accounts: u32| {
        let mut series = Series::daily(&format!("90*7 {}", decimal("90") - decimal(by)));
        series.on(8).moved = Some(Moved { median: decimal("-25"), accounts });
        series.by(&rule_a())
    };
    for by in ["25", "45"] {
        let rows = fell(by, 20);
        assert_eq!(
            (rows.on(8).state, rows.on(8).suppressed_by),
            (Some(State::Suppressed), Some(Cause::Fleet)),
            "{by}"
        );
        assert_eq!(rows.events(), "");
    }
    let rows = fell("25", 20);
    assert_eq!(
        rows.on(8).words.as_deref(),
        Some("fell 25.0 in 7 days, from 90.0 to 65.0; everybody did: -25.0 in the median")
    );
    assert_eq!(fell("46", 20).events(), "8 opened");
    assert_eq!(fell("25", 19).events(), "8 opened", "19 accounts are no fleet");
    let mut small = Series::daily("90*7 65");
    small.on(8).moved = Some(Moved { median: decimal("-9.9"), accounts: 100 });
    assert_eq!(small.by(&rule_a()).events(), "8 opened", "9.9 in the median is no fall of everybody");
    small.on(8).moved = Some(Moved { median: decimal("-10"), accounts: 100 });
    assert_eq!(small.by(&rule_a()).events(), "", "and 10.0 is: 15.0 are left");
}

/// Section 7: a score without one of its sources moves without any cause.
#[test]
fn while_a_source_is_stale_nothing_is_known() {
    let rows = Series::daily("70*8 stale*4 70*3").by(&rule_a());
    assert_eq!(rows.states(), "1-15 ok");
    assert_eq!((9..=13).map(|day| rows.on(day).unknown_days).collect::<Vec<_>>(), [1, 2, 3, 4, 0]);
    assert_eq!(rows.on(13).base_day, Some(number(6)));
    let fell = Series::daily("70*8 stale*4 48*3").by(&rule_a());
    assert_eq!(fell.events(), "13 opened");
}
