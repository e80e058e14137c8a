//! Answers that must be believed, and hostile ones that must not.
