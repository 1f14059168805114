//! `local_day(timestamp)`: the day on which something happened in the project's time zone.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Date32Array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use chrono::{DateTime, Offset, TimeZone, Utc};
use chrono_tz::Tz;
use datafusion::common::{Result, exec_datafusion_err, plan_err};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::project::types::sql_name;

/// `local_day(timestamp) → DATE`: the calendar day of an instant in `zone`. A timestamp without a zone is UTC; a
/// `DATE` is a day already and passes as it is; NULL stays NULL.
pub fn local_day(zone: Tz) -> ScalarUDF {
    ScalarUDF::new_from_impl(LocalDay {
        zone: zone.name().to_owned(),
        signature: Signature::user_defined(Volatility::Immutable),
    })
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct LocalDay {
    zone: String,
    signature: Signature,
}

impl ScalarUDFImpl for LocalDay {
    fn name(&self) -> &'static str {
        "local_day"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        match types {
            [DataType::Date32] => Ok(vec![DataType::Date32]),
            [DataType::Timestamp(_, zone)] => {
                Ok(vec![DataType::Timestamp(TimeUnit::Microsecond, zone.clone())])
            }
            [DataType::Null] => Ok(vec![DataType::Timestamp(TimeUnit::Microsecond, None)]),
            _ => {
                let given: Vec<String> = types.iter().map(sql_name).collect();
                plan_err!("local_day takes one TIMESTAMP or DATE, not ({})", given.join(", "))
            }
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Date32)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let zone: Tz = self.zone.parse().map_err(|_| exec_datafusion_err!("no time zone {}", self.zone))?;
        let array = args.args[0].to_array(args.number_rows)?;
        Ok(ColumnarValue::Array(days(&array, zone)?))
    }
}

fn days(instants: &ArrayRef, zone: Tz) -> Result<ArrayRef> {
    if instants.data_type() == &DataType::Date32 {
        return Ok(Arc::clone(instants));
    }
    let instants = cast(instants, &DataType::Timestamp(TimeUnit::Microsecond, None))?;
    let micros = instants.as_primitive::<TimestampMicrosecondType>();
    let mut offsets = Offsets { zone, block: i64::MIN, seconds: 0 };
    let days = micros.values().iter().map(|at| day_of(*at, &mut offsets)).collect::<Vec<i32>>();
    Ok(Arc::new(Date32Array::new(days.into(), micros.nulls().cloned())))
}

const MICROS_A_SECOND: i64 = 1_000_000;
const MICROS_A_DAY: i64 = 86_400 * MICROS_A_SECOND;

fn day_of(micros: i64, offsets: &mut Offsets) -> i32 {
    let local = micros.saturating_add(offsets.at(micros) * MICROS_A_SECOND);
    i32::try_from(local.div_euclid(MICROS_A_DAY)).unwrap_or(if local < 0 { i32::MIN } else { i32::MAX })
}

/// The zone's distance from UTC. Clocks change at whole quarter hours, so one look-up serves a block of 15 minutes;
/// logs are mostly in order of time, so the block last used is mostly the one asked for.
struct Offsets {
    zone: Tz,
    block: i64,
    seconds: i64,
}

impl Offsets {
    fn at(&mut self, micros: i64) -> i64 {
        if self.zone == Tz::UTC {
            return 0;
        }
        let block = micros.div_euclid(900 * MICROS_A_SECOND);
        if block != self.block {
            let instant = DateTime::<Utc>::from_timestamp_micros(micros).unwrap_or_default();
            self.seconds =
                i64::from(self.zone.offset_from_utc_datetime(&instant.naive_utc()).fix().local_minus_utc());
            self.block = block;
        }
        self.seconds
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::TimestampMicrosecondArray;
    use chrono::NaiveDate;

    use super::*;

    fn day(instant: &str, zone: Tz) -> NaiveDate {
        let micros = DateTime::parse_from_rfc3339(instant).unwrap().timestamp_micros();
        let column: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![micros]));
        days(&column, zone).unwrap().as_any().downcast_ref::<Date32Array>().unwrap().value_as_date(0).unwrap()
    }

    #[test]
    fn a_day_begins_at_local_midnight_on_both_sides_of_a_clock_change() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(day("2026-03-28T22:59:59Z", Tz::Europe__Berlin), date("2026-03-28"));
        assert_eq!(day("2026-03-28T23:00:00Z", Tz::Europe__Berlin), date("2026-03-29"));
        assert_eq!(day("2026-03-29T21:59:59Z", Tz::Europe__Berlin), date("2026-03-29"));
        assert_eq!(day("2026-03-29T22:00:00Z", Tz::Europe__Berlin), date("2026-03-30"));
        assert_eq!(day("1969-12-31T23:59:59Z", Tz::UTC), date("1969-12-31"));
        assert_eq!(day("2026-01-01T04:59:59Z", Tz::America__New_York), date("2025-12-31"));
    }
}
