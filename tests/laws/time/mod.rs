//! What a day may know: rows of later change nothing of it, as happened and as known; where all was known on its day the two
//! readings are one; a correction changes only the days that it is about; order, files and second deliveries change nothing,
//! and neither does a kind of source that nothing needs. Over all tables of the bundled project, and over projects by chance.

mod blame; // which rows of the sources break a law
mod broken; // projects that break each law on purpose
mod bundled; // all tables of the bundled project
mod checks; // the laws
mod cut; // which rows of a source a day may know
mod drawn; // projects of six models over two sources
mod late; // rows that come late, night by night
mod now; // what sources say of now alone
mod restated; // corrections over the bundled project
mod rows; // rows of these sources, corrections and second deliveries
pub mod tables; // what a run publishes, and where two runs differ

use halescore::engine::sources::Reading;
use tempfile::TempDir;

use checks::World;
use cut::{Dated, dated};
use drawn::{Drawn, Said};
use rows::{DAY, LAST, Rows};
use tables::Project;

/// Projects by chance; those that failed once are kept as seeds of their own.
const DRAWN: u64 = 20;

/// The same of the laws that run over all days.
const DRAWN_OVER_DAYS: u64 = 12;

/// A drawn project in a folder of its own.
struct Chance {
    folder: TempDir,
    drawn: Drawn,
    project: Project,
    dated: Vec<Dated>,
}

impl Chance {
    fn new(seed: u64, rows: Rows, said: Option<Said>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let drawn = drawn::project(seed, rows, said, folder.path());
        let (project, dated) = (Project::new(folder.path()), dated(folder.path()));
        Self { folder, drawn, project, dated }
    }

    /// The project over other rows of its sources.
    fn over<T>(&self, rows: &rows::Written, held: impl Fn(&World<'_>) -> T) -> T {
        let sources = self.folder.path().join("data");
        rows.write(&sources);
        held(&World { project: &self.project, sources: &sources, dated: &self.dated })
    }
}

#[test]
fn rows_of_later_change_no_table_of_projects_by_chance() {
    let mut left_out = 0;
    for seed in 0..DRAWN {
        let chance = Chance::new(seed, Rows::AsTheyCome, None);
        for (reading, until) in [(Reading::AsHappened, LAST), (Reading::AsKnown, DAY)] {
            let held = |world: &World<'_>| world.later_rows_change_nothing(DAY, until, reading);
            let sources = chance.over(&chance.drawn.written, held);
            left_out += sources.unwrap_or_else(|broken| panic!("seed {seed}, {reading:?}: {broken}")).len();
        }
    }
    assert!(left_out > 50, "only {left_out} sources have rows of later");
}

#[test]
fn the_readings_are_one_where_all_was_known_on_its_day() {
    for seed in 0..DRAWN {
        let chance = Chance::new(seed, Rows::OnTheirDay, None);
        let held = chance.over(&chance.drawn.written, |world| world.readings_are_one(DAY));
        held.unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
    }
}

#[test]
fn corrections_change_only_the_days_that_they_are_about() {
    let mut bounded = 0;
    for seed in 0..DRAWN_OVER_DAYS {
        let chance = Chance::new(seed, Rows::AsTheyCome, None);
        let (written, corrections) = rows::corrected(&chance.drawn, seed);
        bounded += corrections.iter().filter(|(_, days)| *days.end() < LAST).count();
        let held = chance.over(&written, |world| world.corrections_change_only_their_days(&corrections));
        held.unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
    }
    assert!(bounded > 5, "only {bounded} corrections have an end");
}

#[test]
fn order_and_files_and_second_deliveries_change_no_day() {
    let mut twice = 0;
    for seed in 0..DRAWN_OVER_DAYS {
        let chance = Chance::new(seed, Rows::AsTheyCome, None);
        let (written, again) = rows::delivered_again(&chance.drawn, seed);
        twice += again.len();
        let held = chance.over(&written, |world| world.deliveries_change_nothing(&again, seed));
        held.unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
    }
    assert!(twice > 50, "only {twice} rows were delivered again");
}

/// Sources whose rows are all there once, and known on their day: as plain rows, and by ways of saying more than they need.
const PLAIN: Said = Said {
    acts: "",
    things: "'kind' 'versions', 'key' 'account_id', 'valid_from' 'since', 'known_at' 'known'",
};
const MORE: [Said; 3] = [
    Said {
        acts: "'key' 'id', 'max_delay' '3 days', ",
        things: "'kind' 'versions', 'key' 'account_id', 'valid_from' 'since', 'version' 'since', 'known_at' 'known'",
    },
    Said {
        acts: "'key' 'id', ",
        things: "'kind' 'versions', 'key' 'account_id', 'valid_from' 'since', 'deleted' 'gone', 'known_at' 'known'",
    },
    Said {
        acts: "'key' 'id, done', ",
        things: "'kind' 'versions', 'key' 'account_id', 'valid_from' 'since, known', 'known_after' '0 days'",
    },
];

#[test]
fn a_kind_that_nothing_needs_makes_the_same_as_plain_rows() {
    for seed in 0..DRAWN_OVER_DAYS {
        let plain = Chance::new(seed, Rows::OnTheirDay, Some(PLAIN));
        let more = Chance::new(seed, Rows::OnTheirDay, Some(MORE[(seed % 3) as usize]));
        let held = plain.over(&plain.drawn.written, |world| world.makes_the_same(&more.project));
        held.unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
    }
}
