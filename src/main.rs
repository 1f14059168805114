//! The `hale` command: see [`halescore::cli`].
fn main() {}
