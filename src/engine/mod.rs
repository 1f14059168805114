//! The only place that names the DataFusion session: sources, parameters, functions, the day-window operator.
pub mod day_window;
pub mod functions;
