//! What rules may know of the request beside who makes it.

/// Where a request comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Context {
    /// The client's address.
    pub ip: Option<String>,
    /// The `Origin` header, as browsers send it.
    pub origin: Option<String>,
}
