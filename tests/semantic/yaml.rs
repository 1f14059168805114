//! Definitions as the YAML that says them. Defaults stay unsaid, so that they are tested too.

use super::language::{
    Aggregate, Card, Case, Component, Condition, Definition, Give, Missing, Part, Relative, Rule, Score,
    Scoring, UsageKind, UsageOf, Value,
};

type Entry = Option<String>;

fn key(name: &str, value: impl ToString) -> Entry {
    Some(format!("{name}: {}", value.to_string()))
}

fn braces(entries: impl IntoIterator<Item = Entry>) -> String {
    format!("{{{}}}", entries.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn brackets(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Definition {
    /// The text of the file of components, and that of the file of the score.
    pub fn yaml(&self) -> (String, String) {
        let components = self.components.iter().map(|part| format!("{}: {}\n", part.name, part.yaml()));
        (components.collect(), self.score.yaml())
    }
}

impl std::fmt::Debug for Definition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (components, score) = self.yaml();
        write!(f, "\n{components}{score}\n")
    }
}

impl Value {
    fn sql(self) -> String {
        match self {
            Self::Metric(at) => format!("m{at}"),
            Self::Ratio(above, below) => format!("m{above} / nullif(m{below}, 0)"),
            Self::Events => "events".to_owned(),
            Self::Pulse => "pulse".to_owned(),
            Self::Grade => "grade".to_owned(),
        }
    }
}

impl Give {
    fn yaml(self) -> String {
        match self {
            Self::Worst => "worst".to_owned(),
            Self::Best => "best".to_owned(),
            Self::NotApplicable => "not_applicable".to_owned(),
            Self::Points(points) => points.to_string(),
        }
    }
}

impl UsageOf {
    fn yaml(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Integrations => "integrations",
            Self::Both => "both",
        }
    }
}

impl Condition {
    fn sql(self) -> String {
        match self {
            Self::Paid => "paid".to_owned(),
            Self::NotPaid => "NOT paid".to_owned(),
            Self::Small => "segment = 'small'".to_owned(),
            Self::Unnamed => "segment IS NULL".to_owned(),
            Self::Tenure(days) => format!("tenure >= {days}"),
        }
    }

    fn key(self, name: &str) -> Entry {
        key(name, quoted(&self.sql()))
    }
}

impl Component {
    fn yaml(&self) -> String {
        let decay = self.decay.map(|decay| {
            let fading = decay.fading.map(|(toward, evenly, days)| {
                let pace = if evenly { "linear" } else { "half_life" };
                format!("{pace}: {days}, toward: {toward}")
            });
            let expires = decay.expires_after.and_then(|days| key("expires_after", days));
            format!("decay: {}", braces([key("age", "age"), expires, fading]))
        });
        let standing = |percentile| if percentile { "percentile" } else { "min_max" };
        let relative = self.relative.map(|relative| match relative {
            Relative::Own(days, gap, change) => {
                let form = if change { "change" } else { "difference" };
                // A gap of one day is the default.
                let gap = (gap != 1).then(|| format!("gap: {gap}"));
                format!("{{own_history: {}}}", braces([key("days", days), gap, key("as", form)]))
            }
            Relative::Peers(by, percentile) => {
                let by = by.then(|| "by: segment".to_owned());
                format!("{{peers: {}}}", braces([by, key("as", standing(percentile))]))
            }
            Relative::Reference(from, to, percentile) => {
                let day = |day| super::world::date(day).format("%Y-%m-%d").to_string();
                let form = standing(percentile);
                format!("{{reference: {{from: {}, to: {}, as: {form}}}}}", day(from), day(to))
            }
        });
        let first = [
            key("title", "T"),
            key("value", quoted(&self.value.sql())),
            self.applies_when.and_then(|when| when.key("applies_when")),
            self.ready_when.and_then(|when| when.key("ready_when")),
            self.zero.and_then(|(when, give)| {
                let when = when.and_then(|when| when.key("when"));
                key("zero_base", braces([when, key("give", give.yaml())]))
            }),
            self.usage_of.and_then(|of| key("usage_of", of.yaml())),
            self.look_back.and_then(|days| key("look_back", days)),
            self.evidence.then(|| "evidence: segment".to_owned()),
            decay,
            relative.and_then(|relative| key("relative_to", relative)),
        ];
        braces(first.into_iter().chain(self.scoring.entries()))
    }
}

impl Scoring {
    fn entries(&self) -> Vec<Entry> {
        let mut entries = match self.cases.as_slice() {
            [] => Vec::new(),
            [Case { when: None, rule }] => rule.entries(),
            cases => {
                let cases = cases.iter().map(|case| {
                    let when = case.when.and_then(|when| when.key("when"));
                    braces(std::iter::once(when).chain(case.rule.entries()))
                });
                vec![key("cases", brackets(cases))]
            }
        };
        entries.push(self.range.and_then(|(low, high)| key("scale", format!("[{low}, {high}]"))));
        entries.push(self.rounding.and_then(|digits| key("rounding", digits)));
        entries.push(self.missing.and_then(|missing| {
            key(
                "on_missing",
                match missing {
                    Missing::Renormalise => "renormalise".to_owned(),
                    Missing::Neutral(points) => format!("{{neutral: {points}}}"),
                    Missing::Worst => "worst".to_owned(),
                    Missing::Best => "best".to_owned(),
                    Missing::CarryForward(days) => format!("{{carry_forward: {days}}}"),
                    Missing::Fail => "fail".to_owned(),
                },
            )
        }));
        entries
    }
}

/// An edge as `below` or `at_most`.
fn edge(edge: Option<(f64, bool)>) -> Entry {
    edge.and_then(|(at, inclusive)| key(if inclusive { "at_most" } else { "below" }, at))
}

impl Rule {
    fn entries(&self) -> Vec<Entry> {
        match self {
            Self::Bins(bins) => {
                let bins = bins.iter().map(|bin| {
                    let label = bin.label.as_ref().and_then(|label| key("label", quoted(label)));
                    braces([edge(bin.edge), key("points", bin.points), label])
                });
                vec![key("bins", brackets(bins))]
            }
            Self::Categories(listed, otherwise) => {
                let listed = listed.iter().map(|(text, points)| key(&quoted(text), points));
                vec![key("categories", braces(listed)), otherwise.and_then(|points| key("otherwise", points))]
            }
            Self::Line(from, to, first, last, nothing) => {
                let outside = nothing.then(|| "outside: nothing".to_owned());
                let points = key("points", format!("[{first}, {last}]"));
                vec![key("linear", braces([key("from", from), key("to", to), points, outside]))]
            }
            Self::Ordinal(low, high) => vec![key("ordinal", format!("[{low}, {high}]"))],
        }
    }
}

impl Aggregate {
    fn key(self) -> Entry {
        let name = match self {
            Self::PointsOverPossible => "points_over_possible".to_owned(),
            Self::WeightedMean => "weighted_mean".to_owned(),
            Self::Min => "min".to_owned(),
            Self::Max => "max".to_owned(),
            Self::GeometricMean => "geometric_mean".to_owned(),
            Self::Additive(base, min, max) => {
                let base = (base != 0.0).then(|| format!("base: {base}"));
                format!("{{additive: {}}}", braces([base, key("min", min), key("max", max)]))
            }
        };
        key("aggregate", name)
    }
}

/// Parts as a list where none has more than its name, else as a mapping.
fn parts(parts: &[Part]) -> Entry {
    if parts.iter().all(|part| part.weight.is_none() && part.group.is_none()) {
        return key("components", brackets(parts.iter().map(|part| part.name.clone())));
    }
    let part = |part: &Part| match (&part.group, part.weight) {
        (None, weight) => key(&part.name, weight.unwrap_or(1.0)),
        (Some(group), weight) => {
            let entries = [
                weight.and_then(|weight| key("weight", weight)),
                group.aggregate.and_then(Aggregate::key),
                group.rounding.and_then(|digits| key("rounding", digits)),
                self::parts(&group.parts),
            ];
            key(&part.name, braces(entries))
        }
    };
    key("components", braces(parts.iter().map(part)))
}

impl Card {
    fn yaml(&self) -> String {
        let weights = self.weights.iter().map(|(name, weight)| key(name, weight));
        let weights = (!self.weights.is_empty()).then(|| format!("weights: {}", braces(weights)));
        let rules = self.rules.iter().map(|(name, rule)| key(name, braces(rule.entries())));
        let rules = (!self.rules.is_empty()).then(|| format!("rules: {}", braces(rules)));
        braces([
            key("name", &self.name),
            self.when.and_then(|when| when.key("when")),
            self.parts.as_deref().and_then(parts),
            self.aggregate.and_then(Aggregate::key),
            weights,
            rules,
        ])
    }
}

impl Score {
    fn yaml(&self) -> String {
        let tier = |at: usize, upper| {
            let at_risk = (at < self.at_risk).then(|| "at_risk: true".to_owned());
            braces([key("name", format!("t{at}")), edge(upper), at_risk])
        };
        let tiers = self.tiers.iter().enumerate().map(|(at, upper)| tier(at, Some(*upper)));
        let tiers = tiers.chain([tier(self.tiers.len(), None)]);
        let cards = self.cards.iter().map(Card::yaml);
        let entries = [
            key("title", "S"),
            key("version", "'1'"),
            self.by_user.then(|| "entity: user".to_owned()),
            self.scale.and_then(|(low, high)| key("scale", format!("[{low}, {high}]"))),
            self.parts.as_deref().and_then(parts),
            self.aggregate.and_then(Aggregate::key),
            self.global.then(|| "missing_weight: score".to_owned()),
            (!self.cards.is_empty()).then(|| format!("scorecards: {}", brackets(cards))),
            self.usage_of.and_then(|kind| match kind {
                UsageKind::All(of) => key("usage_of", of.yaml()),
                UsageKind::ByRow => {
                    let by = "CASE WHEN segment = 'small' THEN 'people' WHEN paid THEN 'integrations' END";
                    key("usage_of", quoted(by))
                }
            }),
            self.idle.and_then(|(when, unless)| {
                key("expected_idle", braces([when.key("when"), unless.key("unless")]))
            }),
            self.min_coverage.and_then(|share| key("min_coverage", share)),
            self.peers.then(|| "rank_within: segment".to_owned()),
            self.overrides.then(|| "overrides: true".to_owned()),
            self.rounding.and_then(|digits| key("rounding", digits)),
            self.tier_from_rounded.then(|| "tier_from: rounded".to_owned()),
            key("tiers", brackets(tiers)),
        ];
        braces(entries)
    }
}
