//! A relation that sorts and that several models read is computed once; one that a single model reads is put into its query.

use serde_json::Value;

use super::{Project, by_day, good, one_line};

/// Of the rows of an account and a day the one with the smaller amount counts.
fn raw() -> String {
    super::RAW.replace("'kind' 'events'", "'kind' 'events', 'key' 'account_id, day'")
}

fn sums_of(table: &str) -> (String, String) {
    let query =
        "SELECT account_id, day AS as_of_date, sum(n) AS n FROM staging.events GROUP BY account_id, day";
    let text = by_day("n BIGINT", query).replace("metrics.accounts", &format!("metrics.{table}"));
    (format!("sql/metrics/{table}.sql"), text)
}

fn rows_read(tables: &[&str]) -> Value {
    let files: Vec<(String, String)> = tables.iter().map(|table| sums_of(table)).collect();
    let mut all = vec![("sql/raw/events.sql".to_owned(), raw())];
    all.extend(files);
    let files: Vec<(&str, &str)> = all.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let project = Project::of(&files);
    project.events(&[("a", 1, 5), ("a", 1, 7), ("b", 1, 7), ("a", 2, 9)]);
    let told = one_line(&good(project.hale(&["run", "--as-of", "2026-01-01", "--json"])));
    for table in tables {
        let query = format!("SELECT sum(n), count(*) FROM metrics.{table}");
        let sums = good(project.hale(&["query", &query, "--format", "csv"]));
        assert_eq!(sums.lines().last(), Some("12,2"), "{table}");
    }
    told["rows_read"].clone()
}

#[test]
fn what_several_models_read_is_computed_once() {
    let read = rows_read(&["accounts", "others"]);
    assert!(read["dated.events"].as_u64().is_some_and(|rows| rows >= 4), "{read}");
    // Two accounts on the day, of which each model reads what is left.
    assert_eq!((&read["metrics.accounts"], &read["metrics.others"]), (&2.into(), &2.into()), "{read}");
    let read = rows_read(&["accounts"]);
    assert_eq!(read.get("dated.events"), None, "{read}");
}

#[test]
fn a_row_that_cannot_be_computed_with_matters_only_where_it_is_read() {
    let view = "-- Numbers.\nCREATE VIEW staging.numbers AS\nSELECT account_id, day, CAST(100 / (n - 7) AS BIGINT) AS n, \
        row_number() OVER (PARTITION BY account_id ORDER BY day DESC, n) AS place FROM staging.events\n";
    let of = |table: &str, column: &str| {
        let query = format!(
            "SELECT account_id, day AS as_of_date, {column} AS n FROM staging.numbers WHERE place = 1"
        );
        (
            format!("sql/metrics/{table}.sql"),
            by_day("n BIGINT", &query).replace("metrics.accounts", &format!("metrics.{table}")),
        )
    };
    let [one, other] = [of("accounts", "place"), of("others", "n")];
    let project = Project::of(&[
        ("sql/staging/numbers.sql", view),
        (one.0.as_str(), one.1.as_str()),
        (other.0.as_str(), other.1.as_str()),
    ]);
    // The row with 7 cannot be divided by, and is not the newest of its account.
    project.events(&[("a", 1, 7), ("a", 2, 9), ("b", 2, 17)]);
    for select in [&["metrics.others"][..], &["metrics.accounts", "metrics.others"]] {
        good(project.hale(&[&["run", "--as-of", "2026-01-02", "--force", "--select"], select].concat()));
    }
}
