//! Which metrics say the same, and which of them stands for the others.

use arrow::datatypes::DataType;
use chrono::NaiveDate;
use serde::Serialize;

use super::clusters::complete_linkage;
use crate::error::{Error, Result};
use crate::evidence::{LEAST_PAIRS, Period, Published, Ranked, correlation};
use crate::project::identifier::identifier;
use crate::project::model::Model;
use crate::read::columns::numbers;

/// The table whose metrics are looked at.
const TABLE: &str = "metrics.accounts";

/// The least share of rows that must have a metric: of fewer, it says little about the rest.
const LEAST_SHARE: f64 = 0.05;

/// A column of numbers, a row for each account.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: String,
    /// Its values; what is not finite is missing.
    pub values: Vec<Option<f64>>,
}

/// Metrics in themes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Themes {
    /// How many rows there are.
    pub rows: usize,
    /// The least absolute rank correlation between any two metrics of a theme.
    pub at_least: f64,
    /// How themes are made.
    pub linkage: &'static str,
    /// Two and more metrics that say the same, those with the most metrics first.
    pub themes: Vec<Theme>,
    /// Metrics that are like no other, by name.
    pub alone: Vec<Alone>,
    /// Metrics that cannot be compared, by name.
    pub apart: Vec<Apart>,
}

/// Metrics that say the same.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Theme {
    /// The metric that is most like the others: the highest mean correlation, of those as high the one that most rows
    /// have, of those the first by name.
    pub representative: String,
    /// All of its metrics, the representative first, then the most like it.
    pub members: Vec<Member>,
}

/// A metric of a theme.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Its rank correlation with the representative, −1 to 1; of that one with itself, 1.
    pub correlation: f64,
    /// The mean of its absolute correlations with the others of the theme.
    pub mean_correlation: f64,
    /// Share of rows that have it, 0 to 1.
    pub coverage: f64,
}

/// A metric that is like no other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alone {
    /// Its name.
    pub name: String,
    /// Share of rows that have it, 0 to 1.
    pub coverage: f64,
    /// The metric that is most like it.
    pub nearest: Option<String>,
    /// Its rank correlation with that one.
    pub correlation: Option<f64>,
}

/// A metric that cannot be compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Apart {
    /// Its name.
    pub name: String,
    /// Why not.
    pub reason: Reason,
    /// Share of rows that have it, 0 to 1.
    pub coverage: f64,
}

/// Why a metric cannot be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No row has it.
    Empty,
    /// Fewer than [`LEAST_PAIRS`] rows have it, or less than a twentieth of all.
    NearlyEmpty,
    /// It is the same in all rows that have it.
    Constant,
}

/// The themes of the numeric metrics of accounts as published on a day, the newest where none is given, and that day.
///
/// # Errors
/// [`Error::Usage`] for a day that is not there, or has no rows; [`Error::Project`] where nothing is published; what storage
/// and the engine say.
pub async fn suggest_themes(
    published: &Published<'_>,
    day: Option<NaiveDate>,
    at_least: f64,
) -> Result<(NaiveDate, Themes)> {
    let model = published.table(TABLE)?;
    let names = numeric(model);
    if names.is_empty() {
        return Err(Error::Usage(format!("{TABLE} has no column of numbers or truth values")));
    }
    let span = published.span(&model.name, day.map_or(Period::Newest, Period::Day)).await?;
    let listed: Vec<String> = names.iter().map(|name| identifier(name)).collect();
    let sql = format!("SELECT {} FROM {TABLE}", listed.join(", "));
    let batch = published.rows(span.read().0, &sql).await?;
    if batch.num_rows() == 0 {
        return Err(Error::Usage(format!("{TABLE} has no rows on {}", span.last)));
    }
    let metric = |name: &&str| Ok(Metric { name: (*name).to_owned(), values: numbers(&batch, name)? });
    let metrics: Vec<Metric> = names.iter().map(metric).collect::<Result<_>>()?;
    Ok((span.last, themes(&metrics, at_least)?))
}

/// The columns of numbers and truth values, without the key.
fn numeric(model: &Model) -> Vec<&str> {
    let fields = model.declared.iter().flat_map(|schema| schema.fields());
    let is_number = |form: &DataType| form.is_numeric() || matches!(form, DataType::Boolean);
    let fields = fields.filter(|field| is_number(field.data_type()));
    let names = fields.map(|field| field.name().as_str());
    names.filter(|name| !model.contract.primary_key.iter().any(|key| key == name)).collect()
}

/// A metric that can be compared.
struct Compared<'a> {
    name: &'a str,
    ranked: Ranked,
    coverage: f64,
}

/// Metrics, all of the same rows, in themes: groups in which any two have an absolute rank correlation of at least so much.
/// Two that are never known together, or in too few rows, are as unlike as can be.
///
/// # Errors
/// Never, with metrics of other names and as many rows.
pub fn themes(metrics: &[Metric], at_least: f64) -> Result<Themes> {
    let rows = metrics.first().map_or(0, |metric| metric.values.len());
    let mut sorted: Vec<&Metric> = metrics.iter().collect();
    sorted.sort_by(|a, b| a.name.cmp(&b.name));
    let (mut compared, mut apart) = (Vec::new(), Vec::new());
    for metric in sorted {
        let ranked = Ranked::of(&metric.values)?;
        let coverage = if rows == 0 { 0.0 } else { ranked.count() as f64 / rows as f64 };
        match reason(&ranked, coverage) {
            Some(reason) => apart.push(Apart { name: metric.name.clone(), reason, coverage }),
            None => compared.push(Compared { name: &metric.name, ranked, coverage }),
        }
    }
    let correlations = correlations(&compared)?;
    let alike = correlations.iter().map(|row| row.iter().map(|one| one.map_or(0.0, f64::abs)).collect());
    let groups = complete_linkage(alike.collect(), at_least);
    let (singles, groups): (Vec<_>, Vec<_>) = groups.into_iter().partition(|group| group.len() == 1);
    let mut themes: Vec<Theme> = groups.iter().map(|group| theme(group, &compared, &correlations)).collect();
    themes.sort_by(|a, b| {
        b.members.len().cmp(&a.members.len()).then_with(|| a.representative.cmp(&b.representative))
    });
    let alone = singles.iter().flatten().map(|at| alone(*at, &compared, &correlations)).collect();
    Ok(Themes { rows, at_least, linkage: "complete", themes, alone, apart })
}

fn reason(ranked: &Ranked, coverage: f64) -> Option<Reason> {
    match (ranked.count(), ranked.levels) {
        (0, _) => Some(Reason::Empty),
        (_, 1) => Some(Reason::Constant),
        (count, _) if count < LEAST_PAIRS || coverage < LEAST_SHARE => Some(Reason::NearlyEmpty),
        _ => None,
    }
}

fn correlations(compared: &[Compared<'_>]) -> Result<Vec<Vec<Option<f64>>>> {
    let mut found = vec![vec![None; compared.len()]; compared.len()];
    for first in 0..compared.len() {
        for second in 0..first {
            let one = correlation(&compared[second].ranked, &compared[first].ranked)?;
            found[first][second] = one;
            found[second][first] = one;
        }
    }
    Ok(found)
}

fn theme(group: &[usize], compared: &[Compared<'_>], correlations: &[Vec<Option<f64>>]) -> Theme {
    let mean = |at: usize| {
        let others = group.iter().filter(|other| **other != at);
        let sum: f64 = others.map(|other| correlations[at][*other].map_or(0.0, f64::abs)).sum();
        sum / (group.len() - 1) as f64
    };
    // Sums in another order differ by a hair; coverage and name are to decide between means that are equal.
    let rank = |at: usize| {
        let rounded = (mean(at) * 1e9).round() as i64;
        (std::cmp::Reverse(rounded), std::cmp::Reverse(compared[at].ranked.count()), compared[at].name)
    };
    let representative = group.iter().copied().min_by_key(|at| rank(*at)).unwrap_or_default();
    let member = |at: usize| Member {
        name: compared[at].name.to_owned(),
        correlation: if at == representative {
            1.0
        } else {
            correlations[representative][at].unwrap_or_default()
        },
        mean_correlation: mean(at),
        coverage: compared[at].coverage,
    };
    let mut members: Vec<Member> = group.iter().map(|at| member(*at)).collect();
    let name = compared[representative].name;
    members.sort_by(|a, b| {
        let own = (b.name == name).cmp(&(a.name == name));
        own.then(b.correlation.abs().total_cmp(&a.correlation.abs())).then_with(|| a.name.cmp(&b.name))
    });
    Theme { representative: name.to_owned(), members }
}

fn alone(at: usize, compared: &[Compared<'_>], correlations: &[Vec<Option<f64>>]) -> Alone {
    let known = correlations[at].iter().enumerate();
    let known = known.filter_map(|(other, one)| Some((other, (*one)?)));
    // The first by name of those as near.
    let nearest = known.reduce(|best, one| if one.1.abs() > best.1.abs() { one } else { best });
    Alone {
        name: compared[at].name.to_owned(),
        coverage: compared[at].coverage,
        nearest: nearest.map(|(other, _)| compared[other].name.to_owned()),
        correlation: nearest.map(|(_, correlation)| correlation),
    }
}
