//! Options of a table that is stored by day: `PARTITIONED BY (as_of_date) WITH (look_back = '27 days')`.

use datafusion::sql::sqlparser::ast::{CreateTableOptions, Spanned, SqlOption};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::options::days;
use super::parse::normal;
use crate::diagnostic::Diagnostic;
use crate::project::model::Storing;

/// The options, and what they are for.
const HELP: &str = "its options are look_back = '27 days' (its rows depend on no day before) and settles_after = '60 days' (daily facts)";

/// What a table says of its days.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct TableOptions {
    pub(super) look_back: Option<u32>,
    pub(super) settles_after: Option<u32>,
}

impl TableOptions {
    /// Reads them; what is wrong with any, and where it stands.
    pub(super) fn read(options: &CreateTableOptions, storing: Storing) -> (Self, Vec<(Span, Diagnostic)>) {
        let (options, is_with) = match options {
            CreateTableOptions::None => return (Self::default(), Vec::new()),
            CreateTableOptions::With(options) => (options, true),
            CreateTableOptions::Options(options)
            | CreateTableOptions::Plain(options)
            | CreateTableOptions::TableProperties(options) => (options, false),
        };
        let (mut read, mut wrong) = (Self::default(), Vec::new());
        for option in options {
            if let Err(problem) = read.enter(option, is_with, storing) {
                wrong.push((option.span(), problem));
            }
        }
        (read, wrong)
    }

    fn enter(&mut self, option: &SqlOption, is_with: bool, storing: Storing) -> Result<(), Diagnostic> {
        let unknown = || {
            let message = format!("a stored table has no option `{option}`");
            Err(Diagnostic::error("unknown-option", message).help(HELP))
        };
        let SqlOption::KeyValue { key, value } = option else { return unknown() };
        let name = normal(key);
        let place = match name.as_str() {
            "look_back" if is_with => &mut self.look_back,
            "settles_after" if is_with => &mut self.settles_after,
            _ => return unknown(),
        };
        if storing == Storing::Whole {
            let message = format!("a table that is stored whole has no days, and no `{name}`");
            let help = "write PARTITIONED BY (as_of_date), or leave the option out";
            return Err(Diagnostic::error("option-of-days", message).help(help));
        }
        *place = Some(days(&name, value.to_string().trim_matches('\''))?);
        Ok(())
    }
}
