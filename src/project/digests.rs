//! `FROM digests('tickets')`: the days of a source, each with a digest of what the source says of it.
//!
//! It is asked with `hale query`. No model and no audit reads it: a digest says that something changed, and not what.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use datafusion::sql::sqlparser::ast::{
    FunctionArg, FunctionArgExpr, Ident, ObjectName, Spanned, TableFactor, Visit, VisitMut, Visitor,
    VisitorMut,
};

use super::calls::text_of;
use super::layer::{CALENDAR, Layer, ModelName};
use super::model::{Kind, Model, Source};
use super::ready::unknown_source;
use super::statement::bytes;
use crate::diagnostic::{Diagnostic, Location, SourceFile};

/// The name of the table function.
pub(crate) const NAME: &str = "digests";

/// How a call is written.
const FORM: &str = "FROM digests('tickets')";

/// The table that stands for a call, among those of hale's own: each source has one, for the engine takes two calls of one
/// function for the same.
pub(crate) fn table(source: &str) -> String {
    format!("{NAME}('{source}')")
}

/// Writes every call as the table that stands for it.
pub(crate) fn write(part: &mut impl VisitMut) {
    let visited = part.visit(&mut Tables);
    debug_assert!(visited.is_continue());
}

/// The columns that it gives.
pub(crate) const COLUMNS: [&str; 3] = ["day", "rows", "digest"];

/// The sources of which a query asks.
pub(crate) fn asked(part: &impl Visit) -> BTreeSet<String> {
    Calls::of(part).into_iter().filter_map(|call| call.source).collect()
}

/// What is wrong with the calls of a query: their form, or that there is no such source.
pub(crate) fn problems(
    part: &impl Visit,
    file: &SourceFile,
    models: &[Model],
    place: impl Fn(Range<usize>) -> Location,
) -> Vec<Diagnostic> {
    let problem = |call: &Call| match &call.source {
        None => {
            let message = "this does not say of which source it asks";
            Some(Diagnostic::error(NAME, message).help(format!("write {FORM}: the name of a source")))
        }
        Some(name) => of_name(name, models).is_none().then(|| unknown(name, models)),
    };
    let calls = Calls::of(part);
    let found = calls.iter().filter_map(|call| Some(problem(call)?.at(place(bytes(file, call.name.span())))));
    found.collect()
}

/// That a model or an audit asks.
pub(crate) fn refused(
    part: &impl Visit,
    file: &SourceFile,
    place: impl Fn(Range<usize>) -> Location,
) -> Vec<Diagnostic> {
    let of_call = |call: &Call| {
        let message = "digests of sources are asked with `hale query`, and read by no model and no audit";
        Diagnostic::error(NAME, message)
            .at(place(bytes(file, call.name.span())))
            .note("they say that what a source tells of a day changed, and not what")
            .help("read the rows themselves, from dated.…")
    };
    Calls::of(part).iter().map(of_call).collect()
}

/// That there is no source of a name.
pub(crate) fn unknown(name: &str, models: &[Model]) -> Diagnostic {
    unknown_source(name, sources(models).map(|(model, _)| model.name.table.as_str()))
}

/// A source by its name.
pub(crate) fn of_name<'a>(name: &str, models: &'a [Model]) -> Option<(&'a Model, &'a Source)> {
    let wanted = ModelName::new(Layer::Raw, name);
    sources(models).find(|(model, _)| model.name == wanted)
}

fn sources(models: &[Model]) -> impl Iterator<Item = (&Model, &Source)> {
    models.iter().filter_map(|model| match &model.kind {
        Kind::Source(source) => Some((model, source.as_ref())),
        _ => None,
    })
}

/// A call as it is written; without a source where it names none.
struct Call {
    name: ObjectName,
    source: Option<String>,
}

/// The calls of a text, in their order.
#[derive(Default)]
struct Calls(Vec<Call>);

impl Calls {
    fn of(part: &impl Visit) -> Vec<Call> {
        let mut calls = Self::default();
        let visited = part.visit(&mut calls);
        debug_assert!(visited.is_continue());
        calls.0
    }
}

impl Visitor for Calls {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        let (name, arguments) = match factor {
            TableFactor::Table { name, args: Some(called), .. } => (name, &called.args),
            TableFactor::Function { name, args, .. } => (name, args),
            _ => return ControlFlow::Continue(()),
        };
        if is_called(name) {
            self.0.push(Call { name: name.clone(), source: source_of(arguments) });
        }
        ControlFlow::Continue(())
    }
}

/// Whether it is the function's name, as SQL understands it.
fn is_called(name: &ObjectName) -> bool {
    name.to_string().eq_ignore_ascii_case(NAME)
}

/// The source that arguments name.
fn source_of(arguments: &[FunctionArg]) -> Option<String> {
    match arguments {
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] => text_of(value).map(str::to_owned),
        _ => None,
    }
}

/// Puts tables in the place of calls.
struct Tables;

impl VisitorMut for Tables {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args, .. } = factor
            && is_called(name)
            && let Some(source) = args.as_ref().and_then(|called| source_of(&called.args))
        {
            let parts = [CALENDAR.to_owned(), table(&source)].map(|part| Ident::with_quote('"', part));
            *name = ObjectName::from(parts.to_vec());
            *args = None;
        }
        ControlFlow::Continue(())
    }
}
