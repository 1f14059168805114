//! What people open first, held against what it is made of.

use std::collections::BTreeMap;
use std::process::Command;

use super::absent::{OUT, SOURCES, table};
use crate::oracle::table::{Row, Value};

/// Metrics and health of each customer with a contract in force and a score.
struct Standing {
    metrics: Row,
    health: Row,
}

fn text(row: &Row, column: &str) -> String {
    match &row[column] {
        Value::Text(text) => text.clone(),
        Value::Null => String::new(),
        other => panic!("{column}: {other:?}"),
    }
}

/// A number of any type; unknown is `None`.
fn number(row: &Row, column: &str) -> Option<f64> {
    match &row[column] {
        Value::Null => None,
        Value::Whole(value) => Some(*value as f64),
        Value::Real(value) => Some(*value),
        Value::Text(decimal) => Some(decimal.parse().unwrap()),
        other => panic!("{column}: {other:?}"),
    }
}

fn standings() -> BTreeMap<String, Standing> {
    let by_account = |name: &str| -> BTreeMap<String, Row> {
        table(OUT.path(), name).into_iter().map(|row| (text(&row, "account_id"), row)).collect()
    };
    let (metrics, mut health) = (by_account("metrics/accounts"), by_account("scores/health"));
    let all = metrics
        .into_iter()
        .map(|(id, metrics)| (id.clone(), Standing { metrics, health: health.remove(&id).unwrap() }));
    all.filter(|(_, it)| it.metrics["is_in_force"] == Value::Flag(true) && it.health["score"] != Value::Null)
        .collect()
}

/// The rows of a question to the command, as text.
fn asked(sql: &str) -> Vec<BTreeMap<String, serde_json::Value>> {
    let output = Command::new(env!("CARGO_BIN_EXE_hale"))
        .args(["query", sql, "--format", "json", "--project", env!("CARGO_MANIFEST_DIR")])
        .arg("--sources")
        .arg(SOURCES.path())
        .arg("--out")
        .arg(OUT.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn close(got: f64, want: f64) -> bool {
    (got - want).abs() <= 1e-6 * want.abs().max(1.0)
}

#[test]
fn capability_22_work_queue() {
    let standings = standings();
    let mut rows = table(OUT.path(), "marts/work_queue");
    rows.sort_by_key(|row| number(row, "place").unwrap() as i64);
    assert_eq!(rows.len(), standings.len());
    let mut before = f64::INFINITY;
    for (index, row) in rows.iter().enumerate() {
        let Standing { metrics, health } = &standings[&text(row, "account_id")];
        let over = |column: &str, edge: f64| number(metrics, column).is_some_and(|value| value > edge);
        let under = |column: &str, edge: f64| number(metrics, column).is_some_and(|value| value <= edge);
        let signs = [
            under("usage_growth_28d", -0.25),
            under("active_users_growth_28d", -0.25),
            over("sponsors_left_90d", 0.0) || over("champions_left_90d", 0.0),
            over("escalations_open", 0.0) || over("severe_tickets_open", 0.0),
            over("overdue_amount", 0.0),
            under("nps_latest", 6.0) && under("nps_age_days", 27.0),
            number(metrics, "sentiment_mean_28d").is_some_and(|mood| mood < 0.0),
            over("milestones_stalled", 0.0),
            metrics["advocacy_lapsed"] == Value::Flag(true),
        ];
        let changes = signs.iter().filter(|sign| **sign).count();
        let at_stake = number(metrics, "arr").unwrap() * (1.0 - number(health, "score").unwrap() / 100.0);
        let priority = number(row, "priority").unwrap();
        assert_eq!(number(row, "place"), Some(index as f64 + 1.0));
        assert!(close(priority, at_stake * (1 + changes) as f64), "{row:?}");
        assert_eq!(
            text(row, "reasons").split(", ").filter(|reason| !reason.is_empty()).count(),
            changes,
            "{row:?}"
        );
        assert!(priority <= before, "{row:?} stands too low");
        before = priority;
    }
}

#[test]
fn capability_21_references_and_betas() {
    let standings = standings();
    let found: Vec<(String, String)> = table(OUT.path(), "marts/candidates")
        .iter()
        .map(|row| (text(row, "account_id"), text(row, "kind")))
        .collect();
    assert!(!found.is_empty(), "nobody to ask");
    for (id, Standing { metrics, health }) in &standings {
        let at_least = |column: &str, edge: f64| number(metrics, column).is_some_and(|value| value >= edge);
        let none = |column: &str| number(metrics, column).is_none_or(|value| value == 0.0);
        let is_healthy = number(health, "percentile").unwrap() >= 0.5 && none("severe_tickets_open");
        let speaks =
            at_least("nps_latest", 9.0) || at_least("csm_pulse", 4.0) || at_least("feedback_praise_90d", 1.0);
        let grumbles = number(metrics, "nps_latest").is_some_and(|answer| answer < 7.0);
        let reference =
            is_healthy && speaks && !grumbles && none("references_180d") && none("advocacy_asks_open");
        let tries = at_least("features_new_28d", 1.0) || metrics["gives_feedback"] == Value::Flag(true);
        let beta = is_healthy && at_least("active_days_28d", 12.0) && tries && none("betas_180d");
        for (kind, fits) in [("reference", reference), ("beta", beta)] {
            assert_eq!(found.contains(&(id.clone(), kind.to_owned())), fits, "{id} as {kind}");
        }
    }
}

#[test]
fn capability_67_briefs() {
    let parts = table(OUT.path(), "components/health");
    let briefs = table(OUT.path(), "marts/briefs");
    assert_eq!(briefs.len(), table(OUT.path(), "metrics/accounts").len(), "a customer without a line");
    for brief in &briefs {
        let of_account = parts.iter().filter(|part| text(part, "account_id") == text(brief, "account_id"));
        let share = |part: &Row| {
            let [points, least, most] =
                ["points", "min_points", "max_points"].map(|column| number(part, column));
            Some((points? - least?) / (most? - least?)).filter(|share| share.is_finite())
        };
        let shares: BTreeMap<String, f64> =
            of_account.filter_map(|part| Some((text(part, "component"), share(part)?))).collect();
        let best = shares.values().copied().fold(f64::NEG_INFINITY, f64::max);
        let worst = shares.values().copied().fold(f64::INFINITY, f64::min);
        if shares.is_empty() {
            assert_eq!([&brief["strongest"], &brief["weakest"]], [&Value::Null; 2]);
            continue;
        }
        assert!(close(shares[&text(brief, "strongest")], best), "{brief:?}: {shares:?}");
        assert!(close(shares[&text(brief, "weakest")], worst), "{brief:?}: {shares:?}");
    }
}

#[test]
fn capability_24_portfolios_are_mix_adjusted() {
    let standings: Vec<Standing> = standings().into_values().collect();
    let mean = |of: &mut dyn Iterator<Item = f64>| {
        let values: Vec<f64> = of.collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let score = |it: &Standing| number(&it.health, "score").unwrap();
    let segment = |it: &Standing| text(&it.metrics, "segment");
    let of_segment = |name: &str| mean(&mut standings.iter().filter(|it| segment(it) == name).map(score));
    let rows = asked("SELECT owner_id, score, score_of_mix FROM marts.portfolios WHERE score IS NOT NULL");
    assert!(rows.len() >= 2, "{rows:?}");
    for row in rows {
        let owner = row["owner_id"].as_str().unwrap();
        let owned: Vec<&Standing> = standings
            .iter()
            .filter(|it| match text(&it.metrics, "owner_id").as_str() {
                "" => owner == "nobody",
                id => id == owner,
            })
            .collect();
        let level = mean(&mut owned.iter().map(|it| score(it)));
        let of_mix = mean(&mut owned.iter().map(|it| of_segment(&segment(it))));
        assert!((row["score"].as_f64().unwrap() - level).abs() < 1e-4, "{row:?}: {level}");
        assert!((row["score_of_mix"].as_f64().unwrap() - of_mix).abs() < 1e-4, "{row:?}: {of_mix}");
    }
}

#[test]
fn capabilities_21_62_what_sets_tiers_apart() {
    let standings: Vec<Standing> = standings().into_values().collect();
    let rows = asked("SELECT metric, tier, accounts, mean, mean_of_others, effect FROM marts.drivers");
    assert!(
        rows.iter().any(|row| row["effect"].as_f64().is_some_and(|effect| effect.abs() > 0.8)),
        "no large effect"
    );
    for row in rows {
        let (metric, tier) = (row["metric"].as_str().unwrap(), row["tier"].as_str().unwrap());
        let known =
            standings.iter().filter_map(|it| Some((text(&it.health, "tier"), number(&it.metrics, metric)?)));
        let (inside, others): (Vec<_>, Vec<_>) = known.partition(|(name, _)| name == tier);
        let [inside, others] =
            [inside, others].map(|side| side.into_iter().map(|(_, value)| value).collect::<Vec<f64>>());
        let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
        let squares = |of: &[f64]| of.iter().map(|value| (value - mean(of)).powi(2)).sum::<f64>();
        assert_eq!(row["accounts"].as_u64(), Some(inside.len() as u64), "{row:?}");
        assert!(
            (row["mean"].as_f64().unwrap() - mean(&inside)).abs() < 1e-4 * mean(&inside).abs().max(1.0),
            "{row:?}"
        );
        let Some(effect) = row["effect"].as_f64() else {
            assert!(
                inside.len() < 2 || others.len() < 2 || squares(&inside) + squares(&others) < 1e-3,
                "{row:?}"
            );
            continue;
        };
        let deviation =
            ((squares(&inside) + squares(&others)) / (inside.len() + others.len() - 2) as f64).sqrt();
        let want = (mean(&inside) - mean(&others)) / deviation;
        assert!((effect - want).abs() < 1e-3, "{row:?}: {want}");
    }
}
