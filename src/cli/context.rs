//! What every command starts from: the project, the engine, the two locations.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::arguments::{Global, OutAt, PublishedAt, SourcesAt};
use super::console::Console;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::engine::sources::Reading;
use crate::engine::{Engine, EngineOptions};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;
use crate::project::{Project, SETTINGS_FILE};
use crate::storage::Storage;
use crate::store::State;

/// The folder below the output of days as they were known.
const AS_KNOWN: &str = "as-known";

/// The arguments of every command, understood.
pub(super) struct Context {
    global: Global,
    pub console: Console,
}

impl Context {
    pub fn new(global: Global, console: Console) -> Self {
        Self { global, console }
    }

    /// The project's pipeline: files read, parsed, ordered; nothing planned.
    pub fn pipeline(&self) -> Result<Pipeline> {
        Ok(Pipeline::build(Project::load(&self.root()?)?)?)
    }

    /// The same for a command that checks it: what is wrong with the main score is told with all else.
    pub fn pipeline_to_check(&self) -> Result<Pipeline> {
        Ok(Pipeline::to_check(Project::load(&self.root()?)?)?)
    }

    /// The part of the project's pipeline that is sound, and what is wrong with the rest: for commands that need only what
    /// they read.
    pub fn sound_pipeline(&self) -> Result<(Pipeline, Diagnostics)> {
        let root = self.root()?;
        let (project, mut problems) = Project::sound(&root)?;
        if problems.is_empty() {
            match Pipeline::build(project) {
                Ok(pipeline) => return Ok((pipeline, problems)),
                Err(found) => problems.extend(found),
            }
        }
        let (project, _) = Project::sound(&root)?;
        Ok((Pipeline::sound(project)?, problems))
    }

    fn root(&self) -> Result<PathBuf> {
        let Some(folder) = &self.global.project else {
            let here = std::env::current_dir().map_err(|error| {
                Error::Usage(format!("the current folder is gone: {error}; name one with --project"))
            })?;
            return Ok(Project::find(&here)?);
        };
        if folder.join(SETTINGS_FILE).is_file() {
            Ok(folder.clone())
        } else {
            Err(Error::Usage(format!("--project {}: there is no {SETTINGS_FILE} in it", folder.display())))
        }
    }

    /// Threads, memory and spilling as asked for.
    pub fn engine(&self) -> Result<Engine> {
        let Global { threads, memory_limit, temp_dir, .. } = &self.global;
        Engine::new(&EngineOptions {
            threads: *threads,
            memory_limit: *memory_limit,
            temp_dir: temp_dir.clone(),
        })
    }

    /// Worker threads; all of the machine's where no number is given.
    pub fn threads(&self) -> usize {
        let threads = self.global.threads.or_else(|| std::thread::available_parallelism().ok());
        threads.map_or(1, NonZeroUsize::get)
    }

    /// Where the sources lie, readable by the engine.
    pub fn sources(&self, given: &SourcesAt, pipeline: &Pipeline, engine: &Engine) -> Result<Storage> {
        open(given.sources.as_deref(), &pipeline.settings.sources, pipeline, engine)
    }

    /// What is published of a reading, as of the newest commit or the one asked for, readable by the engine.
    pub async fn published(
        &self,
        given: &PublishedAt,
        reading: Reading,
        (pipeline, engine): (&Pipeline, &Engine),
    ) -> Result<State> {
        let storage = self.out_of(&given.out, reading, pipeline, engine)?;
        match given.commit {
            Some(number) => State::at(&storage, number).await,
            None => State::newest(&storage).await,
        }
    }

    /// Where tables of a reading are published, readable by the engine.
    pub fn out_of(
        &self,
        given: &OutAt,
        reading: Reading,
        pipeline: &Pipeline,
        engine: &Engine,
    ) -> Result<Storage> {
        let below = |out: &str| match reading {
            Reading::AsHappened => out.to_owned(),
            Reading::AsKnown => format!("{}/{AS_KNOWN}", out.trim_end_matches('/')),
        };
        let typed = given.out.as_deref().map(below);
        open(typed.as_deref(), &below(&pipeline.settings.out), pipeline, engine)
    }
}

/// A path in hale.yml is relative to the project; one that was typed, to the folder in which it was typed.
fn open(given: Option<&str>, settings: &str, pipeline: &Pipeline, engine: &Engine) -> Result<Storage> {
    let storage = match given {
        Some(typed) => Storage::open(typed, Path::new("")),
        None => Storage::open(settings, &pipeline.root),
    }?;
    storage.register(engine.runtime());
    Ok(storage)
}

/// An error of a command that reads, and what else is wrong with the project: what it asks for may be among that.
pub(super) fn beside(error: Error, problems: &Diagnostics) -> Error {
    match error {
        error if problems.is_empty() => error,
        Error::Project(mut found) => {
            found.extend(problems.iter().cloned());
            Error::Project(found)
        }
        Error::Usage(message) => {
            let asked = Diagnostic::error("unknown-table", message);
            Error::Project([asked].into_iter().chain(problems.iter().cloned()).collect())
        }
        error => error,
    }
}
