//! From one definition to another, change by change: each is a whole definition between the two, in a declared order.
//!
//! | order | change | what becomes as it is in the new definition |
//! | --- | --- | --- |
//! | 1 | measure, points, missing | component by component, by name: what it measures; what values are worth; what stands in where there is none. What makes sense only together (numbers that become texts, points on another range) is one change |
//! | 2 | weight | the weight of each part that has its place in both |
//! | 3 | added, removed | parts that are new, then components that are gone |
//! | 4 | groups | whatever else differs in the groups of scorecards that both have |
//! | 5 | scorecards | whom they are for; those that only one of the two has |
//! | 6 | usage, min_coverage, overrides, rounding, tiers | the score itself, one after the other |
//!
//! Weights of a group that are all so many times what they were are no change. The last change is the new definition: it
//! computes the same numbers (`tests/diff/changes.rs`).

use std::collections::{BTreeMap, BTreeSet};

use super::cause::Kind;
use super::items;
use super::tree::{self, Path};
use crate::semantic::{Component, Node, Part, Rule, Score, Scorecard};

/// One thing that a new definition says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What kind of thing.
    pub kind: Kind,
    /// The component or group that it is about; `None` of what is about the whole score.
    pub part: Option<String>,
    /// The same as people call it.
    pub title: String,
    /// What the old definition says.
    pub from: String,
    /// What the new one says.
    pub to: String,
    /// The old definition with this and all earlier changes.
    pub definition: Score,
}

/// The changes from one definition of a score to another, both over components, of one entity and scale.
pub fn changes(old: &Score, new: &Score) -> Vec<Change> {
    let mut way = Way { new, now: old.clone(), changes: Vec::new() };
    if old.definition != new.definition {
        way.rescale();
        way.components();
        way.weights();
        way.added();
        way.removed();
        way.groups();
        way.score();
    }
    way.changes
}

/// A definition on its way to another.
struct Way<'a> {
    new: &'a Score,
    now: Score,
    changes: Vec<Change>,
}

/// A scorecard as it is now, and the one of the same name in the new definition.
type Pair<'a> = (&'a Scorecard, &'a Scorecard);

/// What scorecards say of a part, each under its name.
type InCards = Vec<(String, Vec<String>)>;

impl Way<'_> {
    /// Makes a change, and notes what it was.
    fn turn(
        &mut self,
        kind: Kind,
        (part, title): (Option<&str>, &str),
        (old, new): (&[String], &[String]),
        edit: impl FnOnce(&mut Score, &Score),
    ) {
        edit(&mut self.now, self.new);
        let (from, to) = items::differing(old, new);
        let (part, title) = (part.map(str::to_owned), title.to_owned());
        self.changes.push(Change { kind, part, title, from, to, definition: self.now.clone() });
    }

    /// The scorecards that both have.
    fn pairs(&self) -> Vec<Pair<'_>> {
        let cards = self.now.scorecards().iter();
        cards.filter_map(|own| Some((own, tree::card(self.new, &own.name)?))).collect()
    }

    /// Something of a component in all scorecards that have it in both definitions.
    fn of_pairs(&self, name: &str, items: fn(&Component) -> Vec<String>) -> (Vec<String>, Vec<String>) {
        let both = self.pairs().into_iter().filter_map(|(own, new)| {
            let (was, is) = (tree::component(&own.root, name)?, tree::component(&new.root, name)?);
            Some(((own.name.as_str(), items(was)), (new.name.as_str(), items(is))))
        });
        let (old, new) = both.unzip();
        (items::by_card(old), items::by_card(new))
    }

    /// Takes over weights that stand to each other as they did: they decide the same.
    fn rescale(&mut self) {
        for own in tree::cards(&mut self.now) {
            if let Some(new) = tree::card(self.new, &own.name) {
                tree::rescale(&mut own.root, &new.root);
            }
        }
    }

    fn components(&mut self) {
        let new = self.new;
        for name in names(&self.now).intersection(&names(new)) {
            if let (Some(was), Some(is)) = (first(&self.now, name).cloned(), first(new, name)) {
                self.component(name, &was, is);
            }
        }
    }

    fn component(&mut self, name: &str, was: &Component, is: &Component) {
        let about = (Some(name), is.title.as_str());
        let of = |items: fn(&Component) -> Vec<String>| (items(was), items(is));
        let (measured, measures) = of(items::measure);
        let (worth, is_worth) = self.of_pairs(name, items::points);
        if is_text(was) != is_text(is) {
            let (old, new) = ([measured, worth].concat(), [measures, is_worth].concat());
            let whole = |now: &mut Score, new: &Score| {
                each(now, new, name, |own, new| *own = new.unwrap_or(is).clone())
            };
            return self.turn(Kind::Measure, about, (&old, &new), whole);
        }
        if measured != measures {
            let edit = |now: &mut Score, new: &Score| each(now, new, name, |own, _| take_measure(own, is));
            self.turn(Kind::Measure, about, (&measured, &measures), edit);
        }
        let (missing, is_missing) = self.of_pairs(name, items::missing);
        let (base, has_base) = of(items::no_base);
        let (missing, is_missing) = ([missing, base].concat(), [is_missing, has_base].concat());
        let (ranges, new_ranges) = self.of_pairs(name, range);
        let together = ranges != new_ranges;
        if worth != is_worth {
            let (old, new) = if together {
                ([worth, missing.clone()].concat(), [is_worth, is_missing.clone()].concat())
            } else {
                (worth, is_worth)
            };
            let all = |now: &mut Score, new: &Score| {
                each(now, new, name, take_points);
                if together {
                    take_missing(now, new, name, is);
                }
            };
            self.turn(Kind::Points, about, (&old, &new), all);
        }
        if !together && missing != is_missing {
            let edit = |now: &mut Score, new: &Score| take_missing(now, new, name, is);
            self.turn(Kind::Missing, about, (&missing, &is_missing), edit);
        }
    }

    fn weights(&mut self) {
        let mut found: BTreeMap<String, Vec<(String, Path, f64, f64)>> = BTreeMap::new();
        let mut titles = BTreeMap::new();
        for (own, new) in self.pairs() {
            let new = tree::parts(&new.root);
            for (path, part) in tree::parts(&own.root) {
                let Some(other) = new.get(&path).filter(|other| other.weight != part.weight) else {
                    continue;
                };
                titles.insert(path.1.clone(), tree::title(other).to_owned());
                let change = (own.name.clone(), path.clone(), part.weight, other.weight);
                found.entry(path.1).or_default().push(change);
            }
        }
        for (name, weights) in found {
            let texts = |of: fn(&(String, Path, f64, f64)) -> f64| {
                items::by_card(
                    weights.iter().map(|one| (one.0.as_str(), vec![of(one).to_string()])).collect(),
                )
            };
            let (old, new) = (texts(|one| one.2), texts(|one| one.3));
            self.turn(Kind::Weight, (Some(&name), &titles[&name]), (&old, &new), |now, _| {
                for (card, (path, _), _, weight) in &weights {
                    let own = tree::cards(now).iter_mut().find(|own| own.name == *card);
                    let group = own.and_then(|own| tree::group_at(&mut own.root, path));
                    let part =
                        group.and_then(|group| group.parts.iter_mut().find(|part| part.name() == name));
                    part.into_iter().for_each(|part| part.weight = *weight);
                }
            });
        }
    }

    fn added(&mut self) {
        let mut found: BTreeMap<String, Vec<(String, Vec<String>, Part)>> = BTreeMap::new();
        for (own, new) in self.pairs() {
            let known = tree::parts(&own.root);
            let has = |name: &str| known.keys().any(|(_, known)| known == name);
            for ((path, name), part) in tree::parts(&new.root) {
                let has_place = path
                    .split_last()
                    .is_none_or(|(last, above)| known.contains_key(&(above.to_vec(), last.clone())));
                let is_new = match &part.node {
                    Node::Component(_) => !has(&name),
                    Node::Group(group) => {
                        !has(&name) && group.components().iter().all(|inner| !has(&inner.name))
                    }
                };
                if has_place && is_new {
                    found.entry(name).or_default().push((own.name.clone(), path, part.clone()));
                }
            }
        }
        for (name, parts) in found {
            let weights =
                parts.iter().map(|(card, _, part)| (card.as_str(), vec![format!("weight {}", part.weight)]));
            let to = items::by_card(weights.collect());
            let title = parts.first().map_or("", |(.., part)| tree::title(part)).to_owned();
            self.turn(Kind::Added, (Some(&name), &title), (&[], &to), |now, _| {
                for (card, path, part) in parts {
                    let own = tree::cards(now).iter_mut().find(|own| own.name == card);
                    let group = own.and_then(|own| tree::group_at(&mut own.root, &path));
                    group.into_iter().for_each(|group| group.parts.push(part.clone()));
                }
            });
        }
    }

    fn removed(&mut self) {
        let mut found: BTreeMap<String, (String, InCards)> = BTreeMap::new();
        for (own, new) in self.pairs() {
            for part in tree::parts(&own.root).into_values() {
                let Node::Component(component) = &part.node else { continue };
                if tree::component(&new.root, &component.name).is_none() {
                    let one = (own.name.clone(), vec![format!("weight {}", part.weight)]);
                    let all = found
                        .entry(component.name.clone())
                        .or_insert_with(|| (component.title.clone(), Vec::new()));
                    all.1.push(one);
                }
            }
        }
        for (name, (title, weights)) in found {
            let cards: BTreeSet<String> = weights.iter().map(|(card, _)| card.clone()).collect();
            let from =
                items::by_card(weights.iter().map(|(card, items)| (card.as_str(), items.clone())).collect());
            // What would leave nothing is a matter of the groups.
            let leaves = |own: &Scorecard| own.root.components().iter().any(|other| other.name != name);
            if self.now.scorecards().iter().filter(|own| cards.contains(&own.name)).all(leaves) {
                self.turn(Kind::Removed, (Some(&name), &title), (&from, &[]), |now, _| {
                    let own = tree::cards(now).iter_mut().filter(|own| cards.contains(&own.name));
                    own.for_each(|own| tree::remove(&mut own.root, &name));
                });
            }
        }
    }

    fn groups(&mut self) {
        let both = self.pairs().into_iter();
        let both = both.map(|(own, new)| {
            ((own.name.as_str(), items::groups(own)), (new.name.as_str(), items::groups(new)))
        });
        let (old, new): (Vec<_>, Vec<_>) = both.unzip();
        let (old, new) = (items::by_card(old), items::by_card(new));
        if old != new {
            self.turn(Kind::Groups, (None, "Groups"), (&old, &new), |now, new| {
                for own in tree::cards(now) {
                    if let Some(new) = tree::card(new, &own.name) {
                        (own.root, own.missing_weight) = (new.root.clone(), new.missing_weight);
                    }
                }
            });
        }
    }

    /// What is about the score as a whole.
    fn score(&mut self) {
        self.of_score(Kind::Scorecards, "Scorecards", items::scorecards, |now, new| {
            now.source = new.source.clone()
        });
        self.of_score(Kind::Usage, "Usage that counts", items::usage, |now, new| {
            (now.usage_of, now.expected_idle) = (new.usage_of.clone(), new.expected_idle.clone());
        });
        let coverage = |score: &Score| vec![score.min_coverage.to_string()];
        self.of_score(Kind::MinCoverage, "Least coverage", coverage, |now, new| {
            now.min_coverage = new.min_coverage
        });
        // Overrides name the score that they are set against.
        let overrides = |score: &Score| {
            let of = score.stands_for();
            vec![if score.overrides { format!("apply, of {of}") } else { "do not apply".to_owned() }]
        };
        self.of_score(Kind::Overrides, "Overrides", overrides, |now, new| {
            now.overrides = new.overrides;
            (now.name, now.draft) = (new.name.clone(), new.draft.clone());
        });
        self.of_score(Kind::Rounding, "Rounding", items::rounding, |now, new| now.rounding = new.rounding);
        self.of_score(Kind::Tiers, "Tiers", items::tiers, |now, new| {
            (now.tiers, now.tier_from) = (new.tiers.clone(), new.tier_from);
        });
    }

    fn of_score(
        &mut self,
        kind: Kind,
        title: &str,
        items: fn(&Score) -> Vec<String>,
        edit: fn(&mut Score, &Score),
    ) {
        let (old, new) = (items(&self.now), items(self.new));
        if old != new {
            self.turn(kind, (None, title), (&old, &new), edit);
        }
    }
}

/// The components of all scorecards, by name.
fn names(score: &Score) -> BTreeSet<String> {
    let components = score.scorecards().iter().flat_map(|card| card.root.components());
    components.map(|component| component.name.clone()).collect()
}

/// The component of a name in the first scorecard that has it: what it measures is the same in all.
fn first<'a>(score: &'a Score, name: &str) -> Option<&'a Component> {
    score.scorecards().iter().find_map(|card| tree::component(&card.root, name)).map(AsRef::as_ref)
}

fn is_text(component: &Component) -> bool {
    component.scoring.cases.iter().any(|case| matches!(case.rule, Rule::Categories { .. }))
}

fn range(component: &Component) -> Vec<String> {
    vec![format!("{:?}", component.scoring.range)]
}

/// Changes a component in all scorecards, by what it is in the new scorecard of the same name, where it is in it.
fn each(now: &mut Score, new: &Score, name: &str, edit: impl Fn(&mut Component, Option<&Component>)) {
    for own in tree::cards(now) {
        let is = tree::card(new, &own.name).and_then(|card| tree::component(&card.root, name));
        tree::change(&mut own.root, name, &mut |own| edit(own, is.map(AsRef::as_ref)));
    }
}

fn take_measure(own: &mut Component, is: &Component) {
    own.value.clone_from(&is.value);
    own.applies_when.clone_from(&is.applies_when);
    own.ready_when.clone_from(&is.ready_when);
    own.decay.clone_from(&is.decay);
    own.relative_to.clone_from(&is.relative_to);
    (own.usage_of, own.look_back) = (is.usage_of, is.look_back);
}

fn take_points(own: &mut Component, is: Option<&Component>) {
    let Some(is) = is else { return };
    own.scoring.cases.clone_from(&is.scoring.cases);
    (own.scoring.range, own.scoring.rounding) = (is.scoring.range, is.scoring.rounding);
}

fn take_missing(now: &mut Score, new: &Score, name: &str, is: &Component) {
    each(now, new, name, |own, new| {
        own.zero_base.clone_from(&is.zero_base);
        own.scoring.on_missing = new.map_or(own.scoring.on_missing, |new| new.scoring.on_missing);
    });
}
