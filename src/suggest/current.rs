//! The bins that a component has today, and who stands in which.

use arrow::array::RecordBatch;
use chrono::NaiveDate;
use serde::Serialize;

use super::accounts_by_bin::{
    Alike, CurrentRule, CurrentSegment, Valueless, has_bins, rules, segments, valueless, variants,
};
use crate::diagnostic::{closest, visible};
use crate::error::{Error, Result};
use crate::evidence::scored::other_definition;
use crate::evidence::{Published, by_column};
use crate::explain::{place, score_named};
use crate::project::identifier::identifier;
use crate::project::layer::{Layer, ModelName};
use crate::read::Days;
use crate::read::columns::{known_texts, numbers, texts};
use crate::semantic::{Component, Score, text_literal};

/// The bins of a component, and the rows in them on a published day.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Current {
    /// The component's name.
    pub component: String,
    /// Its title.
    pub title: String,
    /// The score that it is part of.
    pub score_name: String,
    /// The published day.
    pub as_of_date: NaiveDate,
    /// The column of metrics by which rows are told apart.
    pub by: Option<String>,
    /// The rows that have the same in that column, in its order.
    pub segments: Vec<CurrentSegment>,
    /// Its rules: one, or one for each of its cases and of the scorecards that say otherwise.
    pub rules: Vec<CurrentRule>,
    /// Rows without a bin, by the reason.
    pub valueless: Vec<Valueless>,
}

/// The bins that a component has in a score, with the rows of a published day, the newest where none is given.
///
/// # Errors
/// [`Error::Usage`] for a component, score, column or day that is not there, a component without bins, and a day that was
/// scored by another definition; [`Error::Project`] where nothing is published; what storage and the engine say.
pub async fn current_bins(
    published: &Published<'_>,
    (component, score): (&str, Option<&str>),
    day: Option<NaiveDate>,
    by: Option<&str>,
) -> Result<Current> {
    let score = score_with(published, component, score)?;
    let variants = variants(score, component);
    let Some(first) = variants.first().map(|variant| variant.component) else {
        return Err(Error::Bug(format!("{component} is in no scorecard of {}", score.name)));
    };
    if !variants.iter().any(|variant| variant.component.scoring.cases.iter().any(|case| has_bins(&case.rule)))
    {
        return Err(without_bins(first));
    }
    let metrics = published.table(score.entity.table())?;
    let by = by_column(metrics, by)?;
    let table = ModelName::new(Layer::Components, score.name.clone());
    let day = published.day(&table, day).await?;
    let batch = published.rows(Days::Only(day), &question(score, component, by.as_deref())).await?;
    let alike = alike(&batch, score, day)?;
    let segments = if by.is_some() { segments(&alike) } else { Vec::new() };
    Ok(Current {
        component: first.name.clone(),
        title: first.title.clone(),
        score_name: score.name.clone(),
        as_of_date: day,
        by,
        rules: variants
            .iter()
            .flat_map(|variant| rules(variant, variants.len(), &alike, &segments))
            .collect(),
        valueless: valueless(&alike, &segments),
        segments,
    })
}

/// The score that is named, or the only one with the component.
fn score_with<'a>(published: &Published<'a>, component: &str, score: Option<&str>) -> Result<&'a Score> {
    let scores = &published.pipeline.semantics.scores;
    let with: Vec<&Score> = scores.iter().filter(|score| !variants(score, component).is_empty()).collect();
    match (score, with.as_slice()) {
        (None, [only]) => Ok(only),
        (None, []) => Err(unknown(component, scores)),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|score| score.name.as_str()).collect();
            Err(Error::Usage(format!("{component} is part of {}; say which with --score", names.join(", "))))
        }
        (Some(name), _) => {
            let score = score_named(published.pipeline, Some(name))?;
            if with.iter().any(|with| with.name == score.name) {
                return Ok(score);
            }
            Err(unknown(component, std::slice::from_ref(score)))
        }
    }
}

fn unknown(component: &str, scores: &[Score]) -> Error {
    let cards = scores.iter().flat_map(Score::scorecards);
    let mut names: Vec<String> =
        cards.flat_map(|card| card.root.components()).map(|component| component.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    let hint = match closest(component, names.iter().map(String::as_str)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("there are {}", names.join(", ")),
    };
    Error::Usage(format!("no score has a component `{}`; {hint}", visible(component)))
}

fn without_bins(component: &Component) -> Error {
    let kind = component.scoring.cases.iter().find_map(|case| place(&case.rule, None));
    let kind = kind.map_or_else(String::new, |kind| format!(" but a {kind}"));
    Error::Usage(format!(
        "{} has no bins{kind}; `hale suggest bins \"{}\"` shows how its value is spread",
        component.name,
        component.value.sql()
    ))
}

fn question(score: &Score, component: &str, by: Option<&str>) -> String {
    let on = |other: &str| {
        let key = score.entity.key().iter().copied().chain(["as_of_date"]);
        key.map(|key| format!("{other}.{key} = c.{key}")).collect::<Vec<_>>().join(" AND ")
    };
    let part = by.map_or_else(|| "NULL".to_owned(), |by| format!("m.{}", identifier(by)));
    format!(
        "SELECT s.definition, s.scorecard, c.rule_case, c.bin, c.state, CAST({part} AS VARCHAR) AS part, count(*) AS alike \
         FROM components.\"{name}\" AS c JOIN scores.\"{name}\" AS s ON {} LEFT JOIN {} AS m ON {} \
         WHERE c.component = {} GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6",
        on("s"),
        score.entity.table(),
        on("m"),
        text_literal(component),
        name = score.name,
    )
}

fn alike(batch: &RecordBatch, score: &Score, day: NaiveDate) -> Result<Vec<Alike>> {
    if batch.num_rows() == 0 {
        return Err(Error::Usage(format!("components.{} has no rows of it on {day}", score.name)));
    }
    if known_texts(batch, "definition")?.iter().any(|definition| *definition != score.definition) {
        return Err(other_definition(score, day));
    }
    let columns = ["rule_case", "bin", "alike"].map(|name| numbers(batch, name));
    let [cases, bins, counts] = columns;
    let (cases, bins, counts) = (cases?, bins?, counts?);
    let (scorecards, states) = (known_texts(batch, "scorecard")?, known_texts(batch, "state")?);
    let rows = scorecards.into_iter().zip(states).zip(texts(batch, "part")?).enumerate();
    let whole = |number: Option<f64>| number.map(|number| number as usize);
    let row = |(at, ((scorecard, state), part))| Alike {
        scorecard,
        case: whole(cases[at]),
        bin: whole(bins[at]),
        state,
        part,
        rows: whole(counts[at]).unwrap_or_default(),
    };
    Ok(rows.map(row).collect())
}
