//! May this IP address use this domain in MAIL FROM or HELO? RFC 7208.
