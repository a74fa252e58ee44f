//! Text to tokens.

use crate::error::FilterError;
use crate::filter::syntax::{Operand, Operator, Sign};

/// How deep function calls may nest in each other's arguments.
const MAX_FUNCTION_DEPTH: usize = 3;

#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    Operand(Operand),
    Sign(Operator),
    And,
    Or,
    Open,
    Close,
}

/// Reads one token after the other; spaces and comments between them are skipped.
#[derive(Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token, `None` at the end of the text.
    pub fn token(&mut self) -> Result<Option<Token>, FilterError> {
        self.skip_blank()?;
        let Some(byte) = self.peek() else { return Ok(None) };
        let token = match byte {
            b'(' => {
                self.at += 1;
                Token::Open
            }
            b')' => {
                self.at += 1;
                Token::Close
            }
            b'&' | b'|' => self.join()?,
            b'=' | b'?' | b'!' | b'>' | b'<' | b'~' => Token::Sign(self.sign()?),
            _ => match self.operand(0)? {
                Some(operand) => Token::Operand(operand),
                None => return Err(self.unexpected()),
            },
        };
        Ok(Some(token))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Advances over the bytes that satisfy the test and returns them.
    fn run(&mut self, test: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(&test) {
            self.at += 1;
        }
        // Every test accepts ASCII only, so both ends are character boundaries.
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The character that starts here.
    fn character(&self) -> char {
        self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or_default()
    }

    fn unexpected(&self) -> FilterError {
        FilterError::new(format!("unexpected character {:?}", self.character()))
    }

    fn skip_blank(&mut self) -> Result<(), FilterError> {
        loop {
            self.run(|byte| matches!(byte, b' ' | b'\t' | b'\n'));
            if self.peek() != Some(b'/') {
                return Ok(());
            }
            if self.text.as_bytes().get(self.at + 1) != Some(&b'/') {
                return Err(FilterError::new("invalid comment"));
            }
            self.at = match self.text.as_bytes()[self.at..].iter().position(|&byte| byte == b'\n') {
                Some(length) => self.at + length + 1,
                None => self.text.len(),
            };
        }
    }

    fn join(&mut self) -> Result<Token, FilterError> {
        match self.run(|byte| matches!(byte, b'&' | b'|')) {
            "&&" => Ok(Token::And),
            "||" => Ok(Token::Or),
            other => Err(FilterError::new(format!("invalid join operator {other:?}"))),
        }
    }

    fn sign(&mut self) -> Result<Operator, FilterError> {
        let text = self.run(|byte| matches!(byte, b'=' | b'?' | b'!' | b'>' | b'<' | b'~'));
        let (bare, any) = match text.strip_prefix('?') {
            Some(bare) => (bare, true),
            None => (text, false),
        };
        let sign = match bare {
            "=" => Sign::Equal,
            "!=" => Sign::NotEqual,
            "~" => Sign::Like,
            "!~" => Sign::NotLike,
            "<" => Sign::Less,
            "<=" => Sign::LessOrEqual,
            ">" => Sign::Greater,
            ">=" => Sign::GreaterOrEqual,
            _ => return Err(FilterError::new(format!("invalid sign operator {text:?}"))),
        };
        Ok(Operator { sign, any })
    }

    /// An operand that starts here, `None` if no operand starts with the character.
    fn operand(&mut self, depth: usize) -> Result<Option<Operand>, FilterError> {
        Ok(match self.peek() {
            Some(b'\'' | b'"') => Some(Operand::Text(self.quoted()?)),
            Some(b'-' | b'0'..=b'9') => Some(Operand::Number(self.number()?)),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'@' | b'#') => {
                let name = self.identifier()?;
                if self.peek() == Some(b'(') {
                    self.at += 1;
                    let arguments = self.arguments(&name, depth)?;
                    Some(Operand::Function { name, arguments })
                } else {
                    Some(Operand::Identifier(name))
                }
            }
            _ => None,
        })
    }

    fn identifier(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        self.at += 1;
        self.run(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':'));
        let name = self.text.get(start..self.at).unwrap_or_default();
        if matches!(name, "@" | "#" | "_") || name.ends_with(['.', ':']) {
            return Err(FilterError::new(format!("invalid identifier {name:?}")));
        }
        Ok(name.to_owned())
    }

    fn number(&mut self) -> Result<f64, FilterError> {
        let start = self.at;
        self.at += 1;
        self.run(|byte| byte.is_ascii_digit());
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.run(|byte| byte.is_ascii_digit());
        }
        let literal = self.text.get(start..self.at).unwrap_or_default();
        if literal == "-" || literal.starts_with("-.") || literal.ends_with('.') {
            return Err(FilterError::new(format!("invalid number {literal:?}")));
        }
        literal.parse().map_err(|_| FilterError::new(format!("invalid number {literal:?}")))
    }

    fn quoted(&mut self) -> Result<String, FilterError> {
        let start = self.at;
        let quote = self.text.as_bytes()[start];
        self.at += 1;
        let mut decoded = String::new();
        let mut copied = self.at;
        loop {
            let unterminated = || FilterError::new(format!("invalid quoted text {:?}", &self.text[start..]));
            match self.peek() {
                // The lexer of the original ends at a NUL, and no engine stores one in a text.
                None | Some(0) => return Err(unterminated()),
                Some(byte) if byte == quote => {
                    decoded.push_str(&self.text[copied..self.at]);
                    self.at += 1;
                    return Ok(decoded);
                }
                Some(b'\\') => {
                    let replacement = match self.text.as_bytes().get(self.at + 1) {
                        Some(b'\\') => Some('\\'),
                        Some(b'\'') => Some('\''),
                        Some(b'"') => Some('"'),
                        Some(b'n') => Some('\n'),
                        Some(b't') => Some('\t'),
                        Some(b'r') => Some('\r'),
                        _ => None,
                    };
                    if let Some(replacement) = replacement {
                        decoded.push_str(&self.text[copied..self.at]);
                        decoded.push(replacement);
                        self.at += 2;
                        copied = self.at;
                    } else {
                        self.at += 1;
                    }
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// The arguments after an opening parenthesis, with the closing one.
    fn arguments(&mut self, function: &str, depth: usize) -> Result<Vec<Operand>, FilterError> {
        if depth >= MAX_FUNCTION_DEPTH {
            return Err(FilterError::new(format!(
                "max nested function arguments reached (max: {MAX_FUNCTION_DEPTH})"
            )));
        }
        let mut arguments = Vec::new();
        let mut comma_allowed = false;
        loop {
            self.skip_blank()?;
            match self.peek() {
                None => {
                    return Err(FilterError::new(format!(
                        "invalid or incomplete function {function:?} (expected ')')"
                    )));
                }
                Some(b')') => {
                    self.at += 1;
                    return Ok(arguments);
                }
                Some(b',') if comma_allowed => {
                    self.at += 1;
                    comma_allowed = false;
                }
                Some(b',') => {
                    return Err(FilterError::new(format!("unexpected comma in function {function:?}")));
                }
                Some(_) if comma_allowed => {
                    return Err(FilterError::new(format!(
                        "expected comma after the last argument in function {function:?}"
                    )));
                }
                Some(_) => match self.operand(depth + 1)? {
                    Some(argument) => {
                        arguments.push(argument);
                        comma_allowed = true;
                    }
                    None => {
                        return Err(FilterError::new(format!(
                            "unsupported argument character {:?} in function {function:?}",
                            self.character()
                        )));
                    }
                },
            }
        }
    }
}
