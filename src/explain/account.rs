//! The score of one account on one day, line by line.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::rows::{Row, of_subject, scored};
use super::{Place, Subject, rule_text};
use crate::error::Result;
use crate::read::Days;
use crate::semantic::{Component, Give, Group, Node, Score, Source};

/// A score, and everything that it is made of.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The score's name.
    pub score_name: String,
    /// The score's title.
    pub title: String,
    /// The account.
    pub account_id: String,
    /// The user, of a score of users.
    pub user_id: Option<String>,
    /// The day at whose end it holds.
    pub as_of_date: NaiveDate,
    /// The worst and the best that it can be.
    pub scale: (f64, f64),
    /// The score; `None` when unscored.
    pub score: Option<f64>,
    /// Its tier.
    pub tier: String,
    /// Whether that is one at risk; `None` when unscored.
    pub is_at_risk: Option<bool>,
    /// Why there is no score.
    pub reason: Option<String>,
    /// Before overrides and rounding: what the contributions sum to, to the last bit.
    pub raw_score: Option<f64>,
    /// Weight of what is known over weight of what applies, 0 to 1.
    pub coverage: Option<f64>,
    /// The scorecard that applied.
    pub scorecard: Option<String>,
    /// Its condition; `None` of the default.
    pub matched_rule: Option<String>,
    /// Content hash of the definition that made it.
    pub definition: String,
    /// Its version as people count it.
    pub version: String,
    /// Whether that is still the project's definition: only then are edges and next bins told.
    pub is_current: bool,
    /// Components and groups, in declared order, each under its group.
    pub parts: Vec<Part>,
    /// What was done to the raw score.
    pub steps: Vec<Step>,
}

/// A line of an explanation, and how deep it stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// 0 for what stands in the score itself.
    pub depth: usize,
    /// What stands there.
    #[serde(flatten)]
    pub line: Line,
}

/// What one component, or group, is and does.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Line {
    /// `group`, `component`, `member` of a roll-up, or `base`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What was measured, or a group's value.
    pub value: Option<f64>,
    /// What was measured, where values are texts.
    pub category: Option<String>,
    /// The value against what it was compared with.
    pub measure: Option<f64>,
    /// The unit of the value.
    pub unit: Option<String>,
    /// The bin and its edges, or the line.
    pub bin: Option<String>,
    /// What it is worth.
    pub points: Option<f64>,
    /// The most that it could be worth.
    pub max_points: Option<f64>,
    /// Weight as declared.
    pub weight: Option<f64>,
    /// Share of the score that it decides.
    pub effective_weight: Option<f64>,
    /// What it adds to the score.
    pub contribution: Option<f64>,
    /// What it could add beside that.
    pub missed: Option<f64>,
    /// What the next better bin needs.
    pub next_better: Option<String>,
    /// What that would add to the score, all else the same.
    pub next_gain: Option<f64>,
    /// Whether there is a value, and why not.
    pub state: String,
    /// The same in words, where it is a state that words can tell more of.
    pub why: Option<String>,
    /// What was done about a missing value.
    pub on_missing: Option<String>,
    /// Who or what says so.
    pub evidence: Option<String>,
    /// Why it matters.
    pub docs: Option<String>,
}

/// Something that was done to the score after its components were added up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// `override` or `rounding`.
    pub kind: &'static str,
    /// What, in words.
    pub what: String,
    /// What it added to the score.
    pub change: Option<f64>,
}

/// Reads what was published of a subject on a day.
pub(super) async fn explanation(
    place: &Place<'_>,
    score: &Score,
    subject: &Subject,
    day: NaiveDate,
) -> Result<Explanation> {
    let row = scored(place, score, subject, day).await?;
    let only = of_subject(score, subject)?;
    let sql = format!("SELECT * FROM components.\"{}\" WHERE {only} ORDER BY component", score.name);
    let rows = Row::query(place, Days::Only(day), &sql).await?;
    let definition = row.known("definition")?;
    let is_current = definition == score.definition;
    let parts = match &score.source {
        Source::RollUp(_) => rows.iter().map(member).collect::<Result<Vec<Part>>>()?,
        Source::Scorecards(cards) => {
            let name = row.text("scorecard");
            let card = cards.iter().find(|card| Some(&card.name) == name.as_ref()).filter(|_| is_current);
            parts(score, card.map(|card| &card.root), &row, &rows)?
        }
    };
    let (raw, last) = (row.number("raw_score"), row.number("score"));
    Ok(Explanation {
        score_name: score.name.clone(),
        title: score.title.clone(),
        account_id: row.known("account_id")?,
        user_id: row.text("user_id"),
        as_of_date: day,
        scale: (score.scale.low, score.scale.high),
        score: last,
        tier: row.known("tier")?,
        is_at_risk: row.truth("is_at_risk"),
        reason: row.text("reason"),
        raw_score: raw,
        coverage: row.number("coverage"),
        scorecard: row.text("scorecard"),
        matched_rule: row.text("matched_rule"),
        version: row.known("version")?,
        definition,
        is_current,
        parts,
        steps: steps(score, &row),
    })
}

/// The override and the rounding of a row, each with what it changed.
pub(super) fn steps(score: &Score, row: &Row) -> Vec<Step> {
    let (raw, last) = (row.number("raw_score"), row.number("score"));
    let mut steps = Vec::new();
    let mut before = raw;
    if let Some(mode) = row.text("override_mode") {
        let value = row.number("override_value");
        let text = |name: &str| row.text(name).unwrap_or_default();
        let after = overridden(&mode, raw, value).map(|moved| moved.clamp(score.scale.low, score.scale.high));
        let (author, reason, id) = (text("override_author"), text("override_reason"), text("override_id"));
        let what = format!(
            "{mode} {} by {author}: {reason} ({id})",
            value.map_or_else(String::new, rule_text::number)
        );
        steps.push(Step { kind: "override", what, change: after.map(|after| after - raw.unwrap_or(0.0)) });
        before = after;
    }
    if let (Some(before), Some(last)) = (before, last)
        && before != last
    {
        steps.push(Step { kind: "rounding", what: "rounded".to_owned(), change: Some(last - before) });
    }
    steps
}

fn overridden(mode: &str, raw: Option<f64>, value: Option<f64>) -> Option<f64> {
    match (mode, raw, value) {
        ("set", _, value) => value,
        ("cap", Some(raw), Some(value)) => Some(raw.min(value)),
        ("floor", Some(raw), Some(value)) => Some(raw.max(value)),
        ("adjust", Some(raw), Some(value)) => Some(raw + value),
        (_, raw, _) => raw,
    }
}

fn member(row: &Row) -> Result<Part> {
    let line = Line {
        kind: "member",
        name: row.known("component")?,
        title: row.known("component")?,
        value: row.number("value"),
        weight: row.number("weight"),
        effective_weight: row.number("effective_weight"),
        contribution: row.number("contribution"),
        bin: row.text("tier"),
        state: if row.number("value").is_some() { "observed" } else { "not_reported" }.to_owned(),
        ..Line::default()
    };
    Ok(Part { depth: 0, line })
}

/// The lines in the order of the tree; of a definition that is no more, in the order of groups and names.
fn parts(score: &Score, root: Option<&Group>, row: &Row, rows: &[Row]) -> Result<Vec<Part>> {
    let mut found: BTreeMap<String, &Row> = BTreeMap::new();
    for row in rows {
        found.insert(row.known("component")?, row);
    }
    let mut parts = Vec::new();
    match root {
        Some(root) => walk(score, root, 0, (row, &found), &mut parts)?,
        None => {
            for (name, row) in found.iter().filter(|(name, _)| *name != "base") {
                parts.push(Part { depth: 0, line: line(score, name, None, row)? });
            }
        }
    }
    if let Some(base) = found.get("base") {
        let line = Line {
            kind: "base",
            name: "base".to_owned(),
            title: "Base, limits and rounding of groups".to_owned(),
            contribution: base.number("contribution"),
            state: "base".to_owned(),
            ..Line::default()
        };
        parts.push(Part { depth: 0, line });
    }
    Ok(parts)
}

fn walk(
    score: &Score,
    group: &Group,
    depth: usize,
    (row, found): (&Row, &BTreeMap<String, &Row>),
    parts: &mut Vec<Part>,
) -> Result<()> {
    for part in &group.parts {
        match &part.node {
            Node::Component(component) => {
                if let Some(row) = found.get(&component.name) {
                    parts.push(Part { depth, line: line(score, &component.name, Some(component), row)? });
                }
            }
            Node::Group(inner) => {
                let line = Line {
                    kind: "group",
                    name: inner.name.clone(),
                    title: inner.title.clone(),
                    value: row.number(&format!("group_{}", inner.name)),
                    weight: Some(part.weight),
                    state: "observed".to_owned(),
                    ..Line::default()
                };
                let at = parts.len();
                parts.push(Part { depth, line });
                walk(score, inner, depth + 1, (row, found), parts)?;
                total(parts, at, depth);
            }
        }
    }
    Ok(())
}

/// A group's line gets the sums of what stands right under it.
fn total(parts: &mut [Part], at: usize, depth: usize) {
    let below = |of: fn(&Line) -> Option<f64>, parts: &[Part]| {
        let under = parts[at + 1..].iter().filter(|part| part.depth == depth + 1);
        under.filter_map(|part| of(&part.line)).reduce(|sum, next| sum + next)
    };
    let contribution = below(|line| line.contribution, parts);
    let effective = below(|line| line.effective_weight, parts);
    let missed = below(|line| line.missed, parts);
    let line = &mut parts[at].line;
    (line.contribution, line.effective_weight, line.missed) = (contribution, effective, missed);
}

/// A state in words.
fn why(component: &Component, state: &str, points: Option<f64>) -> Option<String> {
    if state == "expected_idle" {
        return Some(format!(
            "no usage is expected now, or was in the {} days it looks at",
            component.look_back
        ));
    }
    let zero = component.zero_base.as_ref().filter(|_| state == "zero_base")?;
    let counts = match zero.give {
        Give::Worst => "worst".to_owned(),
        Give::Best => "best".to_owned(),
        _ => format!("{} points", points.map_or_else(String::new, rule_text::number)),
    };
    Some(format!("no base: usage was zero; counts as {counts}"))
}

fn line(score: &Score, name: &str, component: Option<&Component>, row: &Row) -> Result<Line> {
    let (points, least, most) = (row.number("points"), row.number("min_points"), row.number("max_points"));
    let rule = component.and_then(|component| rule_text::rule(component, row.ordinal("rule_case")));
    let measure = row.number("measure");
    let width = score.scale.width();
    let contribution = row.number("contribution");
    let effective = row.number("effective_weight");
    // A component that decides nothing misses nothing.
    let per_point =
        effective.zip(least.zip(most)).map(|(share, (least, most))| share * width / (most - least));
    let missed =
        per_point.zip(points.zip(most)).map(|(per_point, (points, most))| (most - points) * per_point);
    let next = rule.and_then(|rule| rule_text::next_better(rule, measure, points));
    let gain = next
        .as_ref()
        .zip(per_point.zip(points))
        .map(|((_, better), (each, points))| (better - points) * each);
    Ok(Line {
        kind: "component",
        name: name.to_owned(),
        title: component.map_or(name, |component| &component.title).to_owned(),
        value: row.number("value"),
        category: row.text("category"),
        measure: component.and_then(|component| component.relative_to.as_ref()).and(measure),
        unit: component.and_then(|component| component.unit.clone()),
        bin: rule
            .and_then(|rule| rule_text::place(rule, row.ordinal("bin")))
            .or_else(|| row.text("bin_label")),
        points,
        max_points: most,
        weight: row.number("weight"),
        effective_weight: effective,
        contribution,
        missed,
        next_better: next.map(|(words, points)| format!("{words}: {} points", rule_text::number(points))),
        next_gain: gain,
        why: component.and_then(|component| why(component, &row.known("state").ok()?, points)),
        state: row.known("state")?,
        on_missing: row.text("on_missing"),
        evidence: row.text("evidence"),
        docs: component.and_then(|component| component.docs.clone()),
    })
}
