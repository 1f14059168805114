//! `reported('tickets', as_of_date)` against a recount of its definition, over sources of every kind with rows by chance, in
//! both readings and as the plain SQL that others see.

use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, Date32Array, StringArray, TimestampMicrosecondArray};
use chrono::{Datelike, NaiveDate};
use serde_json::Value;

use crate::cli::{Project, code, err, good, one_line};
use crate::laws::Draw;
use crate::oracle::world::write;

/// Days are numbers here: 1 is the first of January 2026.
type Day = i64;

/// The days of a run.
const DAYS: Day = 24;

const LAG: Day = 2;

/// How the day on which a row begins is found in it.
#[derive(Clone, Copy, PartialEq)]
enum Begins {
    Held,
    HeldOrKnown,
    Begun,
    BegunOrEver,
    HeldOrEver,
    Known,
    Ever,
    Said(Day),
}

/// A source: its name, its options, how its rows begin, and the days that its loads may lag, where its newest row tells.
const SOURCES: [(&str, &str, Begins, Option<Day>); 14] = [
    ("facts", "'kind' 'events', 'happened_at' 'held', 'known_at' 'known'", Begins::Held, None),
    ("said", "'kind' 'events', 'happened_at' 'held', 'known_at' 'known'", Begins::Said(5), None),
    (
        "used",
        "'kind' 'events', 'happened_at' 'held', 'known_at' 'known', 'usage' 'true'",
        Begins::Held,
        Some(LAG),
    ),
    (
        "stale",
        "'kind' 'events', 'happened_at' 'held', 'known_at' 'known', 'stale_after' '1 day'",
        Begins::Held,
        Some(1),
    ),
    ("after", "'kind' 'events', 'happened_at' 'held', 'known_after' '1 day'", Begins::Held, None),
    (
        "dated",
        "'kind' 'versions', 'key' 'k', 'valid_from' 'held', 'known_at' 'known'",
        Begins::HeldOrKnown,
        None,
    ),
    (
        "begun",
        "'kind' 'versions', 'key' 'k', 'valid_from' 'held', 'known_at' 'known', 'begins_at' 'begun'",
        Begins::Begun,
        None,
    ),
    (
        "undated",
        "'kind' 'versions', 'key' 'k', 'valid_from' 'held', 'known_at' 'known', 'before_first' 'approximate_if_undated'",
        Begins::HeldOrEver,
        None,
    ),
    (
        "approximate",
        "'kind' 'versions', 'key' 'k', 'valid_from' 'held', 'known_at' 'known', 'before_first' 'approximate'",
        Begins::Ever,
        None,
    ),
    ("loads", "'kind' 'snapshots', 'key' 'k', 'taken_at' 'known'", Begins::Known, None),
    ("now", "'kind' 'current', 'key' 'k', 'begins_at' 'begun'", Begins::BegunOrEver, None),
    ("ever", "'kind' 'current', 'key' 'k'", Begins::Ever, None),
    (
        "taken",
        "'kind' 'snapshots', 'key' 'k', 'taken_at' 'known', 'stale_after' '1 day'",
        Begins::Known,
        Some(1),
    ),
    // Only what loaders say tells of it.
    (
        "told",
        "'kind' 'events', 'happened_at' 'held', 'known_after' '1 day', 'stale_after' '1 day'",
        Begins::Held,
        None,
    ),
];

#[derive(Clone, Copy)]
struct Row {
    held: Option<Day>,
    begun: Option<Day>,
    known: Day,
}

struct Load {
    source: String,
    through: Day,
    ok: bool,
    known: Day,
}

struct World {
    rows: Vec<(&'static str, Vec<Row>)>,
    loads: Vec<Load>,
}

const MICROS: i64 = 86_400_000_000;
const FIRST: i64 = 20_454;

fn instant(day: Day) -> i64 {
    (FIRST + day - 1) * MICROS + MICROS / 2
}

impl World {
    /// Rows of each source, or none; of some their loads, of which some fail.
    fn drawn(seed: u64) -> Self {
        let mut draw = Draw(seed);
        let mut world = Self { rows: Vec::new(), loads: Vec::new() };
        for (source, options, ..) in SOURCES {
            let mut rows = Vec::new();
            for _ in 0..draw.below(5) {
                let held = 2 + draw.below(20) as Day;
                rows.push(Row {
                    held: (draw.below(6) > 0 || options.contains("'events'")).then_some(held),
                    begun: (draw.below(6) > 0).then(|| held - draw.below(3) as Day),
                    known: held + [0, 0, 1, 6][draw.below(4)],
                });
            }
            world.rows.push((source, rows));
            if draw.below(3) == 0 {
                for _ in 0..1 + draw.below(4) {
                    let through = draw.below(22) as Day;
                    let known = through + 1 + draw.below(3) as Day;
                    world.loads.push(Load {
                        source: source.to_owned(),
                        through,
                        ok: draw.below(4) > 0,
                        known,
                    });
                }
            }
        }
        world
    }

    fn write(&self, project: &Project) {
        std::fs::create_dir_all(project.path("data")).unwrap();
        let times = |rows: &[Row], of: fn(&Row) -> Option<Day>| -> ArrayRef {
            Arc::new(rows.iter().map(|row| of(row).map(instant)).collect::<TimestampMicrosecondArray>())
        };
        for (source, rows) in &self.rows {
            let keys = (0..rows.len()).map(|at| Some(at.to_string())).collect::<StringArray>();
            let begun = rows.iter().map(|row| row.begun.map(|day| (FIRST + day - 1) as i32));
            let columns: Vec<(&str, ArrayRef)> = vec![
                ("k", Arc::new(keys)),
                ("held", times(rows, |row| row.held)),
                ("begun", Arc::new(begun.collect::<Date32Array>())),
                ("known", times(rows, |row| Some(row.known))),
            ];
            // No file at all is as good as one without rows.
            if !rows.is_empty() || source.len() % 2 == 0 {
                write(&project.path(&format!("data/{source}.parquet")), columns);
            }
        }
        let loads = &self.loads;
        let through = loads.iter().map(|load| Some((FIRST + load.through - 1) as i32));
        let known = loads.iter().map(|load| Some(instant(load.known)));
        let columns: Vec<(&str, ArrayRef)> = vec![
            (
                "source",
                Arc::new(loads.iter().map(|load| Some(load.source.as_str())).collect::<StringArray>()),
            ),
            ("loaded_through", Arc::new(through.collect::<Date32Array>())),
            ("ok", Arc::new(loads.iter().map(|load| Some(load.ok)).collect::<BooleanArray>())),
            ("loaded_at", Arc::new(known.collect::<TimestampMicrosecondArray>())),
        ];
        write(&project.path("data/source_status.parquet"), columns);
    }

    /// Whether a source is reported as of a day: as happened, or of what was known by the end of the day.
    fn reported(&self, at: usize, as_of: Day, as_known: bool) -> bool {
        let (source, options, begins, newest_tells) = SOURCES[at];
        let is_known = |row: &&Row| {
            let by = match options.contains("known_after") {
                true => row.held.map_or(Day::MIN, |held| held + 1),
                false => row.known,
            };
            !as_known || options.contains("'current'") || by <= as_of
        };
        let has_happened = |row: &&Row| {
            !as_known || !options.contains("'events'") || row.held.is_none_or(|held| held <= as_of)
        };
        let rows: Vec<&Row> = self.rows[at].1.iter().filter(is_known).filter(has_happened).collect();
        let ever = Day::MIN;
        let first = |row: &Row| match begins {
            Begins::Held => row.held,
            Begins::HeldOrKnown => row.held.or(Some(row.known)),
            Begins::Begun => Some(row.held.unwrap_or(row.known)).min(row.begun.or(Some(Day::MAX))),
            Begins::BegunOrEver => row.begun.or(Some(ever)),
            Begins::HeldOrEver => row.held.or(Some(ever)),
            Begins::Known => Some(row.known),
            Begins::Ever => Some(ever),
            Begins::Said(day) => Some(day),
        };
        let Some(began) = rows.iter().filter_map(|row| first(row)).min() else { return false };
        let loads = self.loads.iter().filter(|load| load.source == source);
        let loads: Vec<&Load> = loads.filter(|load| !as_known || load.known <= as_of).collect();
        let lag = if options.contains("'stale_after'") { 1 } else { LAG };
        let reaches = match (loads.is_empty(), newest_tells) {
            (false, _) => loads.iter().any(|load| load.ok && load.through >= as_of - lag),
            (true, Some(lag)) => rows.iter().any(|row| row.known >= as_of - lag),
            (true, None) => true,
        };
        began <= as_of && reaches
    }
}

const SETTINGS: &str = "name: t\ntime_zone: UTC\nsources: data\nout: out\nhistory_starts: 2026-01-01\n\
    complete_from: {said: 2026-01-05}\nparameters: {stale_after_days: 2}\n";

const STATUS: &str = "-- Loads.\nCREATE EXTERNAL TABLE raw.source_status (\n  source VARCHAR NOT NULL, -- of what\n  \
    loaded_through DATE NOT NULL, -- to when\n  ok BOOLEAN NOT NULL, -- whether\n  loaded_at TIMESTAMP NOT NULL -- when\n) \
    STORED AS PARQUET LOCATION 'source_status.parquet'\n\
    OPTIONS ('kind' 'events', 'happened_at' 'loaded_at', 'known_after' '0 days', 'optional' 'true')\n";

/// A table that says of each day which sources are reported.
fn project() -> Project {
    let columns: Vec<String> =
        SOURCES.iter().map(|(source, ..)| format!("  {source} BOOLEAN, -- it\n")).collect();
    let asked: Vec<String> =
        SOURCES.iter().map(|(source, ..)| format!("reported('{source}', day) AS {source}")).collect();
    let days = format!(
        "-- What is reported.\nCREATE TABLE metrics.days (\n  as_of_date DATE NOT NULL PRIMARY KEY, -- when\n{}) \
         PARTITIONED BY (as_of_date) AS\nSELECT day AS as_of_date, {}\nFROM calendar.days\n",
        columns.concat().trim_end_matches(", -- it\n").to_owned() + " -- it\n",
        asked.join(", ")
    );
    let mut files = vec![
        ("hale.yml".to_owned(), SETTINGS.to_owned()),
        ("sql/metrics/days.sql".to_owned(), days),
        ("sql/raw/source_status.sql".to_owned(), STATUS.to_owned()),
    ];
    for (source, options, ..) in SOURCES {
        let always = if options.contains("'events'") { " NOT NULL" } else { "" };
        files.push((
            format!("sql/raw/{source}.sql"),
            format!(
                "-- It.\nCREATE EXTERNAL TABLE raw.{source} (\n  k VARCHAR NOT NULL, -- what\n  held TIMESTAMP{always}, -- from when\n  \
                 begun DATE, -- since when\n  known TIMESTAMP NOT NULL -- when\n) STORED AS PARQUET LOCATION '{source}.parquet'\n\
                 OPTIONS ({options}, 'optional' 'true')\n"
            ),
        ));
    }
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    Project::of(&files)
}

fn date(day: Day) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().num_days_from_ce() + day as i32 - 1,
    )
    .unwrap()
}

/// The rows that a query gives.
fn rows(project: &Project, sql: &str, more: &[&str]) -> Vec<Value> {
    let answer = good(project.hale(&[&["query", sql, "--json", "--limit", "1000"][..], more].concat()));
    serde_json::from_str::<Value>(&answer).unwrap().as_array().unwrap().clone()
}

/// Rows of days, against the recount; gives how many are TRUE and how many FALSE.
fn must_be_as_recounted(world: &World, rows: &[Value], as_known: bool, which: &str) -> (usize, usize) {
    let (mut told, mut untold) = (0, 0);
    for row in rows {
        let day = (1..=DAYS).find(|day| row["as_of_date"] == date(*day).to_string()).unwrap();
        for (at, (source, ..)) in SOURCES.iter().enumerate() {
            let expected = world.reported(at, day, as_known);
            assert_eq!(row[source], expected, "{which}: {source} as of {}", date(day));
            if expected { told += 1 } else { untold += 1 }
        }
    }
    (told, untold)
}

const SEEDS: u64 = 8;

#[test]
fn a_source_is_reported_as_of_the_days_that_its_definition_says() {
    let columns: Vec<&str> = SOURCES.iter().map(|(source, ..)| *source).collect();
    let published = format!("SELECT as_of_date, {} FROM metrics.days", columns.join(", "));
    let (mut told, mut untold) = (0, 0);
    for seed in 0..SEEDS {
        let (project, world) = (project(), World::drawn(seed));
        world.write(&project);
        let [first, last] = [1, DAYS].map(|day| date(day).to_string());
        good(project.hale(&["run", "--from", &first, "--to", &last, "--incomplete"]));
        let happened = rows(&project, &published, &[]);
        assert_eq!(happened.len() as Day, DAYS);
        let (yes, no) = must_be_as_recounted(&world, &happened, false, &format!("seed {seed}"));
        (told, untold) = (told + yes, untold + no);
        // The SQL that others see asks the sources itself.
        good(project.hale(&["compile", "--out", "compiled"]));
        let compiled = std::fs::read_to_string(project.path("compiled/metrics/days.sql")).unwrap();
        assert!(!compiled.contains("reported("), "{compiled}");
        let query = &compiled[compiled.find("SELECT day AS as_of_date").unwrap()..];
        must_be_as_recounted(&world, &rows(&project, query, &[]), false, &format!("seed {seed} as SQL"));
        good(project.hale(&["run", "--from", &first, "--to", &last, "--every", "5", "--as-known"]));
        let known = rows(&project, &published, &["--as-known"]);
        assert_eq!(known.len(), 5);
        must_be_as_recounted(&world, &known, true, &format!("seed {seed} as known"));
    }
    assert!(told > 500 && untold > 500, "{told} are TRUE and {untold} are FALSE");
}

#[test]
fn a_run_says_as_of_which_days_sources_are_reported() {
    let (project, world) = (project(), World::drawn(0));
    let row = |held: Day| Row { held: Some(held), begun: None, known: held };
    let load = |through: Day, ok: bool| Load { source: "facts".to_owned(), through, ok, known: through + 1 };
    let mut world = World { rows: world.rows, loads: vec![load(3, true), load(7, true), load(9, false)] };
    for (source, rows) in &mut world.rows {
        *rows = if *source == "loads" { Vec::new() } else { vec![row(2), row(6)] };
    }
    world.write(&project);
    let ran = project.hale(&["run", "--as-of", "2026-01-12", "--incomplete", "--json"]);
    assert_eq!(code(&ran), 0, "{}", err(&ran));
    let said = one_line(&crate::cli::out(&ran));
    let day = |day: Day| Value::from(date(day).to_string());
    for (source, since, until) in [
        ("facts", day(2), day(9)),
        ("said", day(5), Value::Null),
        ("used", day(2), day(8)),
        ("stale", day(2), day(7)),
        ("taken", day(2), day(7)),
        ("told", day(2), Value::Null),
        ("ever", Value::Null, Value::Null),
    ] {
        let told = &said["reported"][source];
        assert_eq!((&told["since"], &told["until"]), (&since, &until), "{source}: {}", said["reported"]);
    }
    assert_eq!(said["reported"]["loads"], Value::Null, "nothing landed of it");
    assert!(
        err(&ran).contains("not reported as of 2026-01-12") && err(&ran).contains("facts (2026-01-09)"),
        "{}",
        err(&ran)
    );
    let untold = "warning[loads-untold]: nothing tells how far the loads of raw.told reach";
    assert!(err(&ran).contains(untold), "{}", err(&ran));
    assert_eq!(err(&ran).matches("loads-untold").count(), 1, "{}", err(&ran));
    let asked = rows(
        &project,
        "SELECT reported('facts', DATE '2026-01-09') AS a, reported('facts', DATE '2026-01-10') AS b",
        &[],
    );
    assert_eq!((&asked[0]["a"], &asked[0]["b"]), (&Value::from(true), &Value::from(false)));
}

/// Loads of all there is, of which the newest is older than they may lag.
#[test]
fn a_run_waits_for_a_load_that_says_how_late_it_may_be() {
    let project = Project::of(&[
        ("hale.yml", SETTINGS.split("complete_from").next().unwrap()),
        (
            "sql/raw/loads.sql",
            "-- It.\nCREATE EXTERNAL TABLE raw.loads (\n  k VARCHAR NOT NULL, -- what\n  known TIMESTAMP NOT NULL -- when\n) \
             STORED AS PARQUET LOCATION 'loads.parquet'\n\
             OPTIONS ('kind' 'snapshots', 'key' 'k', 'taken_at' 'known', 'stale_after' '1 day')\n",
        ),
        ("sql/staging/loads.sql", "-- It.\nSELECT k, first_day, day_after FROM dated.loads\n"),
        (
            "sql/marts/things.sql",
            "-- How many.\nCREATE TABLE marts.things (\n  k BIGINT NOT NULL PRIMARY KEY, -- one\n  n BIGINT NOT NULL -- how many\n) AS\n\
             SELECT 1 AS k, count(*) AS n FROM staging.loads\n",
        ),
    ]);
    std::fs::create_dir_all(project.path("data")).unwrap();
    let days = [2, 6];
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("k", Arc::new(StringArray::from_iter_values(["a", "a"]))),
        (
            "known",
            Arc::new(days.iter().map(|day| Some(instant(*day))).collect::<TimestampMicrosecondArray>()),
        ),
    ];
    write(&project.path("data/loads.parquet"), columns);
    for (day, expected) in [(7, 0), (8, 75)] {
        let ran = project.hale(&["run", "--as-of", &date(day).to_string()]);
        assert_eq!(code(&ran), expected, "day {day}: {}", err(&ran));
        let waits = "raw.loads is not reported as of 2026-01-08: its loads reach 2026-01-06";
        assert_eq!(err(&ran).contains(waits), expected == 75, "day {day}: {}", err(&ran));
        assert_eq!(err(&ran).contains("its newest `known` says so"), expected == 75, "{}", err(&ran));
    }
}
