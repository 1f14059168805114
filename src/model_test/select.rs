//! Which files are cases of which models, and which of them were asked for.

use std::sync::Arc;

use crate::check::Checked;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::project::layer::{Layer, ModelName};
use crate::project::model::Model;

/// The folder of tests, as shown.
const FOLDER: &str = "sql/tests/";

/// A file with the model that its folder names.
#[derive(Debug, Clone)]
pub(super) struct CaseFile<'a> {
    /// The model under test.
    pub(super) model: &'a Model,
    /// The file's stem.
    pub(super) name: String,
    /// Its text.
    pub(super) file: &'a Arc<SourceFile>,
}

/// Every file of a pipeline's tests with its model.
///
/// # Errors
/// Files that lie in no model's folder.
pub(super) fn cases(checked: &Checked) -> Result<Vec<CaseFile<'_>>, Diagnostics> {
    let mut problems = Diagnostics::new();
    let placed = checked.pipeline.tests.iter().filter_map(|file| problems.keep(place(checked, file)));
    let cases = placed.collect();
    if problems.has_errors() { Err(problems) } else { Ok(cases) }
}

fn place<'a>(checked: &'a Checked, file: &'a Arc<SourceFile>) -> Result<CaseFile<'a>, Diagnostic> {
    let misplaced = |message: String| Diagnostic::error("test-place", message).at(Location::whole(file));
    let below = file.path.strip_prefix(FOLDER).unwrap_or(&file.path);
    let Some((folder, name)) = below.split_once('/').filter(|(_, name)| !name.contains('/')) else {
        let help = "put it into sql/tests/<layer>.<table>/, such as sql/tests/metrics.usage/";
        return Err(misplaced("a test lies in the folder of its model".to_owned()).help(help));
    };
    let model = ModelName::parse(folder).and_then(|name| checked.pipeline.model(&name));
    let Some(model) = model else {
        let names: Vec<String> = checked.pipeline.models.iter().map(|model| model.name.to_string()).collect();
        let problem = misplaced(format!("there is no model `{folder}` to test"));
        return Err(problem.suggest(folder, names.iter().map(String::as_str)));
    };
    if model.query().is_none() {
        let problem = misplaced(format!("`{folder}` is a source: it computes nothing that could be tested"));
        return Err(problem.help("test a model that reads it, with rows of the source under `given`"));
    }
    let name = name.strip_suffix(".yml").unwrap_or(name).to_owned();
    Ok(CaseFile { model, name, file })
}

/// The cases that words name: a layer, a model or `model/case`; all of them without words.
///
/// # Errors
/// Words that name no case, each with the name that was probably meant.
pub(super) fn by_words<'a>(
    cases: Vec<CaseFile<'a>>,
    words: &[String],
) -> Result<Vec<CaseFile<'a>>, Diagnostics> {
    if words.is_empty() {
        return Ok(cases);
    }
    let unnamed = words.iter().filter(|word| !cases.iter().any(|case| case.is_named(word)));
    let problems: Diagnostics = unnamed.map(|word| unknown(word, &cases)).collect();
    if problems.has_errors() {
        return Err(problems);
    }
    Ok(cases.into_iter().filter(|case| words.iter().any(|word| case.is_named(word))).collect())
}

fn unknown(word: &str, cases: &[CaseFile<'_>]) -> Diagnostic {
    let models = cases.iter().map(|case| case.model.name.to_string());
    let names: Vec<String> = models.chain(cases.iter().map(CaseFile::full_name)).collect();
    Diagnostic::error("unknown-test", format!("`{word}` names no test"))
        .note("a test is named by its layer, its model, or model/case; `expectations` are those of sql/expectations/")
        .suggest(word, names.iter().map(String::as_str))
}

impl CaseFile<'_> {
    fn full_name(&self) -> String {
        format!("{}/{}", self.model.name, self.name)
    }

    fn is_named(&self, word: &str) -> bool {
        let model = &self.model.name;
        Layer::of(word) == Some(model.layer) || word == model.to_string() || word == self.full_name()
    }
}
