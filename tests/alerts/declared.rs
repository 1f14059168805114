//! Files of `sql/alerts/`: what they mean, and every fault with its place.

use halescore::alerts::{Condition, Decimal, FellFrom, Fleet, Measured, OnNull, Rule, Severity};
use halescore::pipeline::Pipeline;
use halescore::project::Project as Written;

use crate::cli::{Project, code, err, good, sums};

use super::series::decimal;

const COMPONENTS: &str = "amount: {title: Amount, value: n, linear: {from: 0, to: 100, points: [0, 100]}}\n";
const SCORE: &str = "title: Health\nversion: '1'\nrounding: 1\ncomponents: [amount]\n\
    tiers: [{name: poor, below: 40, at_risk: true}, {name: fair, at_most: 70}, {name: good}]\n";

fn project(score: &str, alerts: &str) -> Project {
    Project::of(&[
        ("sql/metrics/accounts.sql", &sums("n BIGINT")),
        ("sql/components/all.yml", COMPONENTS),
        ("sql/scores/health.yml", score),
        ("sql/alerts/health.yml", alerts),
    ])
}

/// The rules of a file.
fn rules(score: &str, alerts: &str) -> Vec<(String, Severity, Rule)> {
    let project = project(score, alerts);
    let pipeline = Pipeline::build(Written::load(&project.path("")).unwrap()).unwrap();
    let declared = pipeline.alerts.into_iter().flat_map(|alerts| alerts.rules);
    declared.map(|declared| (declared.title, declared.severity, declared.rule)).collect()
}

fn rule(score: &str, text: &str) -> Rule {
    rules(score, &format!("alerts:\n  it: {{title: It, {text}}}\n")).remove(0).2
}

#[test]
fn the_shipped_rules_are_those_of_the_tables() {
    let pipeline =
        Pipeline::build(Written::load(std::path::Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap()).unwrap();
    let shipped: Vec<Rule> = pipeline
        .alerts
        .iter()
        .flat_map(|alerts| &alerts.rules)
        .map(|declared| declared.rule.clone())
        .collect();
    // The tables are of a score with one digit, and `health` is not rounded.
    assert!(shipped.iter().all(|rule| (rule.digits, rule.shown) == (10, 3)));
    let shipped: Vec<Rule> = shipped.into_iter().map(|rule| Rule { digits: 1, shown: 1, ..rule }).collect();
    let of_tables =
        [super::series::rule_a(), super::series::rule_b(), super::series::rule_c("3", OnNull::Break)];
    assert_eq!(shipped, of_tables);
    assert_eq!(pipeline.alerts[0].score, "health");
}

#[test]
fn what_is_not_said_is_as_the_scale_has_it() {
    let fell = rule(SCORE, "fell: {by: 20}");
    let fleet = Some(Fleet { by: Decimal::whole(10), accounts: 20 });
    assert_eq!(
        fell.condition,
        Condition::Fell { by: Decimal::whole(20), within: 7, from: FellFrom::Day, fleet }
    );
    assert_eq!((fell.expires, fell.open_after, fell.clear_after, fell.cooldown), (Some(28), 0, 2, 7));
    let below = rule(SCORE, "below: 40");
    let (at, clear_at) = (Decimal::whole(40), Decimal::whole(45));
    assert_eq!(below.condition, Condition::Below { at, inclusive: false, clear_at });
    assert_eq!((below.open_after, below.bridge, below.escalate_by), (14, 3, Some(Decimal::whole(10))));
    let declining = rule(SCORE, "declining: {}");
    assert_eq!(
        declining.condition,
        Condition::Declining { times: 3, by_at_least: Decimal::ZERO, on_null: OnNull::Break }
    );
    assert_eq!(
        (declining.measured, declining.clear_after, declining.relapse_after),
        (Measured::WEEKLY, 1, 0)
    );
    // On a scale of 1 to 5 the same shares of it, and digits that tell scores apart.
    let small = "title: Health\nversion: '1'\nscale: [1, 5]\ncomponents: [amount]\ntiers: [{name: all}]\n";
    let below = rule(small, "below: {share: 0.25}");
    assert_eq!(
        below.condition,
        Condition::Below { at: decimal("2"), inclusive: false, clear_at: decimal("2.2") }
    );
    assert_eq!((below.escalate_by, below.digits), (Some(decimal("0.4")), 10));
    // Read as it is published: with all digits, or rounded.
    assert_eq!(below.shown, 5);
    let whole = rule(&SCORE.replace("rounding: 1", "rounding: 0"), "below: 40");
    assert_eq!((whole.digits, whole.shown), (0, 0));
    let all = rule(&SCORE.replace("rounding: 1\n", ""), "below: {tier: fair}, clear_at: {tier: good}");
    assert_eq!((all.digits, all.shown), (10, 3));
    let (at, clear_at) = (Decimal::whole(70), decimal("70.0000000001"));
    assert_eq!(all.condition, Condition::Below { at, inclusive: true, clear_at });
}

#[test]
fn a_threshold_is_a_tier_a_share_or_a_number_on_the_scale() {
    let condition = |text: &str| rule(SCORE, text).condition;
    let below = |at: &str, inclusive, clear_at: &str| Condition::Below {
        at: decimal(at),
        inclusive,
        clear_at: decimal(clear_at),
    };
    assert_eq!(condition("below: {tier: poor}"), below("40", false, "45"));
    assert_eq!(condition("below: {tier: fair}, clear_at: 80"), below("70", true, "80"));
    // 70 itself is fair: the next score of one digit is good.
    assert_eq!(condition("below: {tier: fair}, clear_at: {tier: good}"), below("70", true, "70.1"));
    assert_eq!(condition("below: {tier: poor}, clear_at: {tier: fair}"), below("40", false, "40"));
    assert_eq!(condition("below: {share: 0.4}, clear_at: {share: 0.5}"), below("40", false, "50"));
    let fell = rule(SCORE, "fell: {by: {share: 0.15}, within: 28, from: high, fleet: {by: 5, accounts: 50}}");
    let fleet = Some(Fleet { by: Decimal::whole(5), accounts: 50 });
    assert_eq!(
        fell.condition,
        Condition::Fell { by: decimal("15"), within: 28, from: FellFrom::High, fleet }
    );
}

#[test]
fn everything_else_is_said_by_its_key() {
    let text = "alerts:\n  slow:\n    title: Slow\n    declining: {times: 4, by_at_least: 2.5, on_null: skip}\n    every: 14\n    \
        open_after: 1\n    clear_after: 5\n    cooldown: 30\n    relapse_after: 6\n    bridge: 0\n    escalate_by: 7\n    \
        expires: 90\n    severity: high\n    ack_within: 3\n    handled_for: 14\n";
    let (title, severity, rule) = rules(SCORE, text).remove(0);
    assert_eq!((title.as_str(), severity, rule.name.as_str()), ("Slow", Severity::High, "slow"));
    assert_eq!(
        rule.condition,
        Condition::Declining { times: 4, by_at_least: decimal("2.5"), on_null: OnNull::Skip }
    );
    assert_eq!((rule.measured.every, rule.open_after, rule.clear_after, rule.cooldown), (14, 1, 5, 30));
    assert_eq!((rule.relapse_after, rule.bridge, rule.escalate_by), (6, 0, Some(decimal("7"))));
    assert_eq!((rule.expires, rule.ack_within, rule.handled_for), (Some(90), Some(3), 14));
}

#[test]
fn every_fault_is_told_with_its_place_and_all_at_once() {
    let text = "alerts:\n\
        \x20 high: {title: High, below: 400}\n\
        \x20 small: {title: Small, below: 0.4}\n\
        \x20 unknown: {title: Unknown, below: {tier: pour}}\n\
        \x20 top: {title: Top, below: {tier: good}}\n\
        \x20 none: {title: None}\n\
        \x20 both: {title: Both, below: 40, fell: {by: 20}}\n\
        \x20 back: {title: Back, below: 40, clear_at: 39}\n\
        \x20 lost: {title: Lost, fell: {by: 20}, clear_at: 50}\n\
        \x20 zero: {title: Zero, fell: {by: 0}}\n\
        \x20 tiers: {title: Tiers, fell: {by: {tier: poor}}}\n\
        \x20 share: {title: Share, fell: {by: {share: 1.5}}}\n\
        \x20 never: {title: Never, declining: {times: 0}}\n\
        \x20 long: {title: Long, below: 40, open_after: 1000}\n\
        \x20 alone: {title: Alone, fell: {by: 20, fleet: {accounts: 1}}}\n\
        \x20 Bad: {title: ' ', below: 40}\n";
    let ended = project(SCORE, text).hale(&["check"]);
    let said = err(&ended);
    assert_eq!(code(&ended), 1, "{said}");
    for (line, told) in [
        (2, "400 lies outside of the score's scale"),
        (4, "`pour` is no tier of health"),
        (5, "`good` has no such edge"),
        (6, "a rule has one of `fell`, `below` and `declining`"),
        (7, "a rule has one of `fell`, `below` and `declining`"),
        (8, "what is good again from 39 on is still below 40"),
        (9, "`clear_at` is of `below`"),
        (10, "a distance on this scale is above 0 and at most 100"),
        (11, "a tier is no distance"),
        (12, "a share of the scale is above 0 and at most 1"),
        (13, "from 1 to 366 is possible here, and this is 0"),
        (14, "from 0 to 366 is possible here, and this is 1000"),
        (15, "fewer than two accounts are no fleet"),
        (16, "`Bad` cannot name a rule"),
        (16, "one line of text is needed here"),
    ] {
        assert!(said.contains(told), "{told}: {said}");
        assert!(said.contains(&format!("sql/alerts/health.yml:{line}:")), "line {line}: {said}");
    }
    assert!(said.contains("health goes from 0 to 100") && said.contains("did you mean `poor`?"), "{said}");
    assert!(!said.contains("alerts/health.yml:3:"), "0.4 lies on a scale from 0 to 100: {said}");
}

#[test]
fn a_file_is_about_one_score_of_accounts_and_declares_something() {
    let refused = |alerts: &str, told: &str| {
        let ended = project(SCORE, alerts).hale(&["check"]);
        assert_eq!((code(&ended), err(&ended).contains(told)), (1, true), "{told}: {}", err(&ended));
    };
    refused("score: wealth\nalerts: {low: {title: Low, below: 40}}\n", "there is no score `wealth`");
    refused("alerts: {}\n", "the file declares no rule");
    refused("alerts: {low: {title: Low, below: 40, open_afer: 3}}\n", "unknown key `open_afer`");
    refused("alerts: {low: {title: Low, below: [40]}}\n", "expected a number, {tier: …} or {share: …}");
    let twice = project(SCORE, "alerts: {low: {title: Low, below: 40}}\n");
    twice.write("sql/alerts/more.yml", "score: health\nalerts: {low: {title: Low, below: 30}}\n");
    assert!(err(&twice.hale(&["check"])).contains("the rule `low` is declared twice"));
    good(project(SCORE, "score: health\nalerts: {low: {title: Low, below: 40}}\n").hale(&["check"]));
    let of_users = project(SCORE, "score: people\nalerts: {low: {title: Low, below: 40}}\n");
    of_users.write("sql/scores/people.yml", &format!("{SCORE}entity: user\n"));
    assert!(
        err(&of_users.hale(&["check"])).contains("`people` is a score of users, and alerts are of accounts")
    );
}
