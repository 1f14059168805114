//! What `hale check` says ok to, `hale run` can run: random small projects of every feature that models, contracts and
//! audits have. A run of such a project publishes, or an audit fails; nothing else.

mod grammar;
mod queries;
mod words;

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use chrono::NaiveDate;
use halescore::check::check;
use halescore::engine::sources::Reading;
use halescore::engine::{Engine, EngineOptions};
use halescore::error::Error;
use halescore::pipeline::Pipeline;
use halescore::run::{Quiet, Request, Selection, build, rehearse};
use halescore::storage::Storage;
use halescore::store::State;

use grammar::{Drawn, sources};

/// Projects that once were accepted and could not be run.
const KEPT: [(&str, &str); 4] = [
    ("a table that refers to itself", include_str!("soundness/kept/a_table_that_refers_to_itself.sql")),
    ("a key that refers to a view", include_str!("soundness/kept/a_key_that_refers_to_a_view.sql")),
    (
        "a join with rows in another order",
        include_str!("soundness/kept/a_join_with_rows_in_another_order.sql"),
    ),
    (
        "an audit of which a table matters in no row",
        include_str!("soundness/kept/an_audit_of_which_a_table_matters_in_no_row.sql"),
    ),
];

/// Projects that are drawn in each of the tests.
const DRAWN: u64 = 100;

/// How a project ended.
#[derive(Debug, PartialEq)]
enum End {
    /// `check` refuses it.
    Refused,
    Published,
    /// An audit fails.
    Audited,
}

/// A project to run.
struct Project {
    name: String,
    files: Drawn,
    threads: usize,
}

impl Project {
    fn of(seed: u64) -> Self {
        Self { name: format!("seed {seed}"), files: Drawn::of(seed), threads: 1 + (seed % 3) as usize }
    }
}

/// Runs a project as people would: check, and if it says ok, a run of a few days and of one model alone.
async fn run(drawn: &Project, sources: &Path) -> Result<End, String> {
    let Project { name, files: drawn, threads } = drawn;
    let folder = tempfile::tempdir().unwrap();
    drawn.write(folder.path());
    let failed = |what: &str, error: &Error| format!("{name}, {what}: {error}\n\n{drawn}");
    let threads = NonZeroUsize::new(*threads);
    let engine = Engine::new(&EngineOptions { threads, ..EngineOptions::default() }).unwrap();
    let data = Storage::open(sources.to_str().unwrap(), folder.path()).unwrap();
    let project = halescore::project::Project::load(folder.path()).and_then(Pipeline::build);
    let Ok(pipeline) = project else { return Ok(End::Refused) };
    let checked = match check(pipeline, &engine, Some(&data)).await {
        Ok(checked) => checked,
        Err(Error::Project(_)) => return Ok(End::Refused),
        Err(error) => return Err(failed("check", &error)),
    };
    if rehearse(&checked, &engine).await.map_err(|error| failed("check", &error))?.has_errors() {
        return Ok(End::Refused);
    }
    let day = |number| NaiveDate::from_ymd_opt(2026, 1, number).unwrap();
    let mut end = End::Published;
    let one =
        checked.pipeline.models.iter().filter(|model| model.is_stored()).map(|model| model.name.to_string());
    let one: Vec<String> = one.take(1).collect();
    let selections =
        [Selection::all(&checked.pipeline), Selection::of_words(&checked.pipeline, &one).unwrap()];
    for (selection, days) in selections.into_iter().zip([day(9)..=day(11), day(12)..=day(12)]) {
        let out = Storage::open(folder.path().join("out").to_str().unwrap(), folder.path()).unwrap();
        let sources = data.clone();
        let request = Request {
            days,
            selection,
            from_published: false,
            followers: false,
            reading: Reading::AsHappened,
            incomplete: halescore::run::Incomplete::Built,
            add_columns: false,
            mixed_columns: false,
            kept: halescore::plan::Kept::default(),
            sources,
            out: Arc::new(State::newest(&out).await.unwrap()),
            why: None,
            keys: std::collections::BTreeMap::new(),
            told: None,
        };
        match build(&checked, &engine, &request, &Quiet).await {
            Ok(built) => drop(built.publish(&Quiet).await.map_err(|torn| failed("publish", &torn.error))?),
            Err(Error::Audit(_)) => end = End::Audited,
            Err(error) => return Err(failed("run", &error)),
        }
    }
    Ok(end)
}

fn all_can_be_run(projects: impl Iterator<Item = Project>) {
    // Debug builds plan in deep frames, hence the stacks.
    const STACK: usize = 32 << 20;
    let folder = tempfile::tempdir().unwrap();
    sources(folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(STACK)
        .enable_all()
        .build()
        .unwrap();
    let (mut ends, mut failures) = (Vec::new(), Vec::new());
    for project in projects {
        let ended = std::thread::scope(|scope| {
            let work = || runtime.block_on(run(&project, folder.path()));
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).unwrap().join()
        });
        match ended {
            Ok(Ok(end)) => ends.push(end),
            Ok(Err(failure)) => failures.push(failure),
            Err(_) => failures.push(format!("{}: a panic\n\n{}", project.name, project.files)),
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {}:\n{}",
        failures.len(),
        failures.len() + ends.len(),
        failures.join("\n\n")
    );
    let share = |end: End| ends.iter().filter(|found| **found == end).count() * 100 / ends.len().max(1);
    let (refused, published, audited) = (share(End::Refused), share(End::Published), share(End::Audited));
    println!(
        "{} projects: {refused} % refused, {published} % published, {audited} % with a failed audit",
        ends.len()
    );
    // A property over projects that are all refused would say nothing.
    assert!(
        ends.len() < 50 || published >= 12 && audited >= 1,
        "{published} % published, {audited} % audited"
    );
}

#[test]
fn what_check_accepted_once_and_could_not_be_run() {
    let project = |(name, text): (&str, &str), threads| Project {
        name: name.to_owned(),
        files: Drawn::shown(text),
        threads,
    };
    all_can_be_run((1..=3).flat_map(|threads| KEPT.map(|kept| project(kept, threads))));
}

#[test]
fn what_check_accepts_can_be_run() {
    all_can_be_run((0..DRAWN).map(Project::of));
}

#[test]
fn what_check_accepts_can_be_run_and_so_can_others() {
    all_can_be_run((DRAWN..2 * DRAWN).map(Project::of));
}

#[test]
fn what_check_accepts_can_be_run_whatever_is_drawn() {
    all_can_be_run((2 * DRAWN..3 * DRAWN).map(Project::of));
}
