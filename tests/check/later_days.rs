//! Windows over days: which of them see later days than their row's own.

use super::{Files, STAGED, by_day};

/// Whichever way a window is ordered, and whatever its function counts: what sees later days is refused, and nothing else.
#[tokio::test]
async fn windows_that_see_later_days_are_refused_in_either_order() {
    let found = async |window: &str| {
        let query = format!("SELECT account_id, as_of_date, CAST({window} AS BIGINT) AS n FROM staging.log");
        let sql = by_day("n BIGINT,", &query);
        Files::of(&[STAGED, ("metrics/t.sql", &sql)]).found().await
    };
    let days = "PARTITION BY account_id ORDER BY as_of_date";
    for ahead in [
        format!("lag(n) OVER ({days} DESC)"),
        format!("lead(n, -1) OVER ({days} DESC)"),
        format!("first_value(n) OVER ({days} DESC)"),
        format!("max(n) OVER ({days} DESC)"),
        format!("sum(n) OVER ({days} DESC RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW)"),
        format!("row_number() OVER ({days} DESC)"),
        format!("rank() OVER ({days} DESC)"),
        format!("100 * percent_rank() OVER ({days})"),
        format!("100 * cume_dist() OVER ({days})"),
        format!("ntile(4) OVER ({days})"),
    ] {
        let found = found(&ahead).await;
        assert!(found.iter().any(|line| line.starts_with("looks-ahead ")), "{ahead}: {found:?}");
    }
    for behind in [
        format!("lead(n) OVER ({days} DESC)"),
        format!("lag(n, -1) OVER ({days} DESC)"),
        format!("sum(n) OVER ({days} DESC RANGE BETWEEN CURRENT ROW AND INTERVAL '6' DAY FOLLOWING)"),
        format!("sum(n) OVER ({days} DESC RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"),
        format!("row_number() OVER ({days})"),
        format!("rank() OVER ({days})"),
        "rank() OVER (PARTITION BY as_of_date ORDER BY n DESC)".to_owned(),
    ] {
        let found = found(&behind).await;
        assert!(!found.iter().any(|line| line.starts_with("looks-ahead ")), "{behind}: {found:?}");
    }
}

#[tokio::test]
async fn a_window_is_pointed_at_and_not_a_name_that_holds_its_word() {
    let query =
        "SELECT account_id, as_of_date, count(*) OVER (PARTITION BY account_id) AS n FROM staging.log";
    let sql = by_day("n BIGINT,", query);
    let found = Files::of(&[STAGED, ("metrics/t.sql", &sql)]).found().await;
    let (line, text) = sql.lines().enumerate().find(|(_, text)| text.contains("count(")).unwrap();
    let place = format!("looks-ahead sql/metrics/t.sql:{}:{}", line + 1, text.find("count(").unwrap() + 1);
    assert_eq!(found, [place]);
}
