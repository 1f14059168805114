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
//! | `bins`, `distribution`, `cuts` | how a metric is spread, and where to cut it |
//! | `current`, `accounts_by_bin` | the bins that a component has, and who stands in them |
//! | `themes`, `clusters` | rank correlations of all metrics, and groups of those that are alike |
//! | `learned` | bins, weights and whole scores from what became of accounts, tried on later days |
//! | `worth` | components against the rest of their score, and against the accounts that left |

mod accounts_by_bin;
mod bins;
mod clusters;
mod current;
mod cuts;
mod distribution;
mod learned;
mod themes;
mod worth;

pub use accounts_by_bin::{CurrentBin, CurrentRule, CurrentSegment, Valueless};
pub use bins::{Asked, Proposal, Segment, suggest_bins};
pub use current::{Current, current_bins};
pub use cuts::{bin_of, cuts};
pub use distribution::{Binned, Distribution, Shown, propose};
pub use learned::{
    Beside, Better, Combination, Found, LearnFrom, LearnedBin, MOST_BINS, OutOfTime, Part, ProposedComponent,
    ProposedWeight, Separated, Weights, search, separated, suggest_combination, suggest_weights,
};
pub use themes::{Alone, Apart, Member, Metric, Reason, Theme, Themes, suggest_themes, themes};
pub use worth::{ComponentWorth, LEAST_GONE, Outcome, Verdict, Worth, suggest_worth, weigh};
