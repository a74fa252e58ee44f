//! Tokens to the tree. Whatever the input, the parser's own depth and the tree's height are bounded,
//! so that no recursion over a tree can run out of stack.

use std::sync::Arc;

use super::ast::{Kind, Literal, Node, Operator, Variable};
use super::calls;
use super::lexer::{Token, tokens};
use crate::error::RuleError;

/// Longest rule, in bytes.
const LENGTH_MAX: usize = 32 * 1024;
/// Brackets, conditionals and so on inside each other.
const NESTING_MAX: u16 = 48;
/// Height of the tree: nesting, and chains such as `a + b + …` and `a.b.c…`.
pub(crate) const HEIGHT_MAX: u16 = 120;

/// Compiled regular expressions take memory.
const PATTERNS_MAX: usize = 32;

const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

pub(crate) fn parse(source: &str) -> Result<Node, RuleError> {
    if source.len() > LENGTH_MAX {
        return Err(RuleError::at(
            source,
            0,
            format!("the expression is longer than {LENGTH_MAX} bytes: move parts of it into binds"),
        ));
    }
    let mut parser = Parser { source, tokens: tokens(source)?, next: 0, nesting: 0, patterns: 0 };
    let root = parser.expression()?;
    match parser.peek() {
        Token::End => Ok(root),
        other => Err(parser.unexpected(&format!("extraneous input {other}"))),
    }
}

struct Parser<'a> {
    source: &'a str,
    tokens: Vec<(Token, u32)>,
    next: usize,
    nesting: u16,
    patterns: usize,
}

type Parsed = Result<Node, RuleError>;

/// Operators of two operands by how tightly they bind. `||` and `&&` are apart, as they take many.
const LEVELS: [&[(&str, Operator)]; 3] = [
    &[
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<", Operator::Less),
        ("<=", Operator::LessOrEqual),
        (">", Operator::Greater),
        (">=", Operator::GreaterOrEqual),
        ("in", Operator::In),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Remainder)],
];

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    fn at(&self) -> u32 {
        self.tokens[self.next].1
    }

    /// The next token; [`Token::End`] again and again once all are taken.
    fn take(&mut self) -> Token {
        let token = self.tokens[self.next].0.clone();
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Token::Symbol(next) if *next == symbol);
        if found {
            self.take();
        }
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), RuleError> {
        if self.accept(symbol) {
            return Ok(());
        }
        Err(self.unexpected(&format!("mismatched input {} expecting '{symbol}'", self.peek())))
    }

    fn error(&self, at: u32, message: impl Into<String>) -> RuleError {
        RuleError::at(self.source, at as usize, message)
    }

    fn unexpected(&self, what: &str) -> RuleError {
        self.error(self.at(), format!("Syntax error: {what}"))
    }

    /// Every node is made here, which is where the height is bounded.
    fn node(&self, kind: Kind, at: u32) -> Parsed {
        let node = Node::new(kind, at);
        if node.height > HEIGHT_MAX {
            return Err(self.error(at, format!("the expression nests deeper than {HEIGHT_MAX} levels")));
        }
        Ok(node)
    }

    fn expression(&mut self) -> Parsed {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(
                self.error(self.at(), format!("the expression nests deeper than {NESTING_MAX} brackets"))
            );
        }
        let condition = self.any_of()?;
        let at = self.at();
        let node = if self.accept("?") {
            let then = self.any_of()?;
            self.expect(":")?;
            let otherwise = self.expression()?;
            self.node(Kind::Conditional(Box::new([condition, then, otherwise])), at)?
        } else {
            condition
        };
        self.nesting -= 1;
        Ok(node)
    }

    fn any_of(&mut self) -> Parsed {
        let first = self.all_of()?;
        let at = self.at();
        let mut parts = vec![first];
        while self.accept("||") {
            parts.push(self.all_of()?);
        }
        self.joined(parts, Kind::Or, at)
    }

    fn all_of(&mut self) -> Parsed {
        let first = self.operation(0)?;
        let at = self.at();
        let mut parts = vec![first];
        while self.accept("&&") {
            parts.push(self.operation(0)?);
        }
        self.joined(parts, Kind::And, at)
    }

    fn joined(&self, mut parts: Vec<Node>, kind: fn(Vec<Node>) -> Kind, at: u32) -> Parsed {
        match parts.pop() {
            Some(only) if parts.is_empty() => Ok(only),
            last => {
                parts.extend(last);
                self.node(kind(parts), at)
            }
        }
    }

    fn operation(&mut self, level: usize) -> Parsed {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.operation(level + 1)?;
        loop {
            let at = self.at();
            let Some(operator) = operators.iter().find(|(symbol, _)| self.accept(symbol)) else {
                return Ok(left);
            };
            let right = self.operation(level + 1)?;
            left = self.node(Kind::Binary(operator.1, Box::new([left, right])), at)?;
        }
    }

    /// Two of the same sign cancel out, as in the other implementations of the language.
    fn unary(&mut self) -> Parsed {
        let at = self.at();
        let count = |parser: &mut Self, symbol: &str| {
            let mut count = 0_usize;
            while parser.accept(symbol) {
                count += 1;
            }
            count
        };
        let nots = count(self, "!");
        if nots > 0 {
            let node = self.member()?;
            return if nots % 2 == 1 { self.node(Kind::Not(Box::new(node)), at) } else { Ok(node) };
        }
        let minuses = count(self, "-");
        if minuses == 0 {
            return self.member();
        }
        let negative = minuses % 2 == 1;
        match (self.peek().clone(), negative) {
            // The smallest int has no positive counterpart.
            (Token::Int(value), true) => {
                self.take();
                let Some(value) = 0_i64.checked_sub_unsigned(value) else {
                    return Err(self.error(at, format!("invalid int literal '-{value}'")));
                };
                let literal = self.node(Kind::Literal(Literal::Int(value)), at)?;
                self.members_of(literal)
            }
            (Token::Double(value), true) => {
                self.take();
                let literal = self.node(Kind::Literal(Literal::Double(-value)), at)?;
                self.members_of(literal)
            }
            _ => {
                let node = self.member()?;
                if negative { self.node(Kind::Negate(Box::new(node)), at) } else { Ok(node) }
            }
        }
    }

    fn member(&mut self) -> Parsed {
        let primary = self.primary()?;
        self.members_of(primary)
    }

    fn members_of(&mut self, mut node: Node) -> Parsed {
        loop {
            let at = self.at();
            if self.accept(".") {
                let name_at = self.at();
                node = match self.take() {
                    Token::Name(name) if !matches!(&*name, "true" | "false" | "null") => {
                        if self.accept("(") {
                            let arguments = self.list(")")?;
                            self.call(Some(node), &name, arguments, name_at)?
                        } else {
                            self.select(node, name, at)?
                        }
                    }
                    Token::Quoted(name) => self.select(node, name, at)?,
                    other => {
                        return Err(self.error(
                            name_at,
                            format!("Syntax error: mismatched input {other} expecting the name of a field"),
                        ));
                    }
                };
            } else if self.accept("[") {
                let index = self.expression()?;
                self.expect("]")?;
                node = self.node(Kind::Index(Box::new([node, index])), at)?;
            } else {
                return Ok(node);
            }
        }
    }

    fn select(&self, of: Node, field: Arc<str>, at: u32) -> Parsed {
        let kind = match of.kind {
            Kind::Variable(Variable::Request) => {
                let Some(field) = calls::request_field(&field) else {
                    let known = "modifiedFields, time, ip and origin";
                    return Err(self.error(at, format!("undefined field '{field}': request has {known}")));
                };
                Kind::Request(field)
            }
            _ => Kind::Select(Box::new(of), field),
        };
        self.node(kind, at)
    }

    fn call(&mut self, target: Option<Node>, name: &str, arguments: Vec<Node>, at: u32) -> Parsed {
        match calls::lower(target, name, arguments, at) {
            Ok(kind) => {
                self.patterns += usize::from(matches!(kind, Kind::Matches(_, Some(_))));
                if self.patterns > PATTERNS_MAX {
                    return Err(
                        self.error(at, format!("there are more than {PATTERNS_MAX} regular expressions"))
                    );
                }
                self.node(kind, at)
            }
            Err((at, message)) => Err(self.error(at, message)),
        }
    }

    /// Expressions up to the closing symbol; a comma may stand after the last one of a list.
    fn list(&mut self, close: &str) -> Result<Vec<Node>, RuleError> {
        let mut items = Vec::new();
        while !self.accept(close) {
            items.push(self.expression()?);
            if !self.accept(",") {
                self.expect(close)?;
                break;
            }
            if close == ")" && matches!(self.peek(), Token::Symbol(")")) {
                return Err(self.unexpected("mismatched input ')' expecting an expression"));
            }
        }
        Ok(items)
    }

    fn primary(&mut self) -> Parsed {
        let at = self.at();
        let kind = match self.take() {
            Token::Symbol("(") => {
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Symbol("[") => Kind::List(self.list("]")?),
            Token::Symbol("{") => Kind::Map(self.entries()?),
            // A leading dot asks for the outermost meaning of a name; there is no other here.
            Token::Symbol(".") if matches!(self.peek(), Token::Name(_)) => return self.primary_name(),
            Token::Int(value) => match i64::try_from(value) {
                Ok(value) => Kind::Literal(Literal::Int(value)),
                Err(_) => return Err(self.error(at, format!("invalid int literal '{value}'"))),
            },
            Token::Uint(value) => Kind::Literal(Literal::Uint(value)),
            Token::Double(value) => Kind::Literal(Literal::Double(value)),
            Token::String(text) => Kind::Literal(Literal::String(text)),
            Token::Bytes(bytes) => Kind::Literal(Literal::Bytes(bytes)),
            Token::Name(_) => {
                self.next -= 1;
                return self.primary_name();
            }
            other => {
                return Err(
                    self.error(at, format!("Syntax error: mismatched input {other} expecting an expression"))
                );
            }
        };
        self.node(kind, at)
    }

    fn primary_name(&mut self) -> Parsed {
        let at = self.at();
        let Token::Name(name) = self.take() else {
            return Err(self.error(at, "Syntax error: expecting a name"));
        };
        let literal = match &*name {
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            "null" => Some(Literal::Null),
            _ => None,
        };
        if let Some(literal) = literal {
            return self.node(Kind::Literal(literal), at);
        }
        if RESERVED.contains(&&*name) {
            return Err(self.error(at, format!("reserved identifier: {name}")));
        }
        if self.accept("(") {
            let arguments = self.list(")")?;
            return self.call(None, &name, arguments, at);
        }
        let kind = Variable::from_name(&name).map_or_else(|| Kind::Name(name), Kind::Variable);
        self.node(kind, at)
    }

    fn entries(&mut self) -> Result<Vec<(Node, Node)>, RuleError> {
        let mut entries = Vec::new();
        while !self.accept("}") {
            let key = self.expression()?;
            self.expect(":")?;
            entries.push((key, self.expression()?));
            if !self.accept(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(entries)
    }
}
