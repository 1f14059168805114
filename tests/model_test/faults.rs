//! What is said of faulty cases: each with its place and what to do.

use super::Written;

/// The one fault of a case as `line:column code message | help`.
async fn fault(case: &str) -> String {
    let faults = Written::with_case(case).faults().await;
    assert_eq!(faults.len(), 1, "{faults}");
    let fault = faults.iter().next().unwrap();
    let at = fault.location.as_ref().unwrap();
    assert_eq!(at.file.path, "sql/tests/metrics.daily/case.yml");
    let (line, column) = at.file.line_column(at.span.start);
    let help = fault.help.as_ref().map(|help| format!(" | {help}")).unwrap_or_default();
    format!("{line}:{column} {} {}{help}", fault.code, fault.message)
}

/// Faulty cases, and what is said of each: `line:column code message | help`, or how that begins.
const FAULTS: &[(&str, &str)] = &[
    ("expekt: []\n", "1:1 unknown-key unknown key `expekt` | did you mean `expect`?"),
    ("given: {}\n", "1:1 missing-key the key `expect` is missing"),
    ("expect:\n", "1:1 yaml expected a list of rows, `[]` for none"),
    ("expect: [{events: 1, events: 2}]\n", "1:22 duplicate-key `events` is declared twice"),
    ("given: [a\nexpect: []\n", "1:8 yaml expected a mapping"),
    ("order: sorted\nexpect: []\n", "1:8 unsupported-value `sorted` is not supported here"),
    (
        "given: {staging.event: []}\nexpect: []\n",
        "1:9 test-input `metrics.daily` does not read `staging.event` | did you mean `staging.events`?",
    ),
    ("given: {raw.events: []}\nexpect: []\n", "1:9 test-input `metrics.daily` does not read `raw.events`"),
    ("given: {staging.events: 3}\nexpect: []\n", "1:9 yaml expected a list of rows"),
    (
        "given: {staging.events: {day: 2026-09-01}}\nexpect: []\n",
        "1:9 test-input `staging.events` is not given as a list of rows | write one row a line",
    ),
    (
        "given: {staging.events: [{acount_id: a}]}\nexpect: []\n",
        "1:27 unknown-column staging.events has no column `acount_id` | did you mean `account_id`?",
    ),
    (
        "expect: [{event: 1}]\n",
        "1:11 unknown-column metrics.daily has no column `event` | did you mean `events`?",
    ),
    (
        "columns: [spend]\nexpect: []\n",
        "1:11 unknown-column metrics.daily has no column `spend` | did you mean `spent`?",
    ),
    ("columns: [spent]\nexpect: [{events: 1}]\n", "2:11 unknown-column metrics.daily has no column `events`"),
    (
        "expect: [{events: many}]\n",
        "1:19 test-value `many` is no BIGINT (column `events`) | write a whole number within the type's range",
    ),
    (
        "expect: [{events: 9223372036854775808}]\n",
        "1:19 test-value `9223372036854775808` is no BIGINT (column `events`) | write a whole number within the type's range",
    ),
    (
        "expect: [{spent: 1.005}]\n",
        "1:18 test-value `1.005` is no DECIMAL(12, 2) (column `spent`) | write digits with no more behind the point than the type keeps, without an exponent",
    ),
    (
        "expect: [{spent: 12345678901}]\n",
        "1:18 test-value `12345678901` is no DECIMAL(12, 2) (column `spent`) | write digits with no more behind the point than the type keeps, without an exponent",
    ),
    (
        "expect: [{as_of_date: 2026-02-30}]\n",
        "1:23 test-value `2026-02-30` is no DATE (column `as_of_date`) | write it as YYYY-MM-DD",
    ),
    (
        "given: {staging.events: [{is_test: yes}]}\nexpect: []\n",
        "1:36 test-value `yes` is no BOOLEAN (column `is_test`) | write true, false or null",
    ),
    (
        "given: {staging.events: [{quantity: 3000000000}]}\nexpect: []\n",
        "1:37 test-value `3000000000` is no INT (column `quantity`) | write a whole number within the type's range",
    ),
    ("expect: [{account_id: [1]}]\n", "1:23 yaml expected a text"),
    (
        "given: {calendar.days: {from: 2026-09-02, to: 2026-09-01}}\nexpect: []\n",
        "1:9 test-input calendar.days wants its first day and its last | write {from: 2026-09-01, to: 2026-09-30}",
    ),
    (
        "given: {calendar.days: {from: 2026-09-02}}\nexpect: []\n",
        "1:9 test-input calendar.days wants its first day and its last | write {from: 2026-09-01, to: 2026-09-30}",
    ),
    (
        "given: {calendar.days: {from: 2026-09-02, until: 2026-09-03}}\nexpect: []\n",
        "1:43 unknown-column calendar.days has no column `until`",
    ),
    (
        "tolerance: -1\nexpect: []\n",
        "1:12 test-tolerance a tolerance of -1 compares nothing | write how far two doubles may be apart, such as 0.001",
    ),
    (
        "parameters: {leest: 1}\nexpect: []\n",
        "1:14 unknown-parameter hale.yml has no parameter `leest` | did you mean `least`?",
    ),
    (
        "parameters: {least: few}\nexpect: []\n",
        "1:21 test-value `few` is no BIGINT (column `least`) | write a whole number within the type's range",
    ),
];

#[tokio::test]
async fn every_fault_of_a_case_has_its_place_and_what_to_do() {
    let mut wrong = Vec::new();
    for (case, said) in FAULTS {
        let fault = fault(case).await;
        if said.is_empty() || !fault.starts_with(said) {
            wrong.push(format!("{case}  said {fault}\n  not  {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn all_faults_are_reported_at_once() {
    let files = [
        ("sql/tests/metrics.daily/one.yml", "expect: [{event: x}, {events: x, spent: y}]\n"),
        ("sql/tests/metrics.daily/two.yml", "{"),
    ];
    let faults = Written::new(&files).faults().await;
    assert_eq!(faults.len(), 4, "{faults}");
}
