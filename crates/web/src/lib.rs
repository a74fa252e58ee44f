//! HTTP plumbing with no product in it: serving, the outer pass over every request, bodies,
//! multipart, static folders, byte ranges, client addresses.

pub mod body;
mod buffers;
pub mod client;
pub mod content;
pub mod cors;
pub mod delivered;
pub mod folder;
pub mod form;
pub mod front;
pub mod mime;
pub mod multipart;
pub mod observe;
pub mod path;
mod pieces;
pub mod ranges;
mod remainder;
pub mod serve;
pub mod spool;
pub mod sse;

pub use cors::Cors;
pub use front::Front;
