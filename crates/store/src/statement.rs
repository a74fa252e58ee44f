//! A statement: text and values.

use std::sync::Arc;

use ketch_model::Cell;

/// SQL with its bound values. Texts that repeat are kept prepared by the driver.
#[derive(Debug, Clone)]
pub struct Statement {
    pub sql: Arc<str>,
    pub params: Vec<Cell>,
}

impl Statement {
    pub fn new(sql: impl Into<Arc<str>>, params: Vec<Cell>) -> Self {
        Self { sql: sql.into(), params }
    }
}
