//! From the RE2 dialect to the dialect of the `regex` crate.
//!
//! Perl classes are ASCII in RE2, brackets know no nesting and no set operations, a brace that
//! begins no repeat is itself, and repeats are bounded: all that is made explicit here.

use std::iter::Peekable;
use std::str::CharIndices;

/// The greatest bound of a repeat.
const MAX_REPEAT: u32 = 1000;
const POSIX_CLASSES: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

fn fail<T>(problem: &str, at: &str) -> Result<T, String> {
    Err(format!("error parsing regexp: {problem}: `{at}`"))
}

/// Translates an expression; the error is one sentence that quotes the broken part.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    Translator {
        pattern,
        characters: pattern.char_indices().peekable(),
        out: String::with_capacity(pattern.len() * 2),
        depth: 0,
        repeatable: false,
    }
    .run()
}

struct Translator<'a> {
    pattern: &'a str,
    characters: Peekable<CharIndices<'a>>,
    out: String,
    /// Open groups.
    depth: usize,
    /// Whether a repeat has something to repeat.
    repeatable: bool,
}

/// What an escape stands for.
enum Escape {
    Character(char),
    /// Ranges for use inside brackets, and whether they are excluded.
    Perl {
        ranges: &'static str,
        negated: bool,
    },
    /// `\p{…}` in the target's spelling.
    Property(String),
    /// A position.
    Assertion(&'static str),
    /// Literal text up to `\E`.
    Quoted,
}

impl<'a> Translator<'a> {
    fn run(mut self) -> Result<String, String> {
        while let Some((at, character)) = self.characters.next() {
            match character {
                '\\' => self.escape(at)?,
                '[' => self.class(at)?,
                '(' => self.open_group(at)?,
                ')' => {
                    let Some(depth) = self.depth.checked_sub(1) else {
                        return fail("unexpected )", self.pattern);
                    };
                    self.depth = depth;
                    self.out.push(')');
                    self.repeatable = true;
                }
                '*' | '+' | '?' => self.repeat(at, &character.to_string())?,
                '{' => match self.read_bounds(at)? {
                    Some(bounds) => self.repeat(at, &bounds)?,
                    None => self.literal('{'),
                },
                '|' => {
                    self.out.push('|');
                    self.repeatable = false;
                }
                '.' | '^' | '$' => {
                    self.out.push(character);
                    self.repeatable = true;
                }
                other => self.literal(other),
            }
        }
        if self.depth > 0 {
            return fail("missing closing )", self.pattern);
        }
        Ok(self.out)
    }

    fn peek(&mut self) -> Option<char> {
        self.characters.peek().map(|&(_, character)| character)
    }

    fn next_if(&mut self, expected: char) -> bool {
        self.characters.next_if(|&(_, character)| character == expected).is_some()
    }

    /// Where reading stands, in bytes.
    fn position(&mut self) -> usize {
        self.characters.peek().map_or(self.pattern.len(), |&(at, _)| at)
    }

    fn rest(&mut self) -> &'a str {
        let pattern = self.pattern;
        let position = self.position();
        &pattern[position..]
    }

    /// The pattern from `start` to where reading stands.
    fn since(&mut self, start: usize) -> &'a str {
        let pattern = self.pattern;
        let position = self.position();
        &pattern[start..position]
    }

    fn skip(&mut self, bytes: usize) {
        let end = self.position() + bytes;
        while self.characters.next_if(|&(at, _)| at < end).is_some() {}
    }

    fn literal(&mut self, character: char) {
        push_literal(&mut self.out, character);
        self.repeatable = true;
    }

    fn escape(&mut self, start: usize) -> Result<(), String> {
        match self.read_escape(start, false)? {
            Escape::Character(character) => self.literal(character),
            Escape::Perl { ranges, negated } => {
                self.out.push_str(if negated { "[^" } else { "[" });
                self.out.push_str(ranges);
                self.out.push(']');
            }
            Escape::Property(property) => self.out.push_str(&property),
            Escape::Assertion(assertion) => self.out.push_str(assertion),
            Escape::Quoted => {
                let rest = self.rest();
                let (quoted, length) = match rest.find("\\E") {
                    Some(end) => (&rest[..end], end + 2),
                    None => (rest, rest.len()),
                };
                quoted.chars().for_each(|character| self.literal(character));
                self.skip(length);
                return Ok(());
            }
        }
        self.repeatable = true;
        Ok(())
    }

    /// Reads what follows a backslash at `start`.
    fn read_escape(&mut self, start: usize, in_class: bool) -> Result<Escape, String> {
        let Some((_, character)) = self.characters.next() else {
            return fail("trailing backslash at end of expression", "");
        };
        const DIGITS: &str = "0-9";
        const WORD: &str = "0-9A-Za-z_";
        const SPACE: &str = "\\t\\n\\x0C\\r ";
        let escape = match character {
            'd' | 'D' => Escape::Perl { ranges: DIGITS, negated: character == 'D' },
            'w' | 'W' => Escape::Perl { ranges: WORD, negated: character == 'W' },
            's' | 'S' => Escape::Perl { ranges: SPACE, negated: character == 'S' },
            'p' | 'P' => Escape::Property(self.read_property(start, character == 'P')?),
            'a' => Escape::Character('\x07'),
            'f' => Escape::Character('\x0c'),
            'n' => Escape::Character('\n'),
            'r' => Escape::Character('\r'),
            't' => Escape::Character('\t'),
            'v' => Escape::Character('\x0b'),
            'x' => Escape::Character(self.read_hexadecimal(start)?),
            '0' => Escape::Character(self.read_octal(0)),
            '1'..='7' if self.peek().is_some_and(|next| next.is_digit(8)) => {
                Escape::Character(self.read_octal(character.to_digit(8).unwrap_or_default()))
            }
            'A' if !in_class => Escape::Assertion("\\A"),
            'z' if !in_class => Escape::Assertion("\\z"),
            'b' if !in_class => Escape::Assertion("(?-u:\\b)"),
            'B' if !in_class => Escape::Assertion("\\B"),
            'Q' if !in_class => Escape::Quoted,
            other if other.is_ascii() && !other.is_ascii_alphanumeric() => Escape::Character(other),
            _ => return fail("invalid escape sequence", self.since(start)),
        };
        Ok(escape)
    }

    fn read_octal(&mut self, first: u32) -> char {
        let mut code = first;
        // Two more digits at most: the greatest is a character of Latin-1 or little more.
        for _ in 0..2 {
            let Some(digit) = self.peek().and_then(|next| next.to_digit(8)) else { break };
            code = code * 8 + digit;
            self.characters.next();
        }
        char::from_u32(code).unwrap_or('\0')
    }

    fn read_hexadecimal(&mut self, start: usize) -> Result<char, String> {
        let braced = self.next_if('{');
        let (mut code, mut digits) = (0_u32, 0);
        while (braced || digits < 2)
            && let Some(digit) = self.peek().and_then(|next| next.to_digit(16))
        {
            self.characters.next();
            (code, digits) = (code * 16 + digit, digits + 1);
            if code > u32::from(char::MAX) {
                return fail("invalid escape sequence", self.since(start));
            }
        }
        let complete = if braced { digits > 0 && self.next_if('}') } else { digits == 2 };
        match char::from_u32(code).filter(|_| complete) {
            Some(character) => Ok(character),
            None => {
                self.characters.next();
                fail("invalid escape sequence", self.since(start))
            }
        }
    }

    fn read_property(&mut self, start: usize, negated: bool) -> Result<String, String> {
        let rest = self.rest();
        let (name, length) = if let Some(braced) = rest.strip_prefix('{') {
            let Some(end) = braced.find('}') else {
                return fail("invalid character class range", &self.pattern[start..]);
            };
            (&braced[..end], end + 2)
        } else {
            match rest.chars().next() {
                Some(first) => (&rest[..first.len_utf8()], first.len_utf8()),
                None => return fail("invalid character class range", self.since(start)),
            }
        };
        self.skip(length);
        let (name, negated) = match name.strip_prefix('^') {
            Some(name) => (name, !negated),
            None => (name, negated),
        };
        let property = format!("\\{}{{{name}}}", if negated { 'P' } else { 'p' });
        let known = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.is_empty()
            && regex_syntax::parse(&property).is_ok();
        if known { Ok(property) } else { fail("invalid character class range", self.since(start)) }
    }

    fn open_group(&mut self, start: usize) -> Result<(), String> {
        self.repeatable = false;
        let rest = self.rest();
        let Some(extension) = rest.strip_prefix('?') else {
            self.depth += 1;
            self.out.push('(');
            return Ok(());
        };
        if let Some(name) = extension.strip_prefix("P<").or_else(|| extension.strip_prefix('<')) {
            let Some(end) = name.find('>') else {
                return fail("invalid named capture", &self.pattern[start..]);
            };
            let whole = rest.len() - name.len() + end + 1;
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if end == 0 || !name[..end].chars().all(is_word) {
                return fail("invalid named capture", &self.pattern[start..=start + whole]);
            }
            // The name is of no use to a test, and may be one that the target refuses.
            self.out.push('(');
            self.skip(whole);
            self.depth += 1;
            return Ok(());
        }
        self.open_flags(start, extension)
    }

    fn open_flags(&mut self, start: usize, extension: &str) -> Result<(), String> {
        let (mut set, mut cleared) = (String::new(), None::<String>);
        for (index, character) in extension.char_indices() {
            match character {
                'i' | 'm' | 's' | 'U' => {
                    let flags = cleared.as_mut().unwrap_or(&mut set);
                    if !flags.contains(character) {
                        flags.push(character);
                    }
                }
                '-' if cleared.is_none() => cleared = Some(String::new()),
                ':' | ')' if cleared.as_ref().is_none_or(|cleared| !cleared.is_empty()) => {
                    let cleared = cleared.unwrap_or_default();
                    // What is set and cleared at once is cleared.
                    set.retain(|flag| !cleared.contains(flag));
                    if character == ':' || !set.is_empty() || !cleared.is_empty() {
                        let dash = if cleared.is_empty() { "" } else { "-" };
                        self.out.push_str(&format!("(?{set}{dash}{cleared}{character}"));
                    }
                    self.skip(index + 2);
                    self.depth += usize::from(character == ':');
                    return Ok(());
                }
                other => {
                    let end = start + 2 + index + other.len_utf8();
                    return fail("invalid or unsupported Perl syntax", &self.pattern[start..end]);
                }
            }
        }
        fail("invalid or unsupported Perl syntax", &self.pattern[start..])
    }

    /// Reads `{n}`, `{n,}` or `{n,m}`; `None` (and nothing read) if the brace begins no repeat.
    fn read_bounds(&mut self, start: usize) -> Result<Option<String>, String> {
        let rest = self.rest();
        let Some(end) = rest.find('}') else { return Ok(None) };
        let inner = &rest[..end];
        let (min, max) = inner.split_once(',').map_or((inner, None), |(min, max)| (min, Some(max)));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(min) || !max.is_none_or(|max| max.is_empty() || is_number(max)) {
            return Ok(None);
        }
        self.skip(end + 1);
        // Numbers too long to read are too great.
        let bound = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
        let low = bound(min);
        let high = max.filter(|max| !max.is_empty()).map_or(low, bound);
        if low > MAX_REPEAT || high > MAX_REPEAT || high < low {
            return fail("invalid repeat count", self.since(start));
        }
        Ok(Some(format!("{{{inner}}}")))
    }

    fn repeat(&mut self, start: usize, operator: &str) -> Result<(), String> {
        if !self.repeatable {
            return fail("missing argument to repetition operator", self.since(start));
        }
        self.out.push_str(operator);
        if self.next_if('?') {
            self.out.push('?');
        }
        let is_next = match self.peek() {
            Some('*' | '+' | '?') => {
                self.characters.next();
                true
            }
            Some('{') => {
                let next = self.position();
                self.characters.next();
                if self.read_bounds(next)?.is_none() {
                    self.literal('{');
                    return Ok(());
                }
                true
            }
            _ => false,
        };
        if is_next {
            return fail("invalid nested repetition operator", self.since(start));
        }
        Ok(())
    }

    fn class(&mut self, start: usize) -> Result<(), String> {
        self.out.push('[');
        if self.next_if('^') {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some((at, character)) = self.characters.next() else {
                return fail("missing closing ]", &self.pattern[start..]);
            };
            match character {
                ']' if !first => break,
                '[' if self.peek() == Some(':') && self.posix_class(at)? => {}
                _ => self.class_item(start, at, character)?,
            }
            first = false;
        }
        self.out.push(']');
        self.repeatable = true;
        Ok(())
    }

    /// Reads `[:name:]`; false (and nothing read) if the bracket begins none.
    fn posix_class(&mut self, start: usize) -> Result<bool, String> {
        let rest = self.rest();
        let Some(end) = rest.get(1..).and_then(|inner| inner.find(":]")) else { return Ok(false) };
        let name = &rest[1..=end];
        self.skip(end + 3);
        if !POSIX_CLASSES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return fail("invalid character class range", self.since(start));
        }
        self.out.push_str("[:");
        self.out.push_str(name);
        self.out.push_str(":]");
        Ok(true)
    }

    fn class_item(&mut self, class: usize, at: usize, character: char) -> Result<(), String> {
        let low = match self.class_atom(at, character)? {
            Escape::Character(low) => low,
            Escape::Perl { ranges, negated } => {
                self.out.push_str(if negated { "[^" } else { "[" });
                self.out.push_str(ranges);
                self.out.push(']');
                return Ok(());
            }
            Escape::Property(property) => {
                self.out.push_str(&property);
                return Ok(());
            }
            _ => return fail("invalid escape sequence", self.since(at)),
        };
        let rest = self.rest();
        let begins_range =
            rest.strip_prefix('-').is_some_and(|after| !after.is_empty() && !after.starts_with(']'));
        push_class_character(&mut self.out, low);
        if !begins_range {
            return Ok(());
        }
        self.skip(1);
        let Some((high_at, high)) = self.characters.next() else {
            return fail("missing closing ]", &self.pattern[class..]);
        };
        match self.class_atom(high_at, high)? {
            Escape::Character(high) if high >= low => {
                self.out.push('-');
                push_class_character(&mut self.out, high);
                Ok(())
            }
            Escape::Character(_) => fail("invalid character class range", self.since(at)),
            _ => fail("invalid escape sequence", self.since(high_at)),
        }
    }

    fn class_atom(&mut self, at: usize, character: char) -> Result<Escape, String> {
        if character == '\\' { self.read_escape(at, true) } else { Ok(Escape::Character(character)) }
    }
}

fn push_literal(out: &mut String, character: char) {
    if regex_syntax::is_meta_character(character) {
        out.push('\\');
    }
    out.push(character);
}

/// Codes say nothing to the target's bracket grammar.
fn push_class_character(out: &mut String, character: char) {
    if character.is_ascii_alphanumeric() {
        out.push(character);
    } else {
        out.push_str(&format!("\\x{{{:X}}}", u32::from(character)));
    }
}
