//! What a definition means for a table, worked out row by row with loops: the documented language, without SQL.

mod measure;
mod points;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

pub use points::{range, rounded};

use super::language::{
    Aggregate, Card, Component, Condition, Definition, Give, Missing, Rule, Scoring, UsageKind, UsageOf,
};
use super::world::Row;
use measure::Measured;
use tree::Tree;

/// What should be published about a row.
#[derive(Debug)]
pub struct Scored {
    pub card: String,
    pub has_rule: bool,
    pub coverage: f64,
    /// What the groups make of it; `None` where nothing is known.
    pub whole: Option<f64>,
    /// The score before it is put on the grid of scores; `None` where too little is known.
    pub raw: Option<f64>,
    pub groups: BTreeMap<String, Option<f64>>,
    pub parts: Vec<Explained>,
    /// Whether something in it is declared to stop the run.
    pub refused: bool,
}

/// What should be published about a component of a row.
#[derive(Debug, Clone)]
pub struct Explained {
    pub name: String,
    pub path: String,
    pub measured: Measured,
    pub bin: Option<i64>,
    pub label: Option<String>,
    pub points: Option<f64>,
    /// Whether the points are one of some listed numbers, rather than computed.
    pub listed: bool,
    pub range: (f64, f64),
    pub weight: f64,
    pub effective_weight: f64,
    pub contribution: f64,
    pub policy: Option<&'static str>,
    pub evidence: Option<String>,
}

impl Condition {
    fn holds(self, row: &Row) -> Option<bool> {
        match self {
            Self::Paid => row.paid,
            Self::NotPaid => row.paid.map(|paid| !paid),
            Self::Small => row.segment.map(|segment| segment == "small"),
            Self::Unnamed => Some(row.segment.is_none()),
            Self::Tenure(days) => row.tenure.map(|tenure| tenure >= days),
        }
    }
}

/// One scorecard with all that it inherits.
struct Sheet {
    name: String,
    when: Option<Condition>,
    tree: Tree,
    scorings: BTreeMap<String, Scoring>,
}

/// The scorecards of a definition, and what usage it asks for.
struct Sheets {
    all: Vec<Sheet>,
    usage_of: Option<UsageKind>,
    idle: Option<(Condition, Condition)>,
}

impl Sheets {
    fn of(definition: &Definition) -> Self {
        let score = &definition.score;
        let only = Card {
            name: "default".to_owned(),
            when: None,
            parts: None,
            aggregate: None,
            weights: Vec::new(),
            rules: Vec::new(),
        };
        let cards = if score.cards.is_empty() { std::slice::from_ref(&only) } else { &score.cards };
        let sheet = |card: &Card| {
            let parts = card.parts.as_ref().or(score.parts.as_ref()).expect("parts of its own or of all");
            let aggregate = card.aggregate.or(score.aggregate).unwrap_or(Aggregate::WeightedMean);
            let scorings = definition
                .components
                .iter()
                .map(|component| (component.name.clone(), merged(component, card)))
                .collect();
            let tree = Tree::new(parts, aggregate, card, definition, &scorings);
            Sheet { name: card.name.clone(), when: card.when, tree, scorings }
        };
        Self { all: cards.iter().map(sheet).collect(), usage_of: score.usage_of, idle: score.idle }
    }

    /// Whether a component judges usage that is not asked for of a row.
    fn asks_not(&self, component: &Component, row: &Row) -> bool {
        let Some(judged) = component.usage_of else { return false };
        let usage = match self.usage_of {
            Some(UsageKind::All(of)) => Some(of),
            Some(UsageKind::ByRow) if row.segment == Some("small") => Some(UsageOf::People),
            Some(UsageKind::ByRow) if row.paid == Some(true) => Some(UsageOf::Integrations),
            _ => None,
        };
        matches!(
            (judged, usage),
            (UsageOf::People, Some(UsageOf::Integrations)) | (UsageOf::Integrations, Some(UsageOf::People))
        )
    }

    /// Whether a component judges usage, and none was expected on a day that its value looks at.
    fn expects_none(&self, component: &Component, (at, rows): (usize, &[Row])) -> bool {
        let Some((when, unless)) = self.idle.filter(|_| component.usage_of.is_some()) else { return false };
        let looked_at = rows[at].day + 1 - component.look_back.unwrap_or(28) as i32..=rows[at].day;
        let days = rows.iter().filter(|row| row.is_of(&rows[at]) && looked_at.contains(&row.day));
        let mut idle = days.map(|row| when.holds(row) == Some(true) && unless.holds(row) != Some(true));
        idle.any(|is_idle| is_idle)
    }

    /// The first whose condition is true.
    fn of_row(&self, row: &Row) -> &Sheet {
        let applies = |sheet: &&Sheet| sheet.when.is_none_or(|when| when.holds(row) == Some(true));
        self.all.iter().find(applies).expect("the last has no condition")
    }
}

impl Sheet {
    /// The rule of a component for a row, and its place from 1; `None` of a component that is not in the scorecard.
    fn rule(&self, component: &str, row: &Row) -> Option<(usize, &Rule)> {
        if !self.tree.has(component) {
            return None;
        }
        let cases = &self.scorings[component].cases;
        let at = cases.iter().position(|case| case.when.is_none_or(|when| when.holds(row) == Some(true)))?;
        Some((at + 1, &cases[at].rule))
    }
}

/// How a scorecard scores a component.
fn merged(component: &Component, card: &Card) -> Scoring {
    let mut scoring = component.scoring.clone();
    if let Some((_, own)) = card.rules.iter().find(|(name, _)| *name == component.name) {
        if !own.cases.is_empty() {
            scoring.cases.clone_from(&own.cases);
            scoring.range = own.range;
        }
        scoring.rounding = own.rounding.or(scoring.rounding);
        scoring.missing = own.missing.or(scoring.missing);
    }
    scoring
}

/// What should be published, row by row.
pub fn evaluate(definition: &Definition, rows: &[Row]) -> Vec<Scored> {
    let sheets = Sheets::of(definition);
    let measured: BTreeMap<&str, Vec<Measured>> = definition
        .components
        .iter()
        .map(|component| (component.name.as_str(), measure::all(component, &sheets, rows)))
        .collect();
    let score = |(at, row): (usize, &Row)| {
        let facts = |name: &str| measured[name][at].clone();
        let known = |name: &str| measure::known(&sheets, rows, (at, name), &measured[name]);
        scored(definition, sheets.of_row(row), row, (&facts, &known))
    };
    rows.iter().enumerate().map(score).collect()
}

type Facts<'a> = &'a dyn Fn(&str) -> Measured;
type Known<'a> = &'a dyn Fn(&str) -> Option<Measured>;

fn scored(
    definition: &Definition,
    sheet: &Sheet,
    row: &Row,
    (facts, known): (Facts<'_>, Known<'_>),
) -> Scored {
    let mut parts: Vec<Explained> = Vec::new();
    let (mut refused, mut found) = (false, BTreeSet::new());
    for component in definition.components.iter().filter(|part| sheet.tree.has(&part.name)) {
        let name = component.name.as_str();
        let scoring = &sheet.scorings[name];
        let (measured, known) = (facts(name), known(name));
        let (_, rule) = sheet.rule(name, row).expect("it is in the scorecard");
        let worth = points::worth(rule, scoring, known.as_ref());
        let range = range(scoring);
        let missing = scoring.missing.unwrap_or(Missing::Renormalise);
        let points = if !measured.applies() {
            None
        } else if measured.state == "zero_base" {
            match component.zero {
                Some((_, Give::Worst)) => Some(range.0),
                Some((_, Give::Best)) => Some(range.1),
                Some((_, Give::Points(points))) => Some(points),
                _ => unreachable!("it says what it is worth"),
            }
        } else {
            worth.points.or(match missing {
                Missing::Neutral(points) if known.is_none() => Some(points),
                Missing::Worst if known.is_none() => Some(range.0),
                Missing::Best if known.is_none() => Some(range.1),
                _ => None,
            })
        };
        let is_missing = matches!(measured.state, "not_yet" | "not_reported");
        let policy = is_missing.then(|| match missing {
            Missing::Renormalise => "renormalise",
            Missing::Neutral(_) => "neutral",
            Missing::Worst => "worst",
            Missing::Best => "best",
            Missing::CarryForward(_) if known.is_some() => "carry_forward",
            Missing::CarryForward(_) => "renormalise",
            Missing::Fail => "fail",
        });
        let is_known = known.is_some() || measured.state == "zero_base";
        refused |= policy == Some("fail") || measured.is_observed() && points.is_none();
        let (path, weight) = sheet.tree.place(name);
        parts.push(Explained {
            name: name.to_owned(),
            path,
            measured,
            bin: worth.bin,
            label: worth.label,
            points,
            listed: worth.listed,
            range,
            weight,
            effective_weight: 0.0,
            contribution: 0.0,
            policy,
            evidence: component.evidence.then(|| row.segment.map(str::to_owned)).flatten(),
        });
        if is_known {
            found.insert(name);
        }
    }
    let coverage = coverage(sheet, &parts, &found);
    let earned: BTreeMap<&str, Option<f64>> =
        parts.iter().map(|part| (part.name.as_str(), part.points)).collect();
    let (whole, groups, factors) = sheet.tree.evaluate(&earned);
    let scale = definition.score.scale.unwrap_or((0.0, 100.0));
    let enough = coverage >= definition.score.min_coverage.unwrap_or(0.0);
    for part in &mut parts {
        let (factor, nothing) = factors.get(&part.name).copied().unwrap_or((0.0, 0.0));
        part.effective_weight = factor * (part.range.1 - part.range.0) / (scale.1 - scale.0);
        part.contribution = part.points.map_or(0.0, |points| factor * (points - nothing));
    }
    Scored {
        card: sheet.name.clone(),
        has_rule: sheet.when.is_some(),
        coverage,
        whole,
        raw: whole.filter(|_| enough),
        groups,
        parts,
        refused,
    }
}

/// The nearest decimal with ten digits.
pub fn decimal(value: f64) -> f64 {
    (value * 1e10 + 0.5).floor() / 1e10
}

/// Declared weight of what is known over that of what applies.
fn coverage(sheet: &Sheet, parts: &[Explained], known: &BTreeSet<&str>) -> f64 {
    let weight = |of: &dyn Fn(&Explained) -> bool| -> f64 {
        parts.iter().filter(|part| of(part)).map(|part| sheet.tree.share(&part.name)).sum()
    };
    let applies = weight(&|part| part.measured.applies());
    if applies > 0.0 { decimal(weight(&|part| known.contains(part.name.as_str())) / applies) } else { 0.0 }
}
