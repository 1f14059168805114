//! All that lies under `--out`, and nobody else knows it: what is published is a value, the newest commit.
//!
//! ```text
//!            objects written ──► commit N+1 created, only if absent ──► plain folders follow
//!            (immutable)         the one moment at which a run           one follower at a time,
//!                                takes effect ([`publish`])              from the newest ([`follow`])
//!
//! _hale/commits/00000042.json         who, when, why; of each table and month a manifest; held days
//! _hale/objects/ab/ab12…-<run>.parquet    a file of rows, never changed; or a manifest (.json): day → object, rows, bytes; or what sources said
//!                                     of days when rows were made ([`SourceDays`])
//! _hale/definitions/ab12….json        the project that made the rows
//! _hale/staging/<run>/…               what a run is building, and its claim: who it is, and that it lives
//! _hale/erasing.json                  what gives way to what, while somebody's rows are erased
//! _hale/following/00000007.json       whose turn it is to follow
//! _hale/followed.json                 which commit the plain folders show
//! <layer>/<table>/as_of=2026-09-01/part-0000.parquet    what readers of plain folders see: a copy of the object
//! <layer>/<table>/part-0000.parquet                     of a table that is stored whole
//! latest/<layer>.<table>.parquet                        one day for all tables, the newest of the main score
//! ```
//!
//! | question | answer |
//! | --- | --- |
//! | what is published | [`State`], loaded from the newest commit: table → day → [`Entry`] |
//! | what a commit changes | [`Change`]: days of tables, and what was read to make them |
//! | who wins of two runs | the first; the second goes on top where nothing that it read or wrote has changed meanwhile, else it has to try again |
//! | what is never lost | objects that a kept commit names; files that no commit lists |
//! | who deletes | [`collect()`] objects that no kept commit names; [`follow()`] plain files of days that were published and are not any more; [`erase`](mod@crate::erase) objects with somebody's rows |
//! | what a table is called | what the newest commit calls it; objects and keys know no names ([`Change::Rename`]) |
//! | what changes in a commit that was made | objects that gave way to others without somebody's rows ([`Change::Erase`]), and nothing else: `erased_by` says so |
//! | what is kept | the newest commits, as [`collect()`] is told; of the newest one the days that the project keeps ([`expire()`]) |
//! | what goes back | [`Change::RollBack`], to any kept commit; days are held where what people read differs, and not for drafts alone |
//! | who may publish again | a definition that is published, or was never; one that another has replaced only where that is asked for ([`replaced()`]) |
//!
//! A table that is stored whole has no days of its own: it is all of history up to the last day of the run that made it, and
//! the one that reaches further stands, so that a run of an older day takes no table back in time.

mod amend;
mod change;
pub(crate) mod claim;
mod collect;
mod commit;
mod days_read;
mod definition;
mod edits;
mod entry;
mod erasing;
mod expire;
mod follow;
mod key;
pub(crate) mod layout;
mod look_back;
mod named;
mod next;
mod publish;
mod rename;
mod replaced;
mod source_days;
mod state;
mod turn;
mod verify;
mod views;

pub use amend::{Amended, amend, amend_as, mend};
pub use change::{Change, TableChange};
pub use collect::{Collected, Keep, collect};
pub use commit::{Commit, Held, Stored, What, Whole};
pub use days_read::{DayHashes, DaysRead};
pub use definition::{Files, archived};
pub use edits::{Erasure, Promoted, Successor, Successors};
pub use entry::Entry;
pub(crate) use entry::hexadecimal;
pub(crate) use erasing::Erasing;
pub use erasing::finish_erasure;
pub use expire::{expire, expiring};
pub use follow::{Followed, follow};
pub use key::Key;
pub use look_back::LookBacks;
pub(crate) use named::Named;
pub use publish::{Author, NewFile, NewTable, Outcome, Rewritten, Unfinished, commit, publish};
pub use rename::Renames;
pub use replaced::{Replaced, replaced};
pub use source_days::SourceDays;
pub use state::{State, history};
pub use verify::{Fault, Verified, verify};
pub use views::views;
