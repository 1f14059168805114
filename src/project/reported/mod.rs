//! `reported('tickets', as_of_date)`: whether a source tells what happened up to the end of a row's day.
//!
//! Where it does not, a metric of it is unknown, and not zero: nobody knows whether there were no tickets, or no load. A
//! source is reported as of the days of one stretch:
//!
//! - from the day on which it began: the day from which on it is complete, where hale.yml says one, else the first day of
//!   any of its rows. Rows that stand for all of the past are from ever; a source without a row is never reported.
//! - as long as some load that went well reaches to at most so many days before the day as loads may lag behind: those of
//!   the source's option `stale_after`, else the parameter `stale_after_days`. As happened these are all loads there are,
//!   for a load of later tells of earlier days as well; as known those of which was known by then.
//!
//! How far loads reach, `raw.source_status` says, where it speaks of the source. Else the newest time at which a row was
//! known, or a load was taken, of sources that are usage or that say `stale_after`: of others a quiet month is no load that
//! failed. Never the newest day on which anything happened. Where neither tells, a source is reported from its beginning on;
//! `stale_after` is refused where neither can, and a run says so where neither does.
//!
//! The same days hold up a run: it builds no day as of which a source that must be there is late.
//!
//! A run asks the sources once for their days, and reads a call as a comparison with the two. What `hale compile` prints is
//! plain SQL that asks them itself.

mod definition;
mod lag;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use chrono::NaiveDate;
use datafusion::sql::sqlparser::ast::{Expr, Visit, visit_expressions};

pub(crate) use definition::{Definition, STATUS, status, statuses};
pub use lag::Lag;
pub(crate) use lag::lag;

use super::calls::{self, arguments, rewritten, text_of};
use super::layer::Layer;
use super::model::{Kind, Model};
use super::ready::unknown_source;
use super::settings::Settings;
use crate::diagnostic::{Diagnostic, Location, SourceFile};

/// The name of the function.
pub(crate) const NAME: &str = "reported";

/// How a call is written.
const FORM: &str = "reported('tickets', as_of_date)";

/// The first day that there is, from which on something holds that always did.
pub(crate) const FIRST: NaiveDate = NaiveDate::from_ymd_opt(1, 1, 1).expect("a calendar has its first day");

/// The last day that there is.
pub(crate) const LAST: NaiveDate = NaiveDate::from_ymd_opt(9999, 12, 31).expect("years have four digits");

/// As of which days a source is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// As of none.
    Never,
    /// As of those of one stretch.
    During {
        /// The first; `None`: as of every day before the last.
        since: Option<NaiveDate>,
        /// The last; `None`: as of every day from the first on.
        until: Option<NaiveDate>,
    },
}

/// As of which days sources are reported, by their names.
pub type Reports = BTreeMap<String, Reported>;

impl Reported {
    /// Both ends, in the order in which a day between them is reported: of none there is no such day.
    pub(crate) fn ends(self) -> (NaiveDate, NaiveDate) {
        match self {
            Self::Never => (LAST, FIRST),
            Self::During { since, until } => (since.unwrap_or(FIRST), until.unwrap_or(LAST)),
        }
    }
}

/// A call as it is written: the source, and the day of the row.
fn call(expression: &Expr) -> Option<Result<&str, ()>> {
    let arguments = arguments(expression, NAME)?;
    let source = arguments.and_then(|arguments| match arguments.as_slice() {
        [source, _] => text_of(source),
        _ => None,
    });
    Some(source.ok_or(()))
}

/// The sources of which a query asks.
pub(crate) fn asked(part: &impl Visit) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let visited = visit_expressions(part, |expression| {
        found.extend(call(expression).and_then(Result::ok).map(str::to_owned));
        ControlFlow::<()>::Continue(())
    });
    debug_assert!(visited.is_continue());
    found
}

/// What is wrong with the calls of a query.
pub(crate) fn problems(
    part: &impl Visit,
    file: &SourceFile,
    sources: &[String],
    place: impl Fn(std::ops::Range<usize>) -> Location,
) -> Vec<Diagnostic> {
    calls::problems(part, file, place, |expression| match call(expression)? {
        Err(()) => Some(
            Diagnostic::error(NAME, "this does not say of which source it asks, or as of which day")
                .help(format!("write {FORM}: the name of a source, the day of the row")),
        ),
        Ok(source) => {
            let is_known = sources.iter().any(|known| known == source);
            (!is_known).then(|| unknown_source(source, sources.iter().map(String::as_str)))
        }
    })
}

/// A text with every call as the plain SQL that defines it.
pub(crate) fn text(sql: &str, models: &[Model], settings: &Settings) -> String {
    let has_status = status(models).is_some();
    rewritten(sql, NAME, &|arguments| {
        let [source, day] = arguments else { return None };
        let source = source.strip_prefix('\'')?.strip_suffix('\'')?;
        Some(of_name(source, models, settings)?.sql(day, has_status))
    })
}

/// What it means that a source is reported.
pub(crate) fn of_name<'a>(name: &str, models: &'a [Model], settings: &'a Settings) -> Option<Definition<'a>> {
    let model = models.iter().find(|model| model.name.layer == Layer::Raw && model.name.table == name)?;
    let Kind::Source(source) = &model.kind else { return None };
    Some(Definition { model, source, settings })
}
