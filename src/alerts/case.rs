//! Cases: the alerts of an account that stand at the same time, which people hear of as one.
//!
//! A case is told when it opens, when more is at stake than ever in it, and when the last of its alerts is over; another
//! alert that is no more severe is added to it without a word.

use super::Severity;

/// An alert that stands on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stands {
    /// Its rule.
    pub rule: String,
    /// How severe it is.
    pub severity: Severity,
    /// What is the matter.
    pub words: String,
}

/// What happened to the case of an account on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseEvent {
    /// The day.
    pub day: i32,
    /// The day on which the case opened.
    pub opened_on: i32,
    /// What.
    pub what: CaseChange,
    /// How severe the case is.
    pub severity: Severity,
    /// The words of what brought it about; none of a case that is closed.
    pub words: Vec<String>,
}

/// What happens to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseChange {
    /// Its first alert is there.
    Opened,
    /// Another one, no more severe.
    Edited,
    /// Another one, more severe.
    Worse,
    /// None is left.
    Closed,
}

impl CaseChange {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Edited => "edited",
            Self::Worse => "worse",
            Self::Closed => "closed",
        }
    }

    /// Whether people are told of it at once, and not in the next digest alone.
    pub fn is_told(self) -> bool {
        self != Self::Edited
    }
}

/// A case that stands.
#[derive(Debug, Clone)]
pub struct Case {
    opened_on: i32,
    severity: Severity,
    rules: Vec<String>,
}

impl Case {
    /// The next day of an account: the case after it, and what happened to it.
    pub fn step(case: Option<Self>, day: i32, stand: &[Stands]) -> (Option<Self>, Option<CaseEvent>) {
        let event =
            |opened_on, what, severity, words| Some(CaseEvent { day, opened_on, what, severity, words });
        let Some(most) = stand.iter().map(|alert| alert.severity).max() else {
            let closed =
                case.and_then(|case| event(case.opened_on, CaseChange::Closed, case.severity, Vec::new()));
            return (None, closed);
        };
        let rules = stand.iter().map(|alert| alert.rule.clone()).collect();
        let Some(before) = case else {
            let words = stand.iter().map(|alert| alert.words.clone()).collect();
            let opened = Self { opened_on: day, severity: most, rules };
            return (Some(opened), event(day, CaseChange::Opened, most, words));
        };
        let severity = most.max(before.severity);
        let new = stand.iter().filter(|alert| !before.rules.contains(&alert.rule));
        let words: Vec<String> = new.map(|alert| alert.words.clone()).collect();
        let what = if severity > before.severity { Some(CaseChange::Worse) } else { None };
        let what = what.or_else(|| (!words.is_empty()).then_some(CaseChange::Edited));
        let told = what.and_then(|what| event(before.opened_on, what, severity, words));
        (Some(Self { opened_on: before.opened_on, severity, rules }), told)
    }
}
