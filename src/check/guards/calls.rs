//! Calls of functions of many rows.

use datafusion::logical_expr::Expr;
use datafusion::logical_expr::expr::{AggregateFunctionParams, WindowFunctionParams};

use super::bounds::of_frame;
use super::told::WITHOUT_END;

/// A function of a group, or of a window.
pub(super) struct Call<'e> {
    pub(super) name: &'e str,
    pub(super) args: &'e [Expr],
    pub(super) filter: Option<&'e Expr>,
    pub(super) is_distinct: bool,
    /// By what the rows are put together.
    pub(super) by: &'e [Expr],
    /// Over how many days the frame of a window reaches.
    pub(super) frame: Option<u32>,
}

impl<'e> Call<'e> {
    /// The call that an expression is, over rows that are grouped in some way.
    pub(super) fn of(expression: &'e Expr, by: &'e [Expr]) -> Option<Self> {
        match expression {
            Expr::Alias(alias) => Self::of(&alias.expr, by),
            Expr::AggregateFunction(function) => {
                let AggregateFunctionParams { args, filter, distinct, .. } = &function.params;
                let (name, filter) = (function.func.name(), filter.as_deref());
                Some(Self { name, args, filter, is_distinct: *distinct, by, frame: None })
            }
            Expr::WindowFunction(function) => {
                let WindowFunctionParams { args, filter, distinct, partition_by, window_frame, .. } =
                    &function.params;
                let (name, filter) = (function.fun.name(), filter.as_deref());
                let frame = Some(of_frame(window_frame));
                Some(Self { name, args, filter, is_distinct: *distinct, by: partition_by, frame })
            }
            _ => None,
        }
    }

    /// How many days before a row the first of its frame lies.
    pub(super) fn back(&self) -> u32 {
        match self.frame {
            Some(WITHOUT_END) => WITHOUT_END,
            Some(days) => days.saturating_sub(1),
            None => 0,
        }
    }
}
