//! The meaning of a score, said again in plain Rust over fractions of whole numbers: no SQL, no rounding.
//!
//! All weights, points, edges and shares are given in hundredths.

use std::fmt::Write as _;

use proptest::prelude::*;

/// How many metrics the table has: `m0`, `m1`, …
pub const METRICS: usize = 3;

/// A component and its weight in the score.
#[derive(Debug, Clone)]
pub struct Part {
    pub metric: usize,
    pub weight: i64,
    /// Edges above, ascending.
    pub edges: Vec<i64>,
    /// Points of each bin: one more than there are edges; one at least is above 0.
    pub points: Vec<i64>,
}

/// A score over such components.
#[derive(Debug, Clone)]
pub struct Definition {
    pub parts: Vec<Part>,
    pub min_coverage: i64,
    /// Edges between the tiers `t0`, `t1`, …
    pub tiers: Vec<i64>,
}

/// One row of `metrics.accounts`.
#[derive(Debug, Clone)]
pub struct Row {
    pub account: String,
    pub day: i32,
    pub metrics: [Option<f64>; METRICS],
}

/// What should be published about a component of an account on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Explained {
    pub value: Option<f64>,
    pub bin: Option<usize>,
    pub points: Option<f64>,
    pub max_points: f64,
    pub weight: f64,
    pub effective_weight: Option<f64>,
    /// Nearest to the exact share of the score.
    pub contribution: Option<f64>,
}

/// What should be published about an account on a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Scored {
    pub score: Option<f64>,
    pub tier: String,
    pub coverage: f64,
    pub components: Vec<Explained>,
}

fn hundredths(number: i64) -> f64 {
    number as f64 / 100.0
}

/// The nearest decimal with ten digits after the point, half up.
fn decimal(numerator: i64, denominator: i64) -> f64 {
    let (numerator, denominator) = (i128::from(numerator), i128::from(denominator));
    let digits = (2 * numerator * 10_i128.pow(10) + denominator) / (2 * denominator);
    digits as f64 / 1e10
}

impl Part {
    fn bin(&self, value: f64) -> usize {
        self.edges.iter().filter(|edge| value >= hundredths(**edge)).count()
    }

    fn max_points(&self) -> i64 {
        self.points.iter().copied().max().unwrap_or(0)
    }
}

impl Definition {
    /// The component files' and the score file's text.
    pub fn yaml(&self) -> (String, String) {
        let (mut components, mut weights) = (String::new(), String::new());
        for (index, part) in self.parts.iter().enumerate() {
            let mut bins = String::new();
            for (edge, points) in part.edges.iter().zip(&part.points) {
                write!(bins, "{{below: {}, points: {}}}, ", hundredths(*edge), hundredths(*points))
                    .expect("text");
            }
            let last = hundredths(*part.points.last().expect("one bin at least"));
            writeln!(
                components,
                "c{index}: {{title: C, value: m{}, bins: [{bins}{{points: {last}}}]}}",
                part.metric
            )
            .expect("text");
            write!(weights, "c{index}: {}, ", hundredths(part.weight)).expect("text");
        }
        let tiers = self.tiers.iter().enumerate();
        let tiers: String =
            tiers.map(|(at, edge)| format!("{{name: t{at}, below: {}}}, ", hundredths(*edge))).collect();
        let score = format!(
            "{{title: S, version: '1', components: {{{weights}}}, min_coverage: {}, tiers: [{tiers}{{name: t{}}}]}}",
            hundredths(self.min_coverage),
            self.tiers.len(),
        );
        (components, score)
    }

    /// What should be published for a row.
    pub fn score(&self, row: &Row) -> Scored {
        let values: Vec<Option<f64>> = self
            .parts
            .iter()
            .map(|part| row.metrics[part.metric].filter(|value| value.is_finite()))
            .collect();
        let parts = || self.parts.iter().zip(&values);
        let present = || parts().filter(|(_, value)| value.is_some()).map(|(part, _)| part);
        let earned = |(part, value): (&Part, &Option<f64>)| {
            value.map_or(0, |value| part.weight * part.points[part.bin(value)])
        };
        let possible: i64 = present().map(|part| part.weight * part.max_points()).sum();
        let total: i64 = parts().map(earned).sum();
        let declared: i64 = self.parts.iter().map(|part| part.weight * part.max_points()).sum();
        let scored = possible > 0 && possible * 100 >= self.min_coverage * declared;
        let tier = self.tiers.iter().filter(|edge| total * 100 * 100 >= **edge * possible).count();
        let explain = |(part, value): (&Part, &Option<f64>)| Explained {
            value: *value,
            bin: value.map(|value| part.bin(value) + 1),
            points: value.map(|value| hundredths(part.points[part.bin(value)])),
            max_points: hundredths(part.max_points()),
            weight: hundredths(part.weight),
            effective_weight: (possible > 0)
                .then(|| value.map_or(0.0, |_| decimal(part.weight * part.max_points(), possible))),
            contribution: scored.then(|| (100 * earned((part, value))) as f64 / possible as f64),
        };
        Scored {
            score: scored.then(|| decimal(100 * total, possible)),
            tier: if scored { format!("t{tier}") } else { "unscored".to_owned() },
            coverage: decimal(possible, declared),
            components: parts().map(explain).collect(),
        }
    }
}

fn edges(least: i64, most: i64, number: std::ops::Range<usize>) -> impl Strategy<Value = Vec<i64>> {
    proptest::collection::btree_set(least..=most, number).prop_map(|edges| edges.into_iter().collect())
}

fn part() -> impl Strategy<Value = Part> {
    (0..METRICS, 1..500_i64, edges(-30, 30, 0..5)).prop_flat_map(|(metric, weight, edges)| {
        let points = prop_oneof![0..=400_i64, (0..=4_i64).prop_map(|points| points * 100)];
        proptest::collection::vec(points, edges.len() + 1).prop_map(move |mut points| {
            if points.iter().all(|points| *points == 0) {
                points[0] = 100;
            }
            Part { metric, weight, edges: edges.clone(), points }
        })
    })
}

/// Random definitions.
pub fn definitions() -> impl Strategy<Value = Definition> {
    let coverage = prop_oneof![Just(0), Just(100), 0..=100_i64];
    (proptest::collection::vec(part(), 1..13), coverage, edges(1, 10_000, 0..6))
        .prop_map(|(parts, min_coverage, tiers)| Definition { parts, min_coverage, tiers })
}

/// A metric: often exactly on an edge, sometimes not a number at all.
fn metric() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        10 => (-32..=32_i64).prop_map(|value| Some(hundredths(value))),
        3 => proptest::num::f64::NORMAL.prop_map(Some),
        2 => Just(None),
        2 => proptest::sample::select(vec![
            f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE,
        ]).prop_map(Some),
    ]
}

/// Random tables: a few days of a few accounts.
pub fn tables() -> impl Strategy<Value = Vec<Row>> {
    proptest::collection::vec((0..3_i32, [metric(), metric(), metric()]), 0..40).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(at, (day, metrics))| Row { account: format!("a{at:02}"), day: 20_000 + day, metrics })
            .collect()
    })
}
