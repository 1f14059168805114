//! The checked, ordered pipeline: one immutable value that run, check, compile and test read.
