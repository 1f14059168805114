//! Drafts: scores that are computed beside the published ones, compared with them.

mod arms;
mod beside;
mod compared;
mod log;
mod refused;
mod world;
