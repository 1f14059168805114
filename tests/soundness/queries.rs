//! Queries of models and of audits.

use super::grammar::Draw;

impl Draw {
    /// A query for account, day and a number, and whether each account and day has one row at most.
    pub(super) fn query(&mut self) -> (String, bool) {
        let (from, other, value, condition) = (self.table(), self.table(), self.value(), self.condition("n"));
        let day = self.of(&["as_of_date", "as_of_date - INTERVAL '1' DAY", "CAST(as_of_date AS DATE)"]);
        match self.between(0, 15) {
            0 => {
                (format!("SELECT account_id, as_of_date, {value} AS n FROM {from} WHERE {condition}"), false)
            }
            1 => (
                format!(
                    "SELECT account_id, as_of_date, CAST({} AS BIGINT) AS n FROM {from} GROUP BY account_id, as_of_date{}",
                    self.aggregate("n"),
                    self.of(&["", " HAVING count(*) > 0", " HAVING max(n) IS NOT NULL"])
                ),
                true,
            ),
            2 | 3 => (
                format!(
                    "SELECT account_id, as_of_date, CAST({} OVER ({}) AS BIGINT) AS n FROM {from}",
                    self.windowed("n"),
                    self.window()
                ),
                false,
            ),
            4 => (
                format!(
                    "SELECT account_id, as_of_date, n FROM {from} UNION{} SELECT account_id, as_of_date, {value} FROM {other}",
                    self.of(&["", " ALL"])
                ),
                false,
            ),
            5 => (
                format!(
                    "SELECT a.account_id, a.as_of_date, coalesce(a.n, b.n) AS n FROM {from} AS a {} JOIN {other} AS b ON a.account_id = b.account_id AND a.as_of_date = b.{day}",
                    self.of(&["LEFT", "INNER", "FULL", "RIGHT"])
                ),
                false,
            ),
            6 => (
                format!(
                    "SELECT account_id, as_of_date, n FROM {from} WHERE {} FROM {other}{})",
                    self.of(&[
                        "account_id IN (SELECT account_id",
                        "account_id NOT IN (SELECT account_id",
                        "account_id = (SELECT min(account_id)"
                    ]),
                    self.of(&["", " WHERE n > 3", " LIMIT 1"])
                ),
                false,
            ),
            7 => (
                format!(
                    "SELECT account_id, as_of_date, n FROM {from} AS a WHERE {} (SELECT 1 FROM {other} AS b WHERE b.account_id = a.account_id AND b.n {} a.n)",
                    self.of(&["EXISTS", "NOT EXISTS"]),
                    self.of(&[">", "=", "<="])
                ),
                false,
            ),
            8 => (
                format!(
                    "SELECT account_id, as_of_date, (SELECT CAST({} AS BIGINT) FROM {other} AS b{}) AS n FROM {from} AS a",
                    self.aggregate("b.n"),
                    self.of(&[
                        "",
                        " WHERE b.account_id = a.account_id",
                        " WHERE b.as_of_date = a.as_of_date"
                    ])
                ),
                false,
            ),
            9 => (
                format!(
                    "WITH per AS (SELECT account_id, count(*) AS rows FROM {other} GROUP BY account_id)\nSELECT a.account_id, a.as_of_date, per.rows + {} AS n FROM {from} AS a JOIN per ON per.account_id = a.account_id",
                    self.of(&["a.n", "0", "coalesce(a.n, $most)"])
                ),
                false,
            ),
            10 => (
                format!(
                    "SELECT a.account_id, d.day AS as_of_date, count(b.n) AS n FROM (SELECT DISTINCT account_id FROM {from}) AS a CROSS JOIN calendar.days AS d LEFT JOIN {other} AS b ON b.account_id = a.account_id AND b.as_of_date = d.day GROUP BY a.account_id, d.day"
                ),
                true,
            ),
            11 => (
                format!(
                    "SELECT DISTINCT account_id, as_of_date, CAST(value AS BIGINT) AS n FROM {from} CROSS JOIN generate_series(1, 2)"
                ),
                false,
            ),
            12 => (
                format!(
                    "SELECT account_id, as_of_date, n FROM (SELECT *, row_number() OVER (PARTITION BY account_id, as_of_date ORDER BY n) AS place FROM {from}) AS placed WHERE place = 1"
                ),
                true,
            ),
            // Two tables of a day, of which one may be stored in another order than by account.
            13 | 14 => (
                format!(
                    "SELECT a.account_id, a.as_of_date, {} AS n FROM {from} AS a {} JOIN {other} AS b ON a.account_id = b.account_id AND a.as_of_date = b.as_of_date",
                    self.of(&["a.n", "b.n", "a.n + b.n", "0"]),
                    self.of(&["", "LEFT", "RIGHT"])
                ),
                self.all_are_keyed(&[&from, &other]),
            ),
            _ => (
                format!(
                    "SELECT account_id, max(as_of_date) AS as_of_date, count(*) AS n FROM {from} GROUP BY {}",
                    self.of(&["account_id", "account_id, n"])
                ),
                false,
            ),
        }
    }

    pub(super) fn audit(&mut self) -> String {
        let (from, other) = (self.table(), self.table());
        let never = self.of(&[
            "n < 0 AND n > 0",
            "n > 5",
            "n IS NULL AND n IS NOT NULL",
            "account_id = 'nobody'",
            "n < -1000",
            "FALSE",
        ]);
        match self.between(0, 9) {
            0 => format!("SELECT * FROM {from} WHERE {never}"),
            1 => format!("SELECT account_id, count(*) AS rows FROM {from} WHERE {never} GROUP BY account_id"),
            2 => format!(
                "SELECT a.account_id, a.as_of_date FROM {from} AS a LEFT JOIN {other} AS b ON b.account_id = a.account_id AND b.as_of_date = a.as_of_date WHERE a.{}",
                never.replace(" AND n", " AND a.n")
            ),
            3 => "SELECT 1 AS one WHERE FALSE".to_owned(),
            4 => format!("SELECT * FROM raw.events WHERE {never}"),
            5 => format!(
                "SELECT account_id, as_of_date, n FROM (SELECT account_id, as_of_date, n, lag(n) OVER (PARTITION BY account_id ORDER BY as_of_date) AS before FROM {from}) AS both_days WHERE n < before - 1000"
            ),
            6 => format!(
                "SELECT day FROM calendar.days WHERE day NOT IN (SELECT as_of_date FROM {from} WHERE as_of_date IS NOT NULL) AND day > DATE '2030-01-01'"
            ),
            7 => format!("SELECT * FROM {from} WHERE n > random() + 100000"),
            8 => format!("SELECT count(*) AS rows FROM {from} HAVING count(*) < 0"),
            _ => format!("SELECT account_id FROM {from} WHERE {never} EXCEPT SELECT account_id FROM {other}"),
        }
    }
}
