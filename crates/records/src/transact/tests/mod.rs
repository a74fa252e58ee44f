//! Transactions over a folder of their own.

mod fixture;
mod other_front;
mod schema;
mod writes;
