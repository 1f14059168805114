//! Builds and audits each model in order.
