//! Calls that hale writes as plain SQL: found in a parsed query, and in a text.

use std::ops::{ControlFlow, Range};

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Spanned, Value, Visit, visit_expressions,
};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::statement::bytes;
use crate::diagnostic::{Diagnostic, Location, SourceFile};

/// The arguments of a call of a function: `None` where an expression is something else, `Some(None)` where it is a call
/// with more than plain arguments.
pub(super) fn arguments<'e>(expression: &'e Expr, name: &str) -> Option<Option<Vec<&'e Expr>>> {
    let Expr::Function(function) = expression else { return None };
    let [part] = function.name.0.as_slice() else { return None };
    if !part.as_ident().is_some_and(|written| written.value.eq_ignore_ascii_case(name)) {
        return None;
    }
    let FunctionArguments::List(list) = &function.args else { return Some(None) };
    let is_plain = function.over.is_none() && function.filter.is_none() && list.clauses.is_empty();
    let plain = |argument: &'e FunctionArg| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(value)) => Some(value),
        _ => None,
    };
    Some(list.args.iter().map(plain).collect::<Option<_>>().filter(|_| is_plain))
}

/// What is wrong with the calls of a function in a query, each at its name.
pub(super) fn problems(
    part: &impl Visit,
    file: &SourceFile,
    place: impl Fn(Range<usize>) -> Location,
    problem: impl Fn(&Expr) -> Option<Diagnostic>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let visited = visit_expressions(part, |expression| {
        if let (Some(problem), Expr::Function(function)) = (problem(expression), expression) {
            found.push(problem.at(place(bytes(file, function.name.span()))));
        }
        ControlFlow::<()>::Continue(())
    });
    debug_assert!(visited.is_continue());
    found
}

/// The text that an expression writes out.
pub(super) fn text_of(expression: &Expr) -> Option<&str> {
    let Expr::Value(value) = expression else { return None };
    let Value::SingleQuotedString(text) = &value.value else { return None };
    Some(text)
}

/// The number that an expression writes out.
pub(super) fn number_of(expression: &Expr) -> Option<u32> {
    let Expr::Value(value) = expression else { return None };
    let Value::Number(number, false) = &value.value else { return None };
    number.parse().ok()
}

/// A text with the calls of a function written as something else, made of their arguments; comments and quoted texts stay.
/// Where nothing is made of a call, it stays too.
pub(super) fn rewritten(sql: &str, name: &str, make: &dyn Fn(&[String]) -> Option<String>) -> String {
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location() else {
        return sql.to_owned();
    };
    let file = SourceFile { path: String::new(), text: sql.to_owned() };
    let tokens: Vec<&TokenWithSpan> =
        tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).collect();
    let place = |token: &TokenWithSpan| bytes(&file, token.span);
    let (mut written, mut copied, mut at) = (String::new(), 0, 0);
    while at < tokens.len() {
        let call = called(&tokens[at..], name).and_then(|arguments| {
            let inner = |(first, last): &(usize, usize)| {
                let inner = place(tokens[at + first]).start..place(tokens[at + last]).end;
                rewritten(&sql[inner], name, make)
            };
            let made = make(&arguments.iter().map(inner).collect::<Vec<_>>())?;
            Some((made, at + arguments.last()?.1 + 1))
        });
        let Some((made, closed)) = call else {
            at += 1;
            continue;
        };
        written.push_str(&sql[copied..place(tokens[at]).start]);
        written.push_str(&made);
        copied = place(tokens[closed]).end;
        at = closed + 1;
    }
    written.push_str(&sql[copied..]);
    written
}

/// Where tokens begin with a call of a function: the first and the last token of each argument.
fn called(tokens: &[&TokenWithSpan], name: &str) -> Option<Vec<(usize, usize)>> {
    let [first, open, ..] = tokens else { return None };
    let Token::Word(word) = &first.token else { return None };
    let is_call = word.quote_style.is_none() && word.value.eq_ignore_ascii_case(name);
    if !is_call || open.token != Token::LParen {
        return None;
    }
    let (mut arguments, mut depth, mut begin) = (Vec::new(), 0, 2);
    for (at, token) in tokens.iter().enumerate().skip(2) {
        let ends = match token.token {
            Token::LParen | Token::LBracket => {
                depth += 1;
                false
            }
            Token::RParen | Token::RBracket if depth > 0 => {
                depth -= 1;
                false
            }
            Token::Comma | Token::RParen => depth == 0,
            _ => false,
        };
        if ends && at > begin {
            arguments.push((begin, at - 1));
        }
        if ends && token.token == Token::RParen {
            return Some(arguments);
        }
        if ends {
            begin = at + 1;
        }
    }
    None
}
