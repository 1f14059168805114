//! Who reads whom: references out of the parser, held against the layer rule, ordered.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::functions_table::all_default_table_functions;
use datafusion::sql::parser::Statement;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    Query, Spanned, Statement as SqlStatement, TableFactor, Visit, Visitor, visit_relations,
};

use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::project::digests;
use crate::project::layer::{CALENDAR, Layer, ModelName};
use crate::project::model::Model;
use crate::project::statement::bytes;
use crate::semantic::MAIN;

/// What a query reads: the models, and where it first names each.
#[derive(Debug, Clone, Default)]
pub struct Reads(pub BTreeMap<ModelName, Location>);

/// The one table of hale's own: a row for each day of the calendar.
pub const CALENDAR_DAYS: &str = "days";

/// Resolves the table names of a query, leaving out those it defines itself (`WITH`), the calendar, and table functions
/// where they are called (`generate_series(1, 12)`).
pub(crate) fn reads_of(
    query: &Query,
    file: &Arc<SourceFile>,
    known: &BTreeSet<ModelName>,
) -> Result<Reads, Diagnostics> {
    let statement = Statement::Statement(Box::new(SqlStatement::Query(Box::new(query.clone()))));
    let (tables, _) = resolve_table_references(&statement, true)
        .map_err(|error| Diagnostic::error("syntax", error.strip_backtrace()).at(Location::whole(file)))?;
    let places = places_of(query, file);
    let called = Calls::of(query);
    let mut reads = Reads::default();
    let mut problems = Diagnostics::new();
    for table in tables {
        let text = table.to_string();
        let place = places.get(&text).cloned().unwrap_or_else(|| Location::whole(file));
        match ModelName::parse(&text) {
            Some(name) if known.contains(&name) => drop(reads.0.insert(name, place)),
            _ if text == format!("{CALENDAR}.{CALENDAR_DAYS}") => {}
            _ if called.contains(&text) => problems.extend(unknown_function(&text).map(|p| p.at(place))),
            _ => problems.push(unknown_table(&text, known).at(place)),
        }
    }
    if problems.is_empty() { Ok(reads) } else { Err(problems) }
}

fn unknown_table(text: &str, known: &BTreeSet<ModelName>) -> Diagnostic {
    let names: Vec<String> = known.iter().map(ToString::to_string).collect();
    let problem = Diagnostic::error("unknown-table", format!("there is no table `{text}`"));
    let of_scores = |layer: Layer| layer.is_semantic() || layer == Layer::Published;
    if ModelName::parse(text).is_some_and(|name| of_scores(name.layer) && name.table == MAIN) {
        return problem.help("say which score is the main one: `main_score: NAME` in hale.yml");
    }
    if text.contains('.') {
        return problem.suggest(text, names.iter().map(String::as_str));
    }
    match known.iter().find(|name| name.table == text && name.layer != Layer::Raw) {
        Some(name) => problem.help(format!("write it with its layer: `{name}`")),
        None => problem.note("tables are named with their layer, such as staging.accounts"),
    }
}

/// A table function that there is not.
fn unknown_function(text: &str) -> Option<Diagnostic> {
    let functions = all_default_table_functions();
    let names: Vec<&str> = functions.iter().map(|function| function.name()).chain([digests::NAME]).collect();
    (!names.contains(&text)).then(|| {
        let problem = Diagnostic::error("unknown-function", format!("there is no table function `{text}`"));
        problem.suggest(text, names)
    })
}

/// The names in `FROM` that are called with arguments.
#[derive(Default)]
struct Calls(BTreeSet<String>);

impl Calls {
    fn of(query: &Query) -> BTreeSet<String> {
        let mut calls = Self::default();
        let visited = query.visit(&mut calls);
        debug_assert!(visited.is_continue());
        calls.0
    }
}

impl Visitor for Calls {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } = factor {
            self.0.insert(name.to_string().to_lowercase());
        }
        ControlFlow::Continue(())
    }
}

/// Where each table is first named.
fn places_of(query: &Query, file: &Arc<SourceFile>) -> BTreeMap<String, Location> {
    let mut places = BTreeMap::new();
    let visited: ControlFlow<()> = visit_relations(query, |name| {
        let place = Location::new(file, bytes(file, name.span()));
        places.entry(name.to_string().to_lowercase()).or_insert(place);
        ControlFlow::Continue(())
    });
    debug_assert!(visited.is_continue());
    places
}

/// Whether a model may read another, by its layer.
pub(crate) fn layer_rule(model: &Model, reads: &Reads) -> Diagnostics {
    let layer = model.name.layer;
    let wrong = reads.0.iter().filter(|(name, _)| !layer.may_read().contains(&name.layer));
    wrong
        .map(|(name, place)| {
            let may: Vec<&str> = layer.may_read().iter().copied().map(Layer::name).collect();
            let problem = Diagnostic::error("layer-rule", format!("a {layer} model may not read `{name}`"))
                .at(place.clone())
                .note(format!("{layer} reads {}", may.join(", ")));
            if name.layer == Layer::Drafts {
                return problem
                    .note("a draft is shown to none: what reads it would change what is published with it")
                    .help("read the published score, or publish the draft first with `hale promote`");
            }
            if name.layer == Layer::Outcomes {
                return problem
                    .note("outcomes look forward: nothing that scores may read them")
                    .help("read it in marts, beside the score of the day on which the account was observed");
            }
            if name.layer != Layer::Raw {
                return problem
                    .help("data flows one way: raw, dated, staging, metrics, components and scores, published, outcomes, marts");
            }
            let dated = ModelName::new(Layer::Dated, name.table.clone());
            problem
                .note("a row that was delivered again stands in it twice, and one that was corrected with both values")
                .help(format!("read `{dated}` in staging, which has each once with the days on which it counts"))
        })
        .collect()
}

/// Models in an order in which each comes after all that it reads.
///
/// # Errors
/// A cycle, shown as the path around it.
pub(crate) fn ordered(reads: &BTreeMap<ModelName, Reads>) -> Result<Vec<ModelName>, Diagnostics> {
    let mut walk = Walk { reads, done: BTreeSet::new(), path: Vec::new(), order: Vec::new() };
    for name in reads.keys() {
        walk.visit(name)?;
    }
    Ok(walk.order)
}

struct Walk<'a> {
    reads: &'a BTreeMap<ModelName, Reads>,
    done: BTreeSet<&'a ModelName>,
    path: Vec<&'a ModelName>,
    order: Vec<ModelName>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, name: &'a ModelName) -> Result<(), Diagnostics> {
        if self.done.contains(name) {
            return Ok(());
        }
        self.path.push(name);
        for (read, place) in &self.reads[name].0 {
            if let Some(start) = self.path.iter().position(|step| *step == read) {
                let around: Vec<String> =
                    self.path[start..].iter().chain([&read]).map(ToString::to_string).collect();
                let problem =
                    Diagnostic::error("cycle", format!("models read each other: {}", around.join(" → ")));
                return Err(problem
                    .at(place.clone())
                    .help("break the circle: one of them must not read the next")
                    .into());
            }
            self.visit(read)?;
        }
        self.path.pop();
        self.done.insert(name);
        self.order.push(name.clone());
        Ok(())
    }
}
