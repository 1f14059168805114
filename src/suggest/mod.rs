//! What to decide when a score is designed: where to cut a metric, which metrics say the same, and what each component is
//! worth. From what was published, and only proposals: nothing is written.
//!
//! ```text
//!  metrics.accounts ───────────────────► numbers ──► bins    where to cut, and who stands where
//!                                              └───► themes  what moves together, and what stands for it
//!  components.<score>, scores.<score> ─┐
//!  metrics.accounts of a later day ────┴───────────► worth   what each component adds to the score
//! ```
//!
//! | file | about |
//! | --- | --- |
//! | `published`, `metric` | tables of some days as columns of numbers and texts; a metric as typed |
//! | `bins`, `distribution`, `cuts` | how a metric is spread, and where to cut it |
//! | `current`, `accounts_by_bin` | the bins that a component has, and who stands in them |
//! | `frame` | columns of numbers as a frame of Polars |
//! | `themes`, `ranks`, `clusters` | rank correlations of all metrics, and groups of those that are alike |
//! | `worth`, `evidence`, `separation` | components against the rest of their score, and against the accounts that left |

mod accounts_by_bin;
mod bins;
mod clusters;
mod current;
mod cuts;
mod distribution;
mod evidence;
mod frame;
mod metric;
mod published;
mod ranks;
mod separation;
mod themes;
mod worth;

pub use accounts_by_bin::{CurrentBin, CurrentRule, CurrentSegment, Valueless};
pub use bins::{Asked, Proposal, Segment, suggest_bins};
pub use current::{Current, current_bins};
pub use cuts::{bin_of, cuts};
pub use distribution::{Binned, Distribution, Shown, propose};
pub use evidence::Evidence;
pub use published::{Period, Published};
pub use ranks::{LEAST_PAIRS, rank_correlation};
pub use separation::{Difference, Separation, difference, separation};
pub use themes::{Alone, Apart, Member, Metric, Reason, Theme, Themes, suggest_themes, themes};
pub use worth::{ComponentWorth, LEAST_GONE, Outcome, Verdict, Worth, suggest_worth, weigh};
