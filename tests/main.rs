//! Behaviour of the whole crate, one file per subject.
mod generate;
