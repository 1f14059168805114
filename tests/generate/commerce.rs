//! Contracts, their changes and their invoices agree to the cent.
use super::{large, must_hold, number};

/// What is in force on a day by the versions of lines, and by the sum of all changes until then; of the account whose
/// renewal is overdue on paper they differ.
const BOTH: &str = "
    WITH overdue AS (SELECT account_id FROM truth_planted WHERE kind = 'renewal overdue'), versions AS (
      SELECT DISTINCT account_id, line_id, quantity, CAST(round(arr * fx_rate, 2) AS DECIMAL(18,2)) AS worth, start_date, end_date, valid_from, recorded_at
      FROM contracts WHERE coalesce(valid_from, TIMESTAMP '1900-01-01') <= CAST(DATE '{day}' AS TIMESTAMP)
    ), latest AS (
      SELECT *, row_number() OVER (PARTITION BY line_id ORDER BY valid_from DESC NULLS LAST, recorded_at DESC) AS age FROM versions
    ), in_force AS (
      SELECT account_id, CAST(sum(worth) AS DECIMAL(18,2)) AS worth, sum(quantity) AS seats FROM latest
      WHERE age = 1 AND start_date <= DATE '{day}' AND coalesce(end_date, DATE '9999-12-31') > DATE '{day}' AND account_id NOT IN (SELECT account_id FROM overdue) GROUP BY 1
    ), changed AS (
      SELECT account_id, CAST(sum(delta_arr) AS DECIMAL(18,2)) AS worth, sum(delta_seats) AS seats
      FROM (SELECT DISTINCT * FROM contract_events) WHERE effective_on <= DATE '{day}' AND account_id NOT IN (SELECT account_id FROM overdue) GROUP BY 1
    )";

#[tokio::test]
async fn changes_add_up_to_what_is_in_force() {
    let data = large().await;
    for day in ["2025-09-01", "2025-12-31", "2026-03-15", "2026-07-01", "2026-09-30"] {
        let both = BOTH.replace("{day}", day);
        let off = format!(
            "SELECT count(*) FROM ({both} SELECT * FROM in_force FULL JOIN changed ON in_force.account_id = changed.account_id
             WHERE coalesce(in_force.worth, 0) <> coalesce(changed.worth, 0) OR coalesce(in_force.seats, 0) <> coalesce(changed.seats, 0))"
        );
        assert_eq!(number(&data, &off).await, 0.0, "accounts off on {day}");
        let all = format!("SELECT sum(worth) FROM ({both} SELECT worth FROM in_force)");
        assert!(number(&data, &all).await > 100_000.0, "hardly anything in force on {day}");
    }
}

#[tokio::test]
async fn invoices_are_what_contracts_say() {
    let data = large().await;
    // Of each invoice, the year's worth of its contract on the day of issue.
    let worth = "
        WITH issued AS (SELECT DISTINCT invoice_id, contract_id, issued_on, amount FROM invoices),
        versions AS (
          SELECT invoice_id, amount, line_id, plan, CAST(round(arr * fx_rate, 2) AS DECIMAL(18,2)) AS worth, start_date, end_date, issued_on,
                 row_number() OVER (PARTITION BY invoice_id, line_id ORDER BY valid_from DESC NULLS LAST, recorded_at DESC) AS age
          FROM issued JOIN (SELECT DISTINCT * FROM contracts) c ON c.contract_id = issued.contract_id
           AND coalesce(valid_from, TIMESTAMP '1900-01-01') <= CAST(issued_on AS TIMESTAMP)
        ), billed AS (
          SELECT invoice_id, amount, max(plan) AS plan, CAST(sum(worth) AS DECIMAL(18,2)) AS worth FROM versions
          WHERE age = 1 AND start_date <= issued_on AND coalesce(end_date, DATE '9999-12-31') > issued_on
          GROUP BY 1, 2
        )";
    let count = |rows: &str| format!("SELECT count(*) FROM ({worth} SELECT * FROM billed WHERE {rows})");
    let all = number(&data, &count("true")).await;
    assert!(all > 500.0);
    assert_eq!(
        all,
        number(&data, "SELECT count(DISTINCT invoice_id) FROM invoices").await,
        "invoices of nothing"
    );
    let off = count("plan = 'starter' AND amount <> CAST(round(worth / 12, 2) AS DECIMAL(18,2))");
    assert_eq!(number(&data, &off).await, 0.0, "months billed at another price");
    let off = count(
        "plan <> 'starter' AND NOT (abs(CAST(amount AS DOUBLE) * 12 / worth - round(CAST(amount AS DOUBLE) * 12 / worth)) < 0.01 AND amount <= 3 * worth)",
    );
    assert_eq!(number(&data, &off).await, 0.0, "terms billed at another price");
    let whole = count("plan <> 'starter' AND amount = worth");
    assert!(
        number(&data, &whole).await > 0.6 * number(&data, &count("plan <> 'starter'")).await,
        "whole years"
    );
}

#[tokio::test]
async fn versions_follow_each_other() {
    must_hold(&large().await, &[
        ("terms end after they begin, but of what was taken back", "SELECT count(*) = 1 FROM (SELECT DISTINCT line_id FROM contracts WHERE end_date <= start_date)"),
        ("every request begins open", "SELECT count(*) = 0 FROM tickets WHERE ticket_id NOT IN (SELECT ticket_id FROM ticket_events WHERE to_status = 'open') AND available_at < TIMESTAMP '2026-09-26'"),
        ("the first change is the opening", "SELECT count(*) = 0 FROM (SELECT ticket_id, min(occurred_at) AS first, min(occurred_at) FILTER (WHERE to_status = 'open') AS opened FROM ticket_events GROUP BY 1) WHERE opened > first"),
        ("paid in full or not at all on a day", "SELECT count(*) = 0 FROM invoices WHERE (paid_on IS NULL) <> (amount_paid < amount)"),
        ("every payment has its invoice", "SELECT count(*) = 0 FROM payments WHERE invoice_id NOT IN (SELECT invoice_id FROM invoices)"),
        ("renewals won are renewals", "SELECT count(*) > 20 FROM opportunities WHERE type = 'renewal' AND is_won"),
        ("what is won was signed that day", "SELECT count(*) = 0 FROM opportunities o WHERE is_won AND NOT EXISTS (SELECT 1 FROM contract_events c WHERE c.account_id = o.account_id AND c.type = o.type AND CAST(c.recorded_at AS DATE) = o.closed_on)"),
    ]).await;
}
