//! Alerts: from what is known of an account on each day, and a rule, to a state of every day and what happened.
//!
//! ```text
//!            open_after                     clear_after            cooldown
//!  ok ──► pending ──► open ◄──► acknowledged, ──► cooldown ──────────────► ok
//!            │         │ ▲      snoozed, handled     │ relapse_after
//!            ▼         │ └───────────────────────────┘ (the same alert, a level up)
//!        suppressed    └─► expired, closed, left: ended without being good again
//! ```
//!
//! Everything here is a function of one account's days and one rule, without an engine and without reading anything: [`replay`]
//! gives the same whether days are told one by one or at once, and history that reads otherwise has other alerts. "After n
//! days" is more than n days, and the first day of anything is 1. Scores are compared as decimals ([`Decimal`]), rounded as
//! they are published, before overrides: who overrides a score neither opens nor closes an alert. A score that declares no
//! rounding is published with all of its digits and compared with all of them: rounded to one digit, 39.96 would be in the tier
//! below 40 and not below 40 for a rule, and would never open.
//!
//! A day is *unknown* where the score is NULL, the day is not published, or a source that the score reads is stale: it neither
//! holds nor clears, and nothing ever opens, comes back or resolves on it. Changes are compared under one definition: that of
//! the day, and what a definition did is never told of an account (`change`).
//!
//! Where the rules that this follows leave something open:
//!
//! * A run whose alert has ended (resolved while the fall still lies in the window, expired) opens no other: not before the
//!   condition was false. So what expires at its new level does not open again on the next day.
//! * An alert expires so many days after people were *last* told that it is worse, not after it opened: it is the level of then
//!   that has become the new one.
//! * What time alone brings about falls on the next published day, so that its event is in a row.
//! * What people did counts for the alert that stood on its own day, and for no other: on a day that is not published that is the
//!   one of the published day before. It is told on the next published day; all that counts for nothing is listed.
//! * The end of a snooze and of what was handled are events (`reopened`), and so is being `closed` by a definition: who is told
//!   of an alert has to hear of these too.
//! * An edge that a tier counts as its own (`at_most`) counts as below.
//!
//! | file | what it is |
//! | --- | --- |
//! | `decimal` | scores as decimals |
//! | `rule` | a rule, and how it is where nothing else is said |
//! | `day` | what is known of a day |
//! | `view` | the days before, under the definition of the newest |
//! | `condition` | whether a rule holds on a day |
//! | `run` | for how long |
//! | `machine`, `alert`, `change`, `moved` | from one day to the next; an alert; a changed definition |
//! | `state`, `words` | what is told of a day |
//! | `case`, `log` | the alerts of an account as one; what was told against what is the case |
//! | `document`, `amounts`, `resolve`, `declared` | files of `sql/alerts/`, read and checked |
//! | `history`, `again` | the published days of a score; scores of days before under the definition of now |
//! | `pace` | whether a rule can open at all on days that lie so far apart |
//! | `files`, `watch`, `told` | files that people hand over; all of it put together for `hale alerts` |

mod again;
mod alert;
mod amounts;
mod case;
mod change;
mod condition;
mod day;
mod decimal;
mod declared;
mod document;
mod files;
mod history;
mod log;
mod machine;
mod moved;
mod pace;
mod resolve;
mod rule;
mod run;
mod state;
mod told;
mod view;
mod watch;
mod words;

pub use case::{Case, CaseChange, CaseEvent, Stands};
pub use day::{Act, Day, Definition, Moved, Overridden, Seen, Severity};
pub use decimal::Decimal;
pub use declared::{Alerts, Declared};
pub use document::alerts_schema;
pub use log::{Line, Tell, to_tell};
pub(crate) use resolve::parse;
pub use rule::{Condition, FellFrom, Fleet, Measured, OnNull, Rule};
pub use state::{Cause, Event, Row, State};
pub use told::{ActTold, CaseTold, EventTold, Line as TellLine, RuleTold, StateTold, Watched};
pub use watch::{Asked, watch};

use machine::Machine;

/// The states of a rule and an account on some days, which are in order.
pub fn replay(rule: &Rule, days: &[Day<'_>]) -> Vec<Row> {
    let mut machine = Machine::new(rule);
    days.iter().map(|day| machine.step(day)).collect()
}
