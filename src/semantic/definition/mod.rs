//! What components and scores mean, once everything about them has been checked.

mod component;
mod draft;
mod roll_up;
mod score;
mod scorecard;

pub use component::*;
pub use draft::*;
pub use roll_up::*;
pub use score::*;
pub use scorecard::*;
