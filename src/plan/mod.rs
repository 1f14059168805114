//! What a run will do, as data: which days of which tables, and why.
//!
//! Every published day of a table carries the key of what made it ([`Inputs`]): the models that it is made of, the files of the
//! sources that these read, the version of hale's numbers. Where all of it is as it was, the day is kept, and no data is read.
//! Names of tables are no part of it: one that was renamed (`was`) keeps its days ([`renames()`]).
//! Days of which a source has no rows any more are left as they are published ([`Kept`]).
//! Published days before those of a run are built again where rows came late ([`Late`]).

mod columns;
mod kept;
mod key;
mod late;
mod names;
mod renamed;
mod steps;
mod why;

pub use columns::{Built, OtherColumns};
pub use kept::{Frozen, Kept};
pub use key::Inputs;
pub use late::{Late, MayLack};
pub use renamed::renames;
pub use steps::{Action, Plan, Step};
pub use why::Why;
