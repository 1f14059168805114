//! Errors that only rows bring about while something is computed: each names the expression's own model with line and
//! column, a row, and what to do; never the engine's insides.

use std::sync::Arc;

use arrow::array::Int64Array;

use super::world::{Ended, World, events, texts};

/// Words of the engine that no person should have to read.
pub const INSIDES: [&str; 30] = [
    "LIST",
    "checked_",
    "alias1",
    "Utf8",
    "Int64",
    "Int32",
    "UInt",
    "Float64",
    "Float32",
    "Date32",
    "Decimal128",
    "Timestamp(",
    "Interval(",
    "Boolean",
    "LogicalPlan",
    "Arrow error",
    "DataFusion",
    "Internal error",
    "External",
    "Execution error",
    "Compute error",
    "Cast error",
    "Parser error",
    "Schema error",
    "Optimizer rule",
    "Some(",
    "Exact(",
    "Expr {",
    "Exec",
    "TableScan",
];

/// What is printed holds nothing of the engine's insides.
#[track_caller]
pub fn speaks_sql(said: &str) {
    for word in INSIDES {
        assert!(!said.contains(word), "`{word}` is no word for people:\n{said}");
    }
}

/// A project with odd texts and numbers in a source, and a view that makes one column of them, which a mart reads.
fn odd(expression: &str) -> World {
    let world = World::published();
    world.write(
        "sql/raw/odd.sql",
        "CREATE EXTERNAL TABLE raw.odd (event_id BIGINT NOT NULL PRIMARY KEY, score VARCHAR, day VARCHAR, n BIGINT,
           closed_at VARCHAR, amount VARCHAR) STORED AS PARQUET LOCATION 'odd.parquet' OPTIONS ('kind' 'current', 'key' 'event_id')",
    );
    world.parquet(
        "odd.parquet",
        &[
            ("event_id", Arc::new(Int64Array::from(vec![1, 2, 3]))),
            ("score", texts(&[Some("9"), Some("10"), Some("n/a")])),
            ("day", texts(&[Some("2026-09-01"), Some("2026-02-30"), Some("01/09/2026")])),
            ("n", Arc::new(Int64Array::from(vec![1, 0, 2]))),
            ("closed_at", texts(&[Some("2023-07-28 03:00"), Some("2023-07-28 3:00"), None])),
            ("amount", texts(&[Some("12.50"), Some("1,250.00"), Some("EUR 3")])),
        ],
    );
    world.write(
        "sql/staging/typed.sql",
        format!("-- Rows with their types.\nSELECT\n  event_id,\n  {expression} AS v\nFROM dated.odd\n"),
    );
    world.write(
        "sql/marts/n.sql",
        "CREATE TABLE marts.n (k BIGINT NOT NULL PRIMARY KEY, n VARCHAR) AS
         SELECT 1 AS k, CAST(max(v) AS VARCHAR) AS n FROM staging.typed",
    );
    world
}

#[track_caller]
fn placed(ended: &Ended, said: &[&str]) {
    for part in said {
        assert!(ended.stderr.contains(part), "not said: {part}\n{}", ended.stderr);
    }
    speaks_sql(&ended.stderr);
}

#[test]
fn the_view_whose_expression_fails_is_named_with_the_row_and_the_remedy() {
    for (expression, said) in [
        (
            "CAST(score AS DOUBLE)",
            &[
                "error[cast]: staging.typed: a value cannot be read as DOUBLE",
                "event_id = 3, score = 'n/a'",
                "TRY_CAST(score AS DOUBLE)",
            ][..],
        ),
        ("score::DOUBLE", &["error[cast]: staging.typed", "score = 'n/a'", "TRY_CAST(score AS DOUBLE)"]),
        (
            "CAST(day AS DATE)",
            &[
                "error[cast]: staging.typed: a value cannot be read as DATE",
                "event_id = 2, day = '2026-02-30'",
                "event_id = 3, day = '01/09/2026'",
            ],
        ),
        (
            "10 / n",
            &[
                "error[division-by-zero]: staging.typed: a row divides by zero",
                "event_id = 2, n = 0",
                "10 / nullif(n, 0)",
            ],
        ),
        ("10 % n", &["error[division-by-zero]: staging.typed", "event_id = 2, n = 0", "10 % nullif(n, 0)"]),
        (
            "CAST(closed_at AS TIMESTAMP)",
            &[
                "error[cast]: staging.typed: a value cannot be read as TIMESTAMP",
                "event_id = 2, closed_at = '2023-07-28 3:00'",
            ],
        ),
        (
            "CAST(amount AS DECIMAL(18,2))",
            &["error[cast]: staging.typed: a value cannot be read as DECIMAL(18, 2)", "amount = '1,250.00'"],
        ),
        ("substr(score, 1, n - 5)", &["staging.typed: ", "event_id = 1", "n = 1"]),
        ("CAST(n * 3000000000 AS INT)", &["staging.typed: ", "event_id = 1"]),
    ] {
        let world = odd(expression);
        let ended = world.refused(
            1,
            &["sql/staging/typed.sql:4:3", expression, "met while marts.n was computed", "help:"],
        );
        placed(&ended, said);
        // A question meets the same fault, and says the same of it.
        let ended = world.hale(&["query", "SELECT max(v) AS v FROM staging.typed"]);
        assert_eq!(ended.code, 1, "{}", ended.stderr);
        placed(&ended, &["sql/staging/typed.sql:4:3", "met while the query was computed"]);
        placed(&ended, said);
    }
}

#[test]
fn what_fails_within_a_function_that_the_engine_rewrites_is_found() {
    let ended = odd("coalesce(CAST(score AS DOUBLE), 0.5)").refused(1, &["sql/staging/typed.sql:4:12"]);
    placed(&ended, &["error[cast]: staging.typed: a value cannot be read as DOUBLE", "score = 'n/a'"]);
}

#[test]
fn an_expression_of_the_query_itself_is_placed_in_the_query() {
    let world = odd("score");
    for (query, said) in [
        (
            "SELECT event_id, CAST(score AS INT) AS v FROM raw.odd",
            &["query:1:18", "event_id = 3, score = 'n/a'"][..],
        ),
        ("SELECT * FROM raw.odd WHERE 1 / n > 0", &["query:1:29", "event_id = 2, n = 0"]),
        ("SELECT sum(10 / n) AS s FROM raw.odd GROUP BY day", &["query:1:12", "event_id = 2, n = 0"]),
        (
            "SELECT a.event_id FROM raw.odd a JOIN raw.odd b ON CAST(a.score AS INT) = b.event_id",
            &["query:1:52", "score = 'n/a'"],
        ),
        (
            "SELECT event_id, (SELECT n FROM raw.odd) AS v FROM raw.odd",
            &["error[many-rows]: the query", "n = 1", "an aggregate such as max(…)"],
        ),
        ("SELECT CAST('x' AS DATE) AS v FROM raw.odd", &["query:1:8", "cannot be read as DATE"]),
        ("SELECT regexp_replace(score, '(', '') AS v FROM raw.odd", &["query:1:8", "the query: "]),
    ] {
        let ended = world.hale(&["query", query]);
        assert_eq!(ended.code, 1, "{query}: {}\n{}", ended.stdout, ended.stderr);
        placed(&ended, said);
        placed(&ended, &["help:"]);
    }
}

/// A join whose sides are both longer than the limit: what it holds cannot be put aside.
#[test]
fn want_of_memory_says_what_wanted_more_and_what_holds_how_much() {
    let world = World::published();
    let many: Vec<(i64, &str, i32, f64)> = (0..40_000).map(|id| (id, "a", 1, 1.0)).collect();
    world.parquet("events/one.parquet", &events(&many));
    world.write(
        "sql/marts/pairs.sql",
        "CREATE TABLE marts.pairs (k BIGINT NOT NULL PRIMARY KEY, n BIGINT) AS
         WITH long AS (SELECT repeat('x', 4000) || CAST(event_id AS VARCHAR) AS t FROM staging.events)
         SELECT 1 AS k, count(*) AS n FROM long AS a JOIN long AS b ON a.t = b.t",
    );
    let run = [
        "run",
        "--as-of",
        "2026-09-03",
        "--select",
        "marts.pairs",
        "--threads",
        "2",
        "--memory-limit",
        "64MB",
    ];
    let ended = world.hale(&run);
    assert_eq!(ended.code, 75, "{}", ended.stderr);
    let said =
        "marts.pairs: the memory of 61.0 MB is not enough: a join (its smaller side is held) wanted more";
    placed(&ended, &["error[memory]: ", said, "held most: a join", "give more with --memory-limit"]);
}

/// As long as nobody has seen a row of it, an answer that found no memory is computed again in a way that wants less.
#[test]
fn an_answer_that_runs_out_of_memory_after_its_first_row_is_computed_again() {
    let world = World::published();
    let window = "(PARTITION BY a ORDER BY d RANGE BETWEEN INTERVAL '27' DAY PRECEDING AND CURRENT ROW)";
    let query = format!(
        "SELECT 1 AS v UNION ALL SELECT count(*) AS v FROM (
           SELECT min(x) OVER {window} AS least, max(x) OVER {window} AS most, sum(x) OVER {window} AS total FROM (
             SELECT 'account ' || CAST(i AS VARCHAR) AS a, DATE '2026-01-01' + CAST(i % 120 AS INT) AS d, i AS x FROM range(0, 200000) AS r (i)
           )) WHERE total >= least AND total >= most"
    );
    let asked = ["query", &query, "--format", "csv", "--threads", "2", "--memory-limit", "64MB"];
    let ended = world.hale(&asked);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "v\n1\n200000\n"), "{}", ended.stderr);
}
