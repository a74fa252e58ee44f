//! Parsed filters by text. Rules and the filters of an app's pages come again and again.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::error::FilterError;
use crate::filter::parser::parse;
use crate::filter::syntax::Expression;

/// Entries of one generation; two are kept.
const GENERATION: usize = 512;
/// Longer texts are parsed each time, so that the cache stays small in bytes too.
const MAX_TEXT: usize = 4096;

/// What was asked for lately and what was asked for before that. When the first is full the second
/// is forgotten, so a flood of one-time texts cannot push out what is in steady use.
#[derive(Default)]
struct Generations {
    young: HashMap<Box<str>, Arc<Expression>>,
    old: HashMap<Box<str>, Arc<Expression>>,
}

static CACHE: LazyLock<Mutex<Generations>> = LazyLock::new(Mutex::default);

/// Like [`parse`], remembering answers. Errors are not remembered.
pub fn parse_cached(text: &str) -> Result<Arc<Expression>, FilterError> {
    if text.len() > MAX_TEXT {
        return parse(text).map(Arc::new);
    }
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = cache.young.get(text) {
        return Ok(found.clone());
    }
    let found = match cache.old.remove_entry(text) {
        Some(entry) => entry,
        None => {
            drop(cache);
            let parsed = Arc::new(parse(text)?);
            cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
            (text.into(), parsed)
        }
    };
    if cache.young.len() >= GENERATION {
        cache.old = mem::take(&mut cache.young);
    }
    let expression = found.1.clone();
    cache.young.insert(found.0, found.1);
    Ok(expression)
}
