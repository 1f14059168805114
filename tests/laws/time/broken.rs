//! Each law is seen to fail: small projects that break one on purpose, and what is said of them.

use std::path::Path;

use chrono::{Days, NaiveDate};
use halescore::engine::sources::Reading;

use super::blame::Place;
use super::checks::World;
use super::cut::{Dated, dated};
use super::drawn::write;
use super::rows::{Act, DAY, FIRST, LAST, Thing, Written, time};
use super::tables::Project;

/// Declarations that are true of the rows.
const ACTS: &str =
    "'kind' 'events', 'key' 'id', 'max_delay' '5 days', 'happened_at' 'done', 'known_at' 'known'";
const THINGS: &str =
    "'kind' 'versions', 'key' 'account_id', 'valid_from' 'since', 'known_at' 'known', 'deleted' 'gone'";

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n";
const STAGING: [(&str, &str); 3] = [
    ("sql/staging/acts.sql", "CREATE VIEW staging.acts AS SELECT account_id, v, day FROM dated.acts"),
    (
        "sql/staging/things.sql",
        "CREATE VIEW staging.things AS SELECT account_id, v, first_day, day_after FROM dated.things",
    ),
    (
        "sql/metrics/spine.sql",
        "CREATE VIEW metrics.spine AS SELECT things.account_id, days.day AS as_of_date FROM staging.things \
         JOIN calendar.days ON things.first_day <= days.day AND (things.day_after IS NULL OR days.day < things.day_after)",
    ),
];

/// A sum over the last week, and what a thing is.
const FACTS: &str = "WITH log AS (SELECT account_id, day AS as_of_date, v, FALSE AS on_spine FROM staging.acts \
    UNION ALL SELECT account_id, as_of_date, NULL, TRUE FROM metrics.spine), \
    rolling AS (SELECT account_id, as_of_date, on_spine, sum(v) OVER (PARTITION BY account_id ORDER BY as_of_date \
    RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW) AS value FROM log) \
    SELECT account_id, as_of_date, value FROM rolling WHERE on_spine";
const STATES: &str = "SELECT spine.account_id, spine.as_of_date, things.v AS value FROM metrics.spine \
    JOIN staging.things ON things.account_id = spine.account_id AND things.first_day <= spine.as_of_date \
    AND (things.day_after IS NULL OR spine.as_of_date < things.day_after)";

fn by_day(table: &str, query: &str) -> String {
    format!(
        "CREATE TABLE metrics.{table} (account_id VARCHAR NOT NULL, as_of_date DATE NOT NULL, value BIGINT, \
         PRIMARY KEY (account_id, as_of_date)) PARTITIONED BY (as_of_date) AS {query}"
    )
}

/// A project with a fault in it, its rows, and how these are dated in truth.
struct Fixture {
    folder: tempfile::TempDir,
    project: Project,
    dated: Vec<Dated>,
}

/// The sources as a project declares them.
fn sources(folder: &Path, acts: &str, things: &str) {
    let acts = format!(
        "CREATE EXTERNAL TABLE raw.acts (id BIGINT NOT NULL, account_id VARCHAR NOT NULL, v BIGINT, done TIMESTAMP NOT NULL, \
         known TIMESTAMP NOT NULL) STORED AS PARQUET LOCATION 'acts.parquet' OPTIONS ({acts})"
    );
    let things = format!(
        "CREATE EXTERNAL TABLE raw.things (account_id VARCHAR NOT NULL, v BIGINT, since TIMESTAMP, known TIMESTAMP NOT NULL, \
         gone BOOLEAN) STORED AS PARQUET LOCATION 'things.parquet' OPTIONS ({things})"
    );
    write(folder, "sql/raw/acts.sql", &acts);
    write(folder, "sql/raw/things.sql", &things);
}

impl Fixture {
    /// The sound project with some of its files as given, its sources declared in some way.
    fn new(acts: &str, things: &str, faults: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let truth = tempfile::tempdir().unwrap();
        for (folder, acts, things) in [(truth.path(), ACTS, THINGS), (folder.path(), acts, things)] {
            write(folder, "hale.yml", SETTINGS);
            sources(folder, acts, things);
        }
        let tables = [
            ("sql/metrics/facts.sql", by_day("facts", FACTS)),
            ("sql/metrics/states.sql", by_day("states", STATES)),
        ];
        for (path, text) in
            STAGING.into_iter().chain(tables.iter().map(|(path, text)| (*path, text.as_str())))
        {
            write(folder.path(), path, text);
        }
        for (path, text) in faults {
            write(folder.path(), path, text);
        }
        let project = Project::new(folder.path());
        Self { folder, project, dated: dated(truth.path()) }
    }

    fn over(&self, rows: &Written, law: impl Fn(&World<'_>) -> Result<(), String>) -> Result<(), String> {
        let sources = self.folder.path().join("data");
        rows.write(&sources);
        law(&World { project: &self.project, sources: &sources, dated: &self.dated })
    }
}

fn act(id: i64, v: i64, done: usize, known: usize) -> Act {
    Act { id, account: "a", v: Some(v), done: time(done, 12), known: time(known, 12) }
}

fn thing(account: &'static str, v: i64, since: usize, known: usize) -> Thing {
    Thing { account, v: Some(v), since: Some(time(since, 12)), known: time(known, 12), gone: None }
}

/// Two accounts of the first day and an act a week; days are counted from the first, and `DAY` is the 19th.
fn rows() -> Written {
    let acts = (0..5).map(|number| act(number, 1, 7 * number as usize, 7 * number as usize)).collect();
    Written { acts, things: vec![thing("a", 1, 0, 0), thing("b", 2, 0, 0)] }
}

/// Sound as it is, so that what is said of a fault is about the fault.
fn must_tell(
    fixture: &Fixture,
    rows: &Written,
    law: impl Fn(&World<'_>) -> Result<(), String>,
    says: &[&str],
) {
    let sound = Fixture::new(ACTS, THINGS, &[]);
    let held = sound.over(rows, &law);
    assert!(held.is_ok(), "the sound project breaks it: {held:?}");
    let told = fixture.over(rows, &law).expect_err("the law is not broken");
    for part in says {
        assert!(told.contains(part), "{part:?} is not in: {told}");
    }
    assert!(told.len() < 500, "{told}");
}

fn later(until: NaiveDate, reading: Reading) -> impl Fn(&World<'_>) -> Result<(), String> {
    move |world| world.later_rows_change_nothing(DAY, until, reading).map(|_| ())
}

/// What each thing is in the end, on all days.
const IN_THE_END: (&str, &str) = (
    "sql/staging/things.sql",
    "CREATE VIEW staging.things AS SELECT account_id, v, first_day, day_after FROM dated.things \
     WHERE v IS NOT NULL",
);

fn states_in_the_end() -> String {
    by_day(
        "states",
        "SELECT spine.account_id, spine.as_of_date, ended.v AS value FROM metrics.spine \
         JOIN (SELECT account_id, max(v) AS v FROM staging.things GROUP BY account_id) AS ended \
         ON ended.account_id = spine.account_id",
    )
}

#[test]
fn a_state_that_a_later_row_changes_is_told_with_the_row() {
    let states = states_in_the_end();
    let fixture = Fixture::new(ACTS, THINGS, &[IN_THE_END, ("sql/metrics/states.sql", &states)]);
    let mut rows = rows();
    rows.things.extend([thing("b", 7, 30, 30), thing("a", 1, 35, 35)]);
    let says = [
        "metrics.states, account_id b, as_of_date 2026-01-20: value is 2, and 7, because of raw.things (account_id b, v 7, since 2026-01-31T12:00:00",
    ];
    // A run up to the day does not read what begins after it; one that goes on does.
    must_tell(&fixture, &rows, later(LAST, Reading::AsHappened), &says);
}

#[test]
fn readings_that_are_two_are_told_with_the_row() {
    // Known on their day, all of them, and taken for what was known later.
    let too_late = "'kind' 'versions', 'key' 'account_id', 'valid_from' 'since', 'known_after' '5 days', 'deleted' 'gone'";
    let fixture = Fixture::new(ACTS, too_late, &[]);
    let mut rows = rows();
    rows.things.extend([thing("b", 7, 17, 17), thing("a", 3, 11, 11)]);
    let says = ["account_id b, as_of_date 2026-01-20", "raw.things (account_id b, v 7"];
    must_tell(&fixture, &rows, |world| world.readings_are_one(DAY), &says);
}

#[test]
fn a_source_that_is_said_to_be_of_now_and_is_not_is_told_with_its_row() {
    let of_now = "'kind' 'current', 'key' 'account_id, known'";
    let newest = "CREATE VIEW staging.things AS SELECT account_id, v, local_day(since) AS first_day, CAST(NULL AS DATE) AS day_after \
                  FROM dated.things QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY known DESC, v, since, gone) = 1";
    let fixture = Fixture::new(ACTS, of_now, &[("sql/staging/things.sql", newest)]);
    let mut rows = rows();
    rows.things.push(thing("a", 5, 25, 25));
    let says = [
        "account_id a, as_of_date 2026-01-20: the row is there, and is not",
        "because of raw.things (account_id a, v 5,",
    ];
    must_tell(&fixture, &rows, later(DAY, Reading::AsHappened), &says);
}

#[test]
fn a_day_that_looks_at_a_later_one_is_told_where_a_run_has_both() {
    let next = "CREATE VIEW staging.acts AS SELECT acts.account_id, acts.day, max(next.v) AS v FROM dated.acts \
                LEFT JOIN dated.acts AS next ON next.account_id = acts.account_id AND next.day > acts.day \
                GROUP BY acts.account_id, acts.day";
    let fixture = Fixture::new(ACTS, THINGS, &[("sql/staging/acts.sql", next)]);
    let mut rows = rows();
    rows.acts.extend([act(9, 3, 19, 19), act(10, 4, 20, 20)]);
    let says = [
        "metrics.facts, account_id a, as_of_date 2026-01-20: value is 4, and 8",
        "because of raw.acts (id 10, account_id a, v 4, done 2026-01-21T12:00:00",
    ];
    must_tell(&fixture, &rows, later(LAST, Reading::AsHappened), &says);
}

#[test]
fn a_source_that_says_it_was_known_too_early_is_told_with_its_row() {
    let too_early = "'kind' 'versions', 'key' 'account_id', 'valid_from' 'since', 'known_after' '0 days', 'deleted' 'gone'";
    let fixture = Fixture::new(ACTS, too_early, &[]);
    let mut rows = rows();
    rows.things.extend([thing("b", 7, 10, 25), thing("a", 3, 11, 11)]);
    let says = [
        "metrics.states, account_id b, as_of_date 2026-01-20: value is 2, and 7, because of raw.things (account_id b, v 7",
    ];
    must_tell(&fixture, &rows, later(DAY, Reading::AsKnown), &says);
}

/// The correction of the fourth row, and the days that it is about.
fn corrected(row: usize, first: u64, last: u64) -> Vec<(Place, std::ops::RangeInclusive<NaiveDate>)> {
    let day = |number| FIRST + Days::new(number);
    vec![(Place { source: "things".to_owned(), row }, day(first)..=day(last))]
}

#[test]
fn a_correction_that_reaches_days_before_it_is_told_with_its_row() {
    let states = states_in_the_end();
    let fixture = Fixture::new(ACTS, THINGS, &[IN_THE_END, ("sql/metrics/states.sql", &states)]);
    let mut rows = rows();
    rows.things.extend([thing("b", 3, 20, 20), thing("b", 9, 20, 30)]);
    let says = [
        "metrics.states, account_id b, as_of_date 2026-01-01: value is 3, and 9, because of raw.things (account_id b, v 9",
    ];
    must_tell(
        &fixture,
        &rows,
        |world| world.corrections_change_only_their_days(&corrected(3, 20, 39)),
        &says,
    );
}

#[test]
fn a_correction_that_is_felt_after_the_look_back_is_told_with_its_row() {
    let facts = FACTS.replace("INTERVAL '6' DAY", "INTERVAL '20' DAY");
    let fixture = Fixture::new(ACTS, THINGS, &[("sql/metrics/facts.sql", &by_day("facts", &facts))]);
    let mut rows = rows();
    // The act of the 7th day is of the 8th.
    rows.acts.push(act(20, 6, 8, 30));
    let mut correction = corrected(5, 8, 14);
    correction[0].0.source = "acts".to_owned();
    let says = [
        "metrics.facts, account_id a, as_of_date 2026-01-16: value is",
        "because of raw.acts (id 20, account_id a, v 6",
    ];
    must_tell(&fixture, &rows, |world| world.corrections_change_only_their_days(&correction), &says);
}

/// Of a fact that is dated anew the days begin with the earlier of the two.
#[test]
fn a_fact_dated_anew_that_is_felt_before_both_days_is_told_with_its_row() {
    let staged =
        "CREATE VIEW staging.acts AS SELECT account_id, v, CAST(day - 2 AS DATE) AS day FROM dated.acts";
    let fixture = Fixture::new(ACTS, THINGS, &[("sql/staging/acts.sql", staged)]);
    let mut rows = rows();
    // The act of the 8th day is one of the 5th.
    rows.acts.push(act(1, 6, 4, 30));
    let mut correction = corrected(5, 4, 13);
    correction[0].0.source = "acts".to_owned();
    let says = [
        "metrics.facts, account_id a, as_of_date 2026-01-03: value is",
        "because of raw.acts (id 1, account_id a, v 6",
    ];
    must_tell(&fixture, &rows, |world| world.corrections_change_only_their_days(&correction), &says);
}

#[test]
fn a_second_delivery_that_counts_is_told_with_its_row() {
    let mut rows = rows();
    rows.acts.extend([act(1, 1, 7, 8), act(2, 1, 14, 15)]);
    let again = [5, 6].map(|row| Place { source: "acts".to_owned(), row });
    let law = |world: &World<'_>| world.deliveries_change_nothing(&again, 1);
    let says = [
        "metrics.facts, account_id a, as_of_date 2026-01-15: value is 1, and 2",
        "because of raw.acts (id 2, account_id a, v 1, done 2026-01-15T12:00:00, known 2026-01-16T12:00:00)",
    ];
    // Without a key each row is an act of its own.
    let keyless = Fixture::new("'kind' 'events', 'happened_at' 'done', 'known_at' 'known'", THINGS, &[]);
    must_tell(&keyless, &rows, law, &says);
    // What reads when a row was known has another value for it.
    let facts = FACTS.replace(
        "SELECT account_id, day AS as_of_date, v,",
        "SELECT account_id, day AS as_of_date, known_on - day AS v,",
    );
    let staged =
        "CREATE VIEW staging.acts AS SELECT account_id, v, day, local_day(known) AS known_on FROM dated.acts";
    let faults = [("sql/staging/acts.sql", staged), ("sql/metrics/facts.sql", &by_day("facts", &facts))];
    let reads_known_at = Fixture::new(ACTS, THINGS, &faults);
    must_tell(&reads_known_at, &rows, law, &["as_of_date 2026-01-15: value is 0, and 1", "raw.acts (id 2,"]);
}

#[test]
fn a_kind_that_rows_do_need_does_not_make_the_same() {
    let plain = Fixture::new("'kind' 'events', 'happened_at' 'done', 'known_at' 'known'", THINGS, &[]);
    let keyed = Fixture::new(ACTS, THINGS, &[]);
    let law = |world: &World<'_>| world.makes_the_same(&keyed.project);
    assert_eq!(plain.over(&rows(), law), Ok(()));
    let mut rows = rows();
    rows.acts.push(act(1, 4, 7, 9));
    let told = plain.over(&rows, law).unwrap_err();
    assert!(told.contains("metrics.facts, account_id a, as_of_date 2026-01-08: value is 5, and 4"), "{told}");
    assert!(told.contains("raw.acts (id 1, account_id a, v 4,"), "{told}");
}
