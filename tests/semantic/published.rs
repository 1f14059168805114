//! What is done to a score before it is published, worked out again: grid, overrides, rounding, tiers, places.

use std::collections::HashMap;

use datafusion::common::ScalarValue;

use super::engines::{Record, double, integer, text};
use super::language::{Aggregate, Definition, Part};
use super::naive::{decimal, rounded};
use super::world::Row;

/// Account, user and day of a published row.
pub fn key(record: &Record) -> String {
    let user = record.get("user_id").map(ToString::to_string);
    format!("{} {user:?} {}", text(record, "account_id").expect("a key"), record["as_of_date"])
}

/// The same of a row of metrics.
pub fn key_of(definition: &Definition, row: &Row) -> String {
    let (account, user) = row.key(definition.score.by_user);
    format!("{account} {user:?} {}", ScalarValue::Date32(Some(row.day)))
}

/// The greatest number of the scale, at least 1.
pub fn magnitude(definition: &Definition) -> f64 {
    let (low, high) = definition.score.scale.unwrap_or((0.0, 100.0));
    low.abs().max(high.abs()).max(1.0)
}

/// Whether contributions may be negative.
pub fn takes_away(definition: &Definition) -> bool {
    fn somewhere(parts: &[Part]) -> bool {
        parts.iter().filter_map(|part| part.group.as_ref()).any(|group| {
            matches!(group.aggregate, Some(Aggregate::Additive(..)))
                || group.rounding.is_some()
                || somewhere(&group.parts)
        })
    }
    let score = &definition.score;
    let sum = |aggregate: Option<Aggregate>| matches!(aggregate, Some(Aggregate::Additive(..)));
    let all = |own: Option<Aggregate>, parts: Option<&Vec<Part>>| {
        sum(own.or(score.aggregate)) || somewhere(parts.or(score.parts.as_ref()).map_or(&[], Vec::as_slice))
    };
    let cards = score.cards.iter().any(|card| all(card.aggregate, card.parts.as_ref()));
    score.scale.is_some_and(|(low, _)| low < 0.0) || cards || score.cards.is_empty() && all(None, None)
}

/// Whether there is a row for what no component contributes.
pub fn has_base(definition: &Definition) -> bool {
    takes_away(definition) || definition.score.scale.is_some_and(|(low, _)| low != 0.0)
}

/// A number where scores lie: a decimal, or where something is taken away, a multiple of 2⁻ⁿ.
pub fn snapped(value: f64, definition: &Definition) -> f64 {
    if !takes_away(definition) {
        return decimal(value);
    }
    let unit = 2_f64.powi(47 - magnitude(definition).log2().ceil() as i32);
    (value * unit + 0.5).floor() / unit
}

/// The score after what people said, before and after rounding.
pub fn final_score(definition: &Definition, row: &Row, raw: Option<f64>) -> (Option<f64>, Option<f64>) {
    let (low, high) = definition.score.scale.unwrap_or((0.0, 100.0));
    let unrounded = match row.judged.filter(|_| definition.score.overrides) {
        None => raw,
        Some(("set", value)) => Some(value),
        Some(("cap", value)) => raw.map(|raw| raw.min(value)),
        Some(("floor", value)) => raw.map(|raw| raw.max(value)),
        Some((_, value)) => raw.map(|raw| raw + value),
    };
    let unrounded = unrounded.map(|score| snapped(score.clamp(low, high), definition));
    let digits = definition.score.rounding;
    (unrounded, unrounded.map(|score| digits.map_or(score, |digits| rounded(score, digits))))
}

/// The place of the tier that a score is in, from 0.
pub fn tier(definition: &Definition, unrounded: Option<f64>, score: Option<f64>) -> Option<usize> {
    let by_rounded = definition.score.tier_from_rounded && definition.score.rounding.is_some();
    let decides = if by_rounded { score } else { unrounded }?;
    let edge = |at: f64| if by_rounded { at } else { snapped(at, definition) };
    let tiers = &definition.score.tiers;
    let below = |(at, inclusive): &(f64, bool)| {
        if *inclusive { decides <= edge(*at) } else { decides < edge(*at) }
    };
    Some(tiers.iter().position(below).unwrap_or(tiers.len()))
}

/// Rank and percentile among all and among peers, by looking at every other row of the day.
pub fn check_places(definition: &Definition, scores: &HashMap<String, Record>) {
    for record in scores.values() {
        let places = |alike: &dyn Fn(&Record) -> bool| {
            let others = scores.values().filter(|other| other["as_of_date"] == record["as_of_date"]);
            let others: Vec<f64> =
                others.filter(|other| alike(other)).filter_map(|other| double(other, "score")).collect();
            double(record, "score").map(|score| {
                let better = others.iter().filter(|other| **other > score).count();
                (better as i64 + 1, (others.len() - better) as f64 / others.len() as f64)
            })
        };
        assert_eq!(integer(record, "rank").zip(double(record, "percentile")), places(&|_| true));
        if definition.score.peers {
            let found = integer(record, "peer_rank").zip(double(record, "peer_percentile"));
            assert_eq!(found, places(&|other| text(other, "peer_group") == text(record, "peer_group")));
        }
    }
}
