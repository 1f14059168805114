//! What `hale query` answers and says: headings as they are written, places, what was probably meant, what is not there.

use std::fs;

use super::computed::speaks_sql;
use super::world::World;

/// What has no name of its own is called as it is written; names stay.
#[test]
fn headings_are_those_of_the_query_and_never_the_engines() {
    let world = World::published();
    for (query, headings) in [
        ("SELECT 3, 'x', 1.50", "3,'x',1.50"),
        ("SELECT count(*), sum(event_id) + 1 FROM raw.events", "count(*),sum(event_id) + 1"),
        ("SELECT INTERVAL '1 day', DATE '2026-09-01'", "INTERVAL '1 day',DATE '2026-09-01'"),
        ("SELECT e.event_id, e.at, -e.event_id FROM raw.events e", "event_id,at,'-e.event_id"),
        ("SELECT count(1) AS \"Int64(3)\" FROM raw.events", "Int64(3)"),
        ("SELECT * FROM (SELECT event_id + 1 FROM raw.events)", "raw.events.event_id + 1"),
        ("SELECT 1 UNION ALL SELECT event_id FROM raw.events", "1"),
        ("VALUES (1, 'x')", "column1,column2"),
        (
            "SELECT sum(event_id) OVER (ORDER BY event_id) FROM raw.events",
            "sum(event_id) OVER (ORDER BY event_id)",
        ),
    ] {
        let ended = world.hale(&["query", query, "--format", "csv"]);
        assert_eq!(ended.code, 0, "{query}: {}", ended.stderr);
        let first = ended.stdout.lines().next().unwrap_or_default();
        assert_eq!(first, headings, "{query}");
        let table = world.hale(&["query", query]);
        if !query.contains("\"Int64(3)\"") {
            speaks_sql(&table.stdout);
        }
    }
}

/// A name that is nearly right is offered, of a question as of a model.
#[test]
fn an_unknown_column_says_which_was_probably_meant() {
    let world = World::published();
    for (query, said) in [
        (
            "SELECT amuont FROM dated.events",
            &["there is no column `amuont`", "did you mean `amount`?", "the columns here: amount"][..],
        ),
        (
            "SELECT e.amuont FROM dated.events e",
            &["there is no column `amuont` in `e`", "did you mean `amount`?"],
        ),
        (
            "SELECT evnts.amount FROM dated.events AS events",
            &["nothing here is called `evnts`", "did you mean `events`?"],
        ),
        ("SELECT event_id FROM dated.events WHERE accountid = 'a'", &["did you mean `account_id`?"]),
        (
            "SELECT x.n FROM (SELECT count(*) AS m FROM dated.events) AS x",
            &["no column `n`", "the columns here: m"],
        ),
    ] {
        let ended = world.hale(&["query", query]);
        assert_eq!(ended.code, 1, "{query}: {}", ended.stdout);
        world.write("sql/staging/wrong.sql", format!("-- Wrong.\n{query}\n"));
        let checked = world.hale(&["check"]);
        for (ended, place) in [(&ended, "query:1:"), (&checked, "sql/staging/wrong.sql:2:")] {
            speaks_sql(&ended.stderr);
            for part in said.iter().chain([&"unknown-column", &place]) {
                assert!(ended.stderr.contains(part), "not said: {part}\n{}", ended.stderr);
            }
        }
        assert_eq!(checked.stderr.matches("unknown-column").count(), 1, "{}", checked.stderr);
    }
}

/// However many columns there are, few are listed; and what two models say of one place is said once.
#[test]
fn an_unknown_column_of_a_component_is_one_problem_with_few_notes() {
    let world = World::published();
    let columns: Vec<String> = (0..30).map(|at| format!("metric_{at:02}")).collect();
    let declared: String = columns.iter().map(|name| format!("{name} BIGINT, ")).collect();
    let selected: String = columns.iter().map(|name| format!("1 AS {name}, ")).collect();
    world.write(
        "sql/metrics/accounts.sql",
        format!(
            "CREATE TABLE metrics.accounts (account_id VARCHAR NOT NULL, {declared} as_of_date DATE NOT NULL,
               PRIMARY KEY (account_id, as_of_date)) PARTITIONED BY (as_of_date) AS
             SELECT account_id, {selected} d.day AS as_of_date FROM staging.accounts CROSS JOIN calendar.days d"
        ),
    );
    world.write(
        "sql/components/use.yml",
        "use: {title: Use, value: metric_xx, bins: [{below: 5, points: 0}, {points: 4}]}\n",
    );
    world.write(
        "sql/scores/health.yml",
        "title: H\nversion: '1'\ncomponents: [use]\ntiers: [{name: red, below: 50, at_risk: true}, {name: green}]\n",
    );
    let ended = world.hale(&["check"]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_eq!(ended.stderr.matches("unknown-column").count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("sql/components/use.yml:1:26"), "{}", ended.stderr);
    assert!(ended.stderr.contains(" and 24 more"), "{}", ended.stderr);
    assert!(ended.stderr.matches("metric_").count() < 15, "{}", ended.stderr);
}

/// A sub-query that has no answer is told at its place, with what to write in its stead; in a question as in a model.
#[test]
fn a_sub_query_without_an_answer_is_told_with_its_place_and_a_help() {
    let world = World::published();
    for query in [
        "SELECT event_id,\n  event_id IN (SELECT event_id FROM raw.events) AS s FROM raw.events",
        "SELECT event_id,\n  (SELECT e.amount FROM raw.events e WHERE e.at < o.at) AS s FROM raw.events o",
        "SELECT event_id FROM raw.events\nWHERE event_id = ANY (SELECT event_id FROM raw.events)",
        "SELECT event_id FROM raw.events o\nWHERE EXISTS (SELECT count(*) FROM raw.events e WHERE e.at > o.at)",
        "SELECT event_id,\n  (SELECT event_id, amount FROM raw.events) AS s FROM raw.events",
        "SELECT event_id FROM raw.events\nWHERE event_id IN (SELECT event_id, amount FROM raw.events)",
        "SELECT event_id FROM raw.events o\nORDER BY (SELECT max(e.at) FROM raw.events e WHERE e.event_id > o.event_id)",
        "SELECT count(*) FILTER (\n  WHERE event_id IN (SELECT event_id FROM raw.events)) AS s FROM raw.events",
    ] {
        let ended = world.hale(&["query", query]);
        assert_eq!(ended.code, 1, "{query}: {}", ended.stdout);
        speaks_sql(&ended.stderr);
        assert!(ended.stderr.contains("query:2:"), "no place for {query}:\n{}", ended.stderr);
        assert!(ended.stderr.contains("help: "), "no help for {query}:\n{}", ended.stderr);
    }
}

/// A cast that nothing can make is told at its place, with what to write in its stead; in a question as in a model.
#[test]
fn a_cast_to_no_type_is_told_with_its_place_and_a_help() {
    let world = World::published();
    for (cast, asked, modelled) in [
        (
            "CAST(event_id AS STRUCT)",
            "cast a field or an element of it",
            "named_struct('plan', plan, 'n', n)",
        ),
        (
            "TRY_CAST(event_id AS STRUCT<a VARCHAR>)",
            "cast a field or an element of it",
            "named_struct('plan', plan, 'n', n)",
        ),
        ("CAST(event_id AS JSON)", "types are VARCHAR, BOOLEAN", "types are VARCHAR, BOOLEAN"),
    ] {
        let query = format!("SELECT event_id,\n  {cast} AS s FROM raw.events");
        let answered = world.hale(&["query", &query]);
        world.write(
            "sql/marts/n.sql",
            format!(
                "CREATE TABLE marts.n (k BIGINT NOT NULL PRIMARY KEY, n BIGINT) AS\nSELECT event_id AS k,\n  \
                 count({cast}) AS n FROM staging.events GROUP BY event_id"
            ),
        );
        let checked = world.hale(&["check"]);
        for (ended, place, help) in
            [(&answered, "query:2:3", asked), (&checked, "sql/marts/n.sql:3:9", modelled)]
        {
            assert_eq!(ended.code, 1, "{cast}: {}", ended.stdout);
            speaks_sql(&ended.stderr);
            assert!(ended.stderr.contains(place), "no place for {cast}:\n{}", ended.stderr);
            assert!(ended.stderr.contains(help), "no help for {cast}:\n{}", ended.stderr);
        }
    }
}

/// Nothing in an answer tells an absent source from an empty one: it is said beside it.
#[test]
fn a_question_of_an_absent_source_says_that_it_is_absent() {
    let world = World::published();
    let declared = fs::read_to_string(world.path("sql/raw/events.sql")).unwrap();
    world.write("sql/raw/events.sql", declared.replace("'optional' 'false'", "'optional' 'true'"));
    for table in ["raw.events", "staging.events"] {
        let query = format!("SELECT count(*) AS n FROM {table}");
        let there = world.hale(&["query", &query, "--format", "csv"]);
        assert_eq!((there.stdout.as_str(), there.stderr.as_str()), ("n\n2\n", ""));
    }
    fs::remove_dir_all(world.path("data/events")).unwrap();
    for table in ["raw.events", "staging.events"] {
        let query = format!("SELECT count(*) AS n FROM {table}");
        let absent = world.hale(&["query", &query, "--format", "csv"]);
        assert_eq!(absent.stdout, "n\n0\n");
        assert!(absent.stderr.contains("raw.events: nothing has landed"), "{}", absent.stderr);
    }
    let other = world.hale(&["query", "SELECT count(*) AS n FROM raw.users", "--format", "csv"]);
    assert_eq!(other.stderr, "");
}

/// What a run computes and cannot, it tells with line and column: in the query, in the contract, in an audit.
#[test]
fn an_overflow_of_a_run_has_its_line_and_column_wherever_it_stands() {
    let huge = "9223372036854775807";
    for (file, text, place) in [
        (
            "sql/marts/n.sql",
            format!(
                "CREATE TABLE marts.n (k BIGINT NOT NULL PRIMARY KEY, n BIGINT) AS\nSELECT event_id AS k,\n  event_id + {huge} AS n FROM staging.events"
            ),
            "sql/marts/n.sql:3:3",
        ),
        (
            "sql/marts/n.sql",
            format!(
                "CREATE TABLE marts.n (k BIGINT NOT NULL PRIMARY KEY, n BIGINT) AS\nSELECT max(event_id) AS k,\n  sum({huge} - event_id) AS n FROM staging.events"
            ),
            "sql/marts/n.sql:3:3",
        ),
        (
            "sql/marts/n.sql",
            format!(
                "CREATE TABLE marts.n (k BIGINT NOT NULL PRIMARY KEY, n BIGINT) AS\nSELECT event_id AS k,\n  CASE WHEN event_id > 1 THEN event_id * {huge} END AS n FROM staging.events"
            ),
            "sql/marts/n.sql:3:31",
        ),
        (
            "sql/marts/n.sql",
            format!(
                "CREATE TABLE marts.n (k BIGINT NOT NULL PRIMARY KEY, n BIGINT,\n  CHECK (n + {huge} > 0)) AS\nSELECT event_id AS k, event_id AS n FROM staging.events"
            ),
            "sql/marts/n.sql:2:",
        ),
        (
            "sql/audits/n.sql",
            format!("-- Never.\nSELECT event_id FROM raw.events\nWHERE event_id + {huge} < 0"),
            "sql/audits/n.sql:3:7",
        ),
    ] {
        let world = World::published();
        world.write(file, &text);
        let ended = world.run();
        assert!([1, 3].contains(&ended.code), "{text}: {}", ended.stderr);
        speaks_sql(&ended.stderr);
        assert!(ended.stderr.contains(place), "no place for {text}:\n{}", ended.stderr);
        assert!(ended.stderr.contains("help: "), "{}", ended.stderr);
    }
}

/// A type is named as SQL names it, with the article that the word has.
#[test]
fn a_value_of_another_type_is_told_in_the_words_of_sql() {
    let world = World::published();
    world.write(
        "sql/marts/numbered.sql",
        "CREATE TABLE marts.numbered (account_id INT NOT NULL PRIMARY KEY) AS
         SELECT CAST(1 AS INT) AS account_id FROM staging.accounts LIMIT 1",
    );
    assert_eq!(world.run().code, 0);
    let ended = world.hale(&["show", "marts.numbered", "--account", "acme"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("not a value of account_id, which is an INT"), "{}", ended.stderr);
    let ended = world.hale(&["query", "SELECT local_day(account_id) AS d FROM raw.events"]);
    speaks_sql(&ended.stderr);
    assert!(ended.stderr.contains("TIMESTAMP or DATE, not (VARCHAR)"), "{}", ended.stderr);
}

/// The order of a sub-query is not one that what stands above may count on; said in the call itself it is kept.
#[test]
fn what_counts_on_the_order_of_a_sub_query_is_refused_and_told_where_to_say_it() {
    let world = World::published();
    let rows = "(SELECT event_id, at FROM raw.events ORDER BY event_id DESC)";
    for query in [
        format!("SELECT event_id,\n  row_number() OVER () AS n FROM {rows}"),
        format!("SELECT event_id,\n  lag(event_id) OVER () AS n FROM {rows} AS r WHERE at IS NOT NULL"),
        format!("SELECT event_id,\n  sum(event_id) OVER (ROWS UNBOUNDED PRECEDING) AS n FROM {rows}"),
        format!("SELECT\n  string_agg(CAST(event_id AS VARCHAR), ',') AS n FROM {rows}"),
        format!("SELECT\n  first_value(event_id) AS n FROM (SELECT * FROM {rows} LIMIT 5)"),
    ] {
        let ended = world.hale(&["query", &query]);
        assert_eq!(ended.code, 1, "{query}: {}", ended.stdout);
        speaks_sql(&ended.stderr);
        for part in ["error[row-order]", "query:2:3", "ORDER BY", "event_id DESC"] {
            assert!(ended.stderr.contains(part), "not said: {part}\n{}", ended.stderr);
        }
    }
    for (query, right) in [
        (
            format!("SELECT event_id, row_number() OVER (ORDER BY event_id DESC) AS n FROM {rows}"),
            "event_id,n\n2,1\n1,2\n",
        ),
        (
            format!(
                "SELECT string_agg(CAST(event_id AS VARCHAR), ',' ORDER BY event_id DESC) AS n FROM {rows}"
            ),
            "n\n\"2,1\"\n",
        ),
        (
            format!("SELECT count(*) AS n, sum(event_id) OVER () AS s FROM {rows} GROUP BY event_id"),
            "n,s\n1,3\n1,3\n",
        ),
        ("SELECT count(*) AS n FROM (SELECT row_number() OVER () AS n FROM raw.events)".to_owned(), "n\n2\n"),
    ] {
        let ended = world.hale(&["query", &query, "--format", "csv"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (0, right), "{query}: {}", ended.stderr);
    }
}

/// What a contract asks of a row and cannot be computed is told with rows and with what to write.
#[test]
fn a_rule_of_a_source_that_fails_is_told_with_rows_and_a_help() {
    for (rule, said) in [
        ("CHECK (10 / (event_id - 2) < 100)", &["error[division-by-zero]", "event_id = 2", "nullif"][..]),
        ("CHECK (CAST(account_id AS BIGINT) > 0)", &["error[cast]", "account_id = 'a'", "TRY_CAST"]),
        (
            "CHECK (event_id + 9223372036854775806 > 0)",
            &["error[overflow]", "event_id = 2", "DECIMAL(38, 0)"],
        ),
    ] {
        let world = World::published();
        let declared = fs::read_to_string(world.path("sql/raw/events.sql")).unwrap();
        world.write(
            "sql/raw/events.sql",
            declared.replace("amount DOUBLE)", &format!("amount DOUBLE, {rule})")),
        );
        let ended = world.run();
        assert_eq!(ended.code, 1, "{rule}: {}", ended.stderr);
        speaks_sql(&ended.stderr);
        for part in
            said.iter().chain(&["raw.events: CHECK (", "sql/raw/events.sql:1:", "in the row ", "help: "])
        {
            assert!(ended.stderr.contains(part), "not said: {part}\n{}", ended.stderr);
        }
    }
}

/// What reaches but some centuries says which, and what to write; whether the instant is written or comes with a row.
#[test]
fn an_instant_beyond_what_a_function_reaches_is_told_with_a_help() {
    let world = World::published();
    for query in [
        "SELECT date_trunc('month', TIMESTAMP '9999-12-31 10:00:00') AS v",
        "SELECT date_trunc('year', CAST('2500-05-05' AS DATE)) AS v",
        "SELECT date_trunc('month', at + INTERVAL '7000' YEAR) AS v FROM raw.events",
        "SELECT date_bin(INTERVAL '1 day', at + INTERVAL '7000' YEAR) AS v FROM raw.events",
    ] {
        let ended = world.hale(&["query", query]);
        assert_eq!(ended.code, 1, "{query}: {}", ended.stdout);
        speaks_sql(&ended.stderr);
        for part in
            ["error[overflow]", "query:1:8", "reaches from the year 1678 to 2261", "TIMESTAMP '2262-01-01'"]
        {
            assert!(ended.stderr.contains(part), "{query}: not said: {part}\n{}", ended.stderr);
        }
    }
    let near = "SELECT date_trunc('month', least(at + INTERVAL '7000' YEAR, TIMESTAMP '2261-12-31')) AS v FROM raw.events WHERE event_id = 1";
    assert_eq!(world.hale(&["query", near, "--format", "csv"]).stdout, "v\n2261-12-01T00:00:00\n");
}
