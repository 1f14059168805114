//! Runs a project through the library, whole: load, check, build, audit, publish.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use halescore::check::{Checked, check};
use halescore::engine::sources::Reading;
use halescore::engine::{Engine, EngineOptions};
use halescore::error::Result;
use halescore::pipeline::Pipeline;
use halescore::plan::{Inputs, Late, MayLack};
use halescore::project::Project;
use halescore::run::{Quiet, Request, Selection, build};
use halescore::storage::Storage;
use halescore::store::State;

/// One run of a project, for days, from a folder of sources into a folder of tables.
pub struct Run {
    /// The folder with `hale.yml`.
    pub project: PathBuf,
    /// Where the sources lie.
    pub sources: PathBuf,
    /// Where tables are published.
    pub out: PathBuf,
    /// The stored models that are published; all of them where none is named.
    pub select: Vec<String>,
    /// Threads, memory and the like.
    pub engine: EngineOptions,
    /// What a day knows.
    pub reading: Reading,
    /// The project as it was checked before; checked anew where it was not.
    pub checked: Option<Arc<Checked>>,
}

/// A project in order. What is expected of the sample is not expected of other worlds, nor of changed
/// definitions, and rules over scores are no matter of a run.
fn ordered(project: &Path) -> Result<Pipeline> {
    let mut project = Project::load(project)?;
    project.expectations.clear();
    project.alerts.clear();
    Ok(Pipeline::build(project)?)
}

/// A project checked without its sources, for many runs.
pub fn checked(project: &Path) -> Arc<Checked> {
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let checked = async {
        let pipeline = ordered(project)?;
        check(pipeline, &engine, None).await
    };
    Arc::new(deep(checked).unwrap_or_else(|error| panic!("{error}")))
}

/// Work on a stack of its own: debug builds plan in deep frames.
fn deep<T: Send>(work: impl Future<Output = T> + Send) -> T {
    const STACK: usize = 32 << 20;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).thread_stack_size(STACK).enable_all().build().unwrap();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(scope, || runtime.block_on(work)).unwrap().join().unwrap()
    })
}

impl Run {
    /// A run of everything with one thread.
    pub fn new(project: &Path, sources: &Path, out: &Path) -> Self {
        let engine = EngineOptions { threads: std::num::NonZeroUsize::new(1), ..EngineOptions::default() };
        let [project, sources, out] = [project, sources, out].map(Path::to_path_buf);
        Self {
            project,
            sources,
            out,
            select: Vec::new(),
            engine,
            reading: Reading::AsHappened,
            checked: None,
        }
    }

    /// Publishes only some stored models.
    pub fn select(mut self, names: &[&str]) -> Self {
        self.select = names.iter().map(ToString::to_string).collect();
        self
    }

    /// Reads history in another way.
    pub fn reading(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    /// Takes the project as it was checked.
    pub fn checked(self, checked: &Arc<Checked>) -> Self {
        Self { checked: Some(Arc::clone(checked)), ..self }
    }

    /// Builds and publishes days; gives the most bytes that operators held.
    pub fn publish(&self, days: RangeInclusive<NaiveDate>) -> Result<usize> {
        deep(self.run(days))
    }

    /// Builds and publishes a day, before it the published days that late rows have changed; gives these.
    pub fn publish_restating(&self, day: NaiveDate) -> Result<BTreeSet<NaiveDate>> {
        deep(self.restate_and_run(day))
    }

    async fn run(&self, days: RangeInclusive<NaiveDate>) -> Result<usize> {
        let engine = Engine::new(&self.engine)?;
        let (checked, request) = self.asked(&engine, days).await?;
        build(&checked, &engine, &request, &Quiet).await?.publish(&Quiet).await?;
        Ok(engine.peak_tracked())
    }

    async fn restate_and_run(&self, day: NaiveDate) -> Result<BTreeSet<NaiveDate>> {
        let engine = Engine::new(&self.engine)?;
        let (checked, asked) = self.asked(&engine, day..=day).await?;
        let pipeline = &checked.pipeline;
        let inputs = Inputs::of(pipeline, &asked.sources, self.reading, true).await;
        let (sources, days) = ((&asked.sources, self.reading), (&asked.selection.0, &asked.days));
        let may_lack = MayLack { kept: &asked.kept, any: true };
        let late = Late::of(pipeline, &engine, sources, days, (&inputs, &asked.out), may_lack).await?;
        let late = late.expect("the project looks for late rows");
        let asked = Request { keys: inputs.keys(), told: Some(Arc::clone(&late.sources)), ..asked };
        let again = late.builds().into_iter().map(|(days, tables)| (days, Selection(tables)));
        for (days, selection) in again.chain([(asked.days.clone(), asked.selection.clone())]) {
            let out = Arc::new(State::newest(asked.out.storage()).await?);
            let request = Request { days, selection, out, ..asked.clone() };
            build(&checked, &engine, &request, &Quiet).await?.publish(&Quiet).await?;
        }
        Ok(late.days.into_keys().collect())
    }

    /// The project, and what a run of it is asked to do.
    async fn asked(
        &self,
        engine: &Engine,
        days: RangeInclusive<NaiveDate>,
    ) -> Result<(Arc<Checked>, Request)> {
        let sources = Storage::open(self.sources.to_str().unwrap(), &self.project)?;
        let out = Storage::open(self.out.to_str().unwrap(), &self.project)?;
        let checked = match &self.checked {
            Some(checked) => Arc::clone(checked),
            None => {
                let pipeline = ordered(&self.project)?;
                Arc::new(check(pipeline, engine, Some(&sources)).await?)
            }
        };
        let selection = match self.select.as_slice() {
            [] => Selection::all(&checked.pipeline),
            words => Selection::of_words(&checked.pipeline, words)?,
        };
        let request = Request {
            days,
            selection,
            from_published: false,
            followers: false,
            reading: self.reading,
            incomplete: halescore::run::Incomplete::Built,
            add_columns: false,
            mixed_columns: false,
            kept: halescore::plan::Kept::default(),
            sources,
            out: Arc::new(State::newest(&out).await?),
            why: None,
            keys: BTreeMap::new(),
            told: None,
        };
        Ok((checked, request))
    }
}

/// Every published file below a folder with its bytes, `_hale` left out: its names differ from run to run.
pub fn published_bytes(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![out.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(out).unwrap().to_str().unwrap().to_owned();
            match path.is_dir() {
                true if name != "_hale" => folders.push(path),
                true => {}
                false => drop(files.insert(name, std::fs::read(&path).unwrap())),
            }
        }
    }
    files
}
