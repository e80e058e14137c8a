//! TLS reporting, the pure half: where reports about a domain go. RFC 8460.
