"""The Instant front over the wire."""
