//! Sources that are away: each optional one, and all of them.
//!
//! What is left runs. A metric of a source that is away is unknown, a component on it is not reported, coverage is less,
//! and nothing else changes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{LazyLock, Mutex};

use halescore::pipeline::Pipeline;
use halescore::project::Project;
use halescore::project::model::Kind;
use tempfile::TempDir;

use crate::oracle::table::{Row, Value, batches, parquet_below, rows};
use crate::oracle::world::{GENERATED_LAST_DAY, generated, small};
use crate::pipeline::Run;

static SOURCES: LazyLock<TempDir> = LazyLock::new(|| generated(&small()));
static WHOLE: LazyLock<Published> =
    LazyLock::new(|| published(&[], &["metrics.accounts", "components", "scores"]));

/// Sources that no metric reads.
const UNREAD: [&str; 2] = ["overrides", "source_status"];

/// Sources that say what is over: without hand-overs a judgement goes on, without loads a source that stopped does.
const ENDING: [&str; 2] = ["account_owners", "source_status"];

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every optional source: its name and its file.
fn optional() -> Vec<(String, String)> {
    let pipeline = Pipeline::build(Project::load(project()).unwrap()).unwrap();
    let sources = pipeline.models.iter().filter_map(|model| match &model.kind {
        Kind::Source(source) if source.optional => Some((model.name.table.clone(), source.path.clone())),
        _ => None,
    });
    sources.collect()
}

/// What a run published: metrics by account, components and scores by score and whom they are of.
struct Published {
    accounts: BTreeMap<String, Row>,
    components: BTreeMap<(String, String, String), Row>,
    scores: BTreeMap<(String, String), Row>,
}

fn text(row: &Row, column: &str) -> String {
    if let Some(Value::Text(text)) = row.get(column) { text.clone() } else { String::new() }
}

/// Runs the bundled project with some files away.
fn published(away: &[&str], select: &[&str]) -> Published {
    let [sources, out] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    for entry in std::fs::read_dir(SOURCES.path()).unwrap().map(Result::unwrap) {
        if !away.contains(&entry.file_name().to_str().unwrap()) {
            std::os::unix::fs::symlink(entry.path(), sources.path().join(entry.file_name())).unwrap();
        }
    }
    let run = Run::new(project(), sources.path(), out.path()).select(select);
    run.publish(GENERATED_LAST_DAY..=GENERATED_LAST_DAY)
        .unwrap_or_else(|error| panic!("without {away:?}: {error}"));
    let read = |layer: &str| -> Vec<(String, Row)> {
        let tables = std::fs::read_dir(out.path().join(layer)).unwrap().map(|entry| entry.unwrap().path());
        let of_table = |table: std::path::PathBuf| {
            let name = table.file_name().unwrap().to_str().unwrap().to_owned();
            let found: Vec<Row> = parquet_below(&table)
                .iter()
                .flat_map(|file| batches(file))
                .flat_map(|batch| rows(&batch))
                .collect();
            found.into_iter().map(move |row| (name.clone(), row)).collect::<Vec<_>>()
        };
        tables.flat_map(of_table).collect()
    };
    let who = |row: &Row| format!("{} {}", text(row, "account_id"), text(row, "user_id"));
    let metrics = read("metrics").into_iter().filter(|(table, _)| table == "accounts");
    Published {
        accounts: metrics.map(|(_, row)| (text(&row, "account_id"), row)).collect(),
        components: read("components")
            .into_iter()
            .map(|(score, row)| ((score, who(&row), text(&row, "component")), row))
            .collect(),
        scores: read("scores").into_iter().map(|(score, row)| ((score, who(&row)), row)).collect(),
    }
}

/// Columns that say something of some account, and nothing of any once a source is away.
fn silenced(without: &Published) -> BTreeSet<String> {
    let says = |of: &Published| -> BTreeSet<String> {
        let known = of.accounts.values().flatten().filter(|(_, value)| **value != Value::Null);
        known.map(|(column, _)| column.clone()).collect()
    };
    says(&WHOLE).difference(&says(without)).cloned().collect()
}

/// Holds what is left against the whole; gives the components that are no more reported.
fn must_say_so(name: &str, without: &Published) -> BTreeSet<String> {
    assert!(without.accounts.keys().eq(WHOLE.accounts.keys()), "without {name} other accounts are scored");
    let mut not_reported = BTreeSet::new();
    for (key, row) in &without.components {
        let Some(before) = WHOLE.components.get(key) else { continue };
        if row["state"] != before["state"] {
            assert_eq!(row["state"], Value::Text("not_reported".to_owned()), "without {name}: {key:?}");
            assert_eq!(row["value"], Value::Null, "without {name}: {key:?}");
            not_reported.insert(key.2.clone());
        }
    }
    for (key, row) in &without.scores {
        let before = &WHOLE.scores[key];
        if row["scorecard"] != before["scorecard"] {
            continue;
        }
        let (Value::Real(now), Value::Real(then)) = (&row["coverage"], &before["coverage"]) else {
            panic!("no coverage: {row:?}")
        };
        let fewer = without.components.iter().any(|((score, who, component), part)| {
            (score, who) == (&key.0, &key.1)
                && part["state"] == Value::Text("not_reported".to_owned())
                && WHOLE.components[&(score.clone(), who.clone(), component.clone())]["state"]
                    == Value::Text("observed".to_owned())
        });
        assert!(
            if fewer { now < then } else { now <= then },
            "without {name} {key:?} is covered by {now}, {then} before"
        );
    }
    not_reported
}

#[test]
fn each_optional_source_may_be_away() {
    let waiting = Mutex::new(optional());
    let not_reported = Mutex::new(BTreeSet::new());
    let work = || {
        loop {
            let Some((name, file)) = waiting.lock().unwrap().pop() else { break };
            let without = published(&[&file], &["metrics.accounts", "components", "scores"]);
            let silent = silenced(&without);
            assert!(
                UNREAD.contains(&name.as_str()) || !silent.is_empty(),
                "no metric is unknown without {name}"
            );
            if !ENDING.contains(&name.as_str()) {
                not_reported.lock().unwrap().extend(must_say_so(&name, &without));
            }
        }
    };
    std::thread::scope(|scope| {
        let workers = [(); 2].map(|()| scope.spawn(work));
        for worker in workers {
            worker.join().unwrap();
        }
    });
    let not_reported = not_reported.into_inner().unwrap();
    for component in ["support_contact", "severe_support", "payment", "managers_word", "steps_done"] {
        assert!(
            not_reported.contains(component),
            "{component} is reported whatever is away: {not_reported:?}"
        );
    }
}

#[test]
fn all_optional_sources_may_be_away() {
    let files: Vec<String> = optional().into_iter().map(|(_, file)| file).collect();
    let away: Vec<&str> = files.iter().map(String::as_str).collect();
    let without = published(&away, &[]);
    let not_reported = must_say_so("any of them", &without);
    assert!(not_reported.contains("severe_support") && not_reported.contains("payment"), "{not_reported:?}");
    assert!(silenced(&without).len() > 60, "{:?}", silenced(&without));
}

#[test]
fn accounts_are_the_subjects_side_by_side() {
    let folder = std::fs::read_dir(project().join("sql/metrics")).unwrap();
    let names = folder.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let joined = std::fs::read_to_string(project().join("sql/metrics/accounts.sql")).unwrap();
    let subjects: Vec<String> = names.filter(|name| joined.contains(&format!("{name}.* EXCLUDE"))).collect();
    assert!(subjects.len() >= 10, "{subjects:?}");
    let out = tempfile::tempdir().unwrap();
    let run = Run::new(project(), SOURCES.path(), out.path()).select(&["metrics"]);
    run.publish(GENERATED_LAST_DAY..=GENERATED_LAST_DAY).unwrap_or_else(|error| panic!("{error}"));
    let table = |name: &str| crate::oracle::table::Table::read(&out.path().join("metrics").join(name));
    let accounts = table("accounts");
    for subject in &subjects {
        let of_subject = table(subject);
        let (_, left_out) = joined.split_once(&format!("{subject}.* EXCLUDE (")).unwrap();
        let left_out: Vec<&str> = left_out.split_once(')').unwrap().0.split(", ").collect();
        for (key, row) in &accounts.0 {
            let copied = of_subject.0[key].iter().filter(|(column, _)| !left_out.contains(&column.as_str()));
            for (column, value) in copied {
                assert_eq!(row[column], *value, "{subject}.{column} of {key:?}");
            }
        }
    }
}
