//! The mox commands.
