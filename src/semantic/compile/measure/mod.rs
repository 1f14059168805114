//! From a row of metrics to what each component measures: values, what they are compared with, why there are none.
//!
//! | step | of each component |
//! | --- | --- |
//! | `measured` | `value_x`, the expression; conditions as numbers: `held_x`, `case_x`, `none_x`; `age_x`, `peer_x` |
//! | `faded` | `value_x` as its age leaves it |
//! | `rested` | `idle_28`, 1 where no usage was expected on any of so many days |
//! | `observed` | `value_x`, NULL unless it is a finite number and not held back |
//! | `averaged`, `compared`, `sound` | `measure_x`, the value against earlier ones or against others |
//! | `zeroed` | `zero_x`, 1 where there is no value because usage is zero |
//! | `carried` | `known_x`, the measure or the last one of the days before |

mod decay;
mod missing;
mod relative;
mod values;

use self::decay::{ages, faded};
use self::missing::{carried, carries, zeroed};
use self::relative::{averaged, compared};
pub(super) use self::values::NOT_YET;
use self::values::{measured, observed, rested};
use super::query::Query;
use super::writer::Writer;
use crate::semantic::expression::Expression;

/// Writes the steps, and tells the name of the last.
pub(super) fn write(
    writer: &mut Writer,
    query: &Query<'_>,
    extras: &[(String, &Expression)],
) -> &'static str {
    measured(writer, query, extras);
    let mut last = "measured";
    if query.slots.iter().any(ages) {
        faded(writer, query, extras);
        last = "faded";
    }
    if query.slots.iter().any(|slot| slot.rests) {
        rested(writer, query, last);
        last = "rested";
    }
    observed(writer, query, extras, last);
    last = "observed";
    if query.slots.iter().any(|slot| slot.component.relative_to.is_some()) {
        averaged(writer, query);
        compared(writer, query);
        last = "sound";
    }
    if query.slots.iter().any(|slot| slot.zero().is_some()) {
        zeroed(writer, query, last);
        last = "zeroed";
    }
    if query.slots.iter().any(carries) {
        carried(writer, query, last);
        last = "carried";
    }
    last
}
