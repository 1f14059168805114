//! A draft in the place of the score that it replaces: which files change and how, checked as a whole before anything is written.
//!
//! ```text
//!  a draft ──► Promotion: texts of files as they would be ──► the whole project with them, checked ──► a commit ──► the files
//!  (sql/scores)   without status, replaces, challenge            nothing is written up to here          who, why    one by one
//! ```
//!
//! The commit comes before the files, and what makes the draft no draft comes last: after a crash in between, the same command
//! again finds a draft that is there still, and finishes; the commit that was made is not made twice. Files are left that
//! have their text already.
//!
//! Published days of the draft go with the commit: its table has no definition any more. Earlier commits keep them.

mod keys;

use std::sync::Arc;

use crate::check::{Checked, check};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceFile, closest};
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::Project;
use crate::project::layer::ModelName;
use crate::run::rehearse;
use crate::semantic::{Component, Score, Status};
use crate::store::{Change, Promoted};

/// The keys that a draft has and a published score has not.
const KEYS: [&str; 3] = ["status", "replaces", "challenge"];

/// What promoting a draft does.
#[derive(Debug)]
pub struct Promotion {
    /// The draft's name.
    pub draft: String,
    /// The score that it becomes.
    pub score: ModelName,
    /// The hash of its definition.
    pub definition: String,
    /// The files that change, in the order in which they are written: the last one makes the draft no draft.
    pub edits: Vec<Edit>,
    /// The project as it will be.
    pub after: Checked,
    /// The tables of the draft, whose published days go.
    tables: [ModelName; 2],
}

/// A file that is other than it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Its path in the project.
    pub path: String,
    /// Its text; `None` of a file that goes.
    pub text: Option<String>,
}

impl Promotion {
    /// What promoting the draft of a name does to a project.
    ///
    /// # Errors
    /// [`Error::Usage`] for a name that no draft has; [`Error::Project`] for a file that cannot be edited, and for a project that
    /// would be wrong.
    pub async fn of(pipeline: &Pipeline, engine: &Engine, name: &str) -> Result<Self> {
        let draft = named(pipeline, name)?;
        let edits = edits(pipeline, draft)?;
        let after =
            check(with(&pipeline.root, &edits).map_err(|found| not_promoted(found, draft))?, engine, None)
                .await;
        let after = after.map_err(|error| match error {
            Error::Project(found) => Error::Project(not_promoted(found, draft)),
            other => other,
        })?;
        let rehearsed = rehearse(&after, engine).await?;
        if rehearsed.has_errors() {
            return Err(Error::Project(not_promoted(rehearsed, draft)));
        }
        let becomes = after.pipeline.semantics.scores.iter().find(|score| score.name == draft.stands_for());
        if becomes.is_none_or(|score| score.definition != draft.definition) {
            let message =
                format!("{} without what makes it a draft would mean something else", draft.file.path);
            return Err(Error::Project(by_hand(&message, &draft.file).into()));
        }
        Ok(Self {
            draft: draft.name.clone(),
            score: becomes.map_or_else(|| draft.table(), Score::table),
            definition: draft.definition.clone(),
            edits,
            tables: [draft.table(), draft.components_table()],
            after,
        })
    }

    /// The change of what is published.
    pub fn change(&self) -> Change {
        Change::Promote(Promoted {
            draft: self.draft.clone(),
            score: self.score.table.clone(),
            definition: self.definition.clone(),
            tables: self.tables.to_vec(),
        })
    }
}

/// The draft of a name.
fn named<'a>(pipeline: &'a Pipeline, name: &str) -> Result<&'a Score> {
    let semantics = &pipeline.semantics;
    if let Some(draft) = semantics.draft(name) {
        return Ok(draft);
    }
    let drafts: Vec<&str> = semantics.drafts.iter().map(|draft| draft.name.as_str()).collect();
    if semantics.scores.iter().any(|score| score.name == name) {
        return Err(Error::Usage(format!(
            "{name} is published, and no draft; `hale history` says since when"
        )));
    }
    let hint = match closest(name, drafts.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if drafts.is_empty() => {
            "the project has none: `status: draft` in a file of sql/scores makes one".to_owned()
        }
        None => format!("there are {}", drafts.join(", ")),
    };
    Err(Error::Usage(format!("there is no draft `{}`; {hint}", name.escape_debug())))
}

/// The files as they will be, those of components first and that of the draft last.
fn edits(pipeline: &Pipeline, draft: &Score) -> Result<Vec<Edit>> {
    let mut edits = of_components(draft)?;
    let mut text = draft.file.text.clone();
    for key in KEYS {
        match keys::without(&text, &[], key) {
            Some(without) => text = without,
            None if key == "status" => {
                let message =
                    format!("there is no telling where `status: draft` stands in {}", draft.file.path);
                return Err(Error::Project(by_hand(&message, &draft.file).into()));
            }
            None => {}
        }
    }
    let champion =
        pipeline.semantics.scores.iter().find(|score| Some(score.name.as_str()) == draft.champion());
    let own = draft.file.path.clone();
    match champion {
        Some(champion) => edits.extend([
            Edit { path: champion.file.path.clone(), text: Some(text) },
            Edit { path: own, text: None },
        ]),
        None => edits.push(Edit { path: own, text: Some(text) }),
    }
    Ok(edits)
}

/// The files with components that are drafts and that a draft uses.
fn of_components(draft: &Score) -> Result<Vec<Edit>> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut done: Vec<&str> = Vec::new();
    let used = draft.scorecards().iter().flat_map(|card| card.root.components());
    for component in used.filter(|component| component.status == Status::Draft) {
        if done.contains(&component.name.as_str()) {
            continue;
        }
        done.push(&component.name);
        published(component, &mut edits)?;
    }
    Ok(edits)
}

/// Takes what makes a component a draft out of its file.
fn published(component: &Component, edits: &mut Vec<Edit>) -> Result<()> {
    let file = &component.location.file;
    let known = edits.iter().position(|edit| edit.path == file.path);
    let text = known.and_then(|at| edits[at].text.clone()).unwrap_or_else(|| file.text.clone());
    let text = keys::without(&text, &[&component.name], "status").ok_or_else(|| {
        let message = format!(
            "there is no telling where `status: draft` of `{}` stands in {}",
            component.name, file.path
        );
        Error::Project(by_hand(&message, file).into())
    })?;
    match known {
        Some(at) => edits[at].text = Some(text),
        None => edits.push(Edit { path: file.path.clone(), text: Some(text) }),
    }
    Ok(())
}

/// The project on disk, with some files otherwise.
fn with(root: &std::path::Path, edits: &[Edit]) -> Result<Pipeline, Diagnostics> {
    let mut project = Project::load(root)?;
    for edit in edits {
        for files in [&mut project.components, &mut project.scores] {
            let Some(at) = files.iter().position(|file| file.path == edit.path) else { continue };
            match &edit.text {
                Some(text) => files[at] = SourceFile::new(edit.path.clone(), text.clone()),
                None => drop(files.remove(at)),
            }
        }
    }
    Pipeline::build(project)
}

/// What is wrong with the project as it would be.
fn not_promoted(mut found: Diagnostics, draft: &Score) -> Diagnostics {
    let message =
        format!("with {} in the place of {} the project would be wrong", draft.name, draft.stands_for());
    found.push(
        Diagnostic::error("not-promoted", message)
            .note("nothing was changed")
            .help("mend what is said above"),
    );
    found
}

/// A file that has to be edited by hand.
fn by_hand(message: &str, file: &Arc<SourceFile>) -> Diagnostic {
    Diagnostic::error("not-editable", message.to_owned())
        .at(crate::diagnostic::Location::whole(file))
        .note("nothing was changed")
        .help("write each key of the file on a line of its own, without anchors")
}
