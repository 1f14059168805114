//! Accounts that are silent for at least four weeks, in which accounts go on that nobody knows: under no template is a
//! silent one better for it, nor left without a score.

use std::path::Path;
use std::sync::LazyLock;

use chrono::NaiveDate;
use tempfile::TempDir;

use super::world::{BASE, END, before, copied, linked, merge, number, project, run, table};
use super::worlds::{FIRST, WORLDS, is_no_better};

/// The days on which others go on in silent accounts: each window still reaches back before some of them on the last day.
const MERGED: [u64; 3] = [18, 10, 2];

/// The silent, and from when on somebody goes on in them.
static SURVIVORS: LazyLock<Vec<(String, NaiveDate)>> = LazyLock::new(|| {
    let days = MERGED.iter().cycle().map(|days| before(*days));
    WORLDS.silent.keys().cloned().zip(days).collect()
});

/// What the bundled project makes of it.
static MERGED_WORLD: LazyLock<TempDir> = LazyLock::new(|| {
    let (sources, out) = (linked(WORLDS.changed.path(), |_| true), tempfile::tempdir().unwrap());
    let unknown = (0..).map(|number| format!("unknown-{number}"));
    let merges: Vec<_> = unknown
        .zip(SURVIVORS.iter())
        .map(|(other, (survivor, day))| (other, survivor.clone(), *day))
        .collect();
    merge(sources.path(), &merges);
    run(Path::new(env!("CARGO_MANIFEST_DIR")), (sources.path(), false), out.path(), *FIRST, &BASE);
    out
});

/// Holds the scores of a template to the law.
fn holds(template: &str) {
    let project = project(template);
    let [alone, joined] = [WORLDS.after.path(), MERGED_WORLD.path()].map(|out| {
        let out = copied(out);
        run(project.path(), (WORLDS.sources.path(), true), out.path(), *FIRST, &["scores.health"]);
        table(out.path(), "scores/health", *FIRST)
    });
    let mut judged = 0;
    for (account, merged_on) in SURVIVORS.iter() {
        let days = merged_on.iter_days().take_while(|day| *day <= END);
        for day in days {
            let [alone, joined] = [&alone, &joined].map(|table| table.row(account, day));
            assert!(
                is_no_better(alone, joined),
                "{template}: {account} on {day}, in which another one goes on since {merged_on}: {:?} → {:?}\n{joined:?}",
                alone["score"],
                joined["score"]
            );
            judged += usize::from(number(alone, "score").is_some());
        }
    }
    assert!(judged > 50, "{template}: {judged} scores show little");
}

#[test]
fn a_silent_account_is_no_better_for_a_merge_by_the_default() {
    holds("default");
}

#[test]
fn a_silent_account_is_no_better_for_a_merge_by_usage() {
    holds("usage");
}

#[test]
fn a_silent_account_is_no_better_for_a_merge_by_enterprise() {
    holds("enterprise");
}

#[test]
fn a_silent_account_is_no_better_for_a_merge_by_onboarding() {
    holds("onboarding");
}

#[test]
fn a_silent_account_is_no_better_for_a_merge_by_rfm() {
    holds("rfm");
}
