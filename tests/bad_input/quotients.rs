//! Quotients of whole numbers that come to have decimals behind the query that divides, or where no model is.

use super::world::World;

/// The share of a view is whole: who reads it as a number with decimals is refused, at the place of the division.
#[test]
fn what_a_view_divides_is_followed_into_its_readers() {
    let world = World::published();
    world.write(
        "sql/staging/share.sql",
        "SELECT account_id,\n  count(amount) / count(*) AS share, CAST(count(amount) AS DOUBLE) / count(*) AS right\nFROM dated.events GROUP BY account_id",
    );
    world.write("sql/staging/between.sql", "SELECT account_id, share + 1 AS share, right FROM staging.share");
    for reader in [
        "share * 0.5",
        "avg(share) OVER ()",
        "round(share, 2)",
        "CAST(share AS DOUBLE)",
        "coalesce(share, 0.5)",
    ] {
        for view in ["share", "between"] {
            world.write(
                "sql/staging/reader.sql",
                format!("SELECT account_id, {reader} AS x FROM staging.{view} AS s"),
            );
            let ended = world.hale(&["check"]);
            assert_eq!(ended.code, 1, "{reader}: {}", ended.stderr);
            for said in [
                "whole-quotient",
                "sql/staging/share.sql:2:3",
                "sql/staging/reader.sql makes",
                "CAST(count(amount) AS DOUBLE) / count(*)",
            ] {
                assert!(ended.stderr.contains(said), "{reader}: not said: {said}\n{}", ended.stderr);
            }
            assert_eq!(ended.stderr.matches("error[whole-quotient").count(), 1, "{reader}: {}", ended.stderr);
        }
    }
    for reader in ["share", "max(share) OVER ()", "right * 0.5", "floor(share)"] {
        world.write("sql/staging/reader.sql", format!("SELECT account_id, {reader} AS x FROM staging.share"));
        assert_eq!(world.hale(&["check"]).code, 0, "{reader}");
    }
    // A column that is declared whole was meant so.
    world.write(
        "sql/marts/weeks.sql",
        "CREATE TABLE marts.weeks (event_id BIGINT NOT NULL PRIMARY KEY, week BIGINT) AS SELECT event_id, event_id / 7 AS week FROM staging.events",
    );
    world.write("sql/staging/reader.sql", "SELECT account_id FROM staging.share");
    world.write("sql/marts/reader.sql", "SELECT week * 0.5 AS x FROM marts.weeks");
    assert_eq!(world.hale(&["check"]).code, 0);
}

#[test]
fn a_whole_quotient_is_not_rounded() {
    let world = World::published();
    for (call, column) in
        [("round(event_id / 3, 2)", 14), ("round(event_id / 3)", 14), ("ceil(event_id / 3)", 13)]
    {
        world.write("sql/staging/reader.sql", format!("-- Rounded.\nSELECT {call} AS x FROM dated.events"));
        let ended = world.hale(&["check"]);
        let place = format!("sql/staging/reader.sql:2:{column}");
        assert!(ended.code == 1 && ended.stderr.contains("whole-quotient"), "{call}: {}", ended.stderr);
        assert!(ended.stderr.contains(&place), "{call}: {}", ended.stderr);
    }
    world.write(
        "sql/staging/reader.sql",
        "SELECT floor(event_id / 3) AS x, trunc(event_id / 3) AS y FROM dated.events",
    );
    assert_eq!(world.hale(&["check"]).code, 0);
}

#[test]
fn checks_and_audits_and_questions_are_held_to_the_same() {
    let world = World::published();
    let table = |check: &str| {
        format!(
            "CREATE TABLE marts.n (event_id BIGINT NOT NULL PRIMARY KEY,\n  n BIGINT CHECK ({check})) AS SELECT event_id, event_id AS n FROM staging.events"
        )
    };
    for check in ["n / 1000 < 0.5", "round(n / 2, 1) >= 0", "n / 3 * 1.5 < 100"] {
        world.write("sql/marts/n.sql", table(check));
        let ended = world.hale(&["check"]);
        assert!(ended.code == 1 && ended.stderr.contains("whole-quotient"), "{check}: {}", ended.stderr);
        assert!(
            ended.stderr.contains("sql/marts/n.sql:2:") && ended.stderr.contains("CAST(n AS DOUBLE) / "),
            "{check}: {}",
            ended.stderr
        );
    }
    world.write("sql/marts/n.sql", table("n / 2 < 1000 AND CAST(n AS DOUBLE) / 2 < 0.5 + 1000"));
    assert_eq!(world.hale(&["check"]).code, 0);
    for (audit, code, place) in [
        ("SELECT account_id FROM metrics.accounts WHERE events / 1000 > 0.5", "whole-quotient", ":2:47"),
        (
            "SELECT account_id FROM metrics.accounts GROUP BY account_id HAVING sum(largest) < 0",
            "float-sum",
            ":2:",
        ),
        (
            "SELECT account_id, any_value(name) AS name FROM metrics.accounts WHERE events < 0 GROUP BY account_id",
            "row-order",
            ":2:",
        ),
    ] {
        world.write("sql/audits/wrong.sql", format!("-- Wrong.\n{audit}"));
        let ended = world.hale(&["check"]);
        assert!(
            ended.code == 1 && ended.stderr.contains(&format!("error[{code}]")),
            "{audit}: {}",
            ended.stderr
        );
        assert!(ended.stderr.contains(&format!("sql/audits/wrong.sql{place}")), "{audit}: {}", ended.stderr);
    }
    world.write("sql/audits/wrong.sql", "SELECT account_id FROM metrics.accounts WHERE events / 2 > 1000");
    assert_eq!(world.hale(&["check"]).code, 0);
    for (question, place) in [
        ("SELECT avg(events / 2) FROM metrics.accounts", "query:1:12"),
        (
            "SELECT 100.0 * (count(*) FILTER (WHERE events > 1) / count(*)) FROM metrics.accounts",
            "query:1:17",
        ),
        ("EXPLAIN SELECT round(events / 2, 1) FROM metrics.accounts", "query:1:22"),
    ] {
        let ended = world.hale(&["query", question]);
        assert!(ended.code == 1 && ended.stderr.contains("whole-quotient"), "{question}: {}", ended.stderr);
        assert!(ended.stderr.contains(place), "{question}: {}", ended.stderr);
    }
    assert_eq!(
        world.asked("SELECT sum(events / 2) AS n FROM metrics.accounts WHERE as_of_date < DATE '2000-01-01'"),
        "n\n\"\"\n"
    );
}
