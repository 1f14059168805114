//! A rule: what must hold, for how long it must, and when its alert is over.

use super::Decimal;

/// What opens an alert of an account and what closes it. "After n days" is more than n days: on day n + 1, counting from 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What must hold.
    pub condition: Condition,
    /// The days on which it is asked.
    pub measured: Measured,
    /// More than so many days must it hold to open.
    pub open_after: u32,
    /// More than so many days must it be good again to close.
    pub clear_after: u32,
    /// Days after closing in which what holds again is the same alert.
    pub cooldown: u32,
    /// More than so many days must it hold in the cooldown to open the alert again.
    pub relapse_after: u32,
    /// Unknown days in a row that do not end a run.
    pub bridge: u32,
    /// A score lower by more than this than when people were last told goes one level up.
    pub escalate_by: Option<Decimal>,
    /// More than so many days after it was last told, the alert is the new level and ends.
    pub expires: Option<u32>,
    /// Days after which what was handled and is not over is open again.
    pub handled_for: u32,
    /// More than so many days open is unanswered; `None` where nobody tells hale of answers.
    pub ack_within: Option<u32>,
    /// Digits after the point of the score that is read: those it is rounded to, all of one without a rounding.
    pub digits: u8,
    /// Digits after the point in words.
    pub shown: u8,
}

/// The days on which a rule is asked: every n-th, counted from a weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Days from one to the next; 1 is daily.
    pub every: u32,
    /// The weekday of those that are counted from, from Sunday, which is 0.
    pub weekday: u32,
}

/// What must hold of a score on a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Condition {
    /// It lies more than `by` below that of `within` days before; over when half of the fall is made good.
    Fell {
        /// The fall that is not enough yet.
        by: Decimal,
        /// Days over which it is looked for.
        within: u32,
        /// What it is compared with.
        from: FellFrom,
        /// Where the accounts of a scorecard fell by this in the median, each is asked of what it fell beyond them.
        fleet: Option<Fleet>,
    },
    /// It lies below an edge; over when it is back at another.
    Below {
        /// The edge.
        at: Decimal,
        /// Whether the edge itself counts as below.
        inclusive: bool,
        /// From where on it is good again.
        clear_at: Decimal,
    },
    /// It was lower at so many measurements, each than at the one before; over when it is not.
    Declining {
        /// How many.
        times: u32,
        /// What the last lies below the first, at least.
        by_at_least: Decimal,
        /// What a measurement without a score does.
        on_null: OnNull,
    },
}

/// What a fall is measured from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FellFrom {
    /// The score of the day so many days before; where that is unknown, of the earliest known day since.
    #[default]
    Day,
    /// The highest since then.
    High,
}

/// When a fall is everybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fleet {
    /// The fall in the median.
    pub by: Decimal,
    /// The fewest accounts of which that is said.
    pub accounts: u32,
}

/// What a measurement without a score does to a decline.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnNull {
    /// It ends it.
    #[default]
    Break,
    /// The next is compared with the one before.
    Skip,
}

/// A Sunday, in days since 1970-01-01.
const SUNDAY: i32 = 3;

impl Measured {
    /// Every day.
    pub const DAILY: Self = Self { every: 1, weekday: 0 };

    /// Once a week, on Sundays.
    pub const WEEKLY: Self = Self { every: 7, weekday: 0 };

    /// Whether a day is one of them.
    pub fn is_on(self, day: i32) -> bool {
        let every = self.every.max(1) as i32;
        (day - SUNDAY - self.weekday as i32).rem_euclid(every) == 0
    }
}

impl Rule {
    /// A rule as it is where nothing else is said of it.
    pub fn new(name: impl Into<String>, condition: Condition) -> Self {
        let daily = Self {
            name: name.into(),
            condition,
            measured: Measured::DAILY,
            open_after: 0,
            clear_after: 2,
            cooldown: 7,
            relapse_after: 2,
            bridge: 3,
            escalate_by: Some(Decimal::whole(10)),
            expires: None,
            handled_for: 30,
            ack_within: None,
            digits: 1,
            shown: 1,
        };
        match condition {
            // What fell by a window's length ago is no fall any more, and must not look like recovery.
            Condition::Fell { .. } => Self { expires: Some(28), ..daily },
            Condition::Below { .. } => Self { open_after: 14, ..daily },
            Condition::Declining { .. } => {
                Self { measured: Measured::WEEKLY, clear_after: 1, relapse_after: 0, ..daily }
            }
        }
    }

    /// How many days before a day the condition looks at.
    pub fn reach(&self) -> u32 {
        match self.condition {
            Condition::Fell { within, .. } => within,
            Condition::Below { .. } => 1,
            Condition::Declining { times, .. } => self.measured.every * (times + self.bridge),
        }
    }

    /// How many days before a change of definition must be told under the new one, for a run to be known.
    pub fn before(&self) -> u32 {
        match self.condition {
            Condition::Below { .. } => self.open_after + self.bridge + 1,
            Condition::Fell { .. } | Condition::Declining { .. } => self.reach() + self.open_after + 1,
        }
    }

    /// What a known measurement adds to a run that has begun: days, or measurements where these are counted.
    pub(super) fn step(&self) -> u32 {
        match self.condition {
            Condition::Declining { .. } => 1,
            Condition::Fell { .. } | Condition::Below { .. } => self.measured.every.max(1),
        }
    }
}
