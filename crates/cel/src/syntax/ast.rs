//! The tree of an expression.

use std::sync::Arc;

use regex::Regex;

use crate::functions::Function;
pub use crate::value::Literal;

/// One expression with its place in the source.
#[derive(Debug, Clone)]
pub struct Node {
    pub kind: Kind,
    /// Byte offset in the source.
    pub at: u32,
    /// Height of the tree below and with this node; the parser bounds it.
    pub height: u16,
}

/// What the outer world gives to a rule. These names cannot be given to anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Variable {
    Data,
    NewData,
    LinkedData,
    Actions,
    Auth,
    RuleParams,
    Request,
    RateLimit,
}

impl Variable {
    pub const ALL: [Self; 8] = [
        Self::Data,
        Self::NewData,
        Self::LinkedData,
        Self::Actions,
        Self::Auth,
        Self::RuleParams,
        Self::Request,
        Self::RateLimit,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::NewData => "newData",
            Self::LinkedData => "linkedData",
            Self::Actions => "actions",
            Self::Auth => "auth",
            Self::RuleParams => "ruleParams",
            Self::Request => "request",
            Self::RateLimit => "rateLimit",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variable| variable.name() == name)
    }
}

/// Operators with two strict operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
}

impl Operator {
    /// The name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "_+_",
            Self::Subtract => "_-_",
            Self::Multiply => "_*_",
            Self::Divide => "_/_",
            Self::Remainder => "_%_",
            Self::Equal => "_==_",
            Self::NotEqual => "_!=_",
            Self::Less => "_<_",
            Self::LessOrEqual => "_<=_",
            Self::Greater => "_>_",
            Self::GreaterOrEqual => "_>=_",
            Self::In => "@in",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MacroKind {
    All,
    Exists,
    ExistsOne,
    Filter,
    Map,
}

/// `range.kind(variable, [filter,] body)`
#[derive(Debug, Clone)]
pub struct Macro {
    pub kind: MacroKind,
    pub range: Node,
    pub variable: Arc<str>,
    /// Only of a map with three arguments.
    pub filter: Option<Node>,
    pub body: Node,
}

/// `cel.bind(name, value, body)`: the value is computed when the body first needs it.
#[derive(Debug, Clone)]
pub struct Bind {
    pub name: Arc<str>,
    pub value: Node,
    pub body: Node,
}

/// `rateLimit.bucket.limit(key[, amount])`
#[derive(Debug, Clone)]
pub struct RateLimit {
    pub bucket: Arc<str>,
    pub key: Node,
    pub amount: Option<Node>,
}

/// What the rules can ask about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RequestField {
    ModifiedFields,
    Time,
    Ip,
    Origin,
}

#[derive(Debug, Clone)]
pub enum Kind {
    Literal(Literal),
    /// A macro's or `cel.bind`'s variable, or a bind of the rules.
    Name(Arc<str>),
    Variable(Variable),
    Request(RequestField),
    Select(Box<Node>, Arc<str>),
    /// `has(operand.field)`
    Has(Box<Node>, Arc<str>),
    Index(Box<[Node; 2]>),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
    Not(Box<Node>),
    Negate(Box<Node>),
    /// At least two parts.
    And(Vec<Node>),
    /// At least two parts.
    Or(Vec<Node>),
    Conditional(Box<[Node; 3]>),
    Binary(Operator, Box<[Node; 2]>),
    /// Of a method, the first argument is what it is called on.
    Call(&'static Function, Vec<Node>),
    /// `text.matches(pattern)`; a literal pattern is compiled once.
    Matches(Box<[Node; 2]>, Option<Regex>),
    Macro(Box<Macro>),
    Bind(Box<Bind>),
    /// `object.ref('a.b')`
    Reference(Variable, Arc<str>),
    RateLimit(Box<RateLimit>),
}

impl Node {
    pub(crate) fn new(kind: Kind, at: u32) -> Self {
        let mut below = 0;
        kind.each_child(&mut |child| below = below.max(child.height));
        Self { kind, at, height: below.saturating_add(1) }
    }
}

impl Kind {
    /// Calls back for every direct part.
    pub fn each_child<'a>(&'a self, call: &mut dyn FnMut(&'a Node)) {
        match self {
            Self::Literal(_) | Self::Name(_) | Self::Variable(_) | Self::Request(_) | Self::Reference(..) => {
            }
            Self::Select(node, _) | Self::Has(node, _) | Self::Not(node) | Self::Negate(node) => call(node),
            Self::Index(nodes) | Self::Binary(_, nodes) | Self::Matches(nodes, _) => {
                nodes.iter().for_each(call)
            }
            Self::Conditional(nodes) => nodes.iter().for_each(call),
            Self::List(nodes) | Self::And(nodes) | Self::Or(nodes) | Self::Call(_, nodes) => {
                nodes.iter().for_each(call);
            }
            Self::Map(entries) => entries.iter().for_each(|(key, value)| {
                call(key);
                call(value);
            }),
            Self::Macro(of) => {
                call(&of.range);
                of.filter.iter().for_each(&mut *call);
                call(&of.body);
            }
            Self::Bind(of) => {
                call(&of.value);
                call(&of.body);
            }
            Self::RateLimit(of) => {
                call(&of.key);
                of.amount.iter().for_each(call);
            }
        }
    }
}
