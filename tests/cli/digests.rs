//! `FROM digests('events')` of `hale query`: what it gives beside other tables, and who may not ask.

use super::{Project, code, err, good, sums};

/// Events of the project, dated.
const DATED: &str = "-- What happened.\nCREATE EXTERNAL TABLE raw.events (\n  account_id VARCHAR NOT NULL, -- who\n  \
    day DATE NOT NULL, -- when\n  n BIGINT -- how much\n) STORED AS PARQUET LOCATION 'events.parquet'\n\
    OPTIONS ('kind' 'events', 'happened_at' 'day', 'known_after' '2 days')\n";
const STAGED: &str = "-- Events.\nSELECT account_id, day, n FROM dated.events\n";

fn project() -> Project {
    Project::of(&[
        ("sql/raw/events.sql", DATED),
        ("sql/staging/events.sql", STAGED),
        ("sql/metrics/accounts.sql", &sums("n BIGINT")),
        (
            "sql/raw/more.sql",
            "-- May come.\nCREATE EXTERNAL TABLE raw.more (\n  id VARCHAR NOT NULL, -- which\n  day DATE NOT NULL -- when\n) \
             STORED AS PARQUET LOCATION 'more.parquet'\n\
             OPTIONS ('kind' 'events', 'happened_at' 'day', 'known_after' '0 days', 'optional' 'true')\n",
        ),
    ])
}

#[test]
fn digests_are_a_table_like_any_other() {
    let project = project();
    let ask = |sql: &str, more: &[&str]| {
        good(project.hale(&[&["query", sql, "--format", "csv"], more].concat())).replace('\n', " ")
    };
    assert_eq!(ask("SELECT day, rows FROM digests('events')", &[]), "day,rows 2026-01-01,2 2026-01-02,2 ");
    let until = ["--until", "2026-01-04"];
    let days = "day,rows 2026-01-01,2 2026-01-02,2 2026-01-03,0 2026-01-04,0 ";
    assert_eq!(ask("SELECT day, rows FROM digests('events') ORDER BY day", &until), days);
    // Two days later what happened was known.
    let known = "day,rows 2026-01-01,2 2026-01-02,2 2026-01-03,0 2026-01-04,0 ";
    assert_eq!(
        ask("SELECT day, rows FROM digests('events')", &["--until", "2026-01-04", "--as-known"]),
        known
    );
    let known = "day,rows 2026-01-01,2 2026-01-02,0 2026-01-03,0 ";
    assert_eq!(
        ask("SELECT day, rows FROM digests('events')", &["--until", "2026-01-03", "--as-known"]),
        known
    );
    let joined = "SELECT count(*) AS c, max(length(one.digest)) AS l FROM digests('events') AS one \
                  JOIN digests('events') AS other ON one.digest = other.digest \
                  WHERE one.day IN (SELECT day FROM staging.events)";
    assert_eq!(ask(joined, &[]), "c,l 2,32 ");
    assert!(ask("EXPLAIN SELECT * FROM digests('events')", &[]).contains("DataSourceExec"));
    let of_two = "SELECT (SELECT sum(rows) FROM digests('events')) AS events, (SELECT sum(rows) FROM digests('more')) AS more";
    let answered = project.hale(&["query", of_two, "--as-of", "2026-01-02", "--format", "csv"]);
    assert!(
        err(&answered).contains("raw.more: nothing has landed of this optional source"),
        "{}",
        err(&answered)
    );
    assert_eq!(good(answered), "events,more\n4,0\n");
    // A row that is delivered late changes its day.
    let digests = "SELECT day, digest FROM digests('events')";
    let before = ask(digests, &until);
    project.events(&[("b", 1, 7), ("'; DROP", 2, 1), ("a", 2, 9), ("a", 1, 5)]);
    assert_eq!(ask(digests, &until), before, "in another order");
    project.events(&[("a", 1, 5), ("b", 1, 7), ("a", 2, 9), ("'; DROP", 2, 1), ("c", 2, 1)]);
    let days = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
    let differ: Vec<bool> =
        days(&before).iter().zip(days(&ask(digests, &until))).map(|(one, other)| *one != other).collect();
    assert_eq!(differ, [false, false, true, false, false, false]);
}

#[test]
fn a_question_that_says_no_source_is_refused_at_its_place() {
    let project = project();
    for (from, message) in [
        ("digests('event')", "error[unknown-source]: there is no source raw.event"),
        ("digests()", "this does not say of which source it asks"),
        ("digests(events)", "this does not say of which source it asks"),
        ("digests('events', 'more')", "this does not say of which source it asks"),
    ] {
        let refused = project.hale(&["query", &format!("SELECT *\nFROM {from}")]);
        assert_eq!(code(&refused), 1, "{from}");
        assert!(err(&refused).contains(message) && err(&refused).contains("query:2:6"), "{}", err(&refused));
    }
    let near = project.hale(&["query", "SELECT * FROM digest('events')"]);
    assert!(err(&near).contains("did you mean `digests`?"), "{}", err(&near));
}

#[test]
fn no_model_and_no_audit_reads_digests() {
    let said = "digests of sources are asked with `hale query`, and read by no model and no audit";
    for (path, text) in [
        ("sql/staging/days.sql", "-- Days.\nSELECT day, rows FROM digests('events')\n"),
        ("sql/audits/days.sql", "-- Days.\nSELECT day FROM digests('events') WHERE rows < 0\n"),
    ] {
        let project = project();
        project.write(path, text);
        let refused = project.hale(&["check"]);
        assert_eq!(code(&refused), 1, "{path}");
        assert!(
            err(&refused).contains(said) && err(&refused).contains(&format!("{path}:2:")),
            "{}",
            err(&refused)
        );
        // What stands beside it is read.
        let answered =
            project.hale(&["query", "SELECT count(*) AS c FROM digests('events')", "--format", "csv"]);
        assert_eq!(crate::cli::out(&answered), "c\n2\n", "{}", err(&answered));
    }
}
