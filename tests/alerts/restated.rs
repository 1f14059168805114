//! History that reads otherwise: R1 and R2 as states of one day after the other.

use super::series::{Series, rule_b};

#[test]
fn r1_a_past_day_that_was_not_low_takes_back_what_opened_and_opens_it_later() {
    let as_published = Series::daily("39*17").by(&rule_b());
    assert_eq!(as_published.states(), "1-14 pending, 15-17 open");
    let as_happened = Series::daily("39*7 41 39*15").by(&rule_b());
    assert_eq!(as_happened.states(), "1-7 pending, 8 ok, 9-22 pending, 23 open");
    assert_eq!([9, 14, 15, 16, 17, 18, 22].map(|day| as_happened.on(day).run), [1, 6, 7, 8, 9, 10, 14]);
}

#[test]
fn r2_a_first_day_that_was_not_low_moves_the_opening_by_a_day() {
    assert_eq!(Series::daily("41 39*17").by(&rule_b()).events(), "16 opened");
}
