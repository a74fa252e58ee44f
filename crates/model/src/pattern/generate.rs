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

/// Random text of an expression; `below` draws a number below its argument. The error is one
/// sentence: a broken expression, or one that asks for more than characters.
pub(crate) fn generate(text: &str, below: &mut dyn FnMut(usize) -> usize) -> Result<String, String> {
    let translated = translate(text)?;
    let ast = Parser::new()
        .parse(&translated)
        .map_err(|_| format!("error parsing regexp: invalid expression: `{text}`"))?;
    let mut generator = Generator { pattern: &translated, out: String::new(), steps: 0, below };
    generator.append(&ast)?;
    Ok(generator.out)
}

struct Generator<'a> {
    pattern: &'a str,
    out: String,
    steps: usize,
    below: &'a mut dyn FnMut(usize) -> usize,
}

impl Generator<'_> {
    fn append(&mut self, ast: &Ast) -> Result<(), String> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err("the pattern makes too long texts".to_owned());
        }
        match ast {
            Ast::Empty(_) | Ast::Flags(_) => Ok(()),
            Ast::Literal(literal) => {
                self.out.push(literal.c);
                Ok(())
            }
            Ast::Dot(_) => {
                let at = (self.below)(ANY.len());
                self.out.push_str(&ANY[at..=at]);
                Ok(())
            }
            Ast::Assertion(assertion) => {
                Err(format!("unsupported pattern operator {}", operator(&assertion.kind)))
            }
            Ast::ClassUnicode(_) | Ast::ClassPerl(_) | Ast::ClassBracketed(_) => self.append_class(ast),
            Ast::Repetition(repetition) => {
                let (min, max) = bounds(&repetition.op.kind);
                let count = min + (self.below)(max - min + 1);
                (0..count).try_for_each(|_| self.append(&repetition.ast))
            }
            Ast::Group(group) => self.append(&group.ast),
            Ast::Alternation(alternation) => {
                let chosen = (self.below)(alternation.asts.len());
                alternation.asts.get(chosen).map_or(Ok(()), |ast| self.append(ast))
            }
            Ast::Concat(concat) => concat.asts.iter().try_for_each(|ast| self.append(ast)),
        }
    }

    /// Draws one of the characters of a class, each as likely as the others.
    fn append_class(&mut self, ast: &Ast) -> Result<(), String> {
        let hir = Translator::new().translate(self.pattern, ast).map_err(|error| error.to_string())?;
        let ranges: Vec<(u32, u32)> = match hir.kind() {
            HirKind::Class(Class::Unicode(class)) => {
                class.iter().flat_map(|range| characters(range.start().into(), range.end().into())).collect()
            }
            HirKind::Class(Class::Bytes(class)) => {
                class.iter().map(|range| (range.start().into(), range.end().into())).collect()
            }
            // A class of one character is a literal.
            HirKind::Literal(literal) => {
                self.out.push_str(&String::from_utf8_lossy(&literal.0));
                return Ok(());
            }
            _ => return Ok(()),
        };
        let total: usize = ranges.iter().map(|(start, end)| (end - start + 1) as usize).sum();
        let mut drawn = (self.below)(total) as u32;
        for (start, end) in ranges {
            let count = end - start + 1;
            if drawn < count {
                self.out.extend(char::from_u32(start + drawn));
                break;
            }
            drawn -= count;
        }
        Ok(())
    }
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
