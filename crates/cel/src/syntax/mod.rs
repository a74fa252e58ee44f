//! From rule text to the tree that everything else reads.

pub mod ast;
mod calls;
mod lexer;
mod literal;
mod parser;

pub use ast::{Kind, Node};
pub(crate) use parser::parse;
