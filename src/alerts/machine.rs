//! The machine: from one day of an account to the next.
//!
//! Within a day what is known of it comes first, then what people did. A day that is not published changes nothing but how
//! many have been unknown: what time alone brings about (the end of a snooze, of a cooldown) is told on the next published day.
//! What people did on such a day is about what stood on it, so that it comes before all that the next published day says.

use super::alert::{Alert, Answer, Phase};
use super::condition::{Judged, judge};
use super::moved::{Changed, Suppressed};
use super::rule::Rule;
use super::run::Run;
use super::view::View;
use super::{Act, Cause, Day, Definition, Event, Row, State};

/// A rule and an account, up to a day.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    pub(super) rule: &'a Rule,
    pub(super) view: View,
    pub(super) run: Run,
    pub(super) phase: Phase,
    /// The day that was last told.
    pub(super) last_day: Option<i32>,
    /// The last day of which the condition could be told.
    pub(super) last_known: Option<Judged>,
    pub(super) definition: Option<Definition<'a>>,
    /// What changed last: the definition, or the scorecard that applies.
    pub(super) changed_by: Cause,
    /// A change of definition of which it is open whom it moved.
    pub(super) changed: Option<Changed>,
    pub(super) suppressed: Option<Suppressed>,
    owner: Option<&'a str>,
    unknown_days: u32,
    stood: Option<(Option<State>, i32)>,
}

impl<'a> Machine<'a> {
    pub(super) fn new(rule: &'a Rule) -> Self {
        Self {
            rule,
            view: View::new(rule.reach()),
            run: Run::default(),
            phase: Phase::Quiet,
            last_day: None,
            last_known: None,
            definition: None,
            changed_by: Cause::Definition,
            changed: None,
            suppressed: None,
            owner: None,
            unknown_days: 0,
            stood: None,
        }
    }

    /// The next day, which lies after all that were told.
    pub(super) fn step(&mut self, day: &Day<'a>) -> Row {
        let mut row = Row::of(day.day);
        let (earlier, today) = day.acts.split_at(day.acts.partition_point(|(own, _)| *own < day.day));
        self.obey(earlier, &mut row);
        if !day.in_force {
            row.ignored.extend_from_slice(today);
            return self.leave(row);
        }
        for gone in self.last_day.map_or(day.day, |last| last + 1)..day.day {
            self.unpublished(gone);
        }
        self.last_day = Some(day.day);
        self.meet(day);
        self.view.push(day.day, day.seen.known());
        let judged =
            self.rule.measured.is_on(day.day).then(|| judge(self.rule, &self.view, day.day, day.moved));
        self.note(judged.as_ref());
        self.settle(judged.as_ref(), &mut row);
        self.pass((day.day, judged.as_ref()), day, &mut row);
        self.obey(today, &mut row);
        self.hand_over(day, &mut row);
        self.finish(day, judged.as_ref(), row)
    }

    /// A day without any row.
    fn unpublished(&mut self, day: i32) {
        self.view.push(day, None);
        if self.rule.measured.is_on(day) {
            self.run.count(self.rule, day, None);
            self.unknown_days += 1;
        }
    }

    /// Nothing is in force any more: whatever there was ends.
    fn leave(&mut self, mut row: Row) -> Row {
        if matches!(self.phase, Phase::Active(_)) {
            row.events.push(Event::Left);
        }
        *self = Self { stood: self.stood, ..Self::new(self.rule) };
        row.since = self.since(row.day, None);
        row
    }

    /// Runs and unknown days.
    fn note(&mut self, judged: Option<&Judged>) {
        let Some(judged) = judged else { return };
        self.run.count(self.rule, judged.day, judged.holds);
        if judged.score.is_some() {
            self.unknown_days = 0;
            self.last_known = Some(*judged);
        } else {
            self.unknown_days += 1;
        }
    }

    /// What the day does to an alert, or without one.
    fn pass(&mut self, (day, judged): (i32, Option<&Judged>), told: &Day<'a>, row: &mut Row) {
        if let Phase::Active(alert) = &mut self.phase {
            match alert.pass(self.rule, (day, judged), row) {
                Some(Event::Resolved) if self.rule.cooldown > 0 => {
                    self.phase = Phase::Cooldown { from: day, alert: alert.clone() };
                    self.run.spend();
                }
                Some(_) => self.quiet(),
                None => {}
            }
        } else if let Phase::Cooldown { from, alert } = &self.phase {
            let last = from + self.rule.cooldown as i32 - 1;
            let relapse =
                if self.suppressed.is_some() || self.began_after(last) { 0 } else { self.run.since(*from) };
            match judged.filter(|judged| judged.holds == Some(true) && relapse > self.rule.relapse_after) {
                Some(judged) => {
                    self.phase = Phase::Active(alert.again(self.rule, judged, row));
                }
                None if day > last && relapse == 0 => self.phase = Phase::Quiet,
                None => {}
            }
        }
        if matches!(self.phase, Phase::Quiet) && self.suppressed.is_none() {
            let holds = judged.filter(|judged| judged.holds == Some(true));
            if let Some(judged) = holds.filter(|_| self.run.length() > self.rule.open_after) {
                self.phase = Phase::Active(Alert::opened(self.rule, judged, told.severity));
                row.events.push(Event::Opened);
            }
        }
    }

    /// Whether the run began after a day.
    fn began_after(&self, day: i32) -> bool {
        self.run.since(day + 1) > 0
    }

    /// Without an alert, and without another for what goes on.
    pub(super) fn quiet(&mut self) {
        self.phase = Phase::Quiet;
        self.run.spend();
    }

    /// What people did, each with its day.
    fn obey(&mut self, acts: &[(i32, Act)], row: &mut Row) {
        for act in acts {
            match &mut self.phase {
                Phase::Active(alert) => alert.obey(self.rule, *act, row),
                Phase::Quiet | Phase::Cooldown { .. } => row.ignored.push(*act),
            }
        }
    }

    /// Another owner, who has to be told, and more that is at stake.
    fn hand_over(&mut self, day: &Day<'a>, row: &mut Row) {
        let before = std::mem::replace(&mut self.owner, day.owner);
        let Phase::Active(alert) = &mut self.phase else { return };
        if before.is_some() && day.owner.is_some() && before != day.owner {
            alert.asked_on = day.day;
            row.events.push(Event::HandedOver);
        }
        if day.severity > alert.severity {
            let first = alert.severity.is_none();
            alert.severity = day.severity;
            if !first && !row.events.contains(&Event::Escalated) {
                row.events.push(Event::Escalated);
            }
        }
    }

    /// The state, and all that is told of it.
    fn finish(&mut self, day: &Day<'a>, judged: Option<&Judged>, mut row: Row) -> Row {
        let fleet = judged.is_some_and(|judged| judged.fleet.is_some());
        let state = match &self.phase {
            Phase::Active(alert) => alert.answer.state(),
            Phase::Cooldown { .. } => State::Cooldown,
            Phase::Quiet if fleet => State::Suppressed,
            Phase::Quiet => match (self.run.length(), self.suppressed) {
                (0, _) => State::Ok,
                (run, Some(_)) if run > self.rule.open_after => State::Suppressed,
                _ => State::Pending,
            },
        };
        if state == State::Suppressed {
            row.suppressed_by =
                if fleet { Some(Cause::Fleet) } else { self.suppressed.map(|suppressed| suppressed.cause) };
        }
        row.state = Some(state);
        row.since = self.since(day.day, Some(state));
        if let Some((score, (base, from))) = judged.and_then(|judged| Some((judged.score?, judged.base?))) {
            row.change = Some(score - from);
            row.base_day = Some(base.day);
        }
        row.run = self.run.length();
        row.unknown_days = self.unknown_days;
        row.is_blind = state.is_active() && self.unknown_days > self.rule.bridge;
        row.is_not_evaluable = judged.is_some_and(|judged| judged.score.is_some() && judged.holds.is_none());
        if let Phase::Active(alert) | Phase::Cooldown { alert, .. } = &self.phase {
            row.opened_on = Some(alert.opened_on);
            row.level = alert.level;
            row.relapses = alert.relapses;
            row.clear_run = if state.is_active() { alert.clear_run } else { 0 };
            row.severity = alert.severity;
            row.is_unanswered = alert.is_unanswered(self.rule, day.day);
        }
        row.words = self.words(day, judged, &row);
        row
    }

    fn since(&mut self, day: i32, state: Option<State>) -> i32 {
        let since = self.stood.filter(|(stood, _)| *stood == state).map_or(day, |(_, since)| since);
        self.stood = Some((state, since));
        since
    }
}

impl Row {
    /// A day of which nothing is told yet.
    fn of(day: i32) -> Self {
        Self {
            day,
            state: None,
            since: day,
            opened_on: None,
            level: 0,
            change: None,
            base_day: None,
            run: 0,
            clear_run: 0,
            unknown_days: 0,
            is_blind: false,
            relapses: 0,
            is_unanswered: false,
            is_not_evaluable: false,
            suppressed_by: None,
            closed_by: None,
            severity: None,
            words: None,
            events: Vec::new(),
            ignored: Vec::new(),
        }
    }
}

impl Answer {
    /// The state that it is.
    fn state(self) -> State {
        match self {
            Self::None => State::Open,
            Self::Acknowledged => State::Acknowledged,
            Self::Snoozed { .. } => State::Snoozed,
            Self::Handled { .. } => State::Handled,
        }
    }
}
