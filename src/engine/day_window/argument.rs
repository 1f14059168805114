//! Arguments of window functions, taken apart into a value and the filter that it is under.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::common::tree_node::TreeNode;
use datafusion::physical_expr::expressions::{CaseExpr, CastExpr, Column, Literal};
use datafusion::physical_expr::projection::{ProjectionExpr, ProjectionExprs};
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::{ExecutionPlan, PhysicalExpr};

/// `CASE WHEN filter THEN value END` is a value under a filter, as `FILTER` writes it.
#[derive(Debug, Clone)]
pub(super) struct Argument {
    pub(super) value: Arc<dyn PhysicalExpr>,
    pub(super) filter: Option<Arc<dyn PhysicalExpr>>,
}

/// The input of a window. Where it is a projection, arguments are looked up in it: DataFusion moves what several
/// functions share, such as the cast of an average's integer, down into projections.
pub(super) struct Below {
    input: Arc<dyn ExecutionPlan>,
    /// What is below all projections.
    bottom: Arc<dyn ExecutionPlan>,
    /// The columns of the input over those of the bottom, and then those that were added for arguments.
    projection: Vec<ProjectionExpr>,
    /// The schema of the input with the added columns.
    pub(super) schema: SchemaRef,
}

impl Below {
    /// The input of a window.
    pub(super) fn new(input: &Arc<dyn ExecutionPlan>) -> Result<Self> {
        let mut bottom = Arc::clone(input);
        let mut merged: Option<ProjectionExprs> = None;
        while let Some(projection) = bottom.downcast_ref::<ProjectionExec>() {
            let below = projection.projection_expr();
            merged = Some(match &merged {
                Some(above) if multiplies(above, below) => break,
                Some(above) => below.try_merge(above)?,
                None => below.clone(),
            });
            bottom = Arc::clone(projection.input());
        }
        let projection = merged.map(|merged| merged.iter().cloned().collect()).unwrap_or_default();
        Ok(Self { input: Arc::clone(input), bottom, projection, schema: input.schema() })
    }

    /// The input with the added columns.
    pub(super) fn plan(&self) -> Result<Arc<dyn ExecutionPlan>> {
        if self.schema.fields().len() == self.input.schema().fields().len() {
            return Ok(Arc::clone(&self.input));
        }
        Ok(Arc::new(ProjectionExec::try_new(self.projection.clone(), Arc::clone(&self.bottom))?))
    }

    /// An argument taken apart.
    pub(super) fn argument(&mut self, argument: &Arc<dyn PhysicalExpr>) -> Result<Argument> {
        self.take_apart(argument, Argument::new)
    }

    /// The integers behind an average's doubles: `avg` of an integer is planned as `avg(CAST(x AS DOUBLE))`.
    pub(super) fn average(&mut self, argument: &Arc<dyn PhysicalExpr>) -> Result<Argument> {
        self.take_apart(argument, Argument::of_average)
    }

    fn take_apart(
        &mut self,
        argument: &Arc<dyn PhysicalExpr>,
        take: fn(&Arc<dyn PhysicalExpr>, &Schema) -> Result<Argument>,
    ) -> Result<Argument> {
        let apart = take(argument, &self.schema)?;
        let projected =
            apart.value.downcast_ref::<Column>().and_then(|column| self.projection.get(column.index()));
        let Some(projected) = projected else { return Ok(apart) };
        let below = self.bottom.schema();
        let inner = take(&projected.expr, &below)?;
        if inner.value.eq(&projected.expr) || (apart.filter.is_some() && inner.filter.is_some()) {
            return Ok(apart);
        }
        let value = self.column(inner.value, &below)?;
        let filter = inner.filter.map(|filter| self.column(filter, &below)).transpose()?;
        Ok(Argument { value, filter: apart.filter.or(filter) })
    }

    /// The column of the projection that is this expression, added where there is none.
    fn column(&mut self, expression: Arc<dyn PhysicalExpr>, below: &Schema) -> Result<Arc<dyn PhysicalExpr>> {
        if expression.is::<Literal>() {
            return Ok(expression);
        }
        let known = self.projection.iter().position(|projected| projected.expr.eq(&expression));
        let at = match known {
            Some(at) => at,
            None => {
                let at = self.projection.len();
                let name = format!("__argument_{at}");
                let field = Field::new(&name, expression.data_type(below)?, expression.nullable(below)?);
                let fields = self.schema.fields().iter().cloned().chain([Arc::new(field)]);
                self.schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
                self.projection.push(ProjectionExpr::new(expression, name));
                at
            }
        };
        Ok(Arc::new(Column::new(self.schema.field(at).name(), at)))
    }
}

/// Whether the merger of two projections would say a `CASE` twice that is said once. DataFusion takes twice as long to
/// rebuild one for each other that it is in, so a chain of such mergers would take forever.
fn multiplies(above: &ProjectionExprs, below: &ProjectionExprs) -> bool {
    let mut seen = vec![false; below.as_ref().len()];
    let has_case =
        |at: usize| below.as_ref()[at].expr.exists(|part| Ok(part.is::<CaseExpr>())).unwrap_or(true);
    let mut again = |part: &Arc<dyn PhysicalExpr>| {
        let column = part.downcast_ref::<Column>().map(Column::index);
        Ok(column.is_some_and(|at| std::mem::replace(&mut seen[at], true) && has_case(at)))
    };
    above.iter().any(|projected| projected.expr.exists(&mut again).unwrap_or(true))
}

impl Argument {
    fn new(argument: &Arc<dyn PhysicalExpr>, input: &Schema) -> Result<Self> {
        let case = argument.downcast_ref::<CaseExpr>();
        let case = case.filter(|case| case.expr().is_none() && case.else_expr().is_none());
        if let Some([(filter, value)]) = case.map(CaseExpr::when_then_expr)
            && cannot_fail(value, input)
        {
            return Ok(Self { value: Arc::clone(value), filter: Some(Arc::clone(filter)) });
        }
        Ok(Self { value: Arc::clone(argument), filter: None })
    }

    fn of_average(argument: &Arc<dyn PhysicalExpr>, input: &Schema) -> Result<Self> {
        let Self { value, filter } = Self::new(argument, input)?;
        let Some(cast) = value.downcast_ref::<CastExpr>() else { return Ok(Self { value, filter }) };
        let integer = cast.expr().data_type(input)?;
        if *cast.cast_type() != DataType::Float64 || !integer.is_integer() {
            return Ok(Self { value, filter });
        }
        let inner = Self::new(cast.expr(), input)?;
        let whole = match integer {
            DataType::Int64 | DataType::UInt64 => inner.value,
            _ => Arc::new(CastExpr::new(inner.value, DataType::Int64, None)),
        };
        Ok(match (filter, inner.filter) {
            (filter, None) | (None, filter) => Self { value: whole, filter },
            (filter, Some(_)) => Self { value, filter },
        })
    }
}

/// Whether a value can be computed for rows that its filter keeps out.
fn cannot_fail(value: &Arc<dyn PhysicalExpr>, input: &Schema) -> bool {
    if let Some(cast) = value.downcast_ref::<CastExpr>() {
        let widens = cast.expr().data_type(input).is_ok_and(|from| cast.is_bigger_cast(&from));
        let to_double = *cast.cast_type() == DataType::Float64;
        return (widens || to_double) && cannot_fail(cast.expr(), input);
    }
    value.is::<Column>() || value.is::<Literal>()
}
