//! Features, what accounts may use, and what they do use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{NaiveDate, TimeDelta};

use super::customers::{Facts, IDS, Ugly, count, must_equal, ratio};
use super::sources::{Column, Dice, within, write_source};
use crate::oracle::table::Value;
use crate::oracle::world::days_ago;

pub struct Feature {
    feature: &'static str,
    is_key: bool,
    weight: i64,
    released_on: NaiveDate,
    retired_on: Option<NaiveDate>,
}

pub struct Right {
    account_id: &'static str,
    feature: &'static str,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
}

pub struct Rows {
    pub features: Vec<Feature>,
    pub rights: Vec<Right>,
}

pub fn drawn(dice: &mut Dice) -> Rows {
    let feature = |feature, is_key, weight, released: u64, retired: Option<u64>| Feature {
        feature,
        is_key,
        weight,
        released_on: days_ago(released),
        retired_on: retired.map(days_ago),
    };
    let features = vec![
        feature("reports", true, 3, 900, None),
        feature("automation", true, 2, 20, None),
        feature("fax", true, 4, 900, Some(15)),
        feature("unused", false, 9, 900, None),
    ];
    let mut rights = Vec::new();
    for _ in 0..30 {
        let valid_from = dice.day(120);
        rights.push(Right {
            account_id: dice.pick(&[IDS[0], IDS[1], IDS[2], IDS[3], IDS[5]]),
            feature: dice.pick(&["reports", "automation", "search", "fax", "unused"]),
            valid_from,
            valid_to: dice.once_in(2).then(|| valid_from + TimeDelta::days(1 + dice.below(90))),
        });
    }
    rights.push(Right { ..rights[0] });
    Rows { features, rights }
}

impl Rows {
    pub fn write(&self, folder: &Path) {
        let rows = &self.features;
        write_source(
            folder,
            "features",
            vec![
                ("feature", Column::words(rows, |row| row.feature)),
                ("title", Column::words(rows, |row| row.feature)),
                ("is_key", Column::Flag(rows.iter().map(|row| row.is_key).collect())),
                ("weight", Column::Whole(rows.iter().map(|row| row.weight).collect())),
                ("released_on", Column::days(rows, |row| row.released_on)),
                ("retired_on", Column::Day(rows.iter().map(|row| row.retired_on).collect())),
            ],
        );
        let rows = &self.rights;
        write_source(
            folder,
            "entitlements",
            vec![
                ("account_id", Column::words(rows, |row| row.account_id)),
                ("feature", Column::words(rows, |row| row.feature)),
                ("valid_from", Column::days(rows, |row| row.valid_from)),
                ("valid_to", Column::Day(rows.iter().map(|row| row.valid_to).collect())),
            ],
        );
    }

    /// Whether a feature is one of those that make customers stay.
    pub fn is_key(&self, feature: &str) -> bool {
        self.features.iter().any(|row| row.feature == feature && row.is_key)
    }

    /// Whether a right is the one of its account, feature and first day that stands: the first to end.
    fn stands(&self, right: &Right) -> bool {
        let key = |right: &Right| (right.account_id, right.feature, right.valid_from);
        let end = |right: &Right| right.valid_to.unwrap_or(NaiveDate::MAX);
        !self.rights.iter().any(|other| key(other) == key(right) && end(other) < end(right))
    }

    /// Whether a feature is there on a day, as far as anybody says.
    fn is_there(&self, feature: &str, day: NaiveDate) -> bool {
        let listed = self.features.iter().find(|row| row.feature == feature);
        listed.is_none_or(|row| row.released_on <= day && row.retired_on.is_none_or(|end| day < end))
    }
}

fn facts(ugly: &Ugly, account_id: &str, as_of: NaiveDate) -> Facts {
    let rows = &ugly.adoption;
    let (entitled, listed) = (ugly.reports("entitlements", as_of), ugly.reports("features", as_of));
    let mut uses: BTreeMap<&str, Vec<NaiveDate>> = BTreeMap::new();
    for (day, event) in ugly.uses(account_id, as_of) {
        if let Some(feature) = event.feature.as_deref().filter(|feature| rows.is_there(feature, day)) {
            uses.entry(feature).or_default().push(day);
        }
    }
    let used = |feature: &str| {
        let days = uses.get(feature).map_or(&[][..], Vec::as_slice);
        if !rows.is_there(feature, as_of) {
            0
        } else {
            days.iter().filter(|day| within(**day, as_of, 28)).count() as i64
        }
    };
    let holds = |right: &&Right| {
        right.account_id == account_id
            && rows.stands(right)
            && right.valid_from <= as_of
            && right.valid_to.is_none_or(|end| as_of < end)
    };
    let may_use: BTreeSet<&str> = rows.rights.iter().filter(holds).map(|right| right.feature).collect();
    let does_use = may_use.iter().filter(|feature| used(feature) > 0).count();
    let keys = rows.features.iter().filter(|feature| feature.is_key);
    let adopted: Vec<&Feature> =
        keys.clone().filter(|key| used(key.feature) >= ugly.world.adopted_after).collect();
    let there = keys.filter(|key| rows.is_there(key.feature, as_of));
    let weights: i64 = there.map(|key| key.weight).sum();
    let weight: i64 = adopted.iter().map(|key| key.weight).sum();
    let tenure = ugly.world.commerce().customer(&ugly.world, account_id, as_of).unwrap().tenure_days;
    let news = |days: i64| {
        let firsts = uses.values().map(|days| *days.iter().min().unwrap());
        firsts.filter(|first| within(*first, as_of, days)).count()
    };
    // A use is the first one where none was before it, which the log tells of its own days: of 28 before those that are
    // looked at, or of all as a customer.
    let is_told = |days: i64| {
        let is_in_the_log = |days: i64| as_of - TimeDelta::days(days - 1) >= ugly.complete_from();
        is_in_the_log(days + 28) || is_in_the_log(tenure)
    };
    let months = tenure.clamp(30, 90) as f64 / 30.0;
    Facts::from([
        ("features_entitled", count(entitled, may_use.len())),
        ("entitled_features_28d", count(entitled, does_use)),
        ("feature_adoption_28d", ratio(entitled, does_use as f64, may_use.len() as f64)),
        ("key_features_adopted", count(listed, adopted.len())),
        ("key_feature_weight", Value::Whole(weight)),
        ("key_adoption", ratio(listed, weight as f64, weights as f64)),
        ("features_ever", count(true, uses.len())),
        ("features_new_28d", count(is_told(28), news(28))),
        ("adoption_velocity", ratio(is_told(90), news(90) as f64, months)),
    ])
}

#[test]
fn capabilities_6_27_96_adoption() {
    must_equal("adoption", facts);
}
