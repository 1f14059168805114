//! All published days of a table have the same columns: one that is new is declared on old days, or computed; none is mixed.

use serde_json::{Value, json};

use super::{Project, age, by_day, code, err, good, one_line, sums};
use crate::python;

/// The table of the log with these columns, as they are computed.
fn table(columns: &[(&str, &str)]) -> String {
    let declared: Vec<&str> = columns.iter().map(|(declared, _)| *declared).collect();
    let computed: Vec<&str> = columns.iter().map(|(_, computed)| *computed).collect();
    let query = format!(
        "SELECT account_id, day AS as_of_date, {} FROM staging.events GROUP BY account_id, day",
        computed.join(", ")
    );
    by_day(&declared.join(", "), &query)
}

const N: (&str, &str) = ("n BIGINT", "sum(n) AS n");
const M: (&str, &str) = ("m BIGINT", "max(n) AS m");
const TABLE: &str = "sql/metrics/accounts.sql";

/// Three days of the table with one column; the last one has no rows.
fn published() -> Project {
    let project = Project::of(&[(TABLE, &table(&[N]))]);
    project.events(&[("a", 1, 5), ("b", 1, 7), ("a", 2, 9), ("a", 4, 3), ("a", 5, 4)]);
    age(&project, "data/events.parquet", 0);
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-03"]));
    project
}

/// What a run says that is refused.
#[track_caller]
fn refused(project: &Project, arguments: &[&str]) -> String {
    let commits = project.json(&["history"])["commits"].as_array().unwrap().len();
    let told = project.hale(&[&["run"], arguments].concat());
    assert_eq!(code(&told), 1, "{}", err(&told));
    assert_eq!(project.json(&["history"])["commits"].as_array().unwrap().len(), commits);
    // As one line, however it is drawn.
    err(&told).split_whitespace().filter(|word| *word != "|").collect::<Vec<_>>().join(" ")
}

fn rows(project: &Project) -> String {
    let query = "SELECT as_of_date, account_id, n, m FROM metrics.accounts ORDER BY 1, 2";
    good(project.hale(&["query", query, "--format", "csv"]))
}

/// The columns of every plain file; one set of them, or a reader of all drops some without a word.
fn plain_columns(project: &Project) -> Option<Vec<String>> {
    python::or_skip(python::has(&["duckdb", "polars"]))?;
    let script = "import sys, duckdb, polars\n\
        files = sys.argv[1] + '/*/*.parquet'\n\
        names = [c[0] for c in duckdb.sql(f\"DESCRIBE SELECT * FROM read_parquet('{files}', hive_partitioning = true)\").fetchall()]\n\
        frame = polars.scan_parquet(files).collect()\n\
        assert frame.columns == [n for n in names if n != 'as_of'], (frame.columns, names)\n\
        print(' '.join(names))";
    let folder = project.path("out/metrics/accounts").display().to_string();
    Some(python::run(script, &[&folder]).split_whitespace().map(str::to_owned).collect())
}

#[test]
fn a_new_column_is_declared_on_published_days_where_that_is_asked_for() {
    let project = published();
    project.write(TABLE, &table(&[N, M]));
    let said = refused(&project, &["--as-of", "2026-01-04"]);
    assert!(said.contains("metrics.accounts has other columns than its published 3 days"), "{said}");
    assert!(said.contains("`m` BIGINT is new") && said.contains("--add-columns"), "{said}");
    assert!(said.contains("`hale run --from 2026-01-01 --to 2026-01-04`"), "{said}");
    let planned = project.json(&["plan", "--as-of", "2026-01-04"]);
    assert_eq!(planned["other_columns"][0]["code"], "other-columns", "{planned}");
    let add = ["run", "--as-of", "2026-01-04", "--add-columns"];
    let dry = project.json(&[&add[..], &["--dry-run"]].concat());
    assert_eq!(dry.get("commit"), None);
    let result = project.json(&add);
    let added = json!({ "metrics.accounts": { "columns": ["m"], "days": 3 } });
    assert_eq!((&result["added_columns"], &result["commit"]), (&added, &json!(2)), "{result}");
    assert_eq!(result["rows"], json!({ "metrics.accounts": 1 }), "nothing else is built");
    assert_eq!(
        rows(&project).lines().skip(1).collect::<Vec<_>>(),
        ["2026-01-01,a,5,", "2026-01-01,b,7,", "2026-01-02,a,9,", "2026-01-04,a,3,3"]
    );
    if let Some(columns) = plain_columns(&project) {
        assert_eq!(columns, ["account_id", "as_of_date", "n", "m", "as_of"]);
    }
    good(project.hale(&["verify"]));
    let history = good(project.hale(&["history"]));
    assert!(
        history.contains("published 2026-01-04, 1 table; new columns on 3 days of metrics.accounts"),
        "{history}"
    );
    // Once they are there, nights are as ever; the days are those of another definition, as they were.
    assert_eq!(project.json(&["run", "--as-of", "2026-01-05"]).get("added_columns"), None);
    let planned = project.json(&["plan", "--as-of", "2026-01-01"]);
    assert_eq!(planned["steps"][0]["why"], "its definition has changed", "{planned}");
    // Gone back to, the definition of before has other columns than they have by now.
    project.write(TABLE, &table(&[N]));
    let said = refused(&project, &["--as-of", "2026-01-05", "--older-definition"]);
    assert!(said.contains("published 4 days") && said.contains("`m` is gone"), "{said}");
}

#[test]
fn days_are_left_with_other_columns_only_where_that_is_asked_for() {
    let project = published();
    project.write(TABLE, &table(&[N, M]));
    refused(&project, &["--as-of", "2026-01-04"]);
    let result = project.json(&["run", "--as-of", "2026-01-04", "--mixed-columns"]);
    assert_eq!((result.get("added_columns"), &result["commit"]), (None, &json!(2)), "{result}");
}

#[test]
fn a_new_column_is_computed_where_all_days_are_built_in_one_run() {
    let project = published();
    project.write(TABLE, &table(&[M, N]));
    let result = project.json(&["run", "--from", "2026-01-01", "--to", "2026-01-04"]);
    assert_eq!(result.get("added_columns"), None);
    assert!(rows(&project).contains("2026-01-01,a,5,5"), "{}", rows(&project));
    // Another order is no other set of columns.
    project.write(TABLE, &table(&[N, M]));
    project.json(&["run", "--as-of", "2026-01-05"]);
}

#[test]
fn held_days_get_new_columns_and_keep_their_rows() {
    let project = published();
    project.events(&[("a", 1, 5), ("a", 2, 900), ("a", 4, 3)]);
    good(project.hale(&["run", "--as-of", "2026-01-02"]));
    good(project.hale(&["rollback", "1"]));
    project.write(TABLE, &table(&[N, M]));
    let said = refused(&project, &["--from", "2026-01-01", "--to", "2026-01-04"]);
    assert!(said.contains("published day that") && said.contains("1 of them held: `hale release`"), "{said}");
    project.json(&["run", "--from", "2026-01-01", "--to", "2026-01-04", "--add-columns"]);
    assert!(rows(&project).contains("2026-01-02,a,9,\n"), "{}", rows(&project));
    assert_eq!(project.json(&["history"])["commits"][0]["held"].as_object().unwrap().len(), 1);
}

#[test]
fn columns_that_are_dropped_renamed_retyped_or_required_change_on_all_days_or_on_none() {
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[M], "`m` BIGINT is new, `n` is gone"),
        (&[("n DOUBLE", "CAST(sum(n) AS DOUBLE) AS n")], "`n` was BIGINT and is DOUBLE"),
        (&[N, ("m BIGINT NOT NULL", "max(n) AS m")], "`m` BIGINT is new"),
        (&[("k VARCHAR", "max(account_id) AS k")], "`k` VARCHAR is new, `n` is gone"),
    ];
    for (columns, other) in cases {
        let project = published();
        project.write(TABLE, &table(columns));
        for more in [&[][..], &["--add-columns"]] {
            let said = refused(&project, &[&["--as-of", "2026-01-04"], more].concat());
            assert!(said.contains(other), "{said}");
            assert!(
                said.contains("`hale run --from 2026-01-01 --to 2026-01-04`; or give the table a new name"),
                "{said}"
            );
        }
        let told = good(project.hale(&["run", "--json", "--from", "2026-01-01", "--to", "2026-01-04"]));
        assert_eq!(one_line(&told)["published"], Value::Bool(true));
        if let Some(seen) = plain_columns(&project) {
            assert_eq!(seen.len(), 2 + columns.len() + 1, "{seen:?}");
        }
    }
}

#[test]
fn marts_that_follow_scores_again_have_the_columns_of_their_other_days() {
    let mart = |columns: &str, more: &str| {
        by_day(columns, &format!("SELECT account_id, as_of_date, score AS x{more} FROM scores.health"))
            .replace("metrics.accounts (", "marts.scored (")
    };
    let score = "title: Health\nversion: '1'\ncomponents: {amount: 1}\ntiers: [{name: low, below: 40}, {name: high}]\n";
    let amount = "amount: {title: Amount, value: n, bins: [{below: 6, points: 0}, {points: 4}]}\n";
    let project = Project::of(&[
        (TABLE, &table(&[N])),
        ("sql/components/all.yml", amount),
        ("sql/scores/health.yml", score),
        ("sql/marts/scored.sql", &mart("x DOUBLE", "")),
    ]);
    good(project.hale(&["run", "--from", "2026-01-01", "--to", "2026-01-02"]));
    project.write("sql/marts/scored.sql", &mart("x DOUBLE, y DOUBLE", ", 2 * score AS y"));
    let said = refused(&project, &["--as-of", "2026-01-02", "--rescore"]);
    assert!(said.contains("marts.scored has other columns than its published day"), "{said}");
    project.json(&["run", "--as-of", "2026-01-02", "--rescore", "--add-columns"]);
    let query = "SELECT as_of_date, count(x), count(y) FROM marts.scored GROUP BY 1 ORDER BY 1";
    let told = good(project.hale(&["query", query, "--format", "csv"]));
    assert_eq!(told.lines().skip(1).collect::<Vec<_>>(), ["2026-01-01,2,0", "2026-01-02,2,2"]);
}

#[test]
fn a_column_that_no_file_holds_is_refused_where_it_is_declared() {
    for (kind, value, help) in [
        ("TIME", "CAST('10:00:00' AS TIME)", "seconds since midnight"),
        ("BIGINT[]", "[n]", "columns, or rows, of their own"),
        ("DECIMAL(50,1)", "CAST(n AS DECIMAL(50,1))", "up to 38 digits"),
    ] {
        let query = format!("SELECT account_id, as_of_date, {value} AS x FROM metrics.accounts");
        let mart = by_day(&format!("x {kind}"), &query).replace("metrics.accounts (", "marts.odd (");
        let project =
            Project::of(&[("sql/metrics/accounts.sql", &sums("n BIGINT")), ("sql/marts/odd.sql", &mart)]);
        let told = project.hale(&["check"]);
        let words = err(&told);
        assert!(code(&told) == 1 && words.contains("unstored-type"), "{kind}: {words}");
        assert!(words.contains("sql/marts/odd.sql:5:3") && words.contains(help), "{kind}: {words}");
    }
}
