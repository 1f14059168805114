//! Rule B, "below 40 for more than 14 days": tables B1 to B13, late acknowledgement, overrides.

use halescore::alerts::{Act, Measured, Rule, Severity, State};

use super::series::{Series, number, rule_b};

const ACK: Act = Act::Acknowledge;

fn snooze(until: i32) -> Act {
    Act::Snooze { until: number(until) }
}

#[test]
fn capability_116_b1_day_14_does_not_open_and_day_15_does() {
    let rows = Series::daily("39.9*16").by(&rule_b());
    assert_eq!(rows.states(), "1-14 pending, 15-16 open");
    assert_eq!((1..=14).map(|day| rows.on(day).run).collect::<Vec<_>>(), (1..=14).collect::<Vec<_>>());
    assert_eq!(rows.on(15).words.as_deref(), Some("below 40 for 15 days"));
    assert_eq!(rows.on(15).since, number(15));
    assert_eq!(rows.on(14).since, number(1));
}

#[test]
fn capability_116_b2_40_itself_is_not_below_40_and_ends_a_run() {
    let rows = Series::daily("39*7 40.0 39*15").by(&rule_b());
    assert_eq!(rows.states(), "1-7 pending, 8 ok, 9-22 pending, 23 open");
    assert_eq!((rows.on(9).run, rows.on(22).run), (1, 14));
}

#[test]
fn capability_116_b3_unknown_days_do_not_count_and_do_not_end_a_run() {
    let rows = Series::daily("39*5 ?*2 39*10").by(&rule_b());
    assert_eq!(rows.states(), "1-16 pending, 17 open");
    assert_eq!((5..=8).map(|day| rows.on(day).run).collect::<Vec<_>>(), [5, 5, 5, 6]);
    assert_eq!(rows.on(16).run, 14);
    // What is not published is as unknown.
    assert_eq!(Series::daily("39*5 -*2 39*10").by(&rule_b()).events(), "17 opened");
}

#[test]
fn capability_116_b3_without_a_bridge_an_unknown_day_ends_a_run() {
    let rule = Rule { bridge: 0, ..rule_b() };
    let rows = Series::daily("39*5 ?*2 39*15").by(&rule);
    assert_eq!(rows.states(), "1-5 pending, 6-7 ok, 8-21 pending, 22 open");
    assert_eq!(Series::daily("39*5 -*2 39*15").by(&rule).events(), "22 opened");
}

#[test]
fn capability_116_b3c_the_fourth_unknown_day_in_a_row_ends_a_run() {
    let rows = Series::daily("39*5 ?*4 39*15").by(&rule_b());
    assert_eq!(rows.runs().split(", ").nth(4), Some("5-8 pending 5"));
    assert_eq!(rows.states(), "1-8 pending, 9 ok, 10-23 pending, 24 open");
    assert_eq!(Series::daily("39*5 -*4 39*15").by(&rule_b()).events(), "24 opened");
}

#[test]
fn capability_116_b3w_of_a_weekly_score_the_run_is_in_days() {
    let rule = Rule { measured: Measured::WEEKLY, ..rule_b() };
    let rows = Series::every(7, "39*4").by(&rule);
    assert_eq!(rows.runs(), "1 pending 1, 8 pending 8, 15 open 15, 22 open 22");
    assert_eq!(rows.on(15).unknown_days, 0);
    // A score of every day is asked on the same days, and stands in between.
    let daily = Series::daily("39*22").by(&rule);
    assert_eq!(daily.runs(), "1-7 pending 1, 8-14 pending 8, 15-21 open 15, 22 open 22");
}

/// B4 and B5, day by day.
#[test]
fn between_the_edges_nothing_clears_and_a_run_that_begins_in_the_cooldown_is_the_same_alert() {
    let rows = Series::daily("39*17 42 46*2 44 45*4 38*4").by(&rule_b());
    assert_eq!(rows.states(), "1-14 pending, 15-23 open, 24-27 cooldown, 28-29 open");
    assert_eq!(rows.events(), "15 opened, 24 resolved, 28 relapsed");
    assert_eq!((18..=23).map(|day| rows.on(day).clear_run).collect::<Vec<_>>(), [0, 1, 2, 0, 1, 2]);
    assert_eq!((24..=28).map(|day| rows.on(day).run).collect::<Vec<_>>(), [0, 0, 1, 2, 3]);
    let again = rows.on(28);
    assert_eq!((again.level, again.opened_on, again.relapses), (2, Some(number(15)), 1));
    let words = |day| rows.on(day).words.as_deref();
    assert_eq!(words(18), Some("was below 40, now 42.0"));
    assert_eq!((words(24), words(25)), (Some("good again for 3 days"), Some("good again for 4 days")));
    assert_eq!(words(27), Some("was good again; below 40 for 2 days again"));
}

#[test]
fn a_run_that_begins_on_the_last_day_of_the_cooldown_is_a_relapse() {
    let rows = Series::daily("39*17 46*8 38*3").by(&rule_b());
    assert_eq!(rows.states(), "1-14 pending, 15-19 open, 20-27 cooldown, 28 open");
    assert_eq!(rows.events(), "15 opened, 20 resolved, 28 relapsed");
    assert_eq!((rows.on(28).level, rows.on(27).since), (2, number(20)));
    let good = Series::daily("39*17 46*8 38*2 46").by(&rule_b());
    assert_eq!(good.states(), "1-14 pending, 15-19 open, 20-27 cooldown, 28 ok");
    assert_eq!(good.events(), "15 opened, 20 resolved");
}

#[test]
fn a_run_that_begins_after_the_cooldown_is_a_new_alert() {
    let rows = Series::daily("39*17 46*10 38*15").by(&rule_b());
    assert_eq!(rows.states(), "1-14 pending, 15-19 open, 20-26 cooldown, 27 ok, 28-41 pending, 42 open");
    assert_eq!((rows.on(42).level, rows.on(42).opened_on), (1, Some(number(42))));
    let next_day = Series::daily("39*17 46*9 38*15").by(&rule_b());
    assert_eq!(next_day.states(), "1-14 pending, 15-19 open, 20-26 cooldown, 27-40 pending, 41 open");
}

#[test]
fn b6_an_acknowledged_alert_that_is_more_than_10_worse_needs_another() {
    let series = Series::daily("39*19 29.0 28.9*4").act(14, ACK).act(17, ACK).act(23, ACK);
    let rows = series.by(&rule_b());
    assert_eq!(rows.states(), "1-14 pending, 15-16 open, 17-20 acknowledged, 21-22 open, 23-24 acknowledged");
    assert_eq!(rows.events(), "15 opened, 17 acknowledged, 21 escalated, 23 acknowledged");
    assert_eq!(rows.on(14).ignored, [(number(14), ACK)]);
    assert_eq!((rows.on(20).level, rows.on(21).level), (1, 2));
    // The next escalation is from 28.9 on.
    let deeper = Series::daily("39*19 29.0 28.9*4 18.9 18.8").by(&rule_b());
    assert_eq!(deeper.events(), "15 opened, 21 escalated, 26 escalated");
}

#[test]
fn b7_what_is_handled_and_still_low_is_open_again_after_30_days() {
    let series = Series::daily("39*15 38*40").act(18, Act::Done);
    let rows = series.by(&rule_b());
    assert_eq!(rows.states(), "1-14 pending, 15-17 open, 18-47 handled, 48-55 open");
    assert_eq!(rows.events(), "15 opened, 18 handled, 48 reopened");
    let worse = Series::daily("39*15 38*9 27*3").act(18, Act::Done).by(&rule_b());
    assert_eq!(worse.events(), "15 opened, 18 handled, 25 escalated");
    assert_eq!((worse.on(25).state, worse.on(25).level), (Some(State::Open), 2));
}

#[test]
fn b8_a_snooze_lasts_to_the_end_of_its_day_unless_it_is_worse_or_good_again() {
    let of = |scores: &str| Series::daily(scores).act(17, snooze(24)).by(&rule_b());
    let rows = of("39*26");
    assert_eq!(rows.states(), "1-14 pending, 15-16 open, 17-24 snoozed, 25-26 open");
    assert_eq!(rows.events(), "15 opened, 17 snoozed, 25 reopened");
    assert_eq!(of("39*19 28.9*2").events(), "15 opened, 17 snoozed, 20 escalated");
    assert_eq!(of("39*19 46*4").events(), "15 opened, 17 snoozed, 22 resolved");
}

#[test]
fn b9_nothing_resolves_on_days_of_which_nothing_is_known() {
    let rows = Series::daily("39*16 ?*8 46*3").by(&rule_b());
    assert_eq!(rows.states(), "1-14 pending, 15-26 open, 27 cooldown");
    assert_eq!(
        (17..=25).map(|day| rows.on(day).unknown_days).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5, 6, 7, 8, 0]
    );
    assert_eq!(
        (17..=25).map(|day| rows.on(day).is_blind).collect::<Vec<_>>(),
        [false, false, false, true, true, true, true, true, false]
    );
    assert_eq!((25..=27).map(|day| rows.on(day).clear_run).collect::<Vec<_>>(), [1, 2, 0]);
    // An unknown day between leaves what was good.
    assert_eq!(Series::daily("39*16 46 ? 46 46").by(&rule_b()).events(), "15 opened, 20 resolved");
}

#[test]
fn b11_who_has_left_is_not_resolved() {
    let rows = Series::daily("39*19 gone 46*3").by(&rule_b());
    assert_eq!(rows.states(), "1-14 pending, 15-19 open, 20 none, 21-23 ok");
    assert_eq!(rows.events(), "15 opened, 20 left");
    assert_eq!(rows.on(20).opened_on, None);
    assert_eq!(Series::daily("46*3 gone").by(&rule_b()).events(), "");
    // Who comes back begins anew.
    let back = Series::daily("39*10 gone 39*15").by(&rule_b());
    assert_eq!(back.events(), "26 opened");
}

#[test]
fn b12_a_new_owner_is_told_once_and_the_time_to_answer_begins_again() {
    let rule = Rule { ack_within: Some(3), ..rule_b() };
    let mut series = Series::daily("39*23");
    for told in &mut series.0 {
        told.owner = Some(if told.day < 18 { "Jan Roth" } else { "Mia Wolf" });
    }
    let rows = series.by(&rule);
    assert_eq!(rows.states(), "1-14 pending, 15-23 open");
    assert_eq!(rows.events(), "15 opened, 18 handed_over");
    assert_eq!(
        (15..=22).map(|day| rows.on(day).is_unanswered).collect::<Vec<_>>(),
        [false, false, false, false, false, false, true, true]
    );
}

#[test]
fn b13_more_at_stake_is_told_once_and_less_is_not() {
    let mut series = Series::daily("39*40");
    for told in &mut series.0 {
        let days_to_renewal = 121 - told.day;
        let near = days_to_renewal <= 90 && !(34..=36).contains(&told.day);
        told.severity = Some(if near { Severity::High } else { Severity::Medium });
    }
    let rows = series.by(&rule_b());
    assert_eq!(rows.events(), "15 opened, 31 escalated");
    assert_eq!((rows.on(30).severity, rows.on(31).severity), (Some(Severity::Medium), Some(Severity::High)));
    assert_eq!(rows.on(31).level, 1, "the score is no worse");
}

/// Section 5: an answer of day 16 that is known on day 20.
#[test]
fn a_late_acknowledgement_is_unanswered_as_known_and_answered_as_happened() {
    let rule = Rule { ack_within: Some(3), ..rule_b() };
    let as_known = Series::daily("39*20").act(20, ACK).by(&rule);
    assert_eq!(as_known.states(), "1-14 pending, 15-19 open, 20 acknowledged");
    assert_eq!(
        (15..=20).map(|day| as_known.on(day).is_unanswered).collect::<Vec<_>>(),
        [false, false, false, true, true, false]
    );
    let as_happened = Series::daily("39*20").act(16, ACK).by(&rule);
    assert_eq!(as_happened.states(), "1-14 pending, 15 open, 16-20 acknowledged");
    assert!(as_happened.0.iter().all(|row| !row.is_unanswered));
    // Without a source of answers nobody is late.
    assert!(Series::daily("39*20").by(&rule_b()).0.iter().all(|row| !row.is_unanswered));
}

/// Section 7: alerts read the score before overrides.
#[test]
fn an_override_neither_opens_nor_silences_and_is_said() {
    let mut capped = Series::daily("55*30");
    (5..=30).for_each(|day| capped.on(day).overridden = Some(("cap", "35")));
    assert_eq!(capped.by(&rule_b()).states(), "1-30 ok");
    let mut set = Series::daily("35*20");
    (10..=20).for_each(|day| set.on(day).overridden = Some(("set", "80")));
    let rows = set.by(&rule_b());
    assert_eq!(rows.events(), "15 opened");
    assert_eq!(
        rows.on(15).words.as_deref(),
        Some("below 40 for 15 days; overridden to 80.0 until 2026-10-30 by Mia Wolf")
    );
}

#[test]
fn an_act_of_a_day_that_is_not_published_counts_for_the_alert_of_that_day_and_for_no_later_one() {
    let done = Act::Done;
    let before = Series::daily("39*14 - 39*5").act(15, done).by(&rule_b());
    assert_eq!(before.events(), "16 opened", "what was done before it was there handles nothing");
    assert_eq!(before.on(16).ignored, [(number(15), done)]);
    let within = Series::daily("39*15 -*3 39*40").act(17, done).by(&rule_b());
    assert_eq!(within.events(), "15 opened, 19 handled, 47 reopened", "30 days from the 17th on");
    let worse = Series::daily("39*15 - 28*3").act(16, ACK).by(&rule_b());
    assert_eq!(worse.events(), "15 opened, 17 acknowledged, 17 escalated");
    assert_eq!(worse.on(17).state, Some(State::Open), "who had it did not know how bad it is");
    let over = Series::daily("39*16 -*3 39").act(16, snooze(17)).act(18, ACK).by(&rule_b());
    assert_eq!(over.events(), "15 opened, 16 snoozed, 20 acknowledged", "the snooze was over by then");
}

#[test]
fn an_act_on_the_day_on_which_an_account_has_left_is_about_nothing() {
    let rows = Series::daily("39*15 - gone 39*3").act(16, ACK).act(17, ACK).act(18, ACK).by(&rule_b());
    assert_eq!(rows.events(), "15 opened, 17 acknowledged, 17 left");
    assert_eq!(rows.on(17).ignored, [(number(17), ACK)]);
    assert_eq!(rows.on(18).ignored, [(number(18), ACK)]);
}

#[test]
fn what_has_no_meaning_is_listed_and_changes_nothing() {
    let acts = [
        (3, ACK),
        (16, snooze(15)),
        (17, ACK),
        (18, ACK),
        (19, Act::Done),
        (20, Act::Done),
        (21, ACK),
        (22, snooze(30)),
        (26, ACK),
    ];
    let series = acts.iter().fold(Series::daily("39*23 46*5"), |series, (day, act)| series.act(*day, *act));
    let rows = series.by(&rule_b());
    assert_eq!(rows.events(), "15 opened, 17 acknowledged, 19 handled, 26 resolved");
    let ignored: Vec<i32> = (1..=28).filter(|day| !rows.on(*day).ignored.is_empty()).collect();
    assert_eq!(ignored, [3, 16, 18, 20, 21, 22, 26]);
}
