//! What DataFusion's window expressions show of the calls that they were planned from.

use datafusion::physical_expr::window::StandardWindowExpr;
use datafusion::physical_plan::windows::{WindowExpr, WindowUDFExpr};

/// DataFusion keeps the `FILTER` of a window expression to itself and shows it only in its debugging text. An
/// expression whose text does not end as expected is left to DataFusion.
pub(crate) fn is_unfiltered(window: &dyn WindowExpr) -> bool {
    format!("{window:?}").ends_with(", filter: None }")
}

/// The call of a function that is no aggregate.
pub(crate) fn call(window: &dyn WindowExpr) -> Option<&WindowUDFExpr> {
    let standard = window.as_any().downcast_ref::<StandardWindowExpr>()?;
    standard.get_standard_func_expr().as_any().downcast_ref::<WindowUDFExpr>()
}

/// Whether a function was called with `IGNORE NULLS`, which DataFusion too shows only in its debugging text; `None`
/// where the text does not end as expected.
pub(super) fn ignores_nulls(function: &WindowUDFExpr) -> Option<bool> {
    let text = format!("{function:?}");
    if text.ends_with(", is_reversed: false, ignore_nulls: false }") {
        return Some(false);
    }
    text.ends_with(", is_reversed: false, ignore_nulls: true }").then_some(true)
}
