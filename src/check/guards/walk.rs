//! Through the plans of models: the rows that each gives, by their kind.

use std::collections::BTreeMap;

use datafusion::logical_expr::expr::{AggregateFunctionParams, WindowFunctionParams};
use datafusion::logical_expr::utils::split_conjunction;
use datafusion::logical_expr::{Expr, Join, JoinType, LogicalPlan};

use super::kinds::{KindOfRows, Rows, clean, merged};
use super::value::{Is, Sources, Value, value};
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
    /// Columns of metrics that are unguarded, and of which sources.
    pub(super) found: Vec<(&'a Model, String, Sources)>,
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
                vec![KindOfRows { values, there: from }]
            }
            Kind::View(_) => self.plans.get(&model.name).map(|plan| self.rows(plan)).unwrap_or_default(),
            Kind::Table(..) => {
                let rows = self.plans.get(&model.name).map(|plan| self.rows(plan)).unwrap_or_default();
                self.stored(model, rows)
            }
        };
        self.known.insert(model.name.clone(), rows.clone());
        rows
    }

    /// The rows of a stored table: what is unguarded in them is told of here, and no more in what reads them.
    fn stored(&mut self, model: &'a Model, rows: Rows) -> Rows {
        let columns = self.plans.get(&model.name).map(|plan| plan.schema().fields().clone());
        for (at, column) in columns.iter().flatten().enumerate() {
            let open = rows.iter().filter_map(|kind| Some(&kind.values.get(at)?.from - &kind.there));
            let open = open.fold(Sources::new(), |all, more| &all | &more);
            let is_told = model.name.layer == Layer::Metrics && !open.is_empty();
            if is_told && !model.contract.primary_key.contains(column.name()) {
                self.found.push((model, column.name().clone(), open));
            }
        }
        let mut kind = merged(rows);
        kind.values.iter_mut().for_each(|value| value.from.clear());
        vec![kind]
    }
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
        let all = rows.iter().fold(Sources::new(), |all, kind| &all | &kind.everything());
        vec![KindOfRows { values: vec![Value::of(all); width], there: Sources::new() }]
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
                    step.window_expr.iter().map(|expr| self.over(expr, &rows, &step.input)).collect();
                rows.iter_mut().for_each(|kind| kind.values.extend(made.iter().cloned()));
                rows
            }
            LogicalPlan::Aggregate(step) => {
                let input = self.rows(&step.input);
                let expressions = step.group_expr.iter().chain(&step.aggr_expr);
                let values = expressions.map(|expr| self.over(expr, &input, &step.input)).collect();
                let there = if step.group_expr.is_empty() { Sources::new() } else { merged(input).there };
                vec![KindOfRows { values, there }]
            }
            LogicalPlan::Join(step) => self.joined(step),
            LogicalPlan::Union(step) => {
                let answered = step.inputs.iter().fold(Sources::new(), |all, rows| &all | &self.absent(rows));
                let rows = step.inputs.iter().flat_map(|rows| self.rows(rows));
                let rows: Rows = rows.collect();
                rows.into_iter().map(|kind| kind.where_reported(&answered)).collect()
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
        }
        made
    }

    fn value(&mut self, expression: &Expr, kind: &KindOfRows, input: &LogicalPlan) -> Value {
        value(expression, &kind.values, input.schema(), &mut |query| self.of_query(query))
    }

    /// What a sub-query comes from.
    fn of_query(&mut self, expression: &Expr) -> Sources {
        let plan = match expression {
            Expr::ScalarSubquery(query) => &query.subquery,
            Expr::Exists(exists) => &exists.subquery.subquery,
            Expr::InSubquery(within) => &within.subquery.subquery,
            Expr::SetComparison(compared) => &compared.subquery.subquery,
            _ => return Sources::new(),
        };
        self.rows(plan).iter().fold(Sources::new(), |all, kind| &all | &kind.everything())
    }

    /// The rows that a condition keeps, which may be none of a kind.
    fn kept(&mut self, kind: KindOfRows, condition: &Expr, input: &LogicalPlan) -> Option<KindOfRows> {
        let holds = self.value(condition, &kind, input);
        (!holds.is_never_true()).then(|| kind.where_reported(&holds.if_true))
    }

    /// What a function makes of rows of all kinds: an aggregate of a group, or a window.
    fn over(&mut self, expression: &Expr, rows: &Rows, input: &LogicalPlan) -> Value {
        let (name, args, filter) = match expression {
            Expr::Alias(alias) => return self.over(&alias.expr, rows, input),
            Expr::AggregateFunction(function) => {
                let AggregateFunctionParams { args, filter, .. } = &function.params;
                (function.func.name(), args, filter)
            }
            Expr::WindowFunction(function) => {
                let WindowFunctionParams { args, filter, .. } = &function.params;
                (function.fun.name(), args, filter)
            }
            // A column by which is grouped.
            other => {
                let values = rows.iter().map(|kind| self.value(other, kind, input)).collect::<Vec<_>>();
                return values.into_iter().reduce(|one, other| one.or(&other)).unwrap_or_default();
            }
        };
        let from = rows.iter().map(|kind| self.contributes(name, args, filter.as_deref(), kind, input));
        Value::of(from.collect::<Vec<_>>().iter().fold(Sources::new(), |all, from| &all | from))
    }

    /// What rows of a kind bring to a function of many: nothing where they are left out, or only add NULL or zero.
    fn contributes(
        &mut self,
        name: &str,
        args: &[Expr],
        filter: Option<&Expr>,
        kind: &KindOfRows,
        input: &LogicalPlan,
    ) -> Sources {
        let holds = filter.map(|filter| self.value(filter, kind, input)).unwrap_or_default();
        if filter.is_some() && holds.is_never_true() {
            return Sources::new();
        }
        let values: Vec<Value> = args.iter().map(|arg| self.value(arg, kind, input)).collect();
        let is_written = args.iter().all(|arg| matches!(arg, Expr::Literal(..)));
        let adds_nothing = |value: &Value| value.is == Is::Null || (value.is == Is::Zero && name == "sum");
        let of_values = match values.first() {
            // Of these rows it counts how many there are.
            _ if is_written => kind.everything(),
            Some(first) if adds_nothing(first) => return Sources::new(),
            _ => values.iter().fold(Sources::new(), |all, value| &all | &value.from),
        };
        &(&of_values | &holds.from) - &holds.if_true
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
        };
        let holds = step.filter.iter().flat_map(split_conjunction);
        let schema = step.left.schema().join(step.right.schema()).ok()?;
        let holds = holds.map(|part| value(part, &both.values, &schema, &mut |query| self.of_query(query)));
        let holds: Vec<Value> = holds.collect();
        let reported = holds.iter().fold(Sources::new(), |all, value| &all | &value.if_true);
        let never = holds.iter().any(Value::is_never_true);
        let [inner_left, inner_right] = [left, right].map(|kind| kind.clone().where_reported(&reported));
        let side_by_side = |left: KindOfRows, right: KindOfRows, there: Sources| KindOfRows {
            values: left.values.into_iter().chain(right.values).collect(),
            there,
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
                    found.extend(query.map(|query| self.of_query(query)).into_iter().flatten());
                }
                found
            }
            LogicalPlan::Projection(step) => self.absent(&step.input),
            LogicalPlan::SubqueryAlias(step) if lineage::model(plan).is_none() => self.absent(&step.input),
            _ => Sources::new(),
        }
    }
}
