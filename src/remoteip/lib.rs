//! What DNS says about a connecting address: its verified name, and whether block lists name it.
//! RFC 8601 §2.7.3 (iprev), RFC 5782 (DNS lists).
