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
    /// What people were told of an alert, under the new one.
    pub(super) again: Again,
    /// What was suppressed until then.
    pub(super) suppressed: Option<Suppressed>,
}

/// What people were told of an alert, scored again; `None` of a day that cannot be.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Again {
    /// On the day on which they were last told that it is worse.
    pub(super) reference: Option<Decimal>,
    /// On the day on which it opened, or came back.
    pub(super) found: Option<Decimal>,
    /// On the day that this was compared with.
    pub(super) base: Option<Decimal>,
}

/// A run that is the definition's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suppressed {
    pub(super) cause: Cause,
    /// The score of the first day under the new definition.
    pub(super) reference: Option<Decimal>,
}
