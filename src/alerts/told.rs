//! What is told of the alerts of a score, as rows for people and for JSON.

use arrow::datatypes::Date32Type;
use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::case::CaseEvent;
use super::declared::Declared;
use super::log::Tell;
use super::{Act, Event, Row, Rule, State};
use crate::semantic::Score;

/// The alerts of a score on a day, and what happened in the days up to it.
#[derive(Debug, Clone, Serialize)]
pub struct Watched {
    /// The score.
    pub score: String,
    /// Its name for people.
    pub title: String,
    /// The day.
    pub as_of: NaiveDate,
    /// The first of the days of which events are told.
    pub from_date: NaiveDate,
    /// Each rule, with how many accounts it is about.
    pub rules: Vec<RuleTold>,
    /// What is the matter on the day; of an account alone every day and rule.
    pub states: Vec<StateTold>,
    /// What happened.
    pub events: Vec<EventTold>,
    /// What happened to the cases of accounts.
    pub cases: Vec<CaseTold>,
    /// What people did that counts for nothing, and why.
    pub acts_without_alert: Vec<ActTold>,
    /// What is still to be told, which a log is to be added to; where there is one.
    pub to_tell: Option<Vec<Line>>,
    /// What else whoever reads this has to know: rules that can never open, lines of rules that are not there.
    pub notes: Vec<String>,
}

/// A rule.
#[derive(Debug, Clone, Serialize)]
pub struct RuleTold {
    /// Its name.
    pub rule: String,
    /// Its name for people.
    pub title: String,
    /// Accounts with an alert that is not over, on the day.
    pub active: usize,
    /// Those of which it holds, not for long enough yet.
    pub pending: usize,
    /// Those of which it holds for a cause that is not theirs.
    pub suppressed: usize,
    /// Those of which there was a score and nothing to compare it with.
    pub not_evaluable: usize,
    /// Alerts that opened, or came back, in the days.
    pub opened: usize,
}

/// A rule and an account on a day.
#[derive(Debug, Clone, Serialize)]
pub struct StateTold {
    /// The account.
    pub account_id: String,
    /// The rule.
    pub rule: String,
    /// The day.
    pub as_of_date: NaiveDate,
    /// The state at its end; `None` where nothing is in force.
    pub state: Option<&'static str>,
    /// From when on.
    pub since: NaiveDate,
    /// When the alert opened.
    pub opened_on: Option<NaiveDate>,
    /// How often people were told.
    pub level: u32,
    /// For how long the condition has held.
    pub run: u32,
    /// For how long it has been good again.
    pub clear_run: u32,
    /// For how long nothing has been known.
    pub unknown_days: u32,
    /// Whether it stands though nothing is known.
    pub is_blind: bool,
    /// How often it came back.
    pub relapses: u32,
    /// Whether nobody answered in time.
    pub is_unanswered: bool,
    /// Why there is no alert.
    pub suppressed_by: Option<&'static str>,
    /// How severe the alert is.
    pub severity: Option<&'static str>,
    /// What the score moved.
    pub change: Option<f64>,
    /// Since when.
    pub base_date: Option<NaiveDate>,
    /// Whose account it is.
    pub owner_id: Option<String>,
    /// What is the matter.
    pub words: Option<String>,
}

/// What happened to an alert.
#[derive(Debug, Clone, Serialize)]
pub struct EventTold {
    /// The day.
    pub as_of_date: NaiveDate,
    /// The account.
    pub account_id: String,
    /// The rule.
    pub rule: String,
    /// What.
    pub event: &'static str,
    /// The level after it.
    pub level: u32,
    /// Why it was closed.
    pub closed_by: Option<&'static str>,
    /// Whose account it is.
    pub owner_id: Option<String>,
    /// What is the matter.
    pub words: Option<String>,
}

/// What happened to the case of an account.
#[derive(Debug, Clone, Serialize)]
pub struct CaseTold {
    /// The day.
    pub as_of_date: NaiveDate,
    /// The account.
    pub account_id: String,
    /// When the case opened.
    pub opened_on: NaiveDate,
    /// What.
    pub event: &'static str,
    /// Whether people are told at once.
    pub is_told: bool,
    /// How severe it is.
    pub severity: &'static str,
    /// What brought it about.
    pub words: Vec<String>,
}

/// What somebody did that counts for nothing.
#[derive(Debug, Clone, Serialize)]
pub struct ActTold {
    /// The day.
    pub as_of_date: NaiveDate,
    /// The account.
    pub account_id: String,
    /// The rule.
    pub rule: String,
    /// What.
    pub act: &'static str,
    /// Why it counts for nothing.
    pub why: String,
}

/// A line of the log of what was told.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The account; none of a rule.
    pub account_id: Option<String>,
    /// The rule.
    pub rule: String,
    /// The day on which it is told.
    pub day: NaiveDate,
    /// What.
    pub what: &'static str,
    /// What is the matter.
    pub words: Option<String>,
}

impl Line {
    /// That a rule is delivered for the first time.
    pub(super) fn switched_on(rule: &str, day: NaiveDate) -> Self {
        let what = Tell::SwitchedOn.name();
        Self { account_id: None, rule: rule.to_owned(), day, what, words: None }
    }

    /// What is told of an account.
    pub(super) fn of(account: &str, rule: &str, day: NaiveDate, (what, row): (Tell, &Row)) -> Self {
        let words = match what {
            Tell::Withdrawn => Some("it never was, as history reads now".to_owned()),
            Tell::SeenLate => Some("it was there and is over".to_owned()),
            _ => row.words.clone(),
        };
        Self { account_id: Some(account.to_owned()), rule: rule.to_owned(), day, what: what.name(), words }
    }

    /// What is told of an account that is not in history any more.
    pub(super) fn of_nobody(account: &str, rule: &str, day: NaiveDate, what: Tell) -> Self {
        let words = Some("there is no such account, as history reads now".to_owned());
        Self { account_id: Some(account.to_owned()), rule: rule.to_owned(), day, what: what.name(), words }
    }
}

impl Watched {
    /// Nothing yet.
    pub(super) fn new(score: &Score, as_of: NaiveDate, days: u32) -> Self {
        let before = Days::new(u64::from(days.saturating_sub(1)));
        Self {
            score: score.name.clone(),
            title: score.title.clone(),
            as_of,
            from_date: as_of.checked_sub_days(before).unwrap_or(as_of),
            rules: Vec::new(),
            states: Vec::new(),
            events: Vec::new(),
            cases: Vec::new(),
            acts_without_alert: Vec::new(),
            to_tell: None,
            notes: Vec::new(),
        }
    }

    /// The first and the last day.
    pub(super) fn span(&self) -> (i32, i32) {
        (Date32Type::from_naive_date(self.from_date), Date32Type::from_naive_date(self.as_of))
    }
}

impl RuleTold {
    /// Counts an account on the day.
    pub(super) fn count(&mut self, row: &Row) {
        self.active += usize::from(row.state.is_some_and(State::is_active));
        self.pending += usize::from(row.state == Some(State::Pending));
        self.suppressed += usize::from(row.state == Some(State::Suppressed));
        self.not_evaluable += usize::from(row.is_not_evaluable);
    }

    /// Counts what happened.
    pub(super) fn count_events(&mut self, row: &Row) {
        let opens = |event: &&Event| matches!(event, Event::Opened | Event::Relapsed);
        self.opened += row.events.iter().filter(opens).count();
    }
}

/// A rule of which nothing is counted yet.
pub(super) fn of_rule(declared: &Declared) -> RuleTold {
    let (rule, title) = (declared.rule.name.clone(), declared.title.clone());
    RuleTold { rule, title, active: 0, pending: 0, suppressed: 0, not_evaluable: 0, opened: 0 }
}

/// Whose row it is.
type Subject<'a> = (&'a str, &'a Rule, Option<&'a str>);

pub(super) fn of_state((account, rule, owner): Subject<'_>, row: &Row) -> StateTold {
    StateTold {
        account_id: account.to_owned(),
        rule: rule.name.clone(),
        as_of_date: date(row.day),
        state: row.state.map(State::name),
        since: date(row.since),
        opened_on: row.opened_on.map(date),
        level: row.level,
        run: row.run,
        clear_run: row.clear_run,
        unknown_days: row.unknown_days,
        is_blind: row.is_blind,
        relapses: row.relapses,
        is_unanswered: row.is_unanswered,
        suppressed_by: row.suppressed_by.map(super::Cause::name),
        severity: row.severity.map(super::Severity::name),
        change: row.change.map(super::Decimal::to_f64),
        base_date: row.base_day.map(date),
        owner_id: owner.map(str::to_owned),
        words: row.words.clone(),
    }
}

pub(super) fn of_event((account, rule, owner): Subject<'_>, row: &Row, event: Event) -> EventTold {
    EventTold {
        as_of_date: date(row.day),
        account_id: account.to_owned(),
        rule: rule.name.clone(),
        event: event.name(),
        level: row.level,
        closed_by: row.closed_by.filter(|_| event == Event::Closed).map(super::Cause::name),
        owner_id: owner.map(str::to_owned),
        words: row.words.clone(),
    }
}

pub(super) fn of_act((account, rule): (&str, &str), (day, act): (i32, Act), why: &str) -> ActTold {
    let act = match act {
        Act::Acknowledge => "acknowledged",
        Act::Done => "done",
        Act::Snooze { .. } => "snoozed",
    };
    let (account_id, rule, why) = (account.to_owned(), rule.to_owned(), why.to_owned());
    ActTold { as_of_date: date(day), account_id, rule, act, why }
}

pub(super) fn of_case(account: &str, event: CaseEvent) -> CaseTold {
    CaseTold {
        as_of_date: date(event.day),
        account_id: account.to_owned(),
        opened_on: date(event.opened_on),
        event: event.what.name(),
        is_told: event.what.is_told(),
        severity: event.severity.name(),
        words: event.words,
    }
}

fn date(day: i32) -> NaiveDate {
    Date32Type::to_naive_date_opt(day).unwrap_or_default()
}
