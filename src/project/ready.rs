//! `ready('events', 56, as_of_date)`: whether the 56 days up to the end of a row's day lie where the log of a source is
//! complete.
//!
//! From which day on a source is complete is said in `hale.yml`, beside where the sources lie, for it is a fact about these
//! files and not about what their rows mean:
//!
//! ```yaml
//! complete_from:
//!   events: 2026-03-15
//! ```
//!
//! A call is written as the comparison that it stands for, `as_of_date >= DATE '2026-05-09'`, before a query is planned: the
//! engine leaves days out by it, and what `hale compile` prints is plain SQL.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use chrono::{Days, NaiveDate};
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, DataType, Expr, TypedString, Value, Visit, VisitMut, visit_expressions_mut,
};

use super::calls::{self, arguments, number_of, rewritten, text_of};
use crate::diagnostic::{Diagnostic, Location, SourceFile};

/// From which day on sources are complete, and where that is said.
pub type CompleteFrom = BTreeMap<String, (NaiveDate, Location)>;

const NAME: &str = "ready";

/// How a call is written.
const FORM: &str = "ready('events', 56, as_of_date)";

/// The first day of which the so many days up to its end lie on or after a day; `None` where no calendar has it.
fn first_day(complete_from: NaiveDate, days: u32) -> Option<NaiveDate> {
    complete_from.checked_add_days(Days::new(u64::from(days.saturating_sub(1))))
}

/// A call as it is written.
struct Call {
    source: String,
    days: u32,
    day: Expr,
}

impl Call {
    /// The call that an expression is; `None` where it is another expression, an error where it is a call of another form.
    fn of(expression: &Expr) -> Option<Result<Self, ()>> {
        let arguments = arguments(expression, NAME)?;
        Some(arguments.and_then(|arguments| Self::read(&arguments)).ok_or(()))
    }

    fn read(arguments: &[&Expr]) -> Option<Self> {
        let [source, days, day] = arguments else { return None };
        let (source, days) = (text_of(source)?.to_owned(), number_of(days).filter(|days| *days > 0)?);
        Some(Self { source, days, day: (*day).clone() })
    }

    fn first_day(&self, complete_from: &CompleteFrom) -> Option<NaiveDate> {
        first_day(complete_from.get(&self.source)?.0, self.days)
    }
}

/// Writes every call as the comparison that it stands for. One that says nothing stays: [`problems`] tells of it.
pub(crate) fn write(part: &mut impl VisitMut, complete_from: &CompleteFrom) {
    // Children come before what they are part of, so that a day may itself be computed.
    let visited = visit_expressions_mut(part, |expression| {
        if let Some(Ok(call)) = Call::of(expression)
            && let Some(first) = call.first_day(complete_from)
        {
            let first = TypedString {
                data_type: DataType::Date,
                value: Value::SingleQuotedString(first.to_string()).into(),
                uses_odbc_syntax: false,
            };
            let comparison = Expr::BinaryOp {
                left: Box::new(Expr::Nested(Box::new(call.day))),
                op: BinaryOperator::GtEq,
                right: Box::new(Expr::TypedString(first)),
            };
            *expression = Expr::Nested(Box::new(comparison));
        }
        ControlFlow::<()>::Continue(())
    });
    debug_assert!(visited.is_continue());
}

/// What is wrong with the calls of a query: their form, or that nothing says from when the source is complete.
pub(crate) fn problems(
    part: &impl Visit,
    file: &SourceFile,
    complete_from: &CompleteFrom,
    sources: &[String],
    place: impl Fn(std::ops::Range<usize>) -> Location,
) -> Vec<Diagnostic> {
    calls::problems(part, file, place, |expression| match Call::of(expression)? {
        Err(()) => Some(
            Diagnostic::error("ready", "this does not say of which days of which source it asks")
                .help(format!("write {FORM}: the name of a source, a number of days, the day of the row")),
        ),
        Ok(call) => call.problem(complete_from, sources),
    })
}

/// That a name is that of no source.
pub(crate) fn unknown_source<'a>(name: &str, sources: impl Iterator<Item = &'a str>) -> Diagnostic {
    Diagnostic::error("unknown-source", format!("there is no source raw.{name}")).suggest(name, sources)
}

impl Call {
    fn problem(&self, complete_from: &CompleteFrom, sources: &[String]) -> Option<Diagnostic> {
        let Self { source, days, .. } = self;
        if !sources.contains(source) {
            return Some(unknown_source(source, sources.iter().map(String::as_str)));
        }
        if !complete_from.contains_key(source) {
            let message = format!("it is not said from which day on raw.{source} is complete");
            return Some(
                Diagnostic::error("no-complete-from", message)
                    .note("a window that reaches before that day has no value yet, which only that day can tell")
                    .help(format!(
                        "say it in hale.yml: complete_from: {{{source}: 2026-01-01}}; `hale check --data` proposes the day"
                    )),
            );
        }
        self.first_day(complete_from)
            .is_none()
            .then(|| Diagnostic::error("ready", format!("no calendar reaches {days} days behind that day")))
    }
}

/// A text with every call as the comparison that it stands for.
pub(crate) fn text(sql: &str, complete_from: &CompleteFrom) -> String {
    rewritten(sql, NAME, &|arguments| {
        let [source, days, day] = arguments else { return None };
        let source = source.strip_prefix('\'')?.strip_suffix('\'')?;
        let first = first_day(complete_from.get(source)?.0, days.parse().ok()?)?;
        Some(format!("({day} >= DATE '{first}')"))
    })
}

#[cfg(test)]
mod tests {
    use datafusion::sql::parser::Statement;

    use super::*;
    use crate::project::statement::parse_one;

    fn complete_from() -> CompleteFrom {
        let file = SourceFile::new("hale.yml", "");
        let day = NaiveDate::from_ymd_opt(2026, 3, 15).unwrap();
        BTreeMap::from([("events".to_owned(), (day, Location::whole(&file)))])
    }

    /// The text of a query, written from its parts and in place.
    fn both(sql: &str) -> [String; 2] {
        let Statement::Statement(mut parsed) = parse_one(&SourceFile::new("x.sql", sql)).unwrap() else {
            panic!("{sql}")
        };
        write(parsed.as_mut(), &complete_from());
        [parsed.to_string(), text(sql, &complete_from())]
    }

    #[test]
    fn a_window_is_ready_from_its_first_whole_one() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(first_day(day("2026-03-15"), 1), Some(day("2026-03-15")));
        assert_eq!(first_day(day("2026-03-15"), 56), Some(day("2026-05-09")));
        assert_eq!(first_day(NaiveDate::MAX, 2), None);
    }

    #[test]
    fn a_call_becomes_a_comparison() {
        let [parsed, text] = both("SELECT CASE WHEN Ready('events', 56, as_of_date) THEN 1 END FROM t");
        assert_eq!(parsed, "SELECT CASE WHEN ((as_of_date) >= DATE '2026-05-09') THEN 1 END FROM t");
        assert_eq!(text, "SELECT CASE WHEN (as_of_date >= DATE '2026-05-09') THEN 1 END FROM t");
    }

    #[test]
    fn the_day_may_be_computed_and_what_is_no_call_stays() {
        let sql = "SELECT ready('events', 1, least(a, (b))) AND ready('events', 28 , d), 'ready(''events'', 1, d)', ready FROM t -- ready('events', 1, d)";
        let [_, written] = both(sql);
        assert_eq!(
            written,
            "SELECT (least(a, (b)) >= DATE '2026-03-15') AND (d >= DATE '2026-04-11'), 'ready(''events'', 1, d)', ready FROM t -- ready('events', 1, d)"
        );
        for other in
            ["SELECT ready('tickets', 1, d)", "SELECT ready('events', 1)", "SELECT x.ready('events', 1, d)"]
        {
            assert_eq!(both(other)[0], other);
        }
    }
}
