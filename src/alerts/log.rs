//! What people were told, which is only added to, against what is the case as history reads now: the difference is told, once.
//!
//! A log is by account and rule, never by the day of an opening: that day moves when a past day is restated, and whoever keyed
//! by it would tell the same alert twice. What was told and never was is `withdrawn`. What opened and ended before anybody was
//! told of it is `seen_late`: counted, and not told. On the first delivery of a rule what stands is `already_open`: nobody is
//! told of it one by one. `switched_on` says that the first delivery has been.

use super::{Event, Row, State};

/// A line of the log: what was told of a rule and an account, in the order of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// On which day.
    pub day: i32,
    /// What.
    pub what: Tell,
}

/// What is told of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tell {
    /// It is there.
    Opened,
    /// It was there when the rule was first delivered.
    AlreadyOpen,
    /// It is worse than was told.
    Escalated,
    /// It is good again.
    Resolved,
    /// It is the new level.
    Expired,
    /// It is none under the definition of now.
    Closed,
    /// The account has left.
    Left,
    /// It never was, as history reads now.
    Withdrawn,
    /// It was there and is over, and nobody was told in time.
    SeenLate,
    /// The rule was delivered for the first time.
    SwitchedOn,
}

impl Tell {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Opened,
        Self::AlreadyOpen,
        Self::Escalated,
        Self::Resolved,
        Self::Expired,
        Self::Closed,
        Self::Left,
        Self::Withdrawn,
        Self::SeenLate,
        Self::SwitchedOn,
    ];

    /// Its name in a log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::AlreadyOpen => "already_open",
            Self::Escalated => "escalated",
            Self::Resolved => "resolved",
            Self::Expired => "expired",
            Self::Closed => "closed",
            Self::Left => "left",
            Self::Withdrawn => "withdrawn",
            Self::SeenLate => "seen_late",
            Self::SwitchedOn => "switched_on",
        }
    }

    /// Of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tell| tell.name() == name)
    }

    /// Whether people take the alert for standing after it.
    fn stands(self) -> bool {
        matches!(self, Self::Opened | Self::AlreadyOpen | Self::Escalated)
    }

    /// How an alert ended.
    fn of_end(event: Event) -> Option<Self> {
        match event {
            Event::Resolved => Some(Self::Resolved),
            Event::Expired => Some(Self::Expired),
            Event::Closed => Some(Self::Closed),
            Event::Left => Some(Self::Left),
            _ => None,
        }
    }
}

/// An alert in the history of an account: open from a day to another, the last of which is past where it is over.
struct Span {
    from: i32,
    to: i32,
    end: Option<Tell>,
    escalated_on: Option<i32>,
}

/// What is still to be told of a rule and an account on the last day of its rows, after what was told of them.
/// `since` is the day on which the rule was first delivered; `None` where it never was.
pub fn to_tell(log: &[Line], rows: &[Row], since: Option<i32>) -> Vec<Tell> {
    let spans = spans(rows);
    let standing = spans.last().filter(|span| span.end.is_none());
    let Some(since) = since else {
        return standing.map(|_| Tell::AlreadyOpen).into_iter().collect();
    };
    let told = told(log);
    let mut tell = Vec::new();
    match (told.last().filter(|told| told.1.is_none()), standing) {
        (Some(_), Some(span)) => {
            let last = log.iter().rev().find(|line| line.what.stands()).map_or(i32::MIN, |line| line.day);
            tell.extend(span.escalated_on.filter(|day| *day > last).map(|_| Tell::Escalated));
        }
        (Some((from, _)), None) => {
            let ended = spans.iter().rev().find(|span| span.to >= *from);
            tell.push(ended.and_then(|span| span.end).unwrap_or(Tell::Withdrawn));
        }
        (None, Some(_)) => tell.push(Tell::Opened),
        (None, None) => {}
    }
    let is_known = |span: &Span| {
        let overlaps =
            |(from, to): &(i32, Option<i32>)| *from <= span.to && to.is_none_or(|to| to >= span.from);
        span.to < since || told.iter().any(overlaps)
    };
    let late = spans.iter().filter(|span| span.end.is_some() && !is_known(span)).count();
    let counted = log.iter().filter(|line| line.what == Tell::SeenLate).count();
    tell.extend(std::iter::repeat_n(Tell::SeenLate, late.saturating_sub(counted)));
    tell
}

/// From when to when people took an alert for standing, as the log says; to no end where they still do.
fn told(log: &[Line]) -> Vec<(i32, Option<i32>)> {
    let mut told: Vec<(i32, Option<i32>)> = Vec::new();
    for line in log.iter().filter(|line| line.what != Tell::SeenLate) {
        match told.last_mut().filter(|last| last.1.is_none()) {
            Some(last) if !line.what.stands() => last.1 = Some(line.day),
            None if line.what.stands() => told.push((line.day, None)),
            _ => {}
        }
    }
    told
}

/// The alerts of a history.
fn spans(rows: &[Row]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for row in rows {
        let end = row.events.iter().find_map(|event| Tell::of_end(*event));
        if let Some(open) = spans.last_mut().filter(|span| span.end.is_none()) {
            open.to = row.day;
            open.end = end;
            if row.events.contains(&Event::Escalated) {
                open.escalated_on = Some(row.day);
            }
        } else if row.state.is_some_and(State::is_active) {
            spans.push(Span { from: row.day, to: row.day, end: None, escalated_on: None });
        }
    }
    spans
}
