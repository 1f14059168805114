//! Random definitions, built from a tape of choices: the choice 0 is the plainest, so that a tape that shrinks gives a
//! definition that shrinks.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::language::{
    Aggregate, Bin, Card, Case, Component, Condition, Decay, Definition, Give, Group, Missing, Part,
    Relative, Rule, Score, Scoring, UsageKind, UsageOf, Value,
};
use super::naive::range;
use super::world::{FIRST_DAY, METRICS};

/// Random definitions.
pub fn definitions() -> impl Strategy<Value = Definition> {
    proptest::collection::vec(any::<u16>(), 60..500).prop_map(|choices| Tape { choices, at: 0 }.definition())
}

struct Tape {
    choices: Vec<u16>,
    at: usize,
}

impl Tape {
    /// A number below `limit`.
    fn pick(&mut self, limit: usize) -> usize {
        let choice = self.choices.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        usize::from(choice) % limit
    }

    /// Once in so many times.
    fn once_in(&mut self, times: usize) -> bool {
        self.pick(times) == times - 1
    }

    fn maybe<T>(&mut self, times: usize, of: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.once_in(times).then(|| of(self))
    }

    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.pick(values.len())]
    }

    /// From `low` to `high`, in steps of so many to the whole.
    fn number(&mut self, low: i64, high: i64, to_the_whole: i64) -> f64 {
        let steps = usize::try_from((high - low) * to_the_whole).expect("low is below high");
        low as f64 + self.pick(steps + 1) as f64 / to_the_whole as f64
    }

    /// Points that shrink to 0, often whole.
    fn points(&mut self) -> f64 {
        match self.pick(4) {
            0 => 0.0,
            1 => self.number(0, 5, 1),
            2 => self.number(0, 5, 100),
            _ => self.number(-3, 10, 10),
        }
    }

    fn weight(&mut self) -> f64 {
        match self.pick(3) {
            0 => 1.0,
            1 => self.number(1, 9, 1),
            _ => self.number(0, 5, 100) + 0.01,
        }
    }

    fn condition(&mut self, but: &[Condition]) -> Condition {
        let tenure = self.number(0, 50, 1) as i64;
        let all = [
            Condition::Paid,
            Condition::NotPaid,
            Condition::Small,
            Condition::Unnamed,
            Condition::Tenure(tenure),
        ];
        // One that an earlier one takes all rows of is refused.
        let is_free = |condition: &Condition| {
            !but.iter().any(|earlier| match (earlier, condition) {
                (Condition::Tenure(earlier), Condition::Tenure(days)) => days >= earlier,
                _ => earlier == condition,
            })
        };
        let free: Vec<Condition> = all.into_iter().filter(is_free).collect();
        self.of(&free)
    }

    fn definition(&mut self) -> Definition {
        let components: Vec<Component> = (0..=self.pick(6)).map(|at| self.component(at)).collect();
        let score = self.score(&components);
        Definition { components, score }
    }

    fn component(&mut self, at: usize) -> Component {
        let is_text = self.once_in(6);
        let value = if is_text { Value::Grade } else { self.value() };
        let relative = if is_text { None } else { self.maybe(4, Self::relative) };
        let decay = if is_text { None } else { self.maybe(5, Self::decay) };
        let scoring = self.scoring(value == Value::Pulse && relative.is_none() && decay.is_none(), is_text);
        let changes = matches!(relative, Some(Relative::Own(_, _, true)));
        let usage_of = self.maybe(3, Self::usage_of);
        let look_back = if usage_of.is_some() { self.maybe(2, |tape| tape.pick(5) as u32 + 1) } else { None };
        let zero = if changes || self.once_in(3) { Some(self.zero(changes, &scoring)) } else { None };
        Component {
            name: format!("c{at}"),
            value,
            applies_when: self.maybe(5, |tape| tape.condition(&[])),
            ready_when: self.maybe(6, |tape| tape.condition(&[])),
            zero,
            usage_of,
            look_back,
            evidence: self.once_in(4),
            decay,
            relative,
            scoring,
        }
    }

    /// What is worth what where usage is zero; of a change against an own history that needs no condition.
    fn zero(&mut self, changes: bool, scoring: &Scoring) -> (Option<Condition>, Give) {
        let when = if changes && self.once_in(2) { None } else { Some(self.condition(&[])) };
        let (low, high) = range(scoring);
        let points = Give::Points((low + high) / 2.0);
        (when, self.of(&[Give::Worst, Give::Best, Give::NotApplicable, points]))
    }

    fn usage_of(&mut self) -> UsageOf {
        self.of(&[UsageOf::People, UsageOf::Integrations, UsageOf::Both])
    }

    fn value(&mut self) -> Value {
        let metric = self.pick(METRICS);
        match self.pick(6) {
            3 => Value::Ratio(metric, self.pick(METRICS)),
            4 => Value::Events,
            5 => Value::Pulse,
            _ => Value::Metric(metric),
        }
    }

    fn decay(&mut self) -> Decay {
        let expires_after = self.maybe(2, |tape| tape.number(1, 50, 2));
        let fading = (self.number(-1, 3, 4), self.once_in(2), self.number(1, 30, 2));
        let fades = expires_after.is_none() || self.once_in(2);
        Decay { expires_after, fading: fades.then_some(fading) }
    }

    fn relative(&mut self) -> Relative {
        match self.pick(3) {
            0 => Relative::Own(self.pick(9) as u32 + 1, self.of(&[1, 0, 2]), self.once_in(2)),
            1 => Relative::Peers(self.once_in(2), self.once_in(2)),
            _ => {
                let from = FIRST_DAY + self.pick(8) as i32;
                Relative::Reference(from, from + self.pick(4) as i32, self.once_in(2))
            }
        }
    }

    fn scoring(&mut self, ranks: bool, is_text: bool) -> Scoring {
        let cases = if self.once_in(4) { self.cases(ranks, is_text) } else { self.one_case(ranks, is_text) };
        let mut scoring =
            Scoring { cases, range: None, rounding: self.maybe(5, |tape| tape.pick(4) as u8), missing: None };
        let (low, high) = range(&scoring);
        if high <= low || self.once_in(8) {
            let low = low.floor().min(0.0) - self.number(0, 2, 1);
            scoring.range = Some((low, high.ceil().max(low) + 1.0));
        }
        let (low, high) = range(&scoring);
        scoring.missing = self.maybe(2, |tape| match tape.pick(8) {
            0 => Missing::Renormalise,
            1 => Missing::Neutral(tape.of(&[low, high, (low + high) / 2.0])),
            2 => Missing::Worst,
            3 => Missing::Best,
            4 => Missing::Fail,
            _ => Missing::CarryForward(tape.pick(12) as u32 + 1),
        });
        scoring
    }

    fn one_case(&mut self, ranks: bool, is_text: bool) -> Vec<Case> {
        vec![Case { when: None, rule: self.rule(ranks, is_text) }]
    }

    fn cases(&mut self, ranks: bool, is_text: bool) -> Vec<Case> {
        let mut cases = Vec::new();
        let mut taken = Vec::new();
        for _ in 0..=self.pick(2) {
            let when = self.condition(&taken);
            taken.push(when);
            cases.push(Case { when: Some(when), rule: self.rule(ranks, is_text) });
        }
        cases.extend(self.one_case(ranks, is_text));
        cases
    }

    fn rule(&mut self, ranks: bool, is_text: bool) -> Rule {
        if is_text {
            let mut texts = vec!["A", "B", "it's", ""];
            texts.truncate(self.pick(4) + 1);
            let otherwise = (!self.once_in(6)).then(|| self.points());
            return Rule::Categories(
                texts.into_iter().map(|text| (text.to_owned(), self.points())).collect(),
                otherwise,
            );
        }
        match self.pick(6) {
            3 | 4 => self.line(),
            5 if ranks => Rule::Ordinal(self.of(&[1.0, 0.0]), 5.0),
            _ => Rule::Bins(self.bins()),
        }
    }

    fn bins(&mut self) -> Vec<Bin> {
        let edges: BTreeSet<i64> = (0..self.pick(5)).map(|_| self.pick(61) as i64 - 30).collect();
        let scale = self.of(&[100.0, 1.0, 10.0]);
        let mut bins = Vec::new();
        for edge in edges {
            let at = edge as f64 / scale;
            // A bin of one number: from an edge that is left out up to the same edge taken in.
            if self.once_in(8) {
                bins.push(self.bin(Some((at, false))));
                bins.push(self.bin(Some((at, true))));
            } else {
                let inclusive = self.once_in(2);
                bins.push(self.bin(Some((at, inclusive))));
            }
        }
        bins.push(self.bin(None));
        bins
    }

    fn bin(&mut self, edge: Option<(f64, bool)>) -> Bin {
        Bin { edge, points: self.points(), label: self.maybe(6, |_| "it's \"so\"".to_owned()) }
    }

    fn line(&mut self) -> Rule {
        let from = self.of(&[0.0, -0.3, 10.0, 0.1]);
        let to = from + self.of(&[0.3, 1.0, -0.5, 30.0, 0.7]);
        Rule::Line(from, to, self.points(), self.points(), self.once_in(4))
    }

    fn score(&mut self, components: &[Component]) -> Score {
        let by_user = self.once_in(5);
        let scale = self.maybe(2, |tape| {
            tape.of(&[(0.0, 10.0), (1.0, 100.0), (1.0, 5.0), (0.0, 1.0), (-50.0, 50.0), (0.0, 1000.0)])
        });
        let limits = scale.unwrap_or((0.0, 100.0));
        let global = self.once_in(6);
        let names: Vec<&str> = components.iter().map(|component| component.name.as_str()).collect();
        let mut parts = Some(self.parts(&names, global, 0));
        let mut aggregate = self.maybe(2, |tape| tape.aggregate(global, Some(limits)));
        let mut cards = Vec::new();
        if self.once_in(2) {
            cards = self.cards(components, parts.as_deref().unwrap_or(&[]), (global, limits));
            if cards.iter().all(|card| card.parts.is_some()) {
                parts = None;
            }
            if self.once_in(2) {
                aggregate = None;
            }
        }
        let mut edges: BTreeSet<i64> = BTreeSet::new();
        for _ in 0..self.pick(5) {
            edges.insert(self.pick(999) as i64 + 1);
        }
        let (low, high) = limits;
        let tiers = edges.iter().map(|edge| low + (high - low) * (*edge as f64) / 1000.0);
        let tiers: Vec<f64> = tiers.map(|edge| (edge * 1000.0).round() / 1000.0).collect();
        Score {
            by_user,
            scale,
            parts,
            aggregate,
            global,
            cards,
            usage_of: self.maybe(3, |tape| {
                let all = tape.usage_of();
                tape.of(&[UsageKind::ByRow, UsageKind::All(all)])
            }),
            idle: self.maybe(5, |tape| (tape.condition(&[]), tape.condition(&[]))),
            min_coverage: self.maybe(2, |tape| tape.number(0, 1, 20)),
            peers: self.once_in(3),
            overrides: self.once_in(3) && !by_user,
            rounding: self.maybe(3, |tape| tape.pick(3) as u8),
            tier_from_rounded: self.once_in(3),
            at_risk: self.pick(tiers.len() + 2),
            tiers: tiers.into_iter().map(|edge| (edge, self.once_in(2))).collect(),
        }
    }

    /// An aggregate; of the whole score, limits within the scale.
    fn aggregate(&mut self, global: bool, whole: Option<(f64, f64)>) -> Aggregate {
        let sum = |tape: &mut Self| {
            let (low, high) = whole.unwrap_or((tape.of(&[0.0, -5.0]), tape.of(&[10.0, 1.0, 100.0])));
            let base = low + (high - low) * tape.of(&[0.0, 0.5, 1.0]);
            Aggregate::Additive(base, low, high)
        };
        match self.pick(if global { 2 } else { 7 }) {
            0 => Aggregate::WeightedMean,
            1 => Aggregate::PointsOverPossible,
            2 => Aggregate::Min,
            3 => Aggregate::Max,
            4 => Aggregate::GeometricMean,
            _ => sum(self),
        }
    }

    fn parts(&mut self, names: &[&str], global: bool, depth: usize) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut rest = names;
        while let Some((first, others)) = rest.split_first() {
            if depth < 3 && self.once_in(3) {
                let (inside, outside) = rest.split_at(self.pick(rest.len()) + 1);
                let group = Group {
                    aggregate: self.maybe(2, |tape| tape.aggregate(global, None)),
                    rounding: if global { None } else { self.maybe(4, |tape| tape.pick(3) as u8) },
                    parts: self.parts(inside, global, depth + 1),
                };
                let weight = self.maybe(2, Self::weight);
                parts.push(Part { name: format!("g{depth}_{}", inside[0]), weight, group: Some(group) });
                rest = outside;
            } else {
                parts.push(Part {
                    name: (*first).to_owned(),
                    weight: self.maybe(2, Self::weight),
                    group: None,
                });
                rest = others;
            }
        }
        parts
    }

    fn cards(
        &mut self,
        components: &[Component],
        parts: &[Part],
        (global, limits): (bool, (f64, f64)),
    ) -> Vec<Card> {
        let mut taken = Vec::new();
        let number = self.pick(3);
        let mut cards = Vec::new();
        for at in 0..=number {
            let when = (at < number).then(|| self.condition(&taken));
            taken.extend(when);
            let own = self.maybe(3, |tape| {
                let some = components.iter().filter(|_| !tape.once_in(3)).map(|part| part.name.as_str());
                let mut some: Vec<&str> = some.collect();
                if some.is_empty() {
                    some.push(&components[0].name);
                }
                tape.parts(&some, global, 0)
            });
            let mut names = Vec::new();
            collect(own.as_deref().unwrap_or(parts), &mut names);
            let mut weights = Vec::new();
            let mut rules = Vec::new();
            for name in names {
                weights.extend(self.maybe(4, |tape| (name.clone(), tape.weight())));
                let Some(component) = components.iter().find(|component| component.name == name) else {
                    continue;
                };
                rules.extend(self.maybe(4, |tape| (name, tape.rewritten(component))));
            }
            let aggregate = self.maybe(4, |tape| tape.aggregate(global, Some(limits)));
            cards.push(Card { name: format!("card{at}"), when, parts: own, aggregate, weights, rules });
        }
        cards
    }

    /// What a scorecard says otherwise about a component.
    fn rewritten(&mut self, component: &Component) -> Scoring {
        let is_text = component.value == Value::Grade;
        // Points in so many words must suit the range of every scorecard.
        let keeps_range = matches!(component.zero, Some((_, Give::Points(_))));
        if keeps_range || self.once_in(3) {
            let missing = Some(self.of(&[Missing::Worst, Missing::Best, Missing::CarryForward(3)]));
            return Scoring { cases: Vec::new(), range: None, rounding: None, missing };
        }
        let mut scoring = self.scoring(false, is_text);
        // What is not said stays as the component has it, and must suit the new range.
        let inherited = matches!(component.scoring.missing, Some(Missing::Neutral(_)));
        if scoring.missing.is_none() && inherited {
            scoring.missing = Some(Missing::Renormalise);
        }
        let rounded = component.scoring.rounding.is_some();
        if scoring.rounding.is_none() && rounded {
            scoring.rounding = component.scoring.rounding;
        }
        if scoring.rounding.is_some() {
            scoring.missing = scoring.missing.filter(|missing| !matches!(missing, Missing::Neutral(_)));
            scoring.missing = scoring.missing.or(Some(Missing::Worst));
        }
        scoring
    }
}

/// The names of all components and groups.
fn collect(parts: &[Part], names: &mut Vec<String>) {
    for part in parts {
        names.push(part.name.clone());
        collect(part.group.as_ref().map_or(&[], |group| group.parts.as_slice()), names);
    }
}
