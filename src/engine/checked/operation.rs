//! What can overflow, and so is computed by functions of ours.

use datafusion::logical_expr::Operator;

/// What is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    ShiftLeft,
    Negate,
}

impl Operation {
    /// The operation of an operator that can overflow. (The remainder of a division cannot.)
    pub(super) fn of(operator: Operator) -> Option<Self> {
        Some(match operator {
            Operator::Plus => Self::Add,
            Operator::Minus => Self::Subtract,
            Operator::Multiply => Self::Multiply,
            Operator::Divide => Self::Divide,
            Operator::BitwiseShiftLeft => Self::ShiftLeft,
            _ => return None,
        })
    }

    /// As it is written between its operands.
    pub(super) fn operator(self) -> Operator {
        match self {
            Self::Add => Operator::Plus,
            Self::Subtract | Self::Negate => Operator::Minus,
            Self::Multiply => Operator::Multiply,
            Self::Divide => Operator::Divide,
            Self::ShiftLeft => Operator::BitwiseShiftLeft,
        }
    }
}
