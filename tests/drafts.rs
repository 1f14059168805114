//! Drafts: scores that are computed beside the published ones, compared with them, and put in their place.

mod arms;
mod beside;
mod compared;
mod log;
mod promoted;
mod refused;
mod world;
