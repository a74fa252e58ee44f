//! The filter language: text to syntax tree.
//!
//! ```text
//! filter     = { ws | comment } expr { join expr } ;
//! expr       = operand sign operand | "(" filter ")" ;
//! join       = "&&" | "||" ;                                  "&&" binds tighter
//! sign       = [ "?" ] ( "=" | "!=" | "~" | "!~" | "<" | "<=" | ">" | ">=" ) ;
//! operand    = identifier | function | number | text ;
//! identifier = ( letter | "_" | "@" | "#" ) { letter | digit | "_" | "." | ":" } ;
//! function   = identifier "(" [ operand { "," operand } [ "," ] ] ")" ;
//! number     = [ "-" ] digit { digit } [ "." digit { digit } ] ;
//! text       = "'" … "'" | '"' … '"' ;
//! comment    = "//" to the end of the line ;
//! ```

mod cache;
mod lexer;
mod parser;
mod syntax;

#[cfg(test)]
mod tests;

pub use cache::parse_cached;
pub use parser::{MAX_COMPARISONS, parse};
pub use syntax::{Comparison, Expression, Operand, Operator, Sign};
