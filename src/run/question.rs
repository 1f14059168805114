//! Rules that take a query over several tables to look into: what a contract `REFERENCES`, the files of `sql/audits`, and what
//! people expect of scores.
//!
//! A question is asked about the days of the run. Of a table stored by day, a foreign key is that of the rows of these
//! days; an audit that gives `as_of_date` is asked for its rows of these days. What either has to see beyond them is
//! read off its plan, as for a model, and built before it is asked.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;

use arrow::datatypes::DataType;
use chrono::NaiveDate;
use datafusion::common::JoinType;
use datafusion::error::Result;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};

use super::audits::BadRows;
use super::stored::{column, within};
use crate::diagnostic::Location;
use crate::engine::Session;
use crate::engine::sources::Reading;
use crate::expectations::Expectations;
use crate::pipeline::{Audit, Pipeline};
use crate::project::contract::Reference;
use crate::project::layer::ModelName;
use crate::project::model::{AS_OF_DATE, Kind, Model};
use crate::project::reported::asked;

/// A rule over several tables.
#[derive(Debug, Clone, Copy)]
pub(super) enum Question<'a> {
    /// A foreign key of a source or stored table.
    Reference(&'a Model, &'a Reference),
    /// A file of `sql/audits`.
    Audit(&'a Audit),
    /// A file of `sql/expectations`.
    Expected(&'a Expectations),
}

/// As in what a run says of it.
impl fmt::Display for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reference(model, reference) => write!(
                f,
                "{}: ({}) REFERENCES {} ({})",
                model.name,
                reference.columns.join(", "),
                reference.target,
                reference.target_columns.join(", ")
            ),
            Self::Audit(audit) => write!(f, "audit {}", audit.name),
            Self::Expected(expected) => write!(f, "what is expected of {}", expected.table()),
        }
    }
}

impl<'a> Question<'a> {
    /// Every question of a project: those of contracts in the order of the models, then the audits, then what is expected.
    pub(super) fn all(pipeline: &'a Pipeline) -> Vec<Self> {
        let of = |model: &'a Model| {
            model.contract.references.iter().map(move |reference| Self::Reference(model, reference))
        };
        let references = pipeline.models.iter().flat_map(of);
        let audits = pipeline.audits.iter().map(Self::Audit);
        references.chain(audits).chain(pipeline.expectations.iter().map(Self::Expected)).collect()
    }

    /// The models that are read to answer it.
    pub(super) fn reads(&self) -> Vec<ModelName> {
        match self {
            Self::Reference(model, reference) => vec![model.name.clone(), reference.target.clone()],
            Self::Audit(audit) => audit.reads.0.keys().cloned().collect(),
            Self::Expected(expected) => vec![expected.table()],
        }
    }

    /// The sources of which it asks whether they are reported.
    pub(super) fn asked(&self) -> BTreeSet<String> {
        match self {
            Self::Reference(..) | Self::Expected(_) => BTreeSet::new(),
            Self::Audit(audit) => asked(audit.query.as_ref()),
        }
    }

    /// Whether it is asked where these models are computed: a foreign key with its model, what is expected with its score; an audit with any stored table
    /// that it sees, and always where it sees none.
    pub(super) fn is_about(&self, pipeline: &Pipeline, computed: &BTreeSet<ModelName>) -> bool {
        match self {
            Self::Reference(model, _) => computed.contains(&model.name),
            Self::Expected(expected) => computed.contains(&expected.table()),
            Self::Audit(_) => {
                let seen = seen_through_views(pipeline, self.reads());
                let mut stored = seen.iter().filter(|name| is_stored(pipeline, name)).peekable();
                stored.peek().is_none() || stored.any(|name| computed.contains(name))
            }
        }
    }

    /// Whether it is about sources alone, so that it is answered before anything is built.
    pub(super) fn is_of_sources(&self, pipeline: &Pipeline) -> bool {
        let is_source = |name: &ModelName| {
            pipeline.model(name).is_some_and(|model| matches!(model.kind, Kind::Source(_)))
        };
        matches!(self, Self::Reference(..)) && self.reads().iter().all(is_source)
    }

    /// Whether there is anything to ask about some days of a reading: what is expected is expected of history as it happened.
    pub(super) fn is_of(&self, days: &RangeInclusive<NaiveDate>, reading: Reading) -> bool {
        match self {
            Self::Expected(expected) => reading == Reading::AsHappened && expected.has_any_of(days),
            Self::Reference(..) | Self::Audit(_) => true,
        }
    }

    /// Where it stands.
    pub(super) fn location(&self) -> Location {
        match self {
            Self::Reference(_, reference) => reference.location.clone(),
            Self::Audit(audit) => Location::whole(&audit.file),
            Self::Expected(expected) => Location::whole(&expected.file),
        }
    }

    /// The query for the rows that break the rule on some days.
    ///
    /// # Errors
    /// When a rule that was checked does not plan.
    pub(super) async fn bad_rows(
        &self,
        session: &Session,
        days: &RangeInclusive<NaiveDate>,
    ) -> Result<BadRows> {
        let plan = match self {
            Self::Reference(model, reference) => orphans(session, model, reference, days).await?,
            Self::Audit(audit) => {
                let plan = session.plan(&audit.query).await?;
                if is_dated(&plan) { of_days(plan, AS_OF_DATE, days)? } else { plan }
            }
            Self::Expected(expected) => session.plan_text(&expected.query(days)).await?,
        };
        let warns = matches!(self, Self::Audit(audit) if audit.warns);
        let expected = match self {
            Self::Expected(expected) => Some((*expected).clone()),
            Self::Reference(..) | Self::Audit(_) => None,
        };
        Ok(BadRows {
            rule: self.to_string(),
            said: None,
            location: self.location(),
            plan,
            warns,
            of_row: None,
            expected,
        })
    }
}

/// The models themselves, and behind views what these read.
pub(super) fn seen_through_views(pipeline: &Pipeline, names: Vec<ModelName>) -> BTreeSet<ModelName> {
    let (mut seen, mut waiting) = (BTreeSet::new(), names);
    while let Some(name) = waiting.pop() {
        let is_view = pipeline.model(&name).is_some_and(|model| matches!(model.kind, Kind::View(_)));
        if seen.insert(name.clone()) && is_view {
            waiting.extend(pipeline.reads[&name].0.keys().cloned());
        }
    }
    seen
}

fn is_stored(pipeline: &Pipeline, name: &ModelName) -> bool {
    pipeline.model(name).is_some_and(Model::is_stored)
}

/// Whether rows say which day they are of.
fn is_dated(plan: &LogicalPlan) -> bool {
    let mut days = plan.schema().fields().iter().filter(|field| field.name() == AS_OF_DATE);
    days.next().is_some_and(|day| *day.data_type() == DataType::Date32) && days.next().is_none()
}

fn of_days(rows: LogicalPlan, day: &str, days: &RangeInclusive<NaiveDate>) -> Result<LogicalPlan> {
    LogicalPlanBuilder::from(rows).filter(within(day, days))?.build()
}

/// Rows of the days whose key (no part of it NULL) is not found in the other table. Where the key names the day of a
/// table stored by day, only these days of the other can hold it.
async fn orphans(
    session: &Session,
    model: &Model,
    reference: &Reference,
    days: &RangeInclusive<NaiveDate>,
) -> Result<LogicalPlan> {
    let mut rows = session.scan(&model.name).await?;
    let mut target = session.scan(&reference.target).await?;
    if model.by_day() {
        rows = of_days(rows, AS_OF_DATE, days)?;
        let named = reference.columns.iter().position(|name| name == AS_OF_DATE);
        if let Some(day) = named.and_then(|at| reference.target_columns.get(at)) {
            target = of_days(target, day, days)?;
        }
    }
    // Every distinct key once: a day's table has the same account on many days.
    let keys: Vec<Expr> = reference.columns.iter().map(|name| column(name)).collect();
    let present = keys.iter().cloned().map(Expr::is_not_null).reduce(Expr::and).unwrap_or_else(|| lit(true));
    let to = reference.target_columns.iter().enumerate();
    let target_keys: Vec<Expr> = to.map(|(at, name)| column(name).alias(format!("target_{at}"))).collect();
    let target = LogicalPlanBuilder::from(target).project(target_keys)?.build()?;
    let here = reference.columns.iter().map(datafusion::common::Column::from_name);
    let there =
        (0..reference.columns.len()).map(|at| datafusion::common::Column::from_name(format!("target_{at}")));
    LogicalPlanBuilder::from(rows)
        .filter(present)?
        .aggregate(keys, vec![count(lit(1)).alias("rows_with_this_key")])?
        .join(target, JoinType::LeftAnti, (here.collect::<Vec<_>>(), there.collect::<Vec<_>>()), None)?
        .build()
}
