//! A world in which each account has one thing that was mended, or changed.

use std::path::Path;

use chrono::{NaiveDate, NaiveTime};

use super::sources::{Column, DAY, write_source};
use crate::oracle::world::{Account, Event, World, at, days_ago};

/// Noon, so many days before the last.
fn noon(age: u64) -> i64 {
    at(days_ago(age), NaiveTime::MIN) + DAY / 2
}

/// Each account has one thing that is mended, or changes.
const ACCOUNTS: [&str; 25] = [
    "slip", "live", "meeting", "pulse", "contract", "again", "mended", "ticket", "payment", "invoice",
    "disputed", "contact", "goal", "override", "act", "step", "severe", "asked", "message", "said", "figure",
    "late", "twice", "seconds", "earlier",
];

/// Writes what was mended and what changed, a source at a time.
pub fn write_sources(folder: &Path) {
    let account = |id: &&str| Account {
        account_id: (*id).to_owned(),
        segment: "MM".to_owned(),
        is_test: false,
        customer_since: days_ago(170),
        churned_on: None,
    };
    World { accounts: ACCOUNTS.iter().map(account).collect(), events: events(), ..World::default() }
        .write(folder);
    plans(folder);
    meetings(folder);
    judged(folder);
    changes(folder);
    surveys(folder);
    tickets(folder);
    messages(folder);
    figures(folder);
    money(folder);
    goals(folder);
    acts(folder);
}

/// Rows as tuples: a source's columns from a table of them.
fn texts<T>(rows: &[T], read: impl Fn(&T) -> &'static str) -> Column {
    Column::words(rows, |row| read(row))
}

fn plans(folder: &Path) {
    // plan, started, live, recorded
    let rows: [(&str, NaiveDate, Option<u64>, u64); 6] = [
        ("slip", days_ago(30 + 731), None, 30),
        ("slip", days_ago(30), None, 19),
        ("live", days_ago(30), Some(28), 28),
        ("live", days_ago(30), None, 20),
        ("live", days_ago(30), Some(10), 9),
        ("step", days_ago(30), None, 30),
    ];
    let columns = vec![
        ("plan_id", texts(&rows, |row| row.0)),
        ("account_id", texts(&rows, |row| row.0)),
        ("started_on", Column::days(&rows, |row| row.1)),
        ("target_go_live_on", Column::days(&rows, |_| days_ago(0))),
        ("go_live_on", Column::Day(rows.iter().map(|row| row.2.map(days_ago)).collect())),
        ("completed_on", Column::Day(rows.iter().map(|_| None).collect())),
        ("recorded_at", Column::times(&rows, |row| noon(row.3))),
    ];
    write_source(folder, "onboarding_plans", columns);
    // due, done, recorded: put off, and done before it was written down
    let rows: [(u64, Option<u64>, u64); 3] = [(21, None, 30), (5, None, 19), (5, Some(15), 9)];
    let columns = vec![
        ("plan_id", texts(&rows, |_| "step")),
        ("milestone_id", texts(&rows, |_| "m")),
        ("name", texts(&rows, |_| "Kick-off")),
        ("is_required", Column::Flag(vec![true; 3])),
        ("due_on", Column::days(&rows, |row| days_ago(row.0))),
        ("completed_on", Column::Day(rows.iter().map(|row| row.1.map(days_ago)).collect())),
        ("recorded_at", Column::times(&rows, |row| noon(row.2))),
    ];
    write_source(folder, "onboarding_milestones", columns);
}

fn meetings(folder: &Path) {
    let rows = [(Some(noon(20)), false, 20), (None, true, 19)];
    let columns = vec![
        ("interaction_id", texts(&rows, |_| "i")),
        ("account_id", texts(&rows, |_| "meeting")),
        ("type", texts(&rows, |_| "qbr")),
        ("owner_id", Column::none(&rows)),
        ("contact_id", Column::none(&rows)),
        ("scheduled_at", Column::times(&rows, |_| noon(20))),
        ("held_at", Column::Time(rows.iter().map(|row| row.0).collect())),
        ("no_show", Column::Flag(rows.iter().map(|row| row.1).collect())),
        ("exec_present", Column::Flag(rows.iter().map(|row| !row.1).collect())),
        ("recorded_at", Column::times(&rows, |row| noon(row.2))),
    ];
    write_source(folder, "interactions", columns);
    // A champion who becomes a sponsor, and had left before anybody wrote it down.
    let rows = [("champion", None, 160), ("exec_sponsor", None, 22), ("exec_sponsor", Some(18), 10)];
    let columns = vec![
        ("contact_id", texts(&rows, |_| "c")),
        ("account_id", texts(&rows, |_| "contact")),
        ("user_id", Column::none(&rows)),
        ("role", texts(&rows, |row| row.0)),
        ("joined_on", Column::days(&rows, |_| days_ago(165))),
        ("left_on", Column::Day(rows.iter().map(|row| row.1.map(days_ago)).collect())),
        ("recorded_at", Column::times(&rows, |row| noon(row.2))),
    ];
    write_source(folder, "contacts", columns);
}

fn judged(folder: &Path) {
    // The day that a judgement is about is moved back.
    let rows = [(20, 20), (25, 18)];
    let columns = vec![
        ("assessment_id", texts(&rows, |_| "j")),
        ("account_id", texts(&rows, |_| "pulse")),
        ("component", texts(&rows, |_| "csm_pulse")),
        ("value", Column::Real(vec![Some(2.0); 2])),
        ("scale", Column::Whole(vec![5; 2])),
        ("reason", texts(&rows, |_| "Slow")),
        ("author_id", texts(&rows, |_| "ann")),
        ("effective_at", Column::times(&rows, |row| noon(row.0))),
        ("expires_at", Column::Time(vec![None; 2])),
        ("recorded_at", Column::times(&rows, |row| noon(row.1))),
        ("supersedes_id", Column::none(&rows)),
    ];
    write_source(folder, "assessments", columns);
    let rows = [(40.0, 20), (50.0, 18)];
    let columns = vec![
        ("override_id", texts(&rows, |_| "o")),
        ("account_id", texts(&rows, |_| "override")),
        ("score_name", texts(&rows, |_| "health")),
        ("mode", texts(&rows, |_| "cap")),
        ("value", Column::Real(rows.iter().map(|row| Some(row.0)).collect())),
        ("reason", texts(&rows, |_| "Notice given")),
        ("author_id", texts(&rows, |_| "ann")),
        ("effective_at", Column::times(&rows, |_| noon(20))),
        ("expires_at", Column::times(&rows, |_| noon(0) + 90 * DAY)),
        ("revoked_at", Column::Time(vec![None; 2])),
        ("recorded_at", Column::times(&rows, |row| noon(row.1))),
    ];
    write_source(folder, "overrides", columns);
}

fn changes(folder: &Path) {
    // A slip of the keyboard of ten times, mended.
    let rows = [(100_000_000, 20), (10_000_000, 18)];
    let columns = vec![
        ("change_id", texts(&rows, |_| "u")),
        ("account_id", texts(&rows, |_| "contract")),
        ("contract_id", texts(&rows, |_| "c")),
        ("type", texts(&rows, |_| "upsell")),
        ("delta_arr", Column::Decimal(rows.iter().map(|row| row.0).collect())),
        ("delta_seats", Column::Whole(vec![0; 2])),
        ("effective_on", Column::days(&rows, |_| days_ago(20))),
        ("recorded_at", Column::times(&rows, |row| noon(row.1))),
    ];
    write_source(folder, "contract_events", columns);
}

/// What was done in the product, late and delivered again.
fn events() -> Vec<Event> {
    // id, account, seconds, done, known
    let rows = [
        (1, "late", 60, 22, 19),
        // Again under a later day: that moves nothing.
        (2, "twice", 60, 22, 22),
        (2, "twice", 90, 20, 20),
        (3, "seconds", 60, 22, 22),
        (3, "seconds", 90, 22, 17),
        // Again under an earlier day: that is the fact.
        (4, "earlier", 60, 20, 20),
        (4, "earlier", 90, 28, 17),
    ];
    let event = |(event_id, account, seconds, done, known): (i64, &str, i64, u64, u64)| Event {
        event_id,
        account_id: account.to_owned(),
        user_id: Some(format!("u of {account}")),
        session_id: Some(event_id),
        event_name: "feature_use".to_owned(),
        feature: Some("reports".to_owned()),
        seconds,
        is_error: false,
        occurred_at: noon(done),
        available_at: noon(known),
    };
    rows.map(event).into()
}

fn surveys(folder: &Path) {
    // account, score, sent, answered, known: answered again, mended, and answered some days before that was known
    type Row = (&'static str, Option<f64>, u64, Option<u64>, u64);
    let rows: [Row; 6] = [
        ("again", Some(9.0), 29, Some(28), 28),
        ("again", Some(2.0), 29, Some(10), 10),
        ("mended", Some(9.0), 29, Some(28), 28),
        ("mended", Some(2.0), 29, Some(28), 19),
        ("asked", None, 28, None, 28),
        ("asked", Some(9.0), 28, Some(22), 19),
    ];
    let columns = vec![
        ("response_id", texts(&rows, |row| row.0)),
        ("account_id", texts(&rows, |row| row.0)),
        ("user_id", texts(&rows, |_| "u")),
        ("survey_type", texts(&rows, |_| "nps")),
        ("score", Column::Real(rows.iter().map(|row| row.1).collect())),
        ("scale_min", Column::Real(vec![Some(0.0); 6])),
        ("scale_max", Column::Real(vec![Some(10.0); 6])),
        ("sent_at", Column::times(&rows, |row| noon(row.2))),
        ("responded_at", Column::Time(rows.iter().map(|row| row.3.map(noon)).collect())),
        ("available_at", Column::times(&rows, |row| noon(row.4))),
    ];
    write_source(folder, "surveys", columns);
}

fn tickets(folder: &Path) {
    // account, type, severity, known
    let rows = [
        ("ticket", "bug", 4, 22),
        ("ticket", "incident", 1, 10),
        ("severe", "bug", 4, 22),
        ("severe", "bug", 1, 19),
    ];
    let columns = vec![
        ("ticket_id", texts(&rows, |row| row.0)),
        ("account_id", texts(&rows, |row| row.0)),
        ("user_id", Column::none(&rows)),
        ("type", texts(&rows, |row| row.1)),
        ("severity", Column::Whole(rows.iter().map(|row| row.2).collect())),
        ("channel", texts(&rows, |_| "email")),
        ("created_at", Column::times(&rows, |_| noon(28))),
        ("available_at", Column::times(&rows, |row| noon(row.3))),
    ];
    write_source(folder, "tickets", columns);
    // status, since, known: resolved some days before that was known
    let rows = [("open", 28, 22), ("resolved", 17, 10)];
    let columns = vec![
        ("ticket_id", texts(&rows, |_| "severe")),
        ("account_id", texts(&rows, |_| "severe")),
        ("to_status", texts(&rows, |row| row.0)),
        ("occurred_at", Column::times(&rows, |row| noon(row.1))),
        ("available_at", Column::times(&rows, |row| noon(row.2))),
    ];
    write_source(folder, "ticket_events", columns);
}

fn messages(folder: &Path) {
    // Read some days after it was sent.
    let rows = [(None, 28), (Some(0.5), 19)];
    let columns = vec![
        ("message_id", texts(&rows, |_| "m")),
        ("account_id", texts(&rows, |_| "message")),
        ("user_id", Column::none(&rows)),
        ("channel", texts(&rows, |_| "email")),
        ("direction", texts(&rows, |_| "in")),
        ("sent_at", Column::times(&rows, |_| noon(28))),
        ("sentiment", Column::Real(rows.iter().map(|row| row.0).collect())),
        ("available_at", Column::times(&rows, |row| noon(row.1))),
    ];
    write_source(folder, "messages", columns);
    // account, id, kind, said, known: one of before, one that was taken for a fault, one that came late
    let rows = [
        ("slip", "f", "idea", 100, 100),
        ("said", "g", "bug", 28, 28),
        ("said", "g", "praise", 28, 10),
        ("said", "h", "idea", 22, 19),
    ];
    let columns = vec![
        ("feedback_id", texts(&rows, |row| row.1)),
        ("account_id", texts(&rows, |row| row.0)),
        ("user_id", Column::none(&rows)),
        ("feature", Column::none(&rows)),
        ("kind", texts(&rows, |row| row.2)),
        ("created_at", Column::times(&rows, |row| noon(row.3))),
        ("available_at", Column::times(&rows, |row| noon(row.4))),
    ];
    write_source(folder, "feedback", columns);
}

fn figures(folder: &Path) {
    // metric, figure, of, known; one of each day, that the source is known to report
    let mut rows: Vec<(&str, i64, u64, u64)> = (0..60).map(|age| ("seats", 1, age, age)).collect();
    rows.extend([
        ("campaigns_sent", 1, 30, 30),
        ("campaigns_sent", 5, 20, 20),
        ("campaigns_sent", 7, 20, 18),
        ("storage_gb", 100, 20, 20),
        ("storage_gb", 50, 20, 18),
        ("storage_gb", 25, 4, 4),
    ]);
    let columns = vec![
        ("account_id", texts(&rows, |_| "figure")),
        ("day", Column::days(&rows, |row| days_ago(row.2))),
        ("metric", texts(&rows, |row| row.0)),
        ("value", Column::Decimal(rows.iter().map(|row| row.1 * 10_000).collect())),
        ("available_at", Column::times(&rows, |row| noon(row.3))),
    ];
    write_source(folder, "usage_daily", columns);
}

fn money(folder: &Path) {
    let rows = [("paid", 28), ("chargeback", 10)];
    let columns = vec![
        ("payment_id", texts(&rows, |_| "p")),
        ("account_id", texts(&rows, |_| "payment")),
        ("invoice_id", Column::none(&rows)),
        ("attempted_at", Column::times(&rows, |_| noon(28))),
        ("amount", Column::Decimal(vec![1_000_000; 2])),
        ("status", texts(&rows, |row| row.0)),
        ("available_at", Column::times(&rows, |row| noon(row.1))),
    ];
    write_source(folder, "payments", columns);
    // account, paid, disputed, recorded
    let rows = [
        ("invoice", None, false, 28),
        ("invoice", Some(20), false, 17),
        ("disputed", None, false, 28),
        ("disputed", None, true, 19),
    ];
    let columns = vec![
        ("invoice_id", texts(&rows, |row| row.0)),
        ("account_id", texts(&rows, |row| row.0)),
        ("contract_id", Column::none(&rows)),
        ("issued_on", Column::days(&rows, |_| days_ago(40))),
        ("due_on", Column::days(&rows, |_| days_ago(25))),
        ("amount", Column::Decimal(vec![1_000_000; 4])),
        ("amount_paid", Column::Decimal(vec![0; 4])),
        ("paid_on", Column::Day(rows.iter().map(|row| row.1.map(days_ago)).collect())),
        ("voided_on", Column::Day(vec![None; 4])),
        ("is_disputed", Column::Flag(rows.iter().map(|row| row.2).collect())),
        ("recorded_at", Column::times(&rows, |row| noon(row.3))),
    ];
    write_source(folder, "invoices", columns);
}

fn goals(folder: &Path) {
    // due, reached, recorded: put off, and reached before it was written down
    let rows = [(22, None, 100), (5, None, 19), (5, Some(17), 10)];
    let columns = vec![
        ("goal_id", texts(&rows, |_| "g")),
        ("account_id", texts(&rows, |_| "goal")),
        ("name", texts(&rows, |_| "Halve the work")),
        ("due_on", Column::days(&rows, |row| days_ago(row.0))),
        ("achieved_on", Column::Day(rows.iter().map(|row| row.1.map(days_ago)).collect())),
        ("recorded_at", Column::times(&rows, |row| noon(row.2))),
    ];
    write_source(folder, "goals", columns);
}

fn acts(folder: &Path) {
    // Done some days before anybody wrote it down.
    let rows = [(None, 100), (Some(22), 19)];
    let columns = vec![
        ("act_id", texts(&rows, |_| "a")),
        ("account_id", texts(&rows, |_| "act")),
        ("contact_id", Column::none(&rows)),
        ("type", texts(&rows, |_| "referral")),
        ("asked_on", Column::days(&rows, |_| days_ago(100))),
        ("done_on", Column::Day(rows.iter().map(|row| row.0.map(days_ago)).collect())),
        ("recorded_at", Column::times(&rows, |row| noon(row.1))),
    ];
    write_source(folder, "advocacy", columns);
}
