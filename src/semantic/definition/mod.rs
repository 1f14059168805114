//! What components and scores mean, once everything about them has been checked.

mod component;
mod roll_up;
mod score;
mod scorecard;

pub use component::*;
pub use roll_up::*;
pub use score::*;
pub use scorecard::*;
