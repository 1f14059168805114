//! Section 8: the alerts of an account are told as one case.

use halescore::alerts::{Case, CaseEvent, Severity, Stands};

/// Which alerts stand from which day to which, and how severe they are.
fn events(alerts: &[(&str, std::ops::Range<i32>, Severity)]) -> Vec<CaseEvent> {
    let (mut case, mut events) = (None, Vec::new());
    for day in 1..60 {
        let stand: Vec<Stands> = alerts
            .iter()
            .filter(|(_, days, _)| days.contains(&day))
            .map(|(rule, days, severity)| {
                let words = format!("{rule} for {} days", day - days.start + 1);
                Stands { rule: (*rule).to_owned(), severity: *severity, words }
            })
            .collect();
        let (next, event) = Case::step(case, day, &stand);
        case = next;
        events.extend(event);
    }
    events
}

fn shown(events: &[CaseEvent]) -> Vec<String> {
    let shown = events.iter().map(|event| {
        let told = if event.what.is_told() { "told" } else { "digest" };
        format!("{} {} {told} {}", event.day, event.what.name(), event.severity.name())
    });
    shown.collect()
}

#[test]
fn a_case_is_told_when_it_opens_when_it_is_worse_and_when_the_last_alert_is_over() {
    let (medium, high) = (Severity::Medium, Severity::High);
    let case = events(&[("A", 9..30, medium), ("C", 15..40, medium), ("B", 23..50, high)]);
    assert_eq!(
        shown(&case),
        ["9 opened told medium", "15 edited digest medium", "23 worse told high", "50 closed told high"]
    );
    assert_eq!(case[2].words, ["B for 1 days"], "the words of what is new, and of nothing else");
    assert!(case.iter().all(|event| event.opened_on == 9));
}

#[test]
fn an_alert_after_the_last_one_is_over_is_another_case() {
    let medium = Severity::Medium;
    let case = events(&[("A", 9..12, medium), ("C", 12..14, medium), ("A", 20..21, Severity::Low)]);
    assert_eq!(
        shown(&case),
        [
            "9 opened told medium",
            "12 edited digest medium",
            "14 closed told medium",
            "20 opened told low",
            "21 closed told low"
        ]
    );
}
