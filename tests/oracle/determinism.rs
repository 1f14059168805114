//! The same bytes, whatever the machine: for the whole bundled project, scores and marts included.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::LazyLock;

use chrono::{Days, NaiveDate};
use halescore::generate;
use tempfile::TempDir;

use super::people::Assessment;
use super::world::{self, Event, GENERATED_LAST_DAY, World};
use crate::pipeline::{Run, published_bytes};

/// Published files by name.
type Files = BTreeMap<String, Vec<u8>>;

static SOURCES: LazyLock<TempDir> = LazyLock::new(|| world::generated(&world::small()));
static BACKFILL: LazyLock<Files> = LazyLock::new(|| published(SOURCES.path(), [days()]));

fn days() -> RangeInclusive<NaiveDate> {
    (GENERATED_LAST_DAY - Days::new(2))..=GENERATED_LAST_DAY
}

/// What the bundled project publishes, run after run into one folder.
fn published(sources: &Path, runs: impl IntoIterator<Item = RangeInclusive<NaiveDate>>) -> Files {
    let out = tempfile::tempdir().unwrap();
    let run = Run::new(Path::new(env!("CARGO_MANIFEST_DIR")), sources, out.path());
    for days in runs {
        run.publish(days).unwrap_or_else(|error| panic!("{error}"));
    }
    published_bytes(out.path())
}

fn must_be_same(got: &Files, expected: &Files) {
    assert!(got.keys().eq(expected.keys()), "not the same files: {:?}, {:?}", got.keys(), expected.keys());
    let differing: Vec<&String> = got.keys().filter(|name| got[*name] != expected[*name]).collect();
    assert!(differing.is_empty(), "other bytes in {differing:?}");
}

/// On two threads; and again into the same folder, on five.
#[test]
fn any_number_of_threads_gives_the_same_bytes_and_again_into_the_same_folder() {
    let out = tempfile::tempdir().unwrap();
    for threads in [2, 5] {
        let mut run = Run::new(Path::new(env!("CARGO_MANIFEST_DIR")), SOURCES.path(), out.path());
        run.engine.threads = NonZeroUsize::new(threads);
        run.publish(days()).unwrap_or_else(|error| panic!("{error}"));
        must_be_same(&published_bytes(out.path()), &BACKFILL);
    }
}

/// In any order; the newest day last, since tables that are not stored by day are as of the last run.
#[test]
fn day_by_day_gives_the_bytes_of_a_backfill() {
    let day = |age| GENERATED_LAST_DAY - Days::new(age);
    let one_by_one = [1, 2, 0].map(|age| day(age)..=day(age));
    must_be_same(&published(SOURCES.path(), one_by_one), &BACKFILL);
}

/// With less memory than the windows of all accounts take together, they come sorted, account by account, and spill.
#[test]
fn little_memory_gives_the_same_bytes() {
    const LIMIT: usize = 160_000_000;
    // Many customers for long: it is their days that fill the memory.
    let sources =
        world::generated(&generate::World { accounts: 1_800, days: 300, events: 20_000, ..world::small() });
    let outs = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [held, held_with_limit] = [None, Some(LIMIT)].map(|memory_limit| {
        let out = &outs[usize::from(memory_limit.is_some())];
        let mut run = Run::new(project, sources.path(), out.path()).select(&["metrics"]);
        run.engine.memory_limit = memory_limit;
        run.publish(GENERATED_LAST_DAY..=GENERATED_LAST_DAY).unwrap_or_else(|error| panic!("{error}"))
    });
    assert!(held > LIMIT, "{held} bytes fit the limit: this world shows nothing");
    assert!(held_with_limit <= LIMIT);
    must_be_same(&published_bytes(outs[1].path()), &published_bytes(outs[0].path()));
}

/// What happens after a day is not known on it, and a backfill past it gives the same: neither new events, nor
/// deliveries that date an event later, nor rows in the future of the last run.
#[test]
fn later_events_change_nothing_of_a_day() {
    let first = GENERATED_LAST_DAY - Days::new(30);
    let whole = World::read(SOURCES.path());
    let is_known = |event: &&Event| whole.local_day(event.occurred_at) <= first;
    let mut known =
        World { events: whole.events.iter().filter(is_known).cloned().collect(), ..whole.clone() };
    // A row that is written down later corrects its judgement for all days: what is of later is judged for later alone.
    let holds = |judged: &&Assessment| whole.local_day(judged.effective_at) <= first;
    let begun: BTreeSet<&String> =
        whole.people.assessments.iter().filter(holds).map(|judged| &judged.assessment_id).collect();
    known.people.assessments.retain(|judged| begun.contains(&judged.assessment_id));
    known.people.ownerships.retain(|owned| whole.local_day(owned.start_at) <= first);
    assert!(known.events.len() < whole.events.len(), "nothing happens after the first day");
    assert!(known.people.assessments.len() < whole.people.assessments.len(), "nothing is judged after it");
    let mut more = whole.clone();
    more.events.extend(known.events.iter().step_by(7).flat_map(|event| {
        [1, 400].map(|days| {
            let occurred_at = event.occurred_at + days * 86_400_000_000;
            Event { occurred_at, available_at: occurred_at, seconds: event.seconds + 1, ..event.clone() }
        })
    }));
    let of_first_day = |world: &World, until: NaiveDate| {
        let sources = tempfile::tempdir().unwrap();
        world.write(sources.path());
        let mut files = published(sources.path(), [first..=until]);
        files.retain(|name, _| name.contains(&format!("as_of={first}/")));
        files
    };
    let daily = of_first_day(&known, first);
    assert!(daily.len() >= 3, "metrics, components and scores: {:?}", daily.keys());
    must_be_same(&of_first_day(&more, first), &daily);
    must_be_same(&of_first_day(&more, *days().end()), &daily);
}
