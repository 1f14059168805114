//! Small parts of queries: values, aggregates, windows and conditions over a number.

use super::grammar::Draw;

/// Aggregates of rows, of a group as of a window.
const BOTH: [&str; 10] = [
    "count(*)",
    "count(#)",
    "count(DISTINCT #)",
    "sum(#)",
    "min(#)",
    "max(#)",
    "avg(#)",
    "median(#)",
    "stddev(#)",
    "sum(#) FILTER (WHERE # > 2)",
];

impl Draw {
    pub(super) fn value(&mut self) -> &'static str {
        self.of(&[
            "n",
            "n + 1",
            "-n",
            "abs(n)",
            "coalesce(n, 0)",
            "nullif(n, 3)",
            "CASE WHEN n > 3 THEN n ELSE 0 END",
            "$most",
            "greatest(n, 2)",
            "CAST(length(account_id) AS BIGINT)",
            "n % 3",
            "CAST(round(n * 1.5) AS BIGINT)",
            "NULL",
            "CAST(date_part('day', as_of_date) AS BIGINT)",
            "n | 1",
            "CAST(n AS BIGINT)",
        ])
    }

    pub(super) fn aggregate(&mut self, n: &str) -> String {
        let call = match self.one_in(2) {
            true => self.of(&BOTH),
            false => self.of(&[
                "sum(DISTINCT #)",
                "approx_distinct(#)",
                "bit_or(#)",
                "first_value(# ORDER BY #)",
                "max(# + 1)",
                "array_length(array_agg(#))",
                "corr(#, #)",
                "approx_percentile_cont(#, 0.5)",
                "count(DISTINCT # + 1)",
            ]),
        };
        call.replace('#', n)
    }

    pub(super) fn windowed(&mut self, n: &str) -> String {
        let call = match self.one_in(2) {
            true => self.of(&BOTH),
            false => self.of(&[
                "lag(#)",
                "lag(#, 2)",
                "first_value(#)",
                "last_value(#)",
                "row_number()",
                "rank()",
                "dense_rank()",
                "ntile(3)",
                "nth_value(#, 2)",
                "lead(#)",
                "sum(# * 2)",
                "percent_rank()",
                "cume_dist()",
                "array_agg(#)",
            ]),
        };
        call.replace('#', n)
    }

    pub(super) fn window(&mut self) -> String {
        let partition = self.of(&[
            "PARTITION BY account_id ",
            "PARTITION BY account_id ",
            "PARTITION BY as_of_date ",
            "",
        ]);
        let order = self.of(&[
            "ORDER BY as_of_date ",
            "ORDER BY as_of_date ",
            "ORDER BY as_of_date DESC ",
            "ORDER BY n ",
            "",
        ]);
        let frame = self.of(&[
            "",
            "RANGE BETWEEN INTERVAL '6' DAY PRECEDING AND CURRENT ROW",
            "RANGE BETWEEN INTERVAL '9' DAY PRECEDING AND INTERVAL '3' DAY PRECEDING",
            "RANGE BETWEEN INTERVAL '3' DAY PRECEDING AND INTERVAL '9' DAY PRECEDING",
            "ROWS BETWEEN 2 PRECEDING AND CURRENT ROW",
            "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
            "RANGE BETWEEN INTERVAL '1' MONTH PRECEDING AND CURRENT ROW",
            "GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW",
            "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
            "RANGE BETWEEN 2 PRECEDING AND CURRENT ROW",
            "RANGE BETWEEN INTERVAL '1' WEEK PRECEDING AND CURRENT ROW",
            "RANGE BETWEEN INTERVAL '45' DAY PRECEDING AND INTERVAL '1' MONTH PRECEDING",
            "ROWS BETWEEN CURRENT ROW AND 2 PRECEDING",
        ]);
        format!("{partition}{order}{frame}")
    }

    pub(super) fn condition(&mut self, n: &str) -> String {
        let condition = self.of(&[
            "# >= 0",
            "# IS NULL OR # < 1000",
            "coalesce(#, 0) >= 0",
            "nvl(#, 1) > -1",
            "ifnull(#, 1) > -1",
            "# < $most * 100",
            "account_id LIKE '%a%' OR # IS NULL OR TRUE",
            "account_id <> $who OR # >= 0",
            "# BETWEEN 0 AND 900",
            "# IN (1, 2, 3) OR TRUE",
            "CASE WHEN # > 3 THEN # < 1000 ELSE TRUE END",
            "abs(#) = # OR # < 0",
            "nullif(#, 0) <> 0",
            "length(account_id) < 9",
            "# % 2 IN (0, 1, -1)",
            "# > 2",
            "# = # + 0",
            "NOT (# < 0)",
            "# IS DISTINCT FROM -1",
            "account_id ~ '^[a-d]'",
            "upper(account_id) >= 'A'",
            "starts_with(account_id, 'a') OR TRUE",
            "# <= greatest(#, 5)",
            "(# > 1) IS NOT TRUE OR # > 0",
            "EXISTS (SELECT 1)",
            "# IN (SELECT 1)",
            "sum(#) > 0",
            "row_number() OVER () > 0",
            "random() >= 0",
            "now() IS NOT NULL",
            "#",
            "# || 'x'",
            "# > $absent",
            "(SELECT max(#) FROM staging.events) > 0",
            "current_date IS NOT NULL",
            "NULL",
            "array_has([1, 2, #], 2)",
            "to_char(DATE '2026-01-01', '%Y') = '2026'",
            "# > 'x'",
            "account_id > 3 OR TRUE",
        ]);
        condition.replace('#', n)
    }
}
