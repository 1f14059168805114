//! Vectorised rolling windows over days, under unchanged standard SQL.
