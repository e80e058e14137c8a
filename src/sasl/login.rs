//! LOGIN: the server asks for name and password one after the other (draft-murchison-sasl-login-00).

/// What the server asks first.
pub(crate) const USERNAME: &[u8] = b"Username:";
/// What the server asks second.
pub(crate) const PASSWORD: &[u8] = b"Password:";
