//! Builds and audits models in order, then publishes all of them or nothing.
//!
//! ```text
//! Request ──► needed days ──► sources ready ──► audited ──► views of many readers, once ([`once`])
//!                                             ──► each model: plan → rows of days → sorted → staged, audited
//!                                             ──► audits that are queries ──► Built ──► publish
//! ```
//!
//! [`build()`] stages and audits and may be stopped at any moment: a stopped build leaves nothing behind.
//! [`Built::publish`] makes the staged tables visible; it is short and must not be stopped.

mod add_columns;
mod as_published;
mod audits;
mod author;
mod build;
mod built;
mod contracts;
mod copies;
mod data;
mod days;
mod decide;
mod declared;
mod digests;
mod how_far;
mod kept;
mod known;
mod logs;
mod look_back;
mod needed;
mod once;
mod parts;
mod placeholders;
mod progress;
mod published;
mod question;
mod rehearse;
mod report;
mod reported;
mod request;
mod scope;
mod silence;
mod stage;
mod standing;
mod stored;
mod stretches;
mod unbroken;
mod under_way;
mod watch;
mod waves;

pub use author::author;
pub use build::build;
pub use built::Built;
pub use data::implausible;
pub(crate) use declared::within_look_back;
pub use digests::digests;
pub use how_far::{LooksBack, Reach, look_backs};
pub use rehearse::rehearse;
pub use report::{AddedColumns, BuiltModel, Older, Report};
pub use request::{Incomplete, Request, Selection};
pub use watch::{Event, Quiet, Watch};
