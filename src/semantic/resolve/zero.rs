//! What a component is worth where usage is zero, checked.

use std::sync::Arc;

use super::policy;
use super::rule;
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile};
use crate::semantic::definition::{Component, Give, OwnForm, Relative, ZeroBase};
use crate::semantic::document::ComponentDocument;
use crate::semantic::expression::Expression;
use crate::yaml;

/// What the document says; `None` where it is wrong.
pub(super) fn resolve(
    file: &Arc<SourceFile>,
    document: &ComponentDocument,
    problems: &mut Diagnostics,
) -> Option<Option<ZeroBase>> {
    let Some(zero) = &document.zero_base else { return Some(None) };
    let when = Expression::optional(file, zero.value.when.as_ref(), problems);
    let give = problems.keep(policy::give(file, &zero.value.give));
    let own = document.relative_to.as_ref().and_then(|relative| relative.value.own_history.as_ref());
    if zero.value.when.is_none() && own.is_none_or(|own| own.value.form != OwnForm::Change) {
        problems.push(
            Diagnostic::error("missing-key", "the key `when` is missing")
                .at(yaml::place(file, zero))
                .help("`when: active_users_28d = 0`, or whatever says that there was no usage to divide by"),
        );
    }
    Some(Some(ZeroBase { when: when?, give: give? }))
}

/// A change against an own history that may be of zeros, with nothing said about these.
pub(super) fn unanswered(component: &Component) -> Option<Diagnostic> {
    let changes = matches!(component.relative_to, Some(Relative::OwnHistory { form: OwnForm::Change, .. }));
    (changes && component.zero_base.is_none()).then(|| {
        let message = format!("it is not said what `{}` is worth after a history of zeros", component.name);
        Diagnostic::error("no-zero-base", message)
            .at(component.location.clone())
            .note("where the value and the mean of its history are both 0 there is no change to tell, and that is known of the account, not missing")
            .help("add `zero_base: {give: worst}`, or `best`, `not_applicable`, or points")
    })
}

/// Points that are out of the range.
pub(super) fn outside(component: &Component) -> Option<Diagnostic> {
    let Give::Points(points) = component.zero_base.as_ref()?.give else { return None };
    rule::outside("points", points, component.scoring.range)
}
