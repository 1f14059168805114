//! Capability 50: metrics in themes, each with one that stands for it.

use std::collections::BTreeSet;

use halescore::evidence::{LEAST_PAIRS, rank_correlation};
use halescore::suggest::{Metric, Reason, Themes, themes};
use proptest::prelude::*;

use super::world::{DAYS, json, refused, text};

/// Columns of one length with ties and gaps; some follow others, up or down.
fn metrics() -> impl Strategy<Value = Vec<Metric>> {
    let cell = (0..6_i32, 0..8_i32, -3..3_i32);
    (2..9_usize, 8..40_usize).prop_flat_map(move |(columns, rows)| {
        let kinds = prop::collection::vec((0..5_u8, 0..4_usize), columns);
        let cells = prop::collection::vec(prop::collection::vec(cell.clone(), rows), columns);
        (kinds, cells).prop_map(|(kinds, cells)| {
            let mut metrics: Vec<Metric> = Vec::new();
            for (at, ((kind, of), cells)) in kinds.into_iter().zip(cells).enumerate() {
                let base = metrics.get(of).map(|metric| metric.values.clone());
                let value = |(row, (gap, number, jitter)): (usize, &(i32, i32, i32))| {
                    let before = base.as_ref().and_then(|base| base[row]).unwrap_or(f64::from(*number));
                    match (kind, gap) {
                        (0, 0) | (1, 0) => None,
                        (0 | 3, _) => Some(f64::from(*number)),
                        (1, _) => Some(before * 2.0 + f64::from(*jitter)),
                        (2, _) => Some(-before),
                        _ => (*gap == 0).then_some(4.0),
                    }
                };
                let values = cells.iter().enumerate().map(value).collect();
                metrics.push(Metric { name: format!("m{at}"), values });
            }
            metrics
        })
    })
}

/// Spearman's correlation by its definition: Pearson's of ranks, each rank counted row by row.
fn naive(first: &[Option<f64>], second: &[Option<f64>]) -> Option<f64> {
    let both: Vec<(f64, f64)> = first.iter().zip(second).filter_map(|(a, b)| Some(((*a)?, (*b)?))).collect();
    if both.len() < LEAST_PAIRS {
        return None;
    }
    let ranks = |of: fn(&(f64, f64)) -> f64| -> Vec<f64> {
        let rank = |pair: &(f64, f64)| {
            let less = both.iter().filter(|other| of(other) < of(pair)).count();
            let same = both.iter().filter(|other| of(other) == of(pair)).count();
            less as f64 + (same as f64 + 1.0) / 2.0
        };
        both.iter().map(rank).collect()
    };
    let (a, b) = (ranks(|pair| pair.0), ranks(|pair| pair.1));
    let mean = (both.len() as f64 + 1.0) / 2.0;
    let product =
        |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(a, b)| (a - mean) * (b - mean)).sum() };
    let spread = product(&a, &a) * product(&b, &b);
    (spread > 0.0).then(|| product(&a, &b) / spread.sqrt())
}

fn alike(first: &Metric, second: &Metric) -> f64 {
    rank_correlation(&first.values, &second.values).unwrap().map_or(0.0, f64::abs)
}

/// The least alike two of two groups.
fn between(metrics: &[&Metric], first: &[usize], second: &[usize]) -> f64 {
    let pairs = first.iter().flat_map(|a| second.iter().map(move |b| (*a, *b)));
    pairs.map(|(a, b)| alike(metrics[a], metrics[b])).fold(f64::INFINITY, f64::min)
}

/// Groups joined from the most alike on, all of it reckoned anew each time.
fn naive_groups(metrics: &[&Metric], at_least: f64) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = (0..metrics.len()).map(|at| vec![at]).collect();
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        for first in 0..groups.len() {
            for second in first + 1..groups.len() {
                let likeness = between(metrics, &groups[first], &groups[second]);
                if likeness >= at_least && best.is_none_or(|(most, ..)| likeness > most) {
                    best = Some((likeness, first, second));
                }
            }
        }
        let Some((_, first, second)) = best else { return groups };
        let joined = groups.remove(second);
        groups[first].extend(joined);
        groups[first].sort_unstable();
        groups.sort_by_key(|group| group[0]);
    }
}

fn groups_told(told: &Themes) -> BTreeSet<BTreeSet<String>> {
    let of_theme =
        |theme: &halescore::suggest::Theme| theme.members.iter().map(|member| member.name.clone()).collect();
    let alone = told.alone.iter().map(|alone| BTreeSet::from([alone.name.clone()]));
    told.themes.iter().map(of_theme).chain(alone).collect()
}

/// Why a metric is not compared, by counting.
fn naive_reason(metric: &Metric) -> Option<Reason> {
    let known: Vec<f64> = metric.values.iter().flatten().copied().collect();
    let few = known.len() < LEAST_PAIRS || (known.len() as f64) < 0.05 * metric.values.len() as f64;
    match known.as_slice() {
        [] => Some(Reason::Empty),
        [first, rest @ ..] if rest.iter().all(|value| value == first) => Some(Reason::Constant),
        _ => few.then_some(Reason::NearlyEmpty),
    }
}

proptest! {
    #![proptest_config(crate::seeds::kept("tests/seeds/suggest_themes.txt", 300))]

    #[test]
    fn capability_50_correlations_equal_those_of_ranks_counted_one_by_one(metrics in metrics()) {
        for first in &metrics {
            for second in &metrics {
                let told = rank_correlation(&first.values, &second.values).unwrap();
                match (told, naive(&first.values, &second.values)) {
                    (None, None) => {}
                    (Some(told), Some(naive)) => prop_assert!((told - naive).abs() < 1e-9, "{told} {naive}"),
                    (told, naive) => prop_assert!(false, "{told:?} {naive:?}"),
                }
                prop_assert_eq!(told, rank_correlation(&second.values, &first.values).unwrap());
            }
        }
    }

    #[test]
    fn capability_50_themes_equal_those_joined_one_by_one(metrics in metrics(), at_least in prop_oneof![Just(0.3), Just(0.7), Just(1.0)]) {
        let told = themes(&metrics, at_least).unwrap();
        let compared: Vec<&Metric> = metrics.iter().filter(|metric| naive_reason(metric).is_none()).collect();
        let naive = naive_groups(&compared, at_least);
        let named = naive.iter().map(|group| group.iter().map(|at| compared[*at].name.clone()).collect());
        prop_assert_eq!(groups_told(&told), named.collect::<BTreeSet<BTreeSet<String>>>());
        let apart: Vec<(String, Reason)> = told.apart.iter().map(|apart| (apart.name.clone(), apart.reason)).collect();
        let reasons = metrics.iter().filter_map(|metric| Some((metric.name.clone(), naive_reason(metric)?)));
        prop_assert_eq!(apart, reasons.collect::<Vec<_>>());
    }

    #[test]
    fn capability_50_the_representative_is_the_most_like_the_others(metrics in metrics()) {
        let find = |name: &str| metrics.iter().find(|metric| metric.name == name).expect("there");
        for theme in themes(&metrics, 0.4).unwrap().themes {
            let names: Vec<&str> = theme.members.iter().map(|member| member.name.as_str()).collect();
            let mean = |name: &str| {
                let others = names.iter().filter(|other| **other != name);
                others.map(|other| alike(find(name), find(other))).sum::<f64>() / (names.len() - 1) as f64
            };
            let known = |name: &str| find(name).values.iter().flatten().count();
            let first = names[0];
            prop_assert_eq!(&theme.representative, first);
            for name in &names[1..] {
                let ahead = mean(first) - mean(name);
                let tied = ahead.abs() < 1e-8;
                let breaks = known(first) > known(name) || known(first) == known(name) && first < *name;
                prop_assert!(if tied { breaks } else { ahead > 0.0 }, "{first} before {name}");
            }
            for member in &theme.members {
                prop_assert!((member.mean_correlation - mean(&member.name)).abs() < 1e-9);
                let with = rank_correlation(&find(&member.name).values, &find(first).values).unwrap();
                prop_assert_eq!(Some(member.correlation), if member.name == first { Some(1.0) } else { with });
            }
        }
    }

    #[test]
    fn neither_the_order_of_metrics_nor_that_of_rows_matters(metrics in metrics(), turn in 1..40_usize) {
        let told = themes(&metrics, 0.6).unwrap();
        let mut turned: Vec<Metric> = metrics.iter().rev().cloned().collect();
        for metric in &mut turned {
            let by = turn % metric.values.len();
            metric.values.rotate_left(by);
        }
        prop_assert_eq!(themes(&turned, 0.6).unwrap(), told);
    }
}

#[test]
fn capability_50_published_metrics_are_grouped_and_those_that_cannot_be_are_told_with_the_reason() {
    let told = json(&["suggest", "themes", "--as-of", DAYS[0], "--at-least", "0.7"]);
    assert_eq!(
        (&told["as_of_date"], &told["rows"], &told["linkage"]),
        (&DAYS[0].into(), &300.into(), &"complete".into())
    );
    let theme = &told["themes"][0];
    let members: BTreeSet<&str> = theme["members"]
        .as_array()
        .expect("members")
        .iter()
        .filter_map(|member| member["name"].as_str())
        .collect();
    assert!(members.is_superset(&BTreeSet::from(["usage_seconds_28d", "Odd \"name\""])), "{told}");
    let odd = theme["members"]
        .as_array()
        .expect("members")
        .iter()
        .find(|member| member["name"] != theme["representative"]);
    assert!(odd.expect("another")["correlation"].as_f64().expect("a number").abs() >= 0.7);
    let reasons: Vec<(&str, &str)> = told["apart"]
        .as_array()
        .expect("apart")
        .iter()
        .filter_map(|apart| Some((apart["name"].as_str()?, apart["reason"].as_str()?)))
        .collect();
    assert_eq!(reasons, [("nothing", "empty"), ("pulse", "nearly_empty"), ("same", "constant")]);
    let alone: Vec<&str> =
        told["alone"].as_array().expect("alone").iter().filter_map(|alone| alone["name"].as_str()).collect();
    assert!(
        alone.contains(&"is_trial") && alone.contains(&"noise") && !alone.contains(&"segment"),
        "{alone:?}"
    );
    let table = text(&["suggest", "themes", "--as-of", DAYS[0]]);
    for words in [
        "representative",
        "-1.00",
        "Like no other:",
        "pulse: only 1.0 % of the accounts have it",
        "nothing: no account has it",
        "same: the same for all",
    ] {
        assert!(table.contains(words), "{words}: {table}");
    }
}

#[test]
fn days_without_rows_or_not_published_are_said() {
    let other = refused(2, &["suggest", "themes", "--as-of", "2026-07-01"]);
    assert!(other.contains("has no day 2026-07-01; published are 5 days"), "{other}");
    assert!(
        refused(2, &["suggest", "themes", "--as-of", super::world::EMPTY_DAY]).contains("has no rows on")
    );
    assert!(refused(2, &["suggest", "themes", "--at-least", "0"]).contains("above 0"));
    assert!(refused(2, &["suggest", "themes", "--at-least", "1.1"]).contains("at most 1"));
    assert!(refused(1, &["suggest", "themes", "--out", "elsewhere"]).contains("is not published in"));
}
