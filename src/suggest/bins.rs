//! The distribution of a metric, bins for it, and who would stand in which.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::distribution::{Binned, Shown, in_bins, propose};
use crate::error::{Error, Result};
use crate::evidence::{Period, Published, by_column, metric};
use crate::project::identifier::identifier;
use crate::project::model::Model;
use crate::read::columns::{finite, texts};

/// What bins are asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The table, such as `metrics.accounts`.
    pub table: String,
    /// A column of it, or an SQL expression over one row.
    pub metric: String,
    /// The days whose rows are looked at.
    pub period: Period,
    /// How many rows each bin is to have, as weights, lowest bin first.
    pub shares: Vec<f64>,
    /// The column by which rows are told apart; `segment` where it is not given and there is one.
    pub by: Option<String>,
    /// Whether a lower value is to earn more points.
    pub lower_is_better: bool,
}

/// Bins for a metric, and how its rows lie in them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposal {
    /// The table.
    pub table: String,
    /// The metric as asked for.
    pub metric: String,
    /// The first day looked at.
    pub from_date: NaiveDate,
    /// The last.
    pub to_date: NaiveDate,
    /// How many days there are rows of.
    pub days: usize,
    /// The bins and the rows in them.
    #[serde(flatten)]
    pub binned: Binned,
    /// The column by which rows are told apart.
    pub by: Option<String>,
    /// The same bins for the rows that have the same in that column, in its order.
    pub segments: Vec<Segment>,
    /// The bins as a component declares them; `None` where there is nothing to cut.
    pub yaml: Option<String>,
}

/// The rows that have the same in a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Segment {
    /// What they have there; `None` for NULL.
    pub name: Option<String>,
    /// How many they are.
    pub rows: usize,
    /// Rows with a number that counts.
    pub known: usize,
    /// The bins, lowest first.
    pub bins: Vec<Shown>,
}

/// Proposes bins for a metric as published.
///
/// # Errors
/// [`Error::Usage`] for a table, column, expression or day that is not there, for what is no number, and where no row has a
/// number; [`Error::Project`] where nothing is published; what storage and the engine say.
pub async fn suggest_bins(published: &Published<'_>, asked: &Asked) -> Result<Proposal> {
    let model = published.table(&asked.table)?;
    let metric = metric(model, &asked.metric)?;
    let by = by_column(model, asked.by.as_deref())?;
    let span = published.span(&model.name, asked.period).await?;
    let (days, condition) = span.read();
    let part = by.as_deref().map_or_else(|| "NULL".to_owned(), identifier);
    let sql = format!(
        "SELECT {} AS value, CAST({part} AS VARCHAR) AS part FROM {} WHERE {condition}",
        metric.sql, model.name
    );
    let batch = published.rows(days, &sql).await.map_err(|error| metric.blamed(error, model))?;
    let values = metric.values(&batch)?;
    let days =
        if span.count == 1 { span.last.to_string() } else { format!("{} to {}", span.first, span.last) };
    let binned = propose(&values, &asked.shares)
        .ok_or_else(|| Error::Usage(nothing_known(&metric.shown, model, values.len(), &days)))?;
    let edges = binned.edges();
    let parts = texts(&batch, "part")?;
    let segments = if by.is_some() { segments(&values, parts, &edges) } else { Vec::new() };
    Ok(Proposal {
        table: model.name.to_string(),
        metric: asked.metric.clone(),
        from_date: span.first,
        to_date: span.last,
        days: span.count,
        yaml: binned.yaml(asked.lower_is_better),
        binned,
        by,
        segments,
    })
}

fn nothing_known(shown: &str, model: &Model, rows: usize, days: &str) -> String {
    match rows {
        0 => format!("{} has no rows on {days}", model.name),
        rows => format!("`{shown}` has no value in any of the {rows} rows of {} on {days}", model.name),
    }
}

fn segments(values: &[Option<f64>], parts: Vec<Option<String>>, edges: &[f64]) -> Vec<Segment> {
    let mut found: BTreeMap<Option<String>, Vec<Option<f64>>> = BTreeMap::new();
    for (part, value) in parts.into_iter().zip(values) {
        found.entry(part).or_default().push(finite(*value));
    }
    let segment = |(name, values): (Option<String>, Vec<Option<f64>>)| {
        let known: Vec<f64> = values.iter().flatten().copied().collect();
        Segment { name, rows: values.len(), known: known.len(), bins: in_bins(edges, &known) }
    };
    found.into_iter().map(segment).collect()
}
