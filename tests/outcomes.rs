//! What became of accounts: `outcomes.retention` against its definition, by loops over days and rows of contracts, in worlds
//! by chance; and that no day that comes changes it.
//!
//! ```text
//! drawn   contracts, changed, cancelled, renewed late and merged on the edges of the days that are looked at
//! naive   the definition, one account, day and horizon at a time
//! ```

mod drawn;
mod naive;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use chrono::{Days, NaiveDate};
use halescore::check::Checked;
use proptest::prelude::*;
use tempfile::TempDir;

use crate::oracle::table::{Row, Value, batches, parquet_below, rows};
use crate::oracle::world::{GENERATED_LAST_DAY, LAST_DAY, World, generated, small};
use crate::oracle::{copy, project_with};
use crate::pipeline::{Run, checked};
use crate::seeds::kept;
use naive::{Key, Told};

/// The bundled project up to its outcomes, checked once for many runs.
static PROJECT: LazyLock<(TempDir, Arc<Checked>)> = LazyLock::new(|| {
    let project = tempfile::tempdir().unwrap();
    let others = ["components", "scores", "marts", "audits", "tests", "metrics/accounts.sql"];
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(root, project.path(), &|file| {
        others.iter().any(|name| file == std::path::Path::new("sql").join(name))
    });
    let checked = checked(project.path());
    (project, checked)
});

/// What is published of some days.
fn published(sources: &std::path::Path, days: RangeInclusive<NaiveDate>) -> BTreeMap<Key, Told> {
    let (project, checked) = &*PROJECT;
    let out = tempfile::tempdir().unwrap();
    let run = Run::new(project.path(), sources, out.path()).select(&["outcomes.retention"]);
    run.checked(checked).publish(days).unwrap_or_else(|error| panic!("{error}"));
    let files = parquet_below(&out.path().join("outcomes/retention"));
    files
        .iter()
        .flat_map(|file| batches(file))
        .flat_map(|batch| rows(&batch))
        .map(|row| Told::of(&row))
        .collect()
}

fn told_of(world: &World, days: RangeInclusive<NaiveDate>) -> BTreeMap<Key, Told> {
    let sources = tempfile::tempdir().unwrap();
    world.write(sources.path());
    published(sources.path(), days)
}

#[track_caller]
fn must_equal(got: &BTreeMap<Key, Told>, want: &BTreeMap<Key, Told>) {
    for key in got.keys().chain(want.keys()) {
        assert_eq!(got.get(key), want.get(key), "{key:?}");
    }
}

/// The days on which worlds by chance are looked at.
fn days() -> RangeInclusive<NaiveDate> {
    (LAST_DAY - Days::new(drawn::DAYS - 1))..=LAST_DAY
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 0, ..kept("tests/seeds/outcomes.txt", 6) })]

    #[test]
    fn capability_66_what_became_of_accounts_is_what_the_contracts_say(seed in any::<u64>()) {
        let world = drawn::world(seed);
        let (got, want) = (told_of(&world, days()), naive::told(&world, days()));
        must_equal(&got, &want);
    }

    /// Versions that hold, and merges that are, only after a day are no matter of it: a night's run changes no day before.
    #[test]
    fn capability_97_what_becomes_known_later_changes_no_outcome(seed in any::<u64>()) {
        let (world, day) = (drawn::world(seed), *days().start());
        let mut cut = world.clone();
        let begins_later = |at: Option<i64>| at.is_some_and(|at| world.local_day(at) > day);
        cut.commerce.lines.retain(|line| !begins_later(line.version.valid_from));
        cut.commerce.accounts.retain(|account| !begins_later(account.version.valid_from));
        cut.commerce.merges.retain(|merge| merge.merged_on <= day);
        prop_assert!(cut.commerce.lines.len() < world.commerce.lines.len(), "nothing is later");
        must_equal(&told_of(&cut, day..=day), &told_of(&world, day..=day));
    }
}

/// What worlds by chance show: each population, outcome and reason, and each way to go on.
#[test]
fn worlds_by_chance_show_all_that_can_become_of_an_account() {
    let mut seen = BTreeMap::<String, usize>::new();
    for seed in 0..6 {
        let world = drawn::world(seed);
        for told in naive::told(&world, days()).values() {
            let words = [Some(&told.population), told.outcome.as_ref(), told.reason.as_ref()];
            words.into_iter().flatten().for_each(|word| *seen.entry(word.clone()).or_default() += 1);
            *seen.entry(format!("notice {}", told.notice_on.is_some())).or_default() += 1;
        }
        *seen.entry("merges".to_owned()).or_default() += world.commerce.merges.len();
    }
    for word in [
        "judged",
        "notice",
        "bound",
        "lost in lead",
        "lost",
        "contracted",
        "flat",
        "expanded",
        "customer",
        "ended by us",
        "bankruptcy",
        "non-payment",
        "unknown",
        "notice true",
        "merges",
    ] {
        assert!(seen.get(word).is_some_and(|count| *count > 12), "{word}: {seen:?}");
    }
}

/// The generator's worlds: accounts leave, give notice, merge, and sign for years.
#[test]
fn outcomes_of_a_generated_world_are_what_its_contracts_say() {
    let sources = generated(&small());
    let days = (GENERATED_LAST_DAY - Days::new(2))..=GENERATED_LAST_DAY;
    let (got, want) =
        (published(sources.path(), days.clone()), naive::told(&World::read(sources.path()), days));
    must_equal(&got, &want);
    for population in ["judged", "notice", "bound"] {
        assert!(want.values().any(|told| told.population == population), "nobody is {population}");
    }
    assert!(want.values().any(|told| told.lost_on.is_some()), "nobody is lost");
}

/// By tier as it was published: of a day on which a score of another definition was, and by sums of our own.
#[test]
fn capability_42_what_became_of_each_tier_is_that_of_the_tier_people_saw() {
    let (sources, out) = (generated(&small()), tempfile::tempdir().unwrap());
    let seen = GENERATED_LAST_DAY - Days::new(90);
    let then = project_with(&[("sql/scores/health.yml", "below: 30", "below: 45")]);
    for (project, day, select) in [
        (then.path(), seen, &["scores.health"][..]),
        (project_with(&[]).path(), GENERATED_LAST_DAY, &["outcomes.retention", "marts.outcomes_by_tier"]),
    ] {
        let run = Run::new(project, sources.path(), out.path()).select(select);
        run.publish(day..=day).unwrap_or_else(|error| panic!("{error}"));
    }
    let read = |table: &str| -> Vec<Row> {
        let files = parquet_below(&out.path().join(table));
        files.iter().flat_map(|file| batches(file)).flat_map(|batch| rows(&batch)).collect()
    };
    let text = |row: &Row, column: &str| match &row[column] {
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    };
    let cents = |row: &Row, column: &str| (text(row, column).parse::<f64>().unwrap() * 100.0).round() as i64;
    let tiers: BTreeMap<String, (String, String)> = read("scores/health")
        .iter()
        .filter(|row| row["as_of_date"] == Value::Day(seen))
        .map(|row| (text(row, "account_id"), (text(row, "tier"), text(row, "definition"))))
        .collect();
    let mut want: BTreeMap<(String, String), [i64; 7]> = BTreeMap::new();
    for row in read("outcomes/retention").iter().filter(|row| row["observed_on"] == Value::Day(seen)) {
        let Some(tier) = tiers.get(&text(row, "account_id")) else { continue };
        let (arr, later, is_lost) =
            (cents(row, "arr"), cents(row, "arr_later"), i64::from(row["lost_on"] != Value::Null));
        let is_judged = i64::from(row["is_lost"] != Value::Null);
        let sums = want.entry(tier.clone()).or_default();
        for (sum, more) in
            sums.iter_mut().zip([1, is_judged, is_judged * is_lost, is_lost, arr, arr * is_lost, later])
        {
            *sum += more;
        }
    }
    let columns =
        ["accounts", "judged_accounts", "lost_judged", "lost_accounts", "arr", "lost_arr", "arr_later"];
    let got: BTreeMap<(String, String), [i64; 7]> = read("marts/outcomes_by_tier")
        .iter()
        .map(|row| {
            assert_eq!((&row["horizon_days"], &row["observed_on"]), (&Value::Whole(30), &Value::Day(seen)));
            let sums = columns.map(|column| match &row[column] {
                Value::Whole(count) => *count,
                _ => cents(row, column),
            });
            ((text(row, "tier"), text(row, "definition")), sums)
        })
        .collect();
    assert!(got.len() > 2, "{got:?}");
    assert_eq!(got, want);
}
