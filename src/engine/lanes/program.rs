//! What a program is made of.

use std::sync::Arc;

use arrow::array::ArrayRef;
use datafusion::physical_plan::PhysicalExpr;

/// An expression, compiled: what it reads, what it computes, what comes of that.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// Columns, each once.
    pub(super) inputs: Vec<Arc<dyn PhysicalExpr>>,
    pub(super) number: Number,
    pub(super) result: Output,
}

/// What the number of a lane stands for.
#[derive(Debug, Clone)]
pub(super) enum Output {
    /// Itself.
    Double,
    /// The integer that it is.
    SmallInteger,
    /// The integer that it is.
    Integer,
    /// The place of one of these texts.
    Text(ArrayRef),
}

/// A double for each lane, or NULL.
#[derive(Debug, Clone)]
pub(super) enum Number {
    /// An input, by its place; integers become the nearest double.
    Input(usize),
    Literal(Option<f64>),
    Unary(Unary, Box<Number>),
    Binary(Arithmetic, Box<Number>, Box<Number>),
    /// The first that is not NULL.
    Coalesce(Vec<Number>),
    /// The number of the first condition that is true.
    Case(Vec<(Condition, Number)>, Option<Box<Number>>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Unary {
    Abs,
    Floor,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Arithmetic {
    Plus,
    Minus,
    Times,
    Divide,
}

/// Whether something is true of a lane: true, false or NULL.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    /// By the total order of doubles, with one zero.
    Compare(Comparison, Number, Number),
    IsNull(Number),
    And(Box<Condition>, Box<Condition>),
    Or(Box<Condition>, Box<Condition>),
    Not(Box<Condition>),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Comparison {
    Less,
    AtMost,
    Equal,
}

impl Number {
    /// How many operations it takes.
    pub(super) fn operations(&self) -> usize {
        match self {
            Self::Input(_) | Self::Literal(_) => 0,
            Self::Unary(_, of) => 1 + of.operations(),
            Self::Binary(_, left, right) => 1 + left.operations() + right.operations(),
            Self::Coalesce(of) => of.iter().map(|of| 1 + of.operations()).sum(),
            Self::Case(branches, otherwise) => {
                let branches = branches.iter().map(|(when, then)| 1 + when.operations() + then.operations());
                branches.sum::<usize>() + otherwise.as_ref().map_or(0, |otherwise| otherwise.operations())
            }
        }
    }
}

impl Condition {
    fn operations(&self) -> usize {
        match self {
            Self::Compare(_, left, right) => 1 + left.operations() + right.operations(),
            Self::IsNull(of) => 1 + of.operations(),
            Self::And(left, right) | Self::Or(left, right) => 1 + left.operations() + right.operations(),
            Self::Not(of) => of.operations(),
        }
    }
}
