//! Rule C, "declining for 3 consecutive measurements": tables C1 to C6.

use halescore::alerts::{Condition, OnNull, Rule, State};

use super::series::{Rows, Series, decimal, rule_c};

/// The events of weekly measurements, by their place: `m4 opened`.
fn events(rows: &Rows) -> String {
    let told = rows.events();
    let told = told.split(", ").filter(|event| !event.is_empty()).map(|event| {
        let (day, event) = event.split_once(' ').expect("a day and an event");
        format!("m{} {event}", (day.parse::<i32>().expect("a day") - 1) / 7 + 1)
    });
    told.collect::<Vec<_>>().join(", ")
}

fn weekly(scores: &str, by_at_least: &str, on_null: OnNull) -> Rows {
    Series::every(7, scores).by(&rule_c(by_at_least, on_null))
}

#[test]
fn capability_117_c1_three_decreases_open_a_fourth_tells_nothing_and_two_without_resolve() {
    let rows = weekly("70 69 68 67 66 66 67 68", "0", OnNull::Break);
    assert_eq!(events(&rows), "m4 opened, m7 resolved");
    assert_eq!(rows.on(36).clear_run, 1);
    assert_eq!(rows.on(22).words.as_deref(), Some("lower 3 times in a row, from 70.0 to 67.0"));
    assert_eq!(rows.on(50).state, Some(State::Ok));
}

#[test]
fn capability_117_c2_a_tie_is_no_decrease() {
    assert_eq!(events(&weekly("70 69 69 68 67 66", "0", OnNull::Break)), "m6 opened");
}

#[test]
fn capability_117_c3_a_measurement_without_a_score_ends_a_decline() {
    assert_eq!(events(&weekly("70 69 ? 68 67 66 65", "0", OnNull::Break)), "m7 opened");
    assert_eq!(
        events(&weekly("70 69 - 68 67 66 65", "0", OnNull::Break)),
        "m7 opened",
        "nor one that is not published"
    );
}

#[test]
fn capability_117_c4_or_is_stepped_over_where_the_rule_says_so() {
    assert_eq!(events(&weekly("70 69 ? 68 67", "0", OnNull::Skip)), "m5 opened");
    assert_eq!(events(&weekly("70 69 - 68 67", "0", OnNull::Skip)), "m5 opened");
}

#[test]
fn capability_117_c5_small_declines_open_only_where_any_is_asked_for() {
    assert_eq!(events(&weekly("70.0 69.9 69.8 69.7", "0", OnNull::Break)), "m4 opened");
    assert_eq!(events(&weekly("70.0 69.9 69.8 69.7", "3", OnNull::Break)), "");
}

#[test]
fn capability_117_c6_exactly_3_is_at_least_3() {
    assert_eq!(events(&weekly("70 69 68 67", "3", OnNull::Break)), "m4 opened");
    assert_eq!(events(&weekly("70 69 68 67.1", "3", OnNull::Break)), "");
}

#[test]
fn capability_117_a_measurement_is_the_score_of_a_sunday_whatever_lies_between() {
    // Up on every weekday, down from Sunday to Sunday.
    let weeks = ["70 99*6", "69 99*6", "68 99*6", "67 99*6"];
    let rows = Series::daily(&weeks.join(" ")).by(&rule_c("3", OnNull::Break));
    assert_eq!(events(&rows), "m4 opened");
    assert_eq!(rows.on(22).change, Some(decimal("-3")));
    assert_eq!(rows.on(23).state, Some(State::Open), "an alert stands between two measurements");
    // And the other way round.
    let weeks = ["70 69 68 67 66 65 64"; 4];
    assert_eq!(Series::daily(&weeks.join(" ")).by(&rule_c("0", OnNull::Break)).events(), "");
}

#[test]
fn a_decline_of_one_measurement_is_told_as_one() {
    let condition = Condition::Declining { times: 1, by_at_least: decimal("3"), on_null: OnNull::Break };
    let rows = Series::every(7, "70 66").by(&Rule::new("lower", condition));
    let words = "lower than at the measurement before, from 70.0 to 66.0";
    assert_eq!(rows.on(8).words.as_deref(), Some(words));
}
