//! The physical rules of a session: DataFusion's own, and ours among them in the order in which they run.
//!
//! | rule | place | what it does |
//! | --- | --- | --- |
//! | [`Rule::DayRank`] | first | ranks and counts within a day where rows come day by day |
//! | [`Rule::KeySieve`] | first | windows for the first row of a key sort only keys that stand more than once |
//! | [`Rule::DayWindow`] | first | rolling windows over days in one pass |
//! | [`Rule::SideBySide`] | behind the choice of sides | joins by day keep stored tables and stream what is joined |
//! | [`Rule::BuildSide`] | before sorts are added | the kept side of a join needs no order |
//! | [`Rule::KeptOrder`] | before the last check | an order that a plan relies on and lost is made anew |
//! | [`Rule::WholePartitions`] | last | windows over stored tables take partitions as they are |
//! | [`Rule::Lanes`] | last | many small expressions over doubles are computed as one program |

use std::sync::Arc;

use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::physical_optimizer::PhysicalOptimizerRule;

use super::build_side::BuildSideRule;
use super::day_rank::DayRankRule;
use super::day_window::{DayWindowRule, WholePartitionsRule, WindowFilterRule};
use super::kept_order::KeptOrderRule;
use super::key_sieve::KeySieveRule;
use super::lanes::LanesRule;
use super::side_by_side::SideBySideRule;

/// A rule as sessions hold it.
type Held = Arc<dyn PhysicalOptimizerRule + Send + Sync>;

/// A physical rule of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// [`DayRankRule`].
    DayRank,
    /// Windows for the first row of a key.
    KeySieve,
    /// [`DayWindowRule`], and with it the logical [`WindowFilterRule`], last of its kind: filters on the day pass windows.
    DayWindow,
    /// Joins by day, see [`super::side_by_side`].
    SideBySide,
    /// Kept sides, see [`super::build_side`].
    BuildSide,
    /// Orders made anew.
    KeptOrder,
    /// [`WholePartitionsRule`].
    WholePartitions,
    /// [`LanesRule`].
    Lanes,
}

/// Where a rule runs among those of DataFusion.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Behind(&'static str),
    Before(&'static str),
    Last,
}

impl Rule {
    /// All of them, in the order in which those of one place run.
    pub const ALL: [Self; 8] = [
        Self::DayRank,
        Self::KeySieve,
        Self::DayWindow,
        Self::SideBySide,
        Self::BuildSide,
        Self::KeptOrder,
        Self::WholePartitions,
        Self::Lanes,
    ];

    fn place(self) -> Place {
        match self {
            Self::DayRank | Self::KeySieve | Self::DayWindow => Place::First,
            Self::SideBySide => Place::Behind("join_selection"),
            Self::BuildSide => Place::Before("EnsureRequirements"),
            Self::KeptOrder => Place::Before("SanityCheckPlan"),
            Self::WholePartitions | Self::Lanes => Place::Last,
        }
    }

    fn held(self) -> Held {
        match self {
            Self::DayRank => Arc::new(DayRankRule),
            Self::KeySieve => Arc::new(KeySieveRule::default()),
            Self::DayWindow => Arc::new(DayWindowRule),
            Self::SideBySide => Arc::new(SideBySideRule),
            Self::BuildSide => Arc::new(BuildSideRule),
            Self::KeptOrder => Arc::new(KeptOrderRule),
            Self::WholePartitions => Arc::new(WholePartitionsRule),
            Self::Lanes => Arc::new(LanesRule),
        }
    }
}

/// The session with some of our rules among those that it has.
#[must_use]
pub fn with_rules(session: SessionState, ours: &[Rule]) -> SessionState {
    let at = |is_there: &dyn Fn(Place) -> bool| -> Vec<Held> {
        ours.iter().filter(|rule| is_there(rule.place())).map(|rule| rule.held()).collect()
    };
    let mut rules = at(&|place| place == Place::First);
    for rule in session.physical_optimizers() {
        let is = |name: &str| name == rule.name();
        rules.extend(at(&|place| matches!(place, Place::Before(name) if is(name))));
        rules.push(Arc::clone(rule));
        rules.extend(at(&|place| matches!(place, Place::Behind(name) if is(name))));
    }
    rules.extend(at(&|place| place == Place::Last));
    let with = SessionStateBuilder::new_from_existing(session).with_physical_optimizer_rules(rules);
    match ours.contains(&Rule::DayWindow) {
        true => with.with_optimizer_rule(Arc::new(WindowFilterRule)).build(),
        false => with.build(),
    }
}

#[cfg(test)]
mod tests {
    use datafusion::prelude::SessionContext;

    use super::{Rule, with_rules};

    #[test]
    fn every_rule_runs_once_at_its_place() {
        let theirs = SessionContext::new().state();
        let state = with_rules(theirs.clone(), &Rule::ALL);
        let names: Vec<&str> = state.physical_optimizers().iter().map(|rule| rule.name()).collect();
        assert_eq!(names.len(), theirs.physical_optimizers().len() + Rule::ALL.len(), "{names:?}");
        let at = |rule: Rule| {
            let held = rule.held();
            names.iter().position(|name| *name == held.name()).unwrap()
        };
        assert_eq!([Rule::DayRank, Rule::KeySieve, Rule::DayWindow].map(at), [0, 1, 2]);
        assert_eq!(names[at(Rule::SideBySide) - 1], "join_selection");
        assert_eq!(names[at(Rule::BuildSide) + 1], "EnsureRequirements");
        assert_eq!(names[at(Rule::KeptOrder) + 1], "SanityCheckPlan");
        assert_eq!(at(Rule::Lanes), names.len() - 1);
        assert_eq!(at(Rule::WholePartitions), names.len() - 2);
    }
}
