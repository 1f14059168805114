//! What people judge and decide, from their files to metrics, scores and explanations; numbers are those of capabilities.

use std::path::Path;

use chrono::{NaiveTime, TimeDelta};
use serde_json::Value;
use tempfile::TempDir;

use crate::cli::{code, err, good, hale};
use crate::oracle::people::{Assessment, Override, Ownership};
use crate::oracle::world::{Account, LAST_DAY, World, at};

const TIERS: &str = "tiers: [{name: low, below: 40}, {name: middle, below: 70}, {name: high}]";
const PULSE: &str = "pulse:\n  title: Judgement\n  value: csm_pulse\n  evidence: \"csm_pulse_author || ': ' || csm_pulse_reason\"\n  \
    scale: [1, 5]\n  linear: {from: 1, to: 5, points: [1, 5]}\n";

/// Ten in the morning, some days before the last.
fn days_ago(days: i64) -> i64 {
    at(LAST_DAY - TimeDelta::days(days), NaiveTime::from_hms_opt(10, 0, 0).unwrap())
}

/// Customers for long, who do nothing.
fn customers(names: &[&str]) -> World {
    let account = |name: &&str| Account {
        account_id: (*name).to_owned(),
        segment: "MM".to_owned(),
        is_test: false,
        customer_since: LAST_DAY - TimeDelta::days(400),
        churned_on: None,
    };
    World { accounts: names.iter().map(account).collect(), ..World::default() }
}

/// A judgement by ann on the usual form, which counts at once and has no end.
fn judged(account: &str, value: i64, age: i64) -> Assessment {
    Assessment {
        assessment_id: format!("{account}-{age}"),
        account_id: account.to_owned(),
        component: "csm_pulse".to_owned(),
        value: value as f64,
        scale: 5,
        reason: format!("feels like {value}"),
        author_id: "ann".to_owned(),
        effective_at: days_ago(age),
        expires_at: None,
        recorded_at: days_ago(age),
        supersedes_id: None,
    }
}

/// An override of the health score from ten days ago until ten days hence.
fn decided(account: &str, mode: &str, value: f64) -> Override {
    Override {
        override_id: format!("o-{account}"),
        account_id: account.to_owned(),
        score_name: "health".to_owned(),
        mode: mode.to_owned(),
        value,
        effective_at: days_ago(10),
        expires_at: days_ago(-10),
        revoked_at: None,
        recorded_at: days_ago(10),
    }
}

/// A project over the bundled metrics with a world and scores of its own.
struct Trial(TempDir);

impl Trial {
    fn new(world: &World, components: &str, scores: &[(&str, &str)]) -> Self {
        let trial = Self(tempfile::tempdir().unwrap());
        let root = trial.0.path();
        good(hale(root, &["init", "--force", "."]));
        for folder in [
            "data",
            "sql/alerts",
            "sql/components",
            "sql/expectations",
            "sql/scores",
            "sql/tests",
            "sql/marts",
        ] {
            std::fs::remove_dir_all(root.join(folder)).unwrap();
        }
        for folder in ["data", "sql/components", "sql/scores"] {
            std::fs::create_dir(root.join(folder)).unwrap();
        }
        std::fs::write(root.join("sql/components/all.yml"), components).unwrap();
        for (name, text) in scores {
            std::fs::write(root.join(format!("sql/scores/{name}.yml")), text).unwrap();
        }
        world.write(&root.join("data"));
        trial
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    /// Publishes the last days.
    fn run(&self, days: i64) -> &Self {
        let from = (LAST_DAY - TimeDelta::days(days - 1)).to_string();
        // Nothing has happened there that a log could say.
        let output =
            hale(self.root(), &["run", "--from", &from, "--to", &LAST_DAY.to_string(), "--incomplete"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        self
    }

    fn rows(&self, sql: &str) -> Vec<Value> {
        let text = good(hale(self.root(), &["query", sql, "--json", "--limit", "0"]));
        serde_json::from_str(&text).unwrap()
    }

    /// The only column of a query.
    fn column(&self, sql: &str) -> Vec<Value> {
        let only = |row: Value| row.as_object().unwrap().values().next().unwrap().clone();
        self.rows(sql).into_iter().map(only).collect()
    }

    fn explained(&self, account: &str) -> Value {
        serde_json::from_str(&good(hale(self.root(), &["explain", account, "--json"]))).unwrap()
    }
}

fn only_pulse() -> String {
    format!("{{title: Health, version: '1', components: [pulse], overrides: true, {TIERS}}}")
}

fn pulses(trial: &Trial, account: &str) -> Vec<Option<f64>> {
    let sql =
        format!("SELECT csm_pulse FROM metrics.accounts WHERE account_id = '{account}' ORDER BY as_of_date");
    trial.column(&sql).iter().map(Value::as_f64).collect()
}

#[test]
fn capability_32_the_newest_valid_judgement_as_of_each_day() {
    let mut world = customers(&["renewed", "expired", "handed_over", "late", "never"]);
    let hour = 3_600_000_000;
    world.people.assessments = vec![
        judged("renewed", 2, 9),
        judged("renewed", 4, 2),
        Assessment { expires_at: Some(days_ago(1)), ..judged("expired", 5, 3) },
        judged("handed_over", 5, 9),
        Assessment { recorded_at: days_ago(2), ..judged("late", 1, 20) },
    ];
    let owner = |owner_id: &str, start_at| Ownership {
        account_id: "handed_over".to_owned(),
        owner_id: owner_id.to_owned(),
        start_at,
    };
    world.people.ownerships = vec![owner("ann", days_ago(300)), owner("bob", days_ago(2) + hour)];
    let trial = Trial::new(&world, PULSE, &[("health", &only_pulse())]);
    trial.run(5);
    let held = |account| pulses(&trial, account);
    assert_eq!(held("renewed"), [2.0, 2.0, 4.0, 4.0, 4.0].map(Some));
    assert_eq!(held("expired"), [None, Some(5.0), Some(5.0), None, None]);
    assert_eq!(held("handed_over"), [Some(5.0), Some(5.0), None, None, None]);
    assert_eq!(held("late"), [Some(1.0); 5], "written down late, it was so before");
    assert_eq!(held("never"), [None; 5]);
    let about = trial.rows(
        "SELECT csm_pulse_age_days, csm_pulse_author, csm_pulse_reason FROM metrics.accounts \
         WHERE account_id = 'late' AND csm_pulse IS NOT NULL ORDER BY as_of_date LIMIT 1",
    );
    assert_eq!(about[0]["csm_pulse_age_days"], 16, "from the day that it is about");
    assert_eq!(
        (&about[0]["csm_pulse_author"], &about[0]["csm_pulse_reason"]),
        (&"ann".into(), &"feels like 1".into())
    );
    let part = &trial.explained("renewed")["parts"][0];
    assert_eq!((&part["evidence"], &part["value"]), (&"ann: feels like 4".into(), &4.0.into()));
}

#[test]
fn capability_32_a_judgement_loses_its_force_by_step_line_or_half_life() {
    let mut world = customers(&["a0", "a5", "a6", "a10", "a20"]);
    world.people.assessments = [0, 5, 6, 10, 20].map(|age| judged(&format!("a{age}"), 5, age)).to_vec();
    let component = |name: &str, decay: &str| {
        PULSE.replace("pulse:\n", &format!("{name}:\n  decay: {{age: csm_pulse_age_days, {decay}}}\n"))
    };
    let components = [
        component("step", "expires_after: 5"),
        component("line", "linear: 10, toward: 3"),
        component("half", "half_life: 10, toward: 1"),
    ];
    let score = only_pulse().replace("[pulse]", "[step, line, half]");
    let trial = Trial::new(&world, &components.concat(), &[("health", &score)]);
    trial.run(1);
    let values = |component: &str| -> Vec<Option<f64>> {
        let sql = format!(
            "SELECT points FROM components.health WHERE component = '{component}' \
             ORDER BY CAST(substr(account_id, 2) AS BIGINT)"
        );
        trial.column(&sql).iter().map(Value::as_f64).collect()
    };
    assert_eq!(values("step"), [Some(5.0), Some(5.0), None, None, None]);
    assert_eq!(values("line"), [5.0, 4.0, 3.8, 3.0, 3.0].map(Some));
    let half = values("half").into_iter().map(Option::unwrap);
    for (got, age) in half.zip([0.0, 5.0, 6.0, 10.0, 20.0]) {
        let expected = 1.0 + 4.0 * 0.5_f64.powf(age / 10.0);
        assert!((got - expected).abs() < 1e-12, "{got} after {age} days, not {expected}");
    }
}

#[test]
fn capability_32_every_mode_of_an_override_is_a_step_that_can_be_seen() {
    let names = ["set", "cap", "floor", "adjust", "expired", "revoked", "future", "plain"];
    let mut world = customers(&names);
    world.people.assessments = names.map(|name| judged(name, 3, 12)).to_vec();
    world.people.overrides = vec![
        decided("set", "set", 90.0),
        decided("cap", "cap", 20.0),
        decided("floor", "floor", 75.0),
        decided("adjust", "adjust", -60.0),
        Override { expires_at: days_ago(1), ..decided("expired", "set", 90.0) },
        Override { revoked_at: Some(days_ago(1)), ..decided("revoked", "set", 90.0) },
        Override { effective_at: days_ago(-1), ..decided("future", "set", 90.0) },
    ];
    let trial = Trial::new(&world, PULSE, &[("health", &only_pulse())]);
    trial.run(3);
    let scores = |account: &str| -> Vec<f64> {
        let sql =
            format!("SELECT score FROM scores.health WHERE account_id = '{account}' ORDER BY as_of_date");
        trial.column(&sql).iter().map(|score| score.as_f64().unwrap()).collect()
    };
    assert_eq!(scores("expired"), [90.0, 50.0, 50.0]);
    assert_eq!(scores("revoked"), [90.0, 50.0, 50.0]);
    assert_eq!((scores("future"), scores("plain")), (vec![50.0; 3], vec![50.0; 3]));
    for (mode, score, tier, change) in [
        ("set", 90.0, "high", 40.0),
        ("cap", 20.0, "low", -30.0),
        ("floor", 75.0, "high", 25.0),
        ("adjust", 0.0, "low", -50.0),
    ] {
        assert_eq!(scores(mode), [score; 3]);
        let explained = trial.explained(mode);
        assert_eq!((&explained["raw_score"], &explained["score"]), (&50.0.into(), &score.into()), "{mode}");
        assert_eq!(explained["tier"], tier);
        let step = &explained["steps"][0];
        assert_eq!((&step["kind"], &step["change"]), (&"override".into(), &change.into()), "{mode}");
        let what = step["what"].as_str().unwrap();
        assert!(what.starts_with(mode) && what.contains("by ann: because of"), "{what}");
        let told = good(hale(trial.root(), &["explain", mode]));
        assert!(told.contains("sum of contributions: 50") && told.contains("override: "), "{told}");
    }
    assert_eq!(trial.explained("plain")["steps"], serde_json::json!([]));
}

#[test]
fn capability_25_a_judgement_is_scored_like_any_metric() {
    let mut world = customers(&["both", "unjudged", "ten"]);
    world.people.assessments =
        vec![judged("both", 5, 3), Assessment { scale: 10, value: 10.0, ..judged("ten", 1, 3) }];
    let components = format!(
        "{PULSE}active:\n  title: Activity\n  value: active_days_28d\n  bins: [{{below: 1, points: 0}}, {{points: 4}}]\n"
    );
    let score = only_pulse()
        .replace("[pulse]", "{pulse: 1, active: 3}")
        .replace("overrides", "aggregate: weighted_mean, overrides");
    let trial = Trial::new(&world, &components, &[("health", &score)]);
    trial.run(1);
    let scores = trial.rows("SELECT account_id, score, coverage FROM scores.health ORDER BY account_id");
    let expected = [("both", 25.0, 1.0), ("ten", 25.0, 1.0), ("unjudged", 0.0, 0.75)];
    for (row, (account, score, coverage)) in scores.iter().zip(expected) {
        assert_eq!(*row, serde_json::json!({ "account_id": account, "score": score, "coverage": coverage }));
    }
}

/// Manual first, then automated: both as scores, side by side, and a query for where they differ.
#[test]
fn capability_61_a_manual_score_beside_the_automated_one() {
    let mut world = customers(&["agree", "above", "below"]);
    world.people.assessments = vec![judged("agree", 1, 3), judged("above", 5, 3), judged("below", 3, 3)];
    let components = format!(
        "{PULSE}logins:\n  title: Logins\n  value: logins_28d\n  scale: [0, 4]\n  linear: {{from: 0, to: 4, points: [0, 4]}}\n"
    );
    let automated = only_pulse().replace("[pulse]", "[logins]");
    let trial = Trial::new(&world, &components, &[("health", &automated), ("manual", &only_pulse())]);
    trial.run(1);
    let differ = trial.rows(
        "SELECT health.account_id, manual.tier AS manual, health.tier AS automated, health.score - manual.score AS difference \
         FROM scores.health JOIN scores.manual ON manual.account_id = health.account_id AND manual.as_of_date = health.as_of_date \
         WHERE health.tier <> manual.tier ORDER BY health.account_id",
    );
    let expected = serde_json::json!([
        { "account_id": "above", "manual": "high", "automated": "low", "difference": -100.0 },
        { "account_id": "below", "manual": "middle", "automated": "low", "difference": -50.0 },
    ]);
    assert_eq!(Value::from(differ), expected);
}

/// The three sources are optional: without them nothing is judged, and everything else is as it was.
#[test]
fn without_the_sources_nothing_is_judged() {
    let components =
        "active: {title: Activity, value: active_days_28d, bins: [{below: 1, points: 0}, {points: 4}]}\n";
    let score = only_pulse().replace("[pulse]", "[active]");
    let trial = Trial::new(&customers(&["a"]), components, &[("health", &score)]);
    trial.run(1);
    let row = &trial.rows("SELECT score, override_id, csm_pulse FROM scores.health JOIN metrics.accounts ON accounts.account_id = health.account_id")[0];
    assert_eq!(*row, serde_json::json!({ "score": 0.0, "override_id": null, "csm_pulse": null }));
}
