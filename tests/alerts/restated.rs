//! Section 4, history that reads otherwise: R1 to R5, as states and as what is told of them after what was told before.

use halescore::alerts::{Act, Event, Line, Tell, to_tell};

use super::series::{Series, number, rule_a, rule_b};

/// Tells on each day what a series says up to it, `series` by the day; gives what was told, as `15 opened`.
fn delivered(days: std::ops::RangeInclusive<i32>, since: i32, series: impl Fn(i32) -> Series) -> Vec<String> {
    let (mut log, mut shown) = (Vec::new(), Vec::new());
    for day in days {
        let mut known = series(day);
        known.0.retain(|told| told.day <= day);
        let since = (day > since).then_some(number(since));
        for what in to_tell(&log, &known.by(&rule_b()).0, since) {
            log.push(Line { day: number(day), what });
            shown.push(format!("{day} {}", what.name()));
        }
    }
    shown
}

#[test]
fn r1_what_never_was_low_for_long_enough_is_withdrawn_once_and_told_again_when_it_is() {
    let as_published = Series::daily("39*17").by(&rule_b());
    assert_eq!(as_published.states(), "1-14 pending, 15-17 open");
    let as_happened = Series::daily("39*7 41 39*15").by(&rule_b());
    assert_eq!(as_happened.states(), "1-7 pending, 8 ok, 9-22 pending, 23 open");
    let runs: Vec<u32> = [9, 14, 15, 16, 17, 18, 22].map(|day| as_happened.on(day).run).to_vec();
    assert_eq!(runs, [1, 6, 7, 8, 9, 10, 14]);
    let told =
        delivered(
            1..=30,
            0,
            |day| {
                if day < 18 { Series::daily("39*30") } else { Series::daily("39*7 41 39*22") }
            },
        );
    assert_eq!(told, ["15 opened", "18 withdrawn", "23 opened"]);
}

#[test]
fn r2_an_opening_that_moves_by_a_day_is_not_told_again() {
    assert_eq!(Series::daily("41 39*17").by(&rule_b()).events(), "16 opened");
    let told = delivered(1..=40, 0, |day| {
        let rest = "39*20 46*18";
        Series::daily(&if day < 18 { format!("39 {rest}") } else { format!("41 {rest}") })
    });
    assert_eq!(told, ["15 opened", "24 resolved"], "nor is its end told twice");
}

#[test]
fn r3_what_people_did_about_a_withdrawn_alert_is_about_no_alert() {
    let rows = Series::daily("39*7 41 39*15").act(16, Act::Done).by(&rule_b());
    assert_eq!(rows.on(16).ignored, [(number(16), Act::Done)]);
    assert_eq!(rows.events(), "23 opened");
    let told = delivered(1..=22, 0, |day| {
        let scores = if day < 18 { "39*22" } else { "39*7 41 39*14" };
        let series = Series::daily(scores);
        if day < 16 { series } else { series.act(16, Act::Done) }
    });
    assert_eq!(told, ["15 opened", "18 withdrawn"]);
}

#[test]
fn r4_an_alert_that_a_restatement_puts_into_the_past_is_counted_once_and_not_told() {
    let told = delivered(1..=60, 0, |day| {
        let early = if day < 40 { "46*20" } else { "39*20" };
        Series::daily(&format!("{early} 46*40"))
    });
    assert_eq!(told, ["40 seen_late"]);
}

#[test]
fn r5_what_stands_when_a_rule_is_first_delivered_is_told_of_nobody_and_its_end_is() {
    let scores = "39*110 46*20";
    let told = delivered(100..=130, 100, |_| Series::daily(scores));
    assert_eq!(told, ["100 already_open", "113 resolved"]);
    let nothing = delivered(20..=130, 20, |_| Series::daily("46*30 39*100"));
    assert_eq!(nothing, ["45 opened"], "an alert after the first delivery is like any other");
}

#[test]
fn what_is_told_follows_the_events_where_nothing_is_restated() {
    let scores = "39*20 28 27.9*3 46*4 38*5 46*14 39*20";
    let told = delivered(1..=67, 0, |_| Series::daily(scores));
    let rows = Series::daily(scores).by(&rule_b());
    assert_eq!(rows.events(), "15 opened, 21 escalated, 27 resolved, 31 relapsed, 36 resolved, 62 opened");
    assert_eq!(told, ["15 opened", "21 escalated", "27 resolved", "31 opened", "36 resolved", "62 opened"]);
    let left = delivered(1..=24, 0, |day| Series::daily(if day < 20 { "39*24" } else { "39*19 gone" }));
    assert_eq!(left, ["15 opened", "20 left"]);
}

#[test]
fn every_word_of_a_log_is_read_as_it_is_written() {
    for tell in Tell::ALL {
        assert_eq!(Tell::of(tell.name()), Some(tell));
    }
    assert_eq!(Tell::of("told"), None);
    let rows = Series::daily("70*7 49*40").by(&rule_a());
    assert!(rows.0.iter().any(|row| row.events == [Event::Expired]));
    let opened = [Line { day: number(8), what: Tell::Opened }];
    assert_eq!(to_tell(&opened, &rows.0, Some(number(1))), [Tell::Expired]);
}
