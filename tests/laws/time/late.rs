//! Night by night, with rows that come late: after each night all published days are what one build of all rows gives that have
//! come, and the days that were built again are those that differed from it, and not many more.

use std::path::Path;

use chrono::{Days, NaiveDate, NaiveTime};
use halescore::engine::sources::Reading;

use super::Chance;
use super::drawn::write;
use super::rows::{DAY, FIRST, LAST, Rows, Written};
use super::tables::{Project, Tables};
use crate::oracle::world::at;
use crate::pipeline::{Run, checked};

/// Projects by chance.
const SEEDS: u64 = 4;

/// Days from one night to the next.
const STEP: usize = 3;

/// The rows that have come by the end of a day.
fn come_by(written: &Written, day: NaiveDate) -> Written {
    let end = at(day + Days::new(1), NaiveTime::MIN);
    let acts = written.acts.iter().filter(|act| act.known < end).cloned().collect();
    let things = written.things.iter().filter(|thing| thing.known < end).cloned().collect();
    Written { acts, things }
}

/// Whether a day is built on a night of its own.
fn is_night(day: NaiveDate) -> bool {
    day >= DAY && (day - DAY).num_days() % STEP as i64 == 0
}

/// The project of a seed, which restates up to so many days.
fn restating(seed: u64, most: u32) -> Chance {
    let chance = Chance::new(seed, Rows::AsTheyCome, None);
    let settings = std::fs::read_to_string(chance.folder.path().join("hale.yml")).unwrap();
    write(chance.folder.path(), "hale.yml", &format!("{settings}max_restatement_days: {most}\n"));
    chance
}

/// What is published of the days before one.
fn days_before(project: &Project, out: &Path, day: NaiveDate) -> Tables {
    project.published(out).of(|as_of| as_of < day, LAST).by_day()
}

#[test]
fn night_by_night_is_one_build_of_all_rows() {
    let (mut again, mut changed) = (0, 0);
    for seed in 0..SEEDS {
        let chance = restating(seed, 366);
        let (folder, checked) = (chance.folder.path(), checked(chance.folder.path()));
        let project = Project::new(folder);
        let (sources, out) = (folder.join("data"), tempfile::tempdir().unwrap());
        let run = Run::new(folder, &sources, out.path()).checked(&checked);
        for day in DAY.iter_days().take_while(|day| *day <= LAST).step_by(STEP) {
            come_by(&chance.drawn.written, day).write(&sources);
            let days = project.tables(&sources, FIRST..=day, Reading::AsHappened);
            let before = days_before(&project, out.path(), day);
            let built = days.of(is_night, LAST).by_day();
            let stale = before.days_that_differ(&built.clone().of(|as_of| as_of < day, LAST));
            let restated = run.publish_restating(day).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            assert!(stale.is_subset(&restated), "seed {seed}, {day}: {stale:?} and not {restated:?}");
            again += restated.len();
            changed += stale.len();
            let now = project.published(out.path()).by_day();
            let differs = now.difference(&built);
            assert!(differs.is_none(), "seed {seed}, {day}: {}", differs.unwrap());
        }
    }
    assert!(changed > 8 && again < changed * 5, "{changed} days changed, {again} were built again");
}
