//! `hale alerts`: what counts for nothing, what is taken back, what can never open.

use serde_json::Value;

use super::command::{all, events, project, run, score, tell};
use crate::cli::{code, err, out};

/// What is listed as counting for nothing: `12 a no alert`.
fn without_alert(told: &Value) -> Vec<String> {
    let acts = told["acts_without_alert"].as_array().unwrap().iter();
    let mut acts: Vec<String> = acts
        .map(|act| {
            let text = |key: &str| act[key].as_str().unwrap();
            format!("{} {}: {}", text("as_of_date").replace("2026-", ""), text("account_id"), text("why"))
        })
        .collect();
    acts.sort();
    acts
}

#[test]
fn what_was_done_before_an_alert_was_there_is_listed_and_handles_nothing() {
    let project = project(&[("a", "70*11 - - 39*5"), ("b", "70*11"), ("c", "80*16")]);
    project.write("sql/alerts/health.yml", "alerts: {low: {title: Low, below: 40, open_after: 0}}\n");
    run(&project, 1, 16);
    let acts = "account_id,rule,day,act\n\
        a,low,2026-01-12,done\n\
        a,low,2026-01-13,done\n\
        b,low,2026-01-14,done\n\
        c,low,2026-02-01,done\n\
        zz,low,2026-01-14,done\n";
    project.write("acts.csv", acts);
    let told = project.json(&["alerts", "--days", "31", "--acts", "acts.csv"]);
    assert_eq!(events(&told), ["14 a low opened"]);
    let no_alert = "no alert stood of which it could be said";
    assert_eq!(
        without_alert(&told),
        [
            format!("01-12 a: {no_alert}"),
            format!("01-13 a: {no_alert}"),
            format!("01-14 b: {no_alert}"),
            "01-14 zz: there is no such account up to 2026-01-16".to_owned(),
            "02-01 c: it lies after 2026-01-16, the day that is looked at".to_owned(),
        ]
    );
    let of_one = project.json(&["alerts", "--account", "b", "--days", "31", "--acts", "acts.csv"]);
    assert_eq!(without_alert(&of_one), [format!("01-14 b: {no_alert}")]);
}

#[test]
fn what_was_told_of_an_account_that_is_gone_is_taken_back_and_rules_that_are_gone_are_named() {
    let project = project(&[("a", "39*16")]);
    run(&project, 1, 16);
    let switched: String =
        ["fell", "low", "declining"].map(|rule| format!(",{rule},2026-01-01,switched_on\n")).concat();
    let mut log =
        format!("{switched}a,low,2026-01-15,opened\nzz,low,2026-01-15,opened\nzz,lows,2026-01-15,opened\n");
    assert_eq!(tell(&project, &mut log, 16), ["zz low withdrawn"]);
    assert_eq!(tell(&project, &mut log, 16), [""; 0]);
    let told = project.json(&["alerts", "--told", "told.csv"]);
    let note = "a line of what was told: there is no rule `lows` any more, and nothing is told of it";
    assert_eq!(told["notes"], serde_json::json!([note]));
    assert!(out(&project.hale(&["alerts", "--told", "told.csv"])).contains("there is no rule `lows`"));
    for (row, said) in [
        ("a,low,2026-01-15,switched_on", "row 1: `switched_on` is of a rule and of no account"),
        ("a,low,2026-01-17,opened", "row 1: told after 2026-01-16, the day that is looked at"),
    ] {
        project.write("told.csv", &format!("account_id,rule,day,what\n{row}\n"));
        let ended = project.hale(&["alerts", "--told", "told.csv"]);
        assert_eq!((code(&ended), err(&ended).contains(said)), (2, true), "{said}: {}", err(&ended));
    }
}

/// A score of 39.96 lies in the tier below 40, and below 40 for a rule: what is not rounded where it is published is not here.
#[test]
fn capability_116_a_score_without_a_rounding_is_low_where_its_tier_is() {
    let opened = |rounding: &str, below: &str| {
        let project = project(&[("a", "3996*3")]);
        let amount = "amount: {title: Amount, value: n, linear: {from: 0, to: 10000, points: [0, 100]}}\n";
        project.write("sql/components/all.yml", amount);
        project.write(
            "sql/scores/health.yml",
            &score("components: [amount]").replace("rounding: 1\n", rounding),
        );
        let rule = format!("alerts: {{low: {{title: Low, below: {below}, clear_at: 45, open_after: 0}}}}\n");
        project.write("sql/alerts/health.yml", &rule);
        run(&project, 1, 3);
        events(&all(&project))
    };
    for below in ["40", "{tier: poor}", "{share: 0.4}"] {
        assert_eq!(opened("", below), ["01 a low opened"], "{below}");
        assert_eq!(opened("rounding: 1\n", below), [""; 0], "40.0 is not below {below}");
    }
}

#[test]
fn a_rule_that_can_never_open_on_days_so_far_apart_is_said_with_what_to_do() {
    let notes = |days: &[i32]| {
        let project = project(&[("a", "39*28")]);
        days.iter().for_each(|day| run(&project, *day, *day));
        let text = out(&project.hale(&["alerts"]));
        let told = all(&project);
        let notes: Vec<String> =
            told["notes"].as_array().unwrap().iter().map(|note| note.as_str().unwrap().to_owned()).collect();
        assert!(notes.iter().all(|_| text.contains("can never open")), "{text}");
        notes
    };
    // The 4th is a Sunday.
    assert_eq!(
        notes(&[4, 11, 18]),
        ["published days lie 7 apart: `low` bridges 3 days and can never open; give it `every: 7`"]
    );
    assert_eq!(
        notes(&[5, 12, 19]),
        [
            "published days lie 7 apart: `low` bridges 3 days and can never open; give it `bridge: 6`",
            "published days lie 7 apart: `declining` is asked every 7 days, counted from a Sunday, which is on none of them, \
             and can never open"
        ]
    );
    assert_eq!(notes(&[4, 18]).len(), 3, "nor is there a day to compare a fall with");
    assert_eq!(notes(&[4, 11, 12, 13]), [""; 0], "daily since");
    assert_eq!(notes(&[4]), [""; 0], "one day says nothing");
}
