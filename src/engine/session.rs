//! One catalogue of layers, and the planning of models in it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, SchemaRef};
use chrono::NaiveDate;
use chrono_tz::Tz;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, TableProvider};
use datafusion::common::metadata::ScalarAndMetadata;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema, ParamValues, TableReference};
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder};
use datafusion::optimizer::OptimizerRule;
use datafusion::optimizer::common_subexpr_eliminate::CommonSubexprEliminate;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::prelude::SessionContext;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{Query, Statement as SqlStatement};

use super::calendar::calendar;
use super::checked::CheckedArithmetic;
use super::day_window::WindowOptions;
use super::faults::KnownFaults;
use super::frames::FrameBounds;
use super::grouping::GroupingOrder;
use super::microseconds::Microseconds;
use super::narrowing::NarrowingCasts;
use super::rules::{Rule, with_rules};
use super::subqueries::SubqueryPredicates;
use super::{Engine, cast_names, functions, whole_keys};
use crate::pipeline::CALENDAR_DAYS;
use crate::project::digests;
use crate::project::layer::{CALENDAR, Layer, ModelName};
use crate::project::model::{AS_OF_DATE, Model};
use crate::project::ready::{self, CompleteFrom};
use crate::project::reported::Reports;
use crate::project::settings::Settings;

const CATALOG: &str = "hale";

/// The row that a constraint looks at.
const ROW: &str = "the_row";

/// A catalogue with a schema for each layer; what is registered in it decides what models read.
#[derive(Clone)]
pub struct Session {
    pub(super) context: SessionContext,
    parameters: ParamValues,
    complete_from: Arc<CompleteFrom>,
    /// As of which days sources are reported, as far as they were asked: as what is registered, one for all clones.
    reports: Arc<Mutex<Reports>>,
}

impl Session {
    /// A session with the layers and the project's parameters and functions, and no table yet but the calendar.
    ///
    /// # Errors
    /// When the engine refuses the set-up.
    pub fn new(
        engine: &Engine,
        settings: &Settings,
        windows: WindowOptions,
        until: NaiveDate,
    ) -> Result<Self> {
        let mut config = engine.config().with_default_catalog_and_schema(CATALOG, "none");
        config.options_mut().extensions.insert(windows);
        let builder = SessionStateBuilder::new()
            .with_config(config)
            .with_runtime_env(Arc::clone(engine.runtime()))
            .with_default_features();
        let mut state = with_rules(builder.build(), &Rule::ALL);
        state.register_function_rewrite(Arc::new(CheckedArithmetic))?;
        state.add_analyzer_rule(Arc::new(KnownFaults));
        state.add_analyzer_rule(Arc::new(SubqueryPredicates));
        state.add_analyzer_rule(Arc::new(FrameBounds));
        state.add_analyzer_rule(Arc::new(GroupingOrder));
        state.add_analyzer_rule(Arc::new(Microseconds));
        state.add_analyzer_rule(Arc::new(NarrowingCasts));
        let context = SessionContext::new_with_state(state);
        whole_keys::install(&context);
        register_functions(&context, settings.time_zone);
        let catalog = MemoryCatalogProvider::new();
        for schema in Layer::ALL.map(Layer::name).into_iter().chain([CALENDAR]) {
            catalog.register_schema(schema, Arc::new(MemorySchemaProvider::new()))?;
        }
        context.register_catalog(CATALOG, Arc::new(catalog));
        let days = calendar(settings.history_starts, until)?;
        context.register_table(TableReference::partial(CALENDAR, CALENDAR_DAYS), days)?;
        let values = settings
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), ScalarAndMetadata::new(value.clone(), None)));
        let parameters = ParamValues::Map(values.collect::<HashMap<_, _>>());
        let complete_from = Arc::new(settings.complete_from.clone());
        Ok(Self { context, parameters, complete_from, reports: Arc::default() })
    }

    /// Notes as of which days sources are reported: calls that ask of them are comparisons in plans from now on.
    pub fn report(&self, reports: Reports) {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).extend(reports);
    }

    /// Whether it is noted as of which days a source is reported.
    pub fn knows_of(&self, source: &str) -> bool {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).contains_key(source)
    }

    /// A plan with every call that asks of a known source as the comparison that it stands for.
    fn with_reports(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        functions::reported::written(plan, &self.reports.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a table readable under a model's name, in place of what was there.
    ///
    /// # Errors
    /// When the catalogue refuses it.
    pub fn register(&self, name: &ModelName, table: Arc<dyn TableProvider>) -> Result<()> {
        let reference = TableReference::partial(name.layer.name(), name.table.as_str());
        self.context.deregister_table(reference.clone())?;
        self.context.register_table(reference, table).map(drop)
    }

    /// Makes a plan readable under a model's name; it is inlined where it is read.
    ///
    /// # Errors
    /// When the catalogue refuses it.
    pub fn register_view(&self, name: &ModelName, plan: LogicalPlan) -> Result<()> {
        self.register(name, Arc::new(ViewTable::new(plan, None)))
    }

    /// The session as a model's query wants it. What is compiled from the semantic side has many small expressions in
    /// steps: what several of them share is computed anew in each. DataFusion would make a step of its own of
    /// every such part, and carry all columns through it.
    #[must_use]
    pub fn for_model(&self, model: &Model) -> Self {
        if model.name.layer.is_semantic() { self.for_steps() } else { self.clone() }
    }

    /// The session as queries of many small steps want it.
    #[must_use]
    pub fn for_steps(&self) -> Self {
        let state = self.context.state();
        let mut rules = state.optimizer().rules.clone();
        rules.retain(|rule| rule.name() != CommonSubexprEliminate::new().name());
        let state = SessionStateBuilder::new_from_existing(state).with_optimizer_rules(rules).build();
        Self { context: SessionContext::new_with_state(state), ..self.clone() }
    }

    /// Every row and column of what is registered under a model's name.
    ///
    /// # Errors
    /// When nothing is.
    pub async fn scan(&self, name: &ModelName) -> Result<LogicalPlan> {
        let reference = TableReference::partial(name.layer.name(), name.table.as_str());
        let table = self.context.table_provider(reference.clone()).await?;
        LogicalPlanBuilder::scan(reference, provider_as_source(table), None)?.build()
    }

    /// Plans a query as it was parsed, with the project's parameters put in.
    ///
    /// # Errors
    /// What the planner says; most of it carries the place in the text.
    pub async fn plan(&self, query: &Query) -> Result<LogicalPlan> {
        let mut statement = Statement::Statement(Box::new(SqlStatement::Query(Box::new(query.clone()))));
        self.written(&mut statement);
        self.with_parameters(self.with_reports(self.planned(statement).await?)?)
    }

    /// A plan with the project's parameters put in. Where it names none it stays as it is: putting in makes every node anew.
    fn with_parameters(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        if plan.get_parameter_names()?.is_empty() {
            return Ok(plan);
        }
        plan.with_param_values(self.parameters.clone())
    }

    /// A plan with views put in and types settled.
    ///
    /// # Errors
    /// What the analyser says.
    pub fn analysed(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let state = self.context.state_ref();
        let state = state.read();
        state.analyzer().execute_and_check(plan, state.config_options(), |_, _| {})
    }

    /// Writes the calls of a statement that stand for something as that.
    fn written(&self, statement: &mut Statement) {
        match statement {
            Statement::Statement(statement) => {
                ready::write(statement.as_mut(), &self.complete_from);
                digests::write(statement.as_mut());
            }
            Statement::Explain(explained) => self.written(&mut explained.statement),
            _ => {}
        }
    }

    /// The plan of a statement; where two of its expressions have one name, with the casts named by which they differ.
    async fn planned(&self, statement: Statement) -> Result<LogicalPlan> {
        let state = self.state();
        let error = match state.statement_to_plan(statement.clone()).await {
            Err(error) if cast_names::is_of_one_name(&error) => error,
            planned => return planned,
        };
        let Some(named) = cast_names::with_names(statement) else { return Err(error) };
        match state.statement_to_plan(named).await {
            Ok(plan) => cast_names::in_plan(plan),
            Err(_) => Err(error),
        }
    }

    /// The condition of a `CHECK` over one row of declared columns, as the one column of a plan: the project's parameters
    /// put in, its types settled.
    ///
    /// # Errors
    /// What the parser and the planner say.
    pub fn condition_plan(&self, sql: &str, declared: &SchemaRef) -> Result<LogicalPlan> {
        let columns = DFSchema::try_from(Arc::clone(declared))?;
        let condition = self.context.state_ref().read().create_logical_expr(sql, &columns)?;
        let row = provider_as_source(Arc::new(EmptyTable::new(Arc::clone(declared))));
        let plan = LogicalPlanBuilder::scan(ROW, row, None)?.project([condition])?.build()?;
        self.analysed(self.with_parameters(plan)?)
    }

    /// The condition of a `CHECK`, and what the engine only rewrites, such as `coalesce`, rewritten.
    ///
    /// # Errors
    /// As [`Session::condition_plan`].
    pub fn condition(&self, sql: &str, declared: &SchemaRef) -> Result<Expr> {
        self.condition_in(&self.condition_plan(sql, declared)?, declared)
    }

    /// The condition that is the one column of a [plan](Session::condition_plan), rewritten in the same way.
    ///
    /// # Errors
    /// What the engine says of rewriting it.
    pub fn condition_in(&self, plan: &LogicalPlan, declared: &SchemaRef) -> Result<Expr> {
        let columns = Arc::new(DFSchema::try_from(Arc::clone(declared))?);
        let [condition] = plan
            .expressions()
            .try_into()
            .map_err(|_| DataFusionError::Plan("a constraint looks at the columns of one row".to_owned()))?;
        let condition = condition.unalias_nested().data.transform(|part| match part {
            Expr::Column(column) => Ok(Transformed::yes(Expr::Column(Column::from_name(column.name)))),
            other => Ok(Transformed::no(other)),
        });
        let context = SimplifyContext::builder()
            .with_schema(columns)
            .with_config_options(Arc::clone(self.context.state_ref().read().config_options()))
            .build();
        ExprSimplifier::new(context).simplify(condition.data()?)
    }

    /// The day of an instant in the project's time zone.
    ///
    /// # Errors
    /// When the function that tells is not registered.
    pub fn local_day(&self, instant: Expr) -> Result<Expr> {
        Ok(self.context.udf("local_day")?.call(vec![instant]))
    }

    /// Plans a query given as text.
    ///
    /// # Errors
    /// What the parser and the planner say.
    pub async fn plan_text(&self, sql: &str) -> Result<LogicalPlan> {
        let state = self.state();
        let mut statement = state.sql_to_statement(sql, &state.config_options().sql_parser.dialect)?;
        self.written(&mut statement);
        let plan = self.with_reports(self.planned(statement).await?)?;
        match &plan {
            LogicalPlan::Ddl(_) | LogicalPlan::Dml(_) | LogicalPlan::Copy(_) | LogicalPlan::Statement(_) => {
                Err(DataFusionError::Plan("only queries are allowed here".to_owned()))
            }
            _ => self.with_parameters(plan),
        }
    }

    /// The rows of a query given as text.
    ///
    /// # Errors
    /// What the parser and the planner say, and the engine of rows that cannot be computed with.
    pub async fn rows(&self, sql: &str) -> Result<Vec<RecordBatch>> {
        self.rows_of(self.plan_text(sql).await?).await
    }

    /// The rows of a plan.
    ///
    /// # Errors
    /// What the engine says of rows that cannot be computed with.
    pub async fn rows_of(&self, plan: LogicalPlan) -> Result<Vec<RecordBatch>> {
        self.context.execute_logical_plan(plan).await?.collect().await
    }

    /// A plan made in another session, over what is registered here under the same names, and with what is reported here;
    /// `None` where one of these is a view, which only planning anew puts in.
    ///
    /// # Errors
    /// When nothing is registered under a name.
    pub async fn rebound(&self, plan: &LogicalPlan) -> Result<Option<LogicalPlan>> {
        let mut names = Vec::new();
        plan.apply_with_subqueries(|node| {
            if let LogicalPlan::TableScan(scan) = node
                && is_in_a_layer(&scan.table_name)
                && !names.contains(&scan.table_name)
            {
                names.push(scan.table_name.clone());
            }
            Ok(TreeNodeRecursion::Continue)
        })?;
        let mut tables = HashMap::new();
        for name in names {
            let table = self.context.table_provider(name.clone()).await?;
            if table.get_logical_plan().is_some() {
                return Ok(None);
            }
            tables.insert(name, provider_as_source(table));
        }
        let rebound = plan.clone().transform_up_with_subqueries(|node| match node {
            LogicalPlan::TableScan(mut scan) if tables.contains_key(&scan.table_name) => {
                scan.source = Arc::clone(&tables[&scan.table_name]);
                Ok(Transformed::yes(LogicalPlan::TableScan(scan)))
            }
            other => Ok(Transformed::no(other)),
        });
        self.with_reports(rebound.data()?).map(Some)
    }

    /// The best plan for the rows of one whose types are settled. Days may have been added to it: they are settled
    /// as soon as its own are dates.
    ///
    /// # Errors
    /// What the optimiser says.
    pub fn optimised(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let state = self.context.state_ref();
        let state = state.read();
        let day = plan.schema().field_with_unqualified_name(AS_OF_DATE);
        if day.is_ok_and(|day| *day.data_type() != DataType::Date32) {
            return state.optimize(&plan);
        }
        state.optimizer().optimize(plan, &*state, |_, _| {})
    }

    /// The session's state at this moment.
    pub fn state(&self) -> SessionState {
        self.context.state()
    }

    /// DataFusion's own handle, for what executes plans.
    pub fn context(&self) -> &SessionContext {
        &self.context
    }
}

/// Whether a table lies in the catalogue; what a table function gives does not.
fn is_in_a_layer(table: &TableReference) -> bool {
    table.schema().is_some()
}

fn register_functions(context: &SessionContext, zone: Tz) {
    for aggregate in functions::aggregates() {
        context.register_udaf(aggregate.as_ref().clone());
    }
    context.register_udf(functions::local_day(zone));
    context.register_udf(functions::hashed_share());
    context.register_udf(functions::reported::reported());
    context.register_udf(cast_names::function());
}
