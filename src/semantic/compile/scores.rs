//! `scores.<score>`: one row per account and day.

use std::collections::BTreeSet;

use super::CompiledModel;
use super::champion;
use super::query::{Grid, Query, rounded};
use super::steps::{self, all};
use super::tree::Tree;
use super::writer::{Column, Writer, case, number, real, text, texts};
use crate::semantic::definition::{Score, Tier, TierFrom, UNSCORED};
use crate::semantic::expression::Expression;

/// Why an account has no score.
const REASON: &str = "insufficient_coverage";

/// Why an account has none of which no usage is expected.
const NOT_EXPECTED: &str = "expected_idle";

/// The columns of `metrics.overrides` that a score publishes, and their names there.
const OVERRIDE: [(&str, &str); 5] = [
    ("override_id", "override_id"),
    ("mode", "override_mode"),
    ("value", "override_value"),
    ("reason", "override_reason"),
    ("author_id", "override_author"),
];

/// The model of a score over components.
pub(super) fn model(query: &Query<'_>) -> CompiledModel {
    let score = query.score;
    let groups = group_names(query);
    let key = format!("PRIMARY KEY ({})", query.key().join(", "));
    let mut writer = Writer::new(
        (&score.table(), score),
        &described(score),
        &columns(query, &groups),
        &[&key, "CHECK ((score IS NULL) = (reason IS NOT NULL))"],
    );
    let extras: Vec<(String, &Expression)> =
        score.rank_within.iter().map(|peers| ("peer_group".to_owned(), peers)).collect();
    let trees = steps::write(&mut writer, query, &extras);
    let last = decided(&mut writer, (score, query.grid), "scored");
    ranked(&mut writer, score, &last);
    let last = champion::beside(&mut writer, score, "ranked");
    writer.select(&items(query, &trees, &groups), &last);
    writer.finish(score.table(), score)
}

/// Title and description.
pub(super) fn described(score: &Score) -> String {
    match &score.description {
        Some(description) => format!("{}\n\n{description}\n", score.title),
        None => score.title.clone(),
    }
}

/// The groups of all scorecards, in the order of their names.
fn group_names(query: &Query<'_>) -> Vec<String> {
    let groups = query.cards.iter().flat_map(|card| card.root.groups());
    let names: BTreeSet<&String> = groups.map(|group| &group.name).collect();
    names.into_iter().cloned().collect()
}

/// The columns that every score has, whatever it is made of.
pub(super) fn common_columns(score: &Score, reasons: &[&str]) -> (Vec<Column>, Vec<Column>) {
    let (low, high) = (number(score.scale.low), number(score.scale.high));
    let tiers = texts(score.tier_names());
    let mut first: Vec<Column> = entity_columns(score);
    first.extend([
        Column::new(
            "score",
            format!("DOUBLE CHECK (score BETWEEN {low} AND {high})"),
            "the score; NULL when unscored",
        ),
        Column::new(
            "tier",
            format!("VARCHAR NOT NULL CHECK (tier IN ({tiers}))"),
            "the range the score is in",
        ),
        Column::new("is_at_risk", "BOOLEAN", "whether its tier is one at risk; NULL when unscored"),
        Column::new(
            "tier_rank",
            format!("BIGINT CHECK (tier_rank BETWEEN 1 AND {})", score.tiers.len()),
            "place of the tier from the lowest, which is 1; NULL when unscored",
        ),
        Column::new(
            "score_share",
            "DOUBLE CHECK (score_share BETWEEN 0 AND 1)",
            "where the score lies on its scale, from 0 to 1; NULL when unscored",
        ),
        Column::new(
            "raw_score",
            format!("DOUBLE CHECK (raw_score BETWEEN {low} AND {high})"),
            "the score before overrides and rounding: what contributions sum to",
        ),
        Column::new(
            "coverage",
            "DOUBLE NOT NULL CHECK (coverage BETWEEN 0 AND 1)",
            "weight of what is known over weight of what applies",
        ),
    ]);
    let mut last = vec![
        Column::new("definition", "VARCHAR NOT NULL", "content hash of the score's meaning"),
        Column::new("version", "VARCHAR NOT NULL", "version of the score as people count it"),
        Column::new(
            "reason",
            format!("VARCHAR CHECK (reason IN ({}))", texts(reasons.iter().copied())),
            "why there is no score",
        ),
        Column::new("rank", "BIGINT CHECK (rank >= 1)", "place among the scored of the day, 1 is the best"),
        Column::new(
            "percentile",
            "DOUBLE CHECK (percentile > 0 AND percentile <= 1)",
            "share of the day's scored with at most this score",
        ),
    ];
    if score.rank_within.is_some() {
        last.extend([
            Column::new("peer_group", "VARCHAR", "what peers have in common"),
            Column::new(
                "peer_rank",
                "BIGINT CHECK (peer_rank >= 1)",
                "place among the scored peers of the day, 1 is the best",
            ),
            Column::new(
                "peer_percentile",
                "DOUBLE CHECK (peer_percentile > 0 AND peer_percentile <= 1)",
                "share of the day's scored peers with at most this score",
            ),
        ]);
    }
    if score.overrides {
        last.extend([
            Column::new("override_id", "VARCHAR", "the override that applied"),
            Column::new(
                "override_mode",
                "VARCHAR CHECK (override_mode IN ('set', 'cap', 'floor', 'adjust'))",
                "what it does",
            ),
            Column::new(
                "override_value",
                format!("DOUBLE CHECK (abs(override_value) <= {})", number(f64::MAX)),
                "the number it does it with",
            ),
            Column::new("override_reason", "VARCHAR", "why, as its author said"),
            Column::new("override_author", "VARCHAR", "who"),
        ]);
    }
    (first, last)
}

/// Whose row it is.
pub(super) fn entity_columns(score: &Score) -> Vec<Column> {
    let mut columns = vec![Column::new("account_id", "VARCHAR NOT NULL", "the account")];
    if score.entity.key().contains(&"user_id") {
        columns.push(Column::new("user_id", "VARCHAR NOT NULL", "the user"));
    }
    columns.push(Column::new("as_of_date", "DATE NOT NULL", "the day at whose end the score holds"));
    columns
}

fn columns(query: &Query<'_>, groups: &[String]) -> Vec<Column> {
    let score = query.score;
    let rests = score.expected_idle.is_some();
    let reasons = if rests { &[REASON, NOT_EXPECTED][..] } else { &[REASON] };
    let (mut columns, last) = common_columns(score, reasons);
    columns.push(Column::new("scorecard", "VARCHAR NOT NULL", "the scorecard that applied"));
    columns.push(Column::new("matched_rule", "VARCHAR", "its condition; NULL of the default"));
    columns.extend(rests.then(|| {
        Column::new(
            "is_expected_idle",
            "BOOLEAN NOT NULL",
            "no usage is expected of it, and what judges usage does not apply",
        )
    }));
    for group in groups {
        columns.push(Column::new(
            format!("group_{group}"),
            "DOUBLE",
            "value of the group; NULL without any part",
        ));
    }
    columns.extend(last);
    columns.extend(champion::columns(score));
    columns
}

/// Overrides and rounding: from `raw_score` to `score`. Tells the name of the last step.
pub(super) fn decided(writer: &mut Writer, (score, grid): (&Score, Grid), from: &str) -> String {
    let mut last = from.to_owned();
    let mut value = "raw_score".to_owned();
    if score.overrides {
        let on: Vec<String> = score
            .entity
            .key()
            .iter()
            .chain(&["as_of_date"])
            .map(|key| format!("o.{key} = {last}.{key}"))
            .collect();
        let from = format!(
            "{last}\n  LEFT JOIN metrics.overrides AS o\n    ON {} AND o.score_name = {}",
            on.join(" AND "),
            text(score.stands_for())
        );
        let mut items = vec![format!("{last}.*")];
        items.extend(OVERRIDE.map(|(theirs, ours)| format!("o.{theirs} AS {ours}")));
        writer.step("judged", "What people have said against the number.", &items, &from);
        let moved = case(
            "override_mode",
            [
                ("'set'".to_owned(), "override_value".to_owned()),
                (
                    "'cap'".to_owned(),
                    "CASE WHEN raw_score > override_value THEN override_value ELSE raw_score END".to_owned(),
                ),
                (
                    "'floor'".to_owned(),
                    "CASE WHEN raw_score < override_value THEN override_value ELSE raw_score END".to_owned(),
                ),
                ("'adjust'".to_owned(), "raw_score + override_value".to_owned()),
            ],
            Some("raw_score"),
        );
        writer.step(
            "moved",
            "Overrides, after everything else.",
            &all([format!("{moved} AS wanted")]),
            "judged",
        );
        let (low, high) = (real(score.scale.low), real(score.scale.high));
        let held =
            case("", [(format!("wanted < {low}"), low), (format!("wanted > {high}"), high)], Some("wanted"));
        let within = all([format!("CAST({held} AS DOUBLE) AS within")]);
        writer.step("limited", "Within the scale.", &within, "moved");
        let held = all([format!("{} AS held", grid.snapped("within"))]);
        writer.step(
            "held",
            "A number like other scores, to compare with the edges of tiers.",
            &held,
            "limited",
        );
        (last, value) = ("held".to_owned(), "held".to_owned());
    }
    let final_score = match score.rounding {
        Some(digits) => rounded(&value, digits, score.scale.low < 0.0),
        None => value.clone(),
    };
    let items = all([format!("{final_score} AS score"), format!("{value} AS unrounded")]);
    writer.step("decided", "The score as it is published.", &items, &last);
    "decided".to_owned()
}

pub(super) fn ranked(writer: &mut Writer, score: &Score, from: &str) {
    let mut items = vec![
        "CAST(rank() OVER (PARTITION BY as_of_date ORDER BY score DESC NULLS LAST) AS BIGINT) AS place"
            .to_owned(),
        "count(score) OVER (PARTITION BY as_of_date) AS scored_rows".to_owned(),
    ];
    if score.rank_within.is_some() {
        let peers = "PARTITION BY as_of_date, coalesce(peer_group, '')";
        items.push(format!(
            "CAST(rank() OVER ({peers} ORDER BY score DESC NULLS LAST) AS BIGINT) AS peer_place"
        ));
        items.push(format!("count(score) OVER ({peers}) AS scored_peers"));
    }
    writer.step(
        "ranked",
        "Places within the day; what has no score comes last and gets none.",
        &all(items),
        from,
    );
}

/// The items of [`common_columns`].
pub(super) fn common_items(
    score: &Score,
    reason: &str,
    edge: impl Fn(f64) -> f64,
) -> (Vec<String>, Vec<String>) {
    let scored = |then: &str| format!("CASE WHEN score IS NOT NULL THEN {then} END");
    let mut first: Vec<String> = score.entity.key().iter().map(|key| (*key).to_owned()).collect();
    first.extend([
        "as_of_date".to_owned(),
        "score".to_owned(),
        format!("{} AS tier", tier_of(score, &edge)),
        format!("{} AS is_at_risk", of_tier(score, &edge, |_, tier| tier.at_risk.to_string().to_uppercase())),
        format!("CAST({} AS BIGINT) AS tier_rank", of_tier(score, &edge, |at, _| (at + 1).to_string())),
        format!("{} AS score_share", share(score)),
        "raw_score".to_owned(),
        "coverage".to_owned(),
    ]);
    let mut last = vec![
        format!("{} AS definition", text(&score.definition)),
        format!("{} AS version", text(&score.version)),
        format!("CASE WHEN score IS NULL THEN {reason} END AS reason"),
        format!("{} AS rank", scored("place")),
        format!("{} AS percentile", scored("CAST(scored_rows - place + 1 AS DOUBLE) / scored_rows")),
    ];
    if score.rank_within.is_some() {
        last.extend([
            "peer_group".to_owned(),
            format!("{} AS peer_rank", scored("peer_place")),
            format!(
                "{} AS peer_percentile",
                scored("CAST(scored_peers - peer_place + 1 AS DOUBLE) / scored_peers")
            ),
        ]);
    }
    if score.overrides {
        last.extend(OVERRIDE.map(|(_, ours)| ours.to_owned()));
    }
    (first, last)
}

fn items(query: &Query<'_>, trees: &[Tree<'_>], groups: &[String]) -> Vec<String> {
    let idle = query.score.expected_idle.as_ref().map(|_| is_idle(query));
    let reason = match &idle {
        Some(idle) => format!("CASE WHEN {idle} THEN {} ELSE {} END", text(NOT_EXPECTED), text(REASON)),
        None => text(REASON),
    };
    let (mut items, last) = common_items(query.score, &reason, |at| query.grid.edge(at));
    items.push(format!("{} AS scorecard", query.by_card(|card| Some(text(&query.cards[card].name)))));
    let rules = query.by_card(|card| {
        Some(query.cards[card].when.as_ref().map_or("NULL".to_owned(), |when| text(when.sql())))
    });
    items.push(format!("CAST({rules} AS VARCHAR) AS matched_rule"));
    items.extend(idle.map(|idle| format!("{idle} AS is_expected_idle")));
    for group in groups {
        let value = query.by_card(|card| trees[card].group_named(group).map(|column| column.value.clone()));
        items.push(format!("{} AS group_{group}", super::query::decimal(&value)));
    }
    items.extend(last);
    items.extend(champion::items(query.score));
    items
}

/// Whether any component of the row's scorecard does not apply because no usage is expected.
fn is_idle(query: &Query<'_>) -> String {
    query.by_card(|card| {
        let slots = query.slots.iter().filter(|slot| slot.variant_of(card).is_some());
        let idle: Vec<String> = slots.filter_map(super::query::Slot::idle).collect();
        Some(if idle.is_empty() {
            "FALSE".to_owned()
        } else {
            format!("CASE WHEN {} THEN TRUE ELSE FALSE END", idle.join(" OR "))
        })
    })
}

/// The tier by the number that decides it.
pub(super) fn tier_of(score: &Score, edge: &impl Fn(f64) -> f64) -> String {
    let unscored = ("score IS NULL".to_owned(), text(UNSCORED));
    let (branches, last) = by_tier(score, edge, |_, tier| text(&tier.name));
    case("", std::iter::once(unscored).chain(branches), last.as_deref())
}

/// Something of the tier of a scored row, by the number that decides it.
fn of_tier(score: &Score, edge: &impl Fn(f64) -> f64, of: impl Fn(usize, &Tier) -> String) -> String {
    let (branches, last) = by_tier(score, edge, of);
    format!("CASE WHEN score IS NOT NULL THEN {} END", case("", branches, last.as_deref()))
}

/// Branches up to the edge of each tier, and what is left for the last; neighbours that have the same are one branch.
fn by_tier(
    score: &Score,
    edge: &impl Fn(f64) -> f64,
    of: impl Fn(usize, &Tier) -> String,
) -> (Vec<(String, String)>, Option<String>) {
    let decides = match score.tier_from {
        TierFrom::Unrounded => "unrounded",
        TierFrom::Rounded => "score",
    };
    let is_rounded = score.tier_from == TierFrom::Rounded && score.rounding.is_some();
    let all: Vec<String> = score.tiers.iter().enumerate().map(|(at, tier)| of(at, tier)).collect();
    let branches = score.tiers.iter().enumerate().filter_map(|(index, tier)| {
        let upper = tier.edge.filter(|_| all.get(index + 1) != Some(&all[index]))?;
        let sign = if upper.inclusive { "<=" } else { "<" };
        let at = if is_rounded { upper.at } else { edge(upper.at) };
        Some((format!("{decides} {sign} {}", number(at)), all[index].clone()))
    });
    (branches.collect(), all.last().cloned())
}

/// Where a score lies on its scale.
fn share(score: &Score) -> String {
    super::query::decimal(&format!("(score - {}) / {}", real(score.scale.low), real(score.scale.width())))
}
