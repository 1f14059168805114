//! Days of one account as tables write them, and what became of them in the same words.

use std::fmt::Write as _;

use halescore::alerts::{
    Act, Condition, Day, Decimal, Definition, FellFrom, Fleet, Moved, OnNull, Overridden, Row, Rule, Seen,
    Severity, replay,
};

/// Day 1 of every table is a Sunday.
const FIRST: i32 = 3 + 7 * 2900;

/// A decimal as it is written.
pub fn decimal(text: &str) -> Decimal {
    let rounded = Decimal::exact(text.parse().expect("a number"));
    rounded.expect("a score")
}

/// The number of a day as machines count them.
pub fn number(day: i32) -> i32 {
    FIRST + day - 1
}

/// What is written of one day.
#[derive(Clone, Debug)]
pub struct Told {
    /// From 1.
    pub day: i32,
    pub in_force: bool,
    pub seen: Seen,
    pub definition: &'static str,
    pub scorecard: &'static str,
    pub before: Vec<(i32, Option<Decimal>)>,
    pub moved: Option<Moved>,
    pub acts: Vec<(i32, Act)>,
    pub owner: Option<&'static str>,
    pub severity: Option<Severity>,
    pub overridden: Option<(&'static str, &'static str)>,
}

/// The days of an account.
#[derive(Clone, Debug)]
pub struct Series(pub Vec<Told>);

impl Series {
    /// Days from 1 on, `39*15 ? - 46`: a score, so many days of it, no score, not published.
    pub fn daily(text: &str) -> Self {
        Self::every(1, text)
    }

    /// The same with so many days from one to the next.
    pub fn every(every: i32, text: &str) -> Self {
        let mut days = Vec::new();
        let mut day = 1;
        for word in text.split_whitespace() {
            let (score, times) = word.split_once('*').unwrap_or((word, "1"));
            for _ in 0..times.parse::<i32>().expect("a number of days") {
                if score != "-" {
                    days.push(Told::new(day, score));
                }
                day += every;
            }
        }
        Self(days)
    }

    /// Another definition from a day on, with the scores of days before under it.
    pub fn definition(mut self, from: i32, name: &'static str, before: &[(i32, &str)]) -> Self {
        for told in self.0.iter_mut().filter(|told| told.day >= from) {
            told.definition = name;
        }
        self.before(from, before)
    }

    /// Another scorecard from a day on, with the scores of days before by it.
    pub fn scorecard(mut self, from: i32, name: &'static str, before: &[(i32, &str)]) -> Self {
        for told in self.0.iter_mut().filter(|told| told.day >= from) {
            told.scorecard = name;
        }
        self.before(from, before)
    }

    fn before(mut self, from: i32, before: &[(i32, &str)]) -> Self {
        let before = before.iter().map(|(day, score)| (number(*day), Some(decimal(score)))).collect();
        self.on(from).before = before;
        self
    }

    /// An act of a day, which is told with the first day of the series from it on.
    pub fn act(mut self, day: i32, act: Act) -> Self {
        let told = self.0.iter_mut().find(|told| told.day >= day).expect("a day of the series");
        told.acts.push((number(day), act));
        self
    }

    /// A day to be changed.
    pub fn on(&mut self, day: i32) -> &mut Told {
        self.0.iter_mut().find(|told| told.day == day).expect("a day of the series")
    }

    /// What becomes of them by a rule.
    pub fn by(&self, rule: &Rule) -> Rows {
        let days: Vec<Day<'_>> = self.0.iter().map(Told::as_day).collect();
        Rows(replay(rule, &days))
    }
}

impl Told {
    fn new(day: i32, score: &str) -> Self {
        let seen = match score {
            "?" => Seen::Unscored,
            "stale" => Seen::Stale,
            "gone" => Seen::Unscored,
            score => Seen::Score(decimal(score)),
        };
        Self {
            day,
            in_force: score != "gone",
            seen,
            definition: "v1",
            scorecard: "default",
            before: Vec::new(),
            moved: None,
            acts: Vec::new(),
            owner: None,
            severity: None,
            overridden: None,
        }
    }

    /// As the machine takes it.
    pub fn as_day(&self) -> Day<'_> {
        Day {
            day: number(self.day),
            in_force: self.in_force,
            seen: self.seen,
            definition: Definition { score: self.definition, scorecard: self.scorecard },
            before: &self.before,
            moved: self.moved,
            acts: &self.acts,
            owner: self.owner,
            severity: self.severity,
            overridden: self.overridden.map(|(mode, value)| Overridden {
                mode,
                value: decimal(value),
                until: Some("2026-10-30"),
                author: "Mia Wolf",
            }),
        }
    }
}

/// What became of the days.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows(pub Vec<Row>);

impl Rows {
    /// The row of a day.
    pub fn on(&self, day: i32) -> &Row {
        self.0.iter().find(|row| row.day == number(day)).expect("a row of the day")
    }

    /// `1-8 ok, 9-18 open`: alike days that follow each other are one.
    pub fn states(&self) -> String {
        self.told(|row| row.state.map_or("none", |state| state.name()).to_owned())
    }

    /// The same with the length of the run: `1 pending 1, 2 pending 2`.
    pub fn runs(&self) -> String {
        self.told(|row| format!("{} {}", row.state.map_or("none", |state| state.name()), row.run))
    }

    fn told(&self, of: impl Fn(&Row) -> String) -> String {
        let mut spans: Vec<(i32, i32, String)> = Vec::new();
        for row in &self.0 {
            let (day, told) = (row.day - FIRST + 1, of(row));
            match spans.last_mut() {
                Some((_, last, same)) if *same == told => *last = day,
                _ => spans.push((day, day, told)),
            }
        }
        let spans = spans.into_iter().map(|(first, last, told)| {
            if first == last { format!("{first} {told}") } else { format!("{first}-{last} {told}") }
        });
        spans.collect::<Vec<_>>().join(", ")
    }

    /// `9 opened, 19 resolved`.
    pub fn events(&self) -> String {
        let mut text = String::new();
        for row in &self.0 {
            for event in &row.events {
                let gap = if text.is_empty() { "" } else { ", " };
                write!(text, "{gap}{} {}", row.day - FIRST + 1, event.name()).expect("a string");
            }
        }
        text
    }
}

/// "Fell by more than 20 points in 7 days".
pub fn rule_a() -> Rule {
    rule_a_from(FellFrom::Day)
}

/// The same from the day or from the highest.
pub fn rule_a_from(from: FellFrom) -> Rule {
    let fleet = Some(Fleet { by: Decimal::whole(10), accounts: 20 });
    Rule::new("fell", Condition::Fell { by: Decimal::whole(20), within: 7, from, fleet })
}

/// "Below 40 for more than 14 days".
pub fn rule_b() -> Rule {
    let (at, clear_at) = (Decimal::whole(40), Decimal::whole(45));
    Rule::new("low", Condition::Below { at, inclusive: false, clear_at })
}

/// "Declining for 3 consecutive measurements".
pub fn rule_c(by_at_least: &str, on_null: OnNull) -> Rule {
    let by_at_least = decimal(by_at_least);
    Rule::new("declining", Condition::Declining { times: 3, by_at_least, on_null })
}
