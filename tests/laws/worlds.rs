//! Two worlds, in the second of which some accounts fall silent and others have more tickets of the highest severity:
//! under every template, none of them does better for it, and all others do as before.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use chrono::NaiveDate;
use tempfile::TempDir;

use super::world::{BASE, END, QUEUE, before, copied, linked, number, project, run, silence, table, trouble};
use crate::cli::{good, hale};
use crate::oracle::table::{Row, Table, Value};
use crate::oracle::world::{generated, small};

/// The first day that is looked at; metrics are there long before it, for what looks back.
pub static FIRST: LazyLock<NaiveDate> = LazyLock::new(|| before(20));
static PUBLISHED: LazyLock<NaiveDate> = LazyLock::new(|| before(50));

/// Days since which accounts are silent on the last one: of each, on every day that is looked at, at least a window.
const SILENT: [u64; 6] = [92, 92, 76, 60, 52, 48];

/// Tickets that others have more.
const TICKETS: [usize; 6] = [1, 1, 2, 2, 3, 8];

/// Scores differ by more than how doubles are added.
const HAIR: f64 = 1e-9;

/// Both worlds as the bundled project publishes them.
pub struct Worlds {
    pub sources: TempDir,
    pub before: TempDir,
    pub changed: TempDir,
    pub after: TempDir,
    pub silent: BTreeMap<String, NaiveDate>,
    troubled: Vec<(String, usize, NaiveDate)>,
}

pub static WORLDS: LazyLock<Worlds> = LazyLock::new(|| {
    let sources = generated(&small());
    let [before_out, after] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR"));
    run(bundled, (sources.path(), false), before_out.path(), *PUBLISHED, &BASE);
    // Whoever was scored all the time, and so was there.
    let scores = table(before_out.path(), "scores/health", *FIRST);
    let mut seen: BTreeMap<&String, usize> = BTreeMap::new();
    for ((_, account), row) in &scores.0 {
        *seen.entry(account).or_default() += usize::from(row["score"] != Value::Null);
    }
    let mut there = seen.into_iter().filter(|(_, days)| *days == 21).map(|(account, _)| account.clone());
    let silent: BTreeMap<String, NaiveDate> =
        SILENT.iter().map(|days| (there.next().unwrap(), before(*days))).collect();
    let troubled: Vec<_> =
        TICKETS.iter().map(|tickets| (there.next().unwrap(), *tickets, before(30))).collect();
    assert!(there.count() > 5, "nobody is left as they were");
    let changed = linked(sources.path(), |_| true);
    silence(changed.path(), &silent);
    trouble(changed.path(), &troubled);
    run(bundled, (changed.path(), false), after.path(), *PUBLISHED, &BASE);
    Worlds { sources, before: before_out, changed, after, silent, troubled }
});

/// What a template makes of both worlds: scores, and who is on the queue.
struct Judged {
    scores: [Table; 2],
    queues: [Table; 2],
}

impl Judged {
    fn by(template: &str) -> Self {
        let project = project(template);
        let outs = [&WORLDS.before, &WORLDS.after].map(|out| {
            let out = copied(out.path());
            run(project.path(), (WORLDS.sources.path(), true), out.path(), *FIRST, &QUEUE);
            out
        });
        let read = |name: &str| outs.each_ref().map(|out| table(out.path(), name, *FIRST));
        Self { scores: read("scores/health"), queues: read("marts/work_queue") }
    }

    /// Pairs of the rows of an account on each day.
    fn pairs<'a>(&'a self, account: &'a str) -> impl Iterator<Item = (NaiveDate, &'a Row, &'a Row)> {
        let of = self.scores[0].0.iter().filter(move |((_, of), _)| of == account);
        of.map(|(key, row)| (key.0, row, &self.scores[1].0[key]))
    }
}

/// No account is the better for it: never a higher score, never none in place of one.
pub fn is_no_better(before: &Row, after: &Row) -> bool {
    match (number(before, "score"), number(after, "score")) {
        (Some(before), after) => after.is_some_and(|after| after <= before + HAIR),
        (None, _) => true,
    }
}

/// Fails where a law is broken under a template. `stands_alone`: no component compares accounts with each other.
fn holds(template: &str, stands_alone: bool) {
    let judged = Judged::by(template);
    let (mut cases, mut worse, mut others) = (0, 0, 0);
    let troubled = WORLDS.troubled.iter().map(|(account, ..)| account);
    let changed: Vec<&String> = WORLDS.silent.keys().chain(troubled).collect();
    for account in &changed {
        for (day, before, after) in judged.pairs(account) {
            let is_silent = WORLDS.silent.contains_key(*account);
            // Where accounts are compared with each other, all others rise when some fall.
            if !is_silent && !stands_alone {
                continue;
            }
            let what = if is_silent { "silent" } else { "with more severe tickets" };
            assert!(
                is_no_better(before, after),
                "{template}: {account} is {what} on {day}: {before:?}\n{after:?}"
            );
            let key = (day, (*account).clone());
            let [was, is] = judged.queues.each_ref().map(|queue| queue.0.contains_key(&key));
            assert!(is || !was, "{template}: {account} is {what} on {day} and left the queue");
            cases += 1;
            worse += usize::from(number(after, "score") < number(before, "score"));
        }
    }
    for ((day, account), before) in judged.scores[0].0.iter().filter(|((_, of), _)| !changed.contains(&of)) {
        let after = &judged.scores[1].0[&(*day, account.clone())];
        others += 1;
        if stands_alone {
            assert_eq!(
                before["score"], after["score"],
                "{template}: {account} on {day}, to whom nothing happened"
            );
        }
    }
    assert!(
        cases >= 6 * 21 && others > 200 && worse > 50,
        "{template}: {cases} cases, {worse} worse, {others} others"
    );
}

/// Where the days that marts look back to are published, scoring one day again leaves no mart of an older definition.
#[test]
fn scoring_a_day_again_leaves_no_mart_as_it_was() {
    let (project, out) = (project("usage"), copied(WORLDS.before.path()));
    let all = BASE.iter().chain(&["outcomes", "marts"]).copied().collect::<Vec<_>>();
    run(Path::new(env!("CARGO_MANIFEST_DIR")), (WORLDS.sources.path(), false), out.path(), END, &all);
    let [sources, to, day] =
        [WORLDS.sources.path().display().to_string(), out.path().display().to_string(), END.to_string()];
    let words = [
        "run",
        "--sources",
        &sources,
        "--out",
        &to,
        "--as-of",
        &day,
        "--rescore",
        "--mixed-columns",
        "--json",
    ];
    let result: serde_json::Value = serde_json::from_str(good(hale(project.path(), &words)).trim()).unwrap();
    assert_eq!(result["older"], serde_json::json!([]), "{result}");
}

#[test]
fn who_falls_silent_or_is_in_trouble_does_no_better_by_the_default() {
    holds("default", true);
}

#[test]
fn who_falls_silent_or_is_in_trouble_does_no_better_by_usage() {
    holds("usage", true);
}

#[test]
fn who_falls_silent_or_is_in_trouble_does_no_better_by_enterprise() {
    holds("enterprise", true);
}

#[test]
fn who_falls_silent_or_is_in_trouble_does_no_better_by_onboarding() {
    holds("onboarding", true);
}

#[test]
fn who_falls_silent_or_is_in_trouble_does_no_better_by_rfm() {
    holds("rfm", false);
}
