//! What people open first, held against what it is made of.

use std::collections::{BTreeMap, BTreeSet};

use super::absent::{OUT, table};
use crate::oracle::table::{Row, Value};

/// Metrics and the main score of each customer with a contract in force.
struct Customer {
    metrics: Row,
    health: Row,
}

impl Customer {
    fn score(&self) -> Option<f64> {
        number(&self.health, "score")
    }

    /// A metric that is known, and whether it is as asked.
    fn is(&self, column: &str, asked: impl Fn(f64) -> bool) -> bool {
        number(&self.metrics, column).is_some_and(asked)
    }

    /// The share by which something fell, where there was enough to fall from.
    fn fall(&self, change: &str, before: &str, floor: f64) -> Option<f64> {
        number(&self.metrics, change).filter(|_| self.is(before, |value| value >= floor))
    }
}

/// What falls: the change, what it was before, and the floor of that.
const FALLS: [(&str, &str, f64); 2] = [
    ("active_users_growth_28d", "active_users_prev_28d", 5.0),
    ("usage_growth_28d", "events_prev_28d", 20.0),
];

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

fn customers() -> BTreeMap<String, Customer> {
    let by_account = |name: &str| -> BTreeMap<String, Row> {
        table(OUT.path(), name).into_iter().map(|row| (text(&row, "account_id"), row)).collect()
    };
    let (metrics, mut health) = (by_account("metrics/accounts"), by_account("scores/health"));
    let all = metrics
        .into_iter()
        .map(|(id, metrics)| (id.clone(), Customer { metrics, health: health.remove(&id).unwrap() }));
    all.filter(|(_, it)| it.metrics["is_in_force"] == Value::Flag(true)).collect()
}

fn scored() -> BTreeMap<String, Customer> {
    customers().into_iter().filter(|(_, it)| it.score().is_some()).collect()
}

fn close(got: f64, want: f64) -> bool {
    (got - want).abs() <= 1e-6 * want.abs().max(1.0)
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some((low + high) / 2.0)
}

/// The fall of the median account of a segment, where the segment has five.
fn of_segment(all: &BTreeMap<String, Customer>, segment: &str, fall: (&str, &str, f64)) -> Option<f64> {
    let of_segment = all.values().filter(|it| text(&it.metrics, "segment") == segment);
    let known: Vec<f64> = of_segment.filter_map(|it| it.fall(fall.0, fall.1, fall.2)).collect();
    median(known.clone()).filter(|_| known.len() >= 5)
}

/// How many things got worse lately, and whether the account is silent.
fn changes(all: &BTreeMap<String, Customer>, it: &Customer) -> (usize, bool) {
    let tenure = number(&it.metrics, "tenure_days").unwrap();
    let never = |column: &str| it.metrics[column] == Value::Null && tenure >= 28.0;
    let nobody_ever = never("days_since_active");
    let over = it.is("days_since_active", |days| days >= 28.0);
    let fell = |fall: (&str, &str, f64)| {
        let segment = of_segment(all, &text(&it.metrics, "segment"), fall);
        it.fall(fall.0, fall.1, fall.2)
            .is_some_and(|own| own <= -0.25 && segment.is_none_or(|segment| segment > 0.8 * own))
    };
    let no_user_ever = never("days_since_user_seen") && it.metrics["days_since_active"] != Value::Null;
    let users_left = !over && (no_user_ever || it.is("days_since_user_seen", |days| days >= 28.0));
    let both = |lately: &str, now: &str| it.is(lately, |n| n > 0.0) && it.is(now, |n| n > 0.0);
    let newly_owed =
        number(&it.metrics, "overdue_30d_amount").is_some_and(|old| it.is("overdue_amount", |all| all > old));
    let detractor = it.is("nps_age_days", |days| days < 28.0)
        && it.is("nps_latest", |answer| answer <= 6.0)
        && it.is("nps_previous", |answer| answer > 6.0);
    let heard = |column: &str| it.is(column, |messages| messages >= 3.0);
    let turned = heard("sentiment_messages_28d")
        && heard("sentiment_messages_prev_28d")
        && it.is("sentiment_mean_prev_28d", |mood| mood >= 0.0)
        && it.is("sentiment_mean_28d", |mood| mood <= -0.2);
    let signs = [
        over || nobody_ever,
        users_left || !over && fell(FALLS[0]),
        !over && fell(FALLS[1]),
        it.is("sponsors_left_28d", |n| n > 0.0),
        it.is("champions_left_28d", |n| n > 0.0),
        both("escalations_28d", "escalations_open"),
        both("severe_tickets_28d", "severe_tickets_open"),
        newly_owed,
        detractor,
        turned,
        it.is("milestones_stalled_28d", |n| n > 0.0),
    ];
    (signs.iter().filter(|sign| **sign).count(), over || nobody_ever)
}

/// A place in the order: what is wrong and due, how bad, in the book, ARR in cents, id.
type Place = (bool, i64, usize, i64, String);

fn place(all: &BTreeMap<String, Customer>, id: &str) -> Place {
    let it = &all[id];
    let (changes, silent) = changes(all, it);
    let at_risk = it.health["is_at_risk"] == Value::Flag(true);
    let severity = match (at_risk || it.score().is_none() && silent, silent, changes) {
        (true, true, _) => 4,
        (true, false, 1..) => 3,
        (true, false, 0) => 2,
        (false, _, 1..) => 1,
        (false, _, 0) => 0,
    };
    let any = |column: &str| it.is(column, |arr| arr > 0.0);
    let due = silent
        || it.is("days_to_renewal", |days| days <= 180.0)
        || any("cancelled_arr")
        || any("overdue_renewal_arr");
    let arr = |it: &Customer| (number(&it.metrics, "arr").unwrap() * 100.0).round() as i64;
    let owner = text(&it.metrics, "owner_id");
    let larger = all.iter().filter(|(other_id, other)| {
        text(&other.metrics, "owner_id") == owner && (-arr(other), other_id.as_str()) < (-arr(it), id)
    });
    (!(due && severity > 0), -severity, larger.count() + 1, -arr(it), id.to_owned())
}

#[test]
fn capability_22_work_queue() {
    let all = customers();
    let rows = table(OUT.path(), "marts/work_queue");
    for list in ["scored", "unscored"] {
        let mut of_list: Vec<&Row> = rows.iter().filter(|row| text(row, "list") == list).collect();
        of_list.sort_by_key(|row| number(row, "rank").unwrap() as i64);
        let is_in = |it: &Customer| match it.score() {
            Some(_) => list == "scored",
            None => list == "unscored" && it.is("arr", |arr| arr > 0.0),
        };
        let mut expected: Vec<Place> =
            all.iter().filter(|(_, it)| is_in(it)).map(|(id, _)| place(&all, id)).collect();
        expected.sort();
        let got: Vec<String> = of_list.iter().map(|row| text(row, "account_id")).collect();
        let want: Vec<String> = expected.iter().map(|place| place.4.clone()).collect();
        assert_eq!(got, want, "the order of the {list}");
        for (index, row) in of_list.iter().enumerate() {
            let (changes, _) = changes(&all, &all[&text(row, "account_id")]);
            assert_eq!(number(row, "rank"), Some(index as f64 + 1.0));
            assert_eq!(number(row, "changes"), Some(changes as f64), "{row:?}");
            let reasons = text(row, "reasons");
            // Where nothing changed, one says why it is at risk or not scored.
            let in_need = row["is_at_risk"] != Value::Flag(false);
            let told = if changes == 0 { usize::from(in_need) } else { changes };
            assert_eq!(reasons.split("; ").filter(|reason| !reason.is_empty()).count(), told, "{row:?}");
        }
    }
    let severities: BTreeSet<i64> = rows.iter().map(|row| number(row, "severity").unwrap() as i64).collect();
    assert!(severities.len() >= 4, "all are alike: {severities:?}");
}

#[test]
fn capability_21_references_and_betas() {
    let ids = |name: &str| -> BTreeSet<String> {
        table(OUT.path(), name).iter().map(|row| text(row, "account_id")).collect()
    };
    let [references, betas] = ["marts/reference_candidates", "marts/beta_candidates"].map(ids);
    assert!(!references.is_empty() && !betas.is_empty(), "nobody to ask");
    for (id, it) in &scored() {
        let none = |column: &str| !it.is(column, |value| value != 0.0);
        let is_healthy = number(&it.health, "percentile").unwrap() >= 0.5 && none("severe_tickets_open");
        let speaks = it.is("nps_latest", |answer| answer >= 9.0)
            || it.is("csm_pulse", |pulse| pulse >= 4.0)
            || it.is("feedback_praise_90d", |praise| praise >= 1.0);
        let grumbles = it.is("nps_latest", |answer| answer < 7.0);
        let reference =
            is_healthy && speaks && !grumbles && none("references_180d") && none("advocacy_asks_open");
        let tries = it.is("features_new_28d", |features| features >= 1.0)
            || it.metrics["gives_feedback"] == Value::Flag(true);
        let beta = is_healthy && it.is("active_days_28d", |days| days >= 12.0) && tries && none("betas_180d");
        assert_eq!(references.contains(id), reference, "{id} as a reference");
        assert_eq!(betas.contains(id), beta, "{id} as a beta");
    }
}

#[test]
fn capability_67_briefs() {
    let parts = table(OUT.path(), "components/health");
    let briefs = table(OUT.path(), "marts/account_briefs");
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
    let scored: Vec<Customer> = scored().into_values().collect();
    let mean = |of: &mut dyn Iterator<Item = f64>| {
        let values: Vec<f64> = of.collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let score = |it: &Customer| it.score().unwrap();
    let segment = |it: &Customer| text(&it.metrics, "segment");
    let of_segment = |name: &str| mean(&mut scored.iter().filter(|it| segment(it) == name).map(score));
    let rows = table(OUT.path(), "marts/portfolios");
    assert!(rows.len() >= 2, "{rows:?}");
    for row in rows.iter().filter(|row| row["mean_score"] != Value::Null) {
        let owner = text(row, "owner_id");
        let owned: Vec<&Customer> = scored
            .iter()
            .filter(|it| match text(&it.metrics, "owner_id").as_str() {
                "" => owner == "nobody",
                id => id == owner,
            })
            .collect();
        let level = mean(&mut owned.iter().map(|it| score(it)));
        let of_mix = mean(&mut owned.iter().map(|it| of_segment(&segment(it))));
        assert!((number(row, "mean_score").unwrap() - level).abs() < 1e-4, "{row:?}: {level}");
        assert!((number(row, "mean_of_mix").unwrap() - of_mix).abs() < 1e-4, "{row:?}: {of_mix}");
    }
}

#[test]
fn capabilities_21_62_what_sets_tiers_apart() {
    let scored: Vec<Customer> = scored().into_values().collect();
    let rows = table(OUT.path(), "marts/drivers");
    assert!(
        rows.iter().any(|row| number(row, "effect").is_some_and(|effect| effect.abs() > 0.8)),
        "no large effect"
    );
    for row in &rows {
        let (metric, tier) = (text(row, "metric"), text(row, "tier"));
        let known =
            scored.iter().filter_map(|it| Some((text(&it.health, "tier"), number(&it.metrics, &metric)?)));
        let (inside, others): (Vec<_>, Vec<_>) = known.partition(|(name, _)| *name == tier);
        let [inside, others] =
            [inside, others].map(|side| side.into_iter().map(|(_, value)| value).collect::<Vec<f64>>());
        let mean = |of: &[f64]| of.iter().sum::<f64>() / of.len() as f64;
        let squares = |of: &[f64]| of.iter().map(|value| (value - mean(of)).powi(2)).sum::<f64>();
        assert_eq!(number(row, "accounts"), Some(inside.len() as f64), "{row:?}");
        assert!(
            (number(row, "mean").unwrap() - mean(&inside)).abs() < 1e-4 * mean(&inside).abs().max(1.0),
            "{row:?}"
        );
        let Some(effect) = number(row, "effect") else {
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
