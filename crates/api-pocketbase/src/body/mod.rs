//! Submitted data: JSON, multipart and urlencoded bodies become one [`Submitted`].

pub(crate) mod limit;
mod read;
mod submitted;
#[cfg(test)]
mod tests;

pub use limit::DEFAULT_LIMIT;
pub use read::read;
pub use submitted::{Content, Submitted, Upload};
