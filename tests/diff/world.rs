//! Pairs of definitions that differ in anything, and random metrics, published once.

use std::path::Path;
use std::sync::OnceLock;

use arrow::array::RecordBatch;
use halescore::semantic::Score;
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::Value as Json;
use tempfile::TempDir;

use crate::cli::{code, err, good, hale, one_line};
use crate::semantic::chance;
use crate::semantic::language::{Definition, Part, Value};
use crate::semantic::world::{self, FIRST_DAY, Row, date};
use crate::suggest::world::table;

/// The days that rows may be of.
pub const DAYS: i32 = 40;

/// A definition, and one that says some of it otherwise.
pub fn pairs() -> impl Strategy<Value = (Definition, Definition)> {
    let parts = (chance::definitions(), chance::definitions(), any::<u32>());
    parts.prop_map(|(old, other, which)| {
        let new = mixed(&old, &other, which);
        (old, new)
    })
}

/// A definition with some of what another one says, by the bits of a number; all of it where they are 0.
fn mixed(old: &Definition, other: &Definition, which: u32) -> Definition {
    if which.is_multiple_of(8) {
        return other.clone();
    }
    let takes = |bit: u32| which >> bit & 1 == 1;
    let mut new = old.clone();
    for (at, own) in new.components.iter_mut().enumerate() {
        let Some(theirs) = other.components.get(at) else { continue };
        let bit = 3 * at as u32;
        let takes_all = takes(bit) && takes(bit + 1) && takes(bit + 2);
        if takes_all {
            *own = theirs.clone();
        } else if (own.value == Value::Grade) != (theirs.value == Value::Grade) {
            // Bins of numbers are no rules for texts.
        } else if takes(bit) {
            own.scoring.cases.clone_from(&theirs.scoring.cases);
            own.scoring.range = theirs.scoring.range;
        } else if takes(bit + 1) {
            (own.scoring.missing, own.zero) = (theirs.scoring.missing, theirs.zero);
        } else if takes(bit + 2) {
            (own.value, own.applies_when, own.ready_when) =
                (theirs.value, theirs.applies_when, theirs.ready_when);
            (own.relative, own.decay) = (theirs.relative, theirs.decay);
        }
    }
    if takes(20) {
        reweigh(new.score.parts.as_deref_mut().unwrap_or_default());
    }
    if takes(21) {
        (new.score.parts, new.score.cards) = (other.score.parts.clone(), other.score.cards.clone());
        new.components.clone_from(&other.components);
    }
    if takes(22) {
        new.score.min_coverage = other.score.min_coverage;
    }
    if takes(23) {
        (new.score.overrides, new.score.rounding) = (other.score.overrides, other.score.rounding);
    }
    if takes(24) {
        (new.score.usage_of, new.score.idle) = (other.score.usage_of, other.score.idle);
    }
    new
}

fn reweigh(parts: &mut [Part]) {
    for (at, part) in parts.iter_mut().enumerate() {
        part.weight = Some(part.weight.unwrap_or(1.0) * (at as f64 + 1.5));
        if let Some(group) = &mut part.group {
            reweigh(&mut group.parts);
        }
    }
}

/// The score of a definition; `None` of one that is none.
pub fn score(definition: &Definition) -> Option<Score> {
    let (components, score) = definition.yaml();
    crate::semantic::parse(&components, &score).ok().map(|mut semantics| semantics.scores.remove(0))
}

/// So many pairs of sound definitions that can be compared, the same ones each time.
pub fn comparable_pairs(count: usize, wanted: impl Fn(&Definition) -> bool) -> Vec<(Definition, Definition)> {
    let mut runner = TestRunner::deterministic();
    let mut found = Vec::new();
    while found.len() < count {
        let (old, new) = pairs().new_tree(&mut runner).expect("a pair").current();
        let both = score(&old).zip(score(&new));
        let fits = both.is_some_and(|(old, new)| old.scale == new.scale && old.entity == new.entity);
        if fits && wanted(&old) && wanted(&new) {
            found.push((old, new));
        }
    }
    found
}

const ACCOUNTS: &str = "account_id VARCHAR NOT NULL, -- who\n  as_of_date DATE NOT NULL, -- when\n  m0 DOUBLE, -- m\n  m1 DOUBLE, -- m\n  \
    m2 DOUBLE, -- m\n  m3 DOUBLE, -- m\n  events BIGINT, -- m\n  pulse BIGINT, -- m\n  grade VARCHAR, -- m\n  segment VARCHAR, -- m\n  \
    paid BOOLEAN, -- m\n  tenure BIGINT, -- m\n  age DOUBLE -- m\n";
const OVERRIDES: &str = "account_id VARCHAR NOT NULL, -- who\n  as_of_date DATE NOT NULL, -- when\n  score_name VARCHAR NOT NULL, -- m\n  \
    override_id VARCHAR NOT NULL, -- m\n  reason VARCHAR NOT NULL, -- m\n  author_id VARCHAR NOT NULL, -- m\n  mode VARCHAR NOT NULL, -- m\n  \
    value DOUBLE NOT NULL -- m\n";

fn write(folder: &Path, relative: &str, text: &str) {
    let path = folder.join(relative);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn parquet(path: &Path, batch: &RecordBatch) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut writer =
        ArrowWriter::try_new(std::fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
}

/// A project with a definition, in a folder of its own below another.
pub fn project(root: &Path, name: &str, definition: &Definition) {
    let folder = root.join(name);
    let settings = format!(
        "name: t\ntime_zone: UTC\nsources: ../data\nout: ../out\nhistory_starts: {}\n",
        date(FIRST_DAY)
    );
    write(&folder, "hale.yml", &settings);
    let tables = [
        table("accounts", ACCOUNTS, "account_id, as_of_date"),
        table("overrides", OVERRIDES, "account_id, as_of_date, score_name"),
    ];
    tables.iter().flatten().for_each(|(path, text)| write(&folder, path, text));
    let (components, score) = definition.yaml();
    write(&folder, "sql/components/all.yml", &components);
    write(&folder, "sql/scores/health.yml", &score);
}

/// Random metrics of accounts, published by some definition.
pub struct World {
    pub folder: TempDir,
    pub rows: Vec<Row>,
}

/// The one world of these tests.
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let mut runner = TestRunner::deterministic();
        let mut rows = world::tables(220..240).new_tree(&mut runner).expect("rows").current();
        for row in &mut rows {
            // Metrics that are published are numbers.
            row.metrics = row.metrics.map(|metric| metric.filter(|metric| metric.is_finite()));
            row.age = row.age.filter(|age| age.is_finite());
        }
        parquet(&folder.path().join("data/accounts.parquet"), &world::metrics(&rows, false));
        parquet(&folder.path().join("data/overrides.parquet"), &world::overrides(&rows, false));
        let plain = |definition: &Definition| !definition.score.by_user && is_publishable(definition);
        let (first, _) = comparable_pairs(1, plain).remove(0);
        project(folder.path(), "first", &first);
        let days = [date(FIRST_DAY).to_string(), date(FIRST_DAY + DAYS - 1).to_string()];
        let select = ["metrics.accounts", "metrics.overrides"];
        let words = ["run", "--from", &days[0], "--to", &days[1], "--select", select[0], select[1]];
        let ran = hale(&folder.path().join("first"), &words);
        assert_eq!(code(&ran), 0, "{}", err(&ran));
        World { folder, rows }
    })
}

/// Whether nothing in a definition is there to stop a run.
fn is_publishable(definition: &Definition) -> bool {
    !format!("{definition:?}").contains("fail")
}

impl World {
    /// What one definition does beside another, on all days: in full.
    pub fn diff(&self, old: &Definition, new: &Definition) -> Json {
        let root = self.folder.path();
        let both = tempfile::tempdir_in(root).unwrap();
        project(both.path(), "old", old);
        project(both.path(), "new", new);
        let out = root.join("out").display().to_string();
        let days = [date(FIRST_DAY).to_string(), date(FIRST_DAY + DAYS - 1).to_string()];
        let words = ["diff", "../old", ".", "--from", &days[0], "--to", &days[1], "--out", &out];
        one_line(&good(hale(
            &both.path().join("new"),
            &[&words[..], &["--movers", "100000", "--json"]].concat(),
        )))
    }
}
