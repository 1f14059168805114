//! What holds for every definition and every table.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::chance;
use super::engines::{self, Record, cells, double, text};
use super::language::{Card, Component, Definition, Group, Part, Rule, Value};
use super::numbers::{Published, check, publish, tables};
use super::published::{self, key_of};
use super::world::{self, Row};
use super::{compile, parse};

fn hash(components: &str, score: &str) -> Option<String> {
    parse(components, score).ok().map(|semantics| semantics.scores[0].definition.clone())
}

/// All rows of both models, to the last bit.
fn all(published: &Published) -> [Vec<Vec<String>>; 2] {
    let sorted = |records: Vec<Record>| {
        let mut columns: Vec<&str> =
            records.first().map_or_else(Vec::new, |record| record.keys().map(String::as_str).collect());
        columns.sort_unstable();
        cells(&records, &columns)
    };
    let components = published.components.values().flatten().cloned().collect();
    [sorted(components), sorted(published.scores.values().cloned().collect())]
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    check(6, &(chance::definitions(), world::tables(40..120)), |(definition, rows)| {
        let one = all(&publish(&definition, &rows, 1));
        for partitions in [2, 3] {
            prop_assert_eq!(&all(&publish(&definition, &rows, partitions)), &one);
        }
        Ok(())
    });
}

#[test]
fn a_missing_value_changes_no_other_components_points() {
    check(10, &(chance::definitions(), world::tables(40..120)), |(definition, rows)| {
        let mut without = rows.clone();
        without.iter_mut().for_each(|row| row.metrics[0] = None);
        let reads = |value: Value| match value {
            Value::Metric(at) => at == 0,
            Value::Ratio(above, below) => above == 0 || below == 0,
            Value::Events | Value::Pulse | Value::Grade => false,
        };
        let others: Vec<&str> = definition
            .components
            .iter()
            .filter(|part| !reads(part.value))
            .map(|part| part.name.as_str())
            .collect();
        let of_others = |rows: &[Row]| {
            let found = publish(&definition, rows, 2);
            let is_other = |record: &&Record| {
                text(record, "component").is_some_and(|name| others.contains(&name.as_str()))
            };
            let records: Vec<Record> =
                found.components.values().flatten().filter(is_other).cloned().collect();
            cells(
                &records,
                &["account_id", "as_of_date", "component", "value", "measure", "bin", "points", "state"],
            )
        };
        prop_assert_eq!(of_others(&rows), of_others(&without));
        Ok(())
    });
}

/// Rules whose points never fall with the value, and values that rise with their metric.
fn rising(component: &Component) -> Component {
    let mut component = component.clone();
    (component.relative, component.decay) = (None, None);
    if matches!(component.value, Value::Ratio(..)) {
        component.value = Value::Metric(1);
    }
    for case in &mut component.scoring.cases {
        match &mut case.rule {
            Rule::Bins(bins) => {
                let mut points: Vec<f64> = bins.iter().map(|bin| bin.points).collect();
                points.sort_by(f64::total_cmp);
                bins.iter_mut().zip(points).for_each(|(bin, points)| bin.points = points);
            }
            Rule::Line(from, to, first, last, nothing) => {
                *nothing = false;
                if (*from < *to) != (*first < *last) {
                    std::mem::swap(first, last);
                }
            }
            _ => {}
        }
    }
    component
}

#[test]
fn where_points_never_fall_with_values_the_score_does_not_either() {
    let cases = (chance::definitions(), world::tables(40..120), 0..world::METRICS, 0.0..50.0_f64);
    check(10, &cases, |(mut definition, rows, metric, more)| {
        definition.components = definition.components.iter().map(rising).collect();
        definition.score.cards.clear();
        prop_assume!(definition.score.parts.is_some());
        let mut richer = rows.clone();
        for row in &mut richer {
            row.metrics[metric] = row.metrics[metric].map(|value| (value + more).min(value.max(f64::MAX)));
        }
        let (before, after) = (publish(&definition, &rows, 2), publish(&definition, &richer, 2));
        for row in &rows {
            let key = key_of(&definition, row);
            let of = |found: &Published| double(&found.scores[&key], "raw_score");
            let (before, after) = (of(&before), of(&after));
            prop_assert_eq!(before.is_some(), after.is_some());
            let hair = 1e-9 * published::magnitude(&definition);
            let fell = before.zip(after).is_some_and(|(before, after)| after < before - hair);
            prop_assert!(!fell, "{:?} {:?} {:?}", row, before, after);
        }
        Ok(())
    });
}

/// The same definition with everything in the other order.
fn reversed(definition: &Definition) -> Definition {
    fn parts(of: &mut [Part]) {
        of.reverse();
        of.iter_mut().filter_map(|part| part.group.as_mut()).for_each(|group| parts(&mut group.parts));
    }
    let mut other = definition.clone();
    other.components.reverse();
    for component in &mut other.components {
        for case in &mut component.scoring.cases {
            if let Rule::Categories(listed, _) = &mut case.rule {
                listed.reverse();
            }
        }
    }
    other.score.parts.as_deref_mut().into_iter().for_each(parts);
    for card in &mut other.score.cards {
        card.parts.as_deref_mut().into_iter().for_each(parts);
        card.weights.reverse();
        card.rules.reverse();
    }
    other
}

#[test]
fn order_and_what_is_only_for_people_change_neither_query_nor_hash() {
    check(200, &chance::definitions(), |definition| {
        let (components, score) = definition.yaml();
        let (other_components, other_score) = reversed(&definition).yaml();
        let (first, second) = (compile(&components, &score), compile(&other_components, &other_score));
        prop_assert_eq!(first.0.query(), second.0.query());
        prop_assert_eq!(first.1.query(), second.1.query());
        let words = |text: &str| {
            let text = text.replace("title: T", "title: 'Other', docs: why, owner: me, unit: days");
            let text = text.replace("title: S", "title: 'Other', description: more");
            format!("# a comment\n{}", text.replace("version: '1'", "version: '2'"))
        };
        let told = hash(&words(&components), &words(&score));
        prop_assert!(told.is_some());
        prop_assert_eq!(told, hash(&components, &score));
        Ok(())
    });
}

/// The same definition under other names.
fn renamed(definition: &Definition, name: &dyn Fn(&str) -> String) -> Definition {
    fn parts(of: &mut [Part], name: &dyn Fn(&str) -> String) {
        for Part { name: own, group, .. } in of {
            *own = name(own);
            if let Some(Group { parts: inner, .. }) = group {
                parts(inner, name);
            }
        }
    }
    let mut other = definition.clone();
    other.components.iter_mut().for_each(|component| component.name = name(&component.name));
    other.score.parts.as_deref_mut().into_iter().for_each(|of| parts(of, name));
    for Card { parts: own, weights, rules, .. } in &mut other.score.cards {
        own.as_deref_mut().into_iter().for_each(|of| parts(of, name));
        weights.iter_mut().for_each(|(of, _)| *of = name(of));
        rules.iter_mut().for_each(|(of, _)| *of = name(of));
    }
    other
}

#[test]
fn names_change_no_number() {
    // Letters for digits, the last first.
    let turned = |name: &str| -> String {
        name.chars().map(|c| c.to_digit(10).map_or(c, |digit| char::from(b'z' - digit as u8))).collect()
    };
    check(8, &(chance::definitions(), world::tables(40..120)), |(definition, rows)| {
        let found = publish(&definition, &rows, 2);
        let kept =
            ["account_id", "as_of_date", "value", "measure", "bin", "points", "state", "effective_weight"];
        let scored =
            ["account_id", "as_of_date", "score", "tier", "raw_score", "coverage", "scorecard", "rank"];
        let rows_of = |found: &Published, component: &[&str]| {
            let parts: Vec<Record> = found.components.values().flatten().cloned().collect();
            let scores: Vec<Record> = found.scores.values().cloned().collect();
            (cells(&parts, component), cells(&scores, &scored))
        };
        // In the same order, not a bit differs; in another, sums differ by a hair that no score keeps.
        let same = publish(&renamed(&definition, &|name| format!("{name}_x")), &rows, 2);
        prop_assert_eq!(rows_of(&found, &kept), rows_of(&same, &kept));
        let other = publish(&renamed(&definition, &turned), &rows, 2);
        let without_weights = &kept[..kept.len() - 1];
        prop_assert_eq!(rows_of(&found, without_weights), rows_of(&other, without_weights));
        Ok(())
    });
}

/// Where numbers stand in a text of YAML that decide something.
fn numbers(text: &str) -> Vec<std::ops::Range<usize>> {
    let bytes = text.as_bytes();
    let is_part =
        |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_digit() || b".-e".contains(byte));
    (1..bytes.len())
        .filter(|at| bytes[*at].is_ascii_digit() && matches!(bytes[at - 1], b' ' | b'[' | b'-'))
        .filter(|at| bytes[at - 1] != b'-' || matches!(bytes[at - 2], b' ' | b'['))
        .map(|at| at..(at..).find(|end| !is_part(*end)).unwrap_or(bytes.len()))
        .collect()
}

#[test]
fn every_number_decides_the_hash() {
    let valid = std::cell::Cell::new(0);
    check(200, &(chance::definitions(), any::<prop::sample::Index>()), |(mut definition, index)| {
        definition.score.cards.clear();
        prop_assume!(definition.score.parts.is_some());
        let (components, score) = definition.yaml();
        let text = format!("{components}{score}");
        let places = numbers(&text);
        prop_assume!(!places.is_empty());
        let place = index.get(&places).clone();
        let number = text[place.clone()].parse::<f64>();
        prop_assume!(number.is_ok());
        let more = number.unwrap_or_default() + 1.0;
        let changed = format!("{}{more}{}", &text[..place.start], &text[place.end..]);
        let (other_components, other_score) =
            changed.split_at(changed.rfind("{title: S").expect("the score"));
        if let Some(other) = hash(other_components, other_score) {
            valid.set(valid.get() + 1);
            prop_assert_ne!(Some(other), hash(&components, &score), "{}", changed);
        }
        Ok(())
    });
    assert!(valid.get() > 50, "only {} were valid", valid.get());
}

#[test]
fn duckdb_runs_the_same_queries_to_the_same_bits() {
    let mut cases = Vec::new();
    let strategy = (chance::definitions(), world::tables(60..100));
    let mut runner = TestRunner::deterministic();
    for _ in 0..16 {
        let (definition, rows) = strategy.new_tree(&mut runner).expect("a case").current();
        let (components, score) = definition.yaml();
        let (components, score) = compile(&components, &score);
        for model in [components, score] {
            cases.push((tables(&definition, &rows), model.query().to_owned()));
        }
    }
    let Some(answers) = engines::duckdb(&cases) else { return };
    assert_eq!(answers.len(), cases.len());
    for ((tables, query), answer) in cases.iter().zip(answers) {
        let found = engines::run(tables, query, 2).expect("it runs");
        let columns: Vec<&str> = answer.columns.iter().map(String::as_str).collect();
        let found = cells(&found, &columns);
        let differs = found.iter().zip(&answer.rows).find(|(found, other)| found != other);
        assert!(differs.is_none() && found.len() == answer.rows.len(), "{columns:?}\n{differs:?}\n{query}");
    }
}
