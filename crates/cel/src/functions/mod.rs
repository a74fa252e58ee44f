//! The functions of the language, one list per topic.

mod convert;
mod format;
mod math;
pub(crate) mod regex;
mod strings;
mod time;

use std::fmt;

use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::types::Types;
use crate::value::Value;

pub(crate) use convert::text_of;

type Run = for<'a> fn(&[Value<'a>], &Meter) -> Result<Value<'a>, EvaluationError>;

pub struct Function {
    pub name: &'static str,
    /// Written behind its first argument: `text.trim()`.
    pub method: bool,
    /// What each argument may be. Of a method the first is what it is called on.
    pub parameters: &'static [Types],
    /// How many of them must be given.
    pub required: usize,
    pub result: Types,
    pub(crate) run: Run,
}

impl fmt::Debug for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
    }
}

impl Function {
    const fn global(name: &'static str, parameters: &'static [Types], result: Types, run: Run) -> Self {
        Self { name, method: false, parameters, required: parameters.len(), result, run }
    }

    const fn method(name: &'static str, parameters: &'static [Types], result: Types, run: Run) -> Self {
        Self { name, method: true, parameters, required: parameters.len(), result, run }
    }

    const fn required(mut self, count: usize) -> Self {
        self.required = count;
        self
    }

    /// Whether it takes so many arguments.
    pub fn takes(&self, count: usize) -> bool {
        (self.required..=self.parameters.len()).contains(&count)
    }

    /// The message for arguments that it does not take.
    pub(crate) fn no_overload(&self, arguments: impl Iterator<Item = Types>) -> String {
        no_overload(self.name, arguments)
    }
}

pub(crate) fn no_overload(name: &str, arguments: impl Iterator<Item = Types>) -> String {
    let types: Vec<String> = arguments.map(|types| types.to_string()).collect();
    format!("found no matching overload for '{name}' applied to '({})'", types.join(", "))
}

/// The function of a name, called as a method or not.
pub(crate) fn find(name: &str, method: bool) -> Option<&'static Function> {
    let lists = [convert::FUNCTIONS, strings::FUNCTIONS, math::FUNCTIONS, time::FUNCTIONS];
    lists.into_iter().flatten().find(|function| function.name == name && function.method == method)
}

/// Ends a function whose arguments have types that its parameters allow one by one, not together.
fn unsupported<'a>(name: &str, arguments: &[Value<'a>]) -> Result<Value<'a>, EvaluationError> {
    Err(EvaluationError::failed(no_overload(name, arguments.iter().map(Value::types))))
}
