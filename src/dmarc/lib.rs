//! Does the domain in From stand behind a message, and what does it ask for when not? RFC 9989.
