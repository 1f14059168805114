//! What a change of definition moved: what is not known of it yet, and a run that it began.

use super::condition::Judged;
use super::{Cause, Decimal};

/// A change of which it is open whom it moved.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changed {
    pub(super) cause: Cause,
    /// The last day before on which the condition could be told, under the old definition.
    pub(super) was: Judged,
    /// The same day under the new one; `None` where it cannot be told.
    pub(super) would_be: Option<Judged>,
}

/// A run that is the definition's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suppressed {
    pub(super) cause: Cause,
    /// The score of the first day under the new definition.
    pub(super) reference: Option<Decimal>,
}
