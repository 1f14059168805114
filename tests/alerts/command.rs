//! `hale alerts` over published days of a small project whose score is its one metric.

use serde_json::Value;

use crate::cli::{Project, code, err, good, out, sums};

const COMPONENTS: &str = "amount: {title: Amount, value: n, linear: {from: 0, to: 100, points: [0, 100]}}\n\
    half: {title: Half, value: n, linear: {from: 0, to: 200, points: [0, 100]}}\n\
    less: {title: Less, value: n, linear: {from: 22, to: 122, points: [0, 100]}}\n";
const ALERTS: &str = "alerts:\n\
    \x20 fell: {title: Fell by more than 20, fell: {by: 20}}\n\
    \x20 low: {title: Below 40 for long, below: 40, clear_at: 45, open_after: 14, severity: high, ack_within: 3}\n\
    \x20 declining: {title: Lower three times, declining: {times: 3, by_at_least: 3}}\n";

pub fn score(parts: &str) -> String {
    format!(
        "title: Health\nversion: '1'\nrounding: 1\n{parts}\ntiers: [{{name: poor, below: 40, at_risk: true}}, {{name: good}}]\n"
    )
}

/// Amounts of days of January from the 1st on, by account: `70*7 49`; `-` is a day without a row.
pub fn project(accounts: &[(&str, &str)]) -> Project {
    let project = Project::of(&[
        ("sql/metrics/accounts.sql", &sums("n BIGINT")),
        ("sql/components/all.yml", COMPONENTS),
        ("sql/scores/health.yml", &score("components: [amount]")),
        ("sql/alerts/health.yml", ALERTS),
    ]);
    let mut rows: Vec<(&str, i32, i64)> = Vec::new();
    for (account, amounts) in accounts {
        let mut day = 1;
        for word in amounts.split_whitespace() {
            let (amount, times) = word.split_once('*').unwrap_or((word, "1"));
            for _ in 0..times.parse::<i32>().unwrap() {
                rows.extend(amount.parse().ok().map(|amount| (*account, day, amount)));
                day += 1;
            }
        }
    }
    project.events(&rows);
    project
}

fn day(day: i32) -> String {
    format!("2026-01-{day:02}")
}

pub fn run(project: &Project, from: i32, to: i32) {
    good(project.hale(&["run", "--from", &day(from), "--to", &day(to)]));
}

/// `day account rule event`, sorted.
pub fn events(told: &Value) -> Vec<String> {
    let text = |event: &Value, key: &str| event[key].as_str().unwrap().to_owned();
    let keys = ["as_of_date", "account_id", "rule", "event"];
    let events = told["events"].as_array().unwrap().iter();
    let mut events: Vec<String> =
        events.map(|event| keys.map(|key| text(event, key)).join(" ").replace("2026-01-", "")).collect();
    events.sort();
    events
}

/// The state of a rule and an account.
fn state<'a>(told: &'a Value, account: &str, rule: &str, on: i32) -> &'a Value {
    let states = told["states"].as_array().unwrap();
    let found = states.iter().find(|state| {
        state["account_id"] == account && state["rule"] == rule && state["as_of_date"] == day(on).as_str()
    });
    found.unwrap_or_else(|| panic!("no state of {account} and {rule} on {on}: {told}"))
}

const ALL: [&str; 4] = ["alerts", "--days", "31", "--json"];

pub fn all(project: &Project) -> Value {
    serde_json::from_str(&good(project.hale(&ALL))).unwrap()
}

#[test]
fn capability_115_and_116_alerts_follow_from_published_days_however_they_were_published() {
    let accounts = [("a", "70*7 50 49*20"), ("b", "39*28"), ("c", "80*28"), ("d", "41*10 38*18")];
    let whole = project(&accounts);
    run(&whole, 1, 28);
    let told = all(&whole);
    assert_eq!(events(&told), ["09 a fell opened", "15 b low opened", "25 d low opened"]);
    assert_eq!(told["rules"][1]["active"], 2);
    assert_eq!(told["rules"][0]["opened"], 1);
    let fell = state(&told, "a", "fell", 28);
    assert_eq!(
        (&fell["state"], &fell["opened_on"], &fell["level"]),
        (&"open".into(), &"2026-01-09".into(), &1.into())
    );
    assert_eq!(fell["words"], "fell 21.0 in 7 days, from 70.0 to 49.0");
    assert_eq!(state(&told, "b", "low", 28)["words"], "below 40 for 28 days");
    let cases: Vec<String> = told["cases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|case| format!("{} {} {}", case["account_id"], case["event"], case["severity"]).replace('"', ""))
        .collect();
    assert_eq!(cases, ["a opened medium", "b opened high", "d opened high"]);
    let by_day = project(&accounts);
    run(&by_day, 1, 12);
    for day in 13..=28 {
        run(&by_day, day, day);
        if day == 15 {
            assert_eq!(events(&all(&by_day)), ["09 a fell opened", "15 b low opened"]);
        }
    }
    assert_eq!(all(&by_day), told);
    let one: Value = serde_json::from_str(&good(whole.hale(&[
        "alerts",
        "--account",
        "a",
        "--as-of",
        &day(10),
        "--days",
        "3",
        "--json",
    ])))
    .unwrap();
    assert_eq!(one["states"].as_array().unwrap().len(), 9, "three days of three rules");
    assert_eq!(
        (&state(&one, "a", "fell", 8)["change"], &state(&one, "a", "fell", 9)["change"]),
        (&(-20.0).into(), &(-21.0).into())
    );
    assert_eq!(state(&one, "a", "fell", 8)["state"], "ok");
}

#[test]
fn capability_116_a_day_that_is_not_published_is_unknown_and_who_has_no_row_has_left() {
    let gone = project(&[("a", "39*20"), ("b", "39*17"), ("c", "80*20")]);
    run(&gone, 1, 20);
    assert_eq!(events(&all(&gone)), ["15 a low opened", "15 b low opened", "18 b low left"]);
    let holes = project(&[("a", "39*20"), ("c", "80*20")]);
    run(&holes, 1, 5);
    run(&holes, 8, 20);
    assert_eq!(events(&all(&holes)), ["17 a low opened"]);
    let many = project(&[("a", "39*28"), ("c", "80*28")]);
    run(&many, 1, 5);
    run(&many, 10, 26);
    assert_eq!(events(&all(&many)), ["24 a low opened"]);
}

/// A-def and B-def, in published days: the definition takes 22 from everybody, and only the accounts' own falls are told.
#[test]
fn what_a_new_definition_takes_from_everybody_is_told_of_nobody() {
    let project = project(&[("a", "60*12 37*8"), ("x", "60*28"), ("z", "43*28")]);
    run(&project, 1, 9);
    project.write("sql/scores/health.yml", &score("components: [less]"));
    run(&project, 10, 20);
    let told = all(&project);
    // 15 is more than 10 below the 38 of its first day under the definition: that is its own.
    assert_eq!(events(&told), ["13 a fell opened", "15 a low opened"]);
    let fell = state(&told, "a", "fell", 20);
    assert_eq!(
        fell["words"],
        "fell 23.0 in 7 days, from 38.0 to 15.0; -45.0 as published, -22.0 of it the new definition"
    );
    for account in ["x", "z"] {
        let low = state(&told, account, "low", 20);
        assert_eq!(
            (&low["state"], &low["suppressed_by"]),
            (&"suppressed".into(), &"definition".into()),
            "{account}"
        );
    }
    assert_eq!(state(&told, "x", "low", 20)["run"], 20, "38 on every day under the definition of now");
    assert_eq!(told["rules"][1]["suppressed"], 2);
}

/// A-def where no day before can be scored under the new definition: its metrics are not published.
#[test]
fn without_the_metrics_of_days_before_a_new_definition_is_compared_with_its_own_days() {
    let project = project(&[("a", "60*12 37*8")]);
    let scores = |from: i32, to: i32| {
        good(project.hale(&["run", "--from", &day(from), "--to", &day(to), "--select", "scores.health"]));
    };
    scores(1, 9);
    project.write("sql/scores/health.yml", &score("components: [less]"));
    scores(10, 10);
    assert_eq!(all(&project)["rules"][0]["not_evaluable"], 1);
    scores(11, 20);
    let told = all(&project);
    assert_eq!(events(&told), ["13 a fell opened"]);
    let fell = ["alerts", "--account", "a", "--as-of", &day(19), "--json"];
    let fell: Value = serde_json::from_str(&good(project.hale(&fell))).unwrap();
    let fell = state(&fell, "a", "fell", 19);
    assert_eq!((&fell["change"], &fell["base_date"]), (&(-23.0).into(), &"2026-01-12".into()));
}

#[test]
fn another_scorecard_is_applied_to_the_days_before_it_too() {
    let project = project(&[("a", "70*7 59*5")]);
    project.write(
        "sql/scores/health.yml",
        &score("scorecards: [{name: small, when: n < 60, components: [half]}, {name: default, components: [amount]}]"),
    );
    run(&project, 1, 12);
    let of = ["alerts", "--account", "a", "--days", "12", "--json"];
    let told: Value = serde_json::from_str(&good(project.hale(&of))).unwrap();
    assert_eq!(events(&told), [""; 0]);
    assert_eq!(state(&told, "a", "fell", 8)["change"], -5.5, "29.5 against half of 70");
}

#[test]
fn where_everybody_fell_only_who_fell_beyond_that_is_told() {
    let names: Vec<String> = (0..20).map(|account| format!("a{account:02}")).collect();
    let mut accounts: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "90*7 60*3")).collect();
    accounts.push(("b", "90*7 20*3"));
    let project = project(&accounts);
    run(&project, 1, 10);
    let told = all(&project);
    assert_eq!(events(&told), ["08 b fell opened"]);
    assert_eq!(told["rules"][0]["suppressed"], 20);
    assert_eq!(state(&told, "a00", "fell", 10)["suppressed_by"], "fleet");
}

#[test]
fn what_people_did_is_read_from_a_file_as_it_happened_or_as_it_was_known() {
    let project = project(&[("a", "39*22"), ("b", "39*22")]);
    run(&project, 1, 22);
    let acts = "account_id,rule,day,act,until,known_on\n\
        a,low,2026-01-16,acknowledged,,2026-01-20\n\
        b,low,2026-01-14,acknowledged,,\n\
        b,low,2026-01-17,snoozed,2026-01-19,\n";
    project.write("acts.csv", acts);
    let told = project.json(&["alerts", "--days", "31", "--acts", "acts.csv"]);
    assert_eq!(
        events(&told),
        [
            "15 a low opened",
            "15 b low opened",
            "16 a low acknowledged",
            "17 b low snoozed",
            "20 b low reopened"
        ]
    );
    let ignored = told["acts_without_alert"].as_array().unwrap();
    assert_eq!((ignored.len(), &ignored[0]["as_of_date"]), (1, &"2026-01-14".into()));
    assert_eq!(state(&told, "b", "low", 22)["is_unanswered"], false, "asked again on the 20th");
    let without = all(&project);
    assert!(
        without["states"].as_array().unwrap().iter().all(|state| state["is_unanswered"] == false),
        "{without}"
    );
    project.write("none.csv", "account_id,rule,day,act\n");
    let told = project.json(&["alerts", "--acts", "none.csv"]);
    assert_eq!(state(&told, "a", "low", 22)["is_unanswered"], true);
    good(project.hale(&["run", "--from", &day(1), "--to", &day(22), "--as-known"]));
    let known = project.json(&["alerts", "--days", "31", "--acts", "acts.csv", "--as-known"]);
    assert!(events(&known).contains(&"20 a low acknowledged".to_owned()), "{known}");
    for (row, told) in [
        ("a,low,2026-01-16,seen,,", "row 1: `seen` is no act; write one of acknowledged, done, snoozed"),
        ("a,lows,2026-01-16,done,,", "row 1: there is no rule `lows`; did you mean `low`?"),
        ("a,low,yesterday,done,,", "row 1: `yesterday` is no day; write YYYY-MM-DD"),
        ("a,low,2026-01-16,snoozed,,", "row 1: no day; write YYYY-MM-DD"),
        (",low,2026-01-16,done,,", "row 1: no account_id"),
        ("a,low,2026-01-16,done,2026-01-20,", "row 1: `until` is of `snoozed` alone"),
        ("a,low,2026-01-16,acknowledged,2026-01-20,", "row 1: `until` is of `snoozed` alone"),
        ("a,low,2026-01-16,snoozed,2026-01-15,", "row 1: `until` lies before `day`"),
        ("a,low,2026-01-16,done,,2026-01-15", "row 1: `known_on` lies before `day`"),
    ] {
        project.write("acts.csv", &format!("account_id,rule,day,act,until,known_on\n{row}\n"));
        let ended = project.hale(&["alerts", "--acts", "acts.csv"]);
        assert_eq!((code(&ended), err(&ended).contains(told)), (2, true), "{told}: {}", err(&ended));
    }
}

/// The lines that are to be told, added to a file as whoever tells them does; as `a low opened`.
pub fn tell(project: &Project, log: &mut String, as_of: i32) -> Vec<String> {
    project.write("told.csv", &format!("account_id,rule,day,what\n{log}"));
    let told = project.json(&["alerts", "--as-of", &day(as_of), "--told", "told.csv"]);
    let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let lines = told["to_tell"].as_array().unwrap();
    for line in lines {
        *log += &(["account_id", "rule", "day", "what"].map(|key| text(line, key)).join(",") + "\n");
    }
    let mut shown: Vec<String> = lines
        .iter()
        .map(|line| ["account_id", "rule", "what"].map(|key| text(line, key)).join(" ").trim().to_owned())
        .collect();
    shown.sort();
    shown
}

#[test]
fn what_was_told_is_told_once_and_taken_back_where_history_reads_otherwise() {
    let project = project(&[("a", "39*20"), ("b", "39*17 46*3")]);
    let mut log = String::new();
    run(&project, 1, 17);
    assert_eq!(
        tell(&project, &mut log, 14),
        ["declining switched_on", "fell switched_on", "low switched_on"]
    );
    assert_eq!(tell(&project, &mut log, 15), ["a low opened", "b low opened"]);
    assert_eq!(tell(&project, &mut log, 17), [""; 0]);
    // A late row: the 8th was not low.
    let mut rows: Vec<(&str, i32, i64)> =
        (1..=20).map(|day| ("a", day, if day == 8 { 41 } else { 39 })).collect();
    rows.extend((1..=20).map(|day| ("b", day, if day > 17 { 46 } else { 39 })));
    project.events(&rows);
    run(&project, 1, 20);
    assert_eq!(tell(&project, &mut log, 18), ["a low withdrawn"]);
    assert_eq!(tell(&project, &mut log, 19), [""; 0]);
    assert_eq!(tell(&project, &mut log, 20), ["b low resolved"]);
    assert_eq!(tell(&project, &mut log, 20), [""; 0]);
    let mut late = String::new();
    assert!(tell(&project, &mut late, 17).contains(&"b low already_open".to_owned()));
    project.write("told.csv", "account_id,rule,day,what\na,low,2026-01-15,shouted\n");
    let ended = project.hale(&["alerts", "--told", "told.csv"]);
    assert!(code(&ended) == 2 && err(&ended).contains("row 1: nothing that is told"), "{}", err(&ended));
}

#[test]
fn what_is_not_there_is_said_with_what_to_do() {
    let project = project(&[("a", "39*16")]);
    let ended = project.hale(&["alerts"]);
    assert!(code(&ended) == 1 && err(&ended).contains("scores.health is not published"), "{}", err(&ended));
    run(&project, 1, 16);
    for (arguments, told) in [
        (&["alerts", "--account", "zz"][..], "health has no account `zz` up to 2026-01-16"),
        (&["alerts", "--as-of", "2026-03-01"], "scores.health has no day 2026-03-01"),
        (&["alerts", "wealth"], "there is no score `wealth`"),
        (&["alerts", "--days", "0"], "--days: from 1 to 36500 is possible, and this is 0"),
        (&["alerts", "--days", "4000000000"], "--days: from 1 to 36500 is possible"),
    ] {
        let ended = project.hale(arguments);
        assert_eq!((code(&ended), err(&ended).contains(told)), (2, true), "{told}: {}", err(&ended));
    }
    let text = out(&project.hale(&["alerts"]));
    for told in
        ["Health on 2026-01-16", "Below 40 for long", "low", "open", "2026-01-15", "below 40 for 16 days"]
    {
        assert!(text.contains(told), "{told}: {text}");
    }
    let early = out(&project.hale(&["alerts", "--as-of", "2026-01-10"]));
    assert!(early.contains("below 40 for 10 days") && early.contains("pending"), "{early}");
    std::fs::remove_file(project.path("sql/alerts/health.yml")).unwrap();
    let ended = project.hale(&["alerts"]);
    assert!(code(&ended) == 2 && err(&ended).contains("no rule watches `health`"), "{}", err(&ended));
}
