//! What was published, as numbers to judge it by: who was scored, what became of them, and how well one tells the other.
//!
//! ```text
//!  scores, components, metrics of some days ─► scored ─┐
//!                                                      ├─► panel ─► figures, with intervals
//!  outcomes.*, or a file ──────────────────► outcomes ─┘     └────► forward: what could be learned by each day
//! ```
//!
//! | file | about |
//! | --- | --- |
//! | `published`, `metric`, `scored` | tables of some days as columns; a metric as typed; a score's components, account by account |
//! | `which_days` | which of the published days are looked at |
//! | `outcomes`, `label_file`, `typed_rows`, `panel` | what became of accounts, from a table or a file; who was scored, with that beside it |
//! | `ordered`, `within`, `figures` | how well an order finds the lost ones, over all rows, and within each day |
//! | `resample` | intervals: accounts drawn again with all of their rows |
//! | `separation`, `ranks`, `frame` | DeLong's error of an area, rank correlations, columns as a frame of Polars |
//! | `logistic`, `features`, `forward` | a regression, its columns, and what may be learned from by when |

mod features;
mod figures;
pub(crate) mod forward;
mod frame;
mod label_file;
mod logistic;
mod metric;
mod ordered;
mod outcomes;
mod panel;
mod published;
mod ranks;
mod resample;
pub(crate) mod scored;
mod separation;
mod typed_rows;
mod which_days;
mod within;

pub use features::Scale;
pub use figures::{Figure, Figures, Gain, Intervals, Judged, LEAST_FOR_FIGURES};
pub(crate) use frame::{MIDDLE, bug as frame_bug, column};
pub(crate) use label_file::day_of;
pub use logistic::{Logistic, Sign};
pub use metric::condition;
pub(crate) use metric::metric;
pub use ordered::{Lowest, Ordered};
pub use outcomes::{Ahead, From, Outcome, Outcomes, Standing};
pub use panel::{LEAST_ACCOUNTS, Observed, Panel, PanelComponent, PanelGroup, Population, panel};
pub(crate) use published::by_column;
pub use published::{Period, Published};
pub use ranks::{LEAST_PAIRS, rank_correlation};
pub(crate) use ranks::{Ranked, correlation};
pub use resample::{DRAWS, Draws, Interval};
pub(crate) use resample::{halves, quantile};
pub use scored::Evidence;
pub use separation::{Difference, Separation, difference, separation};
pub use typed_rows::TypedRows;
pub use which_days::Which;
pub use within::ByDay;
