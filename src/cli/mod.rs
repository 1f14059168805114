//! One file per command: one library call and one print each.
