//! Where data lies: URLs to object stores and paths.
