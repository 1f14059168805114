//! Plans every model on empty sources and reports every problem of a pass.
