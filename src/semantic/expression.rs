//! A component's value: one SQL expression over one row of `metrics.accounts`, written in a YAML scalar.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use datafusion::functions_aggregate::all_default_aggregate_functions;
use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CastKind, DataType, ExactNumberInfo, Expr, Function, Ident, ObjectNamePart, Query, Value,
    VisitMut as _, VisitorMut,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Span, Token};

use super::not_a_number::{Finding, findings};
use super::overlap::RowSet;
use crate::diagnostic::{Diagnostic, Diagnostics, Location, SourceFile};
use crate::yaml::{self, Placed};

/// A checked SQL expression and where its parts stand in the YAML.
///
/// Its SQL is the canonical text: one spacing, unquoted names in lower case, no comments. A value is a real
/// number, so `/` never divides integers and `0.5` is a double, whatever the engine: both are spelt out.
#[derive(Debug, Clone, PartialEq)]
pub struct Expression {
    sql: String,
    location: Location,
    names: Vec<(Range<usize>, Location)>,
}

impl Expression {
    /// The canonical SQL.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Where the whole expression stands.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// The columns and functions that it names: bytes of [`Self::sql`], and where they stand in the YAML.
    pub fn names(&self) -> &[(Range<usize>, Location)] {
        &self.names
    }

    /// Which rows it can be true of, where it is a condition.
    pub(super) fn row_set(&self) -> RowSet {
        // What was written back as SQL was read once: places of names are known from it.
        parse_sql(&self.sql).map_or_else(|_| RowSet::default(), |condition| RowSet::of(&condition))
    }

    /// The expression, parsed again.
    pub(crate) fn parsed(&self) -> Option<Expr> {
        parse_sql(&self.sql).ok()
    }

    /// Whether no row of which `promised` is not false can fulfil this condition, which by itself some rows can.
    pub(crate) fn is_ruled_out_by(&self, promised: &Expr) -> bool {
        let Ok(condition) = parse_sql(&self.sql) else { return false };
        let both = Expr::BinaryOp {
            left: Box::new(Expr::Nested(Box::new(condition))),
            op: BinaryOperator::And,
            right: Box::new(Expr::Nested(Box::new(promised.clone()))),
        };
        !self.row_set().is_never() && !RowSet::of(promised).is_never() && RowSet::of(&both).is_never()
    }

    /// Reads the expression in a scalar, and warns of what in it may not be a number.
    ///
    /// # Errors
    ///
    /// `None`, with the problem told: it is not SQL, or reads more than one row of `metrics.accounts`.
    pub(super) fn parse(
        file: &Arc<SourceFile>,
        scalar: &Placed<String>,
        problems: &mut Diagnostics,
    ) -> Option<Self> {
        let location = yaml::place(file, scalar);
        let source = Scalar::new(location.clone(), &scalar.value);
        let (expression, findings) = problems.keep(Self::read(&source, location.clone()))?;
        for Finding { message, help, span } in findings {
            let place = source.span(span).unwrap_or_else(|| location.clone());
            let note = "infinity and what is not a number count as missing";
            problems.push(Diagnostic::warning("not-a-number", message).at(place).note(note).help(help));
        }
        Some(expression)
    }

    /// An expression that may be left out: `None` when it is there and wrong.
    pub(super) fn optional(
        file: &Arc<SourceFile>,
        scalar: Option<&Placed<String>>,
        problems: &mut Diagnostics,
    ) -> Option<Option<Self>> {
        match scalar {
            None => Some(None),
            Some(scalar) => Self::parse(file, scalar, problems).map(Some),
        }
    }

    /// Reads an expression that was typed, not written in a file: it means what it would mean as a component's value.
    ///
    /// # Errors
    /// It is not SQL, or reads more than one row of metrics.
    pub(crate) fn typed(text: &str) -> Result<Self, Diagnostic> {
        let text = SourceFile::new("the expression", text);
        let location = Location::new(&text, 0..text.text.len());
        let alignment = (0..=text.text.len()).collect();
        let source = Scalar { location: location.clone(), text, alignment };
        Self::read(&source, location).map(|(expression, _)| expression)
    }

    fn read(source: &Scalar, location: Location) -> Result<(Self, Vec<Finding>), Diagnostic> {
        let mut expression = parse_sql(&source.text.text).map_err(|problem| source.refusal(&problem))?;
        let findings = findings(&expression);
        let mut reader = Canonical::default();
        if let ControlFlow::Break(refused) = expression.visit(&mut reader) {
            let place = refused.place.and_then(|ident| source.name(&ident)).unwrap_or(location);
            return Err(Diagnostic::error("bad-expression", refused.message).at(place).help(refused.help));
        }
        let sql = expression.to_string();
        let Some(places) = places_in(&sql) else {
            return Err(Diagnostic::error("bad-expression", "this expression cannot be written back as SQL")
                .at(location)
                .note(format!("it would become {sql}"))
                .help("write it with fewer kinds of syntax, or compute it in a model under sql/metrics/"));
        };
        let names = places.into_iter().zip(&reader.names);
        let names = names.filter_map(|(bytes, name)| Some((bytes, source.name(name)?))).collect();
        Ok((Self { sql, location, names }, findings))
    }
}

/// What the parser says against a text, and the line and column where, when it says so.
struct Problem {
    message: String,
    position: Option<(usize, usize)>,
}

impl From<ParserError> for Problem {
    /// The parser gives positions only at the end of its words.
    fn from(error: ParserError) -> Self {
        let text = match error {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
            ParserError::RecursionLimitExceeded => "it is nested too deeply".to_owned(),
        };
        let placed = text.rsplit_once(" at Line: ").and_then(|(message, position)| {
            let (line, column) = position.split_once(", Column: ")?;
            Some((message.to_owned(), (line.parse().ok()?, column.parse().ok()?)))
        });
        match placed {
            Some((message, position)) => Self { message, position: Some(position) },
            None => Self { message: text, position: None },
        }
    }
}

fn parse_sql(text: &str) -> Result<Expr, Problem> {
    let mut parser = Parser::new(&GenericDialect {}).try_with_sql(text)?;
    let expression = parser.parse_expr()?;
    let next = parser.next_token();
    if next.token == Token::EOF {
        return Ok(expression);
    }
    let (line, column) = (next.span.start.line, next.span.start.column);
    Err(Problem {
        message: format!("Expected: the end of the expression, found: {}", next.token),
        position: Some((usize::try_from(line).unwrap_or(1), usize::try_from(column).unwrap_or(1))),
    })
}

/// Where the names of a canonical text stand in it; `None` for a text that does not mean itself.
fn places_in(sql: &str) -> Option<Vec<Range<usize>>> {
    let mut expression = parse_sql(sql).ok()?;
    let mut reader = Canonical::default();
    let refused = expression.visit(&mut reader).is_break();
    let text = SourceFile::new("", sql);
    let same = !refused && expression.to_string() == sql;
    same.then(|| reader.names.iter().map(|name| range(&text, name.span)).collect())
}

/// The bytes of a span in the text that it was parsed from.
fn range(text: &SourceFile, span: Span) -> Range<usize> {
    let at = |line: u64, column: u64| {
        text.offset(usize::try_from(line).unwrap_or(1), usize::try_from(column).unwrap_or(1))
    };
    let (start, end) = (span.start, span.end);
    at(start.line, start.column)..at(end.line, end.column)
}

/// The text of an expression, and the way back into the YAML that it stands in.
struct Scalar {
    location: Location,
    text: Arc<SourceFile>,
    alignment: Vec<usize>,
}

impl Scalar {
    fn new(location: Location, value: &str) -> Self {
        let alignment = yaml::alignment(&location.file.text[location.span.clone()], value);
        Self { location, text: SourceFile::new("", value), alignment }
    }

    /// The place in the YAML of bytes of the expression.
    fn place(&self, bytes: &Range<usize>) -> Location {
        let at = |byte: usize| self.location.span.start + self.alignment[byte.min(self.alignment.len() - 1)];
        Location::new(&self.location.file, at(bytes.start)..at(bytes.end).max(at(bytes.start)))
    }

    /// The place of a name; `None` for one that the parser did not place.
    fn name(&self, name: &Ident) -> Option<Location> {
        self.span(name.span)
    }

    fn span(&self, span: Span) -> Option<Location> {
        (span.start.line > 0).then(|| self.place(&range(&self.text, span)))
    }

    fn refusal(&self, problem: &Problem) -> Diagnostic {
        let start =
            problem.position.map_or(self.text.text.len(), |(line, column)| self.text.offset(line, column));
        let word = Location::word_at(&self.text, start);
        Diagnostic::error("bad-expression", format!("this is not an SQL expression: {}", problem.message))
            .at(self.place(&word.span))
    }
}

/// A reason why an expression cannot be a component's value.
struct Refused {
    message: String,
    help: &'static str,
    place: Option<Ident>,
}

/// Makes an expression canonical and notes its names in order, until something must be refused.
#[derive(Default)]
struct Canonical {
    names: Vec<Ident>,
}

impl Canonical {
    fn name(&mut self, name: &mut Ident) {
        self.names.push(name.clone());
        if name.quote_style.is_none() {
            name.value.make_ascii_lowercase();
        }
    }

    fn function(&mut self, function: &mut Function) -> ControlFlow<Refused> {
        for part in &mut function.name.0 {
            if let ObjectNamePart::Identifier(name) = part {
                self.name(name);
            }
        }
        let name = function.name.to_string();
        let refused = |message| {
            let place = self.names.last().cloned();
            let help = "compute it in a model under sql/metrics/ and use its column here";
            ControlFlow::Break(Refused { message, help, place })
        };
        if function.over.is_some() {
            return refused(format!("the window function `{name}` reads other rows of metrics.accounts"));
        }
        if is_aggregate(&name) {
            return refused(format!("the aggregate `{name}` reads more than one row of metrics.accounts"));
        }
        ControlFlow::Continue(())
    }
}

fn is_aggregate(name: &str) -> bool {
    all_default_aggregate_functions()
        .iter()
        .any(|function| function.name() == name || function.aliases().iter().any(|alias| alias == name))
}

impl VisitorMut for Canonical {
    type Break = Refused;

    fn pre_visit_query(&mut self, _query: &mut Query) -> ControlFlow<Refused> {
        ControlFlow::Break(Refused {
            message: "a component's value is an expression without queries".to_owned(),
            help: "the semantic side reads metrics.accounts only: compute it in a model under sql/metrics/",
            place: None,
        })
    }

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<Refused> {
        match expression {
            Expr::Identifier(name) => self.name(name),
            Expr::CompoundIdentifier(names) => names.iter_mut().for_each(|name| self.name(name)),
            Expr::Function(function) => return self.function(function),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<Refused> {
        match expression {
            // Engines disagree about integers: 3 / 4 is 0 in one and 0.75 in another.
            Expr::BinaryOp { left, op: BinaryOperator::Divide, .. } => as_double(left),
            // Two minus signs would begin a comment.
            Expr::UnaryOp { expr, .. } if matches!(**expr, Expr::UnaryOp { .. }) => nest(expr),
            // And about 0.1, which is a double in one and a decimal in another; 0.1e0 is a double in all.
            Expr::Value(value) => {
                if let Value::Number(digits, _) = &mut value.value
                    && digits.contains('.')
                    && !digits.contains(['e', 'E'])
                {
                    digits.push_str("e0");
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// The operand in parentheses.
fn nest(operand: &mut Expr) {
    let inner = std::mem::replace(operand, Expr::value(Value::Null));
    *operand = Expr::Nested(Box::new(inner));
}

/// The operand as a double, once.
fn as_double(operand: &mut Expr) {
    let double = DataType::Double(ExactNumberInfo::None);
    if matches!(operand, Expr::Cast { data_type, .. } if *data_type == double) {
        return;
    }
    let inner = std::mem::replace(operand, Expr::value(Value::Null));
    let inner = if let Expr::Nested(inner) = inner { inner } else { Box::new(inner) };
    *operand =
        Expr::Cast { kind: CastKind::Cast, expr: inner, data_type: double, array: false, format: None };
}
