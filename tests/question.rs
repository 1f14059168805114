//! A question of a project, asked of the library as `hale query` asks it.

use std::path::Path;

use arrow::array::RecordBatch;
use futures::TryStreamExt;
use halescore::engine::sources::Reading;
use halescore::engine::{Engine, EngineOptions};
use halescore::pipeline::Pipeline;
use halescore::project::Project;
use halescore::read::{Days, Reader};
use halescore::storage::Storage;
use halescore::store::State;

/// A project with its own folders `data` and `out`, and what reads them.
pub struct Place {
    pub pipeline: Pipeline,
    pub engine: Engine,
    pub sources: Storage,
    pub out: Storage,
}

impl Place {
    pub fn of(root: &Path) -> Self {
        let pipeline = Pipeline::build(Project::load(root).unwrap()).unwrap();
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        let [sources, out] = ["data", "out"].map(|folder| Storage::open(folder, root).unwrap());
        sources.register(engine.runtime());
        out.register(engine.runtime());
        Self { pipeline, engine, sources, out }
    }
}

/// The rows that answer a query over a project's own folders.
pub fn answer(root: &Path, query: &str, days: Days, reading: Reading) -> Vec<RecordBatch> {
    answered(async {
        let Place { pipeline, engine, sources, out } = Place::of(root);
        let published = State::newest(&out).await.unwrap();
        let reader =
            Reader::open(&pipeline, &engine, (&sources, &published), days).await.unwrap().reading(reading);
        reader.query(query, None).await.unwrap().try_collect().await.unwrap()
    })
}

/// What comes of a question to the library.
pub fn answered<T: Send>(asked: impl Future<Output = T> + Send) -> T {
    // Debug builds plan in deep frames, hence the stack.
    const STACK: usize = 32 << 20;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(scope, || runtime.block_on(asked)).unwrap().join().unwrap()
    })
}
