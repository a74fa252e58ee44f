//! Rule text to tokens.

use std::sync::Arc;

use super::literal::unescape;
use crate::error::RuleError;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(Arc<str>),
    /// A name in backticks: only a field may be written so.
    Quoted(Arc<str>),
    Int(u64),
    Uint(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    Symbol(&'static str),
    End,
}

impl std::fmt::Display for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Name(name) | Self::Quoted(name) => write!(formatter, "'{name}'"),
            Self::Int(value) => write!(formatter, "'{value}'"),
            Self::Uint(value) => write!(formatter, "'{value}u'"),
            Self::Double(value) => write!(formatter, "'{value}'"),
            Self::String(_) => formatter.write_str("a string"),
            Self::Bytes(_) => formatter.write_str("bytes"),
            Self::Symbol(symbol) => write!(formatter, "'{symbol}'"),
            Self::End => formatter.write_str("the end"),
        }
    }
}

/// Longer symbols first. `in` is one, because it is an operator.
const SYMBOLS: [&str; 25] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")",
    "[", "]", "{", "}", "in",
];

/// All tokens with their byte offsets; the last is [`Token::End`].
pub(super) fn tokens(source: &str) -> Result<Vec<(Token, u32)>, RuleError> {
    let mut lexer = Lexer { source, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blank();
        let at = u32::try_from(lexer.at).unwrap_or(u32::MAX);
        let token = lexer.next()?;
        let end = token == Token::End;
        tokens.push((token, at));
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn error(&self, at: usize, message: impl Into<String>) -> RuleError {
        RuleError::at(self.source, at, message)
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0B', '\x0C']).len();
            self.at += blank;
            if self.rest().starts_with("//") {
                self.at += self.rest().find('\n').unwrap_or(self.rest().len());
            } else if blank == 0 {
                return;
            }
        }
    }

    fn next(&mut self) -> Result<Token, RuleError> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        let after_point = rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit);
        if first.is_ascii_digit() || (first == '.' && after_point) {
            return self.number();
        }
        if let Some(token) = self.text()? {
            return Ok(token);
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            self.at += end;
            let name = &rest[..end];
            return Ok(if name == "in" { Token::Symbol("in") } else { Token::Name(name.into()) });
        }
        if first == '`' {
            let Some(end) = rest[1..].find('`') else {
                return Err(self.error(self.at, "Syntax error: a '`' without its end"));
            };
            self.at += end + 2;
            return Ok(Token::Quoted(rest[1..=end].into()));
        }
        match SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            Some(symbol) => {
                self.at += symbol.len();
                Ok(Token::Symbol(symbol))
            }
            None => Err(self.error(self.at, format!("Syntax error: token recognition error at: '{first}'"))),
        }
    }

    fn number(&mut self) -> Result<Token, RuleError> {
        let (start, rest) = (self.at, self.rest());
        let bytes = rest.as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let hexadecimal = rest.starts_with("0x") || rest.starts_with("0X");
        let mut double = false;
        let mut end = if hexadecimal {
            2 + bytes[2..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count()
        } else {
            digits(0)
        };
        if !hexadecimal {
            if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
                double = true;
                end += 1 + digits(end + 1);
            }
            if matches!(bytes.get(end), Some(b'e' | b'E')) {
                let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
                let exponent = digits(end + 1 + sign);
                if exponent == 0 {
                    return Err(self.error(start, "Syntax error: a number with an empty exponent"));
                }
                double = true;
                end += 1 + sign + exponent;
            }
        }
        let text = &rest[..end];
        let unsigned = !double && matches!(bytes.get(end), Some(b'u' | b'U'));
        end += usize::from(unsigned);
        self.at += end;
        if bytes.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
            return Err(self.error(start, format!("Syntax error: '{text}' goes on like a name")));
        }
        if double {
            let value = text.parse().ok().filter(|value: &f64| value.is_finite());
            return value
                .map(Token::Double)
                .ok_or_else(|| self.error(start, format!("invalid double literal '{text}'")));
        }
        let value = if hexadecimal { u64::from_str_radix(&text[2..], 16) } else { text.parse() };
        match value {
            Ok(value) if unsigned => Ok(Token::Uint(value)),
            Ok(value) => Ok(Token::Int(value)),
            Err(_) => Err(self.error(start, format!("invalid int literal '{text}'"))),
        }
    }

    /// A string or bytes literal, if one starts here.
    fn text(&mut self) -> Result<Option<Token>, RuleError> {
        let (start, rest) = (self.at, self.rest());
        let quoted_at = rest.bytes().take(3).position(|byte| matches!(byte, b'"' | b'\''));
        let prefix = quoted_at.and_then(|at| rest.get(..at)).map(str::to_ascii_lowercase);
        let (bytes, raw) = match prefix.as_deref() {
            Some("") => (false, false),
            Some("r") => (false, true),
            Some("b") => (true, false),
            Some("br" | "rb") => (true, true),
            _ => return Ok(None),
        };
        let quoted = &rest[quoted_at.unwrap_or(0)..];
        let triple = quoted.starts_with("'''") || quoted.starts_with("\"\"\"");
        let quote = &quoted[..if triple { 3 } else { 1 }];
        let inner = &quoted[quote.len()..];
        let mut escaped = false;
        let mut end = None;
        for (at, character) in inner.char_indices() {
            if escaped {
                escaped = false;
            } else if character == '\\' && !raw {
                escaped = true;
            } else if inner[at..].starts_with(quote) {
                end = Some(at);
                break;
            } else if !triple && matches!(character, '\n' | '\r') {
                break;
            }
        }
        let Some(end) = end else {
            return Err(self.error(start, "Syntax error: a string without its closing quote"));
        };
        let inner_at = start + (rest.len() - inner.len());
        self.at = inner_at + end + quote.len();
        let inner = inner[..end].replace("\r\n", "\n").replace('\r', "\n");
        let value = if raw {
            inner.into_bytes()
        } else {
            unescape(&inner, bytes).map_err(|(at, message)| self.error(inner_at + at, message))?
        };
        if bytes {
            return Ok(Some(Token::Bytes(value.into())));
        }
        match String::from_utf8(value) {
            Ok(text) => Ok(Some(Token::String(text.into()))),
            Err(_) => Err(self.error(start, "Syntax error: a string that is not UTF-8")),
        }
    }
}
