//! What a score reads of stored metrics: which columns, and the days before its own that it looks back to.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, RangeInclusive};

use chrono::{Days, NaiveDate};
use datafusion::sql::sqlparser::ast::{Expr, visit_expressions};

use super::definition::{Component, OnMissing, Relative, Score, UsageKind};
use super::expression::Expression;

impl Expression {
    /// The columns that it names by a word of their own.
    fn columns(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        if let Some(expression) = self.parsed() {
            let _ = visit_expressions(&expression, |inner| {
                if let Expr::Identifier(name) = inner {
                    found.insert(name.value.clone());
                }
                ControlFlow::<()>::Continue(())
            });
        }
        found
    }
}

impl Score {
    /// The columns of metrics that decide its numbers, each with the first that reads it, in words. None of a roll-up.
    pub fn columns_read(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut note = |expression: Option<&Expression>, reader: &str| {
            for column in expression.into_iter().flat_map(Expression::columns) {
                found.entry(column).or_insert_with(|| reader.to_owned());
            }
        };
        for component in self.components() {
            let reader = format!("the component `{}`", component.name);
            component.expressions().for_each(|expression| note(Some(expression), &reader));
        }
        for card in self.scorecards() {
            note(card.when.as_ref(), &format!("the scorecard `{}`", card.name));
        }
        if let Some(UsageKind::By(of)) = &self.usage_of {
            note(Some(of), "`usage_of`");
        }
        if let Some(idle) = &self.expected_idle {
            note(Some(&idle.when), "`expected_idle`");
            note(Some(&idle.unless), "`expected_idle`");
        }
        found
    }

    /// The days of metrics that decide its numbers of a day.
    pub fn days_read(&self, day: NaiveDate) -> Vec<RangeInclusive<NaiveDate>> {
        let before = |day: NaiveDate, days: u32| {
            day.checked_sub_days(Days::new(days.into())).unwrap_or(NaiveDate::MIN)
        };
        let furthest = self.components().map(|component| self.looks_back(component)).max().unwrap_or(0);
        let periods = self.components().filter_map(|component| match component.relative_to {
            Some(Relative::Reference { from, to, .. }) => Some(before(from, self.rests(component))..=to),
            _ => None,
        });
        periods.chain([before(day, furthest)..=day]).collect()
    }

    /// The components of all scorecards, as each has them.
    fn components(&self) -> impl Iterator<Item = &Component> {
        self.scorecards().iter().flat_map(|card| card.root.components()).map(AsRef::as_ref)
    }

    /// How many days before its own a component's points depend on.
    fn looks_back(&self, component: &Component) -> u32 {
        let own = match component.relative_to {
            Some(Relative::OwnHistory { days, gap, .. }) => gap + days - 1,
            _ => 0,
        };
        let carried = match component.scoring.on_missing {
            OnMissing::CarryForward(days) => days,
            _ => 0,
        };
        own + carried + self.rests(component)
    }

    /// How many days before its own may leave a component without a value because no usage was expected.
    fn rests(&self, component: &Component) -> u32 {
        let rests = self.expected_idle.is_some() && component.usage_of.is_some();
        if rests { component.look_back.saturating_sub(1) } else { 0 }
    }
}

impl Component {
    /// The expressions over metrics that decide its points.
    fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let peers = match &self.relative_to {
            Some(Relative::Peers { by, .. }) => by.as_ref(),
            _ => None,
        };
        let conditions = [self.applies_when.as_ref(), self.ready_when.as_ref(), peers];
        std::iter::once(&self.value)
            .chain(conditions.into_iter().flatten())
            .chain(self.zero_base.as_ref().and_then(|zero| zero.when.as_ref()))
            .chain(self.decay.as_ref().map(|decay| &decay.age))
            .chain(self.scoring.cases.iter().filter_map(|case| case.when.as_ref()))
    }
}
