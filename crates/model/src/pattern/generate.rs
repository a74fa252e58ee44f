//! Random texts of an expression.

use regex_syntax::ast::{AssertionKind, Ast, RepetitionKind, RepetitionRange, parse::Parser};
use regex_syntax::hir::{Class, HirKind, translate::Translator};

use super::translate::translate;

/// What a dot becomes.
const ANY: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/// Where unbounded repeats stop.
const UNBOUNDED_REPEATS: usize = 6;
/// More steps than any sensible expression takes.
const MAX_STEPS: usize = 200_000;

/// An expression taken apart so that texts of it can be made quickly.
#[derive(Debug, Clone)]
pub(crate) struct Template(Part);

#[derive(Debug, Clone)]
enum Part {
    Nothing,
    Text(String),
    /// One of these characters, each as likely as the others: ranges of codes, and how many there are.
    Class(Vec<(u32, u32)>, usize),
    Repeat(usize, usize, Box<Part>),
    Choice(Vec<Part>),
    Sequence(Vec<Part>),
    /// Cannot be made; fails the text only if it is its turn.
    Refused(String),
}

impl Template {
    /// The error is one sentence: a broken expression.
    pub(crate) fn new(text: &str) -> Result<Self, String> {
        let translated = translate(text)?;
        let ast = Parser::new()
            .parse(&translated)
            .map_err(|_| format!("error parsing regexp: invalid expression: `{text}`"))?;
        Ok(Self(part(&translated, &ast)))
    }

    /// A random text; `below` draws a number below its argument. The error is one sentence: the
    /// expression asks for more than characters, or for too many.
    pub(crate) fn generate(&self, below: &mut dyn FnMut(usize) -> usize) -> Result<String, String> {
        let mut generator = Generator { out: String::new(), steps: 0, below };
        generator.append(&self.0)?;
        Ok(generator.out)
    }
}

fn part(pattern: &str, ast: &Ast) -> Part {
    let parts = |asts: &[Ast]| asts.iter().map(|ast| part(pattern, ast)).collect();
    match ast {
        Ast::Empty(_) | Ast::Flags(_) => Part::Nothing,
        Ast::Literal(literal) => Part::Text(literal.c.to_string()),
        Ast::Dot(_) => Part::Class(ANY.bytes().map(|byte| (byte.into(), byte.into())).collect(), ANY.len()),
        Ast::Assertion(assertion) => {
            Part::Refused(format!("unsupported pattern operator {}", operator(&assertion.kind)))
        }
        Ast::ClassUnicode(_) | Ast::ClassPerl(_) | Ast::ClassBracketed(_) => class(pattern, ast),
        Ast::Repetition(repetition) => {
            let (min, max) = bounds(&repetition.op.kind);
            Part::Repeat(min, max, Box::new(part(pattern, &repetition.ast)))
        }
        Ast::Group(group) => part(pattern, &group.ast),
        Ast::Alternation(alternation) => Part::Choice(parts(&alternation.asts)),
        Ast::Concat(concat) => Part::Sequence(parts(&concat.asts)),
    }
}

fn class(pattern: &str, ast: &Ast) -> Part {
    let hir = match Translator::new().translate(pattern, ast) {
        Ok(hir) => hir,
        Err(error) => return Part::Refused(error.to_string()),
    };
    let ranges: Vec<(u32, u32)> = match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => {
            class.iter().flat_map(|range| characters(range.start().into(), range.end().into())).collect()
        }
        HirKind::Class(Class::Bytes(class)) => {
            class.iter().map(|range| (range.start().into(), range.end().into())).collect()
        }
        // A class of one character is a literal.
        HirKind::Literal(literal) => return Part::Text(String::from_utf8_lossy(&literal.0).into_owned()),
        _ => return Part::Nothing,
    };
    let count = ranges.iter().map(|(start, end)| (end - start + 1) as usize).sum();
    Part::Class(ranges, count)
}

struct Generator<'a> {
    out: String,
    steps: usize,
    below: &'a mut dyn FnMut(usize) -> usize,
}

impl Generator<'_> {
    fn append(&mut self, part: &Part) -> Result<(), String> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err("the pattern makes too long texts".to_owned());
        }
        match part {
            Part::Nothing => {}
            Part::Text(text) => self.out.push_str(text),
            Part::Class(ranges, count) => {
                let drawn = (self.below)(*count);
                self.out.extend(character(ranges, drawn as u32));
            }
            Part::Repeat(min, max, part) => {
                let count = min + (self.below)(max - min + 1);
                (0..count).try_for_each(|_| self.append(part))?;
            }
            Part::Choice(parts) => {
                let chosen = (self.below)(parts.len());
                parts.get(chosen).map_or(Ok(()), |part| self.append(part))?;
            }
            Part::Sequence(parts) => parts.iter().try_for_each(|part| self.append(part))?,
            Part::Refused(error) => return Err(error.clone()),
        }
        Ok(())
    }
}

/// The character at a place in the ranges.
fn character(ranges: &[(u32, u32)], mut place: u32) -> Option<char> {
    for (start, end) in ranges {
        let count = end - start + 1;
        if place < count {
            return char::from_u32(start + place);
        }
        place -= count;
    }
    None
}

/// The range without the codes in its middle that are no characters.
fn characters(start: u32, end: u32) -> Vec<(u32, u32)> {
    const GAP: (u32, u32) = (0xd800, 0xdfff);
    if start < GAP.0 && end > GAP.1 { vec![(start, GAP.0 - 1), (GAP.1 + 1, end)] } else { vec![(start, end)] }
}

fn bounds(kind: &RepetitionKind) -> (usize, usize) {
    let unbounded = |min: usize| (min, min.max(UNBOUNDED_REPEATS));
    match kind {
        RepetitionKind::ZeroOrOne => (0, 1),
        RepetitionKind::ZeroOrMore => unbounded(0),
        RepetitionKind::OneOrMore => unbounded(1),
        RepetitionKind::Range(RepetitionRange::Exactly(count)) => (*count as usize, *count as usize),
        RepetitionKind::Range(RepetitionRange::AtLeast(min)) => unbounded(*min as usize),
        RepetitionKind::Range(RepetitionRange::Bounded(min, max)) => (*min as usize, *max as usize),
    }
}

/// The number by which the error names a position.
fn operator(kind: &AssertionKind) -> u8 {
    match kind {
        AssertionKind::StartLine | AssertionKind::StartText => 9,
        AssertionKind::EndLine | AssertionKind::EndText => 10,
        AssertionKind::NotWordBoundary => 12,
        _ => 11,
    }
}
