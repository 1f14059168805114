//! What a file of components says.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Choice, GiveSchema};
use crate::semantic::definition::{By, Direction, OnMissing, Outside, OwnForm, Standing, Status, UsageOf};
use crate::yaml::{Entries, Placed};

/// A file of `sql/components/`: components by name.
pub(in crate::semantic) type ComponentsDocument = Entries<ComponentDocument>;

/// The keys that say how values become points, wherever they stand.
pub(in crate::semantic) struct RuleKeys<'a> {
    pub(in crate::semantic) bins: Option<&'a Placed<Vec<Placed<BinDocument>>>>,
    pub(in crate::semantic) categories: Option<&'a Placed<Entries<Placed<f64>>>>,
    pub(in crate::semantic) otherwise: Option<&'a Placed<f64>>,
    pub(in crate::semantic) linear: Option<&'a Placed<LinearDocument>>,
    pub(in crate::semantic) ordinal: Option<&'a Placed<[Placed<f64>; 2]>>,
    pub(in crate::semantic) cases: Option<&'a Placed<Vec<Placed<CaseDocument>>>>,
}

/// A document with the keys of a rule after its own, and with `cases` where it is named. `deny_unknown_fields` and `flatten`
/// exclude each other in serde, so the keys are put into each.
macro_rules! with_rule {
    ($(#[$about:meta])* struct $name:ident$(: $cases:ident)? { $($own:tt)* }) => {
        $(#[$about])*
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub(in crate::semantic) struct $name {
            $($own)*
            /// Ranges of values and their points, lowest first; the last has no edge.
            pub(in crate::semantic) bins: Option<Placed<Vec<Placed<BinDocument>>>>,
            /// Texts and their points.
            pub(in crate::semantic) categories: Option<Placed<Entries<Placed<f64>>>>,
            /// Points of every text that `categories` does not list; without it such a text fails the run.
            pub(in crate::semantic) otherwise: Option<Placed<f64>>,
            /// Points along a straight line between two values.
            pub(in crate::semantic) linear: Option<Placed<LinearDocument>>,
            /// The value is the points: a whole number from the first to the second.
            pub(in crate::semantic) ordinal: Option<Placed<[Placed<f64>; 2]>>,
        }

        impl $name {
            pub(in crate::semantic) fn rule(&self) -> RuleKeys<'_> {
                RuleKeys {
                    bins: self.bins.as_ref(),
                    categories: self.categories.as_ref(),
                    otherwise: self.otherwise.as_ref(),
                    linear: self.linear.as_ref(),
                    ordinal: self.ordinal.as_ref(),
                    cases: None $(.or(self.$cases.as_ref()))?,
                }
            }
        }
    };
}

/// A document with all that decides points after its own keys.
macro_rules! with_scoring {
    ($(#[$about:meta])* struct $name:ident { $($own:tt)* }) => {
        with_rule! {
            $(#[$about])*
            struct $name: cases {
                $($own)*
                /// Rules for some accounts each; the first whose `when` is true applies, the last has none.
                pub(in crate::semantic) cases: Option<Placed<Vec<Placed<CaseDocument>>>>,
                /// The least and the most points, of which points are a share.
                pub(in crate::semantic) scale: Option<Placed<[Placed<f64>; 2]>>,
                /// Decimals to round to, half away from zero.
                pub(in crate::semantic) rounding: Option<Placed<u8>>,
                /// What an account without a value gets.
                #[schemars(with = "Option<OnMissing>")]
                pub(in crate::semantic) on_missing: Option<Placed<Choice>>,
            }
        }
    };
}

with_scoring! {
    /// One component.
    struct ComponentDocument {
        /// Its name for people.
        pub(in crate::semantic) title: Placed<String>,
        /// `published` unless said otherwise. Only a score that is a draft may use a component that is one.
        #[serde(default)]
        pub(in crate::semantic) status: Status,
        /// What is measured: an SQL expression over one row of metrics.
        pub(in crate::semantic) value: Placed<String>,
        /// An SQL condition; where it is not true the component is not applicable and leaves the score.
        pub(in crate::semantic) applies_when: Option<Placed<String>>,
        /// An SQL condition; where it is not true it is too early to judge.
        pub(in crate::semantic) ready_when: Option<Placed<String>>,
        /// What it is worth where it has no value because usage is zero.
        pub(in crate::semantic) zero_base: Option<Placed<ZeroBaseDocument>>,
        /// Whose doing its value is: `customer` unless said otherwise, `us` for what our own people do or judge, `both`. It
        /// changes no points: evidence is shown with and without what is ours.
        #[serde(default)]
        pub(in crate::semantic) by: By,
        /// Whose usage it judges.
        pub(in crate::semantic) usage_of: Option<UsageOf>,
        /// How many days of usage its value looks at, 28 unless said otherwise: so long it does not apply after days on
        /// which none was expected (`expected_idle` of the score).
        pub(in crate::semantic) look_back: Option<Placed<u32>>,
        /// An SQL text that is published beside the value: who says so, and why.
        pub(in crate::semantic) evidence: Option<Placed<String>>,
        /// How the value loses its force with age.
        pub(in crate::semantic) decay: Option<Placed<DecayDocument>>,
        /// What the value is compared with before it is worth points.
        pub(in crate::semantic) relative_to: Option<Placed<RelativeDocument>>,
        /// Which way is better; checked against the points.
        pub(in crate::semantic) direction: Option<Placed<Direction>>,
        /// The unit of the value, for people.
        pub(in crate::semantic) unit: Option<String>,
        /// Who answers for it.
        pub(in crate::semantic) owner: Option<String>,
        /// Why it matters and where the thresholds come from, or a link to that.
        pub(in crate::semantic) docs: Option<String>,
    }
}

with_scoring! {
    /// What a scorecard says otherwise about a component: a rule, what is missing, or both.
    struct RewriteDocument {}
}

with_rule! {
    /// A rule for some accounts, or for all that are left.
    struct CaseDocument {
        /// An SQL condition over one row of metrics; left out for all that are left.
        pub(in crate::semantic) when: Option<Placed<String>>,
    }
}

/// What a component is worth where it has no value because usage is zero.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct ZeroBaseDocument {
    /// An SQL condition: where a value that is not there is so because usage is zero. Not needed of a change against an own
    /// history, which is known to be of zeros.
    pub(in crate::semantic) when: Option<Placed<String>>,
    /// `worst`, `best`, `not_applicable`, or points.
    #[schemars(with = "GiveSchema")]
    pub(in crate::semantic) give: Placed<Choice>,
}

/// One bin: values up to an edge, or all that are left.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct BinDocument {
    /// The edge above, which belongs to the next.
    pub(in crate::semantic) below: Option<Placed<f64>>,
    /// The edge above, which belongs to this one.
    pub(in crate::semantic) at_most: Option<Placed<f64>>,
    /// Points of a value here.
    pub(in crate::semantic) points: Placed<f64>,
    /// A name for people.
    pub(in crate::semantic) label: Option<Placed<String>>,
}

/// Points along a straight line between two values.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct LinearDocument {
    /// Where it begins.
    pub(in crate::semantic) from: Placed<f64>,
    /// Where it ends.
    pub(in crate::semantic) to: Placed<f64>,
    /// Points at its ends.
    pub(in crate::semantic) points: Placed<[Placed<f64>; 2]>,
    /// What lies beyond the ends.
    #[serde(default)]
    pub(in crate::semantic) outside: Outside,
}

/// How a value loses its force with age.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct DecayDocument {
    /// The age of the value in days: an SQL expression.
    pub(in crate::semantic) age: Placed<String>,
    /// The age in days after which there is no value any more.
    pub(in crate::semantic) expires_after: Option<Placed<f64>>,
    /// Days within which it fades evenly.
    pub(in crate::semantic) linear: Option<Placed<f64>>,
    /// Days in which half of the way to `toward` is gone.
    pub(in crate::semantic) half_life: Option<Placed<f64>>,
    /// The value that it fades to.
    pub(in crate::semantic) toward: Option<Placed<f64>>,
}

/// What a value is compared with before it is worth points.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct RelativeDocument {
    /// The mean of the account's own earlier days.
    pub(in crate::semantic) own_history: Option<Placed<OwnHistoryDocument>>,
    /// Accounts of the same day.
    pub(in crate::semantic) peers: Option<Placed<PeersDocument>>,
    /// All accounts in a period that stays as it is.
    pub(in crate::semantic) reference: Option<Placed<ReferenceDocument>>,
}

/// The account's own days before.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct OwnHistoryDocument {
    /// How many days.
    pub(in crate::semantic) days: Placed<u32>,
    /// How many days before this one they end.
    #[serde(default = "yesterday")]
    pub(in crate::semantic) gap: u32,
    /// How it is compared.
    #[serde(rename = "as")]
    pub(in crate::semantic) form: OwnForm,
}

/// Histories end the day before, so that a day is not compared with itself.
fn yesterday() -> u32 {
    1
}

/// Other accounts of the same day.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct PeersDocument {
    /// What peers have in common: an SQL expression.
    pub(in crate::semantic) by: Option<Placed<String>>,
    /// How it is compared.
    #[serde(rename = "as")]
    pub(in crate::semantic) form: Standing,
}

/// All accounts in a period that stays as it is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::semantic) struct ReferenceDocument {
    /// Where it begins.
    #[schemars(with = "String")]
    pub(in crate::semantic) from: Placed<chrono::NaiveDate>,
    /// Where it ends.
    #[schemars(with = "String")]
    pub(in crate::semantic) to: Placed<chrono::NaiveDate>,
    /// How it is compared.
    #[serde(rename = "as")]
    pub(in crate::semantic) form: Standing,
}
