//! What of the contracts was known on a day: the same evaluator over the rows that were written down by its end.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use halescore::engine::sources::Reading;
use halescore::read::Days;

use super::published::{BOOKS, each_day};
use crate::oracle::commerce::Standing;
use crate::oracle::project_with;
use crate::oracle::table::rows;
use crate::oracle::world::{World, moment, words};
use crate::question::answer;

/// A line on a day: its id, whose it is, its state and its seats.
type Found = BTreeSet<(String, String, String, i64)>;

/// The lines of all accounts on a day, found in a world.
fn expected(world: &World, day: NaiveDate) -> Found {
    let ids: BTreeSet<&str> = world.commerce.lines.iter().map(|line| line.account_id.as_str()).collect();
    let all = ids.into_iter().flat_map(|id| world.commerce.lines_on(world, id, day));
    let found = all.map(|Standing { line, state, .. }| {
        (line.line_id.clone(), line.account_id.clone(), state.name().to_owned(), line.seats)
    });
    found.collect()
}

/// The world as it was written down by the end of a day.
fn known_by(day: NaiveDate) -> World {
    let mut world = BOOKS.world.clone();
    world.commerce.lines.retain(|line| BOOKS.world.local_day(line.version.recorded_at) <= day);
    world
}

#[test]
fn a_correction_corrects_the_past_and_what_was_known_stays_known() {
    let zone = format!("time_zone: {}", BOOKS.world.zone.name());
    let project = project_with(&[("hale.yml", "time_zone: UTC", &zone)]);
    let data = project.path().join("data");
    if data.exists() {
        std::fs::remove_dir_all(&data).unwrap();
    }
    std::fs::create_dir(&data).unwrap();
    BOOKS.write(&data);
    let mut differ = 0;
    for day in each_day().step_by(8) {
        let query = format!(
            "SELECT line_id, account_id, state, seats FROM metrics.line_states
             WHERE first_day <= DATE '{day}' AND DATE '{day}' < day_after"
        );
        let found = |reading| -> Found {
            let answered = answer(project.path(), &query, Days::Until(day), reading);
            let found = answered.iter().flat_map(rows).map(|row| {
                let [line, account, state] =
                    ["line_id", "account_id", "state"].map(|column| words(&row, column).unwrap());
                (line, account, state, moment(&row, "seats").unwrap())
            });
            found.collect()
        };
        let (happened, known) = (found(Reading::AsHappened), found(Reading::AsKnown));
        assert_eq!(happened, expected(&BOOKS.world, day), "as happened on {day}");
        assert_eq!(known, expected(&known_by(day), day), "as known on {day}");
        differ += happened.symmetric_difference(&known).count();
    }
    assert!(differ > 20, "only {differ} lines were known otherwise than they were");
}
