//! Signatures on messages: made, and verified while the message streams by. RFC 6376, 8301, 8463; ARC: RFC 8617.
