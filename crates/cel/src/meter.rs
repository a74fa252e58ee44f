//! The budget of one evaluation: a rule may not spin.

use std::cell::Cell;
use std::rc::Rc;

use crate::error::EvaluationError;

/// Steps of one evaluation: a node evaluated, an element visited, 32 bytes read or written.
const STEPS_MAX: u64 = 250_000;

/// Clones draw on the same budget.
#[derive(Debug, Clone)]
pub struct Meter {
    left: Rc<Cell<u64>>,
}

impl Default for Meter {
    fn default() -> Self {
        Self { left: Rc::new(Cell::new(STEPS_MAX)) }
    }
}

impl Meter {
    pub(crate) fn charge(&self, steps: usize) -> Result<(), EvaluationError> {
        let left = self.left.get().checked_sub(steps as u64).ok_or_else(EvaluationError::too_expensive)?;
        self.left.set(left);
        Ok(())
    }

    /// For text of so many bytes, read or written.
    pub(crate) fn charge_text(&self, bytes: usize) -> Result<(), EvaluationError> {
        self.charge(bytes / 32 + 1)
    }
}
