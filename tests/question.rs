//! A question of a project, asked of the library as `hale query` asks it.

use std::path::Path;

use arrow::array::RecordBatch;
use futures::TryStreamExt;
use halescore::engine::published::{Days, Reader};
use halescore::engine::sources::Reading;
use halescore::engine::{Engine, EngineOptions};
use halescore::pipeline::Pipeline;
use halescore::project::Project;
use halescore::storage::Storage;

/// The rows that answer a query over a project's own folders `data` and `out`.
pub fn answer(root: &Path, query: &str, days: Days, reading: Reading) -> Vec<RecordBatch> {
    // Debug builds plan in deep frames, hence the stack.
    const STACK: usize = 32 << 20;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let asked = async {
        let pipeline = Pipeline::build(Project::load(root).unwrap()).unwrap();
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        let [sources, out] = ["data", "out"].map(|folder| Storage::open(folder, root).unwrap());
        sources.register(engine.runtime());
        out.register(engine.runtime());
        let reader = Reader::open(&pipeline, &engine, (&sources, &out), days).await.unwrap().reading(reading);
        reader.query(query, None).await.unwrap().try_collect().await.unwrap()
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(scope, || runtime.block_on(asked)).unwrap().join().unwrap()
    })
}
