//! What a YAML file says, key by key, before anything of it is believed.

mod component;
mod parts;
mod score;

pub(super) use component::*;
pub(super) use parts::*;
pub(super) use score::*;
