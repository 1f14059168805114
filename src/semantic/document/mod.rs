//! What a YAML file says, key by key, before anything of it is believed.

mod choice;
mod component;
mod parts;
mod score;

pub(super) use choice::*;
pub(super) use component::*;
pub(super) use parts::*;
pub(super) use score::*;
