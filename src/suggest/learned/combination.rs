//! A few metrics, cut into bins and weighed, that tell who is lost: a score to begin with.

use serde::Serialize;

use super::search::{Found, plain, search};
use super::{Better, LearnFrom, OutOfTime, Separated, out_of_time};
use crate::error::{Error, Result};
use crate::evidence::forward::{forward, parts, regression};
use crate::evidence::{Outcomes, Panel, Population, Published, halves, panel, quantile};
use crate::explain::score_named;
use crate::project::layer::{Layer, ModelName};
use crate::semantic::Score;

/// A score that is proposed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Combination {
    /// The score that it is held against; `None` where the project has none.
    pub score_name: Option<String>,
    /// Where outcomes are from.
    pub outcomes: String,
    /// Days that are looked at.
    pub days: usize,
    /// Rows.
    pub rows: usize,
    /// Lost ones.
    pub lost: usize,
    /// What such proposals reach on days from which nothing was learned.
    pub out_of_time: OutOfTime,
    /// Whether they are better than the score that there is; `None` without one.
    pub verdict: Option<Better>,
    /// The metrics, the heaviest first.
    pub components: Vec<ProposedComponent>,
    /// Components and score as a project declares them.
    pub yaml: String,
}

/// A component that is proposed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProposedComponent {
    /// The column of metrics.
    pub metric: String,
    /// Its weight, a whole number.
    pub weight: u32,
    /// Its bins.
    #[serde(flatten)]
    pub bins: Separated,
}

/// Proposes a score of at most so many components, of the metrics named, or of all, in at most so many bins each.
///
/// # Errors
/// [`Error::Usage`] for what is not there, and where too few were lost to learn from and to try it on; what storage and the
/// engine say.
pub async fn suggest_combination(
    published: &Published<'_>,
    asked: &LearnFrom,
    metrics: &[String],
    (most, bins): (usize, usize),
) -> Result<Combination> {
    let pipeline = published.pipeline;
    let score = match (&asked.score, pipeline.semantics.scores.is_empty()) {
        (None, true) => None,
        (name, _) => Some(score_named(pipeline, name.as_deref())?),
    };
    let outcomes = Outcomes::read(published, &asked.outcomes, asked.ahead).await?;
    let table = score.map_or_else(
        || ModelName::new(Layer::Metrics, "accounts"),
        |score| ModelName::new(Layer::Scores, score.name.clone()),
    );
    let days = asked.days.of(published, &table, &outcomes).await?;
    let population = Population {
        score,
        days: &days,
        outcomes: &outcomes,
        metrics: None,
        condition: asked.condition.as_deref(),
    };
    let panel = panel(published, population).await?;
    panel.enough(&outcomes)?;
    let names = names(&panel, metrics)?;
    let columns: Vec<&Vec<Option<f64>>> = names.iter().map(|name| &panel.metrics[*name]).collect();
    told(&panel, &outcomes, score, (&names, &columns), (most, bins))
}

/// The metrics that are tried.
fn names<'a>(panel: &'a Panel, wanted: &[String]) -> Result<Vec<&'a str>> {
    wanted.iter().try_for_each(|name| panel.metric(name).map(drop))?;
    if wanted.is_empty() {
        return Ok(panel.measures().map(|(name, _)| name).collect());
    }
    Ok(panel
        .metrics
        .keys()
        .map(String::as_str)
        .filter(|name| wanted.iter().any(|wanted| wanted == name))
        .collect())
}

fn told(
    panel: &Panel,
    outcomes: &Outcomes,
    score: Option<&Score>,
    (names, columns): (&[&str], &[&Vec<Option<f64>>]),
    (most, bins): (usize, usize),
) -> Result<Combination> {
    let lost = panel.lost();
    let half = halves(&panel.clusters());
    let parts = parts(panel, outcomes);
    let proposed = forward(&parts, &lost, |from, to| {
        search(columns, (&lost, &half), from, (most, bins)).map(|found| found.score(columns, to))
    });
    let mut beside = Vec::new();
    if let Some(score) = score {
        beside.push((format!("{}, the score", score.title), panel.score.clone()));
    }
    beside.extend(panel.since_last_use());
    let number = forward(&parts, &lost, |from, to| regression(columns, &lost, from, to));
    beside.push(("a logistic regression on these metrics".to_owned(), number));
    if proposed.iter().all(Option::is_none) && parts.can_learn(&lost) {
        return Err(nothing());
    }
    let out_of_time = out_of_time(panel, outcomes, &proposed, beside)?;
    let all: Vec<usize> = (0..lost.len()).collect();
    let found = search(columns, (&lost, &half), &all, (most, bins)).ok_or_else(nothing)?;
    let weights = plain(&found.parts.iter().map(|part| part.weight).collect::<Vec<_>>());
    let components: Vec<ProposedComponent> = found
        .parts
        .iter()
        .zip(weights)
        .map(|(part, weight)| ProposedComponent {
            metric: names[part.metric].to_owned(),
            weight,
            bins: part.bins.clone(),
        })
        .collect();
    let verdict = score.and(out_of_time.beside.first()).map(|beside| Better::of(beside.gain.as_ref()));
    Ok(Combination {
        score_name: score.map(|score| score.name.clone()),
        outcomes: outcomes.words.clone(),
        days: panel.days.len(),
        rows: panel.rows.len(),
        lost: lost.iter().filter(|lost| **lost).count(),
        out_of_time,
        verdict,
        yaml: yaml(&components, &found, columns, &all),
        components,
    })
}

fn nothing() -> Error {
    Error::Usage("no metric tells who is lost beyond chance: there is nothing to propose".to_owned())
}

/// Components and score as a project declares them; the lowest fifth is at risk.
fn yaml(
    components: &[ProposedComponent],
    found: &Found,
    columns: &[&Vec<Option<f64>>],
    rows: &[usize],
) -> String {
    let mut text = "# sql/components/proposed.yml\n".to_owned();
    for component in components {
        text += &format!("{}_told:\n  title: {}\n", component.metric, component.metric.replace('_', " "));
        text += &format!("  value: {}\n  bins:\n{}", component.metric, component.bins.yaml(4));
    }
    let mut scores = found.score(columns, rows);
    scores.sort_by(f64::total_cmp);
    let edge = edge(&scores);
    text += "# sql/scores/proposed.yml\ntitle: Proposed\nversion: \"1\"\ncomponents:\n";
    for component in components {
        text += &format!("  {}_told: {}\n", component.metric, component.weight);
    }
    text + &format!("tiers:\n  - {{name: at-risk, below: {edge}, at_risk: true}}\n  - {{name: healthy}}\n")
}

/// The edge below which about the lowest fifth of sorted scores lies, from 0 to 100, with one decimal where that parts them:
/// never the lowest score itself.
fn edge(sorted: &[f64]) -> f64 {
    let fifth = quantile(sorted, 0.2);
    let Some(next) = sorted.iter().copied().find(|score| *score > fifth) else { return 50.0 };
    let plain = ((fifth + next) / 2.0 * 100.0).round() / 10.0;
    if plain > fifth * 10.0 && plain <= next * 10.0 { plain } else { next * 10.0 }
}
