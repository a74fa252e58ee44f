//! Regular expressions in the RE2 dialect that clients write.

mod generate;
mod translate;

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use regex::Regex;

use generate::Template;

/// An expression with its compiled forms, made when they are first needed.
#[derive(Clone, Default)]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
    template: OnceLock<Result<Template, String>>,
}

impl Pattern {
    /// Whether the text matches somewhere. An empty expression allows all, a broken one nothing.
    pub fn allows(&self, text: &str) -> bool {
        if self.text.is_empty() {
            return true;
        }
        let compiled = self.compiled.get_or_init(|| compile(&self.text).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    /// A text that matches; `below` draws a number below its argument. Unbounded repeats stop at 6.
    ///
    /// # Errors
    /// One sentence: a broken expression, or one that asks for more than characters, such as anchors.
    pub fn generate(&self, below: &mut dyn FnMut(usize) -> usize) -> Result<String, String> {
        let template = self.template.get_or_init(|| Template::new(&self.text));
        template.as_ref().map_err(Clone::clone)?.generate(below)
    }
}

impl Deref for Pattern {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl From<String> for Pattern {
    fn from(text: String) -> Self {
        Self { text, compiled: OnceLock::new(), template: OnceLock::new() }
    }
}

impl From<&str> for Pattern {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(formatter)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Compiles an RE2 expression; the error is one sentence.
pub fn compile(text: &str) -> Result<Regex, String> {
    let translated = translate::translate(text)?;
    Regex::new(&translated).map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "error parsing regexp: expression too large".to_owned(),
        _ => format!("error parsing regexp: invalid expression: `{text}`"),
    })
}

#[cfg(test)]
mod tests;
