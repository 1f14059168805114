//! What is not ready has no value, and no run: windows that reach before a log is complete, logs that stopped, days that are
//! not over.

mod calls;
mod constant;
mod data;
mod history;
mod lost;
mod reported;
mod stopped;

use std::path::Path;

use tempfile::TempDir;

use crate::oracle::copy;

fn bundled() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The bundled sources and a table of what users did by day, with some of the text replaced: quick to check and to run.
fn project(edits: &[(&str, &str, &str)]) -> TempDir {
    let project = tempfile::tempdir().unwrap();
    let others = [
        "alerts",
        "audits",
        "components",
        "expectations",
        "marts",
        "metrics",
        "outcomes",
        "scores",
        "staging",
        "tests",
    ];
    copy(bundled(), project.path(), &|file| others.iter().any(|name| file == Path::new("sql").join(name)));
    let write = |file: &str, text: &str| {
        let path = project.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("sql/raw/users.sql", USERS);
    write("sql/staging/events.sql", EVENTS);
    write("sql/metrics/days.sql", DAYS);
    let settings = std::fs::read_to_string(project.path().join("hale.yml")).unwrap();
    let main_score = settings.lines().find(|line| line.starts_with("main_score:")).unwrap();
    write("hale.yml", &settings.replace(main_score, ""));
    for (file, old, new) in edits {
        let text = std::fs::read_to_string(project.path().join(file)).unwrap();
        assert!(text.contains(old), "{file} no longer has `{old}`");
        write(file, &text.replace(old, new));
    }
    project
}

const DAYS: &str = "-- Days with events.
CREATE TABLE metrics.days (
  as_of_date DATE NOT NULL PRIMARY KEY, -- the day
  n BIGINT -- how many; NULL at the beginning
) PARTITIONED BY (as_of_date) AS
SELECT day AS as_of_date, CASE WHEN ready('events', 7, day) THEN count(*) END AS n
FROM staging.events
GROUP BY day
";

const USERS: &str = "-- Users.
CREATE EXTERNAL TABLE raw.users (user_id VARCHAR NOT NULL PRIMARY KEY -- who
) STORED AS PARQUET LOCATION 'users.parquet'
OPTIONS ('kind' 'current', 'key' 'user_id')
";

const EVENTS: &str = "-- What users did.
SELECT day FROM dated.events WHERE user_id IN (SELECT user_id FROM dated.users)
";
