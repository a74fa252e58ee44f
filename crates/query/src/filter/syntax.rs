//! What the parser makes of a filter text. Names are not tied to anything yet.

/// A parsed filter. Groups of one part are unwrapped.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    Compare(Comparison),
    And(Vec<Expression>),
    Or(Vec<Expression>),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub left: Operand,
    pub operator: Operator,
    pub right: Operand,
}

/// A sign, with or without `?` before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    pub sign: Sign,
    /// `?`: one matching row of a multi-valued operand is enough.
    pub any: bool,
}

impl Operator {
    /// The operator as it is written.
    pub fn text(self) -> &'static str {
        match (self.sign, self.any) {
            (Sign::Equal, false) => "=",
            (Sign::Equal, true) => "?=",
            (Sign::NotEqual, false) => "!=",
            (Sign::NotEqual, true) => "?!=",
            (Sign::Like, false) => "~",
            (Sign::Like, true) => "?~",
            (Sign::NotLike, false) => "!~",
            (Sign::NotLike, true) => "?!~",
            (Sign::Less, false) => "<",
            (Sign::Less, true) => "?<",
            (Sign::LessOrEqual, false) => "<=",
            (Sign::LessOrEqual, true) => "?<=",
            (Sign::Greater, false) => ">",
            (Sign::Greater, true) => "?>",
            (Sign::GreaterOrEqual, false) => ">=",
            (Sign::GreaterOrEqual, true) => "?>=",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Equal,
    NotEqual,
    Like,
    NotLike,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    Identifier(String),
    /// Escapes are decoded.
    Text(String),
    Number(f64),
    Function {
        name: String,
        arguments: Vec<Operand>,
    },
}

impl Operand {
    /// How error messages name the operand.
    pub fn label(&self) -> String {
        match self {
            Self::Identifier(text) | Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Function { name, .. } => name.clone(),
        }
    }
}
