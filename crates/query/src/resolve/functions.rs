//! Functions of the filter language: each checks its arguments and becomes a term.

use ketch_model::Cell;

use crate::error::FilterError;
use crate::filter::Operand;
use crate::resolve::term::Term;

/// Resolves one argument.
pub type ResolveArgument<'a> = &'a mut dyn FnMut(&Operand) -> Result<Term, FilterError>;

type Function = fn(&[Operand], ResolveArgument<'_>) -> Result<Term, FilterError>;

/// The list of functions: a new one is one line here.
const FUNCTIONS: &[(&str, Function)] = &[("geoDistance", geo_distance), ("strftime", strftime)];

/// How many arguments `strftime` takes at most.
const MAX_STRFTIME_ARGUMENTS: usize = 10;

pub fn call(name: &str, arguments: &[Operand], resolve: ResolveArgument<'_>) -> Result<Term, FilterError> {
    match FUNCTIONS.iter().find(|(known, _)| *known == name) {
        Some((_, function)) => function(arguments, resolve),
        None => Err(FilterError::new(format!("unknown function {name:?}"))),
    }
}

fn geo_distance(arguments: &[Operand], resolve: ResolveArgument<'_>) -> Result<Term, FilterError> {
    if arguments.len() != 4 {
        let count = arguments.len();
        return Err(FilterError::new(format!("[geoDistance] expected 4 arguments, got {count}")));
    }
    let mut parts = [Term::NULL, Term::NULL, Term::NULL, Term::NULL];
    for (position, (argument, part)) in arguments.iter().zip(&mut parts).enumerate() {
        if !matches!(argument, Operand::Identifier(_) | Operand::Number(_)) {
            return Err(FilterError::new(format!(
                "[geoDistance] argument {position} must be an identifier or number"
            )));
        }
        *part = resolve(argument).map_err(|error| {
            FilterError::new(format!("[geoDistance] failed to resolve argument {position}: {error}"))
        })?;
    }
    Ok(Term::GeoDistance(Box::new(parts)))
}

fn strftime(arguments: &[Operand], resolve: ResolveArgument<'_>) -> Result<Term, FilterError> {
    let count = arguments.len();
    if count == 0 {
        return Err(FilterError::new("[strftime] expected at least 1 arguments, got 0"));
    }
    if count > MAX_STRFTIME_ARGUMENTS {
        return Err(FilterError::new(format!(
            "[strftime] too many arguments (max allowed {MAX_STRFTIME_ARGUMENTS}, got {count})"
        )));
    }
    let mut parts = Vec::with_capacity(count);
    for (position, argument) in arguments.iter().enumerate() {
        let part = match (position, argument) {
            (0, Operand::Text(_)) | (2.., Operand::Text(_)) => resolve(argument)?,
            (0, _) => {
                return Err(FilterError::new("[strftime] expects the first argument to be a format string"));
            }
            (1, Operand::Function { .. }) => {
                return Err(FilterError::new(
                    "[strftime] expects the second argument to be of a valid time-value type",
                ));
            }
            (1, _) => resolve(argument).map_err(|error| {
                FilterError::new(format!("[strftime] failed to resolve time-value argument: {error}"))
            })?,
            (_, _) => {
                let position = position - 2;
                return Err(FilterError::new(format!(
                    "[strftime] invalid modifier argument {position} - can be only string"
                )));
            }
        };
        parts.push(part);
    }
    // A number literal is a Julian day or a Unix time to SQLite: both fine as they are.
    debug_assert!(matches!(parts.first(), Some(Term::Bound(Cell::Text(_)))));
    Ok(Term::Strftime(parts))
}
