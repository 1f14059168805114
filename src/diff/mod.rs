//! What a changed definition of a score does to everybody, before it is published; and what moved everybody between two days.
//!
//! From what is published alone, in one commit: no source is read, and nothing is written.
//!
//! ```text
//!  a definition: published, of a commit, in a folder ──► Side ─┐
//!                                                              ├─► changes ─► a whole definition for each change ─┐
//!  another one ────────────────────────────────────────► Side ─┘                                                  │
//!  metrics as published ─► Stored ─► a score of everybody by each of them ◄──────────────────────────────────────┘
//!                                             └─► Walk: what each step changed, exactly ─► Diff
//! ```
//!
//! | file | about |
//! | --- | --- |
//! | `side`, `stored` | definitions, wherever they are kept; published tables with the columns that they have |
//! | `changes`, `tree`, `items` | from one definition to another, change by change; what stands in a definition, in words |
//! | `definitions`, `days` | the two questions: two definitions over the same metrics, two published days |
//! | `scored`, `rows`, `walk` | everybody's score, in columns; whose it is; what each step changed |
//! | `summary`, `movers`, `told`, `cause` | what is told of it |
//! | `gates` | limits of what may move |
//!
//! **Exact.** A score is counted in units of 10⁻¹⁰, each step is a whole score computed by the SQL of the published one, and its
//! part is the difference: the parts of each row sum to its change to the last unit. Means are sums of units by the number of
//! rows, so that their parts differ from the whole by what doubles lose in a sum of so many numbers: less than 10⁻⁹.

mod cause;
mod changes;
mod days;
mod definitions;
mod gates;
mod items;
mod movers;
mod rows;
mod scored;
mod side;
mod stored;
mod summary;
mod told;
mod tree;
mod walk;

pub use cause::{Kind, Reason};
pub use changes::{Change, changes};
pub use days::between_days;
pub use definitions::{Asked, Period, between_definitions};
pub(crate) use definitions::{comparable, everybody, readable};
pub use gates::{Limits, broken};
pub use side::{Side, Which};
pub use stored::Place;
pub(crate) use stored::Stored;
pub use told::{
    AtLeast, CauseTold, Diff, End, Gate, Group, Migration, Moved, Mover, MoverCause, Part, Spread,
};
