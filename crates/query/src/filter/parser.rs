//! Tokens to syntax tree.

use crate::error::FilterError;
use crate::filter::lexer::{Lexer, Token};
use crate::filter::syntax::{Comparison, Expression, Operand, Operator};

/// How many comparisons one filter may hold.
pub const MAX_COMPARISONS: usize = 200;

/// Parses a filter. Fails on an empty one, on a syntax error and over [`MAX_COMPARISONS`].
pub fn parse(text: &str) -> Result<Expression, FilterError> {
    Parser { lexer: Lexer::new(text), groups: vec![Group::default()], comparisons: 0 }.parse()
}

/// An open group: its parts as a disjunction of conjunctions.
#[derive(Debug, Default)]
struct Group {
    /// Every inner list but the last is complete; no inner list is empty once a part was added.
    alternatives: Vec<Vec<Expression>>,
    /// How the next part joins those before.
    join: Join,
    state: State,
}

#[derive(Debug, Default, Clone, Copy, PartialEq)]
enum Join {
    #[default]
    And,
    Or,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Left,
    Sign(Operand),
    Right(Operand, Operator),
    /// After a part.
    Join,
    /// After a join: like `Left`, but the group may not end here.
    Part,
}

impl Group {
    fn add(&mut self, part: Expression) {
        match (self.join, self.alternatives.last_mut()) {
            (Join::And, Some(parts)) => parts.push(part),
            _ => self.alternatives.push(vec![part]),
        }
        self.state = State::Join;
    }

    fn finish(self) -> Result<Expression, FilterError> {
        match self.state {
            State::Join => {}
            State::Left => return Err(FilterError::new("empty filter expression")),
            _ => return Err(incomplete()),
        }
        let mut alternatives: Vec<Expression> = self
            .alternatives
            .into_iter()
            .map(|mut parts| if parts.len() == 1 { parts.remove(0) } else { Expression::And(parts) })
            .collect();
        Ok(if alternatives.len() == 1 { alternatives.remove(0) } else { Expression::Or(alternatives) })
    }
}

fn incomplete() -> FilterError {
    FilterError::new("invalid or incomplete filter expression")
}

/// Groups are kept on a list of our own, so that no depth of parentheses can exhaust the stack.
struct Parser<'a> {
    lexer: Lexer<'a>,
    groups: Vec<Group>,
    comparisons: usize,
}

impl Parser<'_> {
    fn parse(mut self) -> Result<Expression, FilterError> {
        while let Some(token) = self.lexer.token()? {
            match token {
                // A group may follow anything: after a part it joins like the part before, and an
                // operand without a sign before it is dropped, as the original does.
                Token::Open => self.groups.push(Group::default()),
                Token::Close => self.close()?,
                token => self.step(token)?,
            }
        }
        let missing = self.groups.len() - 1;
        match self.groups.pop() {
            Some(group) if missing == 0 => group.finish(),
            _ => Err(FilterError::new(format!(
                "invalid formatted group - missing {missing} closing bracket(s)"
            ))),
        }
    }

    fn close(&mut self) -> Result<(), FilterError> {
        if self.groups.len() > 1
            && let Some(group) = self.groups.pop()
            && let Some(outer) = self.groups.last_mut()
        {
            outer.add(group.finish()?);
            return Ok(());
        }
        Err(FilterError::new("unexpected character ')'"))
    }

    fn step(&mut self, token: Token) -> Result<(), FilterError> {
        let Some(group) = self.groups.last_mut() else { return Err(incomplete()) };
        match (std::mem::take(&mut group.state), token) {
            (State::Left | State::Part, Token::Operand(left)) => group.state = State::Sign(left),
            (State::Sign(left), Token::Sign(operator)) => group.state = State::Right(left, operator),
            (State::Right(left, operator), Token::Operand(right)) => {
                self.comparisons += 1;
                if self.comparisons > MAX_COMPARISONS {
                    return Err(FilterError::new("max filter expressions limit reached"));
                }
                group.add(Expression::Compare(Comparison { left, operator, right }));
            }
            (State::Join, token @ (Token::And | Token::Or)) => {
                group.join = if token == Token::And { Join::And } else { Join::Or };
                group.state = State::Part;
            }
            (state, token) => {
                let expected = match state {
                    State::Left | State::Part => "left operand (identifier, function, text or number)",
                    State::Sign(_) => "a sign operator",
                    State::Right(..) => "right operand (identifier, function text or number)",
                    State::Join => "&& or ||",
                };
                return Err(FilterError::new(format!("expected {expected}, got {}", describe(&token))));
            }
        }
        Ok(())
    }
}

fn describe(token: &Token) -> String {
    match token {
        Token::Operand(operand) => {
            let kind = match operand {
                Operand::Identifier(_) => "identifier",
                Operand::Text(_) => "text",
                Operand::Number(_) => "number",
                Operand::Function { .. } => "function",
            };
            format!("{:?} ({kind})", operand.label())
        }
        Token::Sign(operator) => format!("{:?} (sign)", operator.text()),
        Token::And => "\"&&\" (join)".to_owned(),
        Token::Or => "\"||\" (join)".to_owned(),
        Token::Open => "\"(\"".to_owned(),
        Token::Close => "\")\"".to_owned(),
    }
}
