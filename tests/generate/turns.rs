//! Every row that the truth tells of is among the sources, and reads there as the truth says.
use super::{large, must_hold, number, sample};

/// What the truth of a kind says of a row, and the rows of the sources that say so.
const FOUND: [(&str, &str); 13] = [
    (
        "answered again",
        "SELECT response_id FROM surveys s JOIN truth ON row_id = response_id
         WHERE CAST(responded_at AS DATE) = truth.day AND score = CAST(becomes AS DOUBLE) AND available_at = known_at
           AND EXISTS (SELECT 1 FROM surveys b WHERE b.response_id = s.response_id AND b.score = CAST(was AS DOUBLE)
                       AND b.responded_at < s.responded_at)",
    ),
    (
        "severity raised",
        "SELECT ticket_id FROM tickets t JOIN truth ON row_id = ticket_id
         WHERE severity = CAST(becomes AS INT) AND available_at = known_at AND CAST(available_at AS DATE) = truth.day
           AND EXISTS (SELECT 1 FROM tickets b WHERE b.ticket_id = t.ticket_id AND b.severity = CAST(was AS INT)
                       AND b.available_at < t.available_at)",
    ),
    (
        "request known late",
        "SELECT ticket_id FROM tickets JOIN truth ON row_id = ticket_id
         WHERE CAST(created_at AS DATE) = truth.day AND available_at = known_at
           AND available_at BETWEEN created_at + INTERVAL '10' DAY AND created_at + INTERVAL '60' DAY",
    ),
    (
        "charged back months later",
        "SELECT payment_id FROM payments p JOIN truth ON row_id = payment_id
         WHERE status = becomes AND available_at = known_at AND available_at > attempted_at + INTERVAL '59' DAY
           AND EXISTS (SELECT 1 FROM payments b WHERE b.payment_id = p.payment_id AND b.status = was)
           AND EXISTS (SELECT 1 FROM invoices i WHERE i.invoice_id = p.invoice_id AND i.recorded_at = known_at
                       AND amount_paid = 0 AND paid_on IS NULL)",
    ),
    (
        "plan begun on a wrong day",
        "SELECT plan_id FROM onboarding_plans p JOIN truth ON row_id = plan_id
         WHERE started_on = CAST(becomes AS DATE) AND started_on = truth.day AND recorded_at = known_at
           AND EXISTS (SELECT 1 FROM onboarding_plans b WHERE b.plan_id = p.plan_id
                       AND b.started_on = CAST(was AS DATE) AND b.recorded_at < p.recorded_at)
           AND NOT EXISTS (SELECT 1 FROM onboarding_plans b WHERE b.plan_id = p.plan_id
                           AND b.started_on <> p.started_on AND b.recorded_at >= p.recorded_at)",
    ),
    (
        "stage backdated",
        "SELECT a.account_id FROM account_versions a JOIN truth ON row_id = a.account_id
         WHERE lifecycle_stage = becomes AND CAST(valid_from AS DATE) = truth.day AND recorded_at = known_at
           AND recorded_at > valid_from + INTERVAL '4' DAY
           AND EXISTS (SELECT 1 FROM account_versions b WHERE b.account_id = a.account_id AND b.lifecycle_stage = was)",
    ),
    (
        "contract signed late",
        "SELECT change_id FROM contract_events e JOIN truth ON row_id = change_id
         WHERE effective_on = truth.day AND e.recorded_at = known_at AND CAST(known_at AS DATE) = effective_on + INTERVAL '12' DAY
           AND EXISTS (SELECT 1 FROM contracts c WHERE c.contract_id = e.contract_id AND c.valid_from = known_at
                       AND start_date = effective_on)
           AND NOT EXISTS (SELECT 1 FROM contracts c WHERE c.contract_id = e.contract_id AND c.recorded_at < known_at)",
    ),
    (
        "renewal signed late",
        "SELECT change_id FROM contract_events e JOIN truth ON row_id = change_id
         WHERE effective_on = truth.day AND e.recorded_at = known_at AND CAST(known_at AS DATE) = effective_on + INTERVAL '12' DAY
           AND EXISTS (SELECT 1 FROM contracts c WHERE c.contract_id = e.contract_id AND c.valid_from = known_at
                       AND c.recorded_at = known_at AND end_date > effective_on)
           AND NOT EXISTS (SELECT 1 FROM contracts c WHERE c.contract_id = e.contract_id AND c.recorded_at < known_at
                           AND end_date <> effective_on)",
    ),
    (
        "renewal signed early",
        "SELECT change_id FROM contract_events e JOIN truth ON row_id = change_id
         WHERE effective_on = truth.day AND e.recorded_at = known_at AND CAST(known_at AS DATE) = effective_on - INTERVAL '40' DAY
           AND EXISTS (SELECT 1 FROM contracts c WHERE c.contract_id = e.contract_id AND c.valid_from = known_at
                       AND c.recorded_at = known_at AND end_date > effective_on)",
    ),
    (
        "renewal overdue",
        "SELECT line_id FROM contracts JOIN truth ON row_id = line_id
         WHERE end_date = truth.day AND auto_renew AND status = 'active'
           AND NOT EXISTS (SELECT 1 FROM contracts c WHERE c.line_id = row_id AND c.end_date > truth.day)
           AND NOT EXISTS (SELECT 1 FROM contract_events e WHERE e.account_id = truth.account_id AND effective_on >= truth.day)",
    ),
    (
        "line taken back",
        "SELECT line_id FROM contracts c JOIN truth ON row_id = line_id
         WHERE end_date = start_date AND start_date = truth.day AND recorded_at = known_at
           AND EXISTS (SELECT 1 FROM contracts b WHERE b.line_id = c.line_id AND b.end_date > b.start_date
                       AND b.valid_from = c.valid_from AND b.recorded_at < c.recorded_at)",
    ),
    (
        "account merged",
        "SELECT m.account_id FROM account_merges m JOIN truth ON row_id = m.account_id
         WHERE survivor_id = other_id AND merged_on = truth.day AND recorded_at = known_at
           AND NOT EXISTS (SELECT 1 FROM contract_events e WHERE e.account_id = row_id AND type = 'churn')
           AND NOT EXISTS (SELECT 1 FROM events e WHERE e.account_id = row_id AND CAST(occurred_at AS DATE) >= merged_on)
           AND EXISTS (SELECT 1 FROM contracts c WHERE c.account_id = other_id AND CAST(valid_from AS DATE) = merged_on
                       AND line_id LIKE replace(row_id, 'a', 'l') || '-%')",
    ),
    (
        "user moved",
        "SELECT s.user_id FROM seats s JOIN truth ON row_id = s.user_id
         WHERE s.account_id = other_id AND s.account_id <> truth.account_id AND CAST(valid_from AS DATE) = truth.day
           AND EXISTS (SELECT 1 FROM seats b WHERE b.user_id = s.user_id AND b.account_id = truth.account_id AND b.until = s.valid_from)
           AND EXISTS (SELECT 1 FROM users u WHERE u.user_id = s.user_id AND u.account_id = other_id)",
    ),
];

#[tokio::test]
async fn every_planted_row_is_there() {
    let mut wrong = Vec::new();
    for (world, data) in [("the sample", sample().await), ("the large world", large().await)] {
        for (kind, rows) in FOUND {
            let planted = format!("SELECT count(*) FROM truth_planted WHERE kind = '{kind}'");
            let planted = number(&data, &planted).await;
            let truth = format!("WITH truth AS (SELECT * FROM truth_planted WHERE kind = '{kind}') {rows}");
            let found =
                number(&data, &format!("SELECT count(*) FROM (SELECT DISTINCT * FROM ({truth}))")).await;
            if found != planted || planted == 0.0 {
                wrong.push(format!("{kind} in {world}: {found} rows found, {planted} told of"));
            }
        }
        let kinds = number(&data, "SELECT count(DISTINCT kind) FROM truth_planted").await;
        if kinds != FOUND.len() as f64 {
            wrong.push(format!("{kinds} kinds in {world}, {} are looked for", FOUND.len()));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn events_come_up_to_sixty_days_late() {
    must_hold(
        &large().await,
        &[
            (
                "some come after more than ten days",
                "SELECT count(*) > 10 FROM events WHERE available_at > occurred_at + INTERVAL '11' DAY",
            ),
            (
                "some come after more than forty",
                "SELECT count(*) > 0 FROM events WHERE available_at > occurred_at + INTERVAL '40' DAY",
            ),
            (
                "none after more than sixty",
                "SELECT count(*) = 0 FROM events WHERE available_at > occurred_at + INTERVAL '60' DAY",
            ),
            ("which is told", "SELECT count(*) = 1 FROM truth_facts WHERE kind = 'late'"),
            (
                "who moved acts for both",
                "SELECT count(DISTINCT account_id) = 2 FROM events WHERE user_id = 'u000018-001'",
            ),
            (
                "who was merged acts for the survivor",
                "SELECT count(*) > 0 FROM events WHERE user_id LIKE 'u000036-%' AND account_id = 'a000037'",
            ),
        ],
    )
    .await;
}
