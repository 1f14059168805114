//! Weights of the components that a score has, from what became of accounts.

use serde::Serialize;

use super::search::{centred, plain};
use super::{Better, LearnFrom, OutOfTime, out_of_time};
use crate::error::{Error, Result};
use crate::evidence::forward::{RIDGE, forward, parts};
use crate::evidence::{Logistic, Outcomes, Panel, Population, Published, Sign, panel};
use crate::explain::score_named;
use crate::project::layer::{Layer, ModelName};

/// Weights that are proposed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weights {
    /// The score's name.
    pub score_name: String,
    /// Its title.
    pub title: String,
    /// Where outcomes are from.
    pub outcomes: String,
    /// Days that are looked at.
    pub days: usize,
    /// Rows.
    pub rows: usize,
    /// Lost ones.
    pub lost: usize,
    /// What such weights reach on days from which nothing was learned; the score as it is stands first beside them.
    pub out_of_time: OutOfTime,
    /// Whether they are better than those of today.
    pub verdict: Better,
    /// The components, in declared order.
    pub components: Vec<ProposedWeight>,
    /// The components as a score without groups declares them; `None` where no other weights are better.
    pub yaml: Option<String>,
}

/// A component's weight.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProposedWeight {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// A whole number, of which the greatest is 10; 0 leaves it out.
    pub weight: u32,
}

/// Proposes weights of a score's components, none below zero, at most so many of them above it.
///
/// # Errors
/// As [`super::suggest_combination()`].
pub async fn suggest_weights(
    published: &Published<'_>,
    asked: &LearnFrom,
    most: Option<usize>,
) -> Result<Weights> {
    let score = score_named(published.pipeline, asked.score.as_deref())?;
    let outcomes = Outcomes::read(published, &asked.outcomes, asked.ahead).await?;
    let table = ModelName::new(Layer::Scores, score.name.clone());
    let days = asked.days.of(published, &table, &outcomes).await?;
    let population = Population {
        score: Some(score),
        days: &days,
        outcomes: &outcomes,
        metrics: Some(&[]),
        condition: asked.condition.as_deref(),
    };
    let panel = panel(published, population).await?;
    panel.enough(&outcomes)?;
    let most = most.unwrap_or(panel.components.len());
    let lost = panel.lost();
    let parts = parts(&panel, &outcomes);
    let proposed = forward(&parts, &lost, |from, to| {
        let weights = weights(&panel, &lost, from, most)?;
        Some(to.iter().map(|row| mean(&panel, &weights, *row)).collect())
    });
    let beside = vec![("the weights of today".to_owned(), panel.score.clone())];
    let out_of_time = out_of_time(&panel, &outcomes, &proposed, beside)?;
    let verdict = Better::of(out_of_time.beside.first().and_then(|beside| beside.gain.as_ref()));
    let all: Vec<usize> = (0..lost.len()).collect();
    let weights = weights(&panel, &lost, &all, most).ok_or_else(|| {
        Error::Usage("no component tells who is lost: there is nothing to propose".to_owned())
    })?;
    let named = panel.components.iter().zip(plain(&weights));
    let components: Vec<ProposedWeight> = named
        .map(|(own, weight)| ProposedWeight { name: own.name.clone(), title: own.title.clone(), weight })
        .collect();
    Ok(Weights {
        score_name: score.name.clone(),
        title: score.title.clone(),
        outcomes: outcomes.words.clone(),
        days: panel.days.len(),
        rows: panel.rows.len(),
        lost: lost.iter().filter(|lost| **lost).count(),
        out_of_time,
        yaml: (verdict == Better::Better).then(|| yaml(&components)),
        verdict,
        components,
    })
}

/// The mean of an account's points by weight, of the components that it has.
fn mean(panel: &Panel, weights: &[f64], row: usize) -> f64 {
    let known =
        panel.components.iter().zip(weights).filter_map(|(own, weight)| Some((own.points[row]?, weight)));
    let (sum, all) =
        known.fold((0.0, 0.0), |(sum, all), (points, weight)| (sum + points * weight, all + weight));
    if all > 0.0 { sum / all } else { 0.5 }
}

/// Weights learned from some rows: those of a logistic regression on points, missing ones as the mean, the components taken
/// one after the other, the one that tells most first; `None` where none is above zero.
fn weights(panel: &Panel, lost: &[bool], from: &[usize], most: usize) -> Option<Vec<f64>> {
    let kept: Vec<bool> = from.iter().map(|row| !lost[*row]).collect();
    let columns: Vec<Vec<f64>> = panel.components.iter().map(|own| filled(&own.points, from)).collect();
    let fit = |chosen: &[usize]| {
        let columns: Vec<Vec<f64>> = chosen.iter().map(|at| columns[*at].clone()).collect();
        let found = Logistic::fit(&columns, &kept, RIDGE, Sign::NotBelowZero)?;
        Some((found.cost(&columns, &kept, RIDGE), found.weights))
    };
    let mut chosen: Vec<usize> = (0..columns.len()).collect();
    if most < columns.len() {
        chosen.clear();
        while chosen.len() < most {
            let left = (0..columns.len()).filter(|at| !chosen.contains(at));
            let cost = |at: usize| Some((fit(&[chosen.as_slice(), &[at]].concat())?.0, at));
            let Some((_, at)) = left.filter_map(cost).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)))
            else {
                break;
            };
            chosen.push(at);
        }
    }
    let mut weights = vec![0.0; columns.len()];
    chosen.iter().zip(fit(&chosen)?.1).for_each(|(at, weight)| weights[*at] = weight);
    weights.iter().any(|weight| *weight > 0.0).then_some(weights)
}

/// Points of some rows less their mean; a missing one has the mean.
fn filled(points: &[Option<f64>], from: &[usize]) -> Vec<f64> {
    let own: Vec<Option<f64>> = from.iter().map(|row| points[*row]).collect();
    let known = own.iter().flatten().count().max(1) as f64;
    let mean = own.iter().flatten().sum::<f64>() / known;
    centred(own.into_iter().map(|points| points.unwrap_or(mean)).collect())
}

fn yaml(components: &[ProposedWeight]) -> String {
    let parts = components.iter().filter(|own| own.weight > 0);
    let parts: Vec<String> = parts.map(|own| format!("  {}: {}\n", own.name, own.weight)).collect();
    format!("components:\n{}", parts.concat())
}
