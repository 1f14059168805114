//! Through the plans of models: the rows that each gives, by their kind.

use std::collections::BTreeMap;

use arrow::datatypes::DataType;
use chrono::NaiveDate;
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, Join, JoinType, LogicalPlan};

use super::bounds::kept;
use super::calls::Call;
use super::days::Days;
use super::kinds::{KindOfRows, Rows, clean, merged};
use super::operators::{Span, of_rows};
use super::told::{Reaches, Sources, Told};
use super::value::{Beyond, Is, Value, value};
use crate::check::lineage;
use crate::pipeline::Pipeline;
use crate::project::layer::{Layer, ModelName};
use crate::project::model::{Kind, Model};

/// Kinds that are told apart at most.
const KINDS: usize = 64;

/// What models are made of, as far as it was asked for.
pub(super) struct Guards<'a> {
    pipeline: &'a Pipeline,
    plans: &'a BTreeMap<ModelName, LogicalPlan>,
    known: BTreeMap<ModelName, Rows>,
    /// Columns of metrics that ask for too little, and of what.
    pub(super) found: Vec<Unguarded<'a>>,
}

/// A column of a table of metrics.
pub(super) struct Unguarded<'a> {
    pub(super) model: &'a Model,
    pub(super) column: String,
    /// The optional sources that it does not ask for.
    pub(super) sources: Sources,
    /// The logs of whose days it does not ask whether they are complete.
    pub(super) windows: Reaches,
}

impl<'a> Guards<'a> {
    pub(super) fn new(pipeline: &'a Pipeline, plans: &'a BTreeMap<ModelName, LogicalPlan>) -> Self {
        Self { pipeline, plans, known: BTreeMap::new(), found: Vec::new() }
    }

    /// The rows of a model; `None` of one that is not known, as the calendar.
    fn of_name(&mut self, name: &str) -> Option<Rows> {
        let pipeline = self.pipeline;
        pipeline.model(&ModelName::parse(name)?).map(|model| self.of_model(model))
    }

    /// The rows of a model.
    pub(super) fn of_model(&mut self, model: &'a Model) -> Rows {
        if let Some(known) = self.known.get(&model.name) {
            return known.clone();
        }
        let rows = match &model.kind {
            Kind::Source(source) => {
                let is_asked = source.optional && !source.none_where_absent;
                let from: Sources = is_asked.then(|| model.name.table.clone()).into_iter().collect();
                let values = vec![Value::of(from.clone()); model.contract.columns.len()];
                vec![KindOfRows { values, there: from, ..KindOfRows::default() }]
            }
            Kind::View(_) => {
                let rows = self.plans.get(&model.name).map(|plan| self.rows(plan)).unwrap_or_default();
                self.dated(model, rows)
            }
            Kind::Table(..) => {
                let rows = self.plans.get(&model.name).map(|plan| self.rows(plan)).unwrap_or_default();
                self.stored(model, rows)
            }
        };
        self.known.insert(model.name.clone(), rows.clone());
        rows
    }

    /// The rows of a view; those of the dated relation of a log that is complete from some day on are facts of their days.
    fn dated(&self, model: &Model, mut rows: Rows) -> Rows {
        let (log, columns) =
            (&model.name.table, self.plans.get(&model.name).map(|plan| plan.schema().fields()));
        if model.name.layer != Layer::Dated || !self.pipeline.settings.complete_from.contains_key(log) {
            return rows;
        }
        for kind in &mut rows {
            kind.kept = Reaches::default();
            for (value, column) in kind.values.iter_mut().zip(columns.into_iter().flatten()) {
                let own = Sources::from([log.clone()]);
                let is_day = DAYS.contains(&column.name().as_str());
                let dates = if is_day { own.clone() } else { Sources::new() };
                value.days = Days { facts: own, dates, ..Days::default() };
            }
        }
        rows
    }

    /// The rows of a stored table: what is unguarded in them is told of here, and no more in what reads them.
    fn stored(&mut self, model: &'a Model, rows: Rows) -> Rows {
        let columns = self.plans.get(&model.name).map(|plan| plan.schema().fields().clone());
        let mut all = merged(rows.clone());
        for (at, column) in columns.iter().flatten().enumerate() {
            let open = rows.iter().filter_map(|kind| Some(&kind.values.get(at)?.from - &kind.there));
            let sources = open.fold(Sources::new(), |all, more| &all | &more);
            let Some(value) = all.values.get_mut(at) else { continue };
            value.from.clear();
            if model.name.layer != Layer::Metrics {
                continue;
            }
            let relative = std::mem::take(&mut value.days.relative);
            let windows = if is_of_what_there_is(model, column.name(), column.data_type()) {
                // Whatever is made of it is told of there.
                value.days.counted = &value.days.counted | &relative.with_end();
                Reaches::default()
            } else {
                relative
            };
            let is_told = !(sources.is_empty() && windows.is_empty());
            if is_told && !model.contract.primary_key.contains(column.name()) {
                self.found.push(Unguarded { model, column: column.name().clone(), sources, windows });
            }
        }
        all.kept = Reaches::default();
        vec![all]
    }
}

/// The columns that a dated relation adds to say from when a row counts.
const DAYS: [&str; 2] = ["day", "first_day"];

/// Whether a column always has a value, and one that is no share: so many as there are.
fn is_of_what_there_is(model: &Model, column: &str, data_type: &DataType) -> bool {
    let has_value = model.contract.column(column).is_some_and(|column| column.not_null);
    has_value && !data_type.is_floating() && !data_type.is_decimal()
}

impl Guards<'_> {
    /// The rows of a plan.
    pub(super) fn rows(&mut self, plan: &LogicalPlan) -> Rows {
        let width = plan.schema().fields().len();
        let rows = self.of_step(plan);
        if rows.iter().all(|kind| kind.values.len() == width) {
            return if rows.is_empty() { vec![clean(width)] } else { rows };
        }
        // A step of a kind that is not known here: each column may come from all that goes in.
        let from = rows.iter().fold(Sources::new(), |all, kind| &all | &kind.everything());
        let values = rows.iter().flat_map(|kind| &kind.values);
        let days = values.fold(Days::default(), |all, value| all.with(&value.days));
        vec![KindOfRows { values: vec![Value::made(from, days); width], ..KindOfRows::default() }]
    }

    fn of_step(&mut self, plan: &LogicalPlan) -> Rows {
        if let Some(name) = lineage::model(plan) {
            let width = plan.schema().fields().len();
            return self.of_name(&name).unwrap_or_else(|| vec![clean(width)]);
        }
        match plan {
            LogicalPlan::Projection(step) => {
                let input = self.rows(&step.input);
                let made = |this: &mut Self, kind: KindOfRows| {
                    let values =
                        step.expr.iter().map(|expr| this.projected(expr, &kind, &step.input)).collect();
                    KindOfRows { values, ..kind }
                };
                input.into_iter().map(|kind| made(self, kind)).collect()
            }
            LogicalPlan::Filter(step) => {
                let input = self.rows(&step.input);
                input.into_iter().filter_map(|kind| self.kept(kind, &step.predicate, &step.input)).collect()
            }
            LogicalPlan::Window(step) => {
                let mut rows = self.rows(&step.input);
                let made: Vec<Value> =
                    step.window_expr.iter().map(|expr| self.over(expr, &[], &rows, &step.input)).collect();
                rows.iter_mut().for_each(|kind| kind.values.extend(made.iter().cloned()));
                rows
            }
            LogicalPlan::Aggregate(step) => {
                let input = self.rows(&step.input);
                let expressions = step.group_expr.iter().chain(&step.aggr_expr);
                let by = &step.group_expr;
                let values = expressions.map(|expr| self.over(expr, by, &input, &step.input)).collect();
                let there = if by.is_empty() { Sources::new() } else { merged(input).there };
                vec![KindOfRows { values, there, ..KindOfRows::default() }]
            }
            LogicalPlan::Join(step) => self.joined(step),
            LogicalPlan::Union(step) => {
                let answered = step.inputs.iter().fold(Sources::new(), |all, rows| &all | &self.absent(rows));
                let rows = step.inputs.iter().flat_map(|rows| self.rows(rows));
                let rows: Rows = rows.collect();
                let answered = Told::reported(answered);
                rows.into_iter().map(|kind| kind.where_told(&answered)).collect()
            }
            LogicalPlan::TableScan(_) | LogicalPlan::Values(_) | LogicalPlan::EmptyRelation(_) => {
                vec![clean(plan.schema().fields().len())]
            }
            other => other.inputs().into_iter().flat_map(|input| self.rows(input)).collect(),
        }
    }

    /// What an expression is in a row; one that is written out says only that the row is there.
    fn projected(&mut self, expression: &Expr, kind: &KindOfRows, input: &LogicalPlan) -> Value {
        let mut made = self.value(expression, kind, input);
        let is_written = matches!(expression.clone().unalias(), Expr::Literal(..));
        if is_written && made.is != Is::Null {
            made.from = kind.there.clone();
            // Where all rows are those of a log, so is this.
            made.days.facts = kind.facts();
        }
        made
    }

    fn value(&mut self, expression: &Expr, kind: &KindOfRows, input: &LogicalPlan) -> Value {
        value(expression, &kind.values, input.schema(), self)
    }

    /// The rows that a condition keeps, which may be none of a kind.
    fn kept(&mut self, kind: KindOfRows, condition: &Expr, input: &LogicalPlan) -> Option<KindOfRows> {
        let holds = self.value(condition, &kind, input);
        let kept = &kind.kept | &kept(condition, &kind.values, input.schema());
        (!holds.is_never_true()).then(|| KindOfRows { kept, ..kind }.where_told(&holds.if_true))
    }

    /// What a function makes of rows of all kinds: an aggregate of a group, or a window.
    fn over(&mut self, expression: &Expr, by: &[Expr], rows: &Rows, input: &LogicalPlan) -> Value {
        let Some(call) = Call::of(expression, by) else {
            // A column by which is grouped.
            let values = rows.iter().map(|kind| self.value(expression, kind, input)).collect::<Vec<_>>();
            return values.into_iter().reduce(|one, other| one.or(&other)).unwrap_or_default();
        };
        let mut made = Value::default();
        for kind in rows {
            let part = self.contributes(&call, kind, input);
            made.from = &made.from | &part.from;
            made.days = made.days.with(&part.days);
        }
        made
    }

    /// What rows of a kind bring to a function of many: nothing where they are left out, or only add NULL or zero.
    fn contributes(&mut self, call: &Call<'_>, kind: &KindOfRows, input: &LogicalPlan) -> Value {
        let holds = call.filter.map(|filter| self.value(filter, kind, input)).unwrap_or_default();
        if call.filter.is_some() && holds.is_never_true() {
            return Value::default();
        }
        let values: Vec<Value> = call.args.iter().map(|arg| self.value(arg, kind, input)).collect();
        let is_written = call.args.iter().all(|arg| matches!(arg, Expr::Literal(..)));
        let adds_nothing =
            |value: &Value| value.is == Is::Null || (value.is == Is::Zero && call.name == "sum");
        let mut given = match values.first() {
            // Of these rows it counts how many there are.
            _ if is_written => Value::of(kind.everything()),
            Some(first) if adds_nothing(first) => return Value::default(),
            _ => Value::of(values.iter().fold(Sources::new(), |all, value| &all | &value.from)),
        };
        given.days = values.iter().fold(Days::default(), |all, value| all.with(&value.days));
        if is_written {
            given.days.facts = kind.facts();
        }
        let dates = given.days.dates.clone();
        given.days = Days { dates, ..given.days.with(&holds.days) };
        given.from = &given.from | &holds.from;
        let given = given.where_told(&holds.if_true);
        let of_one_day = call.by.iter().map(|by| self.value(by, kind, input).days.dates);
        let of_one_day = of_one_day.fold(Sources::new(), |all, dates| &all | &dates);
        let left = call.filter.map(|filter| kept(filter, &kind.values, input.schema())).unwrap_or_default();
        let left = &kind.kept | &left;
        let span = Span { of_one_day, days: &|log| call.frame.or_else(|| left.of(log)), back: call.back() };
        Value::made(given.from, of_rows(call.name, call.is_distinct, &given.days, &span))
    }

    fn joined(&mut self, step: &Join) -> Rows {
        let (mut left, mut right) = (self.rows(&step.left), self.rows(&step.right));
        if left.len() * right.len() > KINDS {
            (left, right) = (vec![merged(left)], vec![merged(right)]);
        }
        let mut rows = Vec::new();
        for one in &left {
            for other in &right {
                rows.extend(self.pair(step, one, other));
            }
        }
        rows
    }

    /// Rows of two kinds, joined.
    fn pair(&mut self, step: &Join, left: &KindOfRows, right: &KindOfRows) -> Option<KindOfRows> {
        let both = KindOfRows {
            values: left.values.iter().chain(&right.values).cloned().collect(),
            there: &left.there | &right.there,
            kept: &left.kept | &right.kept,
        };
        let schema = step.left.schema().join(step.right.schema()).ok()?;
        let conditions = || step.filter.iter().flat_map(split_conjunction);
        let left_over = conditions().map(|part| kept(part, &both.values, &schema));
        let kept = left_over.fold(both.kept.clone(), |all, more| &all | &more);
        let holds: Vec<Value> = conditions().map(|part| value(part, &both.values, &schema, self)).collect();
        let told = holds.iter().fold(Told::default(), |all, value| &all | &value.if_true);
        let never = holds.iter().any(Value::is_never_true);
        let [inner_left, inner_right] = [left, right].map(|kind| kind.clone().where_told(&told));
        let side_by_side = |left: KindOfRows, right: KindOfRows, there: Sources| KindOfRows {
            values: left.values.into_iter().chain(right.values).collect(),
            there,
            kept: kept.clone(),
        };
        match step.join_type {
            JoinType::Inner if never => None,
            JoinType::Inner => Some(side_by_side(inner_left, inner_right, both.there)),
            JoinType::Left => Some(side_by_side(left.clone(), inner_right, left.there.clone())),
            JoinType::Right => Some(side_by_side(inner_left, right.clone(), right.there.clone())),
            JoinType::Full => Some(side_by_side(left.clone(), right.clone(), &left.there & &right.there)),
            JoinType::LeftSemi => Some(KindOfRows { there: both.there, ..inner_left }),
            JoinType::RightSemi => Some(KindOfRows { there: both.there, ..inner_right }),
            JoinType::LeftAnti => Some(left.clone()),
            JoinType::RightAnti => Some(right.clone()),
            JoinType::LeftMark | JoinType::RightMark => None,
        }
    }

    /// The optional sources without which a query gives rows: those that stand in `NOT EXISTS` of its filter.
    fn absent(&mut self, plan: &LogicalPlan) -> Sources {
        match plan {
            LogicalPlan::Filter(filter) => {
                let mut found = Sources::new();
                for part in split_conjunction(&filter.predicate) {
                    let query = match part {
                        Expr::Exists(exists) if exists.negated => Some(part),
                        Expr::Not(inner) if matches!(inner.as_ref(), Expr::Exists(_)) => Some(inner.as_ref()),
                        _ => None,
                    };
                    found.extend(query.map(|query| self.query(query).from).into_iter().flatten());
                }
                found
            }
            LogicalPlan::Projection(step) => self.absent(&step.input),
            LogicalPlan::SubqueryAlias(step) if lineage::model(plan).is_none() => self.absent(&step.input),
            _ => Sources::new(),
        }
    }
}

impl Beyond for Guards<'_> {
    fn query(&mut self, expression: &Expr) -> Value {
        let plan = match expression {
            Expr::ScalarSubquery(query) => &query.subquery,
            Expr::Exists(exists) => &exists.subquery.subquery,
            Expr::InSubquery(within) => &within.subquery.subquery,
            Expr::SetComparison(compared) => &compared.subquery.subquery,
            _ => return Value::default(),
        };
        let rows = self.rows(plan);
        let from = rows.iter().fold(Sources::new(), |all, kind| &all | &kind.everything());
        let values = rows.iter().flat_map(|kind| &kind.values);
        let days = values.fold(Days::default(), |all, value| all.with(&value.days));
        Value::made(from, days)
    }

    fn ready(&self, since: NaiveDate) -> Reaches {
        let complete = self.pipeline.settings.complete_from.iter();
        let of_log = |(log, (from, _)): (&String, &(NaiveDate, _))| {
            let days = since.signed_duration_since(*from).num_days() + 1;
            Some((log.clone(), u32::try_from(days).ok().filter(|days| *days > 0)?))
        };
        complete.filter_map(of_log).collect()
    }
}
