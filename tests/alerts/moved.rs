//! Another definition or scorecard in the middle: A-def, B-def with its accounts X, Y and Z, and the switch of scorecards.

use halescore::alerts::{Cause, State};

use super::series::{Series, decimal, number, rule_a, rule_b};

/// Days of the same score.
fn constant(days: std::ops::RangeInclusive<i32>, score: &'static str) -> Vec<(i32, &'static str)> {
    days.map(|day| (day, score)).collect()
}

fn a_def(before: &[(i32, &str)]) -> Series {
    Series::daily("60*9 38*3 15*10").definition(10, "v2", before)
}

#[test]
fn a_def_changes_are_compared_under_the_definition_of_the_day() {
    let rows = a_def(&constant(1..=9, "38")).by(&rule_a());
    assert_eq!(rows.events(), "13 opened");
    for (day, change) in [(10, "0"), (12, "0"), (13, "-23"), (16, "-23"), (17, "-23"), (19, "-23"), (20, "0")]
    {
        assert_eq!(rows.on(day).change, Some(decimal(change)), "day {day}");
    }
    assert_eq!(
        rows.on(13).words.as_deref(),
        Some("fell 23.0 in 7 days, from 38.0 to 15.0; -45.0 as published, -22.0 of it the new definition")
    );
    assert_eq!(rows.on(20).state, Some(State::Open));
}

#[test]
fn a_def_without_days_before_the_first_under_a_definition_is_compared_with_none() {
    let rows = a_def(&[]).by(&rule_a());
    assert_eq!(rows.events(), "13 opened");
    assert!(rows.on(10).is_not_evaluable);
    assert_eq!((rows.on(10).change, rows.on(10).state), (None, Some(State::Ok)));
    for (day, change, base) in
        [(11, "0", 10), (12, "0", 10), (13, "-23", 10), (17, "-23", 10), (19, "-23", 12), (20, "0", 13)]
    {
        assert_eq!(
            (rows.on(day).change, rows.on(day).base_day),
            (Some(decimal(change)), Some(number(base))),
            "day {day}"
        );
    }
}

#[test]
fn b_def_x_a_run_that_the_definition_began_is_suppressed_for_as_long_as_it_lasts() {
    let series = Series::daily("43*9 38*20").definition(10, "v2", &constant(1..=9, "38"));
    let rows = series.by(&rule_b());
    assert_eq!(rows.states(), "1-9 ok, 10-14 pending, 15-29 suppressed");
    assert_eq!((rows.on(10).run, rows.on(14).run), (10, 14));
    assert_eq!(rows.on(15).suppressed_by, Some(Cause::Definition));
    assert_eq!(
        rows.on(15).words.as_deref(),
        Some("below 40 for 15 days; by the new definition, not by what the account did")
    );
    assert_eq!(rows.events(), "");
}

#[test]
fn b_def_x_more_than_10_below_its_first_score_under_the_definition_it_is_its_own() {
    let of = |then: &str| {
        let series = Series::daily(&format!("43*9 38*10 {then}*3"));
        series.definition(10, "v2", &constant(1..=9, "38")).by(&rule_b()).events()
    };
    assert_eq!(of("28.0"), "");
    assert_eq!(of("27.9"), "20 opened");
}

#[test]
fn b_def_x_a_run_after_the_definitions_is_like_any_other() {
    let series = Series::daily("43*9 38*10 46*3 38*15").definition(10, "v2", &constant(1..=9, "38"));
    assert_eq!(series.by(&rule_b()).events(), "37 opened");
}

#[test]
fn b_def_x_without_days_before_the_first_day_under_the_definition_says_whose_run_it_is() {
    let rows = Series::daily("43*9 38*20").definition(10, "v2", &[]).by(&rule_b());
    assert_eq!(rows.states(), "1-9 ok, 10-23 pending, 24-29 suppressed");
    // A run of both definitions goes on.
    let both = Series::daily("46*3 39*6 38*20").definition(10, "v2", &[]).by(&rule_b());
    assert_eq!(both.events(), "18 opened");
}

#[test]
fn b_def_y_a_run_that_begins_under_the_new_definition_is_the_accounts() {
    let series = Series::daily("41*11 39*15").definition(10, "v2", &constant(1..=9, "41"));
    assert_eq!(series.by(&rule_b()).events(), "26 opened");
}

#[test]
fn b_def_z_an_alert_that_the_new_definition_would_not_have_is_closed_and_not_resolved() {
    let rule = halescore::alerts::Rule { open_after: 4, ..rule_b() };
    let series = |before: &[(i32, &str)]| Series::daily("39*9 46*6").definition(10, "v2", before);
    for before in [constant(1..=9, "46"), Vec::new()] {
        let rows = series(&before).by(&rule);
        assert_eq!(rows.states(), "1-4 pending, 5-9 open, 10-15 ok");
        assert_eq!(rows.events(), "5 opened, 10 closed");
        assert_eq!(rows.on(10).closed_by, Some(Cause::Definition));
    }
}

/// What the definition moved is no escalation: 39 became 25 by it, and 14.9 is more than 10 below that.
#[test]
fn an_open_alert_is_no_worse_for_another_definition() {
    for before in [constant(1..=19, "25"), Vec::new()] {
        let series = Series::daily("39*19 25*3 15.0 14.9").definition(20, "v2", &before);
        assert_eq!(series.by(&rule_b()).events(), "15 opened, 24 escalated");
    }
    // A fall that is half made good is so in the scores of the definition of the day.
    let before = [constant(1..=7, "50"), constant(8..=12, "20")].concat();
    let fell = Series::daily("80*7 50*5 20*3 35*4").definition(13, "v2", &before).by(&rule_a());
    assert_eq!(fell.events(), "8 opened, 18 resolved");
}

#[test]
fn another_scorecard_is_as_another_definition() {
    let series = Series::daily("60*9 38*3 15*10").scorecard(10, "live", &constant(1..=9, "38"));
    let fell = series.by(&rule_a());
    assert_eq!(fell.events(), "13 opened");
    let words = "fell 23.0 in 7 days, from 38.0 to 15.0; -45.0 as published, -22.0 of it the new scorecard";
    assert_eq!(fell.on(13).words.as_deref(), Some(words));
    let low = Series::daily("43*9 38*20").scorecard(10, "live", &constant(1..=9, "38")).by(&rule_b());
    assert_eq!(low.states(), "1-9 ok, 10-14 pending, 15-29 suppressed");
    assert_eq!(low.on(15).suppressed_by, Some(Cause::Scorecard));
}

#[test]
fn back_under_the_first_definition_days_before_are_asked_for_again() {
    let series = Series::daily("60*9 38*3 60*10").definition(10, "v2", &constant(1..=9, "38"));
    let series = series.definition(13, "v1", &constant(3..=12, "60"));
    let rows = series.by(&rule_a());
    assert_eq!(rows.events(), "");
    assert_eq!(rows.on(13).change, Some(decimal("0")));
}

#[test]
fn a_fall_whose_alert_is_over_opens_no_other_for_another_definition() {
    let rule = halescore::alerts::Rule { cooldown: 0, ..rule_a() };
    let before = [constant(1..=7, "90"), constant(8..=8, "30"), constant(9..=11, "60")].concat();
    let series = Series::daily("90*7 30 60*20").definition(12, "v2", &before);
    assert_eq!(series.by(&rule).events(), "8 opened, 11 resolved");
}

/// Opened at 28.0, which is 17.5 under the new definition: 18.0 is no worse, though the day between lost nothing by it.
#[test]
fn an_open_alert_is_compared_with_the_day_that_was_told_as_the_new_definition_sees_it() {
    let rule = halescore::alerts::Rule { open_after: 0, ..rule_b() };
    let before = [constant(1..=5, "45"), constant(6..=6, "17.5"), constant(7..=7, "29")].concat();
    let rows = Series::daily("45*5 28 27 18 7.5 7.4").definition(8, "v2", &before).by(&rule);
    assert_eq!(rows.events(), "6 opened, 10 escalated");
    assert_eq!((rows.on(8).level, rows.on(9).level, rows.on(10).level), (1, 1, 2));
    let words = "below 40 for 5 days; worse: -10.1 since it opened";
    assert_eq!(rows.on(10).words.as_deref(), Some(words), "17.5 to 7.4");
}

#[test]
fn how_much_worse_it_is_is_told_under_one_definition() {
    let rule = halescore::alerts::Rule { open_after: 0, ..rule_b() };
    let words = |before: &[(i32, &str)]| {
        let rows = Series::daily("45*5 39 28 27*2").definition(9, "v2", before).by(&rule);
        assert_eq!(rows.events(), "6 opened, 7 escalated");
        rows.on(9).words.clone().expect("words")
    };
    let all = [constant(5..=5, "45"), constant(6..=6, "35"), constant(7..=7, "20"), constant(8..=8, "27")];
    assert_eq!(words(&all.concat()), "below 40 for 4 days; worse: -15.0 since it opened");
    assert_eq!(words(&all[2..].concat()), "below 40 for 3 days; worse than when it opened");
    assert_eq!(
        words(&[]),
        "below 40 for 4 days; worse: -11.0 since it opened",
        "39 to 28, both as published"
    );
}

/// From 50 to 20 under the new definition: half of it is made good at 35, whatever the last day before lost.
#[test]
fn half_of_a_fall_is_that_of_its_own_days_under_the_new_definition() {
    let before = [constant(1..=7, "50"), constant(8..=11, "20"), constant(12..=12, "29")].concat();
    let fell = Series::daily("80*7 50*5 29*2 36*4").definition(13, "v2", &before).by(&rule_a());
    assert_eq!(fell.events(), "8 opened, 17 resolved");
}

#[test]
fn what_a_definition_began_is_suppressed_under_the_next_one_too() {
    let rows = |then: &str| {
        let series = Series::daily(&format!("43*9 38*10 37*5 {then}"));
        let series = series.definition(10, "v2", &constant(1..=9, "38"));
        series.definition(20, "v3", &constant(1..=19, "37")).by(&rule_b())
    };
    let same = rows("37*5");
    assert_eq!(same.states(), "1-9 ok, 10-14 pending, 15-29 suppressed");
    assert_eq!(rows("27*2").events(), "", "10.0 below 38, which is 37 now");
    assert_eq!(rows("26.9*2").events(), "25 opened");
}
