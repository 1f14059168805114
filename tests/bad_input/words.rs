//! What is said of wrong SQL, of every kind that people write: in the words of SQL, with file and line.

use super::computed::speaks_sql;
use super::world::World;

/// Queries with something wrong in each; the engine finds them at different times.
const WRONG: [&str; 52] = [
    "SELECT nope FROM dated.events",
    "SELECT e.nope FROM dated.events e",
    "SELECT nobody.amount FROM dated.events e",
    "SELECT sum(account_id) AS s FROM dated.events",
    "SELECT avg(at) AS s FROM dated.events",
    "SELECT account_id + at AS s FROM dated.events",
    "SELECT at + 1 AS s FROM dated.events",
    "SELECT at * amount AS s FROM dated.events",
    "SELECT -account_id AS s FROM dated.events",
    "SELECT upper(account_id, 2) AS s FROM dated.events",
    "SELECT upper() AS s FROM dated.events",
    "SELECT nofunction(amount) AS s FROM dated.events",
    "SELECT round('x', 'y', 'z') AS s FROM dated.events",
    "SELECT amount, account_id FROM dated.events GROUP BY amount",
    "SELECT account_id FROM dated.events HAVING amount > 1",
    "SELECT event_id FROM dated.events WHERE amount",
    "SELECT event_id FROM dated.events WHERE account_id > at",
    "SELECT event_id FROM dated.events WHERE sum(amount) > 1",
    "SELECT event_id FROM dated.events WHERE row_number() OVER (ORDER BY at) = 1",
    "SELECT CASE WHEN amount THEN 1 END AS s FROM dated.events",
    "SELECT CASE WHEN amount > 1 THEN at ELSE 1.5 END AS s FROM dated.events",
    "SELECT date_trunc('fortnight', at) AS s FROM dated.events",
    "SELECT date_trunc(1, at) AS s FROM dated.events",
    "SELECT extract(parsec FROM at) AS s FROM dated.events",
    "SELECT CAST(at AS GEOMETRY) AS s FROM dated.events",
    "SELECT CAST(amount AS INTERVAL) AS s FROM dated.events",
    "SELECT a.event_id FROM dated.events a JOIN dated.events b ON a.nope = b.event_id",
    "SELECT event_id FROM dated.events a JOIN dated.events b ON a.at = b.at",
    "SELECT account_id FROM dated.events UNION SELECT event_id, amount FROM dated.events",
    "SELECT account_id FROM dated.events UNION ALL SELECT ARRAY[amount] FROM dated.events",
    "SELECT (SELECT event_id, amount FROM dated.events) AS s FROM dated.events",
    "SELECT event_id FROM dated.events WHERE event_id IN (SELECT event_id, amount FROM dated.events)",
    "SELECT event_id FROM dated.events WHERE at IN (1, 'x', amount)",
    "SELECT INTERVAL '1 parsec' AS s FROM dated.events",
    "SELECT sum(amount) OVER (ORDER BY account_id RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM dated.events",
    "SELECT sum(event_id) OVER (ORDER BY at ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) AS s FROM dated.events",
    "SELECT row_number() AS s FROM dated.events",
    "SELECT sum(sum(amount)) AS s FROM dated.events",
    "SELECT count(*) OVER w AS s FROM dated.events",
    "SELECT $nope AS s FROM dated.events",
    "SELECT regexp_like(account_id) AS s FROM dated.events",
    "SELECT unnest(amount) AS s FROM dated.events",
    "SELECT lag(amount, 'x') OVER (ORDER BY at) AS s FROM dated.events",
    "SELECT coalesce() AS s FROM dated.events",
    "SELECT nullif(amount) AS s FROM dated.events",
    "SELECT DISTINCT ON (nope) account_id FROM dated.events",
    "SELECT account_id FROM dated.events ORDER BY nope",
    "SELECT account_id FROM dated.events LIMIT 'x'",
    "SELECT account_id FROM dated.events WHERE account_id LIKE 5",
    "SELECT array_agg(amount)[at] AS s FROM dated.events",
    "WITH x AS (SELECT nope FROM dated.events) SELECT * FROM x",
    "WITH RECURSIVE x AS (SELECT 1 AS n UNION ALL SELECT 'a' FROM x) SELECT n FROM x",
];

/// Whole quotients that become numbers with decimals, and the columns of the quotients.
const TOO_LATE: [(&str, usize); 31] = [
    ("SELECT 1.0 * (count(amount) / count(*)) AS s FROM dated.events", 15),
    ("SELECT sum(CASE WHEN amount > 6 THEN 1 ELSE 0 END) / count(*) * 100.0 AS s FROM dated.events", 8),
    ("SELECT CAST(100 * (1 - count(amount) / count(*)) AS DOUBLE) AS s FROM dated.events", 24),
    ("SELECT CAST(count(*) FILTER (WHERE amount > 6) / count(*) AS DOUBLE) AS s FROM dated.events", 13),
    ("SELECT CAST(count(*) / (count(*) + 1) AS DOUBLE) AS s FROM dated.events", 13),
    (
        "SELECT account_id, 0.5 + count(amount) / count(*) AS s FROM dated.events GROUP BY account_id HAVING count(*) > 0",
        26,
    ),
    (
        "SELECT e.account_id, 0.5 + count(e.amount) / count(*) AS s, 7 / 2 AS n FROM dated.events e GROUP BY 1",
        28,
    ),
    ("SELECT event_id % 7 AS d, (event_id % 7) / 3 + 0.5 AS s FROM dated.events GROUP BY event_id % 7", 28),
    ("SELECT event_id / 4 AS n, event_id / 5 * 0.5 AS s FROM dated.events GROUP BY event_id", 27),
    ("SELECT least(event_id / 300, 0.9) AS s FROM dated.events", 14),
    ("SELECT coalesce(event_id / 3, 0.0) AS s FROM dated.events", 17),
    ("SELECT CASE WHEN amount > 6 THEN event_id / 3 ELSE 0.5 END AS s FROM dated.events", 34),
    ("SELECT avg(event_id / 1000) AS s FROM dated.events", 12),
    ("SELECT avg(event_id / 1000) OVER (PARTITION BY account_id) AS s FROM dated.events", 12),
    ("SELECT stddev(event_id / 1000) AS s FROM dated.events", 15),
    ("SELECT event_id FROM dated.events WHERE event_id / 1000 > 0.05", 41),
    ("SELECT event_id FROM dated.events WHERE 0.05 IN (event_id / 1000)", 50),
    ("SELECT round(event_id / 1000, 2) * 1.0 AS s FROM dated.events", 14),
    ("SELECT -(event_id / 1000) * 1.5 AS s FROM dated.events", 10),
    ("SELECT abs(event_id / 1000) * amount AS s FROM dated.events", 12),
    ("SELECT CAST(event_id / 3 AS DECIMAL(18,2)) AS s FROM dated.events", 13),
    ("SELECT TRY_CAST(event_id / 3 AS DOUBLE) AS s FROM dated.events", 17),
    ("SELECT (event_id / 3)::DOUBLE AS s FROM dated.events", 9),
    ("SELECT event_id / count(*) OVER () * 1.0 AS s FROM dated.events", 8),
    ("WITH a AS (SELECT event_id / 3 AS s FROM dated.events) SELECT CAST(s AS DOUBLE) AS s FROM a", 19),
    (
        "WITH a AS (SELECT event_id / 3 AS s FROM dated.events) SELECT x.s * 1.0 AS s, y.s + 0.5 AS t FROM a x JOIN a y ON x.s = y.s",
        19,
    ),
    ("SELECT 1.0 * m AS s FROM (SELECT max(event_id / 3) AS m FROM dated.events)", 38),
    ("SELECT avg(s) AS s FROM (SELECT account_id, event_id / 3 AS s FROM dated.events)", 45),
    (
        "SELECT CAST(s AS DOUBLE) AS s FROM (SELECT 1 AS s UNION ALL SELECT event_id / 3 FROM dated.events)",
        68,
    ),
    ("SELECT event_id / 3 AS s FROM dated.events UNION ALL SELECT amount FROM dated.events", 8),
    ("SELECT 0.5 + (SELECT max(event_id) / 3 FROM dated.events) AS s FROM dated.accounts", 22),
];

/// Quotients that stay whole, and divisions of numbers with decimals.
const WHOLE_OR_DIVIDED: [&str; 10] = [
    "SELECT event_id / 7 AS week FROM dated.events",
    "SELECT count(*) / 7 AS weeks, max(event_id / 7) AS latest FROM dated.events",
    "SELECT floor(event_id / 7) AS week FROM dated.events",
    "SELECT floor(event_id / 7) * 0.5 AS halves FROM dated.events",
    "SELECT event_id FROM dated.events WHERE event_id / 7 = 2 AND amount > 0.5",
    "SELECT CAST(event_id / 7 AS VARCHAR) AS week FROM dated.events",
    "SELECT CAST(event_id AS DOUBLE) / 7 AS weeks FROM dated.events",
    "SELECT 1.0 * count(amount) / count(*) AS s FROM dated.events",
    "SELECT coalesce(CAST(event_id AS DOUBLE) / 7, 0) AS weeks FROM dated.events",
    "WITH a AS (SELECT event_id / 3 AS s, amount / 3 AS t FROM dated.events) SELECT s, CAST(t AS DECIMAL(18,2)) AS t FROM a",
];

#[test]
fn wrong_sql_is_refused_in_the_words_of_sql_with_its_place() {
    let world = World::published();
    let mut refused = 0;
    for query in WRONG {
        // The first line says what it is: the fault is on the second.
        world.write("sql/staging/wrong.sql", format!("-- What is wrong here.\n{query}\n"));
        let ended = world.hale(&["check"]);
        speaks_sql(&ended.stderr);
        assert!([0, 1].contains(&ended.code), "{query}: {}", ended.stderr);
        if ended.code == 1 {
            refused += 1;
            assert!(
                ended.stderr.contains("sql/staging/wrong.sql:2:"),
                "no place for {query}:\n{}",
                ended.stderr
            );
        }
        let asked = world.hale(&["query", query]);
        speaks_sql(&asked.stderr);
        assert!([0, 1].contains(&asked.code), "{query}: {}", asked.stderr);
        if asked.code == 1 {
            assert!(asked.stderr.contains("query:1:"), "no place for {query}:\n{}", asked.stderr);
        }
    }
    assert!(refused > 40, "only {refused} are refused");
}

/// 1 of 2 is a half: what is said of a quotient of whole numbers leads there, and a cast that comes too late is refused.
#[test]
fn a_share_of_whole_numbers_is_a_share() {
    let world = World::published();
    let mart = |share: &str| {
        format!(
            "CREATE TABLE marts.share (account_id VARCHAR NOT NULL PRIMARY KEY, share DOUBLE) AS\nSELECT account_id,\n  {share} AS share\nFROM staging.events GROUP BY account_id"
        )
    };
    world.write("sql/marts/share.sql", mart("count(*) FILTER (WHERE amount > 6) / count(*)"));
    world.refused(1, &["column-type", "CAST(count(*) FILTER (WHERE amount > 6) AS DOUBLE) / count(*)"]);
    world.write("sql/marts/share.sql", mart("CAST(count(*) FILTER (WHERE amount > 6) / count(*) AS DOUBLE)"));
    world.refused(
        1,
        &[
            "whole-quotient",
            "sql/marts/share.sql:3:8",
            "CAST(count(*) FILTER (WHERE amount > 6) AS DOUBLE) / count(*)",
        ],
    );
    world.write(
        "sql/marts/share.sql",
        mart("CAST(count(*) FILTER (WHERE amount > 6) AS DOUBLE) / (count(*) + 1)"),
    );
    world.accepted();
    let ended = world.hale(&["show", "marts.share", "--format", "csv"]);
    assert_eq!(ended.stdout, "account_id,share\na,0.0\nb,0.5\n", "{}", ended.stderr);
}

/// However a quotient of whole numbers comes to have decimals, it comes too late: each is refused where it is written (here
/// the second line), and none that stays whole is.
#[test]
fn a_whole_quotient_never_becomes_a_number_with_decimals() {
    let world = World::published();
    for (query, column) in TOO_LATE {
        world.write("sql/staging/share.sql", format!("-- A share.\n{query}\n"));
        let ended = world.hale(&["check"]);
        assert_eq!(ended.code, 1, "{query}: {}", ended.stderr);
        let place = format!("sql/staging/share.sql:2:{column}");
        for said in ["whole-quotient", "AS DOUBLE) / ", "floor(a / b)", &place] {
            assert!(ended.stderr.contains(said), "{query}: not said: {said}\n{}", ended.stderr);
        }
        assert_eq!(ended.stderr.matches("whole-quotient").count(), 1, "{query}: {}", ended.stderr);
    }
    for query in WHOLE_OR_DIVIDED {
        world.write("sql/staging/share.sql", query);
        let ended = world.hale(&["check"]);
        assert_eq!(ended.code, 0, "{query}: {}", ended.stderr);
    }
}

#[test]
fn a_wrong_model_fails_its_unit_test_in_the_words_of_sql() {
    let world = World::published();
    world.write("sql/staging/wrong.sql", "SELECT event_id, CAST(account_id AS INT) AS n FROM dated.events");
    world.write(
        "sql/tests/staging.wrong/case.yml",
        "description: Accounts are numbers.\ngiven:\n  raw.events:\n    - {event_id: 1, account_id: x}\nexpect:\n  - {event_id: 1, n: 1}\n",
    );
    let ended = world.hale(&["test", "staging.wrong"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    speaks_sql(&ended.stderr);
    for said in [
        "sql/staging/wrong.sql:1:18",
        "event_id = 1, account_id = 'x'",
        "TRY_CAST(account_id AS INT)",
        "in the case staging.wrong/case",
    ] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }
}

/// Commands that only read need what they read, and nothing else of the project.
#[test]
fn a_broken_model_stands_in_the_way_of_nothing_that_does_not_read_it() {
    for broken in ["SELECT FROM FROM", "SELECT nope FROM dated.nothing", "SELECT nope FROM dated.events"] {
        let world = World::published();
        world.write("sql/staging/broken.sql", broken);
        assert_eq!(world.hale(&["check"]).code, 1);
        let ended = world.hale(&["query", "SELECT count(*) AS n FROM raw.events", "--format", "csv"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (0, "n\n2\n"), "{}", ended.stderr);
        let ended = world.hale(&["query", "SELECT count(*) AS n FROM staging.broken"]);
        assert_eq!(ended.code, 1, "{}", ended.stdout);
        assert!(ended.stderr.contains("sql/staging/broken.sql:1:"), "{}", ended.stderr);
        let ended = world.hale(&["show", "metrics.accounts", "--format", "csv"]);
        assert_eq!(ended.code, 0, "{}", ended.stderr);
        // Unit tests of what stands run; the fault is told all the same.
        world.write(
            "sql/tests/staging.accounts/case.yml",
            "description: As they are.\ngiven:\n  raw.accounts:\n    - {account_id: x}\nexpect:\n  - {account_id: x}\n",
        );
        let ended = world.hale(&["test", "--allow-untested"]);
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        assert!(ended.stdout.contains("1 passed, 0 failed"), "{}\n{}", ended.stdout, ended.stderr);
        assert!(ended.stderr.contains("sql/staging/broken.sql:1:"), "{}", ended.stderr);
    }
}

#[test]
fn a_case_that_cannot_be_read_stands_in_the_way_of_no_other() {
    let world = World::published();
    let sound = "description: As they are.\ngiven:\n  raw.accounts:\n    - {account_id: x}\nexpect:\n  - {account_id: x}\n";
    world.write("sql/tests/staging.accounts/sound.yml", sound);
    world.write("sql/tests/staging.accounts/wrong.yml", sound.replace("account_id: x", "acount_id: x"));
    let ended = world.hale(&["test", "--allow-untested"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stdout.contains("1 passed, 0 failed"), "{}", ended.stdout);
    assert!(ended.stderr.contains("did you mean `account_id`?"), "{}", ended.stderr);
}

#[test]
fn nothing_is_written_into_what_a_project_is_read_from() {
    let world = World::published();
    for folder in
        ["sql", "sql/staging/pages", ".", "data", "data/events", "out", "out/../sql", "docs/../data"]
    {
        for command in ["docs", "compile"] {
            let ended = world.hale(&[command, "--out", folder]);
            assert_eq!(ended.code, 2, "{command} --out {folder}: {}", ended.stderr);
            assert!(ended.stderr.contains("name a folder apart from them"), "{}", ended.stderr);
        }
    }
    assert_eq!(world.hale(&["docs", "--out", "target/docs"]).code, 0);
    assert_eq!(world.hale(&["check"]).code, 0);
}

#[test]
fn a_source_where_the_run_publishes_is_refused() {
    let world = World::published();
    let ended = world.hale(&["run", "--as-of", "2026-09-03", "--out", "data/events"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("source-in-output"), "{}", ended.stderr);
}

/// What is computed is called as the statement calls it: values and operators of SQL, no name that the engine made up.
#[test]
fn what_is_computed_is_told_as_it_is_written() {
    let world = World::published();
    let huge = "9000000000000000000 + event_id";
    for (query, said) in [
        ("SELECT 5 / (event_id - 2) AS s FROM raw.events", &["divides by zero", "event_id = 2"][..]),
        (
            &format!("SELECT sum(DISTINCT {huge}) AS s FROM raw.events"),
            &[
                &format!("sum(DISTINCT {huge}) is 18000000000000000003, which BIGINT cannot hold"),
                &format!("sum(DISTINCT CAST({huge} AS DECIMAL(38, 0)))"),
            ],
        ),
        (
            &format!("SELECT account_id, sum({huge}) OVER (ORDER BY event_id) AS s FROM raw.events"),
            &[&format!(
                "sum({huge}) OVER (ORDER BY event_id) is 18000000000000000003, which BIGINT cannot hold"
            )],
        ),
        (
            "SELECT 1 / (s - 1) AS v FROM (SELECT sum(event_id) OVER (ORDER BY event_id), 1 AS s FROM raw.events)",
            &["divides by zero", "s = 1"],
        ),
        ("SELECT 1 / (count(*) - 2) AS v FROM raw.events", &["divides by zero", "count(*) = 2"]),
    ] {
        let ended = world.hale(&["query", query]);
        assert_eq!(ended.code, 1, "{query}: {}", ended.stdout);
        speaks_sql(&ended.stderr);
        for part in said {
            assert!(ended.stderr.contains(part), "not said: {part}\n{}", ended.stderr);
        }
    }
}

/// No row is to blame for what is the same in each.
#[test]
fn a_constant_is_no_rows_fault() {
    let world = World::published();
    for query in [
        "SELECT CAST(99999 AS SMALLINT) AS s",
        "SELECT CAST(99999 AS SMALLINT) AS s FROM raw.events",
        "SELECT DATE '2026-02-30' AS s FROM raw.events",
    ] {
        let ended = world.hale(&["query", query]);
        assert_eq!(ended.code, 1, "{query}: {}", ended.stdout);
        speaks_sql(&ended.stderr);
        assert!(!ended.stderr.contains("in the row"), "{query}: {}", ended.stderr);
    }
}

/// What a function or an operation refuses is told without how the engine looked for a way, with a help that fits.
#[test]
fn what_is_refused_is_told_with_a_help_that_fits() {
    let world = World::published();
    for (query, said, unsaid) in [
        (
            "SELECT substr(event_id, 2) AS s FROM raw.events",
            "'substr' cannot take these arguments",
            "signature",
        ),
        ("SELECT coalesce(1, struct(2)) AS s", "'coalesce' cannot take these arguments", "coercion"),
        (
            "SELECT INTERVAL '1 day' * INTERVAL '1 day' AS s",
            "there is no operation INTERVAL * INTERVAL",
            "Invalid",
        ),
        ("SELECT (SELECT 1, 2) AS s", "selects one column", "subquery"),
        ("SELECT CAST(struct(1) AS VARCHAR) AS s", "cast a field or an element of it", "where it comes from"),
        ("SELECT make_date(2026, 13, 1) AS s", "13", "DECIMAL"),
        ("SELECT repeat('x', 99999999999) AS s", "repeat", "DECIMAL"),
        ("SELECT DATE '2026-09-01' + INTERVAL '9000000 years' AS s", "help: mend", "DECIMAL"),
    ] {
        let ended = world.hale(&["query", query]);
        assert_eq!(ended.code, 1, "{query}: {}", ended.stdout);
        speaks_sql(&ended.stderr);
        assert!(ended.stderr.contains(said), "not said: {said}\n{}", ended.stderr);
        assert!(!ended.stderr.contains(unsaid), "said: {unsaid}\n{}", ended.stderr);
    }
}
